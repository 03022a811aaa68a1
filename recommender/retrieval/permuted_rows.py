"""Rows of a large sparse matrix in an order of their own, with added rows among them, without a copy of the matrix."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.corpus.row_map import Ints, RowMap


class PermutedRows:
    """Rows of two matrices, which can be taken like those of one.

    Parameters
    ----------
    stored, added : csr_matrix
        Of equally many columns.
    positions : (n_rows,) intp array
        Where each row lies: in `stored`, or, numbered on from its end, in `added`.
    """

    def __init__(self, stored: sparse.csr_matrix, added: sparse.csr_matrix, positions: Ints):
        self.stored, self.added, self.positions = stored, added, positions
        self.shape = (len(positions), stored.shape[1])

    def __getitem__(self, rows: NDArray[np.integer] | slice) -> sparse.csr_matrix:
        positions = self.positions[rows]
        n_stored = self.stored.shape[0]
        is_added = positions >= n_stored
        if not is_added.any():
            return self.stored[positions]
        parts = [self.stored[positions[~is_added]], self.added[positions[is_added] - n_stored]]
        order = np.empty(len(positions), dtype=np.intp)
        order[np.argsort(is_added, kind="stable")] = np.arange(len(positions))
        return sparse.vstack(parts, format="csr")[order]

    @property
    def T(self) -> Any:  # noqa: N802 - as of the matrices
        """The transpose, as one matrix."""
        return whole(self).T


Rows: TypeAlias = "sparse.csr_matrix | PermutedRows"


def positions_after(rows: Rows, row_map: RowMap) -> Ints:
    """Return where each row lies after an edit; the same for all matrices of the same articles."""
    if not isinstance(rows, PermutedRows):
        return row_map.before  # as yet every row lies where its number says
    n_known = rows.stored.shape[0] + rows.added.shape[0]
    return row_map.values(rows.positions, n_known + np.arange(row_map.n_new))


def edited(rows: Rows, new: sparse.csr_matrix, positions: Ints) -> PermutedRows:
    """Return rows after an edit, given the new ones and `positions_after` it."""
    if not isinstance(rows, PermutedRows):
        return PermutedRows(rows, new, positions)
    return PermutedRows(rows.stored, stacked(rows.added, new) if new.shape[0] else rows.added, positions)


def stacked(above: sparse.csr_matrix, below: sparse.csr_matrix) -> sparse.csr_matrix:
    """Return two matrices of a few rows as one; scipy's `vstack` takes three times as long for them."""
    starts = np.append(above.indptr, below.indptr[1:] + above.indptr[-1])
    entries = (np.append(above.data, below.data), np.append(above.indices, below.indices), starts)
    return sparse.csr_matrix(entries, shape=(above.shape[0] + below.shape[0], above.shape[1]))


def whole(rows: Rows) -> sparse.csr_matrix:
    """Return rows as one matrix."""
    if not isinstance(rows, PermutedRows):
        return rows
    return sparse.vstack([rows.stored, rows.added], format="csr")[rows.positions]
