"""An inverted index of the articles' terms: the articles most similar to a source, at a bounded cost."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.corpus.row_map import Ints, RowMap
from recommender.retrieval.groups import Groups, Pairs, row_of_entry
from recommender.retrieval.similarity import SHARES, SharedColumns
from recommender.retrieval.text import N_BUCKETS, TextModel
from recommender.retrieval.vectors import Vectors

# How many postings are read for a source and a search. On a small site that is all of them. On a large one the terms
# of most articles are left out, which say least: benchmarks/recall.py measures what that loses.
BUDGET = 40_000


@dataclass(frozen=True)
class InvertedIndex:
    """Which articles hold each term (the term's postings), and how many postings a search may read.

    The searched fields, those of `SHARES`, lie one below another: bucket b of field f is row ``f * N_BUCKETS + b``.

    Attributes
    ----------
    postings : (len(SHARES) * N_BUCKETS, n_articles) csr_matrix
        The postings of each term: the transposed matrices of the fields.
    posting_counts : (len(SHARES) * N_BUCKETS,) int64 array
        How many postings a term is taken to have: as many as when the model was fitted, times the growth of the
        corpus since, in powers of two. The true number would change with every article that is published later, and
        with it which terms are searched for a source, even as of a past moment.
    n_learned : int
        How many articles the model was fitted on.
    added : (n_added, len(SHARES) * N_BUCKETS) csr_matrix
        Articles that were added since `postings` was made, a row each: they are not turned yet.
    rows : (n_articles + n_added,) intp array
        The row in the corpus of each column of `postings`, and of each article of `added` behind them; -1 for one that
        is gone. None where they are in the order of the corpus.
    budget : int
        How many postings may be read for a source.
    """

    postings: sparse.csr_matrix
    posting_counts: NDArray[np.int64]
    n_learned: int
    added: sparse.csr_matrix
    rows: Ints | None = None
    budget: int = BUDGET

    @classmethod
    def from_postings(cls, postings: sparse.csr_matrix, text_model: TextModel) -> InvertedIndex:
        """Return the index of the postings of all articles, with the term counts of the model."""
        growth = _growth(postings.shape[1], text_model.n_articles_)
        frequency = text_model.document_frequency_
        counts = np.concatenate([frequency[field].astype(np.int64) * growth + 1 for field in SHARES])
        no_rows = sparse.csr_matrix((0, postings.shape[0]), dtype=np.float32)
        return cls(postings, counts, text_model.n_articles_, no_rows)

    def edited(self, row_map: RowMap, new: Vectors) -> InvertedIndex:
        """Return the index after an edit, given the vectors of the new rows; nothing is turned yet."""
        rows = np.arange(row_map.n_before) if self.rows is None else self.rows
        new_rows = sparse.hstack([getattr(new, field) for field in SHARES], format="csr")
        before, after = _growth(row_map.n_before, self.n_learned), _growth(len(row_map.before), self.n_learned)
        return replace(
            self,
            posting_counts=self.posting_counts if before == after else (self.posting_counts - 1) // before * after + 1,
            added=sparse.vstack([self.added, new_rows], format="csr"),
            rows=np.append(row_map.after[rows], row_map.new),
        )

    def compacted(self) -> InvertedIndex:
        """Return the same index with all articles turned."""
        return replace(self, postings=self._stored(), added=self.added[:0])

    def _stored(self) -> sparse.csr_matrix:
        return sparse.hstack([self.postings, self.added.T], format="csr") if self.added.shape[0] else self.postings

    def all_postings(self) -> sparse.csr_matrix:
        """Return the postings of all articles, with columns in the order of the corpus."""
        if self.rows is None:
            return self._stored()
        columns = np.flatnonzero(self.rows >= 0)
        return self._stored().tocsc()[:, columns[np.argsort(self.rows[columns])]].tocsr()

    def nearest(
        self,
        sources: Vectors,
        shares: Mapping[str, np.float32],
        source_rows: NDArray[np.intp],
        limits: NDArray[np.intp],
        depth: int,
    ) -> Pairs:
        """Return the articles most similar to each source, as far as the terms within the budget show it, in no order.

        Parameters
        ----------
        shares
            How much the cosine of each field counts; fields that are not there are not searched.
        source_rows, limits : (n_sources,) intp array
            A source's own row, which is left out, and how many rows it knows.
        depth
            How many articles are returned for a source at most; among equals the newest.
        """
        terms = self._affordable_terms(sources, shares, limits)
        products = terms @ self.postings
        added_products = SharedColumns(terms, self.added).products(terms.data, self.added.data)
        nearest: list[NDArray[np.integer]] = []
        for source, (source_row, limit) in enumerate(zip(source_rows.tolist(), limits.tolist(), strict=True)):
            entries = slice(*products.indptr[source : source + 2])
            rows, similarity = products.indices[entries], products.data[entries]
            added = np.flatnonzero(added_products[:, source])
            if len(added):
                rows = np.append(rows, (added + self.postings.shape[1]).astype(np.int32))
                similarity = np.append(similarity, added_products[added, source])
            if self.rows is not None:
                rows = self.rows[rows]
            known = (rows >= 0) & (rows < limit) & (rows != source_row)
            nearest.append(_top_rows(rows[known], similarity[known], depth))
        source_of = np.repeat(np.arange(len(source_rows)), [len(rows) for rows in nearest])
        return Pairs(source_of, np.concatenate([np.empty(0, dtype=np.intp), *nearest]).astype(np.intp))

    def _affordable_terms(
        self, sources: Vectors, shares: Mapping[str, np.float32], limits: NDArray[np.intp]
    ) -> sparse.csr_matrix:
        """Return the terms of each source that the budget allows, as weights: ``(n_sources, n_terms)``."""
        fields = [
            (number, getattr(sources, field), shares[field]) for number, field in enumerate(SHARES) if field in shares
        ]
        source_of = np.concatenate([row_of_entry(vectors) for _, vectors, _ in fields])
        order = np.argsort(source_of, kind="stable")
        source_of = source_of[order]
        terms = np.concatenate([vectors.indices.astype(np.int64) + number * N_BUCKETS for number, vectors, _ in fields])
        weights = np.concatenate([vectors.data * share for _, vectors, share in fields])
        terms, weights = terms[order], weights[order]
        affordable = _affordable(Groups(source_of, len(limits)), weights, self.posting_counts[terms], self.budget)
        starts = np.append(0, np.cumsum(np.bincount(source_of[affordable], minlength=len(limits))))
        shape = (len(limits), self.postings.shape[0])
        return sparse.csr_matrix((weights[affordable], terms[affordable], starts), shape=shape)


def _growth(n_articles: int, n_learned: int) -> int:
    """Return how many times as many articles there are as the model was fitted on, as a power of two.

    In such steps the counts stay the same for as long as the corpus does not double.
    """
    return int(2 ** max(0, round(math.log2(max(n_articles, 1) / max(n_learned, 1)))))


def _affordable(
    by_source: Groups, weights: NDArray[np.float32], posting_counts: NDArray[np.int64], budget: int
) -> NDArray[np.bool_]:
    """Say which terms of each source are searched: those of most weight for each posting, until the budget is spent."""
    order = np.lexsort((-weights / posting_counts, by_source.group_of))
    # Spent by all sources so far: what a source spends begins where the one before it ended.
    spent = np.cumsum(posting_counts[order])
    spent_before = np.append(0, spent)[by_source.starts]
    within_budget = spent - spent_before[by_source.group_of] <= budget
    within_budget |= by_source.positions() == 0  # however many postings it has, a source's best term is searched
    affordable = np.empty(len(order), dtype=bool)
    affordable[order] = within_budget
    return affordable


def _top_rows(rows: NDArray[np.integer], similarity: NDArray[np.float32], depth: int) -> NDArray[np.integer]:
    """Return the `depth` most similar rows, in no order; of those that equal the last of them the highest rows."""
    if len(rows) <= depth:
        return rows
    least = np.partition(similarity, -depth)[-depth]
    above, equal = rows[similarity > least], np.sort(rows[similarity == least])
    return np.concatenate([above, equal[len(equal) - (depth - len(above)) :]])
