"""Some sources asked against the corpus: what every feature is computed from, a block of sources at once."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.retrieval.groups import Groups
from recommender.retrieval.index import FAR, Index, nearest_in_time
from recommender.retrieval.similarity import OVERALL, SHARES, SimilarityCache
from recommender.retrieval.vectors import Vectors

Features = dict[str, NDArray[Any]]
"""Named columns: a number for each pair of a source and a candidate."""

POOL = 256  # articles found by their words for a source, of which the most alike are taken
TITLES = 64  # of these, by their titles alone
AROUND = 200  # articles next to a source in time, and before it, are looked at whatever their words
BEFORE = 200
NEXT_TO_NOTHING = np.finfo(np.float32).tiny
_NONE = np.empty(0, dtype=np.intp)


@dataclass(frozen=True)
class Links:
    """Relations of some rows: ``neighbour[i]`` is linked with the row at ``group_of[i]``, which ascends.

    `place` is where the relation stands in ``corpus.neighbours.indices``.
    """

    group_of: NDArray[np.intp]
    neighbour: NDArray[np.intp]
    place: NDArray[np.intp]


class Query:
    """Some sources against the articles that each may know.

    A *pair* is a source and one of its candidates; those of a source follow each other, and sources are in order.
    What is computed of a source does not depend, to the last bit, on the others it is asked with.

    Attributes
    ----------
    index : Index
    vectors : Vectors
        Of the sources, a row each.
    rows : (n_sources,) intp array
        The sources' own rows, -1 for an article that the corpus does not hold. Neither the row nor its
        relations are ever looked at.
    limits : (n_sources,) intp array
        Rows from the first that are known to a source: all that was published by the moment asked for.
    likeness : SimilarityCache
        Of the sources with what is looked at.
    source_of, targets : (n_pairs,) intp array
        Place of each pair's source, ascending, and row of its candidate, ascending for a source.
    linked : (n_pairs,) float64 array
        How strongly relations lead to each candidate from articles like the source.
    """

    def __init__(
        self, index: Index, vectors: Vectors, rows: NDArray[np.intp], limits: NDArray[np.intp], depth: int = 0
    ):
        self.index, self.vectors = index, vectors
        self.rows, self.limits = np.asarray(rows, dtype=np.intp), np.asarray(limits, dtype=np.intp)
        self.similarities = SimilarityCache(index.vectors.compared, vectors.compared, self.rows)
        self._depth = depth
        self.source_of = self.targets = _NONE
        self.linked = np.empty(0)

    def __len__(self) -> int:
        return len(self.rows)

    def with_targets(self, owner: NDArray[np.intp], targets: NDArray[np.intp], linked: NDArray[np.float64]) -> Self:
        """Return the query with these candidates."""
        query = copy.copy(self)
        for name in ("pairs", "links", "titles", "texts"):
            query.__dict__.pop(name, None)
        query.source_of, query.targets, query.linked = owner, targets, linked
        return query

    @cached_property
    def pairs(self) -> Groups:
        """Whose pairs are whose: a run for each source."""
        return Groups(self.source_of, len(self))

    @cached_property
    def links(self) -> Links:
        """What the candidates are linked with: ``group_of`` is the position of a pair."""
        return self.known_links(self.source_of, self.targets)

    @cached_property
    def titles(self) -> sparse.csr_matrix:
        """The candidates' titles, a row a pair."""
        return self.index.vectors.text.title[self.targets]

    @cached_property
    def texts(self) -> sparse.csr_matrix:
        """The candidates' full texts, a row a pair."""
        return self.index.vectors.text.full[self.targets]

    @cached_property
    def alike(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The sources, ascending, and the articles found by their words, the most alike first, the newest of equals."""
        inverted, parts = self.index.inverted, (self.vectors.text, self.rows, self.limits)
        found = [
            inverted.nearest(parts[0], shares, *parts[1:], self._depth if self._depth > POOL else most)
            for shares, most in ((SHARES, POOL), ({"title": SHARES["title"]}, TITLES))
        ]
        owner, rows = self.unique(*(np.concatenate(each) for each in zip(*found, strict=True)))
        self.similarities.compute(np.concatenate([rows, self._around[1], self.before[1]]))
        best = Groups(owner, len(self)).best(self.similarity(OVERALL, owner, rows), rows, len(rows))
        return owner[best], rows[best]

    def nearest_by_text(self, count: int = 20) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return the sources, ascending, and the rows most like each, best first; among equals the newest first."""
        owner, rows = self.alike
        chosen = Groups(owner, len(self)).place() < count
        return owner[chosen], rows[chosen]

    def similarity_at_rank(self, count: int) -> NDArray[np.float32]:
        """Return the likeness of each source's `count`-th most alike; next to nothing where there are fewer."""
        owner, rows = self.alike
        last = Groups(owner, len(self)).place() == count - 1
        least = np.full(len(self), NEXT_TO_NOTHING, dtype=np.float32)
        least[owner[last]] = self.similarity(OVERALL, owner[last], rows[last])
        return least

    def similarity(self, field: str, source: NDArray[np.intp] | int, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """Return the cosine of some sources with some rows in a field, or ``overall``: a weighted sum of them."""
        return self.similarities.at(field, self.similarities.where(source, rows))

    def days_apart(self, source: NDArray[np.intp] | int, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the days between some sources and some rows, without sign; NaN where a date is missing."""
        gaps: NDArray[np.float64] = np.abs(self.index.vectors.days[rows] - self.vectors.days[source])
        return gaps

    def days_apart_or(
        self, unknown: float, source: NDArray[np.intp] | int, rows: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        """Return the days between some sources and some rows, without sign; `unknown` where a date is missing."""
        gaps = self.days_apart(source, rows)
        gaps[np.isnan(gaps)] = unknown
        return gaps

    def nearest_in_time(self, count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return the sources, ascending, and the rows published nearest to each, nearest first, itself left out.

        Among equals the newest first, and the newest of all where the source's date is unknown.
        """
        if count > AROUND:
            return self._nearest_in_time(count)
        owner, rows = self._around
        chosen = Groups(owner, len(self)).place() < count
        return owner[chosen], rows[chosen]

    @cached_property
    def places(self) -> NDArray[np.intp]:
        """How many known articles were published up to each source: on its day, all that it knew."""
        known = np.minimum(self.limits, self.index.n_dated)
        after = np.searchsorted(self.index.vectors.days[: self.index.n_dated], self.vectors.days, side="right")
        places: NDArray[np.intp] = np.where(np.isnan(self.vectors.days), self.limits, np.minimum(after, known))
        return places

    @cached_property
    def before(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The sources, ascending, and what was published last before each, or at its moment."""
        rows = self.places[:, np.newaxis] - np.arange(BEFORE, 0, -1)
        source, place = np.nonzero(rows >= 0)
        return source, rows[source, place]

    @cached_property
    def _around(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        return self._nearest_in_time(AROUND)

    def _nearest_in_time(self, count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        index = self.index
        return nearest_in_time(index.vectors.days[: index.n_dated], self.vectors.days, self.rows, self.limits, count)

    def rarity(self, field: str) -> NDArray[np.float32]:
        """Return how rare each bucket of terms is, in (0, 1], for a field."""
        return self.index.idf[field]

    def known_links(self, source: NDArray[np.intp], rows: NDArray[np.intp]) -> Links:
        """Return the relations of these rows, without those of their source and of what it does not know."""
        graph = self.index.corpus.neighbours
        degrees = (graph.indptr[rows + 1] - graph.indptr[rows]).astype(np.intp)
        owner = np.repeat(np.arange(len(rows)), degrees)
        shift = graph.indptr[rows] - np.cumsum(degrees) + degrees
        place = np.arange(len(owner)) + np.repeat(shift, degrees)
        neighbour = graph.indices[place].astype(np.intp)
        of = source[owner]
        known = (neighbour < self.limits[of]) & (neighbour != self.rows[of])
        if known.all():
            return Links(owner, neighbour, place)
        return Links(owner[known], neighbour[known], place[known])

    def known_degrees(self, source: NDArray[np.intp], rows: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return with how many known articles each row is linked, its source left out."""
        links = self.index.links
        starts = self.index.corpus.neighbours.indptr[rows].astype(np.intp)
        keys = rows * FAR
        limits, own = self.limits[source], self.rows[source]
        degrees: NDArray[np.intp] = np.searchsorted(links, keys + limits) - starts
        if len(links) == 0:
            return degrees
        place = np.minimum(np.searchsorted(links, keys + own), len(links) - 1)
        with_source: NDArray[np.bool_] = (links[place] == keys + own) & (own >= 0) & (own < limits)
        degrees -= with_source
        return degrees

    def unique(self, owner: NDArray[np.intp], rows: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return each pair of a source and a row once, in order."""
        return self.pair_of(np.unique(self.key(owner, rows)))

    def key(self, owner: NDArray[np.intp], rows: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return a number for each pair of a source and a row, in their order."""
        return owner.astype(np.intp, copy=False) * max(len(self.index.corpus), 1) + rows

    def pair_of(self, keys: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return the sources and rows that `key` numbered."""
        owner, rows = np.divmod(keys, max(len(self.index.corpus), 1))
        return owner, rows


class SourceQuery:
    """A source against the articles it may know.

    Attributes
    ----------
    query : Query
        The block that it was asked in.
    place : int
        Its place there.
    row : int
        Its own row, -1 for an article that the corpus does not hold.
    limit : int
        Rows from the first that are known.
    targets : (n_candidates,) intp array
        Rows of the candidates, ascending.
    """

    def __init__(self, query: Query, place: int = 0):
        self.query, self.place, self.index = query, place, query.index
        self.row, self.limit = int(query.rows[place]), int(query.limits[place])
        self.targets = query.targets[self.pairs]

    @property
    def day(self) -> float:
        """When it was published, in days since 1970, UTC; NaN where unknown."""
        return float(self.query.vectors.days[self.place])

    @property
    def pairs(self) -> slice:
        """Where its candidates stand among the pairs of the query."""
        start = int(self.query.pairs.starts[self.place])
        return slice(start, start + int(self.query.pairs.count()[self.place]))

    def similarity(self, field: str, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """Return the cosine with some rows in a field, or ``overall``: a weighted sum of them; 0 with itself."""
        return self.query.similarity(field, self.place, rows)

    def days_apart(self, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the days to some rows, without sign; NaN where a date is missing."""
        return self.query.days_apart(self.place, rows)

    def nearest_by_text(self, count: int = 20) -> NDArray[np.intp]:
        """Return the rows most like the source, best first; among equals the newest first."""
        owner, rows = self.query.alike
        first, last = np.searchsorted(owner, [self.place, self.place + 1])
        return rows[first : min(last, first + count)]

    @cached_property
    def linked_among_nearest(self) -> tuple[int, int]:
        """How many articles are most like the source, and how many of these are linked."""
        alike = self.nearest_by_text()
        return len(alike), int(np.count_nonzero(self.known_degrees(alike)))

    def known_neighbours(self, row: int) -> NDArray[np.intp]:
        """Return the known articles that a row is linked with, ascending, without the source."""
        return self.query.known_links(np.array([self.place]), np.array([row])).neighbour

    def known_degrees(self, rows: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return with how many known articles each row is linked, the source left out."""
        return self.query.known_degrees(np.full(len(rows), self.place), rows)

    def nearest_neighbours(self, row: int, count: int) -> NDArray[np.intp]:
        """Return those of a row's `known_neighbours` that are most like the source, best first."""
        neighbours = self.known_neighbours(row)
        return neighbours[np.lexsort((neighbours, -self.similarity(OVERALL, neighbours)))[:count]]


def queries(
    index: Index,
    vectors: Vectors,
    rows: NDArray[np.intp],
    limits: NDArray[np.intp],
    block: int = 32,
    depth: int = 0,
) -> Iterator[Query]:
    """Yield the sources, in order, a block at a time, without candidates yet.

    `depth` is how many are found by their words at least, where a corpus has so many.
    """
    for start in range(0, len(rows), block):
        part = slice(start, start + block)
        some = vectors if block >= len(rows) else vectors.take(part)
        yield Query(index, some, rows[part], limits[part], depth)
