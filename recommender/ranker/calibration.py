"""Calibration: from margins to log-odds of which the probabilities come true."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from recommender.ranker.training_set import Floats, TrainingSet

MIN_SLOPE = 1e-3  # a score must rise with the margin, however odd the newest sources are
CALIBRATED_PAIRS = 10  # best pairs of each source that the calibration is fitted on: those that may be suggested
RIVALS = 30  # best candidates of a source whose mean margin counts
SHOWN_PAIRS = 5  # best pairs of each source that the threshold is chosen on: those that are shown
COVERED_SOURCES = 0.92  # of the sources with relations reach the threshold with their best pair
SURE_PRECISION = 0.75  # of the shown pairs at or above the threshold `sure`
FALLBACK_SHARE = 0.1  # of the shown pairs stays above it where that precision is out of reach


@dataclass(frozen=True)
class Calibration:
    """Turns margins into log-odds by logistic regression, with the source's other candidates as further variables.

    ``log_odds = slope * margin + best * max_s + rivals * mean_s + choice * softmax_max_s + intercept``

    where ``max_s`` is the largest margin among the source's candidates, ``mean_s`` the mean of its 30 largest, and
    ``softmax_max_s`` the largest of its softmax margins. This is Platt scaling (Platt, "Probabilistic outputs for
    support vector machines", 1999) with three variables more. The same margin is worth less where the source has a
    better candidate, since editors link the best. It is worth more where no candidate stands out in the softmax: in a
    large group many are linked, and share the probability.

    Attributes
    ----------
    slope, best, rivals, choice, intercept
        The coefficients; `slope` is above zero, and `choice` is 0 where no member was trained by the softmax.
    threshold
        The score, in [0, 1], that the best pair of 92 of 100 sources with relations has: nearly every article that has
        something related gets a suggestion, and what is less likely than the best of nearly all is cut off. At most
        `sure`.
    sure
        The lowest score, in [0, 1], at which three of four shown pairs are relations; where no score reaches that, the
        score that a tenth of the shown pairs have.
    """

    slope: float
    best: float
    rivals: float
    intercept: float
    choice: float = 0.0
    threshold: float = 0.0
    sure: float = 0.0

    @classmethod
    def fit(cls, margins: Floats, training_set: TrainingSet, softmax_margins: Floats | None = None) -> Self:
        """Fit on the best pairs of each source by margin: those that would be suggested.

        Parameters
        ----------
        margins, softmax_margins : (n_pairs,) arrays
            Of the pairs of `training_set`; the second ones are the part that softmax members gave.
        """
        labels, sizes, weights = training_set.labels, training_set.group_sizes, training_set.pair_weights
        variables = np.column_stack([margins, *_source_terms(margins, sizes, softmax_margins)])
        pairs = _best_pairs(margins, sizes, CALIBRATED_PAIRS)
        if labels[pairs].all() or not labels[pairs].any():  # of one class alone no probability can be learned
            pairs = np.arange(len(margins))
        regression = LogisticRegression(C=1.0).fit(variables[pairs], labels[pairs], weights[pairs])
        slope, best, rivals, choice = regression.coef_[0].tolist()
        calibration = cls(max(slope, MIN_SLOPE), best, rivals, float(regression.intercept_[0]), choice)
        scores = expit(calibration.log_odds(margins, sizes, softmax_margins))
        first, shown = _best_pairs(margins, sizes, 1), _best_pairs(margins, sizes, SHOWN_PAIRS)
        sure = _sure_score(scores[shown], labels[shown], weights[shown])
        return replace(calibration, threshold=min(_covering_score(scores[first], weights[first]), sure), sure=sure)

    def log_odds(self, margins: Floats, group_sizes: NDArray[np.intp], softmax_margins: Floats | None = None) -> Floats:
        """Return ``log(score / (1 - score))`` of each pair.

        Parameters
        ----------
        margins, softmax_margins : (n_pairs,) arrays
            The second ones are the part that softmax members gave; zeros for None.
        group_sizes : (n_sources,) array
            How many pairs, one after the other, belong to each source: all its candidates.
        """
        best, rivals, choice = _source_terms(margins, group_sizes, softmax_margins)
        of_source: Floats = self.best * best + self.rivals * rivals + self.choice * choice
        return self.slope * margins + of_source + self.intercept

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build it from the numbers by name."""
        return cls(**{field.name: float(values[field.name]) for field in fields(cls)})


def _source_terms(margins: Floats, group_sizes: NDArray[np.intp], softmax_margins: Floats | None) -> Floats:
    """Return the source's largest margin, mean of its 30 largest, and largest softmax margin, ``(3, n_pairs)``."""
    terms = np.zeros((3, len(group_sizes)))
    for source, (size, end) in enumerate(zip(group_sizes, np.cumsum(group_sizes), strict=True)):
        if size:
            largest = margins[end - size : end]
            if size > RIVALS:
                largest = np.partition(largest, -RIVALS)[-RIVALS:]
            # Sorted, so that the sum does not depend on the order in which candidates come.
            terms[:2, source] = largest.max(), np.sort(largest).mean()
            if softmax_margins is not None:
                terms[2, source] = softmax_margins[end - size : end].max()
    return np.repeat(terms, group_sizes, axis=1)


def _best_pairs(margins: Floats, group_sizes: NDArray[np.intp], n_best: int) -> NDArray[np.intp]:
    """Return the positions of each source's best pairs by margin, at most `n_best` of each."""
    group_of = np.repeat(np.arange(len(group_sizes)), group_sizes)
    order = np.lexsort((-margins, group_of))
    rank = np.arange(len(order)) - np.repeat(np.cumsum(group_sizes) - group_sizes, group_sizes)
    best: NDArray[np.intp] = order[rank < n_best]
    return best


def _covering_score(best_scores: Floats, weights: Floats) -> float:
    """Return the highest score that at least `COVERED_SOURCES` of the sources reach with their best pair, by weight."""
    order = np.argsort(-best_scores, kind="stable")
    covered = np.cumsum(weights[order]) / weights.sum()
    return float(best_scores[order][np.searchsorted(covered, COVERED_SOURCES).clip(max=len(order) - 1)])


def _sure_score(scores: Floats, labels: NDArray[np.bool_], weights: Floats) -> float:
    """Return the lowest score for which the pairs that score as much or more have the precision `SURE_PRECISION`.

    The precision is the mean of the observed one and of the one that the scores predict, so that a few pairs alone do
    not decide it.
    """
    order = np.argsort(-scores, kind="stable")
    total = np.cumsum(weights[order])
    precision = np.cumsum((weights * (labels + scores) / 2)[order]) / total
    last_of_equals = np.append(np.diff(scores[order]) < 0, True)  # a threshold takes all pairs of the same score
    reached = np.flatnonzero((precision >= SURE_PRECISION) & last_of_equals)
    position = reached[-1] if len(reached) else np.searchsorted(total, FALLBACK_SHARE * total[-1])
    return float(scores[order][position])
