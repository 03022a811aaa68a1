"""What a file of a site holds, and what the site's generator makes of it: address, language, kind, publication."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from recommender.core.markup import MarkupText

DRAFT, SCHEDULED = "draft", "published only on "  # how the reasons begin why a page is not published yet
PAGE, REDIRECT = "page", "redirect"  # the kinds of pages that are articles; all others are lists of pages


@dataclass(frozen=True, slots=True)
class SitePage:
    """What a file holds beside the fields of its article.

    Parameters
    ----------
    path
        From the root of the site, with slashes.
    front_matter
        Its values as JSON has them, without what is never read; None for a file without front matter.
    text
        The body as a reader sees it, with the links in it.
    template_tags
        The tags of Liquid in the body; Jekyll's lists of pages are known by them.
    language
        What the text itself seems to be written in; None where that is not clear.
    """

    path: str
    front_matter: Mapping[str, Any] | None
    text: MarkupText
    template_tags: str = ""
    language: str | None = None


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

    @property
    def is_list(self) -> bool:
        """Whether the page lists others instead of being an article: a section, a taxonomy, the home page."""
        return self.kind not in {PAGE, REDIRECT}

    @property
    def is_upcoming(self) -> bool:
        """Whether the page is still to be published: a draft, or one of a later date."""
        return self.excluded is not None and self.excluded.startswith((DRAFT, SCHEDULED))


class Generator(Protocol):
    """A site generator with the configuration of one site."""

    @property
    def warnings(self) -> Sequence[str]:
        """One line for each thing in the configuration that could not be used."""

    def page_files(self, paths: Iterable[str]) -> list[str]:
        """Return those of the site's files, given by their paths from its root, that can be pages, in this order."""

    def facts(self, pages: Sequence[SitePage], now: datetime) -> list[PageFacts]:
        """Return what becomes of each page of the site at a moment."""

    def list_addresses(self, pages: Sequence[SitePage]) -> list[str]:
        """Return the addresses of lists of these pages that have no file; `facts` must have been asked for before."""
