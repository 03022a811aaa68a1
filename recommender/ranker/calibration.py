"""From margins to log-odds that mean what they say."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from recommender.ranker.judged import Judged

Floats = NDArray[np.float64]
LEAST_SLOPE = 1e-3  # a score must rise with the margin, however odd the newest sources are
SUGGESTED = 10  # pairs of a source that a calibration looks at: those that may be suggested


def calibrate(margins: Floats, judged: Judged) -> tuple[float, float]:
    """Return the slope, above zero, and the intercept that turn margins into log-odds (Platt scaling).

    Fitted on each source's best pairs, as ranked by the margins: those that would be suggested. Platt,
    "Probabilistic outputs for support vector machines", 1999.

    Parameters
    ----------
    margins : (n_pairs,) array
    judged
        The same pairs, with both outcomes among them.
    """
    best = _likeliest(margins, judged)
    fitted = LogisticRegression(C=100.0).fit(margins[best, np.newaxis], judged.kept[best])
    return max(float(fitted.coef_[0, 0]), LEAST_SLOPE), float(fitted.intercept_[0])


def _likeliest(margins: Floats, judged: Judged) -> NDArray[np.intp]:
    """Return the places of each source's best pairs."""
    owner = np.repeat(np.arange(len(judged.sizes)), judged.sizes)
    order = np.lexsort((-margins, owner))
    rank = np.arange(len(order)) - np.repeat(np.cumsum(judged.sizes) - judged.sizes, judged.sizes)
    best: NDArray[np.intp] = order[rank < SUGGESTED]
    one_outcome = judged.kept[best].all() or not judged.kept[best].any()  # alone it says nothing of a probability
    return order if one_outcome else best
