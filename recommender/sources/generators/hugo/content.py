"""The content of a Hugo site: where each file lies in it, in which language, and which files are pages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from recommender.sources.generators.hugo.paths import (
    HugoVersion,
    glob_matches,
    has_new_paths,
    lower_case,
    pattern_matches,
    simple_pattern,
)
from recommender.sources.generators.hugo.settings import ContentMount, HugoSettings

CONTENT_SUFFIXES = frozenset({".md", ".markdown", ".mdown", ".html", ".htm"})

Folder = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ContentFile:
    """A file of the content: its path there, its language, and the id of its article.

    Parameters
    ----------
    id
        The article's id.
    folder
        The names of the folders above it, from the content's root.
    stem
        The file's name without extension and language.
    language
        The language's key.
    """

    id: str
    folder: Folder
    stem: str
    language: str

    @property
    def is_section(self) -> bool:
        """Whether it is the page of its folder, which lists others."""
        return self.stem == "_index"

    @property
    def is_bundle(self) -> bool:
        """Whether it is the page that its folder is the bundle of."""
        return self.stem == "index" and bool(self.folder)

    @property
    def parent(self) -> Folder:
        """The folder that the page lies in, a bundle counted as a page."""
        return self.folder[:-1] if self.is_bundle else self.folder

    @property
    def name(self) -> str:
        """The last part of the page's path."""
        return self.folder[-1] if self.is_bundle else self.stem

    @property
    def path(self) -> Folder:
        """The page's path from the content's root."""
        return self.folder if self.is_section else (*self.parent, self.name)


class HugoContent:
    """The content folders of a site."""

    def __init__(self, settings: HugoSettings, version: HugoVersion):
        self._languages = settings.languages
        self._default_language = settings.default_language
        self._any_case = has_new_paths(version)
        self._located: dict[str, ContentFile | None] = {}  # each path is asked for several times
        patterns = {expression: simple_pattern(expression) for expression in settings.ignored_files}
        self._ignored = [pattern for pattern in patterns.values() if pattern is not None]
        self.warnings = tuple(
            f"ignoreFiles {expression!r} is too rich a pattern; no file is left out for it"
            for expression, pattern in patterns.items()
            if pattern is None
        )
        # The deepest folder that a file lies in is the one whose content it is.
        self._mounts = sorted(
            ((_names(mount.source), mount, prefix) for mount, prefix in _id_prefixes(settings)),
            key=lambda mounted: -len(mounted[0]),
        )

    def locate(self, path: str) -> ContentFile | None:
        """Return a file of the content by its path in the site; None where it is none of the content."""
        if path not in self._located:
            self._located[path] = self._find(path)
        return self._located[path]

    def _find(self, path: str) -> ContentFile | None:
        names = _names(path)
        stem, dot, suffix = names[-1].rpartition(".") if names else ("", "", "")
        if not stem or (dot + suffix).lower() not in CONTENT_SUFFIXES or self._is_ignored(path, names):
            return None
        for source, mount, prefix in self._mounts:
            inner = names[len(source) :]
            if names[: len(source)] == source and inner and _is_mounted(mount, inner):
                return self._content_file(mount, prefix, inner[:-1], stem)
        return None

    def _content_file(self, mount: ContentMount, prefix: Folder, below: Folder, name: str) -> ContentFile:
        stem, _, mark = name.rpartition(".")
        key = lower_case(mark) if self._any_case else mark
        marked = bool(stem) and key in self._languages
        stem = stem if marked else name
        language = key if marked else mount.language
        if language is None or language not in self._languages:
            language = self._default_language
        is_bundle = stem == "index" and bool(below)
        ending = f".{language}" if marked else ""
        article_id = "/".join((*prefix, *(below if is_bundle else (*below, stem)))) + ending
        return ContentFile(article_id, (*_names(mount.target), *below), stem, language)

    def _is_ignored(self, path: str, names: Folder) -> bool:
        return any(name[0] in ".#" for name in names) or any(
            pattern_matches(pattern, path) for pattern in self._ignored
        )

    def page_files(self, paths: Iterable[str]) -> list[str]:
        """Return the files that are pages, in the order given; a bundle's other files belong to its page."""
        files = {path: file for path in paths if (file := self.locate(path)) is not None}
        bundles = {file.folder for file in files.values() if file.is_bundle}
        return [
            path
            for path, file in files.items()
            if (file.is_bundle or file.folder not in bundles)
            and not any(file.folder[:depth] in bundles for depth in range(1, len(file.folder)))
        ]


def _names(path: str) -> Folder:
    return tuple(name for name in path.split("/") if name)


def _id_prefixes(settings: HugoSettings) -> list[tuple[ContentMount, Folder]]:
    """Return what the ids of each content folder begin with: nothing for the first, else a name of the folder."""
    prefixes = []
    last_names = [_names(mount.source)[-1:] for mount in settings.mounts]
    for number, mount in enumerate(settings.mounts):
        target, source = _names(mount.target), _names(mount.source)
        if mount.language in {None, settings.default_language} and (target or number == 0):
            prefixes.append((mount, target))
        else:
            unique = last_names.count(source[-1:]) == 1
            prefixes.append((mount, (*(source[-1:] if unique else source), *target)))
    return prefixes


def _is_mounted(mount: ContentMount, names: Folder) -> bool:
    if not mount.included and not mount.left_out:
        return True
    path = "/".join(names)
    included = not mount.included or any(glob_matches(glob, path) for glob in mount.included)
    return included and not any(glob_matches(glob, path) for glob in mount.left_out)
