"""95 % intervals by bootstrap over stories, since articles of one story are not independent of each other."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recommender.evaluation.records import Record

Array = NDArray[np.float64]

CHUNK = 1 << 22  # resampled counts that are converted at once: 32 MB


@dataclass(frozen=True, slots=True)
class Estimate(Record):
    """A mean and its 95 % interval. `low` and `high` are nan where it is of fewer than two stories."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Figure(Record):
    """One figure: its mean over articles, and over stories, each with a 95 % interval."""

    over_articles: Estimate
    over_stories: Estimate


class StoryBootstrap:
    """Resamples stories, with replacement; a story that is drawn brings all of its sources.

    All calls of one instance use the same resampled stories, so that a difference of two models is paired: pass
    ``values_a - values_b``. Intervals are percentiles. Efron and Tibshirani, "An introduction to the
    bootstrap", 1993; for whole clusters Field and Welsh, "Bootstrapping clustered data", JRSS B 69(3), 2007.

    Parameters
    ----------
    stories : (n_sources,) array
        The story of each source, any labels; they are numbered in sorted order.
    chunk
        How many of the (resamples, n_stories) counts are converted at once; it bounds the memory, not the result.

    >>> bootstrap = StoryBootstrap([1, 1, 2], random_state=0)
    >>> bootstrap.over_articles([1.0, 0.0, 1.0]).value, bootstrap.over_stories([1.0, 0.0, 1.0]).value
    (0.6666666666666666, 0.75)
    """

    def __init__(self, stories: ArrayLike, resamples: int = 1000, random_state: int = 0, chunk: int = CHUNK):
        labels, self._story_of = np.unique(np.asarray(stories), return_inverse=True)
        self.n_stories = len(labels)
        self.resamples, self.random_state, self.chunk = resamples, random_state, chunk
        random = np.random.default_rng(random_state)
        # How often each resample (row) holds each story (column).
        self._counts = np.empty((resamples, self.n_stories), dtype=np.int16)
        for row in range(resamples if self.n_stories else 0):
            drawn = random.integers(self.n_stories, size=self.n_stories)
            self._counts[row] = np.bincount(drawn, minlength=self.n_stories)

    def figure(self, values: ArrayLike, weights: ArrayLike | None = None) -> Figure:
        """Estimate both means; parameters are those of `over_articles`."""
        return Figure(self.over_articles(values, weights), self.over_stories(values, weights))

    def over_articles(self, values: ArrayLike, weights: ArrayLike | None = None) -> Estimate:
        """Estimate the mean over articles, ``sum(weight * value) / sum(weight)``.

        This is a ratio: a resampled story brings both the values and the weights of all its sources.

        Parameters
        ----------
        values, weights : (n_sources,) arrays
            A value is ignored where the weight is 0; weights are 1 by default.
        """
        return self._ratio(*self._by_story(values, weights))

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
        if value.shape != self._story_of.shape or weight.shape != value.shape:
            raise ValueError(
                f"values and weights must hold one number for each of {len(self._story_of)} sources, "
                f"got {value.shape} and {weight.shape}"
            )
        sums = np.bincount(self._story_of, np.where(weight > 0, value, 0.0) * weight, self.n_stories)
        return sums.astype(np.float64), np.bincount(self._story_of, weight, self.n_stories).astype(np.float64)

    def _ratio(self, above: Array, below: Array) -> Estimate:
        total = float(below.sum())
        if total == 0:
            return Estimate(math.nan, math.nan, math.nan)
        value = float(above.sum()) / total
        if np.count_nonzero(below) < 2:
            return Estimate(value, math.nan, math.nan)
        columns = np.column_stack([above, below])
        step = max(1, self.chunk // self.n_stories)
        chunks = [self._counts[start : start + step] for start in range(0, self.resamples, step)]
        sums = np.vstack([counts.astype(np.float64) @ columns for counts in chunks])
        drawn = sums[sums[:, 1] > 0]  # a resample can miss every story that counts
        low, high = np.percentile(drawn[:, 0] / drawn[:, 1], [2.5, 97.5])
        return Estimate(value, float(low), float(high))
