"""From margins to log-odds that mean what they say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from recommender.ranker.training_set import TrainingSet

Floats = NDArray[np.float64]
LEAST_SLOPE = 1e-3  # a score must rise with the margin, however odd the newest sources are
SUGGESTED = 10  # pairs of a source that a calibration looks at: those that may be suggested
RIVALS = 30  # candidates of a source that a pair is seen against
SHOWN = 5  # pairs of a source that are shown, of which a threshold must keep the promise
PROMISE = 0.75  # of what scores the threshold or more, editors keep this part
BEST = 0.1  # where that is out of reach, only the best tenth of what would be shown is


@dataclass(frozen=True)
class Calibration:
    """Turns margins into log-odds: Platt scaling of a margin, beside the margins of the source's other candidates.

    The same margin is worth less where the source has a better candidate: editors link the best. It is worth more
    where no candidate stands out in the eyes of those that learned the choice from a list: in a large group many
    are linked, and share the choice. Platt, "Probabilistic outputs for support vector machines", 1999.

    Attributes
    ----------
    slope
        Of a pair's own margin; above zero.
    best, rivals
        Of the margin of the source's best candidate, and of the mean margin of its best thirty.
    choice
        Of the largest margin of a source by the choice from its list; 0 where no training learned that.
    intercept
    threshold
        The lowest score, in [0, 1], at which three of four suggestions are kept; where that is out of reach, that of
        the best tenth of them.
    """

    slope: float
    best: float
    rivals: float
    intercept: float
    choice: float = 0.0
    threshold: float = 0.0

    @classmethod
    def fit(cls, margins: Floats, judged: TrainingSet, choice: Floats | None = None, rivalry: bool = True) -> Self:
        """Fit on each source's best pairs, as ranked by their margins: those that would be suggested.

        Parameters
        ----------
        margins : (n_pairs,) array
        judged
            The same pairs, with both outcomes among them.
        choice : (n_pairs,) array, optional
            Their margins by the choice from a list.
        rivalry
            Whether a pair is seen against its rivals; otherwise their weights are 0.
        """
        rivals = _rivalry(margins, judged.group_sizes, choice) if rivalry else ()
        terms = np.column_stack([margins, *rivals])
        likeliest = _likeliest(margins, judged, SUGGESTED)
        if judged.labels[likeliest].all() or not judged.labels[likeliest].any():  # says nothing of a probability
            likeliest = np.arange(len(margins))
        fitted = LogisticRegression(C=1.0).fit(terms[likeliest], judged.labels[likeliest])
        weights = dict(zip(("slope", "best", "rivals", "choice"), fitted.coef_[0].tolist(), strict=False))
        weights = {"best": 0.0, "rivals": 0.0} | weights | {"slope": max(weights["slope"], LEAST_SLOPE)}
        calibration = cls(**weights, intercept=float(fitted.intercept_[0]))
        shown = _likeliest(margins, judged, SHOWN)
        scores = expit(calibration.log_odds(margins, judged.group_sizes, choice)[shown])
        return replace(calibration, threshold=_threshold(scores, judged.labels[shown]))

    def log_odds(self, margins: Floats, sizes: NDArray[np.intp], choice: Floats | None = None) -> Floats:
        """Return ``log(score / (1 - score))`` of each pair.

        Parameters
        ----------
        margins : (n_pairs,) array
        sizes : (n_sources,) array
            How many pairs, one after the other, belong to each source: all its candidates.
        choice : (n_pairs,) array, optional
            Their margins by the choice from a list; zeros for None.
        """
        best, rivals, chosen = _rivalry(margins, sizes, np.zeros(len(margins)) if choice is None else choice)
        of_source = self.best * best + self.rivals * rivals + self.choice * chosen
        return self.slope * margins + of_source + self.intercept

    def to_dict(self) -> dict[str, float]:
        """Return the numbers by name."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build what `to_dict` described."""
        return cls(**{each.name: float(values[each.name]) for each in fields(cls)})


def _rivalry(margins: Floats, sizes: NDArray[np.intp], choice: Floats | None) -> list[Floats]:
    """Return for each pair the largest margin of its source, the mean of its largest, and its largest by choice."""
    best, rivals = np.zeros(len(sizes)), np.zeros(len(sizes))
    for place, own in enumerate(np.split(margins, np.cumsum(sizes)[:-1])):
        if len(own):
            largest = np.partition(own, -RIVALS)[-RIVALS:] if len(own) > RIVALS else own
            best[place], rivals[place] = largest.max(), np.sort(largest).mean()  # one order, one sum
    of_sources = [best, rivals]
    if choice is not None:
        ends = np.cumsum(sizes)
        parts = [choice[end - size : end] for size, end in zip(sizes, ends, strict=True)]
        of_sources.append(np.array([part.max() if len(part) else 0.0 for part in parts]))
    return [np.repeat(values, sizes) for values in of_sources]


def _likeliest(margins: Floats, judged: TrainingSet, most: int) -> NDArray[np.intp]:
    """Return the places of each source's best pairs, at most so many."""
    owner = np.repeat(np.arange(len(judged.group_sizes)), judged.group_sizes)
    order = np.lexsort((-margins, owner))
    rank = np.arange(len(order)) - np.repeat(np.cumsum(judged.group_sizes) - judged.group_sizes, judged.group_sizes)
    best: NDArray[np.intp] = order[rank < most]
    return best


def _threshold(scores: Floats, kept: NDArray[np.bool_]) -> float:
    """Return the lowest score at which the promise holds for all that score as much or more.

    Half by what was kept and half by what the scores say will be, so that a few pairs do not decide it.
    """
    order = np.argsort(-scores, kind="stable")
    precision = np.cumsum((kept + scores)[order] / 2) / np.arange(1, len(order) + 1)
    last_of_equals = np.append(np.diff(scores[order]) < 0, True)
    enough = np.flatnonzero((precision >= PROMISE) & last_of_equals)
    place = enough[-1] if len(enough) else int(BEST * len(order))
    return float(scores[order][place])
