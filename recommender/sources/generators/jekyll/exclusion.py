"""Why a Jekyll page is never a target: not published, not listed, or no article at all."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from recommender.sources.generators.jekyll.matter import text_of
from recommender.sources.generators.jekyll.settings import JekyllSettings

KINDS = {"home": "home page", "section": "section page"}
_REDIRECT_FIELDS = ("redirect_to", "redirect", "redirect_url")


def redirect_of(values: Mapping[str, Any]) -> str | None:
    """Say where a page redirects to; None where it is none that does.

    >>> redirect_of({"redirect_to": ["https://coast.example/"]})
    'redirect to https://coast.example/'
    """
    for name in _REDIRECT_FIELDS:
        value = values.get(name)
        target = text_of(next((part for part in value if part is not None), None) if isinstance(value, list) else value)
        if (name == "redirect_to" and target) or target.startswith(("/", "http://", "https://")):
            return f"redirect to {target}"
    return "redirect page" if text_of(values.get("layout")).lower() == "redirect" else None


def unpublished(
    values: Mapping[str, Any], settings: JekyllSettings, moment: datetime | None, now: datetime
) -> str | None:
    """Say why a page is not published at a moment; None where it is.

    Parameters
    ----------
    values
        Front matter, completed by the defaults where Jekyll looks at them.
    moment
        When a post or a document is dated; None for a page, which may be of any date.
    """
    if text_of(values.get("draft")) == "true":
        return "draft"
    published = values.get("published", True)
    if (published is None or published is False) and not settings.shows_unpublished:
        return "not published (published: false)"
    if moment is not None and int(moment.timestamp()) > int(now.timestamp()) and not settings.shows_future:
        return f"published only on {moment.date().isoformat()}"
    return None


def unlisted(values: Mapping[str, Any]) -> str | None:
    """Say by which field of its own a page is kept out of lists and search engines; None for any other."""
    for name in ("unlisted", "hidden", "noindex"):
        if values.get(name) is True:
            return f"not listed ({name}: true)"
    if values.get("sitemap") is False:
        return "not listed (sitemap: false)"
    return f"not listed (robots: {robots})" if "noindex" in (robots := text_of(values.get("robots"))) else None
