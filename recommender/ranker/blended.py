"""The site's own ranker and the shipped one together, by how much there was to learn from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from recommender.ranker.boosted import rehearse
from recommender.ranker.calibration import calibrate
from recommender.ranker.judged import Judged
from recommender.ranker.shipped import ShippedRanker
from recommender.ranker.trees import LEAST_SPREAD, Floats, Trees
from recommender.settings import RankerSettings

HALF = 50  # sources to learn from at which both have an equal voice
ENOUGH = 500  # sources from which on the site's own ranker is heard alone


def own_share(n_sources: int) -> float:
    """Return how much of a blend is the site's own, in [0, 1].

    >>> own_share(0), own_share(50), own_share(500)
    (0.0, 0.5, 1.0)
    """
    return 1.0 if n_sources >= ENOUGH else n_sources / (n_sources + HALF)


class BlendedRanker:
    """A weighted sum of the margins of the site's own trees and of the shipped ranker, calibrated together.

    Attributes
    ----------
    own_ : Trees
    shipped_ : ShippedRanker
    shipped_weight_ : float
        What the log-odds of the shipped ranker are multiplied by.
    intercept_ : float
        What is added to the sum.
    """

    kind = "blended"

    def __init__(self, own: Trees, shipped: ShippedRanker, shipped_weight: float, intercept: float):
        self.own_ = own
        self.shipped_ = shipped
        self.shipped_weight_ = shipped_weight
        self.intercept_ = intercept
        self.names = shipped.names

    @classmethod
    def fit(cls, judged: Judged, settings: RankerSettings, shipped: ShippedRanker) -> Self:
        """Learn from the past, and weigh; calibrate on the newest sources with trees that have not seen them."""
        shipped = shipped.asked_in(judged.names)
        rehearsed, final, new = rehearse(judged, settings)
        share = own_share(len(judged.sizes))
        theirs = shipped.log_odds(new.features)
        spread = float(np.std(theirs))
        weight = (1 - share) / spread if spread > LEAST_SPREAD else 0.0
        slope, intercept = calibrate(share * rehearsed.margin(new.features) + weight * theirs, new)
        own = final.weighted([slope * share * one for one in final.weights])
        return cls(own, shipped, slope * weight, intercept)

    def log_odds(self, X: NDArray[np.float32]) -> Floats:
        """Return ``log(score / (1 - score))`` of each row."""
        return self.own_.margin(X) + self.shipped_weight_ * self.shipped_.log_odds(X) + self.intercept_

    def contributions(self, X: NDArray[np.float32]) -> Floats:
        """Return each feature's share of the log-odds, the base last."""
        parts = self.own_.contributions(X) + self.shipped_weight_ * self.shipped_.contributions(X)
        parts[:, -1] += self.intercept_
        return parts

    def to_dict(self) -> dict[str, Any]:
        """Return both rankers as JSON-ready values: a new release does not change a saved model."""
        return {
            "kind": self.kind,
            "names": list(self.names),
            "own": self.own_.to_dict(),
            "shipped": self.shipped_.to_dict(),
            "shipped_weight": self.shipped_weight_,
            "intercept": self.intercept_,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build the ranker that `to_dict` described."""
        shipped = ShippedRanker.from_dict(values["shipped"]).asked_in(values["names"])
        weight, intercept = float(values["shipped_weight"]), float(values["intercept"])
        return cls(Trees.from_dict(values["own"]), shipped, weight, intercept)
