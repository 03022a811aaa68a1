"""Near-duplicates of the sources: wire copies that any text measure finds, so figures are given without them too."""

from __future__ import annotations

import numpy as np

from recommender.corpus import Corpus
from recommender.evaluation.baselines import Rows, TfidfCosine

_BLOCK = 256


def near_duplicates(corpus: Corpus, past: Rows, source_rows: Rows, least: float = 0.9) -> list[frozenset[int]]:
    """Return for each source the rows whose text cosine with it is `least` or more, itself left out.

    Parameters
    ----------
    past : (n_past,) array
        Rows that the IDF is taken from.
    least
        Cosine of the TF-IDF vectors of title, excerpt and body, in [0, 1].
    """
    cosine = TfidfCosine((("title", 1), ("excerpt", 1), ("body", 1))).fit(corpus, past)
    found: list[frozenset[int]] = []
    for start in range(0, len(source_rows), _BLOCK):
        rows = source_rows[start : start + _BLOCK]
        # A hair of slack: the cosine of two equal texts is not always exactly 1.
        close = cosine.score(rows) >= least - 1e-9
        close[np.arange(len(rows)), rows] = False
        found.extend(frozenset(np.flatnonzero(line).tolist()) for line in close)
    return found
