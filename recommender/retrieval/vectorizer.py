"""Turns articles into vectors, with the rarity of terms and topics that it learned from a corpus."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recommender.core.languages import key_numbers, language_numbers, translation_numbers
from recommender.core.records import Article
from recommender.corpus.corpus import Corpus
from recommender.retrieval.index import Index
from recommender.retrieval.text import TextModel
from recommender.retrieval.tokens import count_words
from recommender.retrieval.topics import TopicModel
from recommender.retrieval.vectors import Vectors

SECONDS_A_DAY = 86_400.0


class Vectorizer:
    """Turns articles into vectors, in which a term or topic weighs the more the rarer it is in the training corpus.

    `text_` knows in how many articles each term occurs, `topics_` each topic.
    """

    def __init__(self, text: TextModel, topics: TopicModel):
        self.text_ = text
        self.topics_ = topics

    @classmethod
    def fit(cls, corpus: Corpus) -> Self:
        """Return a vectorizer that has counted the terms and topics of this corpus."""
        return cls(TextModel.fit(corpus.articles), TopicModel.fit(corpus.articles, corpus.topic_parents))

    def transform(self, articles: Sequence[Article]) -> Vectors:
        """Return the articles' vectors, a row each."""
        words = [[count_words(text) for text in (article.title, article.excerpt, article.body)] for article in articles]
        return Vectors(
            **self.text_.transform(articles),
            topics=self.topics_.transform(articles),
            providers=key_numbers(article.provider.key if article.provider else None for article in articles),
            languages=language_numbers(articles),
            translations=translation_numbers(articles),
            days=publication_days(articles),
            quality=np.array([article.quality for article in articles], dtype=np.float64),  # NaN for None
            words=np.array([(counts[0], sum(counts)) for counts in words], dtype=np.float64).reshape(-1, 2),
        )

    def index(self, corpus: Corpus, previous: Index | None = None) -> Index:
        """Return the index of a whole corpus.

        Vectors of articles that have not changed since are taken from `previous`, an index made by this vectorizer.
        """
        return Index(corpus, self._vectors(corpus, previous), self.text_)

    def _vectors(self, corpus: Corpus, previous: Index | None) -> Vectors:
        if previous is None:
            return self.transform(corpus.articles)
        previous_rows = {article.id: row for row, article in enumerate(previous.corpus)}
        # Where each vector lies: a row of the previous index, or behind these for a new one, -1 in the meantime.
        rows = np.array([previous_rows.get(article.id, -1) for article in corpus], dtype=np.intp)
        for row, (previous_row, article) in enumerate(zip(rows.tolist(), corpus, strict=True)):
            if previous_row >= 0 and not _have_equal_vectors(article, previous.corpus[previous_row]):
                rows[row] = -1
        new_articles = [corpus[int(row)] for row in np.flatnonzero(rows < 0)]
        if not new_articles and np.array_equal(rows, np.arange(len(previous.corpus))):
            return previous.vectors.whole()
        rows[rows < 0] = len(previous.corpus) + np.arange(len(new_articles))
        return Vectors.stacked([previous.vectors, self.transform(new_articles)]).take(rows)


def _have_equal_vectors(article: Article, other_article: Article) -> bool:
    """Say whether two articles are equal in all that `Vectorizer.transform` reads."""
    names = ("title", "excerpt", "body", "topics", "provider", "language", "translation_key", "published_at", "quality")
    return article is other_article or all(getattr(article, name) == getattr(other_article, name) for name in names)


def publication_days(articles: Sequence[Article]) -> NDArray[np.float64]:
    """Return when each article was published, in days since 1970, UTC; NaN where unknown: ``(n_articles,)``."""
    moments = (article.published_at for article in articles)
    return np.array([moment.timestamp() / SECONDS_A_DAY if moment else np.nan for moment in moments], dtype=np.float64)
