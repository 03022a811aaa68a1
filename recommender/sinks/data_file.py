"""Writes the suggestions of all pages into one JSON file that a site generator reads as data: page path to links."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from recommender.core.errors import SettingsError
from recommender.core.files import leftovers, replacing, sync_folder
from recommender.core.records import Suggestion
from recommender.core.times import utc_text
from recommender.sinks.entries import escape_for_yaml

HUGO, JEKYLL, ELEVENTY = "hugo", "jekyll", "eleventy"
NAME = "recommender.json"  # the generators call the data by the file's name: site.Data.recommender
FOLDERS = {HUGO: "data", JEKYLL: "_data", ELEVENTY: "_data"}

# No page has such a path: those of pages have an extension.
MARK, _OURS = "_made_by", "recommender"

Links = list[dict[str, Any]]


def data_file(kind: str, root: Path, otherwise: Path) -> Path:
    """Return the file that a kind of site reads; `otherwise` for a kind that reads none.

    >>> data_file("jekyll", Path("site"), Path("out.json")).as_posix()
    'site/_data/recommender.json'
    """
    return root / FOLDERS[kind] / NAME if kind in FOLDERS else otherwise


def page_path(kind: str, root: Path, file: Path) -> str:
    """Return what a template of the site calls a page's file, with slashes.

    That is Hugo's ``.File.Path``, below `content`; Jekyll's ``page.path``; Eleventy's ``page.inputPath``, which begins
    with a dot; for other sites the path below `root`.

    >>> page_path("hugo", Path("site"), Path("site/content/posts/ferry.md"))
    'posts/ferry.md'
    """
    below = file.relative_to(root)
    if kind == HUGO and below.parts[0] == "content":
        below = below.relative_to("content")
    return f"./{below.as_posix()}" if kind == ELEVENTY else below.as_posix()


def link(suggestion: Suggestion) -> dict[str, Any]:
    """Return a suggestion as a template needs it, JSON-ready; what the target does not have is None."""
    target, provider = suggestion.target, suggestion.target.provider
    return {
        "url": target.url,
        "title": target.title,
        "score": round(suggestion.score, 4),
        "kind": suggestion.kind,
        "provider": (provider.name or provider.domain) if provider else None,
        "published_at": utc_text(target.published_at) if target.published_at else None,
    }


def data_content(lists: Iterable[tuple[str, Links]], page_paths: Mapping[str, str]) -> bytes:
    r"""Return the content of a data file, given the links of each article's id, by rank, and the path of its page.

    Pages without links, and articles without a page, are left out. A page takes one line, so that version control shows
    which changed; the same links give the same bytes. It is YAML as well, as which Jekyll reads it.

    >>> data_content([("a", [{"url": "/b/"}])], {"a": "posts/a.md"})
    b'{\n"_made_by": "recommender",\n"posts/a.md": [{"url": "/b/"}]\n}\n'
    """
    pages: dict[str, Any] = {page_paths[name]: links for name, links in lists if links and name in page_paths}
    pages[MARK] = _OURS
    lines = (f"{_json(path)}: {_json(pages[path])}" for path in sorted(pages))
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def write_data_file(
    lists: Iterable[tuple[str, Sequence[Suggestion]]],
    page_paths: Mapping[str, str],
    target: Path,
    root: Path | None = None,
) -> bool:
    """Write the suggestions of each article's id, by rank, into a data file; return whether it changed.

    Readers see the old file or the new one. Where a `root` is given, nothing is written outside of it.

    Raises
    ------
    SettingsError
        As of `check_data_file`.
    OSError
        When the file cannot be written.
    """
    links = ((article_id, list(map(link, suggestions))) for article_id, suggestions in lists)
    return replace_data_file(data_content(links, page_paths), target, root)


def replace_data_file(content: bytes, target: Path, root: Path | None = None) -> bool:
    """Make this the content of a data file, as `write_data_file` does; return whether it changed."""
    check_data_file(target, root)
    target.parent.mkdir(parents=True, exist_ok=True)
    for file in leftovers(target.parent):
        file.unlink(missing_ok=True)
    if target.is_file() and target.read_bytes() == content:
        return False
    with replacing(target, target.stat() if target.exists() else None, lambda: check_data_file(target, root)) as stream:
        stream.write(content)
    sync_folder(target.parent)
    return True


def check_data_file(target: Path, root: Path | None = None) -> None:
    """Refuse to write a file that is somebody else's or, where a `root` is given, that would lie outside of it.

    Raises
    ------
    SettingsError
        Which says why.
    """
    if root is not None and not target.parent.resolve().is_relative_to(root.resolve()):
        raise SettingsError(f"{target} is outside the site, as {target.parent} is a link; make it a folder")
    if target.is_symlink() or (target.exists() and not is_data_file(target)):
        raise SettingsError(f"{target} was not written by recommender; rename or delete it")


def is_data_file(path: Path) -> bool:
    """Return whether a file is a data file of ours: its own mark says so."""
    try:
        if path.is_symlink() or not path.is_file():
            return False
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(content, dict) and content.get(MARK) == _OURS


def remove_data_file(path: Path) -> None:
    """Delete a data file, and its folder where nothing else is in it: git knows no empty folders."""
    path.unlink(missing_ok=True)
    sync_folder(path.parent)
    with suppress(OSError):
        path.parent.rmdir()


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    # Half a character breaks every reader: Ruby would refuse the whole file.
    return escape_for_yaml(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
