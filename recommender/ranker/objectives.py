"""What a training of trees strives for: lists in order, a choice from a list, or each pair by itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
import xgboost
from numpy.typing import NDArray
from scipy.special import expit, logit

from recommender.ranker.training_set import TrainingSet

Gradients = tuple[NDArray[np.float32], NDArray[np.float32]]
"""First and second derivatives of a loss by the margins, ``(n_pairs,)`` each."""
Objective = Callable[[NDArray[np.float32], xgboost.DMatrix], Gradients]

GROWTH = 0.5  # of a list's weight in a choice with the number of its kept pairs: 0 weighs lists alike, 1 links
LIST = 10.0  # what a list of average weight puts against the trees' regularisation, which is made for pairs
CAUTION = 3.0  # times the curvature: the pairs of a list move together, which its diagonal does not know
LEAST_RATE = 1e-6  # of kept pairs


class Losses:
    """The losses of judged pairs that the library does not have, or not for sources of different weight.

    Every loss is over the same rows, so that all trainings share one matrix.
    """

    def __init__(self, judged: TrainingSet):
        self._kept = judged.labels.astype(np.float64)
        sizes = judged.group_sizes[judged.group_sizes > 0]
        self._owner = np.repeat(np.arange(len(sizes)), sizes)
        self._starts = np.cumsum(sizes) - sizes
        self._n_kept = np.add.reduceat(self._kept, self._starts)

    @property
    def base(self) -> float:
        """The margin that costs `pairs` least where it is the same of all: the log-odds of a kept pair, as weighed."""
        rate = np.average(self._kept, weights=self._weight_of_pair)
        return float(logit(np.clip(rate, LEAST_RATE, 1 - LEAST_RATE)))

    def pairs(self, margins: NDArray[np.float32], _: xgboost.DMatrix) -> Gradients:
        """Return the derivatives of the logistic loss, the pairs of a source with n kept links ``1 / n`` each."""
        chance = expit(margins.astype(np.float64))
        weight = self._weight_of_pair
        return _single(weight * (chance - self._kept), weight * chance * (1 - chance))

    def choice(self, margins: NDArray[np.float32], _: xgboost.DMatrix) -> Gradients:
        """Return the derivatives of the cross-entropy between the softmax of each list and its kept pairs.

        Cao et al., "Learning to rank: from pairwise approach to listwise approach", ICML 2007, with the truth as the
        distribution. Lists without a kept pair say nothing.
        """
        lifted = np.exp(margins - np.maximum.reduceat(margins, self._starts)[self._owner], dtype=np.float64)
        chance = lifted / np.add.reduceat(lifted, self._starts)[self._owner]
        weight = self._weight_of_list[self._owner]
        truth = self._kept / np.maximum(self._n_kept, 1)[self._owner]
        return _single(weight * (chance - truth), weight * CAUTION * chance * (1 - chance))

    @cached_property
    def _weight_of_pair(self) -> NDArray[np.float64]:
        weights = 1 / np.maximum(self._n_kept, 1)[self._owner]
        even: NDArray[np.float64] = weights / weights.mean()
        return even

    @cached_property
    def _weight_of_list(self) -> NDArray[np.float64]:
        weights = np.where(self._n_kept > 0, self._n_kept**GROWTH, 0.0)
        total = weights.sum()
        of_list: NDArray[np.float64] = weights * (LIST * np.count_nonzero(weights) / total if total > 0 else 0.0)
        return of_list


def _single(gradient: NDArray[np.float64], curvature: NDArray[np.float64]) -> Gradients:
    return gradient.astype(np.float32), np.maximum(curvature, np.finfo(np.float32).tiny).astype(np.float32)
