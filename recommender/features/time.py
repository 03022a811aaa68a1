"""Pair features of time: how far apart the two articles are, in days and in articles."""

from __future__ import annotations

import numpy as np

from recommender.features import Features
from recommender.retrieval.query import Query


def time_features(query: Query) -> Features:
    """Return the days between the two, and how much was published between them.

    Returns
    -------
    dict
        ``days_apart`` without sign, NaN where a date is missing; ``articles_between``, the distance in the order of
        the corpus; ``share_between``, the same as a part of all that was published before the source.
    """
    dated = query.index.vectors.days[: query.index.n_dated]
    n_known = np.minimum(query.limits, len(dated))
    # Where the source stands in time order. NaN sorts behind all dates: an undated source stands after all dated ones.
    source_position = np.minimum(np.searchsorted(dated, query.vectors.days), n_known)
    articles_between = np.abs(query.targets - source_position[query.source_of].astype(np.float64))
    return {
        "days_apart": query.days_apart(*query.candidates),
        "articles_between": articles_between,
        "share_between": articles_between / np.maximum(query.n_published_before, 1)[query.source_of],
    }
