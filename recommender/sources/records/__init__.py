"""A record of a site, a mapping of its own field names to values, made an article."""
