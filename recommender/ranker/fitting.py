"""Fitting the ranker that suits a training set, and reading a saved one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import xgboost

from recommender.core.errors import ModelFormatError
from recommender.core.settings import BLEND, SHIPPED, RankerSettings
from recommender.ranker.blended import BlendedRanker
from recommender.ranker.ranker import Ranker
from recommender.ranker.shipped import ShippedRanker
from recommender.ranker.site import BoostedRanker
from recommender.ranker.training_set import TrainingSet

OWN_ALONE = 1500  # sources, from which on a blend, which costs more, gains nothing over the site's own ranker


def load_ranker(values: Mapping[str, Any]) -> Ranker:
    """Build a ranker from its `to_dict`; `ModelFormatError` where the kind is unknown or a part missing or damaged."""
    classes: dict[str, Any] = {cls.kind: cls for cls in (BoostedRanker, BlendedRanker, ShippedRanker)}
    try:
        ranker: Ranker = classes[values["kind"]].from_dict(values)
    except (AttributeError, KeyError, TypeError, ValueError, xgboost.core.XGBoostError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelFormatError(f"the ranker cannot be read ({reason}); train the model again") from error
    return ranker


def fit_ranker(training_set: TrainingSet, settings: RankerSettings, shipped: ShippedRanker) -> Ranker:
    """Fit the ranker that suits the number of sources: the site's own, a blend with the shipped one, or that alone.

    The shipped ranker stands alone where there are fewer than ``settings.least_sources`` sources, or where those that
    are held out, from which scores are calibrated, are all labelled alike.
    """
    n_sources = len(training_set.group_sizes)
    if settings.learn == SHIPPED or n_sources < settings.least_sources:
        return shipped.with_columns(training_set.names)
    blocks = training_set.held_out_blocks(settings)
    labels = training_set.part(blocks[0][0], blocks[-1][1]).labels
    if labels.all() or not labels.any():
        return shipped.with_columns(training_set.names)
    if settings.learn == BLEND and n_sources < OWN_ALONE:
        return BlendedRanker.fit(training_set, settings, shipped)
    return BoostedRanker.fit(training_set, settings)
