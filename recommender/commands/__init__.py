"""The verbs of the command line, grouped by who calls them; `recommender.cli` puts them together."""
