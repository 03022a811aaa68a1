"""The languages of a Jekyll site, which has none of its own: from fields, folders, names of files and plugins."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from recommender.sources.generators.jekyll.files import PageFile
from recommender.sources.generators.jekyll.matter import text_of

# ISO 639-1: the second letters of the codes by their first.
_SECOND_LETTERS = {
    "a": "abefkmnrsvyz", "b": "aeghimnors", "c": "aehorsuvy", "d": "aevz", "e": "elnostu", "f": "afijory",
    "g": "adlnuv", "h": "aeiortuyz", "i": "adegikostu", "j": "av", "k": "agijklmnorsuvwy", "l": "abginotuv",
    "m": "ghiklnrsty", "n": "abdeglnorvy", "o": "cjmrs", "p": "ailst", "q": "u", "r": "mnouw",
    "s": "acdegiklmnoqrstuvw", "t": "aeghiklnorstwy", "u": "gkrz", "v": "eio", "w": "ao", "x": "h", "y": "io",
    "z": "ahu",
}  # fmt: skip
_LANGUAGES = frozenset(first + second for first, letters in _SECOND_LETTERS.items() for second in letters)
_TAG = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]{2,8}){0,3}")
_SUFFIX = re.compile(r"(.+)([._-])([A-Za-z]{2,3}(?:[-_][A-Za-z]{2,4})?)")
_FIELDS = ("lang", "language", "locale")
_OF_SITE = ("lang", "default_lang", "language", "default_language", "locale")
_KEYS = ("translation_key", "translation_id", "page_id", "ref", "lang-ref", "lang_ref")
_MOST = 200


class SiteLanguages:
    """Which languages a site has, and which one and which translations a page has.

    Parameters
    ----------
    values
        The site's configuration.
    siblings
        The names of folders that lie beside each other, where a site can keep its languages apart.
    mirrors
        The names of folders that hold files named like those beside the folder.
    """

    def __init__(self, values: Mapping[str, Any], siblings: Iterable[Iterable[str]] = (), mirrors: Iterable[str] = ()):
        configured = [text for name in _OF_SITE if (text := _tag(values.get(name)))]
        listed = _listed(values.get("languages"))
        beside = [name for names in siblings for name in _beside(names, {*configured, *listed})]
        beside += sorted(name for name in mirrors if _is_language(name))
        self.default = _as_listed(configured[0], [*listed, *beside]) if configured else None
        self.known = tuple(dict.fromkeys([*configured, *listed, *beside]))
        self._folders = frozenset(name.lower() for name in self.known)

    def language(self, file: PageFile, values: Mapping[str, Any]) -> str | None:
        """Return a page's language: of its own fields, its folder, its file's name, else the site's."""
        for name in _FIELDS:
            if tag := self._believed(name, values.get(name)):
                return tag
        folder = self._folder(file)
        if folder is not None:
            return self._as_known(file.parts[folder])
        suffix = self._suffix(file.stem)
        return self._as_known(suffix[1]) if suffix else self.default

    def translation_key(self, file: PageFile, values: Mapping[str, Any]) -> str:
        """Return what a page shares with its translations alone."""
        for name in _KEYS:
            if key := text_of(values.get(name)).strip():
                return f"key:{key}"
        parts = file.parts[:-1]
        folder = self._folder(file)
        if folder is not None:
            del parts[folder]
        language = (self.language(file, values) or "").lower()
        suffix = self._suffix(file.stem, language)
        return "path:" + "/".join([*parts, suffix[0] if suffix else file.stem])

    def _believed(self, field: str, value: Any) -> str | None:
        """Return a field's language; `language` may name a programming language as well."""
        tag = _tag(value)
        if tag is None or field == "lang" or tag.lower() in self._folders:
            return tag
        return tag if tag[:2].lower() in _LANGUAGES and tag[2:3] in {"", "-", "_"} else None

    def _as_known(self, name: str) -> str:
        """Return a language as the configuration writes it."""
        return next((known for known in self.known if known.lower() == name.lower()), name)

    def _folder(self, file: PageFile) -> int | None:
        """Return which part of a path is the folder of its language: the first one, or the first of its collection."""
        folders = file.parts[:-1]
        inside = [index + 1 for index, name in enumerate(folders) if name.startswith("_")]
        for index in dict.fromkeys([0, *inside]):
            if index < len(folders) and folders[index].lower() in self._folders:
                return index
        return None

    def _suffix(self, stem: str, language: str | None = None) -> tuple[str, str] | None:
        """Return the name and the language of ``about.fr`` or, for a page of that language, of ``about-fr``."""
        suffix = _SUFFIX.fullmatch(stem)
        if suffix is None or suffix[3].lower() not in self._folders:
            return None
        return (suffix[1], suffix[3]) if suffix[2] == "." or suffix[3].lower() == language else None


def _tag(value: Any) -> str | None:
    """Return a language's tag; None for what is none."""
    if value is False:  # YAML 1.1 reads a bare `no`, Norwegian, as false
        return "no"
    text = value.strip() if isinstance(value, str) else ""
    return text if _TAG.fullmatch(text) else None


def _listed(value: Any) -> list[str]:
    """Return the languages that a configuration lists: tags, mappings with one, or a mapping by tags."""
    entries: Sequence[Any] = list(value) if isinstance(value, list | Mapping) else []
    tags = (
        next((tag for name in ("code", "lang", "id", "tag") if (tag := _tag(entry.get(name)))), None)
        if isinstance(entry, Mapping)
        else _tag(entry)
        for entry in entries[:_MOST]
    )
    return [tag for tag in tags if tag]


def _is_language(name: str) -> bool:
    """Whether a folder's name can be that of a language."""
    tag = _TAG.fullmatch(name)
    return tag is not None and tag[1].lower() in _LANGUAGES


def _as_listed(tag: str, listed: Sequence[str]) -> str:
    """Return the site's language as its folders have it: ``en`` for ``en-US``, where there is no folder of that."""
    same = [name for name in listed if name.lower() == tag.lower()]
    alike = {name for name in listed if name.lower() == tag.lower()[:2]}
    return same[0] if same else (alike.pop() if alike else tag)


def _beside(names: Iterable[str], configured: set[str]) -> list[str]:
    """Return the languages among folders beside each other: two at least, English or one of the site's among them.

    A folder `it` alone, or beside `ai`, is more likely a subject.
    """
    tags = [name for name in names if _is_language(name)]
    primary = {tag.lower()[:2] for tag in tags}
    own = {"en", *(tag.lower()[:2] for tag in configured)}
    return sorted(tags) if len(primary) > 1 and primary & own else []
