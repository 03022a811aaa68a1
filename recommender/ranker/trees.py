"""Boosted trees: a few trainings on the same pairs, summed up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import xgboost
from numpy.typing import NDArray

from recommender.core.settings import RankerSettings
from recommender.ranker.objectives import Losses, Objective
from recommender.ranker.training_set import TrainingSet

Floats = NDArray[np.float64]
BINS = 128  # of a feature's values
# Stands for an unknown value: without gaps the library keeps a byte a value, with them four.
UNKNOWN = np.float32(-999.0)
TOP = 5  # places of a list for which the order counts
LEAST_SPREAD = 1e-6  # of the margins of a training that learned nothing
ORDER, CHOICE, PAIRS = "order", "choice", "pairs"


@dataclass(frozen=True)
class Member:
    """One of the trainings that are summed up.

    By `ORDER` the pairs of a source are compared with each other by what a swap would cost its list, so that large
    groups win; by `CHOICE` the kept pairs share the mass of their list; by `PAIRS` each pair counts by itself, those
    of a source with n kept links ``1 / n`` each, so that small stories win. Together they serve all.
    """

    objective: str
    seed: int


MEMBERS = (Member(ORDER, seed=0), Member(CHOICE, seed=1), Member(PAIRS, seed=2))


class Trees:
    """Trees of a few trainings; a margin is the weighted sum of theirs.

    By order as of Burges, "From RankNet to LambdaRank to LambdaMART", Microsoft Research MSR-TR-2010-82.

    Attributes
    ----------
    boosters : tuple of xgboost.Booster
    weights : tuple of float
        What the margin of each training is multiplied by.
    objectives : tuple of str
        What each training strove for.
    """

    def __init__(self, boosters: Sequence[xgboost.Booster], weights: Sequence[float], objectives: Sequence[str]):
        if not len(weights) == len(boosters) == len(objectives) > 0:
            raise ValueError(f"{len(boosters)} trainings for {len(objectives)} ends with {len(weights)} weights")
        self.boosters = tuple(boosters)
        self.weights = tuple(weights)
        self.objectives = tuple(objectives)
        for booster in boosters:
            booster.set_param({"nthread": 1})

    def __reduce__(self) -> tuple[type[Self], tuple[Any, ...]]:
        # Made anew, since a booster forgets on its way how many threads it may use.
        return type(self), (self.boosters, self.weights, self.objectives)

    @classmethod
    def grow(cls, judged: TrainingSet, settings: RankerSettings, members: Sequence[Member] = MEMBERS) -> Self:
        """Train every member on the same pairs, in one matrix of the library, which is costly to make."""
        matrix = xgboost.QuantileDMatrix(
            _filled(judged.features), judged.labels.astype(np.float32), max_bin=BINS, nthread=1
        )
        matrix.set_group(judged.group_sizes)
        losses = Losses(judged)
        boosters = [_trained(matrix, losses, member, settings) for member in members]
        return cls(boosters, [1.0] * len(boosters), [member.objective for member in members])

    def balancing(self, X: NDArray[np.float32]) -> list[float]:
        """Return weights by which each training has an equal voice on these rows, and all of them a spread of about 1.

        One that learned nothing says the same of every pair: it has no voice, rather than a deafening one.
        """
        spreads = [float(np.std(margin)) for margin in self._margins(X)]
        return [1 / spread / len(spreads) if spread > LEAST_SPREAD else 0.0 for spread in spreads]

    def weighted(self, weights: Sequence[float]) -> Trees:
        """Return the same trees with other weights."""
        return Trees(self.boosters, weights, self.objectives)

    def margin(self, X: NDArray[np.float32]) -> Floats:
        """Return the weighted sum of the trainings' margins, ``(n_pairs,)``."""
        return self.margins(X)[0]

    def margins(self, X: NDArray[np.float32]) -> tuple[Floats, Floats]:
        """Return the weighted sum of the trainings' margins, and what of it those by choice gave."""
        total, choice = np.zeros(len(X)), np.zeros(len(X))
        for margin, weight, objective in zip(self._margins(X), self.weights, self.objectives, strict=True):
            total += weight * margin
            if objective == CHOICE:
                choice += weight * margin
        return total, choice

    def contributions(self, X: NDArray[np.float32]) -> Floats:
        """Return how the margin changes at each feature on the way through the trees, a column each.

        What the trees start from is left out. Exact and additive (Saabas, "Interpreting random forests", 2014), at a
        twentieth of the time of TreeSHAP.
        """
        matrix = xgboost.DMatrix(_filled(X), nthread=1)
        parts = np.zeros((len(X), X.shape[1] + 1))
        for booster, weight in zip(self.boosters, self.weights, strict=True):
            parts += weight * booster.predict(matrix, pred_contribs=True, approx_contribs=True).astype(np.float64)
        return parts[:, :-1]

    def to_dict(self) -> dict[str, Any]:
        """Return trees and weights as JSON-ready values."""
        return {
            "weights": list(self.weights),
            "objectives": list(self.objectives),
            "trees": [booster.save_raw("json").decode() for booster in self.boosters],
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build what `to_dict` described; a ValueError or an error of the library where it is damaged."""
        boosters = [xgboost.Booster() for _ in values["trees"]]
        for booster, trees in zip(boosters, values["trees"], strict=True):
            if not trees.startswith("{"):  # on an empty buffer the library ends the process
                raise ValueError("trees that are no JSON object")
            booster.load_model(bytearray(trees.encode()))
        return cls(
            boosters, [float(weight) for weight in values["weights"]], [str(one) for one in values["objectives"]]
        )

    def _margins(self, X: NDArray[np.float32]) -> list[Floats]:
        filled = _filled(X)
        return [one.inplace_predict(filled, predict_type="margin").astype(np.float64) for one in self.boosters]


def _trained(matrix: xgboost.DMatrix, losses: Losses, member: Member, settings: RankerSettings) -> xgboost.Booster:
    parameters: dict[str, Any] = {
        "tree_method": "hist",
        "max_bin": BINS,
        "grow_policy": "lossguide",
        "max_depth": 6,
        "max_leaves": settings.leaves,
        "eta": settings.learning_rate,
        "min_child_weight": 10,
        "subsample": 0.8,
        "colsample_bytree": 0.4,
        "reg_lambda": 10,
        "seed": settings.random_state + member.seed,
        "nthread": 1,
    }
    aim, objective = _aim(member, losses)
    return xgboost.train(parameters | aim, matrix, settings.trees, obj=objective)


def _aim(member: Member, losses: Losses) -> tuple[dict[str, Any], Objective | None]:
    """Return the parameters that a training strives by, and its loss where the library has none."""
    if member.objective == CHOICE:
        return {"base_score": 0.0}, losses.choice
    if member.objective == PAIRS:
        return {"base_score": losses.base}, losses.pairs
    own = {"lambdarank_pair_method": "topk", "lambdarank_num_pair_per_sample": TOP}
    return {"objective": "rank:ndcg", **own}, None


def fill_gaps(X: NDArray[np.float32]) -> None:
    """Put the value that stands for an unknown one in place of NaN."""
    np.copyto(X, UNKNOWN, where=np.isnan(X))


def _filled(X: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the same without gaps; itself where it has none."""
    gaps = np.isnan(X)
    return np.where(gaps, UNKNOWN, X) if gaps.any() else X
