"""An ensemble of boosted trees: a few members, trained on the same pairs by different objectives, summed up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import xgboost
from numpy.typing import NDArray

from recommender.core.settings import RankerSettings
from recommender.ranker.objectives import Losses, Objective
from recommender.ranker.training_set import Floats, TrainingSet

BINS = 128  # of a feature's values
# Stands for an unknown value. A matrix of the library without missing values takes a byte a value, else four.
UNKNOWN = np.float32(-999.0)
LAMBDARANK_TOP = 5  # pairs are compared in which at least one target is among the first five
MIN_SPREAD = 1e-6  # standard deviation of margins; a member with less learned nothing
# Objectives, by the names that saved rankers have for them. LAMBDARANK compares the pairs of a source by how much nDCG
# a swap costs, which favours sources with many links (Burges, "From RankNet to LambdaRank to LambdaMART", Microsoft
# Research MSR-TR-2010-82). SOFTMAX lets the labelled pairs of a source share a probability of 1. LOGISTIC looks at
# each pair alone, and favours sources with few links. Their sum serves both.
LAMBDARANK, SOFTMAX, LOGISTIC = OBJECTIVES = ("order", "choice", "pairs")


class Trees:
    """Boosted trees of several members; the margin is the sum of the members' margins, each times its weight."""

    def __init__(self, boosters: Sequence[xgboost.Booster], weights: Sequence[float], objectives: Sequence[str]):
        if not len(weights) == len(boosters) == len(objectives) > 0:
            raise ValueError(f"{len(boosters)} members with {len(objectives)} objectives and {len(weights)} weights")
        self.boosters = tuple(boosters)
        self.weights = tuple(weights)
        self.objectives = tuple(objectives)
        for booster in boosters:
            booster.set_param({"nthread": 1})

    def __reduce__(self) -> tuple[type[Self], tuple[Any, ...]]:
        # Built anew in another process: a pickled booster forgets how many threads it may use.
        return type(self), (self.boosters, self.weights, self.objectives)

    @classmethod
    def fit(
        cls,
        training_set: TrainingSet,
        settings: RankerSettings,
        objectives: Sequence[str] = OBJECTIVES,
        ignored: tuple[str, ...] = (),
    ) -> Self:
        """Train a member by each objective; they share one matrix of the library, which is costly to make.

        No tree looks at columns whose names end with one of `ignored`.
        """
        is_used = [not name.endswith(ignored) for name in training_set.names]
        matrix = xgboost.QuantileDMatrix(
            _filled(training_set.features),
            training_set.labels.astype(np.float32),
            feature_weights=None if all(is_used) else is_used,
            max_bin=BINS,
            nthread=1,
        )
        matrix.set_group(training_set.group_sizes)
        if training_set.source_weights is not None:  # a weight a group; only the library's own objective looks at them
            matrix.set_weight(training_set.source_weights / training_set.source_weights.mean())
        losses = Losses(training_set)
        boosters = [
            _train(matrix, losses, objective, settings, settings.random_state + member, float(np.mean(is_used)))
            for member, objective in enumerate(objectives)
        ]
        return cls(boosters, [1.0] * len(boosters), objectives)

    def standardising_weights(self, X: NDArray[np.float32]) -> list[float]:
        """Return weights by which the members' margins of these pairs have equal standard deviations that add up to 1.

        A member that learned nothing has the same margin for every pair, and gets weight 0.
        """
        spreads = [float(np.std(margin)) for margin in self._member_margins(X)]
        return [1 / spread / len(spreads) if spread > MIN_SPREAD else 0.0 for spread in spreads]

    def with_weights(self, weights: Sequence[float]) -> Trees:
        """Return the same trees with other weights of the members."""
        return Trees(self.boosters, weights, self.objectives)

    def margins(self, X: NDArray[np.float32]) -> tuple[Floats, Floats]:
        """Return the weighted sum of all members' margins, and that of the softmax members, ``(n_pairs,)`` each."""
        total, softmax_total = np.zeros(len(X)), np.zeros(len(X))
        for margin, weight, objective in zip(self._member_margins(X), self.weights, self.objectives, strict=True):
            total += weight * margin
            if objective == SOFTMAX:
                softmax_total += weight * margin
        return total, softmax_total

    def contributions(self, X: NDArray[np.float32]) -> Floats:
        """Return each feature's share of the margin, ``(n_pairs, n_features)``, without the base score.

        A feature's share is the sum of the changes of the expected margin at its splits on the way to the leaf. Exact
        and additive (Saabas, "Interpreting random forests", 2014), at a twentieth of the time of TreeSHAP.
        """
        matrix = xgboost.DMatrix(_filled(X), nthread=1)
        shares = np.zeros((len(X), X.shape[1] + 1))
        for booster, weight in zip(self.boosters, self.weights, strict=True):
            shares += weight * booster.predict(matrix, pred_contribs=True, approx_contribs=True).astype(np.float64)
        return shares[:, :-1]  # the last column is the base score

    def to_dict(self) -> dict[str, Any]:
        """Return trees and weights as JSON-ready values."""
        return {
            "weights": list(self.weights),
            "objectives": list(self.objectives),
            "trees": [booster.save_raw("json").decode() for booster in self.boosters],
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build what `to_dict` described; `ValueError` or `xgboost.core.XGBoostError` when the trees are damaged."""
        boosters = [xgboost.Booster() for _ in values["trees"]]
        for booster, trees in zip(boosters, values["trees"], strict=True):
            if not trees.startswith("{"):  # on an empty buffer the library ends the process
                raise ValueError("trees that are no JSON object")
            booster.load_model(bytearray(trees.encode()))
        weights = [float(weight) for weight in values["weights"]]
        return cls(boosters, weights, [str(objective) for objective in values["objectives"]])

    def _member_margins(self, X: NDArray[np.float32]) -> list[Floats]:
        filled = _filled(X)
        return [booster.inplace_predict(filled, predict_type="margin").astype(np.float64) for booster in self.boosters]


def _train(
    matrix: xgboost.DMatrix, losses: Losses, objective: str, settings: RankerSettings, seed: int, share: float
) -> xgboost.Booster:
    """Train a member; `share` is the part of the columns that trees may look at."""
    parameters: dict[str, Any] = {
        "tree_method": "hist",
        "max_bin": BINS,
        "grow_policy": "lossguide",
        "max_depth": 6,
        "max_leaves": settings.leaves,
        "eta": settings.learning_rate,
        "min_child_weight": 10,
        "subsample": 0.8,
        "colsample_bytree": 0.4 * share,
        "reg_lambda": 10,
        "seed": seed,
        "nthread": 1,
    }
    loss: Objective | None = None
    if objective == SOFTMAX:
        parameters["base_score"], loss = 0.0, losses.softmax
    elif objective == LOGISTIC:
        parameters["base_score"], loss = losses.base_margin, losses.logistic
    else:
        pair_choice = {"lambdarank_pair_method": "topk", "lambdarank_num_pair_per_sample": LAMBDARANK_TOP}
        parameters |= {"objective": "rank:ndcg", **pair_choice}
    return xgboost.train(parameters, matrix, settings.trees, obj=loss)


def fill_unknown(X: NDArray[np.float32]) -> None:
    """Replace nan, in place, by the number that stands for an unknown value."""
    np.copyto(X, UNKNOWN, where=np.isnan(X))


def _filled(X: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a copy with unknown values filled; the array itself where there are none."""
    unknown = np.isnan(X)
    return np.where(unknown, UNKNOWN, X) if unknown.any() else X
