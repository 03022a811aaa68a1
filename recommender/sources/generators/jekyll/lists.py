"""Which pages of a Jekyll site are no articles: home pages, lists of other pages, and what the site itself needs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from recommender.sources.generators.jekyll.files import PageFile
from recommender.sources.generators.jekyll.matter import text_of

_LIST_NAMES = frozenset(
    {
        "all", "all-posts", "archive", "archives", "authors", "blog", "categories", "category", "news", "posts",
        "publications", "series", "tag", "tags", "topics", "year-archive",
    }
)  # fmt: skip
_LIST_LAYOUTS = frozenset(
    {
        "archive", "archive-dates", "archive-taxonomy", "archives", "author", "authors", "blog", "categories",
        "category", "category_index", "category_page", "collection", "home", "list", "posts", "search", "tag",
        "tag_index", "tag_page", "tagpage", "tags", "year-archive",
    }
)  # fmt: skip
_SERVICE_NAMES = {
    "403": "error page", "404": "error page", "500": "error page", "offline": "error page",
    "feed": "feed", "atom": "feed", "rss": "feed", "search": "search page", "sitemap": "sitemap",
}  # fmt: skip
_PAGE_NUMBER = re.compile(r"page-?\d+")
_LOOP = re.compile(
    r"\{%-?\s*(?:for\s+\w{1,50}\s+in|assign\s+\w{1,50}\s*=)\s+"
    r"(?:site\.(?:posts|documents|pages|html_pages|categories|tags|collections)\b|paginator\.)"
)


def service(file: PageFile) -> str | None:
    """Say what a page is that the site itself needs, such as its 404 page or its feed; None for any other."""
    return _SERVICE_NAMES.get(_own_name(file)) if file.kind == "page" else None


def kind_of(
    file: PageFile, path: str, values: Mapping[str, Any], labels: frozenset[str], has_company: bool, body: str
) -> str:
    """Return whether a page is ``home``, a ``section`` that lists others, or a ``page``.

    Parameters
    ----------
    path
        Of its address, as Jekyll makes it.
    values
        Its front matter, defaults included.
    labels
        The names of collections and of folders of posts, whose lists carry the same names.
    has_company
        Whether further pages lie in its folder or below.
    body
        The text, which may loop over the site's pages; it may be left out.
    """
    if file.kind != "page":
        return "page"
    is_index = file.stem.partition(".")[0] == "index"
    if path in {"/", "/index.html"} or (is_index and not file.folder):
        return "home"
    name = _own_name(file)
    is_named = name in _LIST_NAMES or name in labels or _PAGE_NUMBER.fullmatch(name) is not None
    is_laid_out = text_of(values.get("layout")).lower() in _LIST_LAYOUTS
    is_paged = bool(values.get("pagination")) or bool(values.get("paginate"))
    if is_named or is_laid_out or is_paged or (is_index and has_company):
        return "section"
    return "section" if _loops(body, labels) else "page"


def _own_name(file: PageFile) -> str:
    """Return what a page is called in its path: the name of the file, of an index that of its folder."""
    stem = file.stem.partition(".")[0].lower()
    return file.folder.rpartition("/")[2].lower() if stem == "index" else stem


def _loops(body: str, labels: frozenset[str]) -> bool:
    """Whether a text goes over the pages of the site, or over those of one of its collections."""
    if _LOOP.search(body):
        return True
    return any(f" in site.{label} " in body for label in labels) if "{%" in body else False
