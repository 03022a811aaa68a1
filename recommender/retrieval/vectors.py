"""The corpus in vectors: what every feature is computed from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.corpus.corpus import Corpus
from recommender.corpus.row_map import RowMap
from recommender.retrieval.inverted_index import InvertedIndex
from recommender.retrieval.permuted_rows import PermutedRows, Rows, edited, places_of, whole
from recommender.retrieval.text import SEARCHED, TextModel, TextVectors

COLUMNS = ("providers", "days", "quality", "words")
FAR = 2**32  # more than any row, so that the numbers of old relations stay what they are


@dataclass(frozen=True)
class Vectors:
    """What the model knows of some articles, a row each.

    Attributes
    ----------
    text : TextVectors
    topics : (n_articles, n_buckets) csr_matrix
    providers : (n_articles,) int64 array
        A number that stands for the provider, 0 where there is none.
    days : (n_articles,) float64 array
        Publication in days since 1970, UTC; NaN where unknown.
    quality : (n_articles,) float64 array
        NaN where unknown.
    words : (n_articles, 2) float64 array
        Length of title and of the full text, in words.
    """

    text: TextVectors
    topics: sparse.csr_matrix
    providers: NDArray[np.int64]
    days: NDArray[np.float64]
    quality: NDArray[np.float64]
    words: NDArray[np.float64]

    @property
    def compared(self) -> dict[str, sparse.csr_matrix]:
        """What sources are compared with articles in, by field: the product of two rows is their cosine."""
        return {field: getattr(self.text, field) for field in SEARCHED} | {"topics": self.topics}

    def take(self, rows: NDArray[np.intp] | slice) -> Vectors:
        """Return the vectors of these rows."""
        return Vectors(
            self.text.take(rows),
            self.topics[rows],
            self.providers[rows],
            self.days[rows],
            self.quality[rows],
            self.words[rows],
        )

    def edited(self, moves: RowMap, more: Vectors, aside: bool = False) -> Vectors:
        """Return the vectors after an edit, with those of what is new, without a copy of the matrices."""
        places = places_of(self.topics, moves)
        columns = (moves.values(getattr(self, name), getattr(more, name)) for name in COLUMNS)
        return Vectors(
            self.text.edited(more.text, places, aside), edited(self.topics, more.topics, places, aside), *columns
        )

    def whole(self) -> Vectors:
        """Return the same with each matrix in one piece, and without rows that nobody asks for any more."""
        return Vectors.stacked([self]) if isinstance(self.topics, PermutedRows) else self

    @classmethod
    def stacked(cls, parts: Sequence[Vectors]) -> Vectors:
        """Return the rows of all parts, one below another."""
        return cls(
            TextVectors.stacked([part.text for part in parts]),
            sparse.vstack([whole(part.topics) for part in parts], format="csr"),
            *(np.concatenate([getattr(part, name) for part in parts]) for name in COLUMNS),
        )


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
