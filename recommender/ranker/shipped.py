"""The ranker for any site: how alike the words are, corrected by what trees learned on another site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from recommender.ranker.calibration import calibrate
from recommender.ranker.judged import Judged
from recommender.ranker.trees import Floats, Member, Trees
from recommender.settings import RankerSettings

WORDS_ALIKE = "text_terms.text_cosine_relative"
TEXT_LENGTH = "length.text_words_source"
SHORT = 60.0  # words; in a text of this length the trees have half a voice
VOICE = 0.6  # of the trees, in units of their spread, beside a likeness in [0, 1]
MEMBERS = (Member("rank:ndcg", seed=0), Member("binary:logistic", seed=1))
# How much titles alone tell differs most between sites: one repeats them from week to week, another names the news.
LEFT_OUT = (
    "title_terms.",
    "text_terms.title_in_text",
    "text_terms.text_in_title",
    "relations.linked_title",
    "relations.linked_characters",
    "relations.linked_spelling",
)


class ShippedRanker:
    """A likeness of words in [0, 1], to which trees add what they learned on another site.

    The longer the source's text, the more its words say by themselves and the less the trees are heard: by
    ``1 / (1 + (words / 60)²)``, since they learned on titles and excerpts. Features are found by their names; one
    that is not there counts as unknown.

    Attributes
    ----------
    names : tuple of str
        Columns that it is asked in.
    tree_names : tuple of str
        Columns that the trees learned from.
    slope_, intercept_ : float
        From the sum to log-odds.
    """

    kind = "shipped"

    def __init__(
        self, trees: Trees, tree_names: Sequence[str], names: Sequence[str], slope: float = 1.0, intercept: float = 0.0
    ):
        self.trees_ = trees
        self.tree_names = tuple(tree_names)
        self.names = tuple(names)
        self.slope_ = slope
        self.intercept_ = intercept

    @classmethod
    def fit(cls, views: Sequence[Judged], settings: RankerSettings) -> Self:
        """Learn from all pairs of these views of one site; calibrate on their newest, unseen by the trees until then.

        Views are the same sources in the same order, each with other relations known, so that it learns what to do
        with and without them.
        """
        names = views[0].names
        chosen = np.array([not name.startswith(LEFT_OUT) for name in names])
        narrow = [view.columns(chosen) for view in views]
        n_old = round(len(views[0].sizes) * (1 - settings.calibration_share))
        old = _joined([view.split(n_old)[0] for view in narrow])
        new = _joined([view.split(n_old)[1] for view in views])
        rehearsed, final = (Trees.grow(part, settings, MEMBERS) for part in (old, _joined(narrow)))
        weights = [VOICE * weight for weight in rehearsed.balancing(new.columns(chosen).features)]
        margin = cls(rehearsed.weighted(weights), narrow[0].names, names).log_odds(new.features)
        return cls(final.weighted(weights), narrow[0].names, names, *calibrate(margin, new))

    def asked_in(self, names: Sequence[str]) -> ShippedRanker:
        """Return the same ranker for other columns."""
        return ShippedRanker(self.trees_, self.tree_names, names, self.slope_, self.intercept_)

    def log_odds(self, X: NDArray[np.float32]) -> Floats:
        """Return ``log(score / (1 - score))`` of each row."""
        trees = self._voice(X) * self.trees_.margin(self._columns(X, self.tree_names))
        return self.slope_ * (self._words_alike(X) + trees) + self.intercept_

    def contributions(self, X: NDArray[np.float32]) -> Floats:
        """Return each feature's share of the log-odds, the base last."""
        voice = (self.slope_ * self._voice(X))[:, np.newaxis]
        trees = voice * self.trees_.contributions(self._columns(X, self.tree_names))
        parts = np.zeros((len(X), len(self.names) + 1))
        place = {name: column for column, name in enumerate(self.names)}
        for column, name in enumerate(self.tree_names):
            parts[:, place.get(name, -1)] += trees[:, column]
        parts[:, place.get(WORDS_ALIKE, -1)] += self.slope_ * self._words_alike(X)
        parts[:, -1] += trees[:, -1] + self.intercept_
        return parts

    def to_dict(self) -> dict[str, Any]:
        """Return trees and calibration as JSON-ready values."""
        return {
            "kind": self.kind,
            "names": list(self.names),
            "tree_names": list(self.tree_names),
            "slope": self.slope_,
            "intercept": self.intercept_,
            **self.trees_.to_dict(),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build the ranker that `to_dict` described."""
        trees, slope, intercept = Trees.from_dict(values), float(values["slope"]), float(values["intercept"])
        return cls(trees, values["tree_names"], values["names"], slope, intercept)

    def _words_alike(self, X: NDArray[np.float32]) -> Floats:
        alike: Floats = np.nan_to_num(self._columns(X, (WORDS_ALIKE,))[:, 0].astype(np.float64))
        return alike

    def _voice(self, X: NDArray[np.float32]) -> Floats:
        words = np.nan_to_num(self._columns(X, (TEXT_LENGTH,))[:, 0].astype(np.float64))
        voice: Floats = 1 / (1 + (words / SHORT) ** 2)
        return voice

    def _columns(self, X: NDArray[np.float32], names: Sequence[str]) -> NDArray[np.float32]:
        place = {name: column for column, name in enumerate(self.names)}
        columns = np.full((len(X), len(names)), np.nan, dtype=np.float32)
        for column, name in enumerate(names):
            if name in place:
                columns[:, column] = X[:, place[name]]
        return columns


def _joined(parts: Sequence[Judged]) -> Judged:
    return Judged(
        np.vstack([part.features for part in parts]),
        np.concatenate([part.kept for part in parts]),
        np.concatenate([part.sizes for part in parts]),
        parts[0].names,
    )
