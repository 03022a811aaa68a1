"""The site's own ranker: boosted trees, calibrated on its newest sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from recommender.ranker.calibration import calibrate
from recommender.ranker.judged import Judged
from recommender.ranker.trees import Floats, Trees
from recommender.settings import RankerSettings


def rehearse(judged: Judged, settings: RankerSettings) -> tuple[Trees, Trees, Judged]:
    """Return balanced trees of all sources but the newest, the same of all sources, and the newest sources.

    The rehearsal has not seen the newest, so that what it says of them is what the others will say of the future.
    """
    old, new = judged.split(round(len(judged.sizes) * (1 - settings.calibration_share)))
    # A thread for each sample: two threads in one training wait for each other, busily.
    work = (delayed(Trees.grow)(part, settings) for part in (old, judged))
    rehearsed, final = Parallel(n_jobs=2, prefer="threads")(work)
    weights = rehearsed.balancing(new.features)
    return rehearsed.weighted(weights), final.weighted(weights), new


class BoostedRanker:
    """Boosted trees trained on lists (LambdaMART) and on pairs, scaled to log-odds on newer sources.

    Attributes
    ----------
    trees_ : Trees
    intercept_ : float
        What is added to their margin.
    """

    kind = "boosted"

    def __init__(self, trees: Trees, names: Sequence[str], intercept: float):
        self.trees_ = trees
        self.names = tuple(names)
        self.intercept_ = intercept

    @classmethod
    def fit(cls, judged: Judged, settings: RankerSettings) -> Self:
        """Learn from the past; calibrate on the newest sources with trees that have not seen them."""
        rehearsed, final, new = rehearse(judged, settings)
        slope, intercept = calibrate(rehearsed.margin(new.features), new)
        return cls(final.weighted([slope * weight for weight in final.weights]), judged.names, intercept)

    def log_odds(self, X: NDArray[np.float32]) -> Floats:
        """Return ``log(score / (1 - score))`` of each row."""
        return self.trees_.margin(X) + self.intercept_

    def contributions(self, X: NDArray[np.float32]) -> Floats:
        """Return each feature's share of the log-odds, the base last."""
        parts = self.trees_.contributions(X)
        parts[:, -1] += self.intercept_
        return parts

    def to_dict(self) -> dict[str, Any]:
        """Return trees and calibration as JSON-ready values."""
        return {"kind": self.kind, "names": list(self.names), "intercept": self.intercept_, **self.trees_.to_dict()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build the ranker that `to_dict` described."""
        return cls(Trees.from_dict(values), values["names"], float(values["intercept"]))
