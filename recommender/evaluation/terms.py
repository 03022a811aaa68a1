"""Term counts of articles and the sparse arithmetic on them that the text baselines share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer

from recommender.corpus.corpus import Corpus

WORD = r"(?u)\b\w\w+\b"


def term_counts(corpus: Corpus, fields: Sequence[tuple[str, int]]) -> Any:
    """Count the words of two or more letters, in lower case, of some fields.

    Parameters
    ----------
    fields
        Names of text fields of an article, with how often each counts.

    Returns
    -------
    (n_articles, n_terms) csr_matrix of float64
        Columns are in the order of the terms. At least one column, empty where no article has any word.
    """
    texts = [" ".join(getattr(article, name) for name, times in fields for _ in range(times)) for article in corpus]
    if not any(re.search(WORD, text) for text in texts):
        return sparse.csr_matrix((len(texts), 1), dtype=np.float64)
    return CountVectorizer(token_pattern=WORD, dtype=np.float64).fit_transform(texts).tocsr()


def document_frequency(counts: Any, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return in how many of `rows` each term stands, 0 for a term that only others have."""
    return np.bincount(counts[rows].indices, minlength=counts.shape[1]).astype(np.float64)


def sublinear(counts: Any, idf: NDArray[np.float64]) -> Any:
    """Return ``(1 + ln tf) * idf`` for the counts `tf`, same shape."""
    weighted = counts.copy()
    weighted.data = (1 + np.log(counts.data)) * idf[counts.indices]
    return weighted


def unit_rows(matrix: Any) -> Any:
    """Scale each row to Euclidean length 1; an empty row stays empty."""
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    scaled = matrix.copy()
    scaled.data = matrix.data / np.repeat(np.where(lengths > 0, lengths, 1.0), np.diff(matrix.indptr))
    return scaled
