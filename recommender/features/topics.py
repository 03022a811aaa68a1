"""Pair features of the topics that two articles share."""

from __future__ import annotations

import numpy as np

from recommender.features import Features
from recommender.retrieval.query import Query
from recommender.retrieval.similarity import overlap


def topic_features(query: Query) -> Features:
    """Return what the topics of the source and its candidates have in common, ancestors in the topic tree included.

    Returns
    -------
    dict
        The cosine of the weighted topics, the Jaccard index (shared topics as a part of those of either article),
        the number of shared topics, whether both have the same, and how many each has.
    """
    target_topics = query.index.vectors.topics[query.targets]
    shared = overlap(query.vectors.topics, target_topics, query.source_of)
    n_shared = shared.count()
    n_source = np.diff(query.vectors.topics.indptr)[query.source_of]
    n_target = np.diff(target_topics.indptr)
    n_either = np.maximum(n_source + n_target - n_shared, 1)
    return {
        "topic_cosine": shared.cosine(),
        "topic_jaccard": n_shared / n_either,
        "topic_shared": n_shared,
        "topic_same_set": (n_shared == n_source) & (n_shared == n_target),
        "topic_count_source": n_source,
        "topic_count_target": n_target,
    }
