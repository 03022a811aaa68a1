"""The derivatives of the losses, checked against differences of plainly written losses."""

from __future__ import annotations

import numpy as np
import pytest
import xgboost
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from recommender.ranker.objectives import (
    CURVATURE_FACTOR,
    MEAN_SOURCE_WEIGHT,
    SOURCE_WEIGHT_EXPONENT,
    Gradients,
    Losses,
)
from recommender.ranker.training_set import TrainingSet

STEP = 1e-4
NO_MATRIX = None  # the library passes its matrix to a loss; ours do not use it


@st.composite
def labelled_pairs(draw: st.DrawFn) -> tuple[TrainingSet, NDArray[np.float32]]:
    """Return a few lists of pairs, and a margin for each pair."""
    sizes = draw(st.lists(st.integers(0, 5), min_size=1, max_size=4).filter(any))
    n_pairs = sum(sizes)
    labels = draw(st.lists(st.booleans(), min_size=n_pairs, max_size=n_pairs))
    margins = draw(st.lists(st.floats(-4, 4, width=32), min_size=n_pairs, max_size=n_pairs))
    pairs = TrainingSet(np.zeros((n_pairs, 1), dtype=np.float32), np.array(labels), np.array(sizes), ("a.b",))
    return pairs, np.array(margins, dtype=np.float32)


def lists_of(pairs: TrainingSet, margins: NDArray[np.float64]) -> list[tuple[list[float], list[bool]]]:
    """Return the margins and the labels of each source's pairs."""
    ends = np.cumsum(pairs.group_sizes)
    return [
        (margins[end - size : end].tolist(), pairs.labels[end - size : end].tolist())
        for size, end in zip(pairs.group_sizes.tolist(), ends.tolist(), strict=True)
    ]


def softmax_loss(pairs: TrainingSet, margins: NDArray[np.float64]) -> float:
    """Return the weighted cross-entropy of the sources that have a labelled pair, written plainly."""
    sources = [(values, labels) for values, labels in lists_of(pairs, margins) if any(labels)]
    weights = [sum(labels) ** SOURCE_WEIGHT_EXPONENT for _, labels in sources]
    total = 0.0
    for (values, labels), weight in zip(sources, weights, strict=True):
        normaliser = np.log(sum(np.exp(value) for value in values))
        entropy = -sum(value - normaliser for value, label in zip(values, labels, strict=True) if label) / sum(labels)
        total += MEAN_SOURCE_WEIGHT * weight / np.mean(weights) * entropy
    return float(total)


def logistic_loss(pairs: TrainingSet, margins: NDArray[np.float64]) -> float:
    """Return the weighted logistic loss of all pairs, written plainly."""
    weights: list[float] = []
    losses: list[float] = []
    for values, labels in lists_of(pairs, margins):
        for value, label in zip(values, labels, strict=True):
            weights.append(1 / max(sum(labels), 1))
            losses.append(float(np.log1p(np.exp(-value if label else value))))
    return sum(weight * loss for weight, loss in zip(weights, losses, strict=True)) / float(np.mean(weights))


def slopes(loss: object, pairs: TrainingSet, margins: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return a loss's first derivatives by differences."""
    at = margins.astype(np.float64)
    steps = STEP * np.eye(len(at))
    return np.array([(loss(pairs, at + step) - loss(pairs, at - step)) / (2 * STEP) for step in steps])  # type: ignore[operator]


def derivatives(objective: object, margins: NDArray[np.float32]) -> Gradients:
    return objective(margins, NO_MATRIX)  # type: ignore[operator, no-any-return]


@given(labelled_pairs())
def test_the_softmax_has_the_derivatives_of_the_plain_loss(case: tuple[TrainingSet, NDArray[np.float32]]) -> None:
    pairs, margins = case
    gradient, curvature = derivatives(Losses(pairs).softmax, margins)
    np.testing.assert_allclose(gradient, slopes(softmax_loss, pairs, margins), atol=2e-3, rtol=1e-3)
    assert (curvature > 0).all()


@given(labelled_pairs())
def test_the_logistic_loss_has_the_derivatives_of_the_plain_loss(case: tuple[TrainingSet, NDArray[np.float32]]) -> None:
    pairs, margins = case
    gradient, curvature = derivatives(Losses(pairs).logistic, margins)
    np.testing.assert_allclose(gradient, slopes(logistic_loss, pairs, margins), atol=2e-3, rtol=1e-3)
    assert (curvature > 0).all()


def test_the_curvature_of_the_softmax_is_enlarged() -> None:
    pairs = TrainingSet(np.zeros((2, 1), dtype=np.float32), np.array([True, False]), np.array([2]), ("a.b",))
    _, curvature = derivatives(Losses(pairs).softmax, np.zeros(2, dtype=np.float32))
    assert curvature == pytest.approx([MEAN_SOURCE_WEIGHT * CURVATURE_FACTOR / 4] * 2)


def test_at_the_base_margin_the_logistic_gradients_add_up_to_0() -> None:
    pairs = TrainingSet(
        np.zeros((5, 1), dtype=np.float32), np.array([1, 1, 0, 0, 1], dtype=bool), np.array([3, 2]), ("a.b",)
    )
    losses = Losses(pairs)
    gradient, _ = derivatives(losses.logistic, np.full(5, losses.base_margin, dtype=np.float32))
    assert gradient.sum() == pytest.approx(0, abs=1e-6)


def test_a_source_without_a_labelled_pair_has_no_gradient_in_the_softmax() -> None:
    pairs = TrainingSet(np.zeros((3, 1), dtype=np.float32), np.zeros(3, dtype=bool), np.array([1, 2]), ("a.b",))
    gradient, curvature = derivatives(Losses(pairs).softmax, np.array([1.0, 2.0, 3.0], dtype=np.float32))
    assert not gradient.any()
    assert np.isfinite(curvature).all()
    matrix = xgboost.DMatrix(pairs.features, pairs.labels)
    assert xgboost.train({}, matrix, 1, obj=Losses(pairs).softmax).num_boosted_rounds() == 1
