"""Records as mappings, ready for JSON, and back: what a CMS sends and stores."""

from __future__ import annotations

import dataclasses
import zoneinfo
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any, TypeVar

import msgspec

from recommender.core.errors import ArticleError, SettingsError, nearest
from recommender.core.times import utc_text

T = TypeVar("T")

_MOMENT = "published_at"
_IDS = ("id", "target_id")


def to_dict(record: Any) -> dict[str, Any]:
    """Return every field of a record as JSON has it: moments as ISO 8601 in UTC, records as mappings."""
    return {field.name: _plain(getattr(record, field.name)) for field in dataclasses.fields(record)}


def from_dict(
    kind: type[T],
    record: Mapping[str, Any],
    timezone: str | tzinfo | None = None,
    ignore_unknown: bool = False,
    nested: Mapping[str, type] | None = None,
) -> T:
    """Return a record of a kind from a mapping; `nested` are the kinds of records in it, by field.

    Raises
    ------
    ArticleError, SettingsError
        As of `Article.from_dict`.
    """
    zone = _zone(timezone) if isinstance(timezone, str) else timezone
    values = _values(kind, record, zone, ignore_unknown, nested or {})
    try:
        return msgspec.convert(values, kind)
    except msgspec.ValidationError as error:
        raise ArticleError(f"{_owner(kind, record)} cannot be read: {error}") from error


def _values(
    kind: type, record: Mapping[str, Any], zone: tzinfo | None, ignore_unknown: bool, nested: Mapping[str, type]
) -> dict[str, Any]:
    """Return the values that a record of a kind is made of: what is None is left out, so that the default holds."""
    if not isinstance(record, Mapping):
        raise ArticleError(f"{_one(kind)} must be a mapping of its fields, got {record!r}")
    fields = dataclasses.fields(kind)
    owner, names = _owner(kind, record), [field.name for field in fields]
    unknown = [name for name in record if name not in names]
    if unknown and not ignore_unknown:
        hint = nearest(str(unknown[0]), names)
        raise ArticleError(f"{owner} has the unknown key {unknown[0]!r} ({hint}); ignore_unknown=True leaves it out")
    needed = [field for field in fields if field.default is dataclasses.MISSING]
    values: dict[str, Any] = {field.name: None for field in needed if "None" in str(field.type)}
    values |= {name: record[name] for name in names if record.get(name) is not None}
    if _MOMENT in values:
        values[_MOMENT] = _moment(values[_MOMENT], zone, owner)
    for name in _IDS:
        if isinstance(values.get(name), int) and not isinstance(values[name], bool):
            values[name] = str(values[name])
    for name, part in ((name, part) for name, part in nested.items() if name in values):
        value = values[name]
        if isinstance(value, list | tuple):
            values[name] = [_part(part, entry, zone, ignore_unknown, nested) for entry in value]
        else:
            values[name] = _part(part, value, zone, ignore_unknown, nested)
    return values


def _part(kind: type, value: Any, zone: tzinfo | None, ignore_unknown: bool, nested: Mapping[str, type]) -> Any:
    """Return a record inside another one as the values that it is made of."""
    record = to_dict(value) if isinstance(value, kind) else value
    return _values(kind, record, zone, ignore_unknown, nested)


def _moment(value: Any, zone: tzinfo | None, owner: str) -> datetime:
    """Return a moment, a date, or an ISO 8601 text of either, in UTC; a date is its midnight, in UTC where no zone is.

    A naive time is one of the zone.
    """
    is_date = isinstance(value, date) and not isinstance(value, datetime)
    try:
        text = value.isoformat() if isinstance(value, date) else value.strip()
        moment = datetime.fromisoformat(text)
        is_date = is_date or (len(text) <= len("2026-01-31") and "T" not in text and ":" not in text)
    except (AttributeError, ValueError) as error:
        example = "2026-01-31T06:00:00+01:00"
        raise ArticleError(f"{_MOMENT} of {owner} must be an ISO 8601 text like {example}, got {value!r}") from error
    if moment.tzinfo is None and zone is None and not is_date:
        raise ArticleError(
            f"{_MOMENT} of {owner} has no time zone, got {value!r}; add one, or give timezone='Europe/Berlin'"
        )
    if moment.tzinfo is None:
        moment = datetime.combine(moment.date(), time() if is_date else moment.time(), zone or UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ArticleError(f"{_MOMENT} of {owner} is before the year 1 or after 9999, got {value!r}") from error


def _zone(name: str) -> tzinfo:
    """Return the time zone of a name in the IANA database."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        known = sorted(zoneinfo.available_timezones())
        hint = nearest(name, known) if known else "no time zones are installed: pip install tzdata"
        raise SettingsError(f"timezone {name!r} is unknown; {hint}") from error


def _owner(kind: type, record: Mapping[str, Any]) -> str:
    """Return how a message calls a record."""
    names = (record.get(name) for name in ("id", "target_id", "url", "name"))
    name = next((name for name in names if name is not None), None)
    return f"the {kind.__name__.lower()} {name!r}" if name is not None else _one(kind)


def _one(kind: type) -> str:
    name = kind.__name__.lower()
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return to_dict(value) if dataclasses.is_dataclass(value) else value
