"""The articles most like a source, found through an inverted index at a cost that does not grow with the corpus."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.corpus.row_map import Ints, RowMap
from recommender.retrieval.groups import Groups
from recommender.retrieval.permuted_rows import stacked
from recommender.retrieval.shared_columns import SharedColumns
from recommender.retrieval.similarity import SHARES
from recommender.retrieval.text import N_BUCKETS, TextVectors

# Entries of the inverted index that are looked through for a source. A small site's are all looked through;
# of a large one's, the terms in most articles are left out, which say least: benchmarks/recall.py measures the loss.
BUDGET = 40_000


@dataclass(frozen=True)
class InvertedIndex:
    """Which articles hold a term, and what it costs to look.

    Attributes
    ----------
    matrix : (len(SHARES) * N_BUCKETS, n_articles) csr_matrix
        The searched fields, turned, one below another.
    costs : (len(SHARES) * N_BUCKETS,) int64 array
        How many articles hold a term, as the model learned it: what is published later must not change what was found.
    n_learned : int
        From how many articles the model learned that.
    newer : (n_newer, len(SHARES) * N_BUCKETS) csr_matrix
        Articles that were added since, not turned yet.
    rows : (n_articles + n_newer,) intp array
        The row of each of these articles, -1 for one that is gone; None where they lie in their order.
    """

    matrix: sparse.csr_matrix
    costs: NDArray[np.int64]
    n_learned: int
    newer: sparse.csr_matrix | None = None
    rows: Ints | None = None

    @classmethod
    def from_text(cls, text: TextVectors, frequency: Mapping[str, NDArray[np.int32]], n_learned: int) -> InvertedIndex:
        """Turn all articles.

        Parameters
        ----------
        frequency
            In how many of `n_learned` articles each term occurs, by field.
        """
        matrix = sparse.vstack([getattr(text, field).T.tocsr() for field in SHARES], format="csr")
        return cls.of(matrix, frequency, n_learned)

    @classmethod
    def of(cls, matrix: sparse.csr_matrix, frequency: Mapping[str, NDArray[np.int32]], n_learned: int) -> InvertedIndex:
        """Return what is turned already, with its costs."""
        growth = _growth(matrix.shape[1], n_learned)
        costs = np.concatenate([frequency[field].astype(np.int64) * growth + 1 for field in SHARES])
        return cls(matrix, costs, n_learned)

    def edited(self, row_map: RowMap, new: TextVectors) -> InvertedIndex:
        """Return the index after an edit, given the vectors of the new rows; nothing is turned yet."""
        rows = np.arange(row_map.n_before) if self.rows is None else self.rows
        newer = sparse.hstack([getattr(new, field) for field in SHARES], format="csr")
        if self.newer is not None:
            newer = stacked(self.newer, newer)
        before, after = _growth(row_map.n_before, self.n_learned), _growth(len(row_map.before), self.n_learned)
        costs = self.costs if before == after else (self.costs - 1) // before * after + 1
        rows = np.append(row_map.after[rows], row_map.new)
        return replace(self, costs=costs, newer=newer if newer.shape[0] else None, rows=rows)

    @property
    def n_added(self) -> int:
        """How many articles are not turned yet."""
        return 0 if self.newer is None else int(self.newer.shape[0])

    def compacted(self) -> InvertedIndex:
        """Return the same index with all articles turned."""
        return replace(self, matrix=self._stored(), newer=None)

    def _stored(self) -> sparse.csr_matrix:
        return self.matrix if self.newer is None else sparse.hstack([self.matrix, self.newer.T], format="csr")

    def all_turned(self) -> sparse.csr_matrix:
        """Return the matrix of all articles, in the order of their rows."""
        if self.rows is None:
            return self._stored()
        places = np.flatnonzero(self.rows >= 0)
        return self._stored().tocsc()[:, places[np.argsort(self.rows[places])]].tocsr()

    def nearest(
        self,
        sources: TextVectors,
        shares: Mapping[str, np.float32],
        rows: NDArray[np.intp],
        limits: NDArray[np.intp],
        depth: int,
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return the sources, ascending, and the rows most like each, as far as the budget shows.

        Parameters
        ----------
        shares
            How much the cosine of each field counts.
        rows, limits : (n_sources,) intp array
            A source's own row, which is not found, and how many rows are known.
        depth
            How many are found for a source at most; among equals the newest.
        """
        terms = self._terms(sources, shares, limits)
        found, products = [], terms @ self.matrix
        newer = (
            SharedColumns(terms, self.newer).products(terms.data, self.newer.data) if self.newer is not None else None
        )
        for place, (row, limit) in enumerate(zip(rows.tolist(), limits.tolist(), strict=True)):
            part = slice(*products.indptr[place : place + 2])
            columns, values = products.indices[part], products.data[part]
            if newer is not None:
                more = np.flatnonzero(newer[place])
                columns = np.append(columns, (more + self.matrix.shape[1]).astype(np.int32))
                values = np.append(values, newer[place, more])
            if self.rows is not None:
                columns = self.rows[columns]
            found.append(_best(columns, values, row, limit, depth))
        owner = np.repeat(np.arange(len(rows)), [len(one) for one in found])
        return owner, np.concatenate([np.empty(0, dtype=np.intp), *found]).astype(np.intp)

    def _terms(
        self, sources: TextVectors, shares: Mapping[str, np.float32], limits: NDArray[np.intp]
    ) -> sparse.csr_matrix:
        """Return the sources' terms that the budget allows, as weights over the rows of the index."""
        parts = [
            (place, getattr(sources, field), shares[field]) for place, field in enumerate(SHARES) if field in shares
        ]
        owner = np.concatenate([np.repeat(np.arange(len(limits)), np.diff(one.indptr)) for _, one, _ in parts])
        order = np.argsort(owner, kind="stable")
        owner = owner[order]
        terms = np.concatenate([one.indices.astype(np.int64) + place * N_BUCKETS for place, one, _ in parts])[order]
        weights = np.concatenate([one.data * share for _, one, share in parts])[order]
        kept = _affordable(Groups(owner, len(limits)), weights, self.costs[terms])
        indptr = np.append(0, np.cumsum(np.bincount(owner[kept], minlength=len(limits))))
        return sparse.csr_matrix((weights[kept], terms[kept], indptr), shape=(len(limits), self.matrix.shape[0]))


def _growth(n_articles: int, n_learned: int) -> int:
    """Return how many times as many articles there are as the model learned from: in steps, to last."""
    return int(2 ** max(0, round(math.log2(max(n_articles, 1) / max(n_learned, 1)))))


def _affordable(runs: Groups, weights: NDArray[np.float32], costs: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say which terms are worth their cost: those that give most for each article looked at, up to the budget."""
    order = np.lexsort((-weights / costs, runs.group_of))
    spent = np.cumsum(costs[order])
    before = np.append(0, spent)[runs.starts]
    affordable = spent - before[runs.group_of] <= BUDGET
    affordable |= runs.place() == 0  # however common, a source's best term leads somewhere
    kept = np.empty(len(order), dtype=bool)
    kept[order] = affordable
    return kept


def _best(
    columns: NDArray[np.integer], values: NDArray[np.float32], row: int, limit: int, depth: int
) -> NDArray[np.integer]:
    known = (columns >= 0) & (columns < limit) & (columns != row)
    columns, values = columns[known], values[known]
    if len(values) <= depth:
        return columns
    least = np.partition(values, -depth)[-depth]
    above, equal = columns[values > least], np.sort(columns[values == least])
    return np.concatenate([above, equal[len(equal) - (depth - len(above)) :]])
