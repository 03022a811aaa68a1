"""Baselines: the plain ways to relate articles that a publisher could use instead, fitted on the past.

Document frequencies and the mean length come from past rows only. A term that no past article has gets the weight of
a document frequency of 0, since news brings new names and a search engine would index them too. Titles count twice,
which was better in a trial. There are no stop words, as sites are in many languages.
"""

from __future__ import annotations

import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import MultiLabelBinarizer, normalize

from recommender.core.errors import NotFittedError
from recommender.core.languages import language_numbers, translation_numbers
from recommender.corpus.corpus import Corpus
from recommender.evaluation.splits import id_order

Rows = NDArray[np.int64]
Scores = NDArray[np.float64]

Fields = tuple[tuple[str, int], ...]
"""Names of text fields of an article, with how often each counts."""

TITLE_AND_EXCERPT: Fields = (("title", 2), ("excerpt", 1))
FULL_ARTICLE: Fields = (*TITLE_AND_EXCERPT, ("body", 1))
BLOCK = 64  # sources scored at once, so that the dense block of scores stays small
_WORD = r"(?u)\b\w\w+\b"
_DAY = 86_400.0


class Baseline(ABC):
    """A way to rank targets. Higher scores are better; a score of 0 is no suggestion."""

    name: str
    _priority: Any = None  # (n_articles,) array: of equal scores the lower one comes first
    _suggestible: NDArray[np.bool_]
    _languages: NDArray[np.int64]
    _translations: NDArray[np.int64]

    def fit(self, corpus: Corpus, rows: Rows) -> Self:
        """Learn from the past: the `rows` of the corpus that statistics may be taken from, ``(n_past,)``.

        Targets and sources are rows of the same corpus.
        """
        self._priority = np.argsort(np.lexsort((id_order(corpus), -corpus.times, np.isinf(corpus.times))))
        self._suggestible = np.array([article.is_target for article in corpus], dtype=bool)
        self._languages, self._translations = language_numbers(corpus), translation_numbers(corpus)
        self._fit(corpus, np.asarray(rows, dtype=np.int64))
        return self

    def score(self, source_rows: Rows) -> Scores:
        """Return the (n_sources, n_articles) scores, 0 or more, of every article as a target."""
        if self._priority is None:
            raise NotFittedError(f"the baseline {self.name!r} is not fitted; call fit(corpus, rows) first")
        scores: Scores = self._score(np.asarray(source_rows, dtype=np.int64))
        return scores

    def rank_all(self, source_rows: Rows, until: Sequence[int] | Rows, k: int = 10, block: int = BLOCK) -> list[Rows]:
        """Return at most `k` of the rows before each source's own `until`, best first: ties newest first, then by id.

        The source itself, its translations, what is removed or in another language, and scores of 0 are left out.
        `block` sources are scored at once.
        """
        sources, limits = np.asarray(source_rows), np.asarray(until)
        ranked_lists = []
        for start in range(0, len(sources), block):
            rows = sources[start : start + block]
            for row, limit, scores in zip(rows, limits[start : start + block], self.score(rows), strict=True):
                targets = np.flatnonzero(self._suggestible[:limit] & self._readable(row)[:limit] & (scores[:limit] > 0))
                ranked_lists.append(self._best(targets[targets != row], scores, k))
        return ranked_lists

    def _readable(self, row: int) -> NDArray[np.bool_]:
        """Say of each article whether it is no translation of a source, and not in another language."""
        translation, language = self._translations[row], self._languages[row]
        readable: NDArray[np.bool_] = (self._translations == 0) | (self._translations != translation)
        readable &= (self._languages == language) | (self._languages == 0) | (language == 0)
        return readable

    def _best(self, rows: NDArray[np.intp], scores: Scores, k: int) -> Rows:
        if len(rows) > k:  # sort only rows that can be among the best k; all that tie with the last of them stay
            least = np.partition(scores[rows], len(rows) - k)[len(rows) - k]
            rows = rows[scores[rows] >= least]
        return rows[np.lexsort((self._priority[rows], -scores[rows]))][:k]

    @abstractmethod
    def _fit(self, corpus: Corpus, rows: Rows) -> None: ...

    @abstractmethod
    def _score(self, source_rows: Rows) -> Any: ...


class RandomTargets(Baseline):
    """Targets at random, by a seeded hash of both ids, so that the order and number of articles do not matter."""

    name = "random"

    def __init__(self, random_state: int = 0):
        self.random_state = random_state

    def _fit(self, corpus: Corpus, rows: Rows) -> None:  # noqa: ARG002 - chance learns nothing
        keys = [f"{self.random_state} {article.id}".encode() for article in corpus]
        digests = [hashlib.blake2b(key, digest_size=8).digest() for key in keys]
        self._hashes = np.array([int.from_bytes(digest, "big") for digest in digests], dtype=np.uint64)

    def _score(self, source_rows: Rows) -> Any:
        pairs = _mix(_mix(self._hashes[source_rows])[:, None] ^ self._hashes[None, :])
        return ((pairs >> np.uint64(11)).astype(np.float64) + 1) * 2.0**-53


class TopicOverlap(Baseline):
    """Jaccard index of the two topic sets, ``shared / all of both``. IDF weights were no better in a trial."""

    name = "topic overlap"

    def _fit(self, corpus: Corpus, rows: Rows) -> None:  # noqa: ARG002 - nothing to learn
        topics = [article.topics for article in corpus]
        self._topics = MultiLabelBinarizer(sparse_output=True).fit_transform(topics)
        self._sizes = np.diff(self._topics.indptr).astype(np.float64)

    def _score(self, source_rows: Rows) -> Any:
        shared = (self._topics[source_rows] @ self._topics.T).toarray()
        union = self._sizes[source_rows][:, None] + self._sizes[None, :] - shared
        return shared / np.maximum(union, 1)


class NewestInTopic(TopicOverlap):
    """The newest articles that share a topic."""

    name = "newest in topic"

    def _score(self, source_rows: Rows) -> Any:
        # Ties go to the newest, so the score need not say more than whether a topic is shared.
        return np.where(super()._score(source_rows) > 0, 1.0, 0.0)


class TfidfCosine(Baseline):
    """Cosine of TF-IDF vectors, ``(1 + ln tf) * (1 + ln((1 + N) / (1 + df)))``, scaled to unit length.

    The smoothed IDF is that of scikit-learn's `TfidfTransformer`, from `N` past articles.
    """

    def __init__(self, fields: Fields = TITLE_AND_EXCERPT, name: str = "TF-IDF cosine, title + excerpt"):
        self.fields = fields
        self.name = name

    def _fit(self, corpus: Corpus, rows: Rows) -> None:
        counts = _term_counts(corpus, self.fields)
        idf = np.log((1 + len(rows)) / (1 + _document_frequency(counts, rows))) + 1
        counts.data = (1 + np.log(counts.data)) * idf[counts.indices]
        self._vectors = normalize(counts)
        self._transposed = self._vectors.T.tocsr()

    def _score(self, source_rows: Rows) -> Any:
        return (self._vectors[source_rows] @ self._transposed).toarray()


class Bm25(Baseline):
    """Okapi BM25 with the whole source article as its query.

    ``sum over shared terms of idf * query * target`` with ``idf = ln(1 + (N - df + 0.5) / (df + 0.5))``,
    ``target = tf (k1 + 1) / (tf + k1 (1 - b + b length / mean length))`` and, because the query is long,
    ``query = qtf (k3 + 1) / (qtf + k3)``. Robertson and Zaragoza, "The probabilistic relevance
    framework: BM25 and beyond", 2009; the IDF that cannot become negative is Lucene's.
    """

    name = "BM25, full article"
    k1 = 1.5  # saturation of a term in the target
    b = 0.75  # share of length normalisation
    k3 = 8.0  # saturation of a term in the source

    def _fit(self, corpus: Corpus, rows: Rows) -> None:
        counts = _term_counts(corpus, FULL_ARTICLE)
        df = _document_frequency(counts, rows)
        idf = np.log1p((len(rows) - df + 0.5) / (df + 0.5))
        lengths = np.asarray(counts.sum(axis=1)).ravel()
        mean = float(lengths[rows].mean()) if len(rows) and lengths[rows].any() else 1.0
        norm = np.repeat(self.k1 * (1 - self.b + self.b * lengths / mean), np.diff(counts.indptr))
        targets, queries = counts.copy(), counts.copy()
        targets.data = counts.data * (self.k1 + 1) / (counts.data + norm)
        queries.data = counts.data * (self.k3 + 1) / (counts.data + self.k3) * idf[counts.indices]
        self._queries = queries
        self._targets = targets.T.tocsr()

    def _score(self, source_rows: Rows) -> Any:
        return (self._queries[source_rows] @ self._targets).toarray()


class TimeDecay(Baseline):
    """Another baseline's score, halved for every `half_life` days between the two articles.

    Where a date is missing, 365 days.
    """

    def __init__(self, baseline: Baseline, half_life: float = 7.0):
        self.baseline = baseline
        self.half_life = half_life
        self.name = f"{baseline.name}, {half_life:g}-day decay"

    def _fit(self, corpus: Corpus, rows: Rows) -> None:
        self.baseline.fit(corpus, rows)
        self._days = np.where(np.isfinite(corpus.times), corpus.times, np.nan) / _DAY

    def _score(self, source_rows: Rows) -> Any:
        days_apart = np.nan_to_num(np.abs(self._days[source_rows][:, None] - self._days[None, :]), nan=365.0)
        return self.baseline.score(source_rows) * np.exp2(-days_apart / self.half_life)


def default_baselines(random_state: int = 0, dated: bool = True) -> list[Baseline]:
    """Return the baselines of the evaluation, unfitted, weakest first; those that need dates only where `dated`."""
    baselines = [
        RandomTargets(random_state),
        NewestInTopic(),
        TopicOverlap(),
        TfidfCosine(),
        TfidfCosine(FULL_ARTICLE, "TF-IDF cosine, full article"),
        Bm25(),
        TimeDecay(Bm25()),
    ]
    return [baseline for baseline in baselines if dated or not isinstance(baseline, NewestInTopic | TimeDecay)]


def _mix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scatter 64-bit numbers: the finaliser of splitmix64 (Steele, Lea and Flood, OOPSLA 2014)."""
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _term_counts(corpus: Corpus, fields: Fields) -> Any:
    """Return the (n_articles, n_terms) csr_matrix of words of two or more letters; at least one column."""
    texts = [" ".join(getattr(article, name) for name, times in fields for _ in range(times)) for article in corpus]
    if not any(re.search(_WORD, text) for text in texts):
        return sparse.csr_matrix((len(texts), 1), dtype=np.float64)
    return CountVectorizer(token_pattern=_WORD, dtype=np.float64).fit_transform(texts).tocsr()


def _document_frequency(counts: Any, rows: Rows) -> Scores:
    """Return in how many of `rows` each term occurs; 0 for a term that only other rows have."""
    return np.bincount(counts[rows].indices, minlength=counts.shape[1]).astype(np.float64)
