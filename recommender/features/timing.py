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
    days = query.index.vectors.days[: query.limit]
    dated = days[: np.searchsorted(np.isnan(days), True)]
    place = np.searchsorted(dated, query.vectors.days[0]) if not np.isnan(query.vectors.days[0]) else len(dated)
    between = np.abs(query.targets - float(place))
    return {
        "days_apart": query.gaps[query.targets],
        "articles_between": between,
        "share_between": between / max(query.limit, 1),
    }
