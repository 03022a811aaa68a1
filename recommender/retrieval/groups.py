"""Pairs of a source and an article as arrays, and arithmetic on values in groups: sums, means, extremes, the top k."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Floats = NDArray[np.floating]

SMALLEST_SPREAD = 1e-6  # standard deviation; what is less is rounding


class Pairs(NamedTuple):
    """Pairs of a source and an article, as two arrays of one length.

    Attributes
    ----------
    source_of : (n_pairs,) intp array
        Position of each pair's source among the sources of a query, ascending.
    rows : (n_pairs,) intp array
        Row of each pair's article in the corpus.
    """

    source_of: NDArray[np.intp]
    rows: NDArray[np.intp]

    def take(self, positions: NDArray[np.intp] | NDArray[np.bool_]) -> Pairs:
        """Return the pairs at these positions, or those that a mask marks."""
        return Pairs(self.source_of[positions], self.rows[positions])


@dataclass(frozen=True)
class Groups:
    """Values in groups, such as the candidates of each source, or the neighbours of each candidate.

    The values of a group lie next to each other, so that one `numpy.ufunc.reduceat` reduces all groups at once.
    What a group gets depends on its own values only, to the last bit. A group without values has a sum and mean
    of 0, and `empty` as its extremes.

    Parameters
    ----------
    group_of : (n_values,) intp array
        The group of each value, ascending.
    n_groups : int
        How many groups there are, with those that have no values.
    """

    group_of: NDArray[np.intp]
    n_groups: int

    @cached_property
    def _counts(self) -> NDArray[np.intp]:
        return np.bincount(self.group_of, minlength=self.n_groups)

    @cached_property
    def _not_empty(self) -> NDArray[np.intp]:
        return np.flatnonzero(self._counts)

    @cached_property
    def starts(self) -> NDArray[np.intp]:
        """Position of each group's first value, ``(n_groups,)``."""
        starts: NDArray[np.intp] = np.cumsum(self._counts) - self._counts
        return starts

    def count(self) -> NDArray[np.intp]:
        """Return how many values each group has."""
        return self._counts

    def positions(self) -> NDArray[np.intp]:
        """Return the position of each value within its group, from 0.

        >>> Groups(np.array([0, 0, 2]), 3).positions().tolist()
        [0, 1, 0]
        """
        return np.arange(len(self.group_of)) - np.repeat(self.starts, self._counts)

    def sum(self, values: NDArray[Any]) -> Floats:
        """Return each group's sum."""
        return self._reduced(np.add, values.astype(np.float64), 0.0)

    def mean(self, values: NDArray[Any]) -> Floats:
        """Return each group's mean."""
        return self.sum(values) / np.maximum(self._counts, 1)

    def maximum(self, values: NDArray[Any], empty: float = 0.0) -> Floats:
        """Return each group's largest value."""
        return self._reduced(np.maximum, values, empty)

    def minimum(self, values: NDArray[Any], empty: float = 0.0) -> Floats:
        """Return each group's smallest value."""
        return self._reduced(np.minimum, values, empty)

    def relative(self, values: NDArray[Any]) -> Floats:
        """Return each value divided by the largest of its group; zeros for a group with none above zero.

        >>> Groups(np.array([0, 0, 1]), 2).relative(np.array([1.0, 2.0, -1.0])).tolist()
        [0.5, 1.0, 0.0]
        """
        largest = np.maximum(self.maximum(values), 0.0)[self.group_of]
        parts: Floats = np.divide(values, largest, out=np.zeros(len(values)), where=largest > 0)
        return parts

    def standard_scores(self, values: NDArray[Any]) -> Floats:
        """Return how many standard deviations of its group each value lies above the group's mean; 0 if all are equal.

        Of several kinds of values at once, ``(n_kinds, n_values)``, each of which is standardised by itself.

        >>> Groups(np.array([0, 0, 1]), 2).standard_scores(np.array([[1.0, 3.0, 5.0]])).tolist()
        [[-1.0, 1.0, 0.0]]
        """
        if values.shape[1] == 0:
            return np.zeros(values.shape)
        counts, starts = self._counts[self._not_empty], self.starts[self._not_empty]
        above_mean = values - np.repeat(np.add.reduceat(values, starts, axis=1) / counts, counts, axis=1)
        deviation = np.sqrt(np.add.reduceat(above_mean * above_mean, starts, axis=1) / counts)
        unit = np.divide(1.0, deviation, out=np.zeros_like(deviation), where=deviation > SMALLEST_SPREAD)
        scores: Floats = above_mean * np.repeat(unit, counts, axis=1)
        return scores

    def top_k(self, values: NDArray[Any], rows: NDArray[np.intp], k: int) -> NDArray[np.intp]:
        """Return the positions of the `k` highest values above zero of each group, highest first, groups ascending.

        Among equal values the one of the highest of `rows`, which is the newest article, comes first.
        """
        positive = np.flatnonzero(values > 0)
        group_of = self.group_of[positive]
        order = positive[np.lexsort((-rows[positive], -values[positive], group_of))]
        top: NDArray[np.intp] = order[Groups(group_of, self.n_groups).positions() < k]
        return top

    def _reduced(self, ufunc: np.ufunc, values: NDArray[Any], empty: float) -> Floats:
        # `reduceat` gives an empty slice the value at its start, not the ufunc's identity: only the others are given.
        out = np.full(self.n_groups, empty, dtype=np.float64)
        if len(values):
            out[self._not_empty] = ufunc.reduceat(values, self.starts[self._not_empty])
        return out


def row_of_entry(matrix: sparse.csr_matrix) -> NDArray[np.intp]:
    """Return the row of each stored entry of a matrix, in the order of its `indices` and `data`."""
    return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
