"""A Jekyll site: which of its files are pages, at which address each stands, and which may be suggested."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from posixpath import splitext
from typing import Any

from recommender.sources.generators.jekyll.addresses import absolute, clean_path, title_of_slug
from recommender.sources.generators.jekyll.exclusion import KINDS, redirect_of, unlisted, unpublished
from recommender.sources.generators.jekyll.files import PageFile, SiteFiles
from recommender.sources.generators.jekyll.languages import SiteLanguages
from recommender.sources.generators.jekyll.lists import kind_of, service
from recommender.sources.generators.jekyll.matter import MatterDefaults, document_values, page_values, text_of
from recommender.sources.generators.jekyll.moments import dated_name, moment_of, moment_of_name
from recommender.sources.generators.jekyll.permalinks import document_path, page_path, redirect_path
from recommender.sources.generators.jekyll.settings import CONFIG_FILES, Collection, JekyllSettings, read_config
from recommender.sources.generators.jekyll.tree import SiteTree, markup_files
from recommender.sources.generators.page_facts import PageFacts, SitePage

_FENCE = re.compile(r"---[ \t\r\f\v]*\n")
# What other generators keep in a `_config.yml`: Hexo's settings, and beside it Jupyter Book's table of contents.
_OF_HEXO = frozenset({"new_post_name", "public_dir", "source_dir"})
_OF_JUPYTER_BOOK = "_toc.yml"


def has_front_matter(text: str) -> bool:
    r"""Whether a text begins with front matter as Jekyll knows it: YAML, from the very first character on.

    >>> has_front_matter("---\ntitle: A\n---\n"), has_front_matter("\n---\ntitle: A\n---\n")
    (True, False)
    """
    return _FENCE.match(text) is not None


class JekyllSite:
    """What a Jekyll site's configuration and the names of its files say of its pages.

    An id is the path in the site's source without extension. Posts go without a leading ``_posts/``, documents of a
    collection begin with its name. What would then look like an id of another kind stays as it is on the disk: a page
    named like a post or lying in a folder named like a collection keeps its extension, such a post its ``_posts/``.
    So no file ever changes the id of another, and no two kinds share one.

    Parameters
    ----------
    settings
        Of the configuration.
    paths
        The site's files, relative to its root, with slashes: which languages stand beside each other, and which index
        pages list others, is seen by them.
    warnings
        One line for each thing that could not be read.
    config_files
        Those that were read, relative to the root.
    """

    def __init__(
        self,
        settings: JekyllSettings,
        paths: Iterable[str] = (),
        warnings: Iterable[str] = (),
        config_files: Iterable[str] = (),
    ):
        self._settings = settings
        self._files = SiteFiles(settings)
        self._defaults = MatterDefaults(settings)
        self._paths = paths
        self.warnings = tuple(dict.fromkeys([*warnings, *settings.warnings]))
        self.config_files = tuple(config_files)

    @classmethod
    def from_folder(cls, root: Path) -> JekyllSite | None:
        """Read the configuration of the site in a folder; None where the folder holds no Jekyll site."""
        has_config = any((root / name).is_file() for name in CONFIG_FILES)
        if not has_config and not (root / "_posts").is_dir():
            return None
        values, name, warning = read_config(root)
        if _OF_HEXO & values.keys() or (root / _OF_JUPYTER_BOOK).is_file():
            return None
        settings = JekyllSettings.from_values(values)
        return cls(settings, markup_files(root, settings), [warning] if warning else [], [name] if name else [])

    @classmethod
    def without_config(cls, root: Path) -> JekyllSite:
        """Return the site in a folder that has no configuration."""
        settings = JekyllSettings.from_values({})
        return cls(settings, markup_files(root, settings))

    # These three are made when the first page is asked for: to go through all files of a site takes long, and who asks
    # only for its root or its page files needs none of it.

    @cached_property
    def _tree(self) -> SiteTree:
        return SiteTree.from_paths(self._paths, self._settings)

    @cached_property
    def _languages(self) -> SiteLanguages:
        return SiteLanguages(self._settings.values, self._tree.siblings.values(), self._tree.mirrors)

    @cached_property
    def _list_names(self) -> frozenset[str]:
        names = {name.lower() for name in (*self._settings.collections, *self._tree.post_folders)}
        return frozenset(names - {name.lower() for name in self._languages.known})

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that the configuration names or that have a folder; empty where neither says anything."""
        return self._languages.known

    def page_files(self, paths: Iterable[str]) -> list[str]:
        """Return those of the site's files that can be pages, drafts among them, in the order given.

        A file that is neither a post nor begins with front matter (`has_front_matter`) is copied as it is.

        Parameters
        ----------
        paths
            Relative to the site's root, with slashes.
        """
        return [path for path in paths if self._files.locate(path) is not None]

    def facts(self, pages: Sequence[SitePage], now: datetime) -> list[PageFacts]:
        """Return what Jekyll makes of all pages of the site at a moment."""
        return [self.page(page.path, page.front_matter, now, page.template_tags) for page in pages]

    def list_addresses(self, _pages: Sequence[SitePage]) -> list[str]:
        """Return none: Jekyll makes no list without a file, but for what plugins make."""
        return []

    def page(self, path: str, front_matter: Mapping[Any, Any] | None, now: datetime, body: str = "") -> PageFacts:
        """Return what Jekyll makes of a page.

        Parameters
        ----------
        path
            Of the file, relative to the site's root, with slashes.
        front_matter
            None for a file without.
        now
            The moment of the build, with its time zone: later posts are not published yet.
        body
            The text below the front matter, where it is known: what loops over the site's pages is a list of them.

        Raises
        ------
        ValueError
            When Jekyll does not read the file as a page.
        """
        file = self._files.locate(path)
        if file is None:
            raise ValueError(f"{path} is no page of this Jekyll site; ask page_files which are")
        if front_matter is None and file.kind in {"page", "document"}:
            url = absolute(self._settings.base, clean_path(file.path)) if file.kind == "page" else None
            return PageFacts(self._id(file), url, excluded="no front matter")
        if file.collection is None:
            return self._page(file, front_matter or {}, now, body)
        return self._document(file, file.collection, front_matter or {}, now)

    def _page(self, file: PageFile, front_matter: Mapping[Any, Any], now: datetime, body: str) -> PageFacts:
        values = page_values(self._defaults.of_page(file.path), front_matter)
        path = page_path(file, self._settings, values)
        has_company = self._tree.company[file.folder.removeprefix("/")] > 0
        kind = kind_of(file, path, values, self._list_names, has_company, body)
        redirect = redirect_of(values)
        # Jekyll asks the page itself whether it is published, not the defaults, and never for a page's date.
        own = {**values, "published": front_matter.get("published", True)}
        excluded = KINDS.get(kind) or redirect or service(file) or unpublished(own, self._settings, None, now)
        return PageFacts(
            id=self._id(file),
            url=self._address(file, values, path),
            aliases=self._aliases(file, values),
            language=self._languages.language(file, values),
            translation_key=self._translation_key(file, values, path),
            kind="redirect" if redirect and kind == "page" else kind,
            excluded=excluded or unlisted(values),
            published_at=moment_of(values.get("date"), self._settings.zone),
            title=text_of(values.get("title")).strip() or None,
        )

    def _document(
        self, file: PageFile, collection: Collection, front_matter: Mapping[Any, Any], now: datetime
    ) -> PageFacts:
        defaults = self._defaults.of_document(file.relative_path, file.path, collection.label)
        values = document_values(defaults, front_matter, file.categories)
        name = dated_name(file.relative_path)
        slug = (name[1] if name else splitext(file.name)[0]).rstrip(".")
        zone = self._settings.zone
        moment = moment_of(values.get("date"), zone) or (moment_of_name(name[0], zone) if name else None)
        date = moment or now.astimezone(zone)
        own_slug = values.get("slug")
        url_slug = slug if own_slug is None or own_slug is False else text_of(own_slug)
        path = document_path(file, collection, self._settings, values, url_slug, date)
        is_draft = file.kind == "draft"
        is_written = collection.written and (not is_draft or self._settings.shows_drafts)
        redirect = redirect_of(values)
        excluded = "draft" if is_draft else None if is_written else "its collection is not written"
        excluded = excluded or redirect or unpublished(values, self._settings, moment, now) or unlisted(values)
        return PageFacts(
            id=self._id(file),
            url=self._address(file, values, path) if path and is_written else None,
            aliases=self._aliases(file, values) if is_written else (),
            language=self._languages.language(file, values),
            translation_key=self._translation_key(file, values, path or ""),
            kind="redirect" if redirect else "page",
            excluded=excluded,
            published_at=moment,
            title=text_of(values.get("title")).strip() or title_of_slug(slug),
        )

    def _address(self, file: PageFile, values: Mapping[str, Any], path: str) -> str:
        base = self._settings.base
        if self._settings.is_polyglot:
            language = self._languages.language(file, values)
            default = text_of(self._settings.values.get("default_lang")) or "en"
            base += f"/{language}" if language and language != default else ""
        return absolute(base, path)

    def _aliases(self, file: PageFile, values: Mapping[str, Any]) -> tuple[str, ...]:
        value = values.get("redirect_from")
        texts = filter(None, map(text_of, value if isinstance(value, list) else [value]))
        return tuple(dict.fromkeys(self._address(file, values, redirect_path(text)) for text in texts))

    def _translation_key(self, file: PageFile, values: Mapping[str, Any], path: str) -> str:
        key = self._languages.translation_key(file, values)
        # The plugin takes pages of the same address for translations of one another, wherever they lie.
        return f"url:{path}" if self._settings.is_polyglot and key.startswith("path:") else key

    def _id(self, file: PageFile) -> str:
        without_extension = splitext(file.relative_path)[0]
        first = without_extension.partition("/")[0]
        labels = self._settings.collections
        if file.kind == "document":
            return without_extension.removeprefix("_")
        if file.kind == "post":
            inside = without_extension.removeprefix("_posts/")
            return without_extension if inside.partition("/")[0] in labels else inside
        is_like_others = file.kind == "page" and (first in labels or dated_name(file.path) is not None)
        return file.relative_path if is_like_others else without_extension
