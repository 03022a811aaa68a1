"""Pair features of time: how far apart the two articles are, in days and in articles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recommender.features.query import Features, Query
from recommender.records import Article

SECONDS_A_DAY = 86_400.0


def publication_days(articles: Sequence[Article]) -> NDArray[np.float64]:
    """Return publication in days since 1970, UTC; NaN where unknown."""
    moments = (article.published_at for article in articles)
    return np.array([moment.timestamp() / SECONDS_A_DAY if moment else np.nan for moment in moments], dtype=np.float64)


def time_features(query: Query) -> Features:
    """Return the days between the two, and how much was published between them, as a number and as a share."""
    dated = query.index.vectors.days[: query.index.n_dated]
    known = np.minimum(query.limits, len(dated))
    place = np.minimum(np.searchsorted(dated, query.vectors.days), known)  # an unknown day is after all others
    between = np.abs(query.targets - place[query.owner].astype(np.float64))
    return {
        "days_apart": query.gap(query.owner, query.targets),
        "articles_between": between,
        "share_between": between / np.maximum(query.places, 1)[query.owner],
    }
