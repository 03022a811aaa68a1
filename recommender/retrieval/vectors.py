"""Articles as vectors and columns of numbers, a row an article: what every feature is computed from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.corpus.row_map import RowMap
from recommender.retrieval.permuted_rows import PermutedRows, edited, positions_after, whole
from recommender.retrieval.text import FIELDS, SEARCHED

MATRICES = (*FIELDS, "topics")
COLUMNS = ("providers", "languages", "translations", "days", "quality", "words")


@dataclass(frozen=True)
class Vectors:
    """What features need of some articles, a row each.

    Matrices are of float32, with rows of length one, so that the product of two rows is their cosine, in [0, 1]; an
    empty text, or no topics, is a row of zeros.

    Attributes
    ----------
    title, excerpt, full : (n_articles, text.N_BUCKETS) csr_matrix
        Words; the full text is title (twice), excerpt and body.
    characters : (n_articles, text.N_BUCKETS) csr_matrix
        N-grams of four characters of the title's words: a word in another form, or as a part of a compound, counts.
    spelling : (n_articles, text.N_BUCKETS) csr_matrix
        The same n-grams without the weights of rarity. Articles of one kind share common words of their titles.
    topics : (n_articles, topics.N_BUCKETS) csr_matrix
    providers : (n_articles,) int64 array
        A number for each provider, equal for equal ones; 0 where there is none.
    languages, translations : (n_articles,) int64 array
        A number for each language, and for each group of translations; 0 where it is unknown, or there is none.
    days : (n_articles,) float64 array
        When each was published, in days since 1970, UTC; NaN where unknown.
    quality : (n_articles,) float64 array
        The site's own score; NaN where unknown.
    words : (n_articles, 2) float64 array
        Length of the title, and of title, excerpt and body together, in words.
    """

    title: sparse.csr_matrix
    excerpt: sparse.csr_matrix
    full: sparse.csr_matrix
    characters: sparse.csr_matrix
    spelling: sparse.csr_matrix
    topics: sparse.csr_matrix
    providers: NDArray[np.int64]
    languages: NDArray[np.int64]
    translations: NDArray[np.int64]
    days: NDArray[np.float64]
    quality: NDArray[np.float64]
    words: NDArray[np.float64]

    @property
    def compared(self) -> dict[str, sparse.csr_matrix]:
        """The matrices, by field, in which sources are compared with articles."""
        return {field: getattr(self, field) for field in (*SEARCHED, "topics")}

    def take(self, rows: NDArray[np.intp] | slice) -> Vectors:
        """Return the vectors of these rows."""
        return Vectors(*(getattr(self, name)[rows] for name in (*MATRICES, *COLUMNS)))

    def edited(self, row_map: RowMap, new: Vectors) -> Vectors:
        """Return the vectors after an edit, given those of the new rows, without a copy of the matrices."""
        positions = positions_after(self.topics, row_map)
        values: dict[str, Any] = {name: edited(getattr(self, name), getattr(new, name), positions) for name in MATRICES}
        values |= {name: row_map.values(getattr(self, name), getattr(new, name)) for name in COLUMNS}
        return Vectors(**values)

    def whole(self) -> Vectors:
        """Return the same with each matrix in one piece, and without rows of articles that are gone."""
        return Vectors.stacked([self]) if isinstance(self.topics, PermutedRows) else self

    @classmethod
    def stacked(cls, parts: Sequence[Vectors]) -> Vectors:
        """Return the rows of all parts, one below another."""
        matrices = ([whole(getattr(part, name)) for part in parts] for name in MATRICES)
        columns = (np.concatenate([getattr(part, name) for part in parts]) for name in COLUMNS)
        return cls(*(sparse.vstack(of_parts, format="csr") for of_parts in matrices), *columns)
