"""Sites whose addresses follow the paths of their files: Eleventy, Astro, MkDocs and Docusaurus, in their usual form.

Their configurations are programs, or name some. They are not run: the few settings that matter are read as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote, urljoin

from recommender.corpus.urls import host_of
from recommender.sources.generators.page_facts import DRAFT, SCHEDULED, PageFacts, SitePage
from recommender.sources.records.dates import parse_date

_SUFFIXES = (".md", ".markdown", ".mdx")
_LARGEST = 200_000  # bytes of a configuration
_INDEXES = frozenset({"index", "readme"})
_DATED = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})[-/]")
_NUMBER = re.compile(r"^\d{1,4}\s*[-_.]\s*(?=\D)")  # by which Docusaurus orders what lies in a folder


@dataclass(frozen=True, slots=True)
class ContentFolder:
    """A folder of articles: its path from the site's root, what its addresses and what its ids begin with.

    In a blog of Docusaurus (`dated`) a date in front of a name becomes folders of the address, and a slug replaces all
    of the path.
    """

    path: str
    address: str = ""
    id_prefix: str = ""
    dated: bool = False


@dataclass(frozen=True, slots=True)
class PathRules:
    """What is usual in sites of one kind.

    `base` and `root_path` name the settings of the site's address and of its path; `folder` that of the content folder.
    """

    files: tuple[str, ...]
    folders: tuple[ContentFolder, ...]
    base: str
    root_path: str = ""
    folder: str = ""
    numbered: bool = False  # whether numbers in front of names are left out of addresses
    has_partials: bool = False  # whether what begins with an underscore is only a part of other pages
    same_name_is_index: bool = False  # whether a page that is named like its folder stands for the folder


RULES: Mapping[str, PathRules] = {
    "docusaurus": PathRules(
        ("docusaurus.config.js", "docusaurus.config.ts", "docusaurus.config.mjs", "docusaurus.config.cjs"),
        (ContentFolder("docs", "docs/"), ContentFolder("blog", "blog/", "blog/", dated=True)),
        base="url",
        root_path="baseUrl",
        numbered=True,
        has_partials=True,
        same_name_is_index=True,
    ),
    "astro": PathRules(
        ("astro.config.mjs", "astro.config.js", "astro.config.ts", "astro.config.cjs"),
        (ContentFolder("src/content"), ContentFolder("src/pages", "", "pages/")),
        base="site",
        root_path="base",
        has_partials=True,
    ),
    "eleventy": PathRules(
        (".eleventy.js", "eleventy.config.js", "eleventy.config.mjs", "eleventy.config.cjs", "eleventy.config.ts"),
        (ContentFolder(""),),
        base="url",
        folder="input",
        same_name_is_index=True,
    ),
    "mkdocs": PathRules(("mkdocs.yml", "mkdocs.yaml"), (ContentFolder("docs"),), base="site_url", folder="docs_dir"),
}


class PathSite:
    """A site of one of these kinds: a page lies at the path of its file, below the site's address where that is known.

    Parameters
    ----------
    rules
        Of the site's kind.
    settings
        The text of the site's configuration.
    """

    warnings: Sequence[str] = ()

    def __init__(self, rules: PathRules, settings: str = ""):
        self._rules = rules
        host, path = _setting(settings, rules.base), _setting(settings, rules.root_path)
        host = host if host.startswith(("http://", "https://")) and host_of(host) else "/"
        self._base = urljoin(host, quote(path, safe="/%:~"))
        self._base += "" if self._base.endswith("/") else "/"
        named = [part for part in _setting(settings, rules.folder).split("/") if part not in {"", "."}]
        folders = (ContentFolder("/".join(named)),) if named and ".." not in named else rules.folders
        self._folders = sorted(folders, key=lambda folder: -len(folder.path))

    @classmethod
    def from_folder(cls, root: Path) -> tuple[str, PathSite] | None:
        """Return the kind and the site of a folder with the configuration of one of these kinds; None without."""
        for kind, rules in RULES.items():
            for name in rules.files:
                path = root / name
                if path.is_file() and path.resolve().is_relative_to(root.resolve()):
                    with suppress(OSError), path.open("rb") as stream:
                        return kind, cls(rules, stream.read(_LARGEST).decode("utf-8", errors="replace"))
        return None

    def page_files(self, paths: Iterable[str]) -> list[str]:
        """Return those of the site's files that can be pages, in the order given."""
        return [path for path in paths if path.endswith(_SUFFIXES) and self._is_page(path)]

    def facts(self, pages: Sequence[SitePage], now: datetime) -> list[PageFacts]:
        """Return what becomes of each page of the site at a moment."""
        return [self._facts(page, now) for page in pages]

    def list_addresses(self, _pages: Sequence[SitePage]) -> list[str]:
        """Return none: which lists there are is known to the site's programs alone."""
        return []

    def _is_page(self, path: str) -> bool:
        folder = self._folder(path)
        if folder is None:
            return False
        is_partial = any(part.startswith("_") for part in path.removeprefix(folder.path).split("/"))
        return not (self._rules.has_partials and is_partial)

    def _folder(self, path: str) -> ContentFolder | None:
        starts = ((f"{folder.path}/" if folder.path else "", folder) for folder in self._folders)
        return next((folder for start, folder in starts if path.startswith(start)), None)

    def _facts(self, page: SitePage, now: datetime) -> PageFacts:
        folder = self._folder(page.path) or ContentFolder("")
        below = page.path.removeprefix(f"{folder.path}/" if folder.path else "")
        matter = page.front_matter or {}
        bare = PurePosixPath(below).with_suffix("")
        is_named_twice = self._rules.same_name_is_index and bare.name == bare.parent.name
        if len(bare.parts) > 1 and (bare.name.lower() in _INDEXES or is_named_twice):
            bare = bare.parent
        is_home = bare.name.lower() in _INDEXES
        return PageFacts(
            id=folder.id_prefix + bare.as_posix(),
            url=self._url(folder, "" if is_home else bare.as_posix(), matter),
            kind="home" if is_home and not folder.address else "page",
            excluded="home page" if is_home and not folder.address else _exclusion(matter, now),
        )

    def _url(self, folder: ContentFolder, path: str, matter: Mapping[str, Any]) -> str | None:
        permalink, slug = _text(matter.get("permalink")), _text(matter.get("slug"))
        if "{" in permalink or matter.get("permalink") is False:  # an address that the generator alone knows, or none
            return None
        if permalink:
            return urljoin(self._base, quote(permalink.lstrip("/"), safe="/%#?=&~"))
        if folder.dated:
            path = _DATED.sub(r"\1/\2/\3/", path)
        elif self._rules.numbered:
            path = "/".join(part if _DATED.match(f"{part}/") else _NUMBER.sub("", part) for part in path.split("/"))
        if slug.startswith("/") or (slug and folder.dated):
            path = slug.strip("/")
        elif slug:
            path = "/".join([*path.split("/")[:-1], slug])
        return urljoin(self._base, quote(f"{folder.address}{path}/" if path else folder.address))


def _exclusion(matter: Mapping[str, Any], now: datetime) -> str | None:
    if matter.get("draft") is True or matter.get("published") is False:
        return DRAFT
    if matter.get("permalink") is False:
        return "not written (permalink: false)"
    if matter.get("unlisted") is True:
        return "not listed (unlisted: true)"
    with suppress(ValueError, TypeError):
        moment = parse_date(matter.get("date") or matter.get("pubDate"))
        if moment > now:
            return f"{SCHEDULED}{moment.date().isoformat()}"
    return None


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _setting(text: str, name: str) -> str:
    """Return the first value of a setting that is written as a text; "" where there is none."""
    if not name:
        return ""
    setting = rf"""["']?{re.escape(name)}["']?[ \t]*:[ \t]*["']?([^"'\s,#}}]+)"""
    for before in (r"^[ \t{]*", r"[{,][ \t]*"):  # in a line of its own, else anywhere
        named = re.search(before + setting, text, re.MULTILINE)
        if named:
            return named[1]
    return ""
