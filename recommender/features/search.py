"""The articles most like a source, found through an inverted index at a cost that does not grow with the corpus."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.features.columns import Narrow
from recommender.features.likeness import SHARES
from recommender.features.rows import MOST_BELOW
from recommender.features.segments import Runs
from recommender.features.text import N_BUCKETS, TextVectors

# Entries of the inverted index that are looked through for a source. A small site's are all looked through;
# of a large one's, the terms in most articles are left out, which say least: benchmarks/recall.py measures the loss.
BUDGET = 40_000


@dataclass(frozen=True)
class Inverted:
    """Which articles hold a term, and what it costs to look.

    Attributes
    ----------
    matrix : (len(SHARES) * N_BUCKETS, n_articles) csr_matrix
        The searched fields, turned, one below another.
    costs : (len(SHARES) * N_BUCKETS,) int64 array
        How many articles hold a term, as the model learned it: what is published later must not change what was found.
    newer : (n_newer, len(SHARES) * N_BUCKETS) csr_matrix
        Articles that were added since, not turned yet.
    """

    matrix: sparse.csr_matrix
    costs: NDArray[np.int64]
    newer: sparse.csr_matrix | None = None

    @classmethod
    def from_text(cls, text: TextVectors, frequency: Mapping[str, NDArray[np.int32]], n_learned: int) -> Inverted:
        """Turn all articles.

        Parameters
        ----------
        frequency
            In how many of `n_learned` articles each term occurs, by field.
        """
        matrix = sparse.vstack([getattr(text, field).T.tocsr() for field in SHARES], format="csr")
        return cls.of(matrix, frequency, n_learned)

    @classmethod
    def of(cls, matrix: sparse.csr_matrix, frequency: Mapping[str, NDArray[np.int32]], n_learned: int) -> Inverted:
        """Return what is turned already, with its costs."""
        growth = 2 ** max(0, round(math.log2(max(matrix.shape[1], 1) / max(n_learned, 1))))  # in steps, to last
        return cls(matrix, np.concatenate([frequency[field].astype(np.int64) * growth + 1 for field in SHARES]))

    def grown(self, newer: TextVectors) -> Inverted:
        """Return the index with a few newer articles."""
        rows = sparse.hstack([getattr(newer, field) for field in SHARES], format="csr")
        if self.newer is not None:
            rows = sparse.vstack([self.newer, rows], format="csr")
        if rows.shape[0] <= MOST_BELOW:
            return replace(self, newer=rows)
        return replace(self, matrix=replace(self, newer=rows).all_turned(), newer=None)

    def all_turned(self) -> sparse.csr_matrix:
        """Return the matrix with the newer articles in it."""
        if self.newer is None:
            return self.matrix
        return sparse.hstack([self.matrix, self.newer.T], format="csr")

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
        newer = Narrow(terms, self.newer).products(terms.data, self.newer.data) if self.newer is not None else None
        for place, (row, limit) in enumerate(zip(rows.tolist(), limits.tolist(), strict=True)):
            part = slice(*products.indptr[place : place + 2])
            columns, values = products.indices[part], products.data[part]
            if newer is not None:
                more = np.flatnonzero(newer[place])
                columns = np.append(columns, (more + self.matrix.shape[1]).astype(np.int32))
                values = np.append(values, newer[place, more])
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
        kept = _affordable(Runs(owner, len(limits)), weights, self.costs[terms])
        indptr = np.append(0, np.cumsum(np.bincount(owner[kept], minlength=len(limits))))
        return sparse.csr_matrix((weights[kept], terms[kept], indptr), shape=(len(limits), self.matrix.shape[0]))


def _affordable(runs: Runs, weights: NDArray[np.float32], costs: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say which terms are worth their cost: those that give most for each article looked at, up to the budget."""
    order = np.lexsort((-weights / costs, runs.owner))
    spent = np.cumsum(costs[order])
    before = np.append(0, spent)[runs.starts]
    affordable = spent - before[runs.owner] <= BUDGET
    affordable |= runs.place() == 0  # however common, a source's best term leads somewhere
    kept = np.empty(len(order), dtype=bool)
    kept[order] = affordable
    return kept


def _best(
    columns: NDArray[np.int32], values: NDArray[np.float32], row: int, limit: int, depth: int
) -> NDArray[np.int32]:
    known = (columns < limit) & (columns != row)
    columns, values = columns[known], values[known]
    if len(values) <= depth:
        return columns
    least = np.partition(values, -depth)[-depth]
    above, equal = columns[values > least], np.sort(columns[values == least])
    return np.concatenate([above, equal[len(equal) - (depth - len(above)) :]])
