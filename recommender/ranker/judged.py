"""What rankers learn from: scored pairs with what the editors did."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Judged:
    """Pairs of several sources with what the editors did: the food of a ranker.

    Attributes
    ----------
    features : (n_pairs, n_features) float32 array
    kept : (n_pairs,) bool array
        Whether the pair is a curated relation.
    sizes : (n_sources,) intp array
        How many pairs, one after the other, belong to each source; sources in time order.
    names : tuple of str
        Names of the columns, each as ``group.feature``.
    """

    features: NDArray[np.float32]
    kept: NDArray[np.bool_]
    sizes: NDArray[np.intp]
    names: tuple[str, ...]

    def split(self, n_sources: int) -> tuple[Judged, Judged]:
        """Return the first `n_sources`, and the rest."""
        pairs = int(self.sizes[:n_sources].sum())
        first = Judged(self.features[:pairs], self.kept[:pairs], self.sizes[:n_sources], self.names)
        rest = Judged(self.features[pairs:], self.kept[pairs:], self.sizes[n_sources:], self.names)
        return first, rest

    def columns(self, chosen: NDArray[np.bool_]) -> Judged:
        """Return the same pairs with only the columns chosen by an ``(n_features,)`` mask."""
        names = tuple(name for name, wanted in zip(self.names, chosen, strict=True) if wanted)
        return Judged(np.ascontiguousarray(self.features[:, chosen]), self.kept, self.sizes, names)
