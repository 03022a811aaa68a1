"""The one way in which the package writes moments as text and as numbers."""

from __future__ import annotations

import math
from datetime import UTC, datetime

UNDATED = math.inf


def utc_text(moment: datetime, timespec: str = "auto") -> str:
    """Return an aware moment as ISO 8601 text in UTC, ending in ``Z``; `timespec` as of `datetime.isoformat`.

    >>> utc_text(datetime(2026, 1, 2, 3, tzinfo=UTC))
    '2026-01-02T03:00:00Z'
    """
    return moment.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")


def seconds_since_epoch(moment: datetime | None) -> float:
    """Return seconds since 1970, UTC; infinity for None, so that undated articles come last."""
    return UNDATED if moment is None else moment.timestamp()
