"""Articles as vectors and columns of numbers, a row an article: what every feature is computed from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.corpus.row_map import RowMap
from recommender.retrieval.permuted_rows import PermutedRows, edited, positions_after, whole
from recommender.retrieval.text import SEARCHED, TextVectors

COLUMNS = ("providers", "days", "quality", "words")


@dataclass(frozen=True)
class Vectors:
    """What features need of some articles, a row each.

    Attributes
    ----------
    text : TextVectors
        A matrix for each field of text.
    topics : (n_articles, n_buckets) csr_matrix
        Weights of topics, rows of length one, or zeros for an article without topics.
    providers : (n_articles,) int64 array
        A number for each provider, equal for equal ones; 0 where there is none.
    days : (n_articles,) float64 array
        When each was published, in days since 1970, UTC; NaN where unknown.
    quality : (n_articles,) float64 array
        The site's own score; NaN where unknown.
    words : (n_articles, 2) float64 array
        Length of the title, and of title, excerpt and body together, in words.
    """

    text: TextVectors
    topics: sparse.csr_matrix
    providers: NDArray[np.int64]
    days: NDArray[np.float64]
    quality: NDArray[np.float64]
    words: NDArray[np.float64]

    @property
    def compared(self) -> dict[str, sparse.csr_matrix]:
        """The matrices, by field, in which sources are compared with articles: the product of two rows is a cosine."""
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
        """Return the same with each matrix in one piece, and without rows of articles that are gone."""
        return Vectors.stacked([self]) if isinstance(self.topics, PermutedRows) else self

    @classmethod
    def stacked(cls, parts: Sequence[Vectors]) -> Vectors:
        """Return the rows of all parts, one below another."""
        return cls(
            TextVectors.stacked([part.text for part in parts]),
            sparse.vstack([whole(part.topics) for part in parts], format="csr"),
            *(np.concatenate([getattr(part, name) for part in parts]) for name in COLUMNS),
        )
