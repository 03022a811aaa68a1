"""Nearness in time against full sorts."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recommender.retrieval.index import nearest_in_time, published_within

DAYS = st.lists(st.integers(0, 400).map(lambda quarter: quarter / 4), max_size=25, unique=True).map(sorted)


@given(DAYS, st.integers(0, 4), st.data(), st.integers(1, 30))
def test_the_nearest_are_those_of_a_full_sort(
    dated: list[float], n_undated: int, data: st.DataObject, count: int
) -> None:
    days = [*dated, *[math.nan] * n_undated]
    n = len(days)
    sources = data.draw(st.lists(st.tuples(st.integers(-1, n - 1), st.integers(0, n)), min_size=1, max_size=4))
    source_days = [days[row] if row >= 0 else data.draw(st.sampled_from([3.0, 50.25, math.nan])) for row, _ in sources]
    rows, limits = (np.array(column, dtype=np.intp) for column in zip(*sources, strict=True))
    nearest = nearest_in_time(np.array(dated), np.array(source_days), rows, limits, count)
    for source, (row, limit) in enumerate(sources):
        days_apart = [abs(day - source_days[source]) for day in days[:limit]]
        days_apart = [math.inf if math.isnan(number) else number for number in days_apart]
        expected = sorted(set(range(limit)) - {row}, key=lambda target: (days_apart[target], -target))
        assert nearest.rows[nearest.source_of == source].tolist() == expected[:count]


def test_of_many_of_one_moment_the_newest_are_nearest() -> None:
    dated = np.array([1.0] * 3 + [2.0] * 50 + [3.0])
    nearest = nearest_in_time(dated, np.array([2.0]), np.array([10]), np.array([54]), 3)
    assert nearest.rows.tolist() == [52, 51, 50]


@given(DAYS, st.floats(0, 110), st.integers(0, 25), st.floats(0, 40))
def test_articles_within_reach_are_counted(dated: list[float], day: float, limit: int, reach: float) -> None:
    limit = min(limit, len(dated))
    counts = published_within(np.array(dated), np.array([day, math.nan]), np.array([limit, limit]), reach)
    assert counts.tolist() == [sum(day - reach <= published <= day + reach for published in dated[:limit]), 0]
