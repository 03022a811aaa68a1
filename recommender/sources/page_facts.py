"""What a site generator knows of a page before its text is read: address, language, kind, whether it is published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What a generator's configuration and a page's front matter say of the page.

    Parameters
    ----------
    id
        The path from the content folder without extension; a bundle's index stands for its folder.
    url
        Absolute where the site's base address is known, else from the root; None for a page that has no address.
    aliases
        Further addresses that lead to the page, absolute like `url`.
    language
        As the configuration names it; None where it says nothing.
    translation_key
        Equal for the pages that are translations of one another, unique otherwise.
    kind
        ``page``, ``section``, ``home``, ``taxonomy`` or ``redirect``.
    excluded
        Why the page is never a target at the moment that was given; None where it may be suggested.
    published_at
        When the page was or will be published, with its time zone; None where it has no date.
    title
        Of the front matter, else what the generator makes of the path; None where it makes nothing.
    """

    id: str
    url: str | None
    aliases: tuple[str, ...] = ()
    language: str | None = None
    translation_key: str | None = None
    kind: str = "page"
    excluded: str | None = None
    published_at: datetime | None = None
    title: str | None = None
