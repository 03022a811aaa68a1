"""The link of a Hugo page, made of what its path, its permalink or its front matter gives."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass

from recommender.sources.generators.hugo.paths import HugoVersion, escape_link, has_new_paths, join_path
from recommender.sources.generators.hugo.settings import HugoLanguage

# About then aliases from the root became ones from the root of the page's language.
_ALIASES_OF_LANGUAGE: HugoVersion = (0, 155, 0)


@dataclass(frozen=True, slots=True)
class LinkParts:
    """What a link is made of.

    Parameters
    ----------
    kind
        ``page``, ``section``, ``taxonomy`` or ``home``.
    folder, name
        The path of the page's folder in the content, and the last part; `name` is empty for all but pages.
    expanded
        The permalink's pattern, its tokens replaced; empty for none.
    url
        The front matter's; empty for none.
    ugly
        Whether the page is a file instead of a folder.
    """

    kind: str
    folder: str
    name: str
    expanded: str
    url: str
    ugly: bool


@dataclass(frozen=True, slots=True)
class Link:
    """A page's path from the site's root, without the base address's, not escaped; and where relative aliases start."""

    path: str
    alias_folder: str


def make_link(parts: LinkParts, prefix: str, version: HugoVersion, clean: Callable[[str], str]) -> Link:
    """Return the link of a page; `prefix` is its language's part of the path, `clean` makes a text fit for a path."""
    if parts.url and parts.kind != "home":
        return _of_url(parts, prefix, version, clean)
    if has_new_paths(version):
        path = clean(parts.expanded) if parts.expanded else join_path(clean(parts.folder), clean(parts.name))
        path = join_path(path)
    else:
        # The slash after the name is cleaned with it, so a space before it becomes a hyphen.
        path = join_path(clean(join_path(parts.expanded or f"{parts.folder}/{parts.name}") + "/"))
    if parts.name == "index" and not parts.expanded:
        path = posixpath.dirname(path)
    elif parts.ugly and parts.kind != "home" and (has_new_paths(version) or not path.endswith("/index")):
        return Link(join_path(prefix, path) + ".html", join_path(prefix, posixpath.dirname(path)))
    return Link(_with_slash(join_path(prefix, path)), join_path(prefix, posixpath.dirname(path)))


def _of_url(parts: LinkParts, prefix: str, version: HugoVersion, clean: Callable[[str], str]) -> Link:
    """Return the link that the front matter sets; it stands in the language's folder where it begins with no slash."""
    path = join_path(parts.url)
    folder = posixpath.dirname(path)
    # A dot makes a file's name of it; before 0.123 those of `..` did too.
    dotted = "." in (path if has_new_paths(version) else parts.url)
    if parts.url.endswith("/") or not dotted:
        path = _with_slash(path)
    elif path.endswith("/index.html"):
        # Before 0.123 Hugo took the file's name for a folder's.
        path = _with_slash(folder if has_new_paths(version) else path)
    elif not has_new_paths(version):
        folder = posixpath.dirname(folder)
    if parts.kind != "page":
        path = clean(path)
    if not parts.url.startswith("/"):
        path, folder = _prefixed(prefix, path), join_path(prefix, folder)
    return Link(path, folder)


def _prefixed(prefix: str, path: str) -> str:
    return f"/{prefix}{path}" if prefix else path


def _with_slash(path: str) -> str:
    return path if path.endswith("/") else f"{path}/"


def address(base: str, path: str, version: HugoVersion) -> str:
    """Return the address of a path from the site's root, escaped."""
    return base + escape_link(path, version).removeprefix("/")


def alias_address(alias: str, link: Link, language: HugoLanguage, ugly: bool, version: HugoVersion) -> str | None:
    """Return the address of an alias, relative to the page's folder or from the root; None where it leads nowhere."""
    if alias.startswith(("http://", "https://")):
        return alias
    if alias.startswith("/"):
        path = join_path(language.prefix if version >= _ALIASES_OF_LANGUAGE else "", alias)
    else:
        path = join_path(link.alias_folder, alias)
    if path == "/":
        return None
    if not path.endswith(".html"):
        path = f"{path}.html" if ugly else _with_slash(path)
    elif path.endswith("/index.html"):
        path = path.removesuffix("index.html")
    return address(language.base, path, version)
