"""Reads dates and times in every form in which sites write them, without guessing; always UTC."""

from __future__ import annotations

import math
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

from dateutil import parser as dateutil_parser

# Epoch times are accepted between 1971 and 2100; a larger number is one of milliseconds.
_FIRST_EPOCH = datetime(1971, 1, 1, tzinfo=UTC).timestamp()
_LAST_EPOCH = datetime(2100, 1, 1, tzinfo=UTC).timestamp()

_SPACE_BEFORE_OFFSET = re.compile(r"\s+(?=[+-]\d\d:?\d\d$)")
_UTC_NAME = re.compile(r"\s*(?:UTC|GMT)$", re.IGNORECASE)
_SHORT_OFFSET = re.compile(r"(?<=:\d\d)([+-])(\d)$")
_UNPADDED = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?=$|[T\s])")
_RFC_2822 = re.compile(
    r"(?:[A-Za-z]{3},\s*)?\d{1,2}\s+[A-Za-z]{3}\s+\d{4}\s+\d\d?:\d\d(?::\d\d)?"
    r"(?:\s+(?:[+-]\d{4}|UT|UTC|GMT|Z|[ECMP][SD]T))?"
)
_ISO = re.compile(r"\d{4}-?\d\d-?\d\d(?!\d)")  # a whole date; Python would also take a week for one
_DIGITS = re.compile(r"-?\d+(?:\.\d+)?")
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
_NUMERIC_DAY_MONTH = re.compile(r"(?<!\d)(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?!\d)")
# Two defaults that differ in every part: where the results differ, a part was guessed.
_DEFAULTS = (datetime(2000, 1, 1), datetime(2004, 2, 2))
_LONGEST = 80

DMY, MDY = "dmy", "mdy"  # which of day, month and year comes first


@dataclass(frozen=True, slots=True)
class NumericDate:
    """A date whose day and month are numbers, and what it means with either of them first.

    Attributes
    ----------
    text
        As it was given, for a message.
    day_first, month_first
        The two readings, in UTC; None for one that is no date, as the month of 25/04/2021 with the month first.
    name, line
        The site's name of the field, and its line in the file; None where unknown.
    """

    text: str
    day_first: datetime | None
    month_first: datetime | None
    name: str = ""
    line: int | None = None

    @property
    def order(self) -> str | None:
        """``dmy`` or ``mdy``, as the date can only be read; None where it can be read both ways."""
        if self.day_first is None or self.month_first is None:
            return MDY if self.day_first is None else DMY
        return None

    def read_as(self, order: str | None) -> datetime | None:
        """Return the only reading; of two that of the order, None where there is no order."""
        order = self.order or order
        return {DMY: self.day_first, MDY: self.month_first}.get(order or "")


def numeric_date(value: Any) -> NumericDate | None:
    """Return the readings of a date with a numeric day and month; None for any other value.

    None also where it makes no difference, as in 03/03/2021.

    >>> date = numeric_date("03/04/2021")
    >>> date.read_as("dmy").isoformat(), date.read_as(None)
    ('2021-04-03T00:00:00+00:00', None)
    """
    numeric = _NUMERIC_DAY_MONTH.search(value) if isinstance(value, str) and len(value) <= _LONGEST else None
    if numeric is None or int(numeric[1]) == int(numeric[2]):
        return None
    before, after = value[: numeric.start()], value[numeric.end() :]
    readings: list[datetime | None] = []
    for day, month in ((numeric[1], numeric[2]), (numeric[2], numeric[1])):
        try:
            readings.append(parse_date(f"{before}{numeric[3]}-{int(month):02}-{int(day):02}{after}"))
        except ValueError:
            readings.append(None)
    day_first, month_first = readings
    return None if day_first is None and month_first is None else NumericDate(shown(value), day_first, month_first)


def parse_date(value: Any) -> datetime:
    """Return the time that a value of front matter or JSON stands for, in UTC.

    The value may be a datetime or a date (UTC where it has no time zone), ISO 8601 in its variants, RFC 2822, a month
    by name with day and year, or epoch seconds or milliseconds from 1971 to 2100.

    Raises
    ------
    ValueError
        For anything that is no full date, and for a numeric day and month that could be read both ways.

    >>> parse_date("2020-10-01 19:44:00 -0700").isoformat()
    '2020-10-02T02:44:00+00:00'
    >>> parse_date("May")
    Traceback (most recent call last):
        ...
    ValueError: 'May' is no date; write it as 2020-10-01 or 2020-10-01T19:44:00Z
    """
    try:
        if isinstance(value, str):
            return _from_text_in_utc(value.strip())
        if isinstance(value, datetime):
            return _utc(value)
        if isinstance(value, date):
            return datetime.combine(value, time(), UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return _from_number(value)
    except (ValueError, OverflowError) as error:
        if isinstance(error, _AmbiguousDateError):
            raise
    raise ValueError(f"{shown(value)} is no date; write it as 2020-10-01 or 2020-10-01T19:44:00Z")


class _AmbiguousDateError(ValueError):
    """A numeric date that is one day in Europe and another in America."""


@lru_cache(maxsize=1 << 14)
def _from_text_in_utc(text: str) -> datetime:
    return _utc(_from_text(text))


def _from_text(text: str) -> datetime:
    if not text or len(text) > _LONGEST:
        raise ValueError
    if _DIGITS.fullmatch(text):
        return _from_number(float(text) if "." in text else int(text))
    for rewrite in (str, _iso):
        if _ISO.match(candidate := rewrite(text)):
            with suppress(ValueError):
                return datetime.fromisoformat(candidate)
    if _RFC_2822.fullmatch(text):
        try:
            return parsedate_to_datetime(text)
        except (TypeError, IndexError) as error:
            raise ValueError from error
    return _by_dateutil(text)


def _iso(text: str) -> str:
    """Rewrite the common departures from ISO 8601: a space before the offset, `UTC`, `+2`, `2020/1/9`."""
    text = _UTC_NAME.sub("+00:00", text) if ":" in text else text
    text = _SHORT_OFFSET.sub(r"\g<1>0\2:00", _SPACE_BEFORE_OFFSET.sub("", text))
    return _UNPADDED.sub(lambda parts: f"{parts[1]}-{int(parts[2]):02}-{int(parts[3]):02}", text, count=1)


def _from_number(value: float) -> datetime:
    if isinstance(value, int) and 1000_01_01 <= value <= 2999_12_31:
        return datetime.strptime(str(value), "%Y%m%d").replace(tzinfo=UTC)
    if not math.isfinite(value):
        raise ValueError
    seconds = value if value < _LAST_EPOCH else value / 1000
    if not _FIRST_EPOCH <= seconds < _LAST_EPOCH:
        raise ValueError
    return datetime.fromtimestamp(seconds, UTC)


def _by_dateutil(text: str) -> datetime:
    """Read what is left, such as ``October 1, 2020 7:44 PM``, provided that it names year, month and day."""
    numeric = _NUMERIC_DAY_MONTH.search(text)
    if numeric and int(numeric[1]) <= 12 and int(numeric[2]) <= 12 and int(numeric[1]) != int(numeric[2]):
        raise _AmbiguousDateError(f"{shown(text)} can be read as two dates; write the year first, as 2020-10-01")
    if not _YEAR.search(text):
        raise ValueError
    first, second = (dateutil_parser.parse(text, default=default, tzinfos=_zone) for default in _DEFAULTS)
    if first != second:
        raise ValueError
    return first


def _zone(name: str | None, offset: int | None) -> tzinfo | None:
    # Without this dateutil takes an unknown zone for UTC, and a name known to the machine for local time.
    if offset is not None:
        return timezone(timedelta(seconds=offset))
    if name is None:
        return None
    if name.upper() in {"UTC", "GMT", "Z"}:
        return UTC
    raise ValueError(f"unknown time zone {name}")


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def shown(value: Any) -> str:
    """Return a value for an error message: one short line, with nothing of the contents of a list or mapping."""
    text = repr(value) if isinstance(value, str | int | float | date | time) else f"a {type(value).__name__}"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
