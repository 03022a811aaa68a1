"""Near-duplicates: the same text elsewhere. The one definition, for selection, kinds and evaluation alike."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recommender.retrieval.text import terms

LEAST_COSINE = 0.9
SERIES_DAYS = 7.0  # a text that comes again this much later, under another title, is the next one of a series
_SLACK = 1e-6  # the cosine of two equal texts is not always exactly 1
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
# English only; elsewhere the days between two articles and the figures in their titles have to tell.
_CALENDAR = frozenset(
    terms(
        "January February March April May June July August September October November December "
        "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
    )
)


def same_text(
    title: str,
    titles: Sequence[str] | NDArray[np.object_],
    cosines: NDArray[np.floating],
    gaps: NDArray[np.floating],
    least: float = LEAST_COSINE,
) -> NDArray[np.bool_]:
    """Say which of some articles are near-duplicates of one article.

    The cosine of the full texts is `least` or more, and the titles do not tell a series: not each of the
    two has a number, month or weekday of its own ("June update", "July update"), and where they lie a week or
    more apart both say the same words ("now in preview", "now available").

    Parameters
    ----------
    titles
        Of the others.
    cosines : (n_others,) array
        Of the one's full text with those of the others, in [0, 1].
    gaps : (n_others,) array
        Days between the one and the others; NaN, where a date is unknown, counts as near.

    >>> gaps, cosines = np.array([30.0, 30.0, 1.0]), np.array([0.95, 1.0, 0.95])
    >>> same_text("June update", ["July update", "June update", "The update of June"], cosines, gaps).tolist()
    [False, True, True]
    """
    same = np.asarray(cosines) >= least - _SLACK
    for place in np.flatnonzero(same).tolist():
        same[place] = not _series(title, titles[place], float(gaps[place]))
    return same


def _series(one: str, other: str, gap: float) -> bool:
    mine, theirs = _markers(one), _markers(other)
    if mine - theirs and theirs - mine:  # counted: "part 1 of 2" has a 1 of its own, "part 2 of 2" a second 2
        return True
    return gap >= SERIES_DAYS and (mine != theirs or sorted(terms(one)) != sorted(terms(other)))


def _markers(title: str) -> Counter[str]:
    """Count what tells the parts of a series apart: numbers, without separators, months and weekdays."""
    numbers = [re.sub("[.,]", "", number) for number in _NUMBER.findall(title)]
    return Counter(numbers + [word for word in terms(title) if word in _CALENDAR])
