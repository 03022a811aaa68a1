"""The site's own ranker: boosted trees, calibrated on its newest sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from recommender.ranker.calibration import Calibration
from recommender.ranker.judged import Judged
from recommender.ranker.trees import Floats, Trees, fill_gaps
from recommender.settings import RankerSettings


def rehearse(judged: Judged, settings: RankerSettings) -> tuple[Trees, Trees, Judged]:
    """Return balanced trees of all sources but the newest, the same of all sources, and the newest sources.

    The rehearsal has not seen the newest, so that what it says of them is what the others will say of the future.
    Gaps in the features are filled in place: a copy would be a fifth of all the memory that training takes.
    """
    fill_gaps(judged.features)
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
    calibration_ : Calibration
    """

    kind = "boosted"

    def __init__(self, trees: Trees, names: Sequence[str], calibration: Calibration):
        self.trees_ = trees
        self.names = tuple(names)
        self.calibration_ = calibration

    @classmethod
    def fit(cls, judged: Judged, settings: RankerSettings) -> Self:
        """Learn from the past; calibrate on the newest sources with trees that have not seen them."""
        rehearsed, final, new = rehearse(judged, settings)
        margins, choice = rehearsed.margins(new.features)
        return cls(final, judged.names, Calibration.fit(margins, new, choice))

    @property
    def threshold(self) -> float:
        """The score at which three of four suggestions were kept, or the best there was."""
        return self.calibration_.threshold

    def log_odds(self, X: NDArray[np.float32], sizes: NDArray[np.intp]) -> Floats:
        """Return ``log(score / (1 - score))`` of each row."""
        margins, choice = self.trees_.margins(X)
        return self.calibration_.log_odds(margins, sizes, choice)

    def contributions(self, X: NDArray[np.float32]) -> Floats:
        """Return each feature's share of the log-odds."""
        return self.calibration_.slope * self.trees_.contributions(X)

    def to_dict(self) -> dict[str, Any]:
        """Return trees and calibration as JSON-ready values."""
        return {
            "kind": self.kind,
            "names": list(self.names),
            "calibration": self.calibration_.to_dict(),
            **self.trees_.to_dict(),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build the ranker that `to_dict` described."""
        return cls(Trees.from_dict(values), values["names"], Calibration.from_dict(values["calibration"]))
