"""What every ranker can do: margins from pair features, and a calibration that makes them log-odds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from recommender.ranker.calibration import Calibration
from recommender.ranker.training_set import Floats


class Ranker(ABC):
    """Turns pair features into log-odds, and says how much each feature gave.

    Attributes
    ----------
    kind
        ``boosted``, ``shipped`` or ``blended``.
    names
        The columns of the features that it takes, each as ``group.feature``.
    """

    kind: str

    def __init__(self, names: Sequence[str], calibration: Calibration):
        self.names = tuple(names)
        self.calibration_ = calibration

    @property
    def threshold(self) -> float:
        """The score, in [0, 1], below which nothing is suggested where no other threshold is set; see `Calibration`."""
        return self.calibration_.threshold

    @property
    def sure(self) -> float:
        """The score, in [0, 1], from which on three of four suggestions are what editors link; see `Calibration`."""
        return self.calibration_.sure

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
        margins, softmax_margins = self.margins(X)
        return self.calibration_.log_odds(margins, group_sizes, softmax_margins)

    def contributions(self, X: NDArray[np.float32]) -> Floats:
        """Return each feature's share of the log-odds, ``(n_pairs, n_features)``.

        What the shares do not add up to is a constant of each source. It is the same for all pairs of the source but
        for the last bits, which the single precision of the library loses.
        """
        return self.calibration_.slope * self.margin_contributions(X)

    @abstractmethod
    def margins(self, X: NDArray[np.float32]) -> tuple[Floats, Floats]:
        """Return the margin of each pair, and the part of it that softmax members gave, ``(n_pairs,)`` each."""

    @abstractmethod
    def margin_contributions(self, X: NDArray[np.float32]) -> Floats:
        """Return each feature's share of the margin, ``(n_pairs, n_features)``, without the trees' base score."""

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON-ready values from which `load_ranker` builds an equal ranker."""
        return {"kind": self.kind, "names": list(self.names), "calibration": asdict(self.calibration_)}


def scores(log_odds: Floats) -> Floats:
    """Return the probabilities, in [0, 1], of log-odds: ``1 / (1 + exp(-log_odds))``."""
    probabilities: Floats = expit(log_odds)
    return probabilities
