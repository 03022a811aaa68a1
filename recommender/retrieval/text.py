"""The terms of articles: TF-IDF vectors of the words of title, excerpt and full text, and of n-grams of the title.

Terms are hashed to buckets, the columns of the matrices. So a word that no article of the training corpus holds has a
column, too, with the weight of the rarest, and nothing is refitted for a new article.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.utils import murmurhash3_32

from recommender.core.records import Article
from recommender.retrieval.groups import row_of_entry
from recommender.retrieval.shown_terms import SourceTerms
from recommender.retrieval.tokens import normalised, tokens

N_BUCKETS = 2**20
FIELDS = ("title", "excerpt", "full", "characters", "spelling")
WEIGHTED = ("title", "excerpt", "full", "characters")  # fields whose terms weigh by rarity
SEARCHED = ("full", "title", "characters", "spelling")  # fields in which articles are compared with a source
# A word is too common to be shown as a reason if it is in more than this part of all articles, and in more than 8.
COMMON = 0.05


def _vectorizer(**options: Any) -> HashingVectorizer:
    return HashingVectorizer(n_features=N_BUCKETS, alternate_sign=False, norm=None, dtype=np.float32, **options)


def _words(text: str) -> list[str]:
    return tokens(normalised(text))


_VECTORIZERS = dict.fromkeys(("title", "excerpt", "full"), _vectorizer(analyzer=_words))
_VECTORIZERS["characters"] = _vectorizer(preprocessor=normalised, analyzer="char_wb", ngram_range=(4, 4))


def field_text(article: Article, field: str) -> str:
    """Return the text that a field's vector is made from; the title stands twice in the full text, to weigh more."""
    if field == "full":
        return f"{article.title}\n{article.title}\n{article.excerpt}\n{article.body}"
    return article.excerpt if field == "excerpt" else article.title


class TextModel:
    """How rare each term is: the inverse document frequencies of each field.

    Attributes
    ----------
    n_articles_ : int
        How many articles the frequencies were counted on.
    document_frequency_ : dict of str to (N_BUCKETS,) int32 array
        In how many articles a bucket's terms occur, by weighted field.
    idf_ : dict of str to (N_BUCKETS,) float32 array
        ``(log((1 + n) / (1 + df)) + 1) / (log(1 + n) + 1)``, in (0, 1], by field: the smoothed IDF of scikit-learn's
        `TfidfTransformer`, divided by its largest value, so that a term of no article weighs 1 on a site of any
        size. 1 throughout for the field ``spelling``.
    """

    def __init__(self, n_articles: int, document_frequency: Mapping[str, NDArray[np.int32]]):
        self.n_articles_ = n_articles
        self.document_frequency_ = dict(document_frequency)
        self.idf_ = {field: _scaled_idf(n_articles, counts) for field, counts in self.document_frequency_.items()}
        self.idf_["spelling"] = np.ones(N_BUCKETS, dtype=np.float32)

    @classmethod
    def fit(cls, articles: Sequence[Article]) -> Self:
        """Count in how many of these articles each term occurs."""
        frequency = {
            field: np.bincount(_counts(articles, field).indices, minlength=N_BUCKETS).astype(np.int32)
            for field in WEIGHTED
        }
        return cls(len(articles), frequency)

    def transform(self, articles: Sequence[Article]) -> dict[str, sparse.csr_matrix]:
        """Return ``(n_articles, N_BUCKETS)`` by field; rows have length one, or zeros for an empty text."""
        counts = {field: _counts(articles, field) for field in WEIGHTED}
        counts["spelling"] = counts["characters"]  # the same n-grams, counted once
        return {field: _weighted(counts[field], self.idf_[field]) for field in FIELDS}

    def rarest_shared(
        self, source: Article, targets: Sequence[Article], field: str, columns: Sequence[NDArray[np.integer]], most: int
    ) -> list[list[str]]:
        """Return up to `most` words that a source shares with each target in a field, as of `SourceTerms`.

        `columns` are those of the targets' vectors of the field. They say which words are shared, so that no target is
        split into words.
        """
        text, words = field_text(source, field), defaultdict(list)
        for word in dict.fromkeys(_words(text)):
            words[bucket(word)].append(word)
        counts = self.document_frequency_[field][list(words)].tolist()
        frequencies = {word: count for own, count in zip(words.values(), counts, strict=True) for word in own}
        source_terms = SourceTerms(text, frequencies, self.most_telling)
        shared = [[word for column in words.keys() & own.tolist() for word in words[column]] for own in columns]
        texts = [field_text(target, field) for target in targets]
        shown = map(source_terms.shared_with, texts, shared)
        # A common word tells a reader nothing, even where the articles share no other.
        return [list(islice(words_of_pair, most)) for words_of_pair in shown]

    @property
    def most_telling(self) -> float:
        """In how many articles a word is at most that tells what an article is about."""
        return max(8, COMMON * self.n_articles_)

    @property
    def telling_idf(self) -> float:
        """The least `idf_`, in (0, 1], of a word that tells what an article is about."""
        return float(_scaled_idf(self.n_articles_, np.array([self.most_telling]))[0])


@lru_cache(maxsize=65536)  # a site's words come again and again, and hashing one costs ten times as much
def bucket(word: str) -> int:
    """Return the column that a word, as `terms` gives it, is hashed to."""
    return int(abs(murmurhash3_32(word))) % N_BUCKETS


@lru_cache(maxsize=8192)
def terms(text: str) -> tuple[str, ...]:
    """Return the words of a text as they are indexed, as of `tokens`: lower case, Latin ones without accents.

    >>> terms("Café in Aalborg")
    ('cafe', 'in', 'aalborg')
    """
    return tuple(_words(text))


def _counts(articles: Sequence[Article], field: str) -> sparse.csr_matrix:
    if not articles:  # scikit-learn raises an error for none
        return sparse.csr_matrix((0, N_BUCKETS), dtype=np.float32)
    return _VECTORIZERS[field].transform([field_text(article, field) for article in articles])


def _scaled_idf(n_articles: int, document_frequency: NDArray[np.generic]) -> NDArray[np.float32]:
    smoothed = np.log((1 + n_articles) / (1 + document_frequency.astype(np.float64))) + 1
    scaled: NDArray[np.float32] = (smoothed / (np.log(1 + n_articles) + 1)).astype(np.float32)
    return scaled


def _weighted(counts: sparse.csr_matrix, idf: NDArray[np.float32]) -> sparse.csr_matrix:
    """Turn counts into ``(1 + log tf) * idf``, each row scaled to length one."""
    weights = (1 + np.log(counts.data)) * idf[counts.indices]
    lengths = np.sqrt(np.bincount(row_of_entry(counts), weights.astype(np.float64) ** 2, minlength=counts.shape[0]))
    scale = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    data = (weights * np.repeat(scale, np.diff(counts.indptr))).astype(np.float32)
    return sparse.csr_matrix((data, counts.indices, counts.indptr), shape=counts.shape)
