"""How alike sources and articles are: cached cosines, the terms that two texts share, and products of sparse rows."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.retrieval.groups import Floats, Groups, row_of_entry

# How much the cosine of each field counts in the overall similarity, a weighted sum: the fields that are searched, too.
SHARES = {"full": np.float32(1.0), "title": np.float32(0.5), "characters": np.float32(0.3)}
OVERALL = "overall"
SAME_COLUMNS = {"spelling": "characters"}  # two fields of the same n-grams with other weights: renumbered once

_scratch = threading.local()  # threads answer at once: each has arrays of its own


class SimilarityCache:
    """Cosines, by field, of the sources of a query with rows of the corpus, computed when a row is first needed.

    There is a table for each field, ``(n_cached_rows, n_sources)``. Features read the same pairs over and over, so
    the slots of pairs in the tables are looked up once (`pair_slots`) and then used for each field (`values_at`).
    A slot is a position in a table that is read row by row: it stays valid while rows are added below.

    A pair's value does not depend on which others are asked for. That of a source with itself is 0.

    Parameters
    ----------
    articles, sources : dict of str to csr_matrix
        The same fields of all articles and of the sources; rows of length one.
    source_rows : (n_sources,) intp array
        Row of each source in the corpus; negative where it has none.
    """

    def __init__(
        self,
        articles: Mapping[str, sparse.csr_matrix],
        sources: Mapping[str, sparse.csr_matrix],
        source_rows: NDArray[np.intp],
    ):
        self._articles, self._sources, self._source_rows = articles, sources, source_rows
        n_articles = next(iter(articles.values())).shape[0]
        self._table_row = np.full(n_articles, -1, dtype=np.int32)  # of each row of the corpus; -1 where not cached
        empty = np.empty((0, len(source_rows)), dtype=np.float32)
        self._tables = dict.fromkeys((*articles, OVERALL), empty)

    def compute(self, rows: NDArray[np.intp]) -> None:
        """Compute the cosines with those of these rows that are not cached yet.

        Each call copies all tables: one call with many rows costs less than many calls.
        """
        is_new = np.zeros(len(self._table_row), dtype=bool)
        is_new[rows] = True
        is_new &= self._table_row < 0
        new_rows = np.flatnonzero(is_new)
        if len(new_rows) == 0:
            return
        n_cached = len(self._tables[OVERALL])
        self._table_row[new_rows] = np.arange(n_cached, n_cached + len(new_rows), dtype=np.int32)
        cosines = self._cosines(new_rows)
        in_corpus = np.flatnonzero(self._source_rows >= 0)
        in_corpus = in_corpus[is_new[self._source_rows[in_corpus]]]
        for values in cosines.values():
            values[self._table_row[self._source_rows[in_corpus]] - n_cached, in_corpus] = 0
        overall = np.zeros_like(cosines["full"])
        for field, share in SHARES.items():
            overall += share * cosines[field]
        cosines[OVERALL] = overall
        self._tables = {field: np.vstack([self._tables[field], values]) for field, values in cosines.items()}

    def _cosines(self, rows: NDArray[np.intp]) -> dict[str, NDArray[np.float32]]:
        """Return ``(n_rows, n_sources)`` cosines by field."""
        shared_columns: dict[str, SharedColumns] = {}
        cosines: dict[str, NDArray[np.float32]] = {}
        for field, articles in self._articles.items():
            sources, targets = self._sources[field], articles[rows]
            columns = SAME_COLUMNS.get(field, field)
            if columns not in shared_columns:
                shared_columns[columns] = SharedColumns(sources, targets)
            cosines[field] = shared_columns[columns].products(sources.data, targets.data)
        return cosines

    def pair_slots(self, source_of: NDArray[np.intp] | int, rows: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the slots of pairs of sources and rows; rows that are not cached yet are computed."""
        if self._table_row[rows].min(initial=0) < 0:
            self.compute(rows)
        slots: NDArray[np.intp] = self._table_row[rows] * np.intp(len(self._source_rows)) + source_of
        return slots

    def values_at(self, field: str, slots: NDArray[np.intp]) -> NDArray[np.float32]:
        """Return the cosines of pairs in a field, or ``overall``: the weighted sum of them."""
        values: NDArray[np.float32] = self._tables[field].ravel().take(slots)
        return values

    def isin(self, slots: NDArray[np.intp], test_slots: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Say of each of `slots` whether it is one of `test_slots`."""
        marks = np.zeros(self._tables[OVERALL].size, dtype=bool)
        marks[test_slots] = True
        return marks[slots]


@dataclass(frozen=True)
class Overlap:
    """The terms that sources share with their candidates, grouped by candidate: ``(n_shared,)`` each."""

    groups: Groups  # by candidate, a row of `targets`
    columns: NDArray[np.intp]
    source_weights: Floats
    target_weights: Floats

    def cosine(self) -> Floats:
        """Return the product of each candidate's row with that of its source."""
        return self.groups.sum(self.source_weights * self.target_weights)

    def source_coverage(self) -> Floats:
        """Return the part, in [0, 1], of the source's squared length that lies in shared terms."""
        return self.groups.sum(self.source_weights.astype(np.float64) ** 2)

    def target_coverage(self) -> Floats:
        """Return the part, in [0, 1], of each candidate's squared length that lies in shared terms."""
        return self.groups.sum(self.target_weights.astype(np.float64) ** 2)


def overlap(sources: sparse.csr_matrix, targets: sparse.csr_matrix, source_of: NDArray[np.intp]) -> Overlap:
    """Return the terms that each row of `targets` shares with its source: a row of `sources`, given by `source_of`."""
    shared_columns = SharedColumns(sources, targets)
    # A dense row of weights for each source, 0 in column 0: looking an entry of a target up there says both whether
    # its source has the term and how much it weighs.
    weights = np.zeros((max(sources.shape[0], 1), shared_columns.width), dtype=np.float32)
    weights[row_of_entry(sources), shared_columns.source_columns] = sources.data
    target_of = row_of_entry(targets)
    slots: NDArray[np.integer] = shared_columns.row_columns
    if sources.shape[0] > 1:
        slots = slots + source_of[target_of] * shared_columns.width
    source_weights = weights.ravel().take(slots)
    shared = np.flatnonzero(source_weights)
    return Overlap(
        Groups(target_of[shared], targets.shape[0]),
        targets.indices[shared],
        source_weights[shared],
        targets.data[shared],
    )


class SharedColumns:
    """Sources and rows of one wide sparse matrix, renumbered to the few columns that the sources have.

    A matrix of terms has a million columns, a block of sources a few thousand of them: only in these few can sources
    be spread out as dense rows. Column 0 stands for every column that no source has; no source has a value there,
    so that it adds nothing to a product.

    Attributes
    ----------
    width : int
        How many columns there are, column 0 included.
    source_columns : (n_source_entries,) array
        The new column of each stored entry of the sources, from 1.
    row_columns : (n_row_entries,) int32 array
        The new column of each stored entry of the rows; 0 for a column that no source has.
    """

    def __init__(self, sources: sparse.csr_matrix, rows: sparse.csr_matrix):
        if sources.shape[0] == 1:  # a single row has each of its columns once: nothing to sort
            columns, numbers = sources.indices, np.arange(len(sources.indices))
        else:
            columns, numbers = np.unique(sources.indices, return_inverse=True)
        self.width = len(columns) + 1
        self.source_columns = numbers + 1
        self.row_columns = column_numbers(columns, rows.indices)
        self._source_starts, self._row_starts = sources.indptr, rows.indptr

    def products(self, source_values: NDArray[np.float32], row_values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the product of each row with each source, ``(n_rows, n_sources)``.

        A product adds up in the order of the row's entries, whichever other sources and rows there are.

        Parameters
        ----------
        source_values, row_values
            The values of the stored entries: those of the matrices, or of others with the same columns.
        """
        n_sources, n_rows = len(self._source_starts) - 1, len(self._row_starts) - 1
        rows = sparse.csr_matrix((row_values, self.row_columns, self._row_starts), shape=(n_rows, self.width))
        if n_sources == 1:  # a dense vector adds up in the same order, and costs less to make
            vector = np.zeros(self.width, dtype=np.float32)
            vector[self.source_columns] = source_values
            single: NDArray[np.float32] = (rows @ vector)[:, np.newaxis]
            return single
        sources = sparse.csr_matrix(
            (source_values, self.source_columns, self._source_starts), shape=(n_sources, self.width)
        )
        dense: NDArray[np.float32] = (rows @ sources.T.tocsr()).toarray()
        return dense


def cosines_with(matrix: sparse.csr_matrix, row: int) -> NDArray[np.float32]:
    """Return the product of every row of a matrix with one of them, ``(n_rows,)``."""
    vector = _zeros("float32", matrix.shape[1])
    entries = slice(*matrix.indptr[row : row + 2])
    columns = matrix.indices[entries]
    vector[columns] = matrix.data[entries]
    products: NDArray[np.float32] = matrix @ vector
    vector[columns] = 0
    return products


def column_numbers(columns: NDArray[np.integer], wanted: NDArray[np.integer]) -> NDArray[np.int32]:
    """Return the position, from 1, of each wanted column among some different columns; 0 for one that is not there.

    >>> column_numbers(np.array([7, 9]), np.array([9, 8, 7, 9])).tolist()
    [2, 0, 1, 2]
    """
    table = _zeros("int32", int(max(columns.max(initial=0), wanted.max(initial=0))) + 1)
    table[columns] = np.arange(1, len(columns) + 1, dtype=np.int32)
    # No column is outside the table. `clip` only spares numpy the buffer that it needs where it may have to raise.
    numbers: NDArray[np.int32] = table.take(wanted, mode="clip")
    table[columns] = 0
    return numbers


def _zeros(dtype: str, width: int) -> NDArray[Any]:
    """Return an array of zeros, the same for each call of a thread: what is written to it must be set back to zero.

    It is as wide as a matrix of terms, a million numbers, which cost more to allocate than to use.
    """
    arrays: dict[str, NDArray[Any]] = vars(_scratch)
    if dtype not in arrays or len(arrays[dtype]) < width:
        arrays[dtype] = np.zeros(max(width, 2**20), dtype=dtype)
    return arrays[dtype][:width]
