"""The configuration of a Jekyll site: read safely, with Jekyll's own defaults under it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path, PurePosixPath
from typing import Any

from recommender.sources.generators.jekyll.addresses import LONGEST_TEMPLATE, STYLES, with_suffix_of
from recommender.sources.generators.jekyll.moments import zone_of
from recommender.sources.generators.site_config import SiteConfigError, read_values
from recommender.sources.records.dates import shown

CONFIG_FILES = ("_config.yml", "_config.yaml", "_config.toml")

_MOST_PATTERNS = 500
_MOST_COLLECTIONS = 500
_MOST_DEFAULTS = 500
_INCLUDED = (".htaccess",)
_EXCLUDED = (
    ".sass-cache", ".jekyll-cache", "gemfiles", "Gemfile", "Gemfile.lock", "node_modules",
    "vendor/bundle/", "vendor/cache/", "vendor/gems/", "vendor/ruby/",
)  # fmt: skip
_MARKDOWN = "markdown,mkdown,mkdn,mkd,md"
_HTML = frozenset({".html", ".htm"})


@dataclass(frozen=True, slots=True)
class Collection:
    """A folder of documents; `template` is that of their addresses, None where it holds no text."""

    label: str
    written: bool
    template: str | None


@dataclass(frozen=True, slots=True)
class Defaults:
    """Front matter that the configuration gives to the files below a path, all of them or those of a type."""

    path: str
    type: str | None
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class JekyllSettings:
    """What the configuration says of a site's files and addresses.

    Parameters
    ----------
    base
        What stands in front of every path: the site's address, where it is known, and the folder it lies in.
    source, destination, collections_folder
        Folders relative to the site's root, ``""`` for the root itself; `destination` is None outside it.
    permalink
        The style or pattern of the whole site.
    markdown
        Extensions of Markdown, with their dots, in lower case.
    shows_future, shows_unpublished, shows_drafts
        Whether the site is built with pages that it would else leave out.
    is_polyglot
        Whether each language but the default one is built into a folder of its own.
    zone
        Of dates that name none; UTC where the configuration has none, as it is on most machines that build.
    values
        The configuration as it stands in the file.
    """

    base: str
    source: str
    destination: str | None
    collections_folder: str
    permalink: str
    collections: Mapping[str, Collection]
    defaults: tuple[Defaults, ...]
    included: tuple[str, ...]
    excluded: tuple[str, ...]
    markdown: frozenset[str]
    shows_future: bool
    shows_unpublished: bool
    shows_drafts: bool
    is_polyglot: bool
    zone: tzinfo
    values: Mapping[str, Any]
    warnings: tuple[str, ...]

    @classmethod
    def from_values(cls, values: Mapping[Any, Any]) -> JekyllSettings:
        """Read a configuration; what cannot be used is replaced by Jekyll's default, with a warning."""
        named = {str(name): value for name, value in values.items() if value is not None}
        base, base_warning = _base(named)
        zone, zone_warning = zone_of(named.get("timezone"))
        included = _patterns(named.get("include"), _INCLUDED)
        excluded = dict.fromkeys((*_patterns(named.get("exclude"), ()), *_EXCLUDED))
        permalink = named.get("permalink", "date")
        permalink = permalink if isinstance(permalink, str) and len(permalink) <= LONGEST_TEMPLATE else "date"
        return cls(
            base=base,
            source=_folder(named.get("source")) or "",
            destination=_folder(named.get("destination", "_site")),
            collections_folder=_folder(named.get("collections_dir")) or "",
            permalink=permalink,
            collections=_collections(named.get("collections"), permalink),
            defaults=_defaults(named.get("defaults")),
            included=included,
            excluded=tuple(pattern for pattern in excluded if pattern not in included),
            markdown=_extensions(named.get("markdown_ext", _MARKDOWN)),
            shows_future=named.get("future", False) is not False,
            shows_unpublished=named.get("unpublished", False) is not False,
            shows_drafts=named.get("show_drafts", False) is not False,
            is_polyglot=any("jekyll-polyglot" in _texts(named.get(name)) for name in ("plugins", "gems")),
            zone=zone,
            values=named,
            warnings=tuple(warning for warning in (base_warning, zone_warning) if warning),
        )

    def is_markup(self, extension: str) -> bool:
        """Whether a file of this extension, with its dot, can be an article."""
        return extension.lower() in self.markdown or extension.lower() in _HTML


def read_config(root: Path) -> tuple[Mapping[Any, Any], str | None, str | None]:
    """Return what a site's configuration holds, its file's name, and a warning where it cannot be read.

    Jekyll reads the first of ``_config.yml``, ``_config.yaml`` and ``_config.toml``, and names are case-sensitive.
    """
    name = next((name for name in CONFIG_FILES if (root / name).is_file()), None)
    if name is None:
        return {}, None, None
    try:
        return read_values(root / name, root), name, None
    except SiteConfigError as error:
        return {}, None, str(error)


def _base(values: Mapping[str, Any]) -> tuple[str, str | None]:
    """Return what stands in front of every path, and a warning where the site's address is none."""
    url, folder = (values.get(name) for name in ("url", "baseurl"))
    below = str(folder).strip().strip("/") if isinstance(folder, str | int) else ""
    below = f"/{below}" if below else ""
    if not isinstance(url, str) or not url.strip():
        return below, None
    if not url.strip().startswith(("http://", "https://")):
        return below, f"url is {shown(url)}, which is no address; write it as https://www.example.org"
    return url.strip().rstrip("/") + below, None


def _folder(value: Any) -> str | None:
    """Return a folder of the site, relative to it and without a slash at its end; None for one that lies elsewhere."""
    if not isinstance(value, str) or value.startswith(("/", "~")) or ".." in PurePosixPath(value).parts:
        return None
    return "/".join(PurePosixPath(value).parts)


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(text for text in value if isinstance(text, str)) if isinstance(value, list) else ()


def _patterns(value: Any, default: tuple[str, ...]) -> tuple[str, ...]:
    return _texts(value)[:_MOST_PATTERNS] if isinstance(value, list) else default


def _extensions(value: Any) -> frozenset[str]:
    return frozenset(f".{name.strip().lower()}" for name in str(value).split(",")[:100] if name.strip())


def _collections(configured: Any, permalink: str) -> dict[str, Collection]:
    """Return the collections by their labels; that of the posts is always among them."""
    if isinstance(configured, list):
        configured = dict.fromkeys(_texts(configured))
    entries: dict[Any, Any] = {"posts": {}, **(configured if isinstance(configured, Mapping) else {})}
    collections: dict[str, Collection] = {}
    for name, value in list(entries.items())[:_MOST_COLLECTIONS]:
        label = "".join(character for character in str(name) if character.isascii() and _is_of_label(character))
        options = value if isinstance(value, Mapping) else {}
        template = options.get("permalink")
        if label == "posts":
            template = template or STYLES.get(permalink, permalink)
        elif "permalink" not in options:
            template = with_suffix_of("/:collection/:path", permalink)
        output = options.get("output", False)
        written = label == "posts" or (output is not None and output is not False)
        is_usable = isinstance(template, str) and len(template) <= LONGEST_TEMPLATE
        collections[label] = Collection(label, written, template if is_usable else None)
    return collections


def _is_of_label(character: str) -> bool:
    return character.isalnum() or character in "_-."


def _defaults(value: Any) -> tuple[Defaults, ...]:
    sets: list[Defaults] = []
    for entry in value[:_MOST_DEFAULTS] if isinstance(value, list) else ():
        values = entry.get("values") if isinstance(entry, Mapping) else None
        if not isinstance(values, Mapping):
            continue
        scope = entry.get("scope")
        scope = scope if isinstance(scope, Mapping) else {}
        path, kind = scope.get("path"), scope.get("type")
        kind = {"page": "pages", "post": "posts", "draft": "drafts"}.get(str(kind), str(kind)) if kind else None
        named = {str(name): member for name, member in values.items()}
        sets.append(Defaults(path if isinstance(path, str) else "", kind, named))
    return tuple(sets)
