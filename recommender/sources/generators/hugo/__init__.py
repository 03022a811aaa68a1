"""Sites of Hugo: addresses, languages and eligibility of their pages as Hugo itself decides."""

from recommender.sources.generators.hugo.site import HugoSite

__all__ = ["HugoSite"]
