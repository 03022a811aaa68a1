"""The path of a page's address: templates by style, collection and front matter, with all tokens of Jekyll's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from posixpath import splitext
from typing import Any

from recommender.sources.generators.jekyll.addresses import (
    LONGEST_TEMPLATE,
    fill_document,
    fill_page,
    lower_case,
    slugify,
    with_suffix_of,
)
from recommender.sources.generators.jekyll.files import PageFile
from recommender.sources.generators.jekyll.matter import text_of
from recommender.sources.generators.jekyll.moments import date_tokens
from recommender.sources.generators.jekyll.settings import Collection, JekyllSettings

_HTML = frozenset({".html", ".xhtml", ".htm"})


def page_path(file: PageFile, settings: JekyllSettings, values: Mapping[str, Any]) -> str:
    """Return the path of a page's address."""
    permalink = _permalink(values) or None
    extension = _output_extension(file, settings, permalink)
    if permalink is not None:
        template = permalink
    elif extension not in _HTML:
        template = "/:path/:basename:output_ext"
    elif file.stem == "index":
        template = "/:path/"
    else:
        template = with_suffix_of("/:path/:basename", settings.permalink)
    return fill_page(template, file.folder, file.stem, extension)


def redirect_path(text: str) -> str:
    """Return the path of the page that the plugin `jekyll-redirect-from` makes for an address.

    >>> redirect_path("old/ferry")
    '/old/ferry'
    """
    return fill_page(text[:LONGEST_TEMPLATE], "", "redirect", ".html")


def document_path(
    file: PageFile,
    collection: Collection,
    settings: JekyllSettings,
    values: Mapping[str, Any],
    slug: str,
    moment: datetime,
) -> str | None:
    """Return the path of a post's or a document's address; None where its collection has no template.

    Parameters
    ----------
    slug
        Of the front matter, else of the file's name.
    moment
        The date of the document, in the site's time zone; that of the build where it has none.
    """
    permalink = _permalink(values)
    template = collection.template if permalink is None else permalink
    if template is None:
        return None
    categories: Sequence[str] = values["categories"]
    inside = splitext(file.relative_path)[0].replace(f"_{collection.label}", "", 1).rstrip(".")
    tokens = {
        "collection": collection.label,
        "path": inside,
        "output_ext": _output_extension(file, settings, permalink),
        "name": slugify(splitext(file.name)[0]),
        "title": slugify(slug, pretty=True, cased=True),
        "slug": slugify(slug),
        "categories": "/".join(dict.fromkeys(lower_case(name) for name in categories)),
        "slugified_categories": "/".join(dict.fromkeys(slugify(name) for name in categories)),
        **date_tokens(moment),
    }
    return fill_document(template, tokens)


def _permalink(values: Mapping[str, Any]) -> str | None:
    """Return the permalink of a page's front matter or defaults; None where it has none, or one of absurd length."""
    permalink = values.get("permalink")
    text = None if permalink is None or permalink is False else text_of(permalink)
    return None if text is None or len(text) > LONGEST_TEMPLATE else text


def _output_extension(file: PageFile, settings: JekyllSettings, permalink: str | None) -> str:
    """Return the extension of the file that Jekyll writes: that of the permalink, else by the page's format."""
    of_permalink = splitext(permalink)[1] if permalink and not permalink.endswith("/") else ""
    if of_permalink:
        return of_permalink
    return ".html" if file.extension.lower() in settings.markdown else file.extension
