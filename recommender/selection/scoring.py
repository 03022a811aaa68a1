"""Scoring: the candidates of some sources, by the ranker and then by the business rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recommender.core.records import Article
from recommender.core.settings import CandidateSettings
from recommender.features.pair_features import pair_features
from recommender.ranker import Ranker, scores
from recommender.retrieval.candidates import searched_depth, with_candidates
from recommender.retrieval.index import Index
from recommender.retrieval.query import Query, SourceQuery, queries
from recommender.retrieval.vectors import Vectors
from recommender.selection.rules_and_decisions import BusinessRules, SourceRules

BLOCK = 32  # sources that are scored together
_NO_ROWS = np.empty(0, dtype=np.intp)


@dataclass(frozen=True)
class SourceBatch:
    """Some sources with their vectors, and how much of the corpus each of them may know.

    Attributes
    ----------
    rows : (n_sources,) intp array
        The sources' own rows; -1 for an article that the corpus does not hold.
    limits : (n_sources,) intp array
        How many rows of the corpus, from the first, each source may know.
    articles
        As they were given.
    """

    vectors: Vectors
    rows: NDArray[np.intp]
    limits: NDArray[np.intp]
    articles: Sequence[Article]

    @classmethod
    def of_rows(cls, index: Index, rows: NDArray[np.intp]) -> Self:
        """Return articles of the corpus as sources that know all of it."""
        articles = [index.corpus[row] for row in rows.tolist()]
        return cls(index.vectors.take(rows), rows, np.full(len(rows), len(index.corpus)), articles)

    def take(self, positions: NDArray[np.intp]) -> SourceBatch:
        """Return the sources at these positions."""
        articles = [self.articles[position] for position in positions.tolist()]
        return SourceBatch(self.vectors.take(positions), self.rows[positions], self.limits[positions], articles)

    @classmethod
    def stacked(cls, batches: Sequence[SourceBatch]) -> Self:
        """Return the sources of all batches, one batch after the other."""
        return cls(
            Vectors.stacked([batch.vectors for batch in batches]),
            np.concatenate([batch.rows for batch in batches]),
            np.concatenate([batch.limits for batch in batches]),
            [article for batch in batches for article in batch.articles],
        )


@dataclass(frozen=True)
class ScoredCandidates:
    """A source with its candidates and their scores, all arrays in the order of ``source_query.targets``.

    Attributes
    ----------
    source
        As it was given.
    features : (n_candidates, n_features) float32 array
    names
        Of the features, each as ``group.feature``.
    log_odds : (n_candidates,) float64 array
        Of the scores, with what the business rules add.
    scores : (n_candidates,) float64 array
        Probabilities, in [0, 1].
    rules
        None where there are no business rules and no decisions.
    added : (n_added,) intp array
        Rows that are scored only because they were asked for or are pinned, and that retrieval did not find.
    """

    source_query: SourceQuery
    source: Article
    features: NDArray[np.float32]
    names: tuple[str, ...]
    log_odds: NDArray[np.float64]
    scores: NDArray[np.float64]
    rules: SourceRules | None = None
    added: NDArray[np.intp] = field(default_factory=lambda: _NO_ROWS)

    def row(self, position: int) -> int:
        """Return the row of a candidate."""
        return int(self.source_query.targets[position])

    def position(self, row: int) -> int:
        """Return the position of a row that is among the candidates."""
        return int(np.searchsorted(self.source_query.targets, row))

    def feature(self, name: str) -> NDArray[np.float32]:
        """Return one feature of all candidates, ``(n_candidates,)``."""
        return self.features[:, self.names.index(name)]

    def target(self, position: int) -> Article:
        """Return a candidate."""
        return self.source_query.index.corpus[self.row(position)]


class Scorer:
    """Retrieves the candidates of sources and scores them.

    What the business rules add to the log-odds is added, and what they pin is scored too; without them, or where there
    is no rule and no decision, the ranker scores alone.
    """

    def __init__(
        self, index: Index, ranker: Ranker, candidates: CandidateSettings, business_rules: BusinessRules | None = None
    ):
        self.index, self.ranker, self._candidates = index, ranker, candidates
        is_empty = business_rules is None or business_rules.is_empty
        self.business_rules = None if is_empty else business_rules

    def candidate_rows(self, batch: SourceBatch) -> list[NDArray[np.intp]]:
        """Return the rows of each source's candidates, ascending; they are retrieved, but not scored."""
        return [
            source_query.targets
            for query, _ in self._queries(batch)
            for source_query in _source_queries(with_candidates(query, self._candidates))
        ]

    def score(self, batch: SourceBatch, also: NDArray[np.intp] | None = None) -> list[ScoredCandidates]:
        """Score each source's candidates and, beside them, the rows `also` and what is pinned for the source.

        A score depends on the other candidates of the source. So the candidates that were retrieved keep the scores
        that they have without the added rows, and the added rows have those that they have beside all of them.
        """
        scored: list[ScoredCandidates] = []
        for query, articles in self._queries(batch):
            retrieved = with_candidates(query, self._candidates)
            of_block = self._scored(retrieved, articles)
            added = [_added_rows(candidates, also) for candidates in of_block]
            if any(map(len, added)):
                extended = self._scored(self._extended(retrieved, query, added), articles)
                of_block = [
                    _beside(candidates, wider, rows) if len(rows) else candidates
                    for candidates, wider, rows in zip(of_block, extended, added, strict=True)
                ]
            scored += of_block
        return scored

    def score_target(self, batch: SourceBatch, target: int) -> list[ScoredCandidates]:
        """Score one target, beside the candidates of each source.

        The target has the score that `score` would give it, at half the price: its rivals are scored once, with it
        among them, so that their scores are not those that they have without it. Not for sources with pins, which
        `score` adds beside the target.
        """
        return [
            candidates
            for query, articles in self._queries(batch)
            for candidates in self._scored(with_candidates(query, self._candidates, np.array([target])), articles)
        ]

    def _queries(self, batch: SourceBatch) -> Iterator[tuple[Query, Sequence[Article]]]:
        """Yield the sources in blocks, as queries without candidates, with their articles."""
        start, depth = 0, searched_depth(self._candidates)
        for query in queries(self.index, batch.vectors, batch.rows, batch.limits, BLOCK, depth):
            yield query, batch.articles[start : start + len(query)]
            start += len(query)

    def _scored(self, query: Query, articles: Sequence[Article]) -> list[ScoredCandidates]:
        """Score the candidates of a query, a source at a time so that no score depends on other sources."""
        features = pair_features(query)[0]
        ranker_log_odds = self.ranker.log_odds(features, query.groups.count())
        scored: list[ScoredCandidates] = []
        for source_query, source in zip(_source_queries(query), articles, strict=True):
            log_odds, rules = ranker_log_odds[source_query.pairs], None
            if self.business_rules is not None:
                rules = SourceRules(self.business_rules, source_query, source)
                log_odds = log_odds + rules.log_odds(source_query.targets)
            own_features = features[source_query.pairs]
            scored.append(
                ScoredCandidates(
                    source_query, source, own_features, self.ranker.names, log_odds, scores(log_odds), rules
                )
            )
        return scored

    def _extended(self, retrieved: Query, query: Query, added: Sequence[NDArray[np.intp]]) -> Query:
        """Return the query in which each source with added rows has these among its candidates."""
        positions = np.repeat(np.arange(len(query)), [len(rows) for rows in added])
        rows = np.concatenate(added)
        # Every source gets the rows that were added to any of them; what is not its own is taken out again.
        extended = with_candidates(query, self._candidates, np.unique(rows))
        wanted = np.append(retrieved.pair_keys(*retrieved.candidates), extended.pair_keys(positions, rows))
        keep = np.isin(extended.pair_keys(*extended.candidates), wanted)
        return extended.with_targets(extended.candidates.take(keep), extended.link_strengths[keep])


def _source_queries(query: Query) -> list[SourceQuery]:
    return [SourceQuery(query, position) for position in range(len(query))]


def _added_rows(candidates: ScoredCandidates, also: NDArray[np.intp] | None) -> NDArray[np.intp]:
    """Return the rows that are asked for or pinned, and are no candidates, ascending."""
    pinned = [] if candidates.rules is None else candidates.rules.pinned
    rows = np.append(np.array(pinned, dtype=np.intp), _NO_ROWS if also is None else also)
    return np.setdiff1d(rows, candidates.source_query.targets)


def _beside(candidates: ScoredCandidates, extended: ScoredCandidates, added: NDArray[np.intp]) -> ScoredCandidates:
    """Return the extended candidates, with what was computed without the added rows where it is known."""
    positions = np.searchsorted(extended.source_query.targets, candidates.source_query.targets)
    features, log_odds, probabilities = extended.features.copy(), extended.log_odds.copy(), extended.scores.copy()
    features[positions], log_odds[positions] = candidates.features, candidates.log_odds
    probabilities[positions] = candidates.scores
    return replace(extended, features=features, log_odds=log_odds, scores=probabilities, added=added)
