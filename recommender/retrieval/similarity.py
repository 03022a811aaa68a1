"""Cosines of some sources with the articles that are looked at, and with no others."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.retrieval.groups import Floats, Groups

SHARES = {"full": np.float32(1.0), "title": np.float32(0.5), "characters": np.float32(0.3)}
OVERALL = "overall"
SAME_COLUMNS = {"spelling": "characters"}  # the same letters, weighed otherwise


@dataclass(frozen=True)
class Where:
    """Where some pairs of sources and rows stand in a `SimilarityCache` that looks at `width` rows."""

    places: NDArray[np.intp]
    width: int


class SimilarityCache:
    """Cosines, by field, of each of some sources with rows of a corpus; computed when a row is first looked at.

    A pair's value does not depend on which others are asked for. That of a source with itself is 0.

    Parameters
    ----------
    articles, sources : dict of str to csr_matrix
        The same fields of all articles and of the sources, rows of length one.
    own : (n_sources,) intp array
        Row of each source in the corpus; negative where it has none.
    """

    def __init__(
        self,
        articles: Mapping[str, sparse.csr_matrix],
        sources: Mapping[str, sparse.csr_matrix],
        own: NDArray[np.intp],
    ):
        self._articles, self._sources, self._own = articles, sources, own
        n_articles = next(iter(articles.values())).shape[0]
        self._slots = np.full(n_articles, -1, dtype=np.int32)
        none = np.empty((len(own), 0), dtype=np.float32)
        self._values = dict.fromkeys((*articles, OVERALL), none)

    def compute(self, rows: NDArray[np.intp]) -> None:
        """Compute what is missing of these rows."""
        new = np.zeros(len(self._slots), dtype=bool)
        new[rows] = True
        new &= self._slots < 0
        missing = np.flatnonzero(new)
        if len(missing) == 0:
            return
        old = self._values[OVERALL].shape[1]
        self._slots[missing] = np.arange(old, old + len(missing), dtype=np.int32)
        fresh = self._products(missing)
        present = np.flatnonzero(self._own >= 0)
        present = present[new[self._own[present]]]
        for values in fresh.values():
            values[present, self._slots[self._own[present]] - old] = 0
        overall = np.zeros_like(fresh["full"])
        for field, share in SHARES.items():
            overall += share * fresh[field]
        fresh[OVERALL] = overall
        self._values = {field: np.hstack([self._values[field], fresh[field]]) for field in fresh}

    def _products(self, rows: NDArray[np.intp]) -> dict[str, NDArray[np.float32]]:
        narrow: dict[str, SharedColumns] = {}
        found: dict[str, NDArray[np.float32]] = {}
        for field, articles in self._articles.items():
            source, some = self._sources[field], articles[rows]
            columns = SAME_COLUMNS.get(field, field)
            if columns not in narrow:
                narrow[columns] = SharedColumns(source, some)
            found[field] = narrow[columns].products(source.data, some.data)
        return found

    def where(self, source: NDArray[np.intp] | int, rows: NDArray[np.intp]) -> Where:
        """Return where the pairs of sources and rows stand, for `at`; good until a new row is looked at."""
        slots = self._slots[rows]
        if slots.min(initial=0) < 0:
            self.compute(rows)
            slots = self._slots[rows]
        width = self._values[OVERALL].shape[1]
        return Where(slots + np.asarray(source, dtype=np.intp) * width, width)

    def at(self, field: str, where: Where) -> NDArray[np.float32]:
        """Return the cosines of a field, or ``overall``, their weighted sum, of some pairs."""
        self._check(where)
        values: NDArray[np.float32] = self._values[field].ravel().take(where.places)
        return values

    def among(self, where: Where, marked: Where) -> NDArray[np.bool_]:
        """Say which pairs are among the marked ones."""
        self._check(where)
        self._check(marked)
        marks = np.zeros(self._values[OVERALL].size, dtype=bool)
        marks[marked.places] = True
        return marks[where.places]

    def _check(self, where: Where) -> None:
        if where.width != self._values[OVERALL].shape[1]:
            raise RuntimeError("more rows were looked at since; look at all of them first, then ask where they are")


@dataclass(frozen=True)
class Overlap:
    """The terms that sources share with their candidates, a run for each candidate; weights as in the matrices."""

    runs: Groups
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


def overlap(
    sources: sparse.csr_matrix, targets: sparse.csr_matrix, source_of: NDArray[np.intp] | None = None
) -> Overlap:
    """Find the terms that each row of `targets` shares with its source, a row of `sources`.

    Parameters
    ----------
    source_of : (n_targets,) intp array
        The source of each target; the first where None.
    """
    narrow = SharedColumns(sources, targets)
    owner = np.repeat(np.arange(targets.shape[0]), np.diff(targets.indptr))
    place: NDArray[np.integer] = narrow.of_rows
    weights = np.zeros((max(sources.shape[0], 1), narrow.width), dtype=np.float32)  # 0 in the first column
    weights[np.repeat(np.arange(sources.shape[0]), np.diff(sources.indptr)), narrow.of_sources] = sources.data
    if source_of is not None and sources.shape[0] > 1:
        place = place + source_of[owner] * narrow.width
    of_source = weights.ravel().take(place)
    shared = np.flatnonzero(of_source)
    return Overlap(
        Groups(owner[shared], targets.shape[0]), targets.indices[shared], of_source[shared], targets.data[shared]
    )


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
