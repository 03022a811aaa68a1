"""Nearness in time against full sorts."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recommender.retrieval.index import nearest_in_time, published_within

DAYS = st.lists(st.integers(0, 400).map(lambda quarter: quarter / 4), max_size=25, unique=True).map(sorted)


@given(DAYS, st.integers(0, 4), st.data(), st.integers(1, 30))
def test_the_nearest_are_those_of_a_full_sort(days: list[float], undated: int, data: st.DataObject, count: int) -> None:
    every = [*days, *[math.nan] * undated]
    n = len(every)
    sources = data.draw(st.lists(st.tuples(st.integers(-1, n - 1), st.integers(0, n)), min_size=1, max_size=4))
    own = [every[row] if row >= 0 else data.draw(st.sampled_from([3.0, 50.25, math.nan])) for row, _ in sources]
    rows, limits = (np.array(each, dtype=np.intp) for each in zip(*sources, strict=True))
    owner, found = nearest_in_time(np.array(days), np.array(own), rows, limits, count)
    for place, (row, limit) in enumerate(sources):
        gaps = [abs(day - own[place]) for day in every[:limit]]
        gaps = [math.inf if math.isnan(gap) else gap for gap in gaps]
        wanted = sorted((other for other in range(limit) if other != row), key=lambda other: (gaps[other], -other))
        assert found[owner == place].tolist() == wanted[:count]


def test_of_many_of_one_moment_the_newest_are_nearest() -> None:
    dated = np.array([1.0] * 3 + [2.0] * 50 + [3.0])
    _, found = nearest_in_time(dated, np.array([2.0]), np.array([10]), np.array([54]), 3)
    assert found.tolist() == [52, 51, 50]


@given(DAYS, st.floats(0, 110), st.integers(0, 25), st.floats(0, 40))
def test_those_within_reach_are_counted(days: list[float], day: float, limit: int, reach: float) -> None:
    limit = min(limit, len(days))
    found = published_within(np.array(days), np.array([day, math.nan]), np.array([limit, limit]), reach)
    assert found.tolist() == [sum(day - reach <= other <= day + reach for other in days[:limit]), 0]
