"""What is learned from a site's own relations: boosted trees beside the cosine of the texts, and a ranker of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from recommender.core.settings import RankerSettings
from recommender.ranker.calibration import Calibration
from recommender.ranker.ranker import Ranker
from recommender.ranker.training_set import Floats, TrainingSet
from recommender.ranker.trees import Trees, fill_unknown

COSINE = "text_terms.text_cosine"
# Of the cosine, beside trees whose margins have a standard deviation of about 1. It decides among the many articles of
# a large group that the trees score alike: editors prefer more of the same event to more of the same group.
COSINE_WEIGHT = 0.3
# Standard scores teach what holds on other sites. From one site alone, trees learn more from the values themselves.
IGNORED = ("_standard",)


@dataclass(frozen=True)
class Rehearsal:
    """What trees say of sources that they have not seen: it shows what to expect of them on articles to come.

    Attributes
    ----------
    held_out
        The sources.
    margins, softmax_margins : (n_pairs,) arrays
        Of their pairs; the second ones are the part that softmax members gave.
    """

    held_out: TrainingSet
    margins: Floats
    softmax_margins: Floats


class SiteTrees:
    """Uncalibrated margins learned from one site: the trees' margin plus the weighted cosine of the texts, if known."""

    def __init__(self, trees: Trees, names: Sequence[str], cosine_weight: float = COSINE_WEIGHT):
        self.trees_ = trees
        self.names = tuple(names)
        self.cosine_weight_ = cosine_weight

    @classmethod
    def fit_rehearsed(cls, training_set: TrainingSet, settings: RankerSettings) -> tuple[SiteTrees, Rehearsal]:
        """Fit on all sources, and once without each block of `held_out_blocks`.

        Unknown values are filled in place in the features of `training_set`: a copy would take a fifth more memory.
        The weights of the members are those at which their margins of held-out sources spread alike.
        """
        fill_unknown(training_set.features)
        blocks = training_set.held_out_blocks(settings)
        sets = (*(training_set.without(*block) for block in blocks), training_set)
        # One thread for each fit: two threads inside one fit would spend their time waiting for each other.
        *partial, final = Parallel(n_jobs=2, prefer="threads")(
            delayed(Trees.fit)(pairs, settings, ignored=IGNORED) for pairs in sets
        )
        held_out = training_set.part(blocks[0][0], blocks[-1][1])
        weights, margins = [], []
        for trees, block in zip(partial, blocks, strict=True):
            features = training_set.part(*block).features
            weights.append(trees.standardising_weights(features))
            margins.append(cls(trees.with_weights(weights[-1]), training_set.names).margins(features))
        own, softmax = (np.concatenate(parts) for parts in zip(*margins, strict=True))
        mean_weights = np.mean(weights, axis=0).tolist()
        return cls(final.with_weights(mean_weights), training_set.names), Rehearsal(held_out, own, softmax)

    def scaled(self, factor: float) -> SiteTrees:
        """Return the same with all margins multiplied by `factor`."""
        trees = self.trees_.with_weights([factor * weight for weight in self.trees_.weights])
        return SiteTrees(trees, self.names, factor * self.cosine_weight_)

    def margins(self, X: NDArray[np.float32]) -> tuple[Floats, Floats]:
        """Return the margin of each pair, and the part of it that the softmax members gave, ``(n_pairs,)`` each."""
        margins, softmax_margins = self.trees_.margins(X)
        if COSINE in self.names:
            margins += self.cosine_weight_ * X[:, self.names.index(COSINE)].astype(np.float64)
        return margins, softmax_margins

    def contributions(self, X: NDArray[np.float32]) -> Floats:
        """Return each feature's share of the margin, ``(n_pairs, n_features)``, without the trees' base score."""
        shares = self.trees_.contributions(X)
        if COSINE in self.names:
            column = self.names.index(COSINE)
            shares[:, column] += self.cosine_weight_ * X[:, column].astype(np.float64)
        return shares

    def to_dict(self) -> dict[str, Any]:
        """Return trees and weights as JSON-ready values."""
        return {"names": list(self.names), "likeness": self.cosine_weight_, **self.trees_.to_dict()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build what `to_dict` described."""
        return cls(Trees.from_dict(values), values["names"], float(values["likeness"]))


class BoostedRanker(Ranker):
    """The site's own ranker: its margins, scaled to log-odds on the newest sources."""

    kind = "boosted"

    def __init__(self, site_trees: SiteTrees, calibration: Calibration):
        super().__init__(site_trees.names, calibration)
        self.site_trees_ = site_trees

    @classmethod
    def fit(cls, training_set: TrainingSet, settings: RankerSettings) -> Self:
        """Fit trees on all sources; calibrate on the newest, with trees that were fitted without them."""
        site_trees, rehearsal = SiteTrees.fit_rehearsed(training_set, settings)
        calibration = Calibration.fit(rehearsal.margins, rehearsal.held_out, rehearsal.softmax_margins)
        return cls(site_trees, calibration)

    def margins(self, X: NDArray[np.float32]) -> tuple[Floats, Floats]:
        """Return the trees' margins, and the part of them that softmax members gave."""
        return self.site_trees_.margins(X)

    def margin_contributions(self, X: NDArray[np.float32]) -> Floats:
        """Return each feature's share of the margin."""
        return self.site_trees_.contributions(X)

    def to_dict(self) -> dict[str, Any]:
        """Return trees and calibration as JSON-ready values."""
        return super().to_dict() | self.site_trees_.to_dict()

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build the ranker that `to_dict` described."""
        return cls(SiteTrees.from_dict(values), Calibration.from_dict(values["calibration"]))
