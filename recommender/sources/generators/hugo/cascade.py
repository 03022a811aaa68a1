"""Front matter that Hugo hands down: from the configuration and from sections to the pages below them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recommender.sources.generators.hugo.paths import glob_matches
from recommender.sources.generators.site_config import mapping_at, text_at, texts_of

_TARGETS = ("_target", "target")
_NOT_HANDED_DOWN = frozenset({"cascade", "kind", "lang", "path", *_TARGETS})
_ENVIRONMENT = "production"
# Every page is compared with every entry, and the files of a site must not make that take long.
_MOST_ENTRIES = 200


@dataclass(frozen=True, slots=True)
class CascadeEntry:
    """Fields for the pages that the globs match; an empty glob matches all."""

    fields: Mapping[str, Any]
    path: str
    kind: str
    languages: tuple[str, ...]
    environment: str

    def applies(self, path: str, kind: str, language: str) -> bool:
        """Whether a page gets the fields; `path` is that in the content, from the root, in lower case."""
        return (
            (not self.kind or glob_matches(self.kind, kind))
            and (not self.path or glob_matches(self.path, path))
            and (not self.languages or any(glob_matches(glob, language) for glob in self.languages))
            and (not self.environment or glob_matches(self.environment, _ENVIRONMENT))
        )


def cascade_entries(cascade: Any) -> tuple[CascadeEntry, ...]:
    """Read a ``cascade``, one mapping or a list of them, all names in lower case."""
    members = cascade[:_MOST_ENTRIES] if isinstance(cascade, list) else [cascade]
    return tuple(_entry(member) for member in members if isinstance(member, Mapping))


def _entry(member: Mapping[str, Any]) -> CascadeEntry:
    target = next((mapping_at(member, name) for name in _TARGETS if name in member), {})
    matrix = mapping_at(target, "sites", "matrix")
    return CascadeEntry(
        {name: value for name, value in member.items() if name not in _NOT_HANDED_DOWN},
        (text_at(target, "path") or "").lower(),
        (text_at(target, "kind") or "").lower(),
        tuple(text.lower() for text in (*texts_of(target.get("lang")), *texts_of(matrix.get("languages")))),
        (text_at(target, "environment") or "").lower(),
    )
