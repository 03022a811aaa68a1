"""Pair features of the articles themselves: the site's own score of a piece, and lengths."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recommender.features.query import Features, Query
from recommender.records import Article


def qualities(articles: Sequence[Article]) -> NDArray[np.float64]:
    """Return the site's score of each article, NaN where it has none."""
    return np.array([np.nan if article.quality is None else article.quality for article in articles], dtype=np.float64)


def lengths(articles: Sequence[Article]) -> NDArray[np.float64]:
    """Return the number of words of title, and of title, excerpt and body together: ``(n_articles, 2)``."""
    counts = [
        (len(article.title.split()), sum(len(text.split()) for text in (article.title, article.excerpt, article.body)))
        for article in articles
    ]
    return np.array(counts, dtype=np.float64).reshape(-1, 2)


def quality_features(query: Query) -> Features:
    """Return the scores of both, and the difference."""
    source = query.vectors.quality[query.owner]
    target = query.index.vectors.quality[query.targets]
    return {
        "quality_source": source,
        "quality_target": target,
        "quality_difference": target - source,
    }


def length_features(query: Query) -> Features:
    """Return the lengths of both, in words."""
    source = query.vectors.words[query.owner]
    target = query.index.vectors.words[query.targets]
    return {
        "title_words_source": source[:, 0],
        "title_words_target": target[:, 0],
        "text_words_source": source[:, 1],
        "text_words_target": target[:, 1],
    }
