"""Losses for training trees that the library does not have, or not with weights by source.

With n_s the number of labelled pairs of source s, m the margins and y the labels:

- logistic: ``sum over pairs of w_s * (-y log p - (1 - y) log(1 - p))``, ``p = sigmoid(m)``, ``w_s`` proportional to
  ``1 / max(n_s, 1)``, so that sources with few links count as much as those with many;
- softmax: ``sum over sources of v_s * (-sum over its pairs of y / n_s * log p)``, ``p = softmax of m over the source``,
  ``v_s`` proportional to ``sqrt(n_s)``. This is ListNet with the labels as the target distribution: Cao et al.,
  "Learning to rank: from pairwise approach to listwise approach", ICML 2007.

Where sources have weights of their own, ``w_s`` and ``v_s`` are multiplied by these.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xgboost
from numpy.typing import NDArray
from scipy.special import expit, logit

from recommender.ranker.training_set import Floats, TrainingSet

Gradients = tuple[NDArray[np.float32], NDArray[np.float32]]
"""First and second derivatives of a loss by the margins, ``(n_pairs,)`` each."""
Objective = Callable[[NDArray[np.float32], xgboost.DMatrix], Gradients]

SOURCE_WEIGHT_EXPONENT = 0.5  # of the number of labelled pairs: with 0 all sources weigh alike, with 1 all links
MEAN_SOURCE_WEIGHT = 10.0  # in the softmax; the trees' regularisation is set for one weight a pair, not one a source
CURVATURE_FACTOR = 3.0  # the margins of a list move together, which the diagonal of the Hessian alone does not show
MIN_RATE = 1e-6  # of labelled pairs, so that the logit of the rate is finite


class Losses:
    """Derivatives of the losses of one training set, by the margins of its pairs.

    Both losses are over the same rows, so that all members of an ensemble can share one matrix of the library.
    """

    def __init__(self, training_set: TrainingSet):
        self._labels = training_set.labels.astype(np.float64)
        sizes = training_set.group_sizes[training_set.group_sizes > 0]
        self._group_of = np.repeat(np.arange(len(sizes)), sizes)
        self._starts = np.cumsum(sizes) - sizes
        n_labelled = np.add.reduceat(self._labels, self._starts)
        # Weights are 1 a pair in the logistic loss, and MEAN_SOURCE_WEIGHT a source with labelled pairs in the softmax,
        # on average.
        weights = training_set.pair_weights[self._starts]
        pair_weights = (weights / np.maximum(n_labelled, 1))[self._group_of]
        self._pair_weights: Floats = pair_weights / pair_weights.mean()
        source_weights = np.where(n_labelled > 0, weights * n_labelled**SOURCE_WEIGHT_EXPONENT, 0.0)
        factor = MEAN_SOURCE_WEIGHT * np.count_nonzero(source_weights) / max(source_weights.sum(), 1)
        self._source_weights: Floats = (source_weights * factor)[self._group_of]
        self._targets: Floats = self._labels / np.maximum(n_labelled, 1)[self._group_of]

    @property
    def base_margin(self) -> float:
        """The margin at which the logistic loss is least, if all pairs have the same: the logit of the mean label."""
        rate = np.average(self._labels, weights=self._pair_weights)
        return float(logit(np.clip(rate, MIN_RATE, 1 - MIN_RATE)))

    def logistic(self, margins: NDArray[np.float32], _: xgboost.DMatrix) -> Gradients:
        """Return the derivatives of the logistic loss, weighted by ``1 / n`` in a source with n labelled pairs."""
        probability = expit(margins.astype(np.float64))
        weight = self._pair_weights
        return _as_gradients(weight * (probability - self._labels), weight * probability * (1 - probability))

    def softmax(self, margins: NDArray[np.float32], _: xgboost.DMatrix) -> Gradients:
        """Return the derivatives of the cross-entropy of each source's softmax; 0 in a source without a labelled pair.

        The second derivatives are those of the diagonal of the Hessian, times `CURVATURE_FACTOR`.
        """
        # The largest margin of each source is taken off first, so that exp does not overflow.
        powers = np.exp(margins - np.maximum.reduceat(margins, self._starts)[self._group_of], dtype=np.float64)
        probability = powers / np.add.reduceat(powers, self._starts)[self._group_of]
        weight = self._source_weights
        curvature = weight * CURVATURE_FACTOR * probability * (1 - probability)
        return _as_gradients(weight * (probability - self._targets), curvature)


def _as_gradients(gradient: Floats, curvature: Floats) -> Gradients:
    """Return both in single precision, second derivatives above zero, as the library wants them."""
    return gradient.astype(np.float32), np.maximum(curvature, np.finfo(np.float32).tiny).astype(np.float32)
