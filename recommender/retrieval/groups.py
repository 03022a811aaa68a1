"""Arithmetic on runs of an array: sums, means and extremes by owner, and the overlap of sparse rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Groups:
    """Values that belong to owners, candidates or sources: `owner[i]`, ascending, is the owner of value i.

    An owner without values has a sum and mean of 0, and `empty` as its extremes. What an owner gets depends
    on its own values only, to the last bit.
    """

    group_of: NDArray[np.intp]
    n_groups: int

    @cached_property
    def _counts(self) -> NDArray[np.intp]:
        return np.bincount(self.group_of, minlength=self.n_groups)

    @cached_property
    def _filled(self) -> NDArray[np.intp]:
        return np.flatnonzero(self._counts)

    @cached_property
    def starts(self) -> NDArray[np.intp]:
        """Where the values of each owner begin."""
        starts: NDArray[np.intp] = np.cumsum(self._counts) - self._counts
        return starts

    def count(self) -> NDArray[np.intp]:
        """Return how many values each owner has."""
        return self._counts

    def place(self) -> NDArray[np.intp]:
        """Return the place of each value among those of its owner, from 0."""
        return np.arange(len(self.group_of)) - np.repeat(self.starts, self._counts)

    def sum(self, values: NDArray[Any]) -> Floats:
        """Return each owner's sum."""
        return self._reduced(np.add, values.astype(np.float64), 0.0)

    def mean(self, values: NDArray[Any]) -> Floats:
        """Return each owner's mean."""
        return self.sum(values) / np.maximum(self._counts, 1)

    def maximum(self, values: NDArray[Any], empty: float = 0.0) -> Floats:
        """Return each owner's largest value."""
        return self._reduced(np.maximum, values, empty)

    def minimum(self, values: NDArray[Any], empty: float = 0.0) -> Floats:
        """Return each owner's smallest value."""
        return self._reduced(np.minimum, values, empty)

    def relative(self, values: NDArray[Any]) -> Floats:
        """Return the values as parts of their owner's largest; zeros where none of its is above zero.

        >>> Groups(np.array([0, 0, 1]), 2).relative(np.array([1.0, 2.0, -1.0])).tolist()
        [0.5, 1.0, 0.0]
        """
        best = np.maximum(self.maximum(values), 0.0)[self.group_of]
        parts: Floats = np.divide(values, best, out=np.zeros(len(values)), where=best > 0)
        return parts

    def best(self, values: NDArray[Any], rows: NDArray[np.intp], count: int) -> NDArray[np.intp]:
        """Return the positions of each owner's `count` highest values above zero, best first, owners ascending.

        Among equals the highest of `rows` comes first.
        """
        positive = np.flatnonzero(values > 0)
        owner = self.group_of[positive]
        order = positive[np.lexsort((-rows[positive], -values[positive], owner))]
        chosen: NDArray[np.intp] = order[Groups(owner, self.n_groups).place() < count]
        return chosen

    def _reduced(self, ufunc: np.ufunc, values: NDArray[Any], empty: float) -> Floats:
        out = np.full(self.n_groups, empty, dtype=np.float64)
        if len(values):
            out[self._filled] = ufunc.reduceat(values, self.starts[self._filled])
        return out
