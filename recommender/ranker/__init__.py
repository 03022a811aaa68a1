"""From pair features to a calibrated score, and each group of features' share of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import xgboost
from numpy.typing import NDArray
from scipy.special import expit

from recommender.core.errors import ModelFormatError
from recommender.core.settings import BLEND, SHIPPED, RankerSettings
from recommender.ranker.blended import BlendedRanker, own_share
from recommender.ranker.boosted import BoostedRanker
from recommender.ranker.shipped import ShippedRanker
from recommender.ranker.training_set import TrainingSet
from recommender.ranker.trees import Floats

__all__ = [
    "BlendedRanker",
    "BoostedRanker",
    "Judged",
    "Ranker",
    "ShippedRanker",
    "fit_ranker",
    "load_ranker",
    "scores",
]


class Ranker(Protocol):
    """Anything that gives log-odds, and says which feature gave how much."""

    kind: str
    names: tuple[str, ...]

    @property
    def threshold(self) -> float:
        """The score, in [0, 1], below which it would rather suggest nothing, where no other is set."""
        ...

    def log_odds(self, X: NDArray[np.float32], sizes: NDArray[np.intp]) -> Floats:
        """Return ``log(score / (1 - score))`` of each row of ``(n_pairs, n_features)``.

        `sizes` says how many rows, one after the other, belong to each source: all its candidates, since a pair is
        seen against its rivals.
        """
        ...

    def contributions(self, X: NDArray[np.float32]) -> Floats:
        """Return each feature's share of the log-odds, ``(n_pairs, n_features)``; the rest is the source's base.

        Pairs of one source have the same base but for the last bits, which the library's single precision loses.
        """
        ...

    def to_dict(self) -> dict[str, Any]:
        """Return what `load_ranker` builds an equal ranker from; JSON-ready."""
        ...


def load_ranker(values: Mapping[str, Any]) -> Ranker:
    """Build a ranker from what its `to_dict` gave.

    Raises
    ------
    ModelFormatError
        When the kind is unknown or a part is missing or damaged.
    """
    kinds: dict[str, Any] = {kind.kind: kind for kind in (BoostedRanker, BlendedRanker, ShippedRanker)}
    try:
        ranker: Ranker = kinds[values["kind"]].from_dict(values)
    except (AttributeError, KeyError, TypeError, ValueError, xgboost.core.XGBoostError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelFormatError(f"the ranker cannot be read ({reason}); train the model again") from error
    return ranker


def fit_ranker(judged: TrainingSet, settings: RankerSettings, shipped: ShippedRanker) -> Ranker:
    """Return a ranker learned from these pairs, with the voice of the shipped one where they are few."""
    _, newest = judged.split(round(len(judged.group_sizes) * (1 - settings.calibration_share)))
    enough = len(judged.group_sizes) >= settings.least_sources and newest.labels.any() and not newest.labels.all()
    if settings.learn == SHIPPED or not enough:
        return shipped.asked_in(judged.names)
    if settings.learn == BLEND and own_share(len(judged.group_sizes)) < 1:
        return BlendedRanker.fit(judged, settings, shipped)
    return BoostedRanker.fit(judged, settings)


def scores(log_odds: Floats) -> Floats:
    """Return probabilities in [0, 1]."""
    probabilities: Floats = expit(log_odds)
    return probabilities
