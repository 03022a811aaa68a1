"""The names that people give an article beside its id and its addresses: a path, the name of its file, its title."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from recommender.corpus.slot_table import SlotTable

_MARKDOWN = re.compile(r"\.(?:md|mdx|markdown)$", re.IGNORECASE)
_PAGE = re.compile(r"\.html?$", re.IGNORECASE)
_INDEX = frozenset({"index", "_index"})  # the file of a page that is a folder
_CONTENT_FOLDERS = frozenset({"content", "contents", "docs", "pages", "posts", "site", "source", "src"})


class FurtherNames:
    """Slots of articles by the name of their file and by their title; see `ArticleLookup` for what a slot is.

    >>> names = FurtherNames()
    >>> names.add("news/2020-10-02-detroit", 0, "Detroit's  Cameras")
    >>> names.files.slots("2020-10-02-detroit"), names.titles.slots(title_key("detroit's cameras"))
    ([0], [0])
    """

    def __init__(self, files: SlotTable | None = None, titles: SlotTable | None = None):
        self.files, self.titles = files or SlotTable(), titles or SlotTable()

    def add(self, article_id: str, slot: int, title: str | None = None) -> None:
        """Add an article's id, and its title unless the id is but one that was merged into the article."""
        if "/" in article_id:  # another one is found by its id
            self.files.add(file_name(article_id), slot)
        if title is not None and (key := title_key(title)):
            self.titles.add(key, slot)

    def extended(self) -> FurtherNames:
        """Return the same names, which can be added to without changing these."""
        return FurtherNames(self.files.extended(), self.titles.extended())


def file_name(article_id: str) -> str:
    """Return the name of the file of an article whose id is a path, or of the folder that the page is.

    >>> file_name("blog/ferry-strike"), file_name("blog/ferry-strike/index")
    ('ferry-strike', 'ferry-strike')
    """
    return _without_index(article_id.split("/"))[-1]


def title_key(title: str) -> str:
    """Return the form in which two spellings of a title are equal: small letters, single spaces."""
    return " ".join(unicodedata.normalize("NFC", title).casefold().split())


def bare_name(name: str) -> str | None:
    """Return a name without folders as the name of a file; None for a name with folders.

    >>> bare_name("./ferry-strike.md"), bare_name("blog/ferry-strike")
    ('ferry-strike', None)
    """
    parts, _ = _parts(name)
    return parts[0] if len(parts) == 1 else None


def ids_of_path(name: str) -> Iterator[str]:
    """Yield the ids that the article of a path may have, the longest first.

    They lack ``./`` and the file's extension. Folders in front are left out where the last of them is called as
    content folders are, or the path ends like that of a Markdown file: then it may begin anywhere.

    >>> list(ids_of_path("./content/blog/ferry-strike.md"))
    ['content/blog/ferry-strike', 'blog/ferry-strike', 'ferry-strike']
    >>> list(ids_of_path("content/blog/ferry-strike"))
    ['content/blog/ferry-strike', 'blog/ferry-strike']
    """
    if "://" in name:
        return
    parts, is_file = _parts(name)
    for start in range(len(parts)):
        if start and not (is_file or _is_content_folder(parts[start - 1])):
            continue
        path = parts[start:]
        yield "/".join(path)
        first = path[0].lstrip("_")
        if first and first != path[0]:  # of a collection `_guides`, ids begin with `guides`
            yield "/".join([first, *path[1:]])
        if path != _without_index(path):
            yield "/".join(_without_index(path))


def _parts(name: str) -> tuple[list[str], bool]:
    """Return the folders and the file of a path, without its extension, and whether it was that of Markdown."""
    parts = [part for part in name.strip().replace("\\", "/").split("/") if part not in {"", "."}]
    is_file = bool(parts) and _MARKDOWN.search(parts[-1]) is not None
    if parts:
        parts[-1] = _PAGE.sub("", _MARKDOWN.sub("", parts[-1])) or parts[-1]
    return parts, is_file


def _without_index(parts: list[str]) -> list[str]:
    return parts[:-1] if len(parts) > 1 and parts[-1] in _INDEX else parts


def _is_content_folder(folder: str) -> bool:
    return folder.startswith("_") or folder.lower() in _CONTENT_FOLDERS
