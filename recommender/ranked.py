"""Candidates of sources, scored: by the ranker, and by the house."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recommender.candidates import searched_depth, with_candidates
from recommender.features import Asked, Query, Vectors, pair_features, queries
from recommender.house import House, Orders, Weight, with_pins
from recommender.ranker import scores
from recommender.records import Article
from recommender.settings import CandidateSettings
from recommender.state import State

BLOCK = 32  # sources that are asked together


@dataclass(frozen=True)
class Ranked:
    """A source's candidates with what they were scored by, in the order of `asked.targets`.

    Without `orders` nothing of the house is in it.
    """

    asked: Asked
    features: NDArray[np.float32]
    log_odds: NDArray[np.float64]
    orders: Orders | None = None

    @cached_property
    def scores(self) -> NDArray[np.float64]:
        """Probabilities, in [0, 1]."""
        return scores(self.log_odds)

    def by_the_house(self) -> Ranked:
        """Return the same with what the house adds to it."""
        if self.orders is None:
            return self
        return replace(self, log_odds=self.log_odds + self.orders.log_odds(self.asked.targets))

    def weights(self, row: int) -> list[Weight]:
        """Return what the house adds to a row's log-odds."""
        return [] if self.orders is None else self.orders.weights(row)


def rank_sources(
    state: State,
    candidates: CandidateSettings,
    vectors: Vectors,
    rows: NDArray[np.intp],
    limits: NDArray[np.intp],
    house: House | None = None,
    sources: Sequence[Article] = (),
    also: NDArray[np.intp] | None = None,
) -> list[Ranked]:
    """Score each source's candidates; by the house too where one is given, with the `sources` as asked for."""
    depth = searched_depth(candidates)
    found: list[Ranked] = []
    for block in queries(state.index, vectors, rows, limits, BLOCK, depth):
        asked = [Asked(block, place) for place in range(len(block))]
        orders: list[Orders | None] = [None] * len(asked)
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


def _scored(state: State, query: Query, orders: Sequence[Orders | None]) -> list[Ranked]:
    features = pair_features(query)[0]
    log_odds = state.ranker.log_odds(features, query.pairs.count())
    ranked = [
        Ranked(one, features[one.pairs], log_odds[one.pairs], of_house)
        for one, of_house in ((Asked(query, place), orders[place]) for place in range(len(query)))
    ]
    return [one.by_the_house() for one in ranked]


def _added(ranked: Ranked, also: NDArray[np.intp] | None) -> NDArray[np.intp]:
    """Return the rows that are asked for, or pinned, and are no candidates."""
    wanted = with_pins(also, ranked.orders)
    return np.empty(0, dtype=np.intp) if wanted is None else np.setdiff1d(wanted, ranked.asked.targets)


def _beside(ranked: Ranked, wide: Ranked) -> Ranked:
    """Put further rows beside the candidates, which keep what they had without them: a score depends on its rivals."""
    places = np.searchsorted(wide.asked.targets, ranked.asked.targets)
    features, log_odds = wide.features.copy(), wide.log_odds.copy()
    features[places], log_odds[places] = ranked.features, ranked.log_odds
    return replace(wide, features=features, log_odds=log_odds)
