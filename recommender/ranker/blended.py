"""The blend of the site's own and the shipped ranker, weighted by what held-out sources say of both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from recommender.core.settings import RankerSettings
from recommender.ranker.calibration import Calibration
from recommender.ranker.ranker import Ranker
from recommender.ranker.shipped import ShippedRanker
from recommender.ranker.site import SiteTrees
from recommender.ranker.training_set import Floats, TrainingSet
from recommender.ranker.trees import MIN_SPREAD

WEIGHTS = (0.0, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 1.0)  # of the site's own ranker; the shipped one has the rest
EQUAL_WEIGHT_SOURCES = 200  # sources to learn from at which both rankers are expected to weigh the same
# nDCG@10 that the squared difference from the expected weight must gain, times the number of held-out sources: nDCG of
# few sources is known within 0.05 only, more than what most weights differ by. And held-out sources flatter the site's
# own ranker, as all of them have relations, and many have their story among those that were learned from.
CAUTION = 100.0
DEPTH = 10


def expected_weight(n_sources: int) -> float:
    """Return the weight, in [0, 1], of a site's own ranker that learned from so many sources: ``n / (n + 200)``.

    >>> expected_weight(0), expected_weight(200)
    (0.0, 0.5)
    """
    return n_sources / (n_sources + EQUAL_WEIGHT_SOURCES)


def rehearsed_weight(own: Floats, shipped: Floats, held_out: TrainingSet, expected: float) -> float:
    """Return the weight, in [0, 1], of the site's own margins by which a blend ranks held-out sources best.

    It is the one of `WEIGHTS` with the highest ``nDCG@10 - 100 / n * (weight - expected)^2`` over n held-out sources:
    what is expected counts the less, the more sources say otherwise.

    Parameters
    ----------
    own, shipped : (n_pairs,) arrays
        Margins of the held-out pairs, of equal standard deviations.
    """
    caution = CAUTION / len(held_out.group_sizes)
    worth = [
        mean_ndcg(weight * own + (1 - weight) * shipped, held_out) - caution * (weight - expected) ** 2
        for weight in WEIGHTS
    ]
    return WEIGHTS[int(np.argmax(worth))]


def mean_ndcg(margins: Floats, held_out: TrainingSet) -> float:
    """Return nDCG@10 of the order of the margins, the mean over sources with a labelled pair; 0 where there is none."""
    sizes = held_out.group_sizes
    source_of = np.repeat(np.arange(len(sizes)), sizes)
    order = np.lexsort((-margins, source_of))
    rank = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    discounts = 1 / np.log2(np.arange(2, DEPTH + 2))
    gains = (held_out.labels[order] & (rank < DEPTH)) * discounts[np.minimum(rank, DEPTH - 1)]
    n_labelled = np.bincount(source_of, held_out.labels, len(sizes)).astype(np.intp)
    best = np.append(0.0, np.cumsum(discounts))[np.minimum(n_labelled, DEPTH)]
    labelled = n_labelled > 0
    ndcg = np.bincount(source_of, gains, len(sizes))[labelled] / best[labelled]
    return float(ndcg.mean()) if labelled.any() else 0.0


class BlendedRanker(Ranker):
    """The weighted sum of the margins of the site's own and of the shipped ranker, calibrated together.

    `site_trees` are scaled by the site's weight already; shipped margins are multiplied by `shipped_weight`.
    """

    kind = "blended"

    def __init__(self, site_trees: SiteTrees, shipped: ShippedRanker, shipped_weight: float, calibration: Calibration):
        super().__init__(shipped.names, calibration)
        self.site_trees_ = site_trees
        self.shipped_ = shipped
        self.shipped_weight_ = shipped_weight

    @classmethod
    def fit(cls, training_set: TrainingSet, settings: RankerSettings, shipped: ShippedRanker) -> Self:
        """Fit trees on all sources; weigh and calibrate on held-out ones, with trees that were fitted without them."""
        shipped = shipped.with_columns(training_set.names)
        site_trees, rehearsal = SiteTrees.fit_rehearsed(training_set, settings)
        held_out = rehearsal.held_out
        shipped_margins, _ = shipped.margins(held_out.features)
        own_spread, shipped_spread = float(np.std(rehearsal.margins)), float(np.std(shipped_margins))
        own_unit = 1 / own_spread if own_spread > MIN_SPREAD else 0.0
        shipped_unit = 1 / shipped_spread if shipped_spread > MIN_SPREAD else 0.0
        expected = expected_weight(len(training_set.group_sizes))
        weight = rehearsed_weight(own_unit * rehearsal.margins, shipped_unit * shipped_margins, held_out, expected)
        own_factor, shipped_factor = weight * own_unit, (1 - weight) * shipped_unit
        calibration = Calibration.fit(
            own_factor * rehearsal.margins + shipped_factor * shipped_margins,
            held_out,
            own_factor * rehearsal.softmax_margins,
        )
        return cls(site_trees.scaled(own_factor), shipped, shipped_factor, calibration)

    def margins(self, X: NDArray[np.float32]) -> tuple[Floats, Floats]:
        """Return the sum of both rankers' margins, and the part of it that softmax members gave."""
        site_margins, softmax_margins = self.site_trees_.margins(X)
        return site_margins + self.shipped_weight_ * self.shipped_.margins(X)[0], softmax_margins

    def margin_contributions(self, X: NDArray[np.float32]) -> Floats:
        """Return each feature's share of both margins."""
        return self.site_trees_.contributions(X) + self.shipped_weight_ * self.shipped_.margin_contributions(X)

    def to_dict(self) -> dict[str, Any]:
        """Return both rankers as JSON-ready values, so that a new release does not change a saved model."""
        rankers = {"own": self.site_trees_.to_dict(), "shipped": self.shipped_.to_dict()}
        return super().to_dict() | rankers | {"shipped_weight": self.shipped_weight_}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build the ranker that `to_dict` described."""
        shipped = ShippedRanker.from_dict(values["shipped"]).with_columns(values["names"])
        calibration = Calibration.from_dict(values["calibration"])
        return cls(SiteTrees.from_dict(values["own"]), shipped, float(values["shipped_weight"]), calibration)
