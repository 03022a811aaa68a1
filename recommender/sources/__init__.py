"""Reading a site's articles."""

from recommender.sources.cache import cache_folder
from recommender.sources.site import article_files, read_articles
from recommender.sources.site_kinds import KINDS, find_site, root_of_site

__all__ = ["KINDS", "article_files", "cache_folder", "find_site", "read_articles", "root_of_site"]
