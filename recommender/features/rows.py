"""The rows of a large sparse matrix with a few more below it: what was added since, without a copy of the rest."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

MOST_BELOW = 1000  # rows; beyond, one matrix is made of both


class GrownRows:
    """Two matrices, one below the other, of which rows can be taken as of one.

    Parameters
    ----------
    above, below : csr_matrix
        Of equally many columns.
    """

    def __init__(self, above: sparse.csr_matrix, below: sparse.csr_matrix):
        self.above, self.below = above, below
        self.shape = (above.shape[0] + below.shape[0], above.shape[1])

    def __getitem__(self, rows: NDArray[np.integer] | slice) -> sparse.csr_matrix:
        if isinstance(rows, slice):
            rows = np.arange(*rows.indices(self.shape[0]))
        n_above = self.above.shape[0]
        old = rows < n_above
        if old.all():
            return self.above[rows]
        parts = [self.above[rows[old]], self.below[rows[~old] - n_above]]
        order = np.empty(len(rows), dtype=np.intp)
        order[np.concatenate([np.flatnonzero(old), np.flatnonzero(~old)])] = np.arange(len(rows))
        return sparse.vstack(parts, format="csr")[order]

    @property
    def T(self) -> Any:  # noqa: N802 - as of the matrices
        """The whole, turned."""
        return whole(self).T


Rows: TypeAlias = "sparse.csr_matrix | GrownRows"


def grown(rows: Rows, more: sparse.csr_matrix) -> Rows:
    """Return the rows with more of them below."""
    if isinstance(rows, GrownRows):
        below = sparse.vstack([rows.below, more], format="csr")
        return GrownRows(rows.above, below) if below.shape[0] <= MOST_BELOW else _joined(rows.above, below)
    return GrownRows(rows, more)


def whole(rows: Rows) -> sparse.csr_matrix:
    """Return the rows as one matrix."""
    return _joined(rows.above, rows.below) if isinstance(rows, GrownRows) else rows


def _joined(above: sparse.csr_matrix, below: sparse.csr_matrix) -> sparse.csr_matrix:
    return sparse.vstack([above, below], format="csr")
