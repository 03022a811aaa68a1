"""What rankers learn from: pair features with editors' labels, in a group for each source."""

from __future__ import annotations

from dataclasses import dataclass, replace

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
        How many pairs, one after the other, belong to each source; sources in time order, or story by story.
    names
        Names of the columns, each as ``group.feature``.
    stories : (n_sources,) array
        The story of each source where these are ordered by story, as on a site without dates; None in time order.
    """

    features: NDArray[np.float32]
    labels: NDArray[np.bool_]
    group_sizes: NDArray[np.intp]
    names: tuple[str, ...]
    stories: NDArray[np.int32] | None = None

    def split(self, n_sources: int) -> tuple[TrainingSet, TrainingSet]:
        """Return the first `n_sources`, and the rest."""
        pairs = int(self.group_sizes[:n_sources].sum())
        before, after = (None, None) if self.stories is None else (self.stories[:n_sources], self.stories[n_sources:])
        sizes = self.group_sizes
        first = TrainingSet(self.features[:pairs], self.labels[:pairs], sizes[:n_sources], self.names, before)
        rest = TrainingSet(self.features[pairs:], self.labels[pairs:], sizes[n_sources:], self.names, after)
        return first, rest

    def split_newest(self, settings: RankerSettings) -> tuple[TrainingSet, TrainingSet]:
        """Return the older sources, and the newest ``settings.calibration_share`` of them.

        Without dates, the last stories are held out instead, as whole stories where that comes near to the share.
        """
        position = round(len(self.group_sizes) * (1 - settings.calibration_share))
        if self.stories is None:
            return self.split(position)
        starts = np.flatnonzero(np.diff(self.stories)) + 1
        nearest = starts[np.argsort(np.abs(starts - position), kind="stable")[:1]]
        tolerance = (len(self.group_sizes) - position) / 2
        return self.split(next((start for start in nearest.tolist() if abs(start - position) <= tolerance), position))

    def select_columns(self, mask: NDArray[np.bool_]) -> TrainingSet:
        """Return the same pairs with only the columns where the ``(n_features,)`` mask is true."""
        names = tuple(name for name, selected in zip(self.names, mask, strict=True) if selected)
        return replace(self, features=np.ascontiguousarray(self.features[:, mask]), names=names)
