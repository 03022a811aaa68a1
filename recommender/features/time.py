"""Pair features of time: how far apart the two articles are, in days and in articles."""

from __future__ import annotations

import numpy as np

from recommender.retrieval.query import Features, Query


def time_features(query: Query) -> Features:
    """Return the days between the two, and how much was published between them, as a number and as a share."""
    dated = query.index.vectors.days[: query.index.n_dated]
    known = np.minimum(query.limits, len(dated))
    place = np.minimum(np.searchsorted(dated, query.vectors.days), known)  # an unknown day is after all others
    between = np.abs(query.targets - place[query.source_of].astype(np.float64))
    return {
        "days_apart": query.days_apart(query.source_of, query.targets),
        "articles_between": between,
        "share_between": between / np.maximum(query.places, 1)[query.source_of],
    }
