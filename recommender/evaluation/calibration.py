"""Whether a score means what it says: scores beside the share that editors kept, bin by bin."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from recommender.evaluation.bootstrap import Estimate, StoryBootstrap
from recommender.evaluation.measures import equal_mass_bins


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Suggestions of about one score: how many, their mean score, and the share of them that was kept."""

    mean_score: float
    kept: Estimate
    count: int


def reliability(
    scores: ArrayLike,
    kept: ArrayLike,
    stories: ArrayLike | None = None,
    bins: int = 15,
    random_state: int = 0,
) -> tuple[ReliabilityBin, ...]:
    """Return the bins of a reliability diagram, lowest scores first; no empty ones.

    Bins are those of `calibration_error`, of equal mass, so that ``sum(count * |kept - mean_score|) / n`` over them
    is that error. A calibrated score has ``kept == mean_score`` in every bin. DeGroot and Fienberg,
    "The comparison and evaluation of forecasters", The Statistician 32, 1983.

    Parameters
    ----------
    scores, kept : (n_pairs,) arrays
        Probabilities, and whether editors linked the two.
    stories : (n_pairs,) array, optional
        The story of each pair's source: gives the share its 95 % interval, by bootstrap over stories.

    >>> low, high = reliability([0.75, 0.75, 0.25, 0.25], [1, 1, 1, 0], bins=2)
    >>> (low.mean_score, low.kept.value, low.count), (high.mean_score, high.kept.value, high.count)
    ((0.25, 0.5, 2), (0.75, 1.0, 2))
    """
    probability, outcome = np.asarray(scores, dtype=np.float64), np.asarray(kept, dtype=np.float64)
    if probability.shape != outcome.shape:
        raise ValueError(f"scores and kept must be of one length, got {probability.shape} and {outcome.shape}")
    bin_of = equal_mass_bins(probability, bins)
    bootstrap = None if stories is None else StoryBootstrap(stories, random_state=random_state)
    found = []
    for number in np.unique(bin_of):
        inside = bin_of == number
        share = Estimate(float(outcome[inside].mean()), math.nan, math.nan)
        if bootstrap is not None:
            share = bootstrap.over_articles(outcome, inside)
        found.append(ReliabilityBin(float(probability[inside].mean()), share, int(inside.sum())))
    return tuple(found)
