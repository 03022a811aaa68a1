"""The rows of a large sparse matrix in an order of their own, with a few more below: no copy of what stands."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.corpus.row_map import Ints, RowMap

MOST_BELOW = 1000  # rows; beyond, one matrix is made of both


class PermutedRows:
    """Rows of two matrices, one below the other, which can be taken as those of one.

    Parameters
    ----------
    above, below : csr_matrix
        Of equally many columns.
    places : (n_rows,) intp array
        Where each row lies, counted through both; None where they lie in their order.
    """

    def __init__(self, above: sparse.csr_matrix, below: sparse.csr_matrix, places: Ints | None = None):
        self.above, self.below, self.places = above, below, places
        self.shape = (self.n_stored if places is None else len(places), above.shape[1])

    @property
    def n_stored(self) -> int:
        """How many rows lie in both matrices, those that nobody asks for any more among them."""
        count: int = self.above.shape[0] + self.below.shape[0]
        return count

    def __getitem__(self, rows: NDArray[np.integer] | slice) -> sparse.csr_matrix:
        if isinstance(rows, slice):
            rows = np.arange(*rows.indices(self.shape[0]))
        if self.places is not None:
            rows = self.places[rows]
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


Rows: TypeAlias = "sparse.csr_matrix | PermutedRows"


def places_of(rows: Rows, moves: RowMap) -> Ints | None:
    """Return where rows lie after some moves; None where they lie in their order."""
    if isinstance(rows, PermutedRows):
        return moves.places(rows.places, rows.n_stored)
    return moves.places(None, rows.shape[0])


def edited(rows: Rows, more: sparse.csr_matrix, places: Ints | None, aside: bool = False) -> Rows:
    """Return rows that lie elsewhere now, with more below.

    Parameters
    ----------
    places
        As of `places_of`, the same for all matrices of the same rows.
    aside
        Whether this is soon forgotten, so that however many lie below stay there.
    """
    above, below = rows, more
    if isinstance(rows, PermutedRows):
        above, below = rows.above, sparse.vstack([rows.below, more], format="csr") if more.shape[0] else rows.below
    if below.shape[0] > MOST_BELOW and not aside:
        above, below = sparse.vstack([above, below], format="csr"), below[:0]
    return PermutedRows(above, below, places)


def whole(rows: Rows) -> sparse.csr_matrix:
    """Return the rows as one matrix."""
    if not isinstance(rows, PermutedRows):
        return rows
    stacked = sparse.vstack([rows.above, rows.below], format="csr")
    return stacked if rows.places is None else stacked[rows.places]
