"""The ranker that the package ships, for sites with few relations or none: text similarity, corrected by trees."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from recommender.core.model_folder import read_model_folder
from recommender.core.settings import RankerSettings
from recommender.ranker.calibration import Calibration
from recommender.ranker.ranker import Ranker
from recommender.ranker.training_set import Floats, TrainingSet
from recommender.ranker.trees import LAMBDARANK, LOGISTIC, Trees

FOLDER = Path(__file__).parent / "default"
RANKER_FILE = "ranker.json"

# The similarity of the texts: their cosine relative to the source's best, and how rare the rarest shared term is.
TEXT_WEIGHTS = {"text_terms.text_cosine_relative": 1.0, "text_terms.text_rarest_shared": 0.4}
TEXT_LENGTH = "length.text_words_source"
HALF_WEIGHT_WORDS = 50.0  # length of a source's text at which the trees have half their weight
TREE_WEIGHT = 1.4  # of the trees, in units of their standard deviation; the text similarity is in [0, 1.4]
OBJECTIVES = (LAMBDARANK, LOGISTIC)
# The trees do not see these features, by the beginnings of their names: how much a title alone tells differs most
# between sites, as one repeats its titles from week to week and another names the news in them.
EXCLUDED_FEATURES = (
    "title_terms.",
    "text_terms.title_in_text",
    "text_terms.text_in_title",
    "relations.linked_title",
    "relations.linked_characters",
    "relations.linked_spelling",
)
UNCALIBRATED = Calibration(slope=1.0, best=0.0, rivals=0.0, intercept=0.0)


class ShippedRanker(Ranker):
    """The similarity of the texts, to which trees add what they learned on another site.

    ``margin = cosine_relative + 0.4 * rarest_shared + w * trees`` with ``w = 1 / (1 + (words / 50)^2)``

    The longer the text of the source, the more its similarity says by itself, and the less the trees weigh, which
    learned on titles and excerpts. Features are found by their names; one that a site does not have counts as unknown.

    The trees learned from the columns `tree_names`; it is given features of the columns `names`.
    """

    kind = "shipped"

    def __init__(
        self, trees: Trees, tree_names: Sequence[str], names: Sequence[str], calibration: Calibration = UNCALIBRATED
    ):
        super().__init__(names, calibration)
        self.trees_ = trees
        self.tree_names = tuple(tree_names)

    @classmethod
    def fit(cls, views: Sequence[TrainingSet], settings: RankerSettings) -> Self:
        """Fit on all pairs of several views of one site; calibrate on the newest, with trees fitted without them.

        The views are the same sources in the same order, each time with other relations known, so that the trees learn
        what to do with and without relations. The calibration leaves the source's other candidates out, as their number
        differs from site to site.
        """
        names = views[0].names
        tree_columns = np.array([not name.startswith(EXCLUDED_FEATURES) for name in names])
        older, newest = map(_concatenated, zip(*(view.split_newest(settings) for view in views), strict=True))
        parts = (pairs.select_columns(tree_columns) for pairs in (older, _concatenated(views)))
        partial, final = (Trees.fit(part, settings, OBJECTIVES) for part in parts)
        tree_newest = newest.select_columns(tree_columns)
        weights = [TREE_WEIGHT * weight for weight in partial.standardising_weights(tree_newest.features)]
        margins, _ = cls(partial.with_weights(weights), tree_newest.names, names).margins(newest.features)
        calibration = Calibration.fit(margins, newest, use_rivals=False)
        return cls(final.with_weights(weights), tree_newest.names, names, calibration)

    def with_columns(self, names: Sequence[str]) -> ShippedRanker:
        """Return the same ranker for features of other columns."""
        return ShippedRanker(self.trees_, self.tree_names, names, self.calibration_)

    def margins(self, X: NDArray[np.float32]) -> tuple[Floats, Floats]:
        """Return the margin of each pair; no member is trained by the softmax."""
        similarity = sum((weight * self._column(X, name) for name, weight in TEXT_WEIGHTS.items()), np.zeros(len(X)))
        tree_margins, softmax_margins = self.trees_.margins(self._columns(X, self.tree_names))
        return similarity + self._tree_weight(X) * tree_margins, softmax_margins

    def margin_contributions(self, X: NDArray[np.float32]) -> Floats:
        """Return each feature's share of the margin, that of a feature in both parts from both."""
        tree_shares = self.trees_.contributions(self._columns(X, self.tree_names))
        tree_shares = self._tree_weight(X)[:, np.newaxis] * tree_shares
        shares = np.zeros((len(X), len(self.names)))
        for column, name in enumerate(self.names):
            if name in self.tree_names:
                shares[:, column] += tree_shares[:, self.tree_names.index(name)]
            if name in TEXT_WEIGHTS:
                shares[:, column] += TEXT_WEIGHTS[name] * self._column(X, name)
        return shares

    @property
    def threshold(self) -> float:
        """0: its precision on a site that it never saw is unknown, so it suggests as many as are wanted."""
        return 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return trees and calibration as JSON-ready values."""
        return super().to_dict() | {"tree_names": list(self.tree_names)} | self.trees_.to_dict()

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build the ranker that `to_dict` described."""
        calibration = Calibration.from_dict(values["calibration"])
        return cls(Trees.from_dict(values), values["tree_names"], values["names"], calibration)

    def _tree_weight(self, X: NDArray[np.float32]) -> Any:
        return 1 / (1 + (self._column(X, TEXT_LENGTH) / HALF_WEIGHT_WORDS) ** 2)

    def _column(self, X: NDArray[np.float32], name: str) -> Floats:
        """Return one column, 0 where a value is unknown, and all 0 where the site does not have it."""
        values: Floats = self._columns(X, [name])[:, 0].astype(np.float64)
        values[np.isnan(values)] = 0.0
        return values

    def _columns(self, X: NDArray[np.float32], names: Sequence[str]) -> NDArray[np.float32]:
        """Return the columns of these names, nan where the site does not have one."""
        column_of = {name: column for column, name in enumerate(self.names)}
        columns = np.full((len(X), len(names)), np.nan, dtype=np.float32)
        for column, name in enumerate(names):
            if name in column_of:
                columns[:, column] = X[:, column_of[name]]
        return columns


@cache
def shipped_ranker() -> ShippedRanker:
    """Return the ranker of the package's folder ``ranker/default``; `ModelFormatError` where that is damaged."""
    return ShippedRanker.from_dict(json.loads(read_model_folder(FOLDER).text(RANKER_FILE)))


def _concatenated(parts: Sequence[TrainingSet]) -> TrainingSet:
    return TrainingSet(
        np.vstack([part.features for part in parts]),
        np.concatenate([part.labels for part in parts]),
        np.concatenate([part.group_sizes for part in parts]),
        parts[0].names,
    )
