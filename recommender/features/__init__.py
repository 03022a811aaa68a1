"""Vectors of articles, and the named features of a pair of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recommender.corpus import Corpus
from recommender.features.asked import Asked
from recommender.features.provider import provider_codes, provider_features
from recommender.features.quality import length_features, lengths, qualities, quality_features
from recommender.features.query import Features, Query, queries
from recommender.features.relations import relation_features
from recommender.features.surroundings import surrounding_features
from recommender.features.text import TextModel
from recommender.features.timing import publication_days, time_features
from recommender.features.topics import TopicModel, topic_features
from recommender.features.vectors import Index, Vectors
from recommender.features.wording import text_features, title_features
from recommender.records import Article

__all__ = [
    "GROUPS",
    "GROUP_NAMES",
    "Asked",
    "FeatureModel",
    "Index",
    "Query",
    "Vectors",
    "feature_names",
    "pair_features",
    "queries",
]

# A group is what a reason is given for. The order is that of the columns of a feature matrix.
GROUPS: dict[str, Callable[[Query], Features]] = {
    "title_terms": title_features,
    "text_terms": text_features,
    "topics": topic_features,
    "provider": provider_features,
    "time": time_features,
    "quality": quality_features,
    "length": length_features,
    "relations": relation_features,
    "surroundings": surrounding_features,
}
GROUP_NAMES: tuple[str, ...] = tuple(GROUPS)


class FeatureModel:
    """What is learned about words and topics from a corpus; turns articles into vectors.

    Attributes
    ----------
    text_ : TextModel
    topics_ : TopicModel
    """

    def __init__(self, text: TextModel, topics: TopicModel):
        self.text_ = text
        self.topics_ = topics

    @classmethod
    def fit(cls, corpus: Corpus) -> Self:
        """Learn how rare each term and each topic of this corpus is."""
        return cls(TextModel.fit(corpus.articles), TopicModel.fit(corpus.articles, corpus.topic_parents))

    def transform(self, articles: Sequence[Article]) -> Vectors:
        """Return the articles' vectors, a row each."""
        return Vectors(
            text=self.text_.transform(articles),
            topics=self.topics_.transform(articles),
            providers=provider_codes(articles),
            days=publication_days(articles),
            quality=qualities(articles),
            words=lengths(articles),
        )

    def index(self, corpus: Corpus, like: Index | None = None) -> Index:
        """Return the whole corpus, ready to be asked.

        Articles that stand unchanged in the index `like` are taken over from there.
        """
        return Index(corpus, self._vectors(corpus, like), self.text_)

    def _vectors(self, corpus: Corpus, like: Index | None) -> Vectors:
        if like is None:
            return self.transform(corpus.articles)
        old = {article.id: row for row, article in enumerate(like.corpus)}
        rows = np.array([old.get(article.id, -1) for article in corpus], dtype=np.intp)
        for place, (row, article) in enumerate(zip(rows.tolist(), corpus, strict=True)):
            if row >= 0 and not _of_one_vector(article, like.corpus[row]):
                rows[place] = -1
        new = [corpus[int(row)] for row in np.flatnonzero(rows < 0)]
        if not new and np.array_equal(rows, np.arange(len(like.corpus))):
            return like.vectors.whole()
        rows[rows < 0] = len(like.corpus) + np.arange(len(new))
        return Vectors.stacked([like.vectors, self.transform(new)]).take(rows)


def _of_one_vector(one: Article, other: Article) -> bool:
    """Say whether two articles are the same in all that vectors are made from."""
    return one is other or (
        one.title == other.title
        and one.excerpt == other.excerpt
        and one.body == other.body
        and one.topics == other.topics
        and one.provider == other.provider
        and one.published_at == other.published_at
        and one.quality == other.quality
    )


def pair_features(query: Query) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """Return ``(n_pairs, n_features)`` and the names of the columns, each as ``group.feature``."""
    columns: list[NDArray[np.float32]] = []
    names: list[str] = []
    for group, compute in GROUPS.items():
        for name, values in compute(query).items():
            names.append(f"{group}.{name}")
            columns.append(np.asarray(values, dtype=np.float32))
    return np.column_stack(columns), tuple(names)


def feature_names(index: Index) -> tuple[str, ...]:
    """Return the names of the columns that `pair_features` makes."""
    nobody = np.zeros(0, dtype=np.intp)
    return pair_features(Query(index, index.vectors.take(nobody), nobody, nobody))[1]
