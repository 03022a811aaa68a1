"""Cosines of some sources with the articles that are looked at, and with no others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.retrieval.shared_columns import SharedColumns

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
