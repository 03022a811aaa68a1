"""Who was published next to whom, through the order of time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def nearest_in_time(
    dated: NDArray[np.float64],
    days: NDArray[np.float64],
    rows: NDArray[np.intp],
    limits: NDArray[np.intp],
    count: int,
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the sources, ascending, and up to `count` rows published nearest to each, nearest first.

    Among equals the newest first, where more than `count` articles share a moment later than the source: any
    of them. Where a date is unknown, the newest.

    Parameters
    ----------
    dated : (n_dated,) float64 array
        Days of all rows that have a date, ascending; those of no date follow them.
    days : (n_sources,) float64 array
        Of the sources; NaN where unknown.
    rows : (n_sources,) intp array
        The sources' own rows, which are left out; -1 for none.
    limits : (n_sources,) intp array
        How many rows, from the first, are known.
    """
    known = np.minimum(limits, len(dated))
    places = np.where(np.isnan(days), known, np.minimum(np.searchsorted(dated, days, side="right"), known))
    near = places[:, np.newaxis] + np.arange(-count - 1, count + 1)
    last = limits[:, np.newaxis] - np.arange(count + 1, 0, -1)
    near = np.where((near >= 0) & (near < known[:, np.newaxis]), near, -1)
    # Without a date of its own every gap is unknown. So are those of the undated, which only fill up.
    last = np.where((last >= known[:, np.newaxis]) | np.isnan(days)[:, np.newaxis], last, -1)
    near = np.where(np.isnan(days)[:, np.newaxis], -1, near)
    found = np.hstack([near, last])
    found = np.where((found == rows[:, np.newaxis]) | (found < 0), -1, found)
    gaps = np.full(found.shape, np.inf)
    of_date = (found >= 0) & (found < len(dated))
    gaps[of_date] = np.abs(dated[found[of_date]] - np.broadcast_to(days[:, np.newaxis], found.shape)[of_date])
    gaps[np.isnan(gaps)] = np.inf
    order = np.lexsort((-found, gaps), axis=-1)[:, :count]  # what is no row is last: its gap and number say so
    chosen = np.take_along_axis(found, order, axis=1)
    owner, place = np.nonzero(chosen >= 0)
    return owner, chosen[owner, place]


def published_within(
    dated: NDArray[np.float64], days: NDArray[np.float64], limits: NDArray[np.intp], reach: float
) -> NDArray[np.intp]:
    """Return how many known articles lie within `reach` days of each source, itself among them; 0 for no date."""
    first = np.searchsorted(dated, days - reach)
    last = np.minimum(np.searchsorted(dated, days + reach, side="right"), limits)
    return np.where(np.isnan(days), 0, np.maximum(last - first, 0))
