"""What a publisher could do instead: plain ways to relate articles, each at its fair best, fitted on the past.

Document frequencies and the mean length come from the past rows only. A term that the past never saw keeps a
weight, that of a document frequency of 0: names are ever new in the news, and a search engine would index them
as well. Titles count twice, which was the better choice in a trial; no stop words, for sites speak many languages.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.core.errors import NotFittedError
from recommender.corpus.corpus import Corpus
from recommender.evaluation.terms import document_frequency, sublinear, term_counts, unit_rows

Rows = NDArray[np.int64]
Scores = NDArray[np.float64]

_BLOCK = 64  # sources scored at once: the dense block stays small whatever the site's size
_DAY = 86_400.0


class Baseline(ABC):
    """A way to rank targets. Higher scores are better; a score of 0 is no suggestion."""

    name: str
    _priority: Any = None  # (n_articles,) array: who comes first where scores tie
    _suggestible: NDArray[np.bool_]

    def fit(self, corpus: Corpus, rows: Rows) -> Self:
        """Learn from the past.

        Parameters
        ----------
        corpus
            All articles; targets and sources are rows of it.
        rows : (n_past,) array
            Rows that statistics may be taken from.
        """
        self._priority = _tie_order(corpus)
        self._suggestible = np.array([not article.removed for article in corpus], dtype=bool)
        self._fit(corpus, np.asarray(rows, dtype=np.int64))
        return self

    def score(self, source_rows: Rows) -> Scores:
        """Return the (n_sources, n_articles) scores, 0 or more, of every article as a target."""
        if self._priority is None:
            raise NotFittedError(f"the baseline {self.name!r} is not fitted; call fit(corpus, rows) first")
        return self._score(np.asarray(source_rows, dtype=np.int64))

    def rank(self, source_row: int, eligible_rows: Rows, k: int = 10) -> Rows:
        """Return at most `k` of the eligible rows, best first: ties newest first, then by id.

        The source itself, removed articles and scores of 0 are left out.
        """
        scores = self.score(np.array([source_row]))[0]
        eligible = np.zeros(len(scores), dtype=bool)
        eligible[eligible_rows] = True
        return self._best(scores, eligible, source_row, k)

    def rank_all(self, source_rows: Rows, until: Sequence[int] | Rows, k: int = 10) -> list[Rows]:
        """Rank for many sources, each among the rows before its own `until`; blockwise, same results as `rank`."""
        rankings = []
        for rows, limits in _blocks(np.asarray(source_rows), np.asarray(until)):
            for row, limit, scores in zip(rows, limits, self.score(rows), strict=True):
                rankings.append(self._best(scores, np.arange(len(scores)) < limit, int(row), k))
        return rankings

    def _best(self, scores: Scores, eligible: NDArray[np.bool_], source_row: int, k: int) -> Rows:
        eligible = eligible & self._suggestible & (scores > 0)
        eligible[source_row] = False
        rows = np.flatnonzero(eligible)
        if len(rows) > k:  # sort only what can be among the best; ties at the edge stay in
            least = np.partition(scores[rows], len(rows) - k)[len(rows) - k]
            rows = rows[scores[rows] >= least]
        return rows[np.lexsort((self._priority[rows], -scores[rows]))][:k]

    @abstractmethod
    def _fit(self, corpus: Corpus, rows: Rows) -> None: ...

    @abstractmethod
    def _score(self, source_rows: Rows) -> Scores: ...


class RandomTargets(Baseline):
    """Any targets, by a seeded hash of both ids: independent of the order and number of articles."""

    name = "random"

    def __init__(self, random_state: int = 0):
        self.random_state = random_state

    def _fit(self, corpus: Corpus, rows: Rows) -> None:  # noqa: ARG002 - chance learns nothing
        self._hashes = np.array([_hash(f"{self.random_state} {article.id}") for article in corpus], dtype=np.uint64)

    def _score(self, source_rows: Rows) -> Scores:
        pairs = _mix(_mix(self._hashes[source_rows])[:, None] ^ self._hashes[None, :])
        return ((pairs >> np.uint64(11)).astype(np.float64) + 1) * 2.0**-53


class NewestInTopic(Baseline):
    """The newest articles that share a topic."""

    name = "newest in topic"

    def _fit(self, corpus: Corpus, rows: Rows) -> None:  # noqa: ARG002 - nothing to learn
        self._topics = _topic_matrix(corpus)

    def _score(self, source_rows: Rows) -> Scores:
        # Ties go to the newest, so sharing a topic is all that the score has to say.
        shared: Scores = (self._topics[source_rows] @ self._topics.T).toarray()
        return np.where(shared > 0, 1.0, 0.0)


class TopicOverlap(Baseline):
    """Jaccard index of the two topic sets, ``shared / all of both``. IDF weights were no better in a trial."""

    name = "topic overlap"

    def _fit(self, corpus: Corpus, rows: Rows) -> None:  # noqa: ARG002 - nothing to learn
        self._topics = _topic_matrix(corpus)
        self._sizes = np.diff(self._topics.indptr).astype(np.float64)

    def _score(self, source_rows: Rows) -> Scores:
        shared: Scores = (self._topics[source_rows] @ self._topics.T).toarray()
        union = self._sizes[source_rows][:, None] + self._sizes[None, :] - shared
        overlap: Scores = shared / np.maximum(union, 1)
        return overlap


class TfidfCosine(Baseline):
    """Cosine of TF-IDF vectors, ``(1 + ln tf) * (1 + ln((1 + N) / (1 + df)))``, scaled to unit length.

    The smoothed IDF is that of scikit-learn's `TfidfTransformer`, from `N` past articles.

    Parameters
    ----------
    fields
        Fields of an article, with how often each counts.
    """

    def __init__(self, fields: Sequence[tuple[str, int]] = (("title", 2), ("excerpt", 1)), name: str | None = None):
        self.fields = tuple(fields)
        self.name = name or f"TF-IDF cosine, {' + '.join(field for field, _ in self.fields)}"

    def _fit(self, corpus: Corpus, rows: Rows) -> None:
        counts = term_counts(corpus, self.fields)
        idf = np.log((1 + len(rows)) / (1 + document_frequency(counts, rows))) + 1
        self._vectors = unit_rows(sublinear(counts, idf))
        self._transposed = self._vectors.T.tocsr()

    def _score(self, source_rows: Rows) -> Scores:
        scores: Scores = (self._vectors[source_rows] @ self._transposed).toarray()
        return scores


class Bm25(Baseline):
    """Okapi BM25 with the whole source article as its query.

    ``sum over shared terms of idf * query * target`` with ``idf = ln(1 + (N - df + 0.5) / (df + 0.5))``,
    ``target = tf (k1 + 1) / (tf + k1 (1 - b + b length / mean length))`` and, because the query is long,
    ``query = qtf (k3 + 1) / (qtf + k3)``. Robertson and Zaragoza, "The probabilistic relevance
    framework: BM25 and beyond", 2009; the IDF that cannot become negative is Lucene's.

    Parameters
    ----------
    k1, b, k3
        Saturation of a term in the target, the share of length normalisation in [0, 1], saturation in the source.
    """

    def __init__(
        self,
        fields: Sequence[tuple[str, int]] = (("title", 2), ("excerpt", 1), ("body", 1)),
        k1: float = 1.5,
        b: float = 0.75,
        k3: float = 8.0,
        name: str = "BM25, full article",
    ):
        self.fields = tuple(fields)
        self.k1, self.b, self.k3 = k1, b, k3
        self.name = name

    def _fit(self, corpus: Corpus, rows: Rows) -> None:
        counts = term_counts(corpus, self.fields)
        df = document_frequency(counts, rows)
        idf = np.log1p((len(rows) - df + 0.5) / (df + 0.5))
        lengths = np.asarray(counts.sum(axis=1)).ravel()
        mean = float(lengths[rows].mean()) if len(rows) and lengths[rows].any() else 1.0
        norm = np.repeat(self.k1 * (1 - self.b + self.b * lengths / mean), np.diff(counts.indptr))
        targets, queries = counts.copy(), counts.copy()
        targets.data = counts.data * (self.k1 + 1) / (counts.data + norm)
        queries.data = counts.data * (self.k3 + 1) / (counts.data + self.k3) * idf[counts.indices]
        self._queries = queries
        self._targets = targets.T.tocsr()

    def _score(self, source_rows: Rows) -> Scores:
        scores: Scores = (self._queries[source_rows] @ self._targets).toarray()
        return scores


class TimeDecay(Baseline):
    """Another baseline's score, halved for every `half_life` days between the two articles.

    A gap that is unknown counts as a year.
    """

    def __init__(self, baseline: Baseline, half_life: float = 7.0):
        self.baseline = baseline
        self.half_life = half_life
        self.name = f"{baseline.name}, {half_life:g}-day decay"

    def _fit(self, corpus: Corpus, rows: Rows) -> None:
        self.baseline.fit(corpus, rows)
        self._days = np.where(np.isfinite(corpus.times), corpus.times, np.nan) / _DAY

    def _score(self, source_rows: Rows) -> Scores:
        gaps = np.nan_to_num(np.abs(self._days[source_rows][:, None] - self._days[None, :]), nan=365.0)
        decayed: Scores = self.baseline.score(source_rows) * np.exp2(-gaps / self.half_life)
        return decayed


def default_baselines(random_state: int = 0) -> list[Baseline]:
    """Return the baselines of the evaluation, unfitted, weakest first."""
    whole = (("title", 2), ("excerpt", 1), ("body", 1))
    return [
        RandomTargets(random_state),
        NewestInTopic(),
        TopicOverlap(),
        TfidfCosine(),
        TfidfCosine(whole, name="TF-IDF cosine, full article"),
        Bm25(),
        TimeDecay(Bm25()),
    ]


def _tie_order(corpus: Corpus) -> Rows:
    """Return the place of each row where scores tie: newest first, undated last, then by id."""
    when = np.where(np.isfinite(corpus.times), corpus.times, -np.inf)
    by_id = np.argsort(np.array([article.id for article in corpus], dtype=object), kind="stable")
    place_of_id = np.empty(len(corpus), dtype=np.int64)
    place_of_id[by_id] = np.arange(len(corpus))
    order = np.lexsort((place_of_id, -when))
    place = np.empty(len(corpus), dtype=np.int64)
    place[order] = np.arange(len(corpus))
    return place


def _topic_matrix(corpus: Corpus) -> Any:
    """Return the (n_articles, n_topics) csr_matrix of which article has which topic."""
    names = sorted({topic for article in corpus for topic in article.topics})
    column = {name: position for position, name in enumerate(names)}
    pairs = [(row, column[topic]) for row, article in enumerate(corpus) for topic in sorted(set(article.topics))]
    rows, columns = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    shape = (len(corpus), max(1, len(names)))
    return sparse.csr_matrix((np.ones(len(pairs)), (rows, columns)), shape=shape)


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def _mix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scatter 64-bit numbers: the finaliser of splitmix64 (Steele, Lea and Flood, OOPSLA 2014)."""
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _blocks(rows: Rows, until: Rows) -> Iterator[tuple[Rows, Rows]]:
    for start in range(0, len(rows), _BLOCK):
        yield rows[start : start + _BLOCK], until[start : start + _BLOCK]
