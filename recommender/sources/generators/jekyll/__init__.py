"""Jekyll sites: their configuration, which files are pages of them, and the addresses that Jekyll gives those."""

from recommender.sources.generators.jekyll.site import JekyllSite, has_front_matter

__all__ = ["JekyllSite", "has_front_matter"]
