"""What rankers learn from: pair features with editors' labels, in a group for each source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.core.settings import RankerSettings

Floats = NDArray[np.float64]

HELD_OUT_SOURCES = 100  # so many, or all, are held out: from fewer nDCG is known within 0.05 only


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
    source_weights : (n_sources,) array
        How much each source counts when trees and calibration are fitted; None where all count alike.
    """

    features: NDArray[np.float32]
    labels: NDArray[np.bool_]
    group_sizes: NDArray[np.intp]
    names: tuple[str, ...]
    stories: NDArray[np.int32] | None = None
    source_weights: Floats | None = None

    @classmethod
    def joined(cls, parts: Sequence[TrainingSet]) -> TrainingSet:
        """Return the sources of several sets with the same columns, one set after the other.

        Stories and weights are kept where all parts have them.
        """
        return cls(
            np.vstack([part.features for part in parts]),
            np.concatenate([part.labels for part in parts]),
            np.concatenate([part.group_sizes for part in parts]),
            parts[0].names,
            _joined([part.stories for part in parts]),
            _joined([part.source_weights for part in parts]),
        )

    @property
    def pair_weights(self) -> Floats:
        """The weight of each pair's source, ``(n_pairs,)``; 1 where all count alike."""
        weights = np.ones(len(self.group_sizes)) if self.source_weights is None else self.source_weights
        return np.repeat(weights / weights.mean(), self.group_sizes)

    def part(self, start: int, end: int) -> TrainingSet:
        """Return the sources from position `start` up to `end`."""
        first_pair, n_pairs = int(self.group_sizes[:start].sum()), int(self.group_sizes[start:end].sum())
        pairs, sources = slice(first_pair, first_pair + n_pairs), slice(start, end)
        return TrainingSet(
            self.features[pairs],
            self.labels[pairs],
            self.group_sizes[sources],
            self.names,
            None if self.stories is None else self.stories[sources],
            None if self.source_weights is None else self.source_weights[sources],
        )

    def take(self, positions: NDArray[np.intp]) -> TrainingSet:
        """Return the sources at these positions, in their order."""
        sizes = self.group_sizes[positions]
        starts = np.cumsum(self.group_sizes) - self.group_sizes
        # A source's pairs run from its start: pair i of the result is the pair of its source's start and i's own place.
        pairs = np.arange(sizes.sum()) + np.repeat(starts[positions] - np.cumsum(sizes) + sizes, sizes)
        return TrainingSet(
            self.features[pairs],
            self.labels[pairs],
            sizes,
            self.names,
            None if self.stories is None else self.stories[positions],
            None if self.source_weights is None else self.source_weights[positions],
        )

    def held_out_blocks(self, settings: RankerSettings) -> list[tuple[int, int]]:
        """Return the first position of each block of sources that is held out in turn, and that behind it; newest last.

        A block is ``settings.calibration_share`` of the sources. There are as many, from the newest, as it takes to
        hold out 100 sources, or all: little can be said from few. Without dates, blocks end where a story ends, where
        that comes near to the share.
        """
        n_sources = len(self.group_sizes)
        size = max(n_sources * settings.calibration_share, 1)
        n_blocks = int(min(np.ceil(HELD_OUT_SOURCES / size), n_sources / size + 1e-9))
        bounds = [self._nearest_start(round(n_sources - size * block), size / 2) for block in range(1, n_blocks + 1)]
        if n_blocks == 1:  # something must be left to learn from
            bounds = [max(bounds[0], 1)]
        ends = [n_sources, *bounds[:-1]]
        return [(start, end) for start, end in zip(bounds, ends, strict=True) if start < end][::-1]

    def without(self, start: int, end: int) -> TrainingSet:
        """Return the sources before position `start` and from `end` on."""
        if end == len(self.group_sizes):
            return self.part(0, start)  # no copy
        return TrainingSet.joined([self.part(0, start), self.part(end, len(self.group_sizes))])

    def _nearest_start(self, position: int, tolerance: float) -> int:
        """Return where a story starts, next to a position; this itself in time order, or where none is near."""
        if self.stories is None or position == 0:
            return position
        starts = np.flatnonzero(np.diff(self.stories)) + 1
        nearest = starts[np.argsort(np.abs(starts - position), kind="stable")[:1]]
        return next((start for start in nearest.tolist() if abs(start - position) <= tolerance), position)

    def select_columns(self, mask: NDArray[np.bool_]) -> TrainingSet:
        """Return the same pairs with only the columns where the ``(n_features,)`` mask is true."""
        names = tuple(name for name, selected in zip(self.names, mask, strict=True) if selected)
        return replace(self, features=np.ascontiguousarray(self.features[:, mask]), names=names)


def _joined(arrays: Sequence[NDArray[Any] | None]) -> Any:
    known = [array for array in arrays if array is not None]
    return np.concatenate(known) if len(known) == len(arrays) else None
