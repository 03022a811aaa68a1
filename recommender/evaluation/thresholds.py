"""What a threshold buys and costs: precision against coverage, over all thresholds at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recommender.evaluation.judgements import Judgements


@dataclass(frozen=True, eq=False)
class ThresholdCurve:
    """Figures at every threshold that makes a difference.

    Attributes
    ----------
    thresholds : (n_thresholds,) float64 array
        The distinct scores, ascending.
    precision : (n_thresholds,) float64 array
        Share of kept among the suggestions that score the threshold or more; as `precision_at_threshold`.
    coverage : (n_thresholds,) float64 array
        Share of sources with at least one of them.
    shown : (n_thresholds,) float64 array
        Mean number of them for each source.
    """

    thresholds: NDArray[np.float64]
    precision: NDArray[np.float64]
    coverage: NDArray[np.float64]
    shown: NDArray[np.float64]

    @classmethod
    def from_pairs(cls, scores: ArrayLike, kept: ArrayLike, places: ArrayLike, n_sources: int) -> Self:
        """Compute the curve of some suggestions.

        Parameters
        ----------
        scores, kept, places : (n_pairs,) arrays
            Probabilities, whether editors linked the two, and which source the pair belongs to.
        n_sources
            All sources that were asked for, those without any suggestion among them.

        >>> curve = ThresholdCurve.from_pairs([0.9, 0.6, 0.3], [1, 0, 1], [0, 0, 1], n_sources=4)
        >>> curve.thresholds.tolist(), curve.coverage.tolist()
        ([0.3, 0.6, 0.9], [0.5, 0.25, 0.25])
        """
        score, outcome, place = np.asarray(scores, np.float64), np.asarray(kept, bool), np.asarray(places, np.intp)
        thresholds = np.unique(score)
        n_shown = _at_least(score, thresholds)
        best = np.full(int(place.max(initial=-1)) + 1, -math.inf)
        np.maximum.at(best, place, score)
        return cls(
            thresholds=thresholds,
            precision=_at_least(score[outcome], thresholds) / n_shown,
            coverage=_at_least(best, thresholds) / n_sources,
            shown=n_shown / n_sources,
        )

    @classmethod
    def from_judgements(cls, judgements: Judgements, k: int = 5) -> Self:
        """Compute the curve of the best `k` suggestions of each source."""
        best = judgements.ranks <= k
        return cls.from_pairs(
            judgements.scores[best], judgements.kept[best], judgements.places[best], len(judgements.sources)
        )

    def lowest_threshold(self, precision: float) -> float | None:
        """Return the lowest threshold at which the precision is at least this; None where it never is.

        It was chosen on the very suggestions it is measured on: use it on newer ones and expect a little less.

        >>> ThresholdCurve.from_pairs([0.9, 0.6, 0.3], [1, 1, 0], [0, 0, 1], n_sources=2).lowest_threshold(0.9)
        0.6
        """
        enough = np.flatnonzero(self.precision >= precision)
        return float(self.thresholds[enough[0]]) if len(enough) else None

    def at(self, threshold: float) -> tuple[float, float, float]:
        """Return precision, coverage and mean number shown at any threshold: nan, 0 and 0 above all scores."""
        place = int(np.searchsorted(self.thresholds, threshold))
        if place == len(self.thresholds):
            return math.nan, 0.0, 0.0
        return float(self.precision[place]), float(self.coverage[place]), float(self.shown[place])


def _at_least(values: NDArray[np.float64], thresholds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Count for each threshold the values that reach it."""
    counts: NDArray[np.float64] = (len(values) - np.searchsorted(np.sort(values), thresholds)).astype(np.float64)
    return counts
