"""Pair features of the articles' metadata: topics, provider, time, the site's own score of quality, and length."""

from __future__ import annotations

import numpy as np

from recommender.features import Features
from recommender.retrieval.query import Query
from recommender.retrieval.similarity import overlap


def topic_features(query: Query) -> Features:
    """Return what the topics of the source and its candidates have in common, ancestors in the topic tree included.

    The Jaccard index is the number of shared topics as a part of those of either article.
    """
    target_topics = query.index.vectors.topics[query.targets]
    shared = overlap(query.vectors.topics, target_topics, query.source_of)
    n_shared = shared.groups.count()
    n_source = np.diff(query.vectors.topics.indptr)[query.source_of]
    n_target = np.diff(target_topics.indptr)
    n_either = np.maximum(n_source + n_target - n_shared, 1)
    cosine = shared.cosine()
    return {
        "topic_cosine": cosine,
        "topic_cosine_standard": query.groups.standard_scores(cosine[np.newaxis])[0],
        "topic_jaccard": n_shared / n_either,
        "topic_shared": n_shared,
        "topic_same_set": (n_shared == n_source) & (n_shared == n_target),
        "topic_count_source": n_source,
        "topic_count_target": n_target,
    }


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


def time_features(query: Query) -> Features:
    """Return the days between the two, NaN where a date is missing, and how much was published between them.

    ``articles_between`` is the distance in the order of the corpus; ``share_between`` is the same as a part of all that
    was published before the source.
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
