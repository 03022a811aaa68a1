"""Pair features of who published the two articles."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recommender.features.query import Features, Query
from recommender.records import Article


def provider_codes(articles: Sequence[Article]) -> NDArray[np.int64]:
    """Return a number for each article's provider, equal for equal ones, 0 for none."""
    keys = (article.provider.key if article.provider else None for article in articles)
    return np.array([zlib.crc32(key.encode()) + 1 if key else 0 for key in keys], dtype=np.int64)


def provider_features(query: Query) -> Features:
    """Return whether both articles come from one provider; NaN where one of them is unknown."""
    source = query.vectors.providers[query.owner]
    targets = query.index.vectors.providers[query.targets]
    same = (targets == source).astype(np.float64)
    same[(targets == 0) | (source == 0)] = np.nan
    return {"same_provider": same}
