"""What kind of site a folder is, found out from its own files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from recommender.core.errors import SettingsError, nearest
from recommender.core.files import site_root
from recommender.core.settings import SourceSettings
from recommender.sources.generators.hugo import HugoSite
from recommender.sources.generators.jekyll import JekyllSite
from recommender.sources.generators.page_facts import Generator
from recommender.sources.generators.path_site import RULES, PathSite
from recommender.sources.generators.site_config import SiteConfig
from recommender.sources.markdown import Reading
from recommender.sources.records.fields import FieldMap

HUGO, JEKYLL, NEWS, FOLDER = "hugo", "jekyll", "news", "folder"
KINDS = (HUGO, JEKYLL, *sorted(RULES), NEWS, FOLDER)
NEWS_FOLDER = "_news"
CONTENT = "content"  # where Hugo keeps it

_PARENTS = 3  # folders above SITE that are looked into for a site that it is a part of
_SAMPLE = 5  # files
_START = 20_000  # bytes of a file
_NEWS_FIELD = re.compile(rb"^(?:publishedDateTime|webUrl):", re.MULTILINE)
_NAMES = {"hugo": "a Hugo site", "jekyll": "a Jekyll site", "mkdocs": "a MkDocs site", "folder": "a folder of articles"}
_NAMES |= {"astro": "an Astro site", "eleventy": "an Eleventy site", "docusaurus": "a Docusaurus site"}
_NAMES |= {"news": "a news site (publishedDateTime, webUrl)"}


@dataclass(frozen=True, slots=True)
class Site:
    """A site as it is read.

    Parameters
    ----------
    kind
        One of `KINDS`.
    root
        The folder that paths inside the site begin at: that of the generator's configuration.
    path
        What was asked for: the root, a folder below it, or one file.
    generator
        Says which files are pages, and what becomes of them; None for a plain folder.
    """

    kind: str
    root: Path
    path: Path
    generator: Generator | None = None

    @property
    def reading(self) -> Reading:
        """How its files are read."""
        if self.kind == HUGO:
            return Reading("hugo", generated=True)
        return Reading("jekyll" if self.kind == JEKYLL else "none", generated=self.generator is not None)

    def fields(self, settings: SourceSettings) -> FieldMap:
        """Return its names for the fields of an article, with those of the settings over them."""
        preset = settings.preset or (self.kind if self.kind in {HUGO, JEKYLL} else "default")
        return FieldMap.from_settings(settings, preset)

    def line(self) -> str:
        """Return what was found out, as a line for a person."""
        if not self.path.is_dir():
            return "a file of articles"
        return _NAMES[self.kind] + ("" if self.path == self.root else f", read below {self.path.name}/")


def find_site(path: Path, settings: SourceSettings) -> Site:
    """Find out what kind of site a folder is, or is a part of; the settings win over what is found.

    Raises
    ------
    SettingsError
        For an unknown kind, naming the nearest.
    """
    kind = settings.kind or (settings.preset if settings.preset in {HUGO, JEKYLL} else None)
    if kind is not None and kind not in KINDS:
        raise SettingsError(f"unknown setting source.kind {kind!r}; {nearest(kind, KINDS)} (one of {', '.join(KINDS)})")
    if not path.is_dir():
        return Site(FOLDER, path.parent, path)
    for root in (path, *islice(path.absolute().parents, _PARENTS)):
        site = _generated(root, path, kind)
        if site is not None:
            return site
    if kind == NEWS or (kind is None and ((path / NEWS_FOLDER).is_dir() or _is_news(path))):
        return Site(NEWS, path, path)
    return _assumed(path, kind) if kind else Site(FOLDER, path, path)


def root_of_site(path: Path) -> Path:
    """Return the folder that holds a site's own files, such as its settings and its decisions.

    It is the same whether a site's root is given or a folder of its content.
    """
    site = find_site(path, SourceSettings())
    return site_root(path) if site.generator is None else site.root.absolute()


def _generated(root: Path, path: Path, kind: str | None) -> Site | None:
    """Return the generator's site in a folder where `path` is a part of its content; None where there is none."""
    site = _configured(root, path, kind)
    if site is None or site.generator is None or root == path:
        return site
    below = path.absolute().relative_to(root).as_posix()
    files = (f"{below}/{name}" for name in _markdown_names(path))
    return site if site.generator.page_files(islice(files, 100)) else None


def _configured(root: Path, path: Path, kind: str | None) -> Site | None:
    """Return the site whose generator's own files lie in a folder, where it is of a `kind`, any for None."""
    if kind in {None, *RULES} and (path_site := PathSite.from_folder(root)) is not None:
        own_kind, generator = path_site
        return Site(own_kind, root, path, generator) if kind in {None, own_kind} else None
    if kind in {None, HUGO} and (hugo := HugoSite.from_folder(root)) is not None:
        return Site(HUGO, root, path, hugo)
    if kind in {None, JEKYLL} and not _is_news(root) and (jekyll := JekyllSite.from_folder(root)) is not None:
        return Site(JEKYLL, root, path, jekyll)
    return None


def _assumed(path: Path, kind: str) -> Site:
    """Return a folder without a configuration as a site of the kind that the settings name."""
    if kind == HUGO:
        root, content = _assumed_content(path)
        return Site(kind, root, path, HugoSite(SiteConfig({"contentdir": content})))
    if kind == JEKYLL:
        return Site(kind, path, path, JekyllSite.without_config(path))
    return Site(kind, path, path, PathSite(RULES[kind]) if kind in RULES else None)


def _assumed_content(path: Path) -> tuple[Path, str]:
    """Return the root and the content folder of a Hugo site without a configuration, of which a folder is a part.

    The content is the folder ``content`` in it, or the nearest one that it lies in; without either it is all content.
    """
    if (path / CONTENT).is_dir():
        return path, CONTENT
    for folder in (path.absolute(), *islice(path.absolute().parents, _PARENTS)):
        if folder.name == CONTENT:
            return folder.parent, CONTENT
    return path, "."


def _is_news(root: Path) -> bool:
    """Whether a folder's articles have the fields of the news site that the default names come from."""
    folder = root / NEWS_FOLDER if (root / NEWS_FOLDER).is_dir() else root
    starts = (_start(folder / name) for name in islice(_markdown_names(folder), _SAMPLE))
    return any(_NEWS_FIELD.search(start) for start in starts)


def _markdown_names(folder: Path) -> Iterator[str]:
    """Yield the names of the Markdown files in a folder, and below it where it holds none itself, in order."""
    for current, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "node_modules")))
        markdown_names = sorted(name for name in names if name.endswith((".md", ".markdown", ".mdx")))
        below = Path(current).relative_to(folder)
        yield from ((below / name).as_posix() for name in markdown_names)
        if markdown_names:
            return


def _start(path: Path) -> bytes:
    if not path.is_file() or path.is_symlink():  # to open a pipe would wait for whoever writes into it
        return b""
    try:
        with path.open("rb") as stream:
            return stream.read(_START)
    except OSError:
        return b""
