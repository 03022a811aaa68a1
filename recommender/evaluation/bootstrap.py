"""95 % intervals by bootstrap over stories: articles of one story are no independent witnesses."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

_CHUNK = 1 << 22  # resampled counts converted at once; bounds the memory, not the result


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean and its 95 % interval. `low` and `high` are nan where fewer than two stories are behind it."""

    value: float
    low: float
    high: float

    def to_dict(self) -> dict[str, float | None]:
        """Return JSON-ready values, rounded to six places; None where undefined."""
        return {"value": rounded(self.value), "low": rounded(self.low), "high": rounded(self.high)}


class StoryBootstrap:
    """Resamples stories, with replacement, and carries all sources of a story along.

    All calls of one instance see the same resampled stories, so a difference of two models is paired:
    pass ``values_a - values_b``. Intervals are percentiles. Efron and Tibshirani, "An introduction to the
    bootstrap", 1993; for whole clusters Field and Welsh, "Bootstrapping clustered data", JRSS B 69(3), 2007.

    Parameters
    ----------
    stories : (n_sources,) array
        The story of each source, any labels; they are numbered in sorted order.
    resamples
        How many times stories are drawn.

    >>> bootstrap = StoryBootstrap([1, 1, 2], random_state=0)
    >>> bootstrap.over_articles([1.0, 0.0, 1.0]).value, bootstrap.over_stories([1.0, 0.0, 1.0]).value
    (0.6666666666666666, 0.75)
    """

    def __init__(self, stories: ArrayLike, resamples: int = 1000, random_state: int = 0):
        names, self._story = np.unique(np.asarray(stories), return_inverse=True)
        self.n_stories = len(names)
        self.resamples, self.random_state = resamples, random_state
        self._counts = _draw(self.n_stories, resamples, random_state)

    def over_articles(self, values: ArrayLike, weights: ArrayLike | None = None) -> Estimate:
        """Estimate the mean over articles, ``sum(weight * value) / sum(weight)``.

        A ratio: a resampled story brings the values and the weights of all its sources.

        Parameters
        ----------
        values : (n_sources,) array
            One number a source; it is not looked at where the weight is 0.
        weights : (n_sources,) array, optional
            How much each source counts; 1 by default.
        """
        sums, totals = self._by_story(values, weights)
        return self._ratio(sums, totals)

    def over_stories(self, values: ArrayLike, weights: ArrayLike | None = None) -> Estimate:
        """Estimate the mean over stories: each story counts once, with the mean of its sources.

        Parameters are those of `over_articles`; a story of no weight does not count.
        """
        sums, totals = self._by_story(values, weights)
        counts = totals > 0
        means = np.divide(sums, totals, out=np.zeros_like(sums), where=counts)
        return self._ratio(means, counts.astype(np.float64))

    def _by_story(self, values: ArrayLike, weights: ArrayLike | None) -> tuple[Array, Array]:
        value = np.asarray(values, dtype=np.float64)
        weight = np.ones_like(value) if weights is None else np.asarray(weights, dtype=np.float64)
        if value.shape != self._story.shape or weight.shape != value.shape:
            raise ValueError(
                f"values and weights must hold one number for each of {len(self._story)} sources, "
                f"got {value.shape} and {weight.shape}"
            )
        product = np.where(weight > 0, value, 0.0) * weight
        sums: Array = np.bincount(self._story, product, minlength=self.n_stories).astype(np.float64)
        totals: Array = np.bincount(self._story, weight, minlength=self.n_stories).astype(np.float64)
        return sums, totals

    def _ratio(self, above: Array, below: Array) -> Estimate:
        total = float(below.sum())
        if total == 0:
            return Estimate(math.nan, math.nan, math.nan)
        value = float(above.sum()) / total
        if np.count_nonzero(below) < 2:
            return Estimate(value, math.nan, math.nan)
        columns = np.column_stack([above, below])
        step = max(1, _CHUNK // self.n_stories)
        sums = np.vstack(
            [self._counts[at : at + step].astype(np.float64) @ columns for at in range(0, self.resamples, step)]
        )
        drawn = sums[sums[:, 1] > 0]  # a resample can miss every story that counts
        low, high = np.percentile(drawn[:, 0] / drawn[:, 1], [2.5, 97.5])
        return Estimate(value, float(low), float(high))


def rounded(value: float | None, places: int = 6) -> float | None:
    """Round a figure for JSON, which has no nan: None instead.

    >>> rounded(2 / 3), rounded(math.nan)
    (0.666667, None)
    """
    if value is None or not math.isfinite(value):
        return None
    return round(float(value), places) + 0.0  # turns -0.0 into 0.0


def _draw(n_stories: int, resamples: int, random_state: int) -> NDArray[np.int16]:
    """Return how often each resample (row) holds each story (column)."""
    random = np.random.default_rng(random_state)
    counts = np.empty((resamples, n_stories), dtype=np.int16)
    for row in range(resamples if n_stories else 0):
        counts[row] = np.bincount(random.integers(n_stories, size=n_stories), minlength=n_stories)
    return counts
