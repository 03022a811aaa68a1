"""Pair features of the articles themselves: who published them, the site's own score of a piece, and lengths."""

from __future__ import annotations

import numpy as np

from recommender.retrieval.query import Features, Query


def provider_features(query: Query) -> Features:
    """Return whether both articles come from one provider; NaN where one of them is unknown."""
    source = query.vectors.providers[query.source_of]
    targets = query.index.vectors.providers[query.targets]
    same = (targets == source).astype(np.float64)
    same[(targets == 0) | (source == 0)] = np.nan
    return {"same_provider": same}


def quality_features(query: Query) -> Features:
    """Return the scores of both, and the difference."""
    source = query.vectors.quality[query.source_of]
    target = query.index.vectors.quality[query.targets]
    return {
        "quality_source": source,
        "quality_target": target,
        "quality_difference": target - source,
    }


def length_features(query: Query) -> Features:
    """Return the lengths of both, in words."""
    source = query.vectors.words[query.source_of]
    target = query.index.vectors.words[query.targets]
    return {
        "title_words_source": source[:, 0],
        "title_words_target": target[:, 0],
        "text_words_source": source[:, 1],
        "text_words_target": target[:, 1],
    }
