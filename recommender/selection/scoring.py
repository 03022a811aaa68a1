"""Candidates of sources, scored: by the ranker, and by the house."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recommender.core.records import Article
from recommender.core.settings import CandidateSettings
from recommender.features.pair_features import pair_features
from recommender.features.reasons import RuleWeight
from recommender.model.snapshot import Snapshot
from recommender.ranker import scores
from recommender.retrieval.candidates import searched_depth, with_candidates
from recommender.retrieval.query import Query, SourceQuery, queries
from recommender.retrieval.vectors import Vectors
from recommender.selection.business_rules import BusinessRules, SourceRules, with_pins

BLOCK = 32  # sources that are asked together


@dataclass(frozen=True)
class ScoredCandidates:
    """A source's candidates with what they were scored by, in the order of `asked.targets`.

    Without `orders` nothing of the house is in it.
    """

    asked: SourceQuery
    features: NDArray[np.float32]
    log_odds: NDArray[np.float64]
    orders: SourceRules | None = None

    @cached_property
    def scores(self) -> NDArray[np.float64]:
        """Probabilities, in [0, 1]."""
        return scores(self.log_odds)

    def with_rules(self) -> ScoredCandidates:
        """Return the same with what the house adds to it."""
        if self.orders is None:
            return self
        return replace(self, log_odds=self.log_odds + self.orders.log_odds(self.asked.targets))

    def weights(self, row: int) -> list[RuleWeight]:
        """Return what the house adds to a row's log-odds."""
        return [] if self.orders is None else self.orders.weights(row)


def score_candidates(
    state: Snapshot,
    candidates: CandidateSettings,
    vectors: Vectors,
    rows: NDArray[np.intp],
    limits: NDArray[np.intp],
    house: BusinessRules | None = None,
    sources: Sequence[Article] = (),
    also: NDArray[np.intp] | None = None,
) -> list[ScoredCandidates]:
    """Score each source's candidates; by the house too where one is given, with the `sources` as asked for."""
    depth = searched_depth(candidates)
    found: list[ScoredCandidates] = []
    for block in queries(state.index, vectors, rows, limits, BLOCK, depth):
        asked = [SourceQuery(block, place) for place in range(len(block))]
        orders: list[SourceRules | None] = [None] * len(asked)
        if house is not None and not house.silent:
            own = sources[len(found) : len(found) + len(asked)]
            orders = [house.orders(one, source) for one, source in zip(asked, own, strict=True)]
        found += _scored(state, with_candidates(block, candidates), orders)
    for place, one in enumerate(found):
        if len(added := _added(one, also)):
            alone = slice(place, place + 1)
            [query] = queries(state.index, vectors.take(alone), rows[alone], limits[alone], depth=depth)
            [wide] = _scored(state, with_candidates(query, candidates, added), [one.orders])
            found[place] = _beside(one, wide)
    return found


def _scored(state: Snapshot, query: Query, orders: Sequence[SourceRules | None]) -> list[ScoredCandidates]:
    features = pair_features(query)[0]
    log_odds = state.ranker.log_odds(features, query.groups.count())
    ranked = [
        ScoredCandidates(one, features[one.pairs], log_odds[one.pairs], of_house)
        for one, of_house in ((SourceQuery(query, place), orders[place]) for place in range(len(query)))
    ]
    return [one.with_rules() for one in ranked]


def _added(ranked: ScoredCandidates, also: NDArray[np.intp] | None) -> NDArray[np.intp]:
    """Return the rows that are asked for, or pinned, and are no candidates."""
    wanted = with_pins(also, ranked.orders)
    return np.empty(0, dtype=np.intp) if wanted is None else np.setdiff1d(wanted, ranked.asked.targets)


def _beside(ranked: ScoredCandidates, wide: ScoredCandidates) -> ScoredCandidates:
    """Put further rows beside the candidates, which keep what they had without them: a score depends on its rivals."""
    places = np.searchsorted(wide.asked.targets, ranked.asked.targets)
    features, log_odds = wide.features.copy(), wide.log_odds.copy()
    features[places], log_odds[places] = ranked.features, ranked.log_odds
    return replace(wide, features=features, log_odds=log_odds)
