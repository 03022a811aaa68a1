"""Pair features of the articles themselves: who published them, the site's own score of a piece, and lengths."""

from __future__ import annotations

import numpy as np

from recommender.features import Features
from recommender.retrieval.query import Query


def provider_features(query: Query) -> Features:
    """Return whether both articles come from one provider, 1 or 0; NaN where one of the two is unknown."""
    source_providers = query.vectors.providers[query.source_of]
    target_providers = query.index.vectors.providers[query.targets]
    same_provider = (target_providers == source_providers).astype(np.float64)
    same_provider[(target_providers == 0) | (source_providers == 0)] = np.nan
    return {"same_provider": same_provider}


def quality_features(query: Query) -> Features:
    """Return the site's own scores of both articles, and the difference; NaN where unknown."""
    source_quality = query.vectors.quality[query.source_of]
    target_quality = query.index.vectors.quality[query.targets]
    return {
        "quality_source": source_quality,
        "quality_target": target_quality,
        "quality_difference": target_quality - source_quality,
    }


def length_features(query: Query) -> Features:
    """Return the lengths of both titles and both texts, in words."""
    source_lengths = query.vectors.words[query.source_of]
    target_lengths = query.index.vectors.words[query.targets]
    return {
        "title_words_source": source_lengths[:, 0],
        "title_words_target": target_lengths[:, 0],
        "text_words_source": source_lengths[:, 1],
        "text_words_target": target_lengths[:, 1],
    }
