"""Everything that is known of a whole corpus, and which articles lie near a moment."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.corpus.corpus import Corpus
from recommender.corpus.row_map import RowMap
from recommender.retrieval.groups import Pairs, row_of_entry
from recommender.retrieval.inverted_index import InvertedIndex
from recommender.retrieval.permuted_rows import Rows
from recommender.retrieval.similarity import SHARES
from recommender.retrieval.text import TextModel
from recommender.retrieval.vectors import Vectors

# A relation is kept as one number, ``row * FAR + neighbour``, so that all relations sort, and are searched, as numbers.
# FAR is more than any row, and fixed: the numbers of relations stay the same when the corpus grows.
FAR = 2**32
MAX_ADDED = 1000  # rows; beyond, the matrices of what was added become part of the large ones


@dataclass(frozen=True)
class Index:
    """A corpus with its vectors and all that is computed from them once; never changed, only replaced."""

    corpus: Corpus
    vectors: Vectors
    text_model: TextModel

    def prepare(self) -> None:
        """Compute what is computed when it is first asked for, so that workers need not each do so."""
        _ = self.eligible, self.inverted, self.n_dated, self.link_keys, self.by_provider, self.link_similarity

    @cached_property
    def eligible(self) -> NDArray[np.bool_]:
        """Whether each article may be a target at all, ``(n_articles,)``."""
        return np.array([article.is_target for article in self.corpus], dtype=bool)

    @cached_property
    def inverted(self) -> InvertedIndex:
        """Which articles hold each term."""
        postings = sparse.vstack([getattr(self.vectors, field).T.tocsr() for field in SHARES], format="csr")
        return InvertedIndex.from_postings(postings, self.text_model)

    @cached_property
    def n_dated(self) -> int:
        """How many articles have a date: they are the rows from the first, in time order; the undated come last."""
        return int(np.searchsorted(np.isnan(self.vectors.days), True))

    @cached_property
    def link_keys(self) -> NDArray[np.int64]:
        """Every relation in both directions, as ``row * FAR + neighbour``, ascending: ``(n_links,)``."""
        graph = self.corpus.neighbours
        links: NDArray[np.int64] = row_of_entry(graph).astype(np.int64, copy=False) * FAR + graph.indices
        return links

    @cached_property
    def by_provider(self) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
        """The providers of all articles, ascending, and their rows in that order, those of one provider ascending."""
        return _by_provider(self.vectors.providers, np.arange(len(self.vectors.providers)))

    @cached_property
    def link_similarity(self) -> NDArray[np.float32]:
        """Cosine of the full texts of both ends of each relation, in the order of ``corpus.neighbours.indices``."""
        graph = self.corpus.neighbours
        return _cosines(self.vectors.full, row_of_entry(graph), graph.indices)

    def edited(self, corpus: Corpus, row_map: RowMap, new: Vectors) -> Index:
        """Return the index of an edited corpus, given the vectors of its new rows, at the cost of what changes."""
        self.prepare()
        index = Index(corpus, self.vectors.edited(row_map, new), self.text_model)
        cached = vars(index)
        eligible = [corpus[row].is_target for row in row_map.new.tolist()]
        cached["eligible"] = row_map.values(self.eligible, np.array(eligible, dtype=bool))
        cached["inverted"] = self.inverted.edited(row_map, new)
        rows = self.by_provider[1] if row_map.only_appends else row_map.after[self.by_provider[1]]
        cached["by_provider"] = _by_provider(index.vectors.providers, np.append(rows[rows >= 0], row_map.new))
        if corpus.links is self.corpus.links:  # no link came or went, and no linked row moved
            cached["link_keys"], cached["link_similarity"] = self.link_keys, self.link_similarity
        else:
            cached["link_similarity"] = self._link_similarity_after(index, row_map)
        return index

    def _link_similarity_after(self, index: Index, row_map: RowMap) -> NDArray[np.float32]:
        """Return `link_similarity` of an edited index: known for links that stay, computed for others."""
        rows, neighbours = (row_map.after.take(ends) for ends in _ends(self.link_keys))
        rows_now, neighbours_now = _ends(index.link_keys)
        # Links come and go only at new rows, at neighbours of new rows, and at former neighbours of removed ones.
        changed = np.zeros(len(index.corpus) + 1, dtype=bool)
        changed[row_map.new] = True
        changed[neighbours_now[changed.take(rows_now)]] = changed[rows[neighbours < 0]] = True
        changed[-1] = True  # stands for removed rows, whose number is -1
        is_known = ~(changed.take(rows) | changed.take(neighbours))
        stays = ~(changed.take(rows_now) | changed.take(neighbours_now))
        cosines = np.empty(len(index.link_keys), dtype=np.float32)
        cosines[stays] = self.link_similarity[is_known]  # both in the same order, as rows that stay keep theirs
        cosines[~stays] = _cosines(index.vectors.full, rows_now[~stays], neighbours_now[~stays])
        return cosines

    def compacted(self) -> Index:
        """Return the same index, its matrices in one piece where many rows were added."""
        if self.inverted.added.shape[0] <= MAX_ADDED:
            return self
        index = copy.copy(self)  # with all that is cached
        vars(index).update(vectors=self.vectors.whole(), inverted=self.inverted.compacted())
        return index


def _ends(links: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows of links, and their neighbours."""
    return links >> 32, links & (FAR - 1)  # as FAR is two to the power of 32, and several times faster


def _cosines(full: Rows, rows: NDArray[np.integer], others: NDArray[np.integer]) -> NDArray[np.float32]:
    """Return the cosine of each row with the other beside it; so many at a time, as both are copied for it."""
    cosines = np.empty(len(rows), dtype=np.float32)
    for start in range(0, len(rows), 8192):
        part = slice(start, start + 8192)
        cosines[part] = full[rows[part]].multiply(full[others[part]]).sum(axis=1).ravel()
    return cosines


def _by_provider(providers: NDArray[np.int64], rows: NDArray[np.intp]) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Return providers and rows in the order of both; fast where the rows are nearly in this order already."""
    # One number of both: a provider takes 33 bits at most, a row 31. A stable sort profits from sorted stretches.
    keys = (providers[rows].astype(np.uint64) << np.uint64(31)) | rows.astype(np.uint64)
    ordered = rows[np.argsort(keys, kind="stable")]
    return providers[ordered], ordered


def nearest_in_time(
    dated: NDArray[np.float64], days: NDArray[np.float64], rows: NDArray[np.intp], limits: NDArray[np.intp], count: int
) -> Pairs:
    """Return up to `count` articles published nearest to each source, nearest first, the source itself left out.

    Among equals the newest comes first; but where more than `count` articles share a moment later than the source,
    it is any of them. For a source without a date they are the newest.

    `dated`, ``(n_dated,)``, are the days of all rows that have a date, ascending; rows without one follow them. The
    rest is ``(n_sources,)``: the days of the sources, NaN where unknown, and `rows` and `limits` as of `Query`.
    """
    known = np.minimum(limits, len(dated))
    undated = np.isnan(days)[:, np.newaxis]
    # The nearest lie around the source's position in time order: one more on either side, as it may be there itself.
    position = np.where(undated[:, 0], known, np.minimum(np.searchsorted(dated, days, side="right"), known))
    around = position[:, np.newaxis] + np.arange(-count - 1, count + 1)
    around = np.where((around >= 0) & (around < known[:, np.newaxis]) & ~undated, around, -1)
    # Where these are too few, the last rows fill up: of a dated source those without a date, of an undated one all.
    last = limits[:, np.newaxis] - np.arange(count + 1, 0, -1)
    last = np.where((last >= known[:, np.newaxis]) | undated, last, -1)
    target_rows = np.hstack([around, last])
    target_rows = np.where((target_rows == rows[:, np.newaxis]) | (target_rows < 0), -1, target_rows)
    days_apart = np.full(target_rows.shape, np.inf)
    has_date = (target_rows >= 0) & (target_rows < len(dated))
    source_days = np.broadcast_to(days[:, np.newaxis], target_rows.shape)
    days_apart[has_date] = np.abs(dated[target_rows[has_date]] - source_days[has_date])
    days_apart[np.isnan(days_apart)] = np.inf
    # Nearest first, then the highest row. -1, which is no row, comes last: its days are infinite and it is the lowest.
    order = np.lexsort((-target_rows, days_apart), axis=-1)[:, :count]
    nearest = np.take_along_axis(target_rows, order, axis=1)
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
