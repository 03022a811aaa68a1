"""Everything that is known of a whole corpus, and which articles lie near a moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.corpus.corpus import Corpus
from recommender.corpus.row_map import RowMap
from recommender.retrieval.inverted_index import InvertedIndex
from recommender.retrieval.permuted_rows import Rows
from recommender.retrieval.text import TextModel
from recommender.retrieval.vectors import Vectors

FAR = 2**32  # more than any row, so that the numbers of old relations stay what they are


@dataclass(frozen=True)
class Index:
    """A consistent state of the whole corpus, and what is known of its words; never changed, only replaced."""

    corpus: Corpus
    vectors: Vectors
    words: TextModel

    @classmethod
    def opened(
        cls, corpus: Corpus, vectors: Vectors, words: TextModel, inverted: sparse.csr_matrix, **ready: NDArray[Any]
    ) -> Index:
        """Return an index whose words, and what else is named, were made ready before."""
        index = cls(corpus, vectors, words)
        vars(index)["inverted"] = InvertedIndex.of(inverted, words.document_frequency_, words.n_articles_)
        vars(index).update(ready)
        return index

    @property
    def idf(self) -> Mapping[str, NDArray[np.float32]]:
        """How rare each bucket of terms is, in (0, 1], by field."""
        return self.words.idf_

    def prepare(self) -> None:
        """Make ready what is made when it is first asked for, so that workers need not each do so."""
        _ = self.eligible, self.inverted, self.n_dated, self.links, self.by_provider, self.link_similarity

    @cached_property
    def eligible(self) -> NDArray[np.bool_]:
        """Which rows may be targets at all."""
        return np.array([not article.removed for article in self.corpus], dtype=bool)

    @cached_property
    def inverted(self) -> InvertedIndex:
        """The words of all articles, ready to be searched."""
        return InvertedIndex.from_text(self.vectors.text, self.words.document_frequency_, self.words.n_articles_)

    @cached_property
    def n_dated(self) -> int:
        """How many articles have a date: rows from the first, as undated articles come last."""
        return int(np.searchsorted(np.isnan(self.vectors.days), True))

    @cached_property
    def links(self) -> NDArray[np.int64]:
        """Every relation in both directions, as ``row * FAR + neighbour``, ascending."""
        graph = self.corpus.neighbours
        ends = np.repeat(np.arange(graph.shape[0], dtype=np.int64), np.diff(graph.indptr))
        links: NDArray[np.int64] = ends * FAR + graph.indices
        return links

    @cached_property
    def by_provider(self) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
        """Providers, ascending, and the rows in that order, those of one provider ascending."""
        rows = np.argsort(self.vectors.providers, kind="stable")
        return self.vectors.providers[rows], rows

    @cached_property
    def link_similarity(self) -> NDArray[np.float32]:
        """Cosine of the full texts of both ends of each relation, in the order of ``corpus.neighbours.indices``."""
        graph, full = self.corpus.neighbours, self.vectors.text.full
        ends = np.repeat(np.arange(graph.shape[0]), np.diff(graph.indptr))
        return _cosines(full, ends, graph.indices)

    def edited(self, corpus: Corpus, moves: RowMap, more: Vectors, aside: bool = False) -> Index:
        """Return the index of an edited corpus: the one that would be made anew, at the cost of what is new.

        Parameters
        ----------
        more
            Vectors of what is new, in its order.
        aside
            Whether it is for a corpus that is soon forgotten.
        """
        self.prepare()
        index = Index(corpus, self.vectors.edited(moves, more, aside), self.words)
        known = vars(index)
        new = [not corpus[row].removed for row in moves.new.tolist()]
        known["eligible"] = moves.values(self.eligible, np.array(new, dtype=bool))
        known["inverted"] = self.inverted.edited(moves, more.text, aside)
        known["by_provider"] = _provided(self.by_provider, moves, more.providers)
        if moves.appends and corpus.neighbours.nnz == self.corpus.neighbours.nnz:
            known["links"], known["link_similarity"] = self.links, self.link_similarity
        else:
            known["link_similarity"] = self._carried(moves, index)
        return index

    def _carried(self, moves: RowMap, index: Index) -> NDArray[np.float32]:
        """Return how alike linked articles of an edited index are: known of links that stand, computed of others."""
        ends, others = (moves.after[each] for each in _ends(self.links))
        ends_now, others_now = _ends(index.links)
        # Links come and go only where an article is new or gone, or was linked with one that is.
        near = np.zeros(len(index.corpus) + 1, dtype=bool)  # with one more, for -1
        near[ends[others < 0]] = near[moves.new] = near[-1] = True
        near[others_now[np.isin(ends_now, moves.new)]] = True
        stood, stands = ~(near[ends] | near[others]), ~(near[ends_now] | near[others_now])
        likeness = np.empty(len(index.links), dtype=np.float32)
        likeness[stands] = self.link_similarity[stood]
        likeness[~stands] = _cosines(index.vectors.text.full, ends_now[~stands], others_now[~stands])
        return likeness


def _ends(links: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows of links, and their neighbours."""
    rows = links // FAR
    return rows, links - rows * FAR


def _cosines(full: Rows, rows: NDArray[np.integer], others: NDArray[np.integer]) -> NDArray[np.float32]:
    cosines = np.empty(len(rows), dtype=np.float32)
    for start in range(0, len(rows), 8192):
        part = slice(start, start + 8192)
        cosines[part] = full[rows[part]].multiply(full[others[part]]).sum(axis=1).ravel()
    return cosines


def _provided(
    by_provider: tuple[NDArray[np.int64], NDArray[np.intp]], moves: RowMap, newer: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Return providers and rows in their order, after an edit."""
    providers, rows = by_provider
    if not moves.appends:
        rows = moves.after[rows]
        kept = rows >= 0
        providers, rows = providers[kept], rows[kept]
    places = np.empty(len(newer), dtype=np.intp)
    for place, (provider, row) in enumerate(zip(newer.tolist(), moves.new.tolist(), strict=True)):
        first, end = np.searchsorted(providers, provider, "left"), np.searchsorted(providers, provider, "right")
        places[place] = first + np.searchsorted(rows[first:end], row)
    order = np.lexsort((moves.new, newer))
    return np.insert(providers, places[order], newer[order]), np.insert(rows, places[order], moves.new[order])


def nearest_in_time(
    dated: NDArray[np.float64],
    days: NDArray[np.float64],
    rows: NDArray[np.intp],
    limits: NDArray[np.intp],
    count: int,
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the sources, ascending, and up to `count` rows published nearest to each, nearest first.

    Among equals the newest first, where more than `count` articles share a moment later than the source: any
    of them. Where a date is unknown, the newest.

    Parameters
    ----------
    dated : (n_dated,) float64 array
        Days of all rows that have a date, ascending; those of no date follow them.
    days : (n_sources,) float64 array
        Of the sources; NaN where unknown.
    rows : (n_sources,) intp array
        The sources' own rows, which are left out; -1 for none.
    limits : (n_sources,) intp array
        How many rows, from the first, are known.
    """
    known = np.minimum(limits, len(dated))
    places = np.where(np.isnan(days), known, np.minimum(np.searchsorted(dated, days, side="right"), known))
    near = places[:, np.newaxis] + np.arange(-count - 1, count + 1)
    last = limits[:, np.newaxis] - np.arange(count + 1, 0, -1)
    near = np.where((near >= 0) & (near < known[:, np.newaxis]), near, -1)
    # Without a date of its own every gap is unknown. So are those of the undated, which only fill up.
    last = np.where((last >= known[:, np.newaxis]) | np.isnan(days)[:, np.newaxis], last, -1)
    near = np.where(np.isnan(days)[:, np.newaxis], -1, near)
    found = np.hstack([near, last])
    found = np.where((found == rows[:, np.newaxis]) | (found < 0), -1, found)
    gaps = np.full(found.shape, np.inf)
    of_date = (found >= 0) & (found < len(dated))
    gaps[of_date] = np.abs(dated[found[of_date]] - np.broadcast_to(days[:, np.newaxis], found.shape)[of_date])
    gaps[np.isnan(gaps)] = np.inf
    order = np.lexsort((-found, gaps), axis=-1)[:, :count]  # what is no row is last: its gap and number say so
    chosen = np.take_along_axis(found, order, axis=1)
    owner, place = np.nonzero(chosen >= 0)
    return owner, chosen[owner, place]


def published_within(
    dated: NDArray[np.float64], days: NDArray[np.float64], limits: NDArray[np.intp], reach: float
) -> NDArray[np.intp]:
    """Return how many known articles lie within `reach` days of each source, itself among them; 0 for no date."""
    first = np.searchsorted(dated, days - reach)
    last = np.minimum(np.searchsorted(dated, days + reach, side="right"), limits)
    return np.where(np.isnan(days), 0, np.maximum(last - first, 0))
