"""Pair features of the topics that two articles share."""

from __future__ import annotations

import numpy as np

from recommender.retrieval.query import Features, Query
from recommender.retrieval.similarity import overlap


def topic_features(query: Query) -> Features:
    """Return what the topics of the source and its candidates have in common."""
    targets = query.index.vectors.topics[query.targets]
    shared = overlap(query.vectors.topics, targets, query.source_of)
    n_shared = shared.count()
    n_source = np.diff(query.vectors.topics.indptr)[query.source_of]
    n_targets = np.diff(targets.indptr)
    either = np.maximum(n_source + n_targets - n_shared, 1)
    return {
        "topic_cosine": shared.cosine(),
        "topic_jaccard": n_shared / either,
        "topic_shared": n_shared,
        "topic_same_set": (n_shared == n_source) & (n_shared == n_targets),
        "topic_count_source": n_source,
        "topic_count_target": n_targets,
    }
