"""Sources with what each of them may know of the corpus: what candidates and features are computed from."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.retrieval.groups import Groups, Pairs
from recommender.retrieval.index import FAR, Index, nearest_in_time
from recommender.retrieval.similarity import OVERALL, SHARES, SimilarityCache
from recommender.retrieval.vectors import Vectors

# How many articles are looked at for a source:
N_BY_TEXT = 256  # the most similar in all searched fields together
N_BY_TITLE = 64  # the most similar in their titles alone
N_IN_TIME = 200  # those published nearest to it, whatever their words
N_LATEST = 200  # those published last before it
SMALLEST = np.finfo(np.float32).tiny  # the least similarity above zero
_NONE = np.empty(0, dtype=np.intp)


class Links(NamedTuple):
    """Relations of some rows with articles that their sources know, read in both directions: ``(n_links,)`` each."""

    group_of: NDArray[np.intp]  # position, among the rows that were asked for, of the row at one end; ascending
    neighbour: NDArray[np.intp]  # row of the article at the other end
    entry: NDArray[np.intp]  # position of the relation in ``corpus.neighbours.indices``


class Query:
    """A block of sources, each with the articles that it may know.

    A *pair* is a source and one of its candidates; the pairs of a source follow each other, and sources are in order.
    What is computed for a source is the same, to the last bit, whichever other sources are in the block: a list of
    suggestions must not depend on how many are made at once. That is why sums run over the values of one group,
    or of one row, only.

    Attributes
    ----------
    vectors : Vectors
        Of the sources, a row each.
    rows : (n_sources,) intp array
        The sources' own rows, -1 for an article that the corpus does not hold. Neither the row nor its
        relations are ever looked at.
    limits : (n_sources,) intp array
        How many rows of the corpus, from the first, a source knows: all that was published by the moment asked for.
    source_of, targets : (n_pairs,) intp array
        Position of each pair's source, ascending, and row of its candidate, ascending within a source.
    link_strengths : (n_pairs,) float64 array
        How strongly relations lead to each candidate from articles similar to the source.
    same_language : bool
        Whether candidates are in the language of their source.
    """

    def __init__(
        self, index: Index, vectors: Vectors, rows: NDArray[np.intp], limits: NDArray[np.intp], depth: int = 0
    ):
        self.index, self.vectors = index, vectors
        self.rows, self.limits = np.asarray(rows, dtype=np.intp), np.asarray(limits, dtype=np.intp)
        self.similarities = SimilarityCache(index.vectors.compared, vectors.compared, self.rows)
        self._depth = depth
        self.source_of = self.targets = _NONE
        self.link_strengths = np.empty(0)
        self.same_language = True

    def __len__(self) -> int:
        return len(self.rows)

    def with_targets(self, pairs: Pairs, link_strengths: NDArray[np.float64]) -> Self:
        """Return the query with these candidates; what it has computed of its sources is shared with this one."""
        query = copy.copy(self)
        for name in ("groups", "titles", "texts"):  # cached, of the former candidates
            query.__dict__.pop(name, None)
        query.source_of, query.targets = pairs
        query.link_strengths = link_strengths
        return query

    @property
    def candidates(self) -> Pairs:
        """The sources with their candidates."""
        return Pairs(self.source_of, self.targets)

    @cached_property
    def groups(self) -> Groups:
        """The pairs, grouped by source."""
        return Groups(self.source_of, len(self))

    @cached_property
    def titles(self) -> sparse.csr_matrix:
        """The candidates' titles, a row a pair."""
        return self.index.vectors.title[self.targets]

    @cached_property
    def texts(self) -> sparse.csr_matrix:
        """The candidates' full texts, a row a pair."""
        return self.index.vectors.full[self.targets]

    @cached_property
    def ranked_by_text(self) -> Pairs:
        """All articles found by their words, the most similar to a source first, among equals the newest."""
        pairs = self.union(self._searched(SHARES, N_BY_TEXT), self._searched({"title": SHARES["title"]}, N_BY_TITLE))
        # Features look at these articles in any case. All at once, the tables of cosines are made once.
        self.similarities.compute(np.concatenate([pairs.rows, self._nearest_in_time.rows, self.latest_before.rows]))
        similarity = self.similarity(OVERALL, *pairs)
        return pairs.take(Groups(pairs.source_of, len(self)).top_k(similarity, pairs.rows, len(similarity)))

    def _searched(self, shares: Mapping[str, np.float32], count: int) -> Pairs:
        depth = self._depth if self._depth > N_BY_TEXT else count
        return self.index.inverted.nearest(self.vectors, shares, self.rows, self.limits, depth)

    def nearest_by_text(self, count: int = 20) -> Pairs:
        """Return the articles most similar to each source, the most similar first, among equals the newest."""
        return self._first(self.ranked_by_text, count)

    def similarity_at_rank(self, rank: int) -> NDArray[np.float32]:
        """Return the overall similarity of the article at this rank, from 1, in each source's `nearest_by_text`.

        Where fewer are found it is the smallest number above zero, which whatever is similar at all reaches.
        """
        source_of, rows = self.ranked_by_text
        at_rank = Groups(source_of, len(self)).positions() == rank - 1
        similarity = np.full(len(self), SMALLEST, dtype=np.float32)
        similarity[source_of[at_rank]] = self.similarity(OVERALL, source_of[at_rank], rows[at_rank])
        return similarity

    def similarity(self, field: str, source_of: NDArray[np.intp] | int, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """Return the cosines of pairs of sources and rows in a field, or ``overall``: a weighted sum of them."""
        return self.similarities.values_at(field, self.similarities.pair_slots(source_of, rows))

    def days_apart(
        self, source_of: NDArray[np.intp] | int, rows: NDArray[np.intp], unknown: float = np.nan
    ) -> NDArray[np.float64]:
        """Return the days between sources and rows, without sign; `unknown` where a date is missing."""
        days: NDArray[np.float64] = np.abs(self.index.vectors.days[rows] - self.vectors.days[source_of])
        days[np.isnan(days)] = unknown
        return days

    def nearest_in_time(self, count: int) -> Pairs:
        """Return the articles published nearest to each source, nearest first, the source itself left out.

        Among equals the newest first, and the newest of all where the source's date is unknown.
        """
        return self._first(self._nearest_in_time, count) if count <= N_IN_TIME else self._searched_in_time(count)

    @cached_property
    def _nearest_in_time(self) -> Pairs:
        return self._searched_in_time(N_IN_TIME)

    def _searched_in_time(self, count: int) -> Pairs:
        dated = self.index.vectors.days[: self.index.n_dated]
        return nearest_in_time(dated, self.vectors.days, self.rows, self.limits, count)

    @cached_property
    def n_published_before(self) -> NDArray[np.intp]:
        """How many known articles were published before each source or at its moment, ``(n_sources,)``.

        They are the rows from the first. For a source without a date it is all that it knows.
        """
        known = np.minimum(self.limits, self.index.n_dated)
        until = np.searchsorted(self.index.vectors.days[: self.index.n_dated], self.vectors.days, side="right")
        counts: NDArray[np.intp] = np.where(np.isnan(self.vectors.days), self.limits, np.minimum(until, known))
        return counts

    @cached_property
    def latest_before(self) -> Pairs:
        """What was published last before each source or at its moment, which includes itself; the oldest first."""
        rows = self.n_published_before[:, np.newaxis] - np.arange(N_LATEST, 0, -1)
        source_of, column = np.nonzero(rows >= 0)
        return Pairs(source_of, rows[source_of, column])

    def known_links(self, source_of: NDArray[np.intp], rows: NDArray[np.intp]) -> Links:
        """Return the relations of rows, without those with their source or with articles that it does not know."""
        graph = self.index.corpus.neighbours
        degrees = (graph.indptr[rows + 1] - graph.indptr[rows]).astype(np.intp)
        group_of = np.repeat(np.arange(len(rows)), degrees)
        # The entries of a row run from its `indptr`; link i of the result is entry i of its row's plus this shift.
        shift = graph.indptr[rows] - np.cumsum(degrees) + degrees
        entry = np.arange(len(group_of)) + np.repeat(shift, degrees)
        neighbour = graph.indices[entry].astype(np.intp)
        source_of_link = source_of[group_of]
        known = (neighbour < self.limits[source_of_link]) & (neighbour != self.rows[source_of_link])
        links = Links(group_of, neighbour, entry)
        return links if known.all() else Links(*(values[known] for values in links))

    def known_degrees(self, source_of: NDArray[np.intp], rows: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return how many known articles each row is linked with, its source left out.

        Counted without a look at the links themselves: their keys, ``row * FAR + neighbour``, are sorted, so that
        the links of a row with neighbours below its limit lie between its first link and the key of the limit.
        """
        links = self.index.link_keys
        first = self.index.corpus.neighbours.indptr[rows].astype(np.intp)
        keys = rows * FAR
        limits, source_rows = self.limits[source_of], self.rows[source_of]
        degrees: NDArray[np.intp] = np.searchsorted(links, keys + limits) - first
        if len(links) == 0:
            return degrees
        position = np.minimum(np.searchsorted(links, keys + source_rows), len(links) - 1)
        is_linked = links[position] == keys + source_rows
        with_source: NDArray[np.bool_] = is_linked & (source_rows >= 0) & (source_rows < limits)
        degrees -= with_source
        return degrees

    def is_readable(self, source_of: NDArray[np.intp] | int, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Say of each row whether it is new to readers of its source: no translation of it, and in its language.

        An article of unknown language is taken to be in any. The language does not count without `same_language`.
        """
        vectors, sources = self.index.vectors, self.vectors
        translations = vectors.translations[rows]
        readable: NDArray[np.bool_] = (translations == 0) | (translations != sources.translations[source_of])
        if self.same_language:
            languages, own = vectors.languages[rows], sources.languages[source_of]
            readable &= (languages == own) | (languages == 0) | (own == 0)
        return readable

    def union(self, *pairs: Pairs) -> Pairs:
        """Return each pair once that is in any of these, sources ascending, and the rows of a source ascending."""
        source_of, rows = (np.concatenate(arrays) for arrays in zip(*pairs, strict=True))
        return Pairs(*np.divmod(np.unique(self.pair_keys(source_of, rows)), self._n_rows))

    def pair_keys(self, source_of: NDArray[np.intp], rows: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return a number for each pair of a source and a row, ``source * n_rows + row``: sorted as the pairs are."""
        return source_of.astype(np.intp, copy=False) * self._n_rows + rows

    @property
    def _n_rows(self) -> int:
        return max(len(self.index.corpus), 1)

    def _first(self, pairs: Pairs, count: int) -> Pairs:
        """Return each source's first pairs."""
        return pairs.take(Groups(pairs.source_of, len(self)).positions() < count)


class SourceQuery:
    """One source of a query with its candidates: what selection, verdicts and reasons look at.

    `position` is its own among the sources of the query, `row` and `limit` are as of `Query`, and `targets`,
    ``(n_candidates,)``, the rows of its candidates, ascending.
    """

    def __init__(self, query: Query, position: int = 0):
        self.query, self.position, self.index = query, position, query.index
        self.row, self.limit = int(query.rows[position]), int(query.limits[position])
        self.targets = query.targets[self.pairs]

    @property
    def day(self) -> float:
        """When it was published, in days since 1970, UTC; NaN where unknown."""
        return float(self.query.vectors.days[self.position])

    @property
    def pairs(self) -> slice:
        """The positions of its candidates among the pairs of the query."""
        start = int(self.query.groups.starts[self.position])
        return slice(start, start + int(self.query.groups.count()[self.position]))

    def similarity(self, field: str, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """Return its cosine with rows in a field, or ``overall``: a weighted sum of them; 0 with itself."""
        return self.query.similarity(field, self.position, rows)

    def days_apart(self, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the days between it and rows, without sign; NaN where a date is missing."""
        return self.query.days_apart(self.position, rows)

    def is_readable(self, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Say of each row whether it is no translation of the source, and in its language where that counts."""
        return self.query.is_readable(self.position, rows)


def queries(
    index: Index, vectors: Vectors, rows: NDArray[np.intp], limits: NDArray[np.intp], block: int = 32, depth: int = 0
) -> Iterator[Query]:
    """Yield the sources, in order, a block at a time, without candidates yet.

    `vectors`, `rows` and `limits` are those of all sources; see `Query`. At least `depth` articles are found by their
    words, where the corpus has so many.
    """
    for start in range(0, len(rows), block):
        part = slice(start, start + block)
        block_vectors = vectors if block >= len(rows) else vectors.take(part)
        yield Query(index, block_vectors, rows[part], limits[part], depth)
