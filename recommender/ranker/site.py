"""What a site's own relations taught: trees, and a little of how alike the words are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from recommender.core.settings import RankerSettings
from recommender.ranker.training_set import TrainingSet
from recommender.ranker.trees import Floats, Trees, fill_gaps

WORDS = "text_terms.text_cosine"
# Of the cosine, beside trees whose margins have a spread of about 1. It decides among the many of a large group that
# are equal to the trees: editors would rather read of the same thing than of the same group.
LIKENESS = 0.3


class SiteTrees:
    """Margins of a site's own: those of trees, and the cosine of the texts, weighted.

    Attributes
    ----------
    trees_ : Trees
    names : tuple of str
        Columns that it is asked in.
    likeness_ : float
        What the cosine is multiplied by; without effect where it is no column.
    """

    def __init__(self, trees: Trees, names: Sequence[str], likeness: float = LIKENESS):
        self.trees_ = trees
        self.names = tuple(names)
        self.likeness_ = likeness

    @classmethod
    def rehearse(cls, judged: TrainingSet, settings: RankerSettings) -> tuple[Self, Self, TrainingSet]:
        """Return what all sources but the newest teach, what all sources teach, and the newest sources.

        The rehearsal has not seen the newest, so that what it says of them is what the others will say of the future.
        Gaps in the features are filled in place: a copy would be a fifth of all the memory that training takes.
        """
        fill_gaps(judged.features)
        old, new = judged.split(round(len(judged.group_sizes) * (1 - settings.calibration_share)))
        # A thread for each sample: two threads in one training wait for each other, busily.
        work = (delayed(Trees.grow)(part, settings) for part in (old, judged))
        rehearsed, final = Parallel(n_jobs=2, prefer="threads")(work)
        weights = rehearsed.balancing(new.features)
        return cls(rehearsed.weighted(weights), judged.names), cls(final.weighted(weights), judged.names), new

    def scaled(self, factor: float) -> SiteTrees:
        """Return the same with all margins multiplied."""
        trees = self.trees_.weighted([factor * weight for weight in self.trees_.weights])
        return SiteTrees(trees, self.names, factor * self.likeness_)

    def margins(self, X: NDArray[np.float32]) -> tuple[Floats, Floats]:
        """Return how good each pair is, on no scale but its own, and what of it trainings by choice gave."""
        margins, choice = self.trees_.margins(X)
        if WORDS in self.names:
            margins += self.likeness_ * X[:, self.names.index(WORDS)].astype(np.float64)
        return margins, choice

    def contributions(self, X: NDArray[np.float32]) -> Floats:
        """Return each feature's share of the margin, ``(n_pairs, n_features)``, without what the trees start from."""
        parts = self.trees_.contributions(X)
        if WORDS in self.names:
            column = self.names.index(WORDS)
            parts[:, column] += self.likeness_ * X[:, column].astype(np.float64)
        return parts

    def to_dict(self) -> dict[str, Any]:
        """Return trees and weights as JSON-ready values."""
        return {"names": list(self.names), "likeness": self.likeness_, **self.trees_.to_dict()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build what `to_dict` described."""
        return cls(Trees.from_dict(values), values["names"], float(values["likeness"]))
