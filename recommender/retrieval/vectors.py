"""The corpus in vectors: what every feature is computed from."""

from __future__ import annotations

import copy
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
from recommender.retrieval.permuted_rows import PermutedRows, Rows, edited, positions_after, whole
from recommender.retrieval.text import SEARCHED, TextModel, TextVectors

COLUMNS = ("providers", "days", "quality", "words")
MAX_ADDED = 1000  # rows; beyond, the matrices of what was added become part of the large ones
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

    def edited(self, row_map: RowMap, new: Vectors) -> Vectors:
        """Return the vectors after an edit, given those of the new rows, without a copy of the matrices."""
        columns = (row_map.values(getattr(self, name), getattr(new, name)) for name in COLUMNS)
        positions = positions_after(self.topics, row_map)
        text, topics = self.text.edited(new.text, positions), edited(self.topics, new.topics, positions)
        return Vectors(text, topics, *columns)

    def whole(self) -> Vectors:
        """Return the same vectors with each matrix in one piece."""
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
        return _by_provider(self.vectors.providers, np.arange(len(self.vectors.providers)))

    @cached_property
    def link_similarity(self) -> NDArray[np.float32]:
        """Cosine of the full texts of both ends of each relation, in the order of ``corpus.neighbours.indices``."""
        graph, full = self.corpus.neighbours, self.vectors.text.full
        ends = np.repeat(np.arange(graph.shape[0]), np.diff(graph.indptr))
        return _cosines(full, ends, graph.indices)

    def edited(self, corpus: Corpus, row_map: RowMap, new: Vectors) -> Index:
        """Return the index of an edited corpus, equal to one made anew, at the cost of what changes.

        Parameters
        ----------
        new
            Vectors of the new rows, in their order.
        """
        self.prepare()
        index = Index(corpus, self.vectors.edited(row_map, new), self.words)
        cached = vars(index)
        eligible = [not corpus[row].removed for row in row_map.new.tolist()]
        cached["eligible"] = row_map.values(self.eligible, np.array(eligible, dtype=bool))
        cached["inverted"] = self.inverted.edited(row_map, new.text)
        rows = row_map.after[self.by_provider[1]]
        cached["by_provider"] = _by_provider(index.vectors.providers, np.append(rows[rows >= 0], row_map.new))
        if corpus.links is self.corpus.links:  # no link came or went, and no linked row moved
            cached["links"], cached["link_similarity"] = self.links, self.link_similarity
        else:
            cached["link_similarity"] = self._link_similarity_after(index, row_map)
        return index

    def _link_similarity_after(self, index: Index, row_map: RowMap) -> NDArray[np.float32]:
        """Return `link_similarity` of an edited index: known for links that stay, computed for others."""
        rows, neighbours = (row_map.after.take(ends) for ends in _ends(self.links))
        rows_now, neighbours_now = _ends(index.links)
        # Links come and go only at new rows, at neighbours of new rows, and at former neighbours of removed ones.
        changed = np.zeros(len(index.corpus) + 1, dtype=bool)
        changed[row_map.new] = True
        changed[neighbours_now[changed.take(rows_now)]] = changed[rows[neighbours < 0]] = True
        changed[-1] = True  # stands for removed rows, whose number is -1
        is_known = ~(changed.take(rows) | changed.take(neighbours))
        stays = ~(changed.take(rows_now) | changed.take(neighbours_now))
        cosines = np.empty(len(index.links), dtype=np.float32)
        cosines[stays] = self.link_similarity[is_known]  # both in the same order, as rows that stay keep theirs
        cosines[~stays] = _cosines(index.vectors.text.full, rows_now[~stays], neighbours_now[~stays])
        return cosines

    def compacted(self) -> Index:
        """Return the same index, its matrices in one piece where many rows were added."""
        if self.inverted.n_added <= MAX_ADDED:
            return self
        index = copy.copy(self)  # with all that is cached
        vars(index).update(vectors=self.vectors.whole(), inverted=self.inverted.compacted())
        return index


def _ends(links: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows of links, and their neighbours."""
    return links >> 32, links & (FAR - 1)  # as FAR is two to the power of 32, and several times faster


def _cosines(full: Rows, rows: NDArray[np.integer], others: NDArray[np.integer]) -> NDArray[np.float32]:
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
