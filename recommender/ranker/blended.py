"""The blend of the site's own and the shipped ranker, weighted by how many sources there were to learn from."""

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

EQUAL_WEIGHT_SOURCES = 30  # sources to learn from at which both rankers weigh the same
SITE_ONLY_SOURCES = 500  # from this many sources on the site's own ranker is used alone


def site_weight(n_sources: int) -> float:
    """Return the weight of the site's own ranker in a blend, in [0, 1]: ``n / (n + 30)``, and 1 from 500 sources on.

    >>> site_weight(0), site_weight(30), site_weight(500)
    (0.0, 0.5, 1.0)
    """
    return 1.0 if n_sources >= SITE_ONLY_SOURCES else n_sources / (n_sources + EQUAL_WEIGHT_SOURCES)


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
        """Fit trees on all sources; weight and calibrate on the newest, with trees that were fitted without them."""
        shipped = shipped.with_columns(training_set.names)
        final, partial, newest = SiteTrees.fit_with_holdout(training_set, settings)
        weight = site_weight(len(training_set.group_sizes))
        shipped_margins, _ = shipped.margins(newest.features)
        spread = float(np.std(shipped_margins))
        # The site's margins have a standard deviation of about 1 already; the shipped ones are divided by theirs.
        shipped_weight = (1 - weight) / spread if spread > MIN_SPREAD else 0.0
        site_margins, softmax_margins = partial.scaled(weight).margins(newest.features)
        calibration = Calibration.fit(site_margins + shipped_weight * shipped_margins, newest, softmax_margins)
        return cls(final.scaled(weight), shipped, shipped_weight, calibration)

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
