"""A page's front matter as Jekyll completes it: the configuration's defaults by path and type, and categories."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from recommender.sources.generators.jekyll.settings import Defaults, JekyllSettings
from recommender.sources.generators.jekyll.wildcards import matches_path


class MatterDefaults:
    """The defaults of a site's configuration.

    Of two sets that name a value the one with the longer path wins, then the one that names a type, then the later.
    """

    def __init__(self, settings: JekyllSettings):
        self._sets = settings.defaults
        self._collections_folder = settings.collections_folder

    def of_page(self, path: str) -> dict[str, Any]:
        """Return the defaults of a page by its path in the site's source."""
        return _merged(self._matching(path, path, "pages"))

    def of_document(self, path: str, full_path: str, label: str) -> dict[str, Any]:
        """Return the defaults of a post or document.

        Parameters
        ----------
        path
            Relative to the folder of the collections.
        full_path
            Relative to the site's source.
        label
            That of the collection.
        """
        return _merged(self._matching(path, full_path, label))

    def _matching(self, path: str, full_path: str, label: str) -> Iterable[Defaults]:
        return (
            entry for entry in self._sets if entry.type in {None, label} and self._is_below(path, full_path, entry.path)
        )

    def _is_below(self, path: str, full_path: str, scope: str) -> bool:
        if "*" not in scope:
            return path.startswith(self._without_collections_folder(scope))
        # Jekyll looks for what the pattern finds on the disk: any folder above the file will do.
        parts = tuple(full_path.split("/"))
        above = len(parts) - path.count("/") - 1  # the folder of the collections itself does not count
        return any(matches_path(scope, parts[:depth]) for depth in range(above + 1, len(parts) + 1))

    def _without_collections_folder(self, scope: str) -> str:
        return scope.removeprefix(f"{self._collections_folder}/") if self._collections_folder else scope


def _merged(sets: Iterable[Defaults]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    best: Defaults | None = None
    for entry in sets:
        if best is None or _wins(entry, best):
            merged = with_values(merged, entry.values)
            best = entry
        else:
            merged = with_values(entry.values, merged)
    return merged


def _wins(entry: Defaults, best: Defaults) -> bool:
    lengths = len(entry.path.removeprefix("/")), len(best.path.removeprefix("/"))
    if lengths[0] != lengths[1]:
        return lengths[0] > lengths[1]
    return entry.type is not None or best.type is None


def with_values(values: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return a mapping with another's values over it; what is null there overwrites nothing.

    >>> with_values({"layout": "post", "lang": "en"}, {"layout": None, "lang": "de"})
    {'layout': 'post', 'lang': 'de'}
    """
    merged = dict(values)
    for name, value in over.items():
        if value is not None or name not in merged:
            merged[name] = value
    return merged


def page_values(defaults: Mapping[str, Any], front_matter: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a page's values: its own where it names a field, even as null, else the defaults."""
    return {**defaults, **{str(name): value for name, value in front_matter.items()}}


def document_values(
    defaults: Mapping[str, Any], front_matter: Mapping[Any, Any], folders: Iterable[str]
) -> dict[str, Any]:
    """Return a post's or a document's values.

    Categories are those of the folders above ``_posts``, of the defaults and of the front matter together, a text
    being split at its spaces; `category` is one more, spaces and all.
    """
    own = {str(name): value for name, value in front_matter.items()}
    values = with_values(defaults, own)
    category = values.get("category")
    lists = [list(folders), _words(defaults.get("categories")), _words(own.get("categories")), _members(category)]
    values["categories"] = list(dict.fromkeys(name for names in lists for name in names))
    return values


def _words(value: Any) -> list[str]:
    return value.split() if isinstance(value, str) else _members(value)


def _members(value: Any) -> list[str]:
    """Return a list's plain members as texts, and a single value as a list of one."""
    members = value if isinstance(value, list) else [value]
    return [text_of(member) for member in members if member is not None and not isinstance(member, list | Mapping)]


def text_of(value: Any) -> str:
    """Return a plain value as Ruby prints it; nothing for lists and mappings.

    >>> text_of(True), text_of(7), text_of(None)
    ('true', '7', '')
    """
    if value is None or isinstance(value, list | tuple | set | Mapping):
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
