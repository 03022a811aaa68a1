"""Reading a site's articles."""

from recommender.sources.cache import cache_folder
from recommender.sources.site import article_files, read_articles

__all__ = ["article_files", "cache_folder", "read_articles"]
