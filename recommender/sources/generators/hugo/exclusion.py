"""Why a Hugo page is never a target: not published, not listed, or no article at all."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from recommender.sources.generators.hugo.dates import PageDates
from recommender.sources.generators.site_config import is_true, mapping_at, text_of

_KINDS = {"home": "home page", "section": "section page", "taxonomy": "taxonomy page"}
_REDIRECT_FIELDS = frozenset({"redirect", "redirectto", "redirecturl", "redirectlink", "redirecttarget"})
_REDIRECT_LAYOUTS = frozenset({"redirect", "redirects"})
_LIST_LAYOUTS = frozenset({"search", "archives"})
_NEVER = frozenset({"never", "link", "false"})


def exclusion(
    kind: str,
    path: tuple[str, ...],
    matter: Mapping[str, Any],
    dates: PageDates,
    now: datetime,
    build_future: bool,
) -> str | None:
    """Say in a few words why a page is never a target; None where it may be.

    Parameters
    ----------
    path
        Of the page in the content.
    build_future
        Whether the site is built with the pages of the future: those are on it.
    """
    if kind in _KINDS:
        return _KINDS[kind]
    if path and path[0] == "404":
        return "error page"
    return (
        redirect_of(matter)
        or unpublished(matter, dates, now, build_future)
        or _unlisted(matter)
        or ("list page" if text_of(matter.get("layout")).lower() in _LIST_LAYOUTS else None)
    )


def redirect_of(matter: Mapping[str, Any]) -> str | None:
    """Say where a page redirects to; None where it is none that does.

    >>> redirect_of({"redirectTo": "https://coast.example/"})
    'redirect to https://coast.example/'
    """
    for name, value in matter.items():
        if name.lower().replace("_", "").replace("-", "") in _REDIRECT_FIELDS and isinstance(value, str) and value:
            return f"redirect to {value}"
    named = {text_of(matter.get("type")).lower(), text_of(matter.get("layout")).lower()}
    return "redirect page" if named & _REDIRECT_LAYOUTS else None


def unpublished(matter: Mapping[str, Any], dates: PageDates, now: datetime, build_future: bool) -> str | None:
    """Say why a page is not published at a moment; None where it is.

    A draft and an expired page stay excluded where the site builds them: their authors do not want them read.
    """
    published = matter.get("published")  # a boolean to some, a date to others
    no_draft_said = matter.get("draft") is None
    if is_true(matter.get("draft")) or (no_draft_said and text_of(published).strip().lower() in {"false", "no"}):
        return "draft"
    if dates.expires is not None and dates.expires < now:
        return f"expired on {dates.expires.date().isoformat()}"
    if dates.published is not None and dates.published > now and not build_future:
        return f"published only on {dates.published.date().isoformat()}"
    return None


def _unlisted(matter: Mapping[str, Any]) -> str | None:
    if is_true(matter.get("headless")):
        return "headless"
    build = mapping_at(matter, "build") or mapping_at(matter, "_build")
    if text_of(build.get("render")).lower() in _NEVER:
        return "not rendered (build.render)"
    if text_of(build.get("list")).lower() in _NEVER:
        return "not listed (build.list)"
    return None
