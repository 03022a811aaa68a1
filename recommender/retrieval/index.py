"""Everything that is known of a whole corpus, and which articles lie near a moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recommender.corpus.corpus import Corpus
from recommender.corpus.row_map import RowMap
from recommender.retrieval.groups import Pairs, row_of_entry
from recommender.retrieval.inverted_index import InvertedIndex
from recommender.retrieval.permuted_rows import Rows
from recommender.retrieval.text import TextModel
from recommender.retrieval.vectors import Vectors

# A relation is kept as one number, ``row * FAR + neighbour``, so that all relations sort, and are searched, as numbers.
# FAR is more than any row, and fixed: the numbers of relations stay the same when the corpus grows.
FAR = 2**32


@dataclass(frozen=True)
class Index:
    """A corpus with its vectors and all that is computed from them once; never changed, only replaced.

    Attributes
    ----------
    corpus : Corpus
    vectors : Vectors
        Of all its articles, a row each.
    words : TextModel
        How rare each term is.
    """

    corpus: Corpus
    vectors: Vectors
    words: TextModel

    @classmethod
    def opened(
        cls,
        corpus: Corpus,
        vectors: Vectors,
        words: TextModel,
        *,
        inverted: InvertedIndex,
        eligible: NDArray[np.bool_],
        by_provider: tuple[NDArray[np.int64], NDArray[np.intp]],
        link_similarity: NDArray[np.float32],
    ) -> Index:
        """Return an index with what it would else compute when it is first asked for."""
        index = cls(corpus, vectors, words)
        vars(index).update(
            inverted=inverted, eligible=eligible, by_provider=by_provider, link_similarity=link_similarity
        )
        return index

    @property
    def idf(self) -> Mapping[str, NDArray[np.float32]]:
        """How rare each bucket of terms is, in (0, 1], by field."""
        return self.words.idf_

    def prepare(self) -> None:
        """Compute what is computed when it is first asked for, so that workers need not each do so."""
        _ = self.eligible, self.inverted, self.n_dated, self.links, self.by_provider, self.link_similarity

    @cached_property
    def eligible(self) -> NDArray[np.bool_]:
        """Whether each article may be a target at all, ``(n_articles,)``."""
        return np.array([not article.removed for article in self.corpus], dtype=bool)

    @cached_property
    def inverted(self) -> InvertedIndex:
        """Which articles hold each term."""
        return InvertedIndex.from_text(self.vectors.text, self.words.document_frequency_, self.words.n_articles_)

    @cached_property
    def n_dated(self) -> int:
        """How many articles have a date: they are the rows from the first, in time order; the undated come last."""
        return int(np.searchsorted(np.isnan(self.vectors.days), True))

    @cached_property
    def links(self) -> NDArray[np.int64]:
        """Every relation in both directions, as ``row * FAR + neighbour``, ascending: ``(n_links,)``."""
        graph = self.corpus.neighbours
        links: NDArray[np.int64] = row_of_entry(graph).astype(np.int64, copy=False) * FAR + graph.indices
        return links

    @cached_property
    def by_provider(self) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
        """The providers of all articles, ascending, and their rows in that order, those of one provider ascending."""
        rows = np.argsort(self.vectors.providers, kind="stable")
        return self.vectors.providers[rows], rows

    @cached_property
    def link_similarity(self) -> NDArray[np.float32]:
        """Cosine of the full texts of both ends of each relation, in the order of ``corpus.neighbours.indices``."""
        graph = self.corpus.neighbours
        return _cosines(self.vectors.text.full, row_of_entry(graph), graph.indices)

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
    """Return the cosine of each row with the other beside it; so many at a time, as both are copied for it."""
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
) -> Pairs:
    """Return up to `count` articles published nearest to each source, nearest first, the source itself left out.

    Among equals the newest comes first; but where more than `count` articles share a moment later than the source,
    it is any of them. For a source without a date they are the newest.

    Parameters
    ----------
    dated : (n_dated,) float64 array
        Days of all rows that have a date, ascending; rows without one follow them.
    days : (n_sources,) float64 array
        Days of the sources; NaN where unknown.
    rows : (n_sources,) intp array
        The sources' own rows, -1 for none.
    limits : (n_sources,) intp array
        How many rows, from the first, are known.
    """
    known = np.minimum(limits, len(dated))
    undated = np.isnan(days)[:, np.newaxis]
    # The nearest lie around the place of the source in time order: one more on either side, as it may be there itself.
    position = np.where(undated[:, 0], known, np.minimum(np.searchsorted(dated, days, side="right"), known))
    around = position[:, np.newaxis] + np.arange(-count - 1, count + 1)
    around = np.where((around >= 0) & (around < known[:, np.newaxis]) & ~undated, around, -1)
    # Where these are too few, the last rows fill up: of a dated source those without a date, of an undated one all.
    last = limits[:, np.newaxis] - np.arange(count + 1, 0, -1)
    last = np.where((last >= known[:, np.newaxis]) | undated, last, -1)
    found = np.hstack([around, last])
    found = np.where((found == rows[:, np.newaxis]) | (found < 0), -1, found)
    days_apart = np.full(found.shape, np.inf)
    has_date = (found >= 0) & (found < len(dated))
    source_days = np.broadcast_to(days[:, np.newaxis], found.shape)
    days_apart[has_date] = np.abs(dated[found[has_date]] - source_days[has_date])
    days_apart[np.isnan(days_apart)] = np.inf
    # Nearest first, then the highest row. -1, which is no row, comes last: its days are infinite and it is the lowest.
    order = np.lexsort((-found, days_apart), axis=-1)[:, :count]
    nearest = np.take_along_axis(found, order, axis=1)
    source_of, column = np.nonzero(nearest >= 0)
    return Pairs(source_of, nearest[source_of, column])


def published_within(
    dated: NDArray[np.float64], days: NDArray[np.float64], limits: NDArray[np.intp], reach: float
) -> NDArray[np.intp]:
    """Return how many known articles were published within `reach` days of each source; 0 for one without a date.

    A source that the corpus holds counts, too. `dated`, `days` and `limits` are those of `nearest_in_time`.
    """
    first = np.searchsorted(dated, days - reach)
    last = np.minimum(np.searchsorted(dated, days + reach, side="right"), limits)
    return np.where(np.isnan(days), 0, np.maximum(last - first, 0))
