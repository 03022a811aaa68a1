"""Articles turned into vectors, with what a corpus taught about its words and topics."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recommender.core.records import Article
from recommender.corpus.corpus import Corpus
from recommender.retrieval.index import Index
from recommender.retrieval.text import TextModel
from recommender.retrieval.topics import TopicModel
from recommender.retrieval.vectors import Vectors

SECONDS_A_DAY = 86_400.0


class Vectorizer:
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


def provider_codes(articles: Sequence[Article]) -> NDArray[np.int64]:
    """Return a number for each article's provider, equal for equal ones, 0 for none."""
    keys = (article.provider.key if article.provider else None for article in articles)
    return np.array([zlib.crc32(key.encode()) + 1 if key else 0 for key in keys], dtype=np.int64)


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


def publication_days(articles: Sequence[Article]) -> NDArray[np.float64]:
    """Return publication in days since 1970, UTC; NaN where unknown."""
    moments = (article.published_at for article in articles)
    return np.array([moment.timestamp() / SECONDS_A_DAY if moment else np.nan for moment in moments], dtype=np.float64)
