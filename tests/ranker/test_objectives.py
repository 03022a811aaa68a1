"""The losses that trees are trained by, beside plain ones."""

from __future__ import annotations

import numpy as np
import pytest
import xgboost
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from recommender.ranker.objectives import CAUTION, GROWTH, LIST, Gradients, Losses
from recommender.ranker.training_set import TrainingSet

STEP = 1e-4
NO_MATRIX = None  # what the library hands on; no loss looks at it


@st.composite
def judged(draw: st.DrawFn) -> tuple[TrainingSet, NDArray[np.float32]]:
    """Return a few lists of pairs, and a margin for each pair."""
    sizes = draw(st.lists(st.integers(0, 5), min_size=1, max_size=4).filter(any))
    n_pairs = sum(sizes)
    kept = draw(st.lists(st.booleans(), min_size=n_pairs, max_size=n_pairs))
    margins = draw(st.lists(st.floats(-4, 4, width=32), min_size=n_pairs, max_size=n_pairs))
    pairs = TrainingSet(np.zeros((n_pairs, 1), dtype=np.float32), np.array(kept), np.array(sizes), ("a.b",))
    return pairs, np.array(margins, dtype=np.float32)


def lists_of(pairs: TrainingSet, margins: NDArray[np.float64]) -> list[tuple[list[float], list[bool]]]:
    """Return the margins of each list, and which of its pairs were kept."""
    ends = np.cumsum(pairs.group_sizes)
    return [
        (margins[end - size : end].tolist(), pairs.labels[end - size : end].tolist())
        for size, end in zip(pairs.group_sizes.tolist(), ends.tolist(), strict=True)
    ]


def choice_loss(pairs: TrainingSet, margins: NDArray[np.float64]) -> float:
    """Return, plainly, the weighted cross-entropies of the lists that have a kept pair."""
    telling = [one for one in lists_of(pairs, margins) if any(one[1])]
    weights = [sum(kept) ** GROWTH for _, kept in telling]
    total = 0.0
    for (values, kept), weight in zip(telling, weights, strict=True):
        normaliser = np.log(sum(np.exp(value) for value in values))
        entropy = -sum(value - normaliser for value, chosen in zip(values, kept, strict=True) if chosen) / sum(kept)
        total += LIST * weight / np.mean(weights) * entropy
    return float(total)


def pairs_loss(pairs: TrainingSet, margins: NDArray[np.float64]) -> float:
    """Return, plainly, the weighted logistic losses of all pairs."""
    weights: list[float] = []
    losses: list[float] = []
    for values, kept in lists_of(pairs, margins):
        for value, chosen in zip(values, kept, strict=True):
            weights.append(1 / max(sum(kept), 1))
            losses.append(float(np.log1p(np.exp(-value if chosen else value))))
    return sum(weight * loss for weight, loss in zip(weights, losses, strict=True)) / float(np.mean(weights))


def slopes(loss: object, pairs: TrainingSet, margins: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return a loss's first derivatives by differences."""
    at = margins.astype(np.float64)
    steps = STEP * np.eye(len(at))
    return np.array([(loss(pairs, at + step) - loss(pairs, at - step)) / (2 * STEP) for step in steps])  # type: ignore[operator]


def derivatives(objective: object, margins: NDArray[np.float32]) -> Gradients:
    return objective(margins, NO_MATRIX)  # type: ignore[operator, no-any-return]


@given(judged())
def test_the_choice_goes_down_its_plain_loss(case: tuple[TrainingSet, NDArray[np.float32]]) -> None:
    pairs, margins = case
    gradient, curvature = derivatives(Losses(pairs).choice, margins)
    np.testing.assert_allclose(gradient, slopes(choice_loss, pairs, margins), atol=2e-3, rtol=1e-3)
    assert (curvature > 0).all()


@given(judged())
def test_pairs_go_down_their_plain_loss(case: tuple[TrainingSet, NDArray[np.float32]]) -> None:
    pairs, margins = case
    gradient, curvature = derivatives(Losses(pairs).pairs, margins)
    np.testing.assert_allclose(gradient, slopes(pairs_loss, pairs, margins), atol=2e-3, rtol=1e-3)
    assert (curvature > 0).all()


def test_a_choice_steps_with_caution() -> None:
    pairs = TrainingSet(np.zeros((2, 1), dtype=np.float32), np.array([True, False]), np.array([2]), ("a.b",))
    _, curvature = derivatives(Losses(pairs).choice, np.zeros(2, dtype=np.float32))
    assert curvature == pytest.approx([LIST * CAUTION / 4] * 2)


def test_the_base_is_where_pairs_stand_still() -> None:
    pairs = TrainingSet(
        np.zeros((5, 1), dtype=np.float32), np.array([1, 1, 0, 0, 1], dtype=bool), np.array([3, 2]), ("a.b",)
    )
    losses = Losses(pairs)
    gradient, _ = derivatives(losses.pairs, np.full(5, losses.base, dtype=np.float32))
    assert gradient.sum() == pytest.approx(0, abs=1e-6)


def test_lists_without_a_kept_pair_are_silent_in_a_choice() -> None:
    pairs = TrainingSet(np.zeros((3, 1), dtype=np.float32), np.zeros(3, dtype=bool), np.array([1, 2]), ("a.b",))
    gradient, curvature = derivatives(Losses(pairs).choice, np.array([1.0, 2.0, 3.0], dtype=np.float32))
    assert not gradient.any()
    assert np.isfinite(curvature).all()
    matrix = xgboost.DMatrix(pairs.features, pairs.labels)
    assert xgboost.train({}, matrix, 1, obj=Losses(pairs).choice).num_boosted_rounds() == 1
