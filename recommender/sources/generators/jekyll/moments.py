"""When a document was published: dates of front matter and of file names as Ruby reads them, and tokens of dates."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from recommender.sources.records.dates import parse_date, shown

# As Jekyll has it; what an atomic group holds is never tried again, so that the time stays linear.
_DATED_NAME = re.compile(r"(?>(?:.+/)?)([0-9]{2,4}-[0-9]{1,2}-[0-9]{1,2})-([^/]*)(\.[^./]+)")
_NAMED_ZONE = re.compile(r"(?:[+-]\d\d?(?::?\d\d)?|Z|UTC|GMT|UT|[ECMP][SD]T)\s*$", re.IGNORECASE)
_TIME = re.compile(r"\d:\d\d")
_DAY_FIRST = re.compile(r"\A(\d{1,2})([-/.])(\d{1,2})\2(\d{4})(?=$|[T\s])")

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def zone_of(name: Any) -> tuple[tzinfo, str | None]:
    """Return a site's time zone and, where it cannot be used, a warning; UTC is what builds usually run in.

    >>> zone_of(None)
    (datetime.timezone.utc, None)
    """
    if name is None:
        return UTC, None
    try:
        return ZoneInfo(str(name) if isinstance(name, str) else ""), None
    except (ValueError, OSError, KeyError):
        return UTC, f"timezone is {shown(name)}, which is no time zone that is known here; UTC is taken"


def moment_of(value: Any, zone: tzinfo) -> datetime | None:
    """Return a date of front matter in the site's time zone; None where it cannot be read.

    A time that YAML reads as one and that names no zone is in UTC, a text without a zone in the site's, and days come
    before months, all as in Ruby.
    """
    with suppress(ValueError, OverflowError):
        if isinstance(value, datetime):
            return (value.replace(tzinfo=UTC) if value.tzinfo is None else value).astimezone(zone)
        if isinstance(value, date):
            return datetime.combine(value, time(), zone)
        if isinstance(value, str):
            return _moment_of_text(value, zone)
        if isinstance(value, int) and not isinstance(value, bool):
            return _moment_of_text(str(value), zone)
    return None


def _moment_of_text(text: str, zone: tzinfo) -> datetime:
    text = _DAY_FIRST.sub(lambda day: f"{day[4]}-{int(day[3]):02}-{int(day[1]):02}", text.strip(), count=1)
    moment = parse_date(text)
    has_zone = _TIME.search(text) and _NAMED_ZONE.search(text)
    return moment.astimezone(zone) if has_zone else moment.replace(tzinfo=zone)


def dated_name(path: str) -> tuple[str, str] | None:
    """Return the date and the slug in the name of a post's file; None where it begins with no date.

    >>> dated_name("blog/_posts/2020-1-31-ferry-strike.md")
    ('2020-1-31', 'ferry-strike')
    """
    name = _DATED_NAME.fullmatch(path)
    return (name[1], name[2]) if name else None


def moment_of_name(text: str, zone: tzinfo) -> datetime | None:
    """Return midnight of a date in a file's name; None where there is no such day.

    >>> moment_of_name("99-12-31", UTC).year
    1999
    """
    year, month, day = map(int, text.split("-"))
    if len(text.partition("-")[0]) == 2:
        year += 1900 if year >= 69 else 2000
    with suppress(ValueError):
        return datetime(year, month, day, tzinfo=zone)
    return None


def date_tokens(moment: datetime) -> dict[str, str]:
    """Return the tokens of permalinks that stand for parts of a date.

    >>> date_tokens(datetime(2021, 1, 3))["w_year"]
    '2020'
    """
    week_year, week, weekday = moment.isocalendar()
    return {
        "year": f"{moment.year:04}",
        "short_year": f"{moment.year % 100:02}",
        "month": f"{moment.month:02}",
        "i_month": str(moment.month),
        "short_month": _MONTHS[moment.month - 1][:3],
        "long_month": _MONTHS[moment.month - 1],
        "day": f"{moment.day:02}",
        "i_day": str(moment.day),
        "y_day": f"{moment.timetuple().tm_yday:03}",
        "w_year": f"{week_year:04}",
        "week": f"{week:02}",
        "w_day": str(weekday),
        "short_day": _DAYS[weekday - 1][:3],
        "long_day": _DAYS[weekday - 1],
        "hour": f"{moment.hour:02}",
        "minute": f"{moment.minute:02}",
        "second": f"{moment.second:02}",
    }
