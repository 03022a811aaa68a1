"""The dates of a Hugo page: which fields they come from, in which time zone they are, how Go writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from recommender.sources.generators.site_config import mapping_at, texts_of
from recommender.sources.records.dates import parse_date

_DEFAULTS: dict[str, tuple[str, ...]] = {
    "date": ("date", "publishdate", "lastmod"),
    "publishdate": ("publishdate", "date"),
    "expirydate": ("expirydate",),
}
_ALIASES = {"publishdate": ("pubdate", "published"), "lastmod": ("modified",), "expirydate": ("unpublishdate",)}

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# Go's year 1, which a page without a date has.
_NO_DATE = datetime(1, 1, 1, tzinfo=UTC)

_OFFSET = re.compile(r"\s*(?:([+-]\d\d):?(\d\d)|[Zz]|UTC|GMT)$")
_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)?")
_LAYOUT = re.compile(
    r"January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|2006|__2|_2(?!006)|002|01|02|03|04|05|06|15|PM|pm|1|2|3|4|5"
)


@dataclass(frozen=True, slots=True)
class DateFields:
    """The fields that a page's dates are taken from, the first that holds a date wins.

    ``:filename`` stands for a date at the start of the file's name; other fields that begin with a colon are left out.
    """

    date: tuple[str, ...]
    published: tuple[str, ...]
    expires: tuple[str, ...]

    @classmethod
    def from_config(cls, values: Mapping[str, Any]) -> DateFields:
        """Read ``frontmatter`` of the configuration; Hugo's defaults where it says nothing."""
        configured = mapping_at(values, "frontmatter")
        fields = []
        for name, defaults in _DEFAULTS.items():
            names = [text.lower() for text in texts_of(configured.get(name))] or [":default"]
            expanded = [part for text in names for part in (defaults if text == ":default" else (text,))]
            fields.append(tuple(alias for text in expanded for alias in (text, *_ALIASES.get(text, ()))))
        return cls(*fields)


@dataclass(frozen=True, slots=True)
class PageDates:
    """A page's dates, with their time zones; `slug` is what follows a date in the file's name, where that gave one."""

    date: datetime | None
    published: datetime | None
    expires: datetime | None
    slug: str | None


def page_dates(fields: DateFields, matter: Mapping[str, Any], file_name: str, zone: tzinfo) -> PageDates:
    """Return the dates of a page.

    Parameters
    ----------
    matter
        The front matter, names in lower case.
    file_name
        Of the file without extension, or of the bundle's folder.
    zone
        Of times that name none.
    """
    of_name = moment_of(file_name[:10], zone) if _ISO.match(file_name) else None
    by_name = of_name is not None and ":filename" in fields.date

    def first(names: Sequence[str]) -> datetime | None:
        moments = (of_name if name == ":filename" else moment_of(matter.get(name), zone) for name in names)
        return next((moment for moment in moments if moment is not None), None)

    # Hugo takes the slug too where the name's date was reached, not where an earlier field had one.
    earlier = fields.date[: fields.date.index(":filename")] if by_name else ()
    slug = file_name[10:].strip(" -_") if by_name and first(earlier) is None else None
    return PageDates(first(fields.date), first(fields.published), first(fields.expires), slug or None)


def moment_of(value: Any, zone: tzinfo) -> datetime | None:
    """Return the moment that a value stands for, in its own time zone; None where it is no date.

    >>> moment_of("2020-01-01 23:30:00 -0500", UTC).isoformat()
    '2020-01-01T23:30:00-05:00'
    """
    if isinstance(value, datetime):
        return value.replace(tzinfo=zone) if value.tzinfo is None else value
    if isinstance(value, date):
        return datetime.combine(value, time(), zone)
    if isinstance(value, bool) or value is None or value == "":
        return None
    try:
        return (_of_text(value.strip(), zone) if isinstance(value, str) else None) or parse_date(value)
    except ValueError:
        return None


def _of_text(text: str, zone: tzinfo) -> datetime | None:
    """Read the common form, year first, whose offset is kept."""
    offset = _OFFSET.search(text)
    # The hyphens of a date without a time look like an offset.
    stem = text[: offset.start()] if offset and ":" in text[: offset.start()] else text
    if not _ISO.fullmatch(stem):
        return None
    moment = datetime.fromisoformat(stem.replace(",", "."))
    if stem == text or offset is None:
        return moment.replace(tzinfo=zone)
    return datetime.fromisoformat(f"{moment.isoformat()}{offset[1] or '+00'}:{offset[2] or '00'}")


def zone_of(name: str | None) -> tzinfo | None:
    """Return the time zone of a name; UTC for no name, None where this machine does not know it."""
    if not name:
        return UTC
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return None


def date_token(name: str, moment: datetime | None) -> str | None:
    """Return a token of a permalink that is a part of a date; None where the token is none.

    Beside Hugo's own names any of Go's layouts is understood, such as ``2006``.

    >>> date_token("monthname", datetime(2020, 2, 1)), date_token("Jan02", datetime(2020, 2, 1))
    ('February', 'Feb01')
    """
    when = moment or _NO_DATE
    named = {
        "year": str(when.year),
        "month": f"{when.month:02}",
        "monthname": _MONTHS[when.month - 1],
        "day": f"{when.day:02}",
        "weekday": str(when.isoweekday() % 7),
        "weekdayname": _DAYS[when.weekday()],
        "yearday": str(when.timetuple().tm_yday),
    }
    if name in named:
        return named[name]
    return _LAYOUT.sub(lambda part: _laid_out(part[0], when), name) if _LAYOUT.search(name) else None


def _laid_out(part: str, when: datetime) -> str:
    """Return one part of a layout of Go's for a moment."""
    hour = when.hour % 12 or 12
    day_of_year = when.timetuple().tm_yday
    return {
        "January": _MONTHS[when.month - 1],
        "Jan": _MONTHS[when.month - 1][:3],
        "Monday": _DAYS[when.weekday()],
        "Mon": _DAYS[when.weekday()][:3],
        "MST": when.tzname() or "UTC",
        "2006": f"{when.year:04}",
        "06": f"{when.year % 100:02}",
        "002": f"{day_of_year:03}",
        "__2": f"{day_of_year:3}",
        "_2": f"{when.day:2}",
        "01": f"{when.month:02}",
        "1": str(when.month),
        "02": f"{when.day:02}",
        "2": str(when.day),
        "15": f"{when.hour:02}",
        "03": f"{hour:02}",
        "3": str(hour),
        "04": f"{when.minute:02}",
        "4": str(when.minute),
        "05": f"{when.second:02}",
        "5": str(when.second),
        "PM": "PM" if when.hour >= 12 else "AM",
        "pm": "pm" if when.hour >= 12 else "am",
    }[part]
