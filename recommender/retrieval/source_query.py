"""One source of a query with its candidates: what selection, verdicts and reasons look at."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recommender.retrieval.query import Query
from recommender.retrieval.similarity import OVERALL


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
