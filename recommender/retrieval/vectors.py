"""The corpus in vectors: what every feature is computed from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.corpus.row_map import RowMap
from recommender.retrieval.permuted_rows import PermutedRows, edited, places_of, whole
from recommender.retrieval.text import SEARCHED, TextVectors

COLUMNS = ("providers", "days", "quality", "words")


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
