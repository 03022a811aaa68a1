"""What every ranker can do; fitting the one that suits a training set, and reading a saved one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import xgboost
from numpy.typing import NDArray
from scipy.special import expit

from recommender.core.errors import ModelFormatError
from recommender.core.settings import BLEND, SHIPPED, RankerSettings
from recommender.ranker.blended import BlendedRanker, site_weight
from recommender.ranker.shipped import ShippedRanker
from recommender.ranker.site import BoostedRanker
from recommender.ranker.training_set import Floats, TrainingSet


class Ranker(Protocol):
    """Anything that turns pair features into log-odds, and says how much each feature gave.

    Attributes
    ----------
    kind
        ``boosted``, ``shipped`` or ``blended``.
    names
        The columns of the features that it takes, each as ``group.feature``.
    """

    kind: str
    names: tuple[str, ...]

    @property
    def threshold(self) -> float:
        """The score, in [0, 1], below which nothing is suggested where no other threshold is set."""
        ...

    def log_odds(self, X: NDArray[np.float32], group_sizes: NDArray[np.intp]) -> Floats:
        """Return ``log(score / (1 - score))`` of each pair.

        Parameters
        ----------
        X : (n_pairs, n_features) array
            nan where a feature is unknown.
        group_sizes : (n_sources,) array
            How many pairs, one after the other, belong to each source. All candidates of a source must be there,
            since the score of a pair depends on the source's other candidates.
        """
        ...

    def contributions(self, X: NDArray[np.float32]) -> Floats:
        """Return each feature's share of the log-odds, ``(n_pairs, n_features)``.

        What the shares do not add up to is a constant of each source. It is the same for all pairs of the source but
        for the last bits, which the single precision of the library loses.
        """
        ...

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON-ready values from which `load_ranker` builds an equal ranker."""
        ...


def load_ranker(values: Mapping[str, Any]) -> Ranker:
    """Build a ranker from the result of its `to_dict`.

    Raises
    ------
    ModelFormatError
        When the kind is unknown or a part is missing or damaged.
    """
    classes: dict[str, Any] = {cls.kind: cls for cls in (BoostedRanker, BlendedRanker, ShippedRanker)}
    try:
        ranker: Ranker = classes[values["kind"]].from_dict(values)
    except (AttributeError, KeyError, TypeError, ValueError, xgboost.core.XGBoostError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelFormatError(f"the ranker cannot be read ({reason}); train the model again") from error
    return ranker


def fit_ranker(training_set: TrainingSet, settings: RankerSettings, shipped: ShippedRanker) -> Ranker:
    """Fit the ranker that suits the number of sources: the site's own, a blend with the shipped one, or that alone.

    The shipped ranker stands alone where there are fewer than ``settings.least_sources`` sources, or where the newest,
    from which scores are calibrated, are all labelled alike.
    """
    n_sources = len(training_set.group_sizes)
    _, newest = training_set.split(round(n_sources * (1 - settings.calibration_share)))
    enough = n_sources >= settings.least_sources and newest.labels.any() and not newest.labels.all()
    if settings.learn == SHIPPED or not enough:
        return shipped.with_columns(training_set.names)
    if settings.learn == BLEND and site_weight(n_sources) < 1:
        return BlendedRanker.fit(training_set, settings, shipped)
    return BoostedRanker.fit(training_set, settings)


def scores(log_odds: Floats) -> Floats:
    """Return the probabilities, in [0, 1], of log-odds: ``1 / (1 + exp(-log_odds))``."""
    probabilities: Floats = expit(log_odds)
    return probabilities
