"""A Hugo site: which of its files are pages, at which address each stands, and which may be suggested."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from recommender.sources.generators.hugo.cascade import cascade_entries
from recommender.sources.generators.hugo.content import ContentFile, Folder, HugoContent
from recommender.sources.generators.hugo.dates import PageDates, page_dates
from recommender.sources.generators.hugo.exclusion import exclusion, redirect_of, unpublished
from recommender.sources.generators.hugo.links import Link, LinkParts, address, alias_address, make_link
from recommender.sources.generators.hugo.paths import (
    USUAL_VERSION,
    HugoVersion,
    clean_path,
    has_new_paths,
    lower_case,
)
from recommender.sources.generators.hugo.permalinks import PermalinkPage, Permalinks
from recommender.sources.generators.hugo.settings import HugoLanguage, HugoSettings
from recommender.sources.generators.hugo.version import version_of_site
from recommender.sources.generators.page_facts import PageFacts, SitePage
from recommender.sources.generators.site_config import (
    FORMS,
    SiteConfig,
    SiteConfigError,
    lower_names,
    read_hugo_config,
    text_of,
    texts_of,
)

# `config.*` is a name that other programs use too; these are Hugo's own.
_OWN_NAMES = frozenset({"baseurl", "contentdir", "languagecode", "disablekinds", "permalinks", "theme", "module"})
_OF_ZOLA = "base_url"
# Fields of front matter whose values have names of their own.
_NESTED = frozenset({"cascade", "build", "_build"})
_MOST_NESTED = 5000  # values in one of them
# Since then the slug of a section is a part of the addresses below it.
_SECTION_SLUGS: HugoVersion = (0, 162, 0)


class HugoSite:
    """What a Hugo site's configuration and its sections say of its pages.

    Call `add_section` for every section page (`is_section`) before `page`: what sections hand down and how deep they
    lie is part of the pages' addresses.

    Parameters
    ----------
    config
        The merged configuration.
    version
        Of the Hugo that builds the site, which decides on a few odd characters; the usual one for None.
    """

    def __init__(self, config: SiteConfig, version: HugoVersion | None = None):
        self._version = version or USUAL_VERSION
        self._settings = HugoSettings.from_values(config.values)
        self._sections: dict[tuple[str, Folder], tuple[ContentFile, Mapping[str, Any]]] = {}
        self._clean: Callable[[str], str] = partial(
            clean_path, lower=self._settings.lower, without_accents=self._settings.without_accents
        )
        self._permalinks = {
            key: Permalinks(language.permalinks, self._version, self._clean)
            for key, language in self._settings.languages.items()
        }
        self._content = HugoContent(self._settings, self._version)
        self.config_files = config.files
        self.warnings = tuple(dict.fromkeys([*config.warnings, *self._settings.warnings, *self._own_warnings()]))

    @classmethod
    def from_folder(cls, root: Path, version: HugoVersion | None = None) -> HugoSite | None:
        """Read the configuration of the site in a folder; None where the folder holds no Hugo site.

        Without a `version` that which the site's own files name is taken.
        """
        config = read_hugo_config(root)
        own_file = any((root / f"hugo{suffix}").is_file() for suffix in FORMS)
        own_folder = (root / "config" / "_default").is_dir()
        has_content = (root / "content").is_dir()
        if _OF_ZOLA in config.values:
            return None
        of_hugo = bool(_OWN_NAMES & config.values.keys())
        with_config = of_hugo or (has_content and bool(config.files or config.warnings))
        with_sections = has_content and any(any((root / "content").glob(glob)) for glob in ("_index.*", "*/_index.*"))
        if not (own_file or own_folder or with_config or with_sections):
            return None
        return cls(config, version or version_of_site(root))

    def _own_warnings(self) -> list[str]:
        permalinks = [warning for table in self._permalinks.values() for warning in table.warnings]
        return [*permalinks, *self._content.warnings]

    @property
    def content_folders(self) -> tuple[str, ...]:
        """The folders of the content, relative to the site; that of the default language comes first."""
        return tuple(dict.fromkeys(mount.source for mount in self._settings.mounts))

    @property
    def languages(self) -> tuple[str, ...]:
        """The keys of the languages that the site is built in."""
        return tuple(key for key, language in self._settings.languages.items() if not language.disabled)

    def page_files(self, paths: Iterable[str]) -> list[str]:
        """Return those of the site's files that are pages, sections among them, in the order given.

        The other files of a bundle, a folder with an ``index.md``, belong to its page.

        Parameters
        ----------
        paths
            All files of the site, relative to it, with slashes.
        """
        return self._content.page_files(paths)

    def facts(self, pages: Sequence[SitePage], now: datetime) -> list[PageFacts]:
        """Return what Hugo makes of all pages of the site at a moment."""
        for page in pages:
            self.add_section(page.path, page.front_matter or {})
        return [self.page(page.path, page.front_matter or {}, now) for page in pages]

    def list_addresses(self, pages: Sequence[SitePage]) -> list[str]:
        """Return the addresses of the lists that Hugo makes where they have no page of their own.

        These are the lists of the topmost folders, of taxonomies and of their terms. `facts` must have been asked for
        before, so that the sections are known.
        """
        taxonomies = self._settings.taxonomies
        # Those of taxonomies are there also where no page has a term.
        folders: set[tuple[str, Folder]] = {(key, (taxonomy,)) for key in self.languages for taxonomy in taxonomies}
        for page in pages:
            file = self._content.locate(page.path)
            if file is None:
                continue
            matter = _lower_names(page.front_matter or {})
            terms = [(taxonomy, term) for taxonomy in taxonomies for term in texts_of(matter.get(taxonomy))]
            folders.update((file.language, folder) for folder in (file.parent[:1], *terms) if folder)
        return sorted(
            self._list_address(language, folder)
            for language, folder in folders
            if (language, _lower(folder)) not in self._sections and self._has_list(folder)
        )

    def _has_list(self, folder: Folder) -> bool:
        of_taxonomy = folder[0].lower() in self._settings.taxonomies
        kind = ("term" if len(folder) > 1 else "taxonomy") if of_taxonomy else "section"
        return kind not in self._settings.disabled_kinds

    def _list_address(self, key: str, folder: Folder) -> str:
        file, language = ContentFile("", folder, "_index", key), self._settings.languages[key]
        no_dates = page_dates(language.dates, {}, "", language.zone)
        return address(language.base, self._link(file, self._kind(file), {}, no_dates).path, self._version)

    def is_section(self, path: str) -> bool:
        """Whether a file is the page of a section, a taxonomy or the home page."""
        file = self._content.locate(path)
        return file is not None and file.is_section

    def add_section(self, path: str, front_matter: Mapping[Any, Any]) -> None:
        """Take note of a section and of what it hands down to the pages below it."""
        file = self._content.locate(path)
        if file is not None and file.is_section:
            self._sections[file.language, _lower(file.folder)] = file, _lower_names(front_matter)

    def page(self, path: str, front_matter: Mapping[Any, Any], now: datetime) -> PageFacts:
        """Return what Hugo makes of a page.

        Parameters
        ----------
        path
            Of the file, relative to the site, with slashes.
        front_matter
            Empty for a page without.
        now
            The moment that decides whether the page is published, with its time zone.

        Raises
        ------
        ValueError
            When the file lies in no content folder, or is of no content format.
        """
        file = self._content.locate(path)
        if file is None:
            raise ValueError(f"{path} is no page of this Hugo site; ask page_files which are")
        language = self._settings.languages[file.language]
        kind = self._kind(file)
        matter = self._with_cascade(file, kind, _lower_names(front_matter))
        dates = page_dates(language.dates, matter, file.name, language.zone)
        link = self._link(file, kind, matter, dates)
        redirect = redirect_of(matter)
        ugly = self._is_ugly(file)
        aliases = (
            alias_address(alias, link, language, ugly, self._version) for alias in texts_of(matter.get("aliases"))
        )
        url = text_of(matter.get("url"))
        absolute = url.startswith(("http://", "https://"))
        return PageFacts(
            id=file.id,
            url=url if absolute else address(language.base, link.path, self._version),
            aliases=tuple(dict.fromkeys(alias for alias in aliases if alias is not None)),
            language=language.code,
            translation_key=_translation_key(file, kind, matter),
            kind="redirect" if redirect and kind == "page" else kind,
            excluded=self._excluded(file, kind, matter, dates, now),
            published_at=dates.published or dates.date,
            title=text_of(matter.get("title")).strip() or _title_of_path(file, kind, language),
        )

    def _kind(self, file: ContentFile) -> str:
        if not file.is_section:
            return "page"
        if not file.folder:
            return "home"
        return "taxonomy" if file.folder[0].lower() in self._settings.taxonomies else "section"

    def _sections_above(self, file: ContentFile) -> list[tuple[ContentFile, Mapping[str, Any]]]:
        """Return the sections that are known down to a page, its own among them, the home page first."""
        folder = _lower(file.folder if file.is_section else file.parent)
        keys = [(file.language, folder[:depth]) for depth in range(len(folder) + 1)]
        return [self._sections[key] for key in keys if key in self._sections]

    def _section(self, file: ContentFile) -> Folder:
        """Return the folder of a page's section: the deepest with a page of its own, else the topmost."""
        folder = file.folder if file.is_section else file.parent
        known = [len(section.folder) for section, _ in self._sections_above(file)]
        return folder[: max([1, *known])]

    def _with_cascade(self, file: ContentFile, kind: str, matter: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return front matter with what the sections above and the configuration hand down; its own fields win."""
        path = "/" + "/".join(_lower(file.path))
        sections = [handed_down.get("cascade") for _, handed_down in reversed(self._sections_above(file))]
        own = [matter.get("cascade")] if file.is_section else []
        merged = dict(matter)
        for cascade in (*own, *sections, self._settings.cascade):
            for entry in cascade_entries(cascade):
                if entry.applies(path, kind, file.language):
                    merged = {**entry.fields, **merged}
        return merged

    def _is_ugly(self, file: ContentFile) -> bool:
        ugly = self._settings.languages[file.language].ugly
        if isinstance(ugly, Mapping):
            return bool(file.parent) and ugly.get(file.parent[0].lower()) is True
        return bool(ugly)

    def _link(self, file: ContentFile, kind: str, matter: Mapping[str, Any], dates: PageDates) -> Link:
        language = self._settings.languages[file.language]
        slug = text_of(matter.get("slug")).strip("-") or dates.slug or ""
        permalinks = self._permalinks[file.language]
        section = self._section(file)
        of_kind = ("term" if len(file.folder) > 1 else "taxonomy") if kind == "taxonomy" else kind
        path = "/" + "/".join(_lower(file.path))
        pattern = None if kind == "home" else permalinks.pattern_for(of_kind, _lower(section), path)
        url = text_of(matter.get("url"))
        tokens = PermalinkPage(
            text_of(matter.get("title")),
            slug,
            "" if file.is_section else file.name,
            section,
            tuple(self._name_of(file.language, section[: depth + 1]) for depth in range(len(section))),
            dates.date,
        )
        if ":" in url and has_new_paths(self._version):
            url = permalinks.expand(url, tokens)
        expanded = permalinks.expand(pattern, tokens) if pattern else ""
        folder = self._folder(file)
        name = "" if file.is_section else (slug or self._normal(file.name))
        return make_link(
            LinkParts(kind, folder, name, expanded, url.replace("\\", "/"), self._is_ugly(file)),
            language.prefix,
            self._version,
            self._clean,
        )

    def _folder(self, file: ContentFile) -> str:
        names = list(file.folder if file.is_section else file.parent)
        if self._version >= _SECTION_SLUGS:
            for section, own in self._sections_above(file):
                matter = self._with_cascade(section, self._kind(section), own)
                if section.folder and (slug := text_of(matter.get("slug")).strip("-")):
                    names[len(section.folder) - 1] = slug
        return "/".join(map(self._normal, names))

    def _normal(self, name: str) -> str:
        """Return a part of the content's path as Hugo has kept it since 0.123."""
        if not has_new_paths(self._version) or not self._settings.lower:
            return name
        return lower_case(name).replace(" ", "-")

    def _name_of(self, language: str, section: Folder) -> str:
        _, matter = self._sections.get((language, _lower(section)), (None, {}))
        return text_of(matter.get("slug")) or text_of(matter.get("title")) or section[-1]

    def _excluded(
        self, file: ContentFile, kind: str, matter: Mapping[str, Any], dates: PageDates, now: datetime
    ) -> str | None:
        if self._settings.languages[file.language].disabled:
            return f"the language {file.language} is disabled"
        reason = exclusion(kind, file.path, matter, dates, now, self._settings.build_future)
        if reason or has_new_paths(self._version):
            return reason
        # Before 0.123 what keeps a section from being published keeps its pages too.
        language = self._settings.languages[file.language]
        for section, own in self._sections_above(file):
            merged = self._with_cascade(section, self._kind(section), own)
            of_section = page_dates(language.dates, merged, section.stem, language.zone)
            if section_reason := unpublished(merged, of_section, now, self._settings.build_future):
                return f"its section {'/'.join(section.folder) or '/'} is not published: {section_reason}"
        return None


def _translation_key(file: ContentFile, kind: str, matter: Mapping[str, Any]) -> str:
    """Return what a page shares with its translations alone."""
    if named := text_of(matter.get("translationkey")):
        return f"key:{kind}:{named}"
    return f"path:{'/'.join(_lower(file.path))}" + ("/_index" if file.is_section else "")


def _title_of_path(file: ContentFile, kind: str, language: HugoLanguage) -> str | None:
    """Return the title of a page whose front matter has none: Hugo makes one for sections alone."""
    if kind == "home":
        return language.title
    if kind == "page":
        return None
    name = file.folder[-1].replace("-", " ")
    return name[:1].upper() + name[1:]


def _lower(names: Folder) -> Folder:
    return tuple(map(lower_case, names))


def _lower_names(matter: Mapping[Any, Any]) -> dict[str, Any]:
    """Return front matter with the names that Hugo reads in lower case; the rest of it is not looked into."""
    lowered = {str(name).lower(): value for name, value in matter.items()}
    for name in _NESTED & lowered.keys():
        try:
            lowered |= lower_names({name: lowered[name]}, name, _MOST_NESTED)
        except SiteConfigError:  # nothing that a page says of itself in earnest
            del lowered[name]
    return lowered
