"""The site's own ranker, calibrated on its newest sources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from recommender.core.settings import RankerSettings
from recommender.ranker.calibration import Calibration
from recommender.ranker.site import SiteTrees
from recommender.ranker.training_set import TrainingSet
from recommender.ranker.trees import Floats


class BoostedRanker:
    """Boosted trees trained on lists and on pairs, with a little of how alike words are, scaled to log-odds.

    Attributes
    ----------
    own_ : SiteTrees
    calibration_ : Calibration
        From margins to log-odds, on newer sources.
    """

    kind = "boosted"

    def __init__(self, own: SiteTrees, calibration: Calibration):
        self.own_ = own
        self.names = own.names
        self.calibration_ = calibration

    @classmethod
    def fit(cls, judged: TrainingSet, settings: RankerSettings) -> Self:
        """Learn from the past; calibrate on the newest sources with trees that have not seen them."""
        rehearsed, final, new = SiteTrees.rehearse(judged, settings)
        margins, choice = rehearsed.margins(new.features)
        return cls(final, Calibration.fit(margins, new, choice))

    @property
    def threshold(self) -> float:
        """The score at which three of four suggestions were kept, or the best there was."""
        return self.calibration_.threshold

    def log_odds(self, X: NDArray[np.float32], sizes: NDArray[np.intp]) -> Floats:
        """Return ``log(score / (1 - score))`` of each row."""
        margins, choice = self.own_.margins(X)
        return self.calibration_.log_odds(margins, sizes, choice)

    def contributions(self, X: NDArray[np.float32]) -> Floats:
        """Return each feature's share of the log-odds."""
        return self.calibration_.slope * self.own_.contributions(X)

    def to_dict(self) -> dict[str, Any]:
        """Return what it learned and its calibration as JSON-ready values."""
        return {"kind": self.kind, "calibration": self.calibration_.to_dict(), **self.own_.to_dict()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build the ranker that `to_dict` described."""
        return cls(SiteTrees.from_dict(values), Calibration.from_dict(values["calibration"]))
