"""The ranker for any site: how alike the words are, corrected by what trees learned on another site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from recommender.core.settings import RankerSettings
from recommender.ranker.calibration import Calibration
from recommender.ranker.training_set import TrainingSet
from recommender.ranker.trees import ORDER, PAIRS, Floats, Member, Trees

# How alike the words are: the cosine as a part of the best one, and how rare the rarest word in common is.
WORDS = {"text_terms.text_cosine_relative": 1.0, "text_terms.text_rarest_shared": 0.4}
TEXT_LENGTH = "length.text_words_source"
SHORT = 50.0  # words; in a text of this length the trees have half a voice
VOICE = 1.4  # of the trees, in units of their spread, beside the words' sum in [0, 1.4]
MEMBERS = (Member(ORDER, seed=0), Member(PAIRS, seed=1))
# How much titles alone tell differs most between sites: one repeats them from week to week, another names the news.
LEFT_OUT = (
    "title_terms.",
    "text_terms.title_in_text",
    "text_terms.text_in_title",
    "relations.linked_title",
    "relations.linked_characters",
    "relations.linked_spelling",
)
UNCALIBRATED = Calibration(slope=1.0, best=0.0, rivals=0.0, intercept=0.0)


class ShippedRanker:
    """How alike the words are, to which trees add what they learned on another site.

    The longer the source's text, the more its words say by themselves and the less the trees are heard: by
    ``1 / (1 + (words / 50)²)``, since they learned on titles and excerpts. Features are found by their names; one
    that is not there counts as unknown.

    Attributes
    ----------
    names : tuple of str
        Columns that it is asked in.
    tree_names : tuple of str
        Columns that the trees learned from.
    calibration_ : Calibration
        From the sum to log-odds; that of the site it learned from.
    """

    kind = "shipped"

    def __init__(
        self, trees: Trees, tree_names: Sequence[str], names: Sequence[str], calibration: Calibration = UNCALIBRATED
    ):
        self.trees_ = trees
        self.tree_names = tuple(tree_names)
        self.names = tuple(names)
        self.calibration_ = calibration

    @classmethod
    def fit(cls, views: Sequence[TrainingSet], settings: RankerSettings) -> Self:
        """Learn from all pairs of these views of one site; calibrate on their newest, unseen by the trees until then.

        Views are the same sources in the same order, each with other relations known, so that it learns what to do
        with and without them. Rivals do not count: how many a source has differs from site to site.
        """
        names = views[0].names
        chosen = np.array([not name.startswith(LEFT_OUT) for name in names])
        narrow = [view.columns(chosen) for view in views]
        n_old = round(len(views[0].group_sizes) * (1 - settings.calibration_share))
        old = _joined([view.split(n_old)[0] for view in narrow])
        new = _joined([view.split(n_old)[1] for view in views])
        rehearsed, final = (Trees.grow(part, settings, MEMBERS) for part in (old, _joined(narrow)))
        weights = [VOICE * weight for weight in rehearsed.balancing(new.columns(chosen).features)]
        margin = cls(rehearsed.weighted(weights), narrow[0].names, names).margin(new.features)
        return cls(final.weighted(weights), narrow[0].names, names, Calibration.fit(margin, new, rivalry=False))

    def asked_in(self, names: Sequence[str]) -> ShippedRanker:
        """Return the same ranker for other columns."""
        return ShippedRanker(self.trees_, self.tree_names, names, self.calibration_)

    def margin(self, X: NDArray[np.float32]) -> Floats:
        """Return how good each pair is, on no scale but its own."""
        words = sum((weight * self._known(X, name) for name, weight in WORDS.items()), np.zeros(len(X)))
        return words + self._voice(X) * self.trees_.margin(self._columns(X, self.tree_names))

    def margin_parts(self, X: NDArray[np.float32]) -> Floats:
        """Return each feature's share of the margin, ``(n_pairs, n_features)``, without what the trees start from."""
        trees = self._voice(X)[:, np.newaxis] * self.trees_.contributions(self._columns(X, self.tree_names))
        parts = np.zeros((len(X), len(self.names)))
        for column, name in enumerate(self.names):
            if name in self.tree_names:
                parts[:, column] += trees[:, self.tree_names.index(name)]
            if name in WORDS:
                parts[:, column] += WORDS[name] * self._known(X, name)
        return parts

    @property
    def threshold(self) -> float:
        """None: what its scores promise on a site that it never saw is not known, so it does not abstain."""
        return 0.0

    def log_odds(self, X: NDArray[np.float32], sizes: NDArray[np.intp]) -> Floats:
        """Return ``log(score / (1 - score))`` of each row."""
        return self.calibration_.log_odds(self.margin(X), sizes)

    def contributions(self, X: NDArray[np.float32]) -> Floats:
        """Return each feature's share of the log-odds."""
        return self.calibration_.slope * self.margin_parts(X)

    def to_dict(self) -> dict[str, Any]:
        """Return trees and calibration as JSON-ready values."""
        return {
            "kind": self.kind,
            "names": list(self.names),
            "tree_names": list(self.tree_names),
            "calibration": self.calibration_.to_dict(),
            **self.trees_.to_dict(),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build the ranker that `to_dict` described."""
        calibration = Calibration.from_dict(values["calibration"])
        return cls(Trees.from_dict(values), values["tree_names"], values["names"], calibration)

    def _known(self, X: NDArray[np.float32], name: str) -> Floats:
        """Return a column, 0 where it is unknown."""
        if name not in self.names:
            return np.zeros(len(X))
        values: Floats = X[:, self.names.index(name)].astype(np.float64)
        values[np.isnan(values)] = 0.0
        return values

    def _voice(self, X: NDArray[np.float32]) -> Floats:
        voice: Floats = 1 / (1 + (self._known(X, TEXT_LENGTH) / SHORT) ** 2)
        return voice

    def _columns(self, X: NDArray[np.float32], names: Sequence[str]) -> NDArray[np.float32]:
        place = {name: column for column, name in enumerate(self.names)}
        columns = np.full((len(X), len(names)), np.nan, dtype=np.float32)
        for column, name in enumerate(names):
            if name in place:
                columns[:, column] = X[:, place[name]]
        return columns


def _joined(parts: Sequence[TrainingSet]) -> TrainingSet:
    return TrainingSet(
        np.vstack([part.features for part in parts]),
        np.concatenate([part.labels for part in parts]),
        np.concatenate([part.group_sizes for part in parts]),
        parts[0].names,
    )
