"""Vectors of topics, weighted by rarity; the ancestors of a topic in the site's tree count in part."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.core.records import Article
from recommender.retrieval.groups import row_of_entry

N_BUCKETS = 2**16
ANCESTOR_WEIGHT = 0.5  # a topic counts fully, its parent half, its grandparent a quarter


class TopicModel:
    """How rare each topic is, and the site's tree of topics.

    Attributes
    ----------
    n_articles_ : int
        How many articles the frequencies were counted on.
    document_frequency_ : (N_BUCKETS,) int32 array
        In how many articles a topic, or one under it, occurs.
    parents_ : dict of str to str
        The key of each topic's parent, by the topic's own; see `topic_key`.
    rarity_ : (N_BUCKETS,) float64 array
        ``log((1 + n) / (1 + df)) / log(2 + n) + 0.05``, about 0.05 for a topic of all articles to 1.05 for one of none.
    """

    def __init__(self, n_articles: int, document_frequency: NDArray[np.int32], parents: Mapping[str, str]):
        self.n_articles_ = n_articles
        self.document_frequency_ = document_frequency
        self.parents_ = {topic_key(topic): topic_key(parent) for topic, parent in parents.items()}
        self.rarity_ = np.log((1 + n_articles) / (1 + document_frequency)) / np.log(2 + n_articles) + 0.05

    @classmethod
    def fit(cls, articles: Sequence[Article], parents: Mapping[str, str]) -> Self:
        """Return a model that has counted the topics of these articles."""
        unweighted = cls(0, np.zeros(N_BUCKETS, dtype=np.int32), parents)
        columns = unweighted._membership(articles).indices
        return cls(len(articles), np.bincount(columns, minlength=N_BUCKETS).astype(np.int32), parents)

    def transform(self, articles: Sequence[Article]) -> sparse.csr_matrix:
        """Return ``(n_articles, N_BUCKETS)``, rows of length one, or zeros for an article without topics."""
        weights = self._membership(articles)
        data = weights.data * self.rarity_[weights.indices]
        article_of = row_of_entry(weights)
        lengths = np.sqrt(np.bincount(article_of, data**2, minlength=len(articles)))
        data = (data / lengths[article_of]).astype(np.float32)
        return sparse.csr_matrix((data, weights.indices, weights.indptr), shape=weights.shape)

    def _membership(self, articles: Sequence[Article]) -> sparse.csr_matrix:
        """Return how far each article belongs to each topic, in (0, 1], before rarity."""
        weights = [self._weights(article.topics) for article in articles]
        starts = np.cumsum([0, *(len(of_article) for of_article in weights)])
        columns = np.array([column for of_article in weights for column in of_article], dtype=np.int32)
        data = np.array([weight for of_article in weights for weight in of_article.values()], dtype=np.float64)
        matrix = sparse.csr_matrix((data, columns, starts), shape=(len(articles), N_BUCKETS))
        matrix.sort_indices()
        return matrix

    def _weights(self, topics: Sequence[str]) -> dict[int, float]:
        """Return the weights of topics and their ancestors, by bucket: the highest where several ways lead there."""
        weights: dict[int, float] = {}
        for topic in topics:
            key: str | None = topic_key(topic)
            weight = 1.0
            seen: set[str] = set()  # a site's tree may hold a loop
            while key is not None and key not in seen:
                seen.add(key)
                weights[_bucket(key)] = max(weights.get(_bucket(key), 0.0), weight)
                key, weight = self.parents_.get(key), weight * ANCESTOR_WEIGHT
        return weights


def topic_key(topic: str) -> str:
    """Return a topic without differences of case and white space: equal for all spellings of one topic.

    >>> topic_key("  Computer   Vision")
    'computer vision'
    """
    return " ".join(topic.casefold().split())


def shared_topics(source: Article, target: Article) -> list[str]:
    """Return the topics that both articles carry, each once, spelt and ordered as in the source."""
    wanted = {topic_key(topic) for topic in target.topics}
    spelt: dict[str, str] = {}
    for topic in source.topics:
        spelt.setdefault(topic_key(topic), topic)
    return [topic for key, topic in spelt.items() if key in wanted]


def _bucket(key: str) -> int:
    return zlib.crc32(key.encode()) % N_BUCKETS
