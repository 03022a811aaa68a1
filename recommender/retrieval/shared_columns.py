"""The few columns of a wide sparse matrix that matter at the moment, numbered from 1."""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

_scratch = threading.local()  # as wide as the widest matrix, zero between two calls; too dear to make anew


class SharedColumns:
    """Rows of a wide sparse matrix beside some sources, in the few columns that these have.

    Attributes
    ----------
    width : int
        How many columns there are, with the first, which stands for all that no source has.
    of_sources : (n_entries,) array
        The column of each entry of the sources.
    of_rows : (n_entries,) int32 array
        The column of each entry of the rows; 0 for one that no source has.
    """

    def __init__(self, sources: sparse.csr_matrix, rows: sparse.csr_matrix):
        if sources.shape[0] == 1:  # has each of its columns once
            terms, numbers = sources.indices, np.arange(len(sources.indices))
        else:
            terms, numbers = np.unique(sources.indices, return_inverse=True)
        self.width = len(terms) + 1
        self.of_sources = numbers + 1
        self.of_rows = numbered(terms, rows.indices)
        self._starts = (sources.indptr, rows.indptr)

    def products(self, sources: NDArray[np.float32], rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return ``(n_sources, n_rows)``, the product of each source with each row; of these values, entry by entry.

        A product adds up in the same order whichever other sources and rows there are.
        """
        of_sources, of_rows = self._starts
        looked_at = sparse.csr_matrix((rows, self.of_rows, of_rows), shape=(len(of_rows) - 1, self.width))
        if len(of_sources) == 2:  # a vector adds up in the same order, and costs less to make
            weights = np.zeros(self.width, dtype=np.float32)
            weights[self.of_sources] = sources
            alone: NDArray[np.float32] = (looked_at @ weights)[np.newaxis, :]
            return alone
        narrow = sparse.csr_matrix((sources, self.of_sources, of_sources), shape=(len(of_sources) - 1, self.width))
        dense: NDArray[np.float32] = (looked_at @ narrow.T.tocsr()).toarray(order="F").T
        return dense


def cosines_with(rows: sparse.csr_matrix, place: int) -> NDArray[np.float32]:
    """Return the product of every row with the one at a place, ``(n_rows,)``."""
    vector: NDArray[np.float32] | None = getattr(_scratch, "vector", None)
    if vector is None or len(vector) != rows.shape[1]:
        vector = _scratch.vector = np.zeros(rows.shape[1], dtype=np.float32)
    own = slice(*rows.indptr[place : place + 2])
    columns = rows.indices[own]
    vector[columns] = rows.data[own]
    products: NDArray[np.float32] = rows @ vector
    vector[columns] = 0
    return products


def numbered(columns: NDArray[np.integer], asked: NDArray[np.integer]) -> NDArray[np.int32]:
    """Return the place, from 1, that each column asked for has among some different columns; 0 for none.

    >>> numbered(np.array([7, 9]), np.array([9, 8, 7, 9])).tolist()
    [2, 0, 1, 2]
    """
    table = _table(int(max(columns.max(initial=0), asked.max(initial=0))) + 1)
    table[columns] = np.arange(1, len(columns) + 1, dtype=np.int32)
    places: NDArray[np.int32] = table.take(asked, mode="clip")  # none is outside, so that nothing needs to be checked
    table[columns] = 0
    return places


def _table(width: int) -> NDArray[np.int32]:
    table: NDArray[np.int32] | None = getattr(_scratch, "table", None)
    if table is None or len(table) < width:
        table = _scratch.table = np.zeros(max(width, 2**20), dtype=np.int32)
    return table
