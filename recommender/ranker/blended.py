"""The site's own ranker and the shipped one together, by how much there was to learn from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from recommender.core.settings import RankerSettings
from recommender.ranker.calibration import Calibration
from recommender.ranker.shipped import ShippedRanker
from recommender.ranker.site import SiteTrees
from recommender.ranker.training_set import TrainingSet
from recommender.ranker.trees import LEAST_SPREAD, Floats

HALF = 30  # sources to learn from at which both have an equal voice
ENOUGH = 500  # sources from which on the site's own ranker is heard alone


def own_share(n_sources: int) -> float:
    """Return how much of a blend is the site's own, in [0, 1].

    >>> own_share(0), own_share(30), own_share(500)
    (0.0, 0.5, 1.0)
    """
    return 1.0 if n_sources >= ENOUGH else n_sources / (n_sources + HALF)


class BlendedRanker:
    """A weighted sum of the margins of the site's own and of the shipped ranker, calibrated together.

    Attributes
    ----------
    own_ : SiteTrees
    shipped_ : ShippedRanker
    shipped_weight_ : float
        What the margin of the shipped ranker is multiplied by.
    calibration_ : Calibration
        From the sum to log-odds.
    """

    kind = "blended"

    def __init__(self, own: SiteTrees, shipped: ShippedRanker, shipped_weight: float, calibration: Calibration):
        self.own_ = own
        self.shipped_ = shipped
        self.shipped_weight_ = shipped_weight
        self.calibration_ = calibration
        self.names = shipped.names

    @classmethod
    def fit(cls, judged: TrainingSet, settings: RankerSettings, shipped: ShippedRanker) -> Self:
        """Learn from the past, and weigh; calibrate on the newest sources with trees that have not seen them."""
        shipped = shipped.asked_in(judged.names)
        rehearsed, final, new = SiteTrees.rehearse(judged, settings)
        share = own_share(len(judged.group_sizes))
        theirs = shipped.margin(new.features)
        spread = float(np.std(theirs))
        weight = (1 - share) / spread if spread > LEAST_SPREAD else 0.0
        margins, choice = rehearsed.scaled(share).margins(new.features)
        calibration = Calibration.fit(margins + weight * theirs, new, choice)
        return cls(final.scaled(share), shipped, weight, calibration)

    @property
    def threshold(self) -> float:
        """The score at which three of four suggestions were kept, or the best there was."""
        return self.calibration_.threshold

    def log_odds(self, X: NDArray[np.float32], sizes: NDArray[np.intp]) -> Floats:
        """Return ``log(score / (1 - score))`` of each row."""
        margins, choice = self.own_.margins(X)
        return self.calibration_.log_odds(margins + self.shipped_weight_ * self.shipped_.margin(X), sizes, choice)

    def contributions(self, X: NDArray[np.float32]) -> Floats:
        """Return each feature's share of the log-odds."""
        parts = self.own_.contributions(X) + self.shipped_weight_ * self.shipped_.margin_parts(X)
        return self.calibration_.slope * parts

    def to_dict(self) -> dict[str, Any]:
        """Return both rankers as JSON-ready values: a new release does not change a saved model."""
        return {
            "kind": self.kind,
            "names": list(self.names),
            "own": self.own_.to_dict(),
            "shipped": self.shipped_.to_dict(),
            "shipped_weight": self.shipped_weight_,
            "calibration": self.calibration_.to_dict(),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build the ranker that `to_dict` described."""
        shipped = ShippedRanker.from_dict(values["shipped"]).asked_in(values["names"])
        calibration = Calibration.from_dict(values["calibration"])
        return cls(SiteTrees.from_dict(values["own"]), shipped, float(values["shipped_weight"]), calibration)
