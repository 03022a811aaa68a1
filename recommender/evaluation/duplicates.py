"""Near-duplicates of the sources: wire copies that any text measure finds, so figures are given without them too."""

from __future__ import annotations

import numpy as np

from recommender.corpus.corpus import Corpus
from recommender.evaluation.baselines import Rows
from recommender.retrieval.text import TextModel
from recommender.retrieval.vectorizer import publication_days
from recommender.selection.near_duplicates import LEAST_COSINE, same_text

_BLOCK = 256


def near_duplicates(corpus: Corpus, past: Rows, source_rows: Rows, least: float = LEAST_COSINE) -> list[frozenset[int]]:
    """Return for each source the rows with the same text, itself left out, by the definition of the selection.

    Parameters
    ----------
    past : (n_past,) array
        Rows that the IDF is taken from.
    least
        Cosine of the TF-IDF vectors of the full texts, in [0, 1].
    """
    vectors = TextModel.fit([corpus[int(row)] for row in past]).transform(corpus.articles)
    days = publication_days(corpus.articles)
    titles = [article.title for article in corpus]
    found: list[frozenset[int]] = []
    for start in range(0, len(source_rows), _BLOCK):
        rows = source_rows[start : start + _BLOCK]
        for row, cosines in zip(rows, (vectors.full[rows] @ vectors.full.T).toarray(), strict=True):
            same = same_text(titles[row], titles, cosines, np.abs(days - days[row]), least)
            same[row] = False
            found.append(frozenset(np.flatnonzero(same).tolist()))
    return found
