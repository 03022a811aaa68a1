"""Takes our entries out of front matter, whichever of the known names of fields they were written with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from recommender.core.errors import ArticleError
from recommender.sinks.entries import Entry, EntryShape
from recommender.sinks.front_matter import prove, rewrite
from recommender.sources.records.front_matter import HeaderError, parse_header, split_front_matter

_FIELDS = ("score", "kind", "model")  # of every entry of ours; the site's names are not known for certain


@dataclass(frozen=True, slots=True)
class Removal:
    """Takes the entries of any of these shapes out of a file's content; as strict as the writing about what is ours."""

    shapes: tuple[EntryShape, ...]

    def rewrite(self, data: bytes, _entries: Sequence[Entry] = ()) -> bytes:
        """Return a file's content without our entries, under all keys of the shapes.

        Raises
        ------
        ArticleError
            When what stands under a key is not ours, was edited, or cannot be taken out safely.
        """
        for _, new in self._steps(data):
            data = new
        return data

    def prove(self, old: bytes, new: bytes, _entries: Sequence[Entry] = ()) -> None:
        """Check that nothing but our keys differs; an ArticleError where something does."""
        before = old
        for shape, after in self._steps(old):
            prove(before, after, shape, ())
            before = after
        if before != new:
            raise ArticleError("what would be written is not what was planned; it is left alone")

    def _steps(self, data: bytes) -> Iterator[tuple[EntryShape, bytes]]:
        """Yield the content after each change, with the shape of the entries that were taken out."""
        for key in dict.fromkeys(shape.key for shape in self.shapes):
            alternatives = tuple(shape for shape in self.shapes if shape.key == key)
            shape = _AnyShape(key, alternatives[0].names, alternatives[0].our_names, alternatives)
            new = rewrite(data, shape, ())
            if holds_entries(new, key):
                raise ArticleError(f"holds entries of ours as {key}, in a form that we do not write; it is left alone")
            if new != data:
                yield shape, new
            data = new


@dataclass(frozen=True)
class _AnyShape(EntryShape):
    """Entries as of any of these shapes, so that a file is parsed once, not for each; it makes none."""

    alternatives: tuple[EntryShape, ...]

    def is_ours(self, value: Any) -> bool:
        return any(shape.is_ours(value) for shape in self.alternatives)


def holds_entries(data: bytes, key: str) -> bool:
    """Return whether there is anything under a key of the front matter that was an entry of ours once.

    The form may be any: YAML, TOML or JSON, also where it cannot be read any more. An entry has a score, a kind and a
    model.
    """
    if key.encode() not in data:
        return False
    text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
    try:
        matter = split_front_matter(text)
        if matter is None or key not in matter.header:
            return False
        value = parse_header(matter).get(key)
    except HeaderError:
        return _looks_like_entries(text, key)
    return any(_was_entry(entry, key) for entry in (value if isinstance(value, list) else [value]))


def _was_entry(value: Any, key: str) -> bool:
    return isinstance(value, Mapping) and all(name in value or f"{key}_{name}" in value for name in _FIELDS)


def _looks_like_entries(text: str, key: str) -> bool:
    """Return whether what follows a key, up to the next line that is not indented, names the fields of our entries."""
    start = re.search(rf"^[ \t]*[\"']?{re.escape(key)}[\"']?[ \t]*:", text, re.MULTILINE)
    if start is None:
        return False
    block = re.match(r"[^\n]*(?:\n(?:[ \t-][^\n]*)?)*", text[start.end() :])
    return block is not None and all(re.search(rf"{name}[\"']?[ \t]*:", block[0]) for name in _FIELDS)
