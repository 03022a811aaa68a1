"""Arithmetic on runs of an array: sums, means and extremes by candidate, and the overlap of sparse rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Runs:
    """Values that belong to candidates: `owner[i]`, ascending, is the candidate of value i.

    A candidate without values has a sum and mean of 0, and `empty` as its extremes.
    """

    owner: NDArray[np.intp]
    n_owners: int

    def count(self) -> NDArray[np.intp]:
        """Return how many values each candidate has."""
        return np.bincount(self.owner, minlength=self.n_owners)

    def sum(self, values: NDArray[Any]) -> Floats:
        """Return each candidate's sum."""
        sums: Floats = np.bincount(self.owner, weights=values, minlength=self.n_owners).astype(np.float64)
        return sums

    def mean(self, values: Floats) -> Floats:
        """Return each candidate's mean."""
        return self.sum(values) / np.maximum(self.count(), 1)

    def maximum(self, values: Floats, empty: float = 0.0) -> Floats:
        """Return each candidate's largest value."""
        out = np.full(self.n_owners, empty, dtype=np.float64)
        if len(values):
            starts = np.flatnonzero(np.diff(self.owner, prepend=-1))
            out[self.owner[starts]] = np.maximum.reduceat(values, starts)
        return out

    def minimum(self, values: Floats, empty: float = 0.0) -> Floats:
        """Return each candidate's smallest value."""
        return -self.maximum(-values, -empty)


@dataclass(frozen=True)
class Overlap:
    """The terms that one row shares with each of several rows; weights as in the matrices."""

    runs: Runs
    columns: NDArray[np.intp]
    source_weights: Floats
    target_weights: Floats

    def cosine(self) -> Floats:
        """Return the product of the source's row with each target's."""
        return self.runs.sum(self.source_weights * self.target_weights)

    def count(self) -> NDArray[np.intp]:
        """Return the number of shared terms."""
        return self.runs.count()

    def source_coverage(self) -> Floats:
        """Return the part, in [0, 1], of the source's squared length that lies in shared terms."""
        return self.runs.sum(self.source_weights.astype(np.float64) ** 2)

    def target_coverage(self) -> Floats:
        """Return the part, in [0, 1], of each target's squared length that lies in shared terms."""
        return self.runs.sum(self.target_weights.astype(np.float64) ** 2)


def overlap(source: sparse.csr_matrix, targets: sparse.csr_matrix) -> Overlap:
    """Find the terms that the one row of `source` shares with each row of `targets`; both have sorted columns."""
    columns = source.indices
    if len(columns) == 0 or targets.nnz == 0:
        none = np.empty(0, dtype=np.intp)
        return Overlap(Runs(none, targets.shape[0]), none, np.empty(0), np.empty(0))
    place = np.minimum(np.searchsorted(columns, targets.indices), len(columns) - 1)
    shared = np.flatnonzero(columns[place] == targets.indices)
    owner = np.repeat(np.arange(targets.shape[0]), np.diff(targets.indptr))[shared]
    return Overlap(
        Runs(owner, targets.shape[0]), targets.indices[shared], source.data[place[shared]], targets.data[shared]
    )


def relative(values: Floats) -> Floats:
    """Return the values as parts of the largest among them; zeros where none is above zero.

    >>> relative(np.array([1.0, 2.0])).tolist()
    [0.5, 1.0]
    """
    best = values.max(initial=0.0)
    return values / best if best > 0 else np.zeros(len(values))
