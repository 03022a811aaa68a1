"""The corpus in vectors, and one source asked against it: what every feature is computed from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.corpus import Corpus
from recommender.features.text import SEARCHED, TextVectors

Features = dict[str, NDArray[Any]]
"""Named columns: a number for each candidate."""


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

    def stack(self, others: Vectors) -> Vectors:
        """Return these rows, and below them the others."""
        return Vectors(
            self.text.stack(others.text),
            sparse.vstack([self.topics, others.topics], format="csr"),
            np.concatenate([self.providers, others.providers]),
            np.concatenate([self.days, others.days]),
            np.concatenate([self.quality, others.quality]),
            np.concatenate([self.words, others.words]),
        )


@dataclass(frozen=True)
class Index:
    """A consistent state of the whole corpus; never changed, only replaced."""

    corpus: Corpus
    vectors: Vectors
    idf: Mapping[str, NDArray[np.float32]]

    @cached_property
    def eligible(self) -> NDArray[np.bool_]:
        """Which rows may be targets at all."""
        return np.array([not article.removed for article in self.corpus], dtype=bool)

    @cached_property
    def link_likeness(self) -> NDArray[np.float32]:
        """Cosine of the full texts of both ends of each relation, in the order of ``corpus.neighbours.indices``."""
        graph, full = self.corpus.neighbours, self.vectors.text.full
        ends = np.repeat(np.arange(graph.shape[0]), np.diff(graph.indptr))
        likeness = np.empty(graph.nnz, dtype=np.float32)
        for start in range(0, graph.nnz, 8192):
            part = slice(start, start + 8192)
            likeness[part] = full[ends[part]].multiply(full[graph.indices[part]]).sum(axis=1).ravel()
        return likeness

    def similarities(self, vectors: Vectors) -> dict[str, NDArray[np.float32]]:
        """Return the cosine of each of some sources with every article: ``(n_sources, n_articles)`` a field."""
        inverted = self.vectors.text.inverted
        return {field: (getattr(vectors.text, field) @ inverted[field]).toarray() for field in SEARCHED}


@dataclass(frozen=True)
class Links:
    """Relations of some rows: ``neighbour[i]`` is linked with the row at ``owner[i]``; owners ascend.

    `place` is where the relation stands in ``corpus.neighbours.indices``.
    """

    owner: NDArray[np.intp]
    neighbour: NDArray[np.intp]
    place: NDArray[np.intp]


@dataclass
class Query:
    """One source against the articles it may know.

    Attributes
    ----------
    index : Index
    vectors : Vectors
        Of the source: one row.
    row : int
        The source's own row, -1 for an article that the corpus does not hold. Neither the row nor its
        relations are ever looked at.
    limit : int
        Rows from the first that are known: all that was published by the moment asked for.
    similarity : dict of str to (limit,) float32 array
        Cosine with every known article, by field; 0 with itself.
    targets : (n_candidates,) intp array
        Rows of the candidates, ascending.
    linked : (n_candidates,) float64 array
        How strongly relations lead to each candidate from articles like the source.
    """

    index: Index
    vectors: Vectors
    row: int
    limit: int
    similarity: dict[str, NDArray[np.float32]]
    targets: NDArray[np.intp]
    linked: NDArray[np.float64]

    @cached_property
    def gaps(self) -> NDArray[np.float64]:
        """Days between the source and every known article, without sign; NaN where a date is missing."""
        gaps: NDArray[np.float64] = np.abs(self.index.vectors.days[: self.limit] - self.vectors.days[0])
        return gaps

    def nearest_in_time(self, count: int) -> NDArray[np.intp]:
        """Return the rows published nearest to the source, itself left out; the newest where its date is unknown."""
        gaps = np.nan_to_num(self.gaps, nan=np.inf)
        if 0 <= self.row < self.limit:
            gaps[self.row] = np.inf
        rows = np.arange(len(gaps))
        if 0 < count < len(gaps):
            rows = np.flatnonzero(gaps <= np.partition(gaps, count - 1)[count - 1])
        order = np.lexsort((-rows, gaps[rows]))[:count]
        chosen = rows[order]
        return np.sort(chosen[chosen != self.row])

    @cached_property
    def overall(self) -> NDArray[np.float32]:
        """One figure of likeness to every known article: a weighted sum of the fields' cosines."""
        full, title, characters = (self.similarity[field] for field in ("full", "title", "characters"))
        overall: NDArray[np.float32] = full + np.float32(0.5) * title + np.float32(0.3) * characters
        return overall

    def most_alike(self, count: int = 20) -> NDArray[np.intp]:
        """Return the rows most like the source, best first; among equals the newest first."""
        likeness = self.overall
        if len(likeness) > count:
            least = np.partition(likeness, -count)[-count]
            rows = np.flatnonzero((likeness >= least) & (likeness > 0))
        else:
            rows = np.flatnonzero(likeness > 0)
        return rows[np.lexsort((-rows, -likeness[rows]))][:count]

    def rarity(self, field: str) -> NDArray[np.float32]:
        """Return how rare each bucket of terms is, in (0, 1], for a field."""
        return self.index.idf[field]

    def known_links(self, rows: NDArray[np.intp]) -> Links:
        """Return the relations of these rows, without those of the source and of the unknown."""
        graph = self.index.corpus.neighbours
        degrees = graph.indptr[rows + 1] - graph.indptr[rows]
        owner = np.repeat(np.arange(len(rows)), degrees)
        ends = np.cumsum(degrees)
        place = np.arange(len(owner)) + np.repeat(graph.indptr[rows] - ends + degrees, degrees)
        neighbour = graph.indices[place]
        known = (neighbour < self.limit) & (neighbour != self.row)
        return Links(owner[known], neighbour[known].astype(np.intp), place[known])

    def known_neighbours(self, row: int) -> NDArray[np.intp]:
        """Return the known articles that a row is linked with, ascending, without the source."""
        return self.known_links(np.array([row])).neighbour


def queries(
    index: Index, vectors: Vectors, rows: NDArray[np.intp], limits: NDArray[np.intp], block: int = 64
) -> Iterator[Query]:
    """Yield a query, without candidates yet, for each source, in order; searched a block at a time."""
    none = np.empty(0, dtype=np.intp)
    for start in range(0, len(rows), block):
        part = slice(start, start + block)
        similarities = index.similarities(vectors.take(part))
        for place, (row, limit) in enumerate(zip(rows[part], limits[part], strict=True)):
            similarity = {field: matrix[place, :limit] for field, matrix in similarities.items()}
            if 0 <= row < limit:
                for values in similarity.values():
                    values[row] = 0.0
            source = vectors.take(slice(start + place, start + place + 1))
            yield Query(index, source, int(row), int(limit), similarity, none, np.empty(0))
