"""From pair features to a calibrated score, and each group of features' share of it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, Self

import numpy as np
import xgboost
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from recommender.errors import ModelFormatError
from recommender.settings import RankerSettings

Floats = NDArray[np.float64]
BINS = 128  # of a feature's values
# Stands for an unknown value: without gaps the library keeps a byte a value, with them four.
UNKNOWN = np.float32(-999.0)
LEAST_SPREAD = 1e-6  # of the margins of a training that learned nothing
LEAST_SLOPE = 1e-3  # a score must rise with the margin, however odd the newest sources are


class Ranker(Protocol):
    """Anything that gives log-odds, and says which feature gave how much."""

    kind: str
    names: tuple[str, ...]

    def log_odds(self, X: NDArray[np.float32]) -> Floats:
        """Return ``log(score / (1 - score))`` of each row of ``(n_pairs, n_features)``."""
        ...

    def contributions(self, X: NDArray[np.float32]) -> Floats:
        """Return ``(n_pairs, n_features + 1)``, the base in the last column; rows add up to `log_odds`."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Return what `load_ranker` builds an equal ranker from; JSON-ready."""
        ...


@dataclass(frozen=True)
class Judged:
    """Scored pairs of several sources with what the editors did: the food of a ranker.

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


@dataclass(frozen=True)
class Member:
    """One of the trainings that a boosted ranker sums up.

    By `rank:ndcg` a source counts by the order of its whole list, so that large groups win. By `binary:logistic`
    each pair counts by itself, those of a source with n kept links ``1 / n`` each, so that small stories win.
    Together they serve both.
    """

    objective: str
    seed: int

    @property
    def by_lists(self) -> bool:
        """Whether it compares the pairs of a source with each other."""
        return self.objective.startswith("rank:")


MEMBERS = (Member("rank:ndcg", seed=0), Member("rank:ndcg", seed=1), Member("binary:logistic", seed=2))


class BoostedRanker:
    """Boosted trees trained on lists (LambdaMART) and on pairs, scaled to log-odds on newer sources (Platt scaling).

    The margins of a few trainings are added, each divided by its spread. Burges, "From RankNet to LambdaRank
    to LambdaMART", Microsoft Research MSR-TR-2010-82; Platt, "Probabilistic outputs for support vector machines", 1999.

    Attributes
    ----------
    weights_ : tuple of float
        What the margin of each training is multiplied by.
    intercept_ : float
        What is added to their sum.
    """

    kind = "boosted"

    def __init__(
        self, boosters: Sequence[xgboost.Booster], names: Sequence[str], weights: Sequence[float], intercept: float
    ):
        self._boosters = tuple(boosters)
        self.names = tuple(names)
        self.weights_ = tuple(weights)
        self.intercept_ = intercept
        for booster in boosters:
            booster.set_param({"nthread": 1})

    def __reduce__(self) -> tuple[type[Self], tuple[Any, ...]]:
        return type(self), (self._boosters, self.names, self.weights_, self.intercept_)  # on one thread there too

    @classmethod
    def fit(cls, judged: Judged, settings: RankerSettings) -> Self:
        """Learn from the past; calibrate on the newest sources with trees that have not seen them."""
        filled = replace(judged, features=_filled(judged.features))
        old, new = filled.split(round(len(judged.sizes) * (1 - settings.calibration_share)))
        # A thread for each sample: two threads in one training wait for each other, busily.
        work = (delayed(_boost)(part, settings) for part in (old, filled))
        rehearsed, final = Parallel(n_jobs=2, prefer="threads")(work)
        margins = [_margin(booster, new.features) for booster in rehearsed]
        spreads = [float(np.std(margin)) for margin in margins]
        # One that learned nothing says the same of every pair: it has no voice, rather than a deafening one.
        scales = [1 / spread / len(MEMBERS) if spread > LEAST_SPREAD else 0.0 for spread in spreads]
        together = np.sum([margin * scale for margin, scale in zip(margins, scales, strict=True)], axis=0)
        slope, intercept = _platt(*_likeliest(together, new))
        return cls(final, judged.names, [slope * scale for scale in scales], intercept)

    def log_odds(self, X: NDArray[np.float32]) -> Floats:
        """Return ``log(score / (1 - score))`` of each row."""
        total, filled = np.full(len(X), self.intercept_), _filled(X)
        for booster, weight in zip(self._boosters, self.weights_, strict=True):
            total += weight * _margin(booster, filled)
        return total

    def contributions(self, X: NDArray[np.float32]) -> Floats:
        """Return how the margins change at each feature along the trees' paths, the base last.

        Exact and additive (Saabas, "Interpreting random forests", 2014), at a twentieth of the time of TreeSHAP.
        """
        matrix = xgboost.DMatrix(_filled(X), nthread=1)
        parts = np.zeros((len(X), len(self.names) + 1))
        for booster, weight in zip(self._boosters, self.weights_, strict=True):
            parts += weight * booster.predict(matrix, pred_contribs=True, approx_contribs=True).astype(np.float64)
        # The library sums the trees in single precision; what that loses belongs to the base.
        parts[:, -1] += self.log_odds(X) - parts.sum(axis=1)
        return parts

    def to_dict(self) -> dict[str, Any]:
        """Return trees and calibration as JSON-ready values."""
        return {
            "kind": self.kind,
            "names": list(self.names),
            "weights": list(self.weights_),
            "intercept": self.intercept_,
            "trees": [booster.save_raw("json").decode() for booster in self._boosters],
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build the ranker that `to_dict` described."""
        boosters = [xgboost.Booster() for _ in values["trees"]]
        for booster, trees in zip(boosters, values["trees"], strict=True):
            if not trees.startswith("{"):  # on an empty buffer the library ends the process
                raise ValueError("trees that are no JSON object")
            booster.load_model(bytearray(trees.encode()))
        weights = [float(weight) for weight in values["weights"]]
        if len(weights) != len(boosters) or not boosters:
            raise ValueError(f"{len(boosters)} trainings with {len(weights)} weights")
        return cls(boosters, values["names"], weights, float(values["intercept"]))


HAND_SET = {
    "text_terms.text_cosine": 4.0,
    "title_terms.title_cosine": 2.5,
    "title_terms.title_characters": 2.0,
    "topics.topic_cosine": 1.0,
    "text_terms.text_rarest_shared": 1.0,
    "relations.linked_full_max": 2.0,
    "relations.linked_strength_relative": 0.8,
    "relations.linked_near_share": 0.5,
    "time.days_apart": -0.004,
}
HAND_SET_BASE = -4.0
MOST_DAYS = 365.0


class HandSetRanker:
    """A few weights set by hand, for a site with too few relations to learn from."""

    kind = "hand-set"

    def __init__(self, names: Sequence[str]):
        self.names = tuple(names)
        self._weights = np.array([HAND_SET.get(name, 0.0) for name in names])

    def log_odds(self, X: NDArray[np.float32]) -> Floats:
        """Return ``log(score / (1 - score))`` of each row."""
        total: Floats = self.contributions(X).sum(axis=1)
        return total

    def contributions(self, X: NDArray[np.float32]) -> Floats:
        """Return each feature times its weight, the base last."""
        values = np.nan_to_num(X.astype(np.float64), nan=0.0, posinf=MOST_DAYS)
        parts = np.minimum(values, MOST_DAYS) * self._weights
        return np.column_stack([parts, np.full(len(X), HAND_SET_BASE)])

    def to_dict(self) -> dict[str, Any]:
        """Return the names of the features; the weights are in the code."""
        return {"kind": self.kind, "names": list(self.names)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build the ranker that `to_dict` described."""
        return cls(values["names"])


def load_ranker(values: Mapping[str, Any]) -> Ranker:
    """Build a ranker from what its `to_dict` gave.

    Raises
    ------
    ModelFormatError
        When the kind is unknown or a part is missing or damaged.
    """
    kinds: dict[str, Any] = {BoostedRanker.kind: BoostedRanker, HandSetRanker.kind: HandSetRanker}
    try:
        ranker: Ranker = kinds[values["kind"]].from_dict(values)
    except (AttributeError, KeyError, TypeError, ValueError, xgboost.core.XGBoostError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelFormatError(f"the ranker cannot be read ({reason}); train the model again") from error
    return ranker


def fit_ranker(judged: Judged, settings: RankerSettings) -> Ranker:
    """Return a learned ranker where there is enough to learn from, else the hand-set one."""
    _, newest = judged.split(round(len(judged.sizes) * (1 - settings.calibration_share)))
    enough = len(judged.sizes) >= settings.least_sources and newest.kept.any() and not newest.kept.all()
    return BoostedRanker.fit(judged, settings) if enough else HandSetRanker(judged.names)


def scores(log_odds: Floats) -> Floats:
    """Return probabilities in [0, 1]."""
    probabilities: Floats = expit(log_odds)
    return probabilities


def _boost(filled: Judged, settings: RankerSettings) -> list[xgboost.Booster]:
    """Train every member on one sample; members of one kind share the library's matrix, which is costly to make."""
    boosters: list[xgboost.Booster] = []
    for by_lists, members in itertools.groupby(MEMBERS, key=lambda member: member.by_lists):
        matrix = _matrix(filled, by_lists)
        boosters += [xgboost.train(_parameters(settings, member), matrix, settings.trees) for member in members]
    return boosters


def _matrix(filled: Judged, by_lists: bool) -> xgboost.QuantileDMatrix:
    matrix = xgboost.QuantileDMatrix(filled.features, filled.kept.astype(np.float32), max_bin=BINS, nthread=1)
    if by_lists:
        matrix.set_group(filled.sizes)
    else:
        source = np.repeat(np.arange(len(filled.sizes)), filled.sizes)
        weights = 1 / np.maximum(np.bincount(source, filled.kept, len(filled.sizes)), 1)[source]
        matrix.set_weight(weights / weights.mean())
    return matrix


def _parameters(settings: RankerSettings, member: Member) -> dict[str, Any]:
    parameters = {
        "objective": member.objective,
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
    if member.by_lists:
        parameters |= {"lambdarank_pair_method": "topk", "lambdarank_num_pair_per_sample": 20}
    return parameters


def _margin(booster: xgboost.Booster, filled: NDArray[np.float32]) -> Floats:
    margin: Floats = booster.inplace_predict(filled, predict_type="margin").astype(np.float64)
    return margin


def _filled(X: NDArray[np.float32]) -> NDArray[np.float32]:
    filled: NDArray[np.float32] = np.where(np.isnan(X), UNKNOWN, X)
    return filled


def _likeliest(margins: Floats, judged: Judged, most: int = 10) -> tuple[Floats, NDArray[np.bool_]]:
    """Return margin and outcome of each source's best pairs: those that would be suggested."""
    owner = np.repeat(np.arange(len(judged.sizes)), judged.sizes)
    order = np.lexsort((-margins, owner))
    rank = np.arange(len(order)) - np.repeat(np.cumsum(judged.sizes) - judged.sizes, judged.sizes)
    best = order[rank < most]
    if judged.kept[best].all() or not judged.kept[best].any():  # one outcome alone says nothing of a probability
        best = order
    return margins[best], judged.kept[best]


def _platt(margins: Floats, kept: NDArray[np.bool_]) -> tuple[float, float]:
    """Return the slope, above zero, and intercept that make ``expit(slope * margin + intercept)`` likeliest."""
    fitted = LogisticRegression(C=100.0).fit(margins[:, np.newaxis], kept)
    return max(float(fitted.coef_[0, 0]), LEAST_SLOPE), float(fitted.intercept_[0])
