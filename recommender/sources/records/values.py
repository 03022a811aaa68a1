"""Converts a site's values to texts, names, numbers and flags; what cannot be used is an error of one line."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from datetime import date, time
from typing import Any

from recommender.core.records import Provider
from recommender.sources.records.dates import shown

LONGEST_TEXT = 100_000
LONGEST_NAME = 500

# Control characters but tab and newline, and surrogates without their other half, which no encoding can write.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
_YES = frozenset({"true", "yes", "on", "1"})
_NO = frozenset({"false", "no", "off", "0", ""})


class UnusableValueError(ValueError):
    """A value is not of a kind that its field can hold."""


def text_of(value: Any) -> str:
    r"""Return a text without control characters, its line ends made ``\n``; numbers and dates as they are written."""
    if isinstance(value, str):
        text = value
    elif isinstance(value, int | float | date) and not isinstance(value, bool):
        text = str(value)
    else:
        raise UnusableValueError(f"must be a text, got {shown(value)}")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.isprintable():
        text = _UNFIT.sub("", text)
    return text.strip()


def name_of(value: Any) -> str:
    """Return a text of one line and at most 500 characters, such as a topic or an id."""
    text = " ".join(text_of(value).split())
    if len(text) > LONGEST_NAME:
        raise UnusableValueError(f"must have at most {LONGEST_NAME} characters, got {len(text):,}")
    return text


def address_of(value: Any) -> str:
    """Return an address as it was given, without white space around it."""
    if not isinstance(value, str):
        raise UnusableValueError(f"must be an address, got {shown(value)}")
    return (value if value.isprintable() else _UNFIT.sub("", value)).strip()


def language_of(value: Any) -> str:
    """Return the tag of a language."""
    if value is False:  # YAML 1.1 reads a bare `no`, the tag of Norwegian, as false
        return "no"
    if not isinstance(value, str):
        raise UnusableValueError(f"must be a language's tag such as en, got {shown(value)}")
    return name_of(value)


def number_of(value: Any) -> float:
    """Return a finite number; a text that holds one counts."""
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise UnusableValueError(f"must be a number, got {shown(value)}")
    return number


def flag_of(value: Any) -> bool:
    """Return true or false, also for the words and numbers that mean them: yes, no, on, off, 1, 0."""
    word = str(value).strip().lower() if isinstance(value, bool | int | str) else None
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise UnusableValueError(f"must be true or false, got {shown(value)}")


def names_in(value: Any, *, by_spaces: bool = False) -> Iterator[str | UnusableValueError]:
    """Yield the names of a list of names or of mappings with a name, or a single name; yield an error for any other.

    `by_spaces` splits a single text at its spaces, as Jekyll does.
    """
    if isinstance(value, str):
        entries: list[Any] = list(value.split()) if by_spaces else [value]
    elif isinstance(value, list | tuple):
        entries = list(value)
    elif isinstance(value, int | float | date):
        entries = [value]
    else:
        yield UnusableValueError(f"must be a list of names, got {shown(value)}")
        return
    for entry in entries:
        value_of_name = (entry.get("name") or entry.get("title")) if isinstance(entry, Mapping) else entry
        if value_of_name is None and not isinstance(entry, Mapping):
            continue
        try:
            name = name_of(value_of_name)
        except UnusableValueError as error:
            yield error
        else:
            if name:
                yield name


def provider_of(value: Any) -> Provider | None:
    """Return a provider from a mapping with `name` and `domain`, or from a name."""
    if isinstance(value, Mapping):
        name, domain = (name_of(value[key]) if value.get(key) is not None else None for key in ("name", "domain"))
        return Provider(name or None, domain or None) if name or domain else None
    if isinstance(value, str):
        name = name_of(value)
        return Provider(name) if name else None
    raise UnusableValueError(f"must be a name or a mapping with name and domain, got {shown(value)}")


_DEEPEST = 40  # levels of a front matter
_MOST_VALUES = 5_000  # in one field, every repetition of a YAML alias counted


def json_values(record: Mapping[Any, Any], without: Collection[str] = ()) -> dict[str, Any]:
    r"""Return a record with texts as names, and with values as JSON has them: dates as texts in ISO 8601.

    A field that is nested too deeply, or that holds too many values as it repeats YAML aliases, is left out. So are
    characters that no encoding can write, which an escape such as ``"\udcff"`` makes.
    """
    values: dict[str, Any] = {}
    for name, value in record.items():
        if name not in without:
            with suppress(_TooManyValuesError):
                values[_fit(str(name))] = _JsonCopy().of(value, 1)
    return values


class _TooManyValuesError(Exception):
    """A field holds more than a front matter does in earnest."""


class _JsonCopy:
    """Copies one field, and counts its values."""

    def __init__(self) -> None:
        self._count = 0

    def of(self, value: Any, depth: int) -> Any:
        self._count += 1
        if self._count > _MOST_VALUES or depth > _DEEPEST:
            raise _TooManyValuesError
        if isinstance(value, Mapping):
            return {_fit(str(name)): self.of(member, depth + 1) for name, member in value.items()}
        if isinstance(value, list | tuple | set):
            return [self.of(member, depth + 1) for member in value]
        if isinstance(value, date | time):
            return value.isoformat()
        if isinstance(value, str):
            return _fit(value)
        if value is None or isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
            return value
        return None if isinstance(value, float) else _fit(str(value))


def _fit(text: str) -> str:
    return text if text.isprintable() else _UNFIT.sub("", text)
