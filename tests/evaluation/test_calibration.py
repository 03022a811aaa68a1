import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.evaluation import reliability
from recommender.evaluation.measures import calibration_error, equal_mass_bins

PAIRS = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60)


def test_bins_by_hand():
    low, high = reliability([0.1, 0.2, 0.6, 0.8], [0, 1, 1, 1], bins=2)
    assert (low.mean_score, low.kept.value, low.count) == (pytest.approx(0.15), 0.5, 2)
    assert (high.mean_score, high.kept.value, high.count) == (pytest.approx(0.7), 1.0, 2)


def test_equal_scores_share_a_bin_so_there_can_be_fewer():
    [only] = reliability([0.3] * 5, [1, 0, 0, 0, 0], bins=10)
    assert (only.count, only.kept.value) == (5, 0.2)


def test_the_interval_is_one_of_stories():
    scores, kept = np.full(40, 0.5), np.tile([1, 0], 20)
    many = reliability(scores, kept, stories=np.arange(40))[0].kept
    few = reliability(scores, kept, stories=np.tile([0, 1], 20))[0].kept
    assert many.low < many.value < many.high
    assert (few.low, few.high) == (0.0, 1.0), "two stories, one all kept and one not at all, say nothing of the share"
    assert math.isnan(reliability(scores, kept)[0].kept.low)


def test_no_suggestions():
    assert reliability([], []) == ()


def test_wrong_lengths_are_named():
    with pytest.raises(ValueError, match=r"of one length, got \(2,\) and \(1,\)"):
        reliability([0.1, 0.2], [1])


@given(PAIRS, st.integers(1, 20))
def test_the_bins_make_up_the_calibration_error(pairs, bins):
    scores, kept = zip(*pairs, strict=True)
    found = reliability(scores, kept, bins=bins)
    error = sum(one.count * abs(one.kept.value - one.mean_score) for one in found) / len(pairs)
    assert error == pytest.approx(calibration_error(scores, kept, bins=bins))
    assert sum(one.count for one in found) == len(pairs)
    assert [one.mean_score for one in found] == sorted(one.mean_score for one in found)


@given(st.lists(st.floats(0, 1), max_size=60), st.integers(1, 20))
def test_bins_follow_the_order_of_the_scores(scores, bins):
    found = equal_mass_bins(scores, bins)
    assert len(found) == len(scores)
    for first, one in zip(scores, found, strict=True):
        for second, other in zip(scores, found, strict=True):
            assert one == other if first == second else (first < second) == (one < other) or one == other
