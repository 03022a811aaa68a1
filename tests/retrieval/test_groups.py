"""Arithmetic on groups against plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

from recommender.retrieval.groups import Groups, Pairs

NUMBERS = st.floats(-50, 50, width=32)


@st.composite
def grouped_values(draw: st.DrawFn) -> list[list[float]]:
    """Return the values of each group; some groups have none."""
    return draw(st.lists(st.lists(NUMBERS, max_size=4), max_size=6))


def flat(values: list[list[float]]) -> tuple[Groups, np.ndarray]:
    group_of = [group for group, of_group in enumerate(values) for _ in of_group]
    all_values = [value for of_group in values for value in of_group]
    return Groups(np.array(group_of, dtype=np.intp), len(values)), np.array(all_values)


@given(grouped_values())
def test_sums_means_and_counts_are_those_of_a_loop(values: list[list[float]]) -> None:
    groups, all_values = flat(values)
    assert groups.count().tolist() == [len(of_group) for of_group in values]
    np.testing.assert_allclose(groups.sum(all_values), [sum(of_group) for of_group in values], atol=1e-9)
    means = [sum(of_group) / len(of_group) if of_group else 0 for of_group in values]
    np.testing.assert_allclose(groups.mean(all_values), means, atol=1e-9)


@given(grouped_values(), NUMBERS)
def test_extremes_are_those_of_a_loop(values: list[list[float]], empty: float) -> None:
    groups, all_values = flat(values)
    assert groups.maximum(all_values, empty).tolist() == [max(of_group, default=empty) for of_group in values]
    assert groups.minimum(all_values, empty).tolist() == [min(of_group, default=empty) for of_group in values]


def test_the_extremes_of_an_empty_group_are_zero_by_default() -> None:
    groups = Groups(np.array([1, 1]), 3)
    assert groups.maximum(np.array([-2.0, -1.0])).tolist() == [0, -1, 0]
    assert groups.minimum(np.array([2.0, 1.0])).tolist() == [0, 1, 0]


def test_truth_values_are_summed_as_ones() -> None:
    assert Groups(np.array([0, 0, 2]), 3).sum(np.array([True, True, False])).tolist() == [2, 0, 0]


@given(nps.arrays(np.float64, st.integers(0, 8), elements=st.integers(-8, 1000)))
def test_relative_values_are_parts_of_the_largest(values: np.ndarray) -> None:
    largest = max([0.0, *values.tolist()])
    expected = [value / largest if largest > 0 else 0.0 for value in values.tolist()]
    assert Groups(np.zeros(len(values), dtype=np.intp), 1).relative(values).tolist() == pytest.approx(expected)


def top_rows(values: list[float], k: int) -> list[int]:
    """Return the top k of one group, whose rows are numbered from 0."""
    groups = Groups(np.zeros(len(values), dtype=np.intp), 1)
    return groups.top_k(np.array(values, dtype=np.float32), np.arange(len(values)), k).tolist()


@given(
    st.lists(st.sampled_from([-1.0, 0.0, 0.25, 0.5, 0.75, 1.0]) | st.floats(-1, 1, width=32), max_size=30),
    st.integers(0, 35),
)
def test_the_top_k_are_those_of_a_full_sort(values: list[float], k: int) -> None:
    ordered = sorted(range(len(values)), key=lambda row: (-values[row], -row))
    assert top_rows(values, k) == [row for row in ordered[:k] if values[row] > 0]


def test_among_equals_the_newest_rows_come_first() -> None:
    assert top_rows([0.5, 0.5, 0.9, 0.5, 0.5], 3) == [2, 4, 3]


def test_nothing_at_or_below_zero_is_among_the_top_k() -> None:
    assert top_rows([0.0, -1.0, 0.0], 2) == []
    assert top_rows([0.0, 0.1, -1.0], 2) == [1]


def test_each_group_has_its_own_top_k() -> None:
    groups = Groups(np.array([0, 0, 2, 2, 2]), 3)
    assert groups.top_k(np.array([0.1, 0.2, 0.5, 0.3, 0.5]), np.array([7, 8, 1, 2, 3]), 2).tolist() == [1, 0, 4, 2]


def test_pairs_are_taken_by_positions_or_by_a_mask() -> None:
    pairs = Pairs(np.array([0, 0, 1]), np.array([7, 8, 9]))
    by_positions, by_mask = pairs.take(np.array([2, 0])), pairs.take(np.array([True, False, True]))
    assert (by_positions.source_of.tolist(), by_positions.rows.tolist()) == ([1, 0], [9, 7])
    assert (by_mask.source_of.tolist(), by_mask.rows.tolist()) == ([0, 1], [7, 9])
