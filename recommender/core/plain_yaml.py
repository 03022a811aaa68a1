"""The plain part of YAML, which programs write front matter in, read line by line; the rest is left to PyYAML.

Every line read here means the same in YAML 1.1 and to PyYAML: names, values in one line, lists and mappings told by
their indents. What takes more than that (values of several lines, flow collections, anchors, tags, comments, octal
numbers, yes and no) is refused as a whole text, never guessed.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

_DEEPEST = 40

_UNFIT = "\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff"
_DOUBLE = rf'"([^"\\{_UNFIT}]*(?:\\["\\nrt][^"\\{_UNFIT}]*)*)"'
_SINGLE = rf"'([^'{_UNFIT}]*(?:''[^'{_UNFIT}]*)*)'"
_BARE = rf"([A-Za-z0-9~\[-][^:#{_UNFIT}]*(?::(?![ ]|$)[^:#{_UNFIT}]*)*)"
_LINE = re.compile(rf"( *)(- )?(?:([A-Za-z_][A-Za-z0-9_-]{{0,99}}):(?: +|$))?(?:(?:{_DOUBLE}|{_SINGLE}) *|{_BARE})?")
_ESCAPED = re.compile(r"\\(.)")
_MEANT = {"n": "\n", "r": "\r", "t": "\t"}

_NUMBER = re.compile(r"(-?(?:0|[1-9][0-9]{0,17}))(\.[0-9]{1,15})?")
_MOMENT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,6}))?(Z)?)?"
)
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
# YAML 1.1 has more words for these, in three spellings each: PyYAML knows which.
_OTHER_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off"})
_LONGEST_WORD = max(map(len, _OTHER_WORDS))


class NotPlainError(ValueError):
    """The text takes more than the plain part of YAML."""


def parse_plain_yaml(text: str) -> Any:
    r"""Return what PyYAML makes of a text, a date that does not exist staying a text.

    Raises
    ------
    NotPlainError
        When a line of it needs PyYAML to be understood, or may be no YAML at all.

    >>> parse_plain_yaml('title: "Ferry strike ends"\ntopics:\n  - Rail\nquality: 58\n')
    {'title': 'Ferry strike ends', 'topics': ['Rail'], 'quality': 58}
    """
    builder = _Builder()
    for line in text.split("\n"):
        if line:
            found = _LINE.fullmatch(line)
            if found is None:
                raise NotPlainError
            builder.add(*found.groups())
    return builder.root


class _Builder:
    """Puts lines together: `stack` holds the open collections, each with its indent, the innermost last."""

    def __init__(self) -> None:
        self.root: Any = None
        self._stack: list[tuple[int, list[Any] | dict[str, Any]]] = []
        # The name that stood alone in the line before, its mapping and indent: what follows may be its value.
        self._open: tuple[dict[str, Any], str, int] | None = None

    def add(
        self, spaces: str, dash: str | None, key: str | None, double: str | None, single: str | None, bare: str | None
    ) -> None:
        indent = len(spaces)
        if dash:
            entries = self._sequence(indent)
            if key is None:
                entries.append(_value(double, single, bare))
                self._open = None
                return
            indent += 2
            mapping: dict[str, Any] = {}
            entries.append(mapping)
            self._push(indent, mapping)
        elif key is None:
            raise NotPlainError
        else:
            mapping = self._mapping(indent)
        if key.lower() in _OTHER_WORDS:
            raise NotPlainError
        if bare is None and double is None and single is None:
            mapping[key] = None
            self._open = (mapping, key, indent)
        else:
            mapping[key] = _value(double, single, bare)
            self._open = None

    def _sequence(self, indent: int) -> list[Any]:
        """Return the sequence that an entry at this indent belongs to; it may stand as far left as its name."""
        if self.root is None or (self._open is not None and indent >= self._open[2]):
            begun: list[Any] = []
            self._begin(indent, begun)
            return begun
        stack = self._stack
        while stack and stack[-1][0] > indent:
            stack.pop()
        if stack and stack[-1][0] == indent and isinstance(stack[-1][1], list):
            return stack[-1][1]
        raise NotPlainError

    def _mapping(self, indent: int) -> dict[str, Any]:
        """Return the mapping that a name at this indent belongs to."""
        if self.root is None or (self._open is not None and indent > self._open[2]):
            begun: dict[str, Any] = {}
            self._begin(indent, begun)
            return begun
        stack = self._stack
        while stack and (stack[-1][0] > indent or (stack[-1][0] == indent and isinstance(stack[-1][1], list))):
            stack.pop()
        if stack and stack[-1][0] == indent and isinstance(stack[-1][1], dict):
            return stack[-1][1]
        raise NotPlainError

    def _begin(self, indent: int, collection: list[Any] | dict[str, Any]) -> None:
        if self._open is not None:
            self._open[0][self._open[1]] = collection
        else:
            self.root = collection
        self._push(indent, collection)

    def _push(self, indent: int, collection: list[Any] | dict[str, Any]) -> None:
        if len(self._stack) >= _DEEPEST:
            raise NotPlainError
        self._stack.append((indent, collection))


def _value(double: str | None, single: str | None, bare: str | None) -> Any:
    if double is not None:
        return _ESCAPED.sub(lambda found: _MEANT.get(found[1], found[1]), double) if "\\" in double else double
    if single is not None:
        return single.replace("''", "'")
    if bare is None:
        raise NotPlainError
    bare = bare.rstrip(" ")
    if bare == "[]":
        return []
    return _word(bare) if bare[0].isalpha() else _number_or_moment(bare)


def _word(text: str) -> str | bool | None:
    """Return what a value that begins with a letter is: a text, unless YAML has the word."""
    if text in _WORDS:
        return _WORDS[text]
    if len(text) <= _LONGEST_WORD and text.lower() in _OTHER_WORDS:
        raise NotPlainError
    return text


@lru_cache(maxsize=1 << 14)
def _number_or_moment(text: str) -> Any:
    if text == "~":
        return None
    if number := _NUMBER.fullmatch(text):
        return float(text) if number[2] else int(text)
    if moment := _MOMENT.fullmatch(text):
        return _moment(text, moment)
    raise NotPlainError


def _moment(text: str, found: re.Match[str]) -> datetime | date | str:
    year, month, day, hour, minute, second, fraction, zulu = found.groups()
    try:
        if hour is None:
            return date(int(year), int(month), int(day))
        microsecond = int(fraction.ljust(6, "0")) if fraction else 0
        clock = (int(hour), int(minute), int(second), microsecond)
        return datetime(int(year), int(month), int(day), *clock, tzinfo=UTC if zulu else None)
    except ValueError:
        return text
