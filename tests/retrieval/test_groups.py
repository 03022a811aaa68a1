"""Arithmetic on runs against plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps
from scipy import sparse

from recommender.retrieval.groups import Groups
from recommender.retrieval.similarity import overlap

NUMBERS = st.floats(-50, 50, width=32)
WEIGHTS = st.sampled_from([0.0, 0.0, 0.25, 0.5, 1.0])  # many zeros: sparse


@st.composite
def owned(draw: st.DrawFn) -> list[list[float]]:
    """Return the values of each candidate; some have none."""
    return draw(st.lists(st.lists(NUMBERS, max_size=4), max_size=6))


def flat(values: list[list[float]]) -> tuple[Groups, np.ndarray]:
    owner = [place for place, own in enumerate(values) for _ in own]
    return Groups(np.array(owner, dtype=np.intp), len(values)), np.array([one for own in values for one in own])


@given(owned())
def test_sums_means_and_counts_are_those_of_a_loop(values: list[list[float]]) -> None:
    runs, all_values = flat(values)
    assert runs.count().tolist() == [len(own) for own in values]
    np.testing.assert_allclose(runs.sum(all_values), [sum(own) for own in values], atol=1e-9)
    means = [sum(own) / len(own) if own else 0 for own in values]
    np.testing.assert_allclose(runs.mean(all_values), means, atol=1e-9)


@given(owned(), NUMBERS)
def test_extremes_are_those_of_a_loop(values: list[list[float]], empty: float) -> None:
    runs, all_values = flat(values)
    assert runs.maximum(all_values, empty).tolist() == [max(own, default=empty) for own in values]
    assert runs.minimum(all_values, empty).tolist() == [min(own, default=empty) for own in values]


def test_the_extremes_of_nothing_are_zero_unless_said_otherwise() -> None:
    runs = Groups(np.array([1, 1]), 3)
    assert runs.maximum(np.array([-2.0, -1.0])).tolist() == [0, -1, 0]
    assert runs.minimum(np.array([2.0, 1.0])).tolist() == [0, 1, 0]


def test_truth_values_are_summed_as_ones() -> None:
    assert Groups(np.array([0, 0, 2]), 3).sum(np.array([True, True, False])).tolist() == [2, 0, 0]


@given(
    nps.arrays(np.float32, (3, 7), elements=WEIGHTS),
    st.integers(0, 5).flatmap(lambda n: nps.arrays(np.float32, (n, 7), elements=WEIGHTS)),
    st.lists(st.integers(0, 2), min_size=5, max_size=5),
)
def test_an_overlap_is_that_of_a_loop(sources: np.ndarray, targets: np.ndarray, source_of: list[int]) -> None:
    owner = np.sort(source_of[: len(targets)]).astype(np.intp)
    shared = overlap(sparse.csr_matrix(sources), sparse.csr_matrix(targets), owner)
    pairs = list(zip(sources[owner], targets, strict=True))
    both = [[column for column in range(7) if source[column] > 0 and row[column] > 0] for source, row in pairs]
    assert shared.count().tolist() == [len(columns) for columns in both]
    assert shared.columns.tolist() == [column for columns in both for column in columns]
    wanted = {
        "cosine": [sum(one[c] * row[c] for c in columns) for (one, row), columns in zip(pairs, both, strict=True)],
        "source_coverage": [sum(one[c] ** 2 for c in columns) for (one, _), columns in zip(pairs, both, strict=True)],
        "target_coverage": [sum(row[c] ** 2 for c in columns) for (_, row), columns in zip(pairs, both, strict=True)],
    }
    for name, values in wanted.items():
        np.testing.assert_allclose(getattr(shared, name)(), values, atol=1e-6, err_msg=name)


def test_a_source_without_terms_shares_none() -> None:
    shared = overlap(sparse.csr_matrix((1, 4)), sparse.csr_matrix(np.eye(3, 4)))
    assert shared.count().tolist() == [0, 0, 0]
    assert shared.cosine().tolist() == [0, 0, 0]
    assert shared.runs.maximum(np.empty(0)).tolist() == [0, 0, 0]


@given(nps.arrays(np.float64, st.integers(0, 8), elements=st.integers(-8, 1000)))
def test_relative_values_are_parts_of_the_largest(values: np.ndarray) -> None:
    largest = max([0.0, *values.tolist()])
    wanted = [value / largest if largest > 0 else 0.0 for value in values.tolist()]
    assert Groups(np.zeros(len(values), dtype=np.intp), 1).relative(values).tolist() == pytest.approx(wanted)
