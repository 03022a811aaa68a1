"""What rankers learn from: pair features with editors' labels, in a group for each source."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.core.settings import RankerSettings

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class TrainingSet:
    """Pair features of several sources, with editors' labels.

    Attributes
    ----------
    features : (n_pairs, n_features) array
    labels : (n_pairs,) array
        Whether the pair is a curated relation.
    group_sizes : (n_sources,) array
        How many pairs, one after the other, belong to each source; sources in time order.
    names
        Names of the columns, each as ``group.feature``.
    """

    features: NDArray[np.float32]
    labels: NDArray[np.bool_]
    group_sizes: NDArray[np.intp]
    names: tuple[str, ...]

    def split(self, n_sources: int) -> tuple[TrainingSet, TrainingSet]:
        """Return the first `n_sources`, and the rest."""
        pairs = int(self.group_sizes[:n_sources].sum())
        first = TrainingSet(self.features[:pairs], self.labels[:pairs], self.group_sizes[:n_sources], self.names)
        rest = TrainingSet(self.features[pairs:], self.labels[pairs:], self.group_sizes[n_sources:], self.names)
        return first, rest

    def split_newest(self, settings: RankerSettings) -> tuple[TrainingSet, TrainingSet]:
        """Return the older sources, and the newest ``settings.calibration_share`` of them."""
        return self.split(round(len(self.group_sizes) * (1 - settings.calibration_share)))

    def select_columns(self, mask: NDArray[np.bool_]) -> TrainingSet:
        """Return the same pairs with only the columns where the ``(n_features,)`` mask is true."""
        names = tuple(name for name, selected in zip(self.names, mask, strict=True) if selected)
        return TrainingSet(np.ascontiguousarray(self.features[:, mask]), self.labels, self.group_sizes, names)
