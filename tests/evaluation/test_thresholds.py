import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.evaluation import Judgements, ThresholdCurve
from recommender.evaluation.measures import precision_at_threshold

SCORES = [0.9, 0.6, 0.6, 0.3, 0.2]
KEPT = [1, 1, 0, 0, 1]
PLACES = [0, 0, 1, 2, 2]

PAIRS = st.lists(st.tuples(st.sampled_from([0.1, 0.25, 0.5, 0.8]), st.booleans(), st.integers(0, 4)), max_size=30)


@pytest.fixture
def curve():
    return ThresholdCurve.from_pairs(SCORES, KEPT, PLACES, n_sources=4)


def test_by_hand(curve):
    assert curve.thresholds.tolist() == [0.2, 0.3, 0.6, 0.9]
    assert curve.precision.tolist() == pytest.approx([3 / 5, 2 / 4, 2 / 3, 1])
    assert curve.coverage.tolist() == [0.75, 0.75, 0.5, 0.25]
    assert curve.shown.tolist() == [5 / 4, 4 / 4, 3 / 4, 1 / 4]


def test_the_lowest_threshold_of_a_precision(curve):
    assert curve.lowest_threshold(0.5) == 0.2
    assert curve.lowest_threshold(0.65) == 0.6
    assert curve.lowest_threshold(1.0) == 0.9


def test_a_precision_that_is_never_reached():
    assert ThresholdCurve.from_pairs([0.9, 0.5], [0, 1], [0, 0], n_sources=1).lowest_threshold(0.75) is None


def test_between_thresholds_and_above_all(curve):
    assert curve.at(0.25) == curve.at(0.3) == (0.5, 0.75, 1.0)
    assert curve.at(0.0) == curve.at(0.2)
    precision, coverage, shown = curve.at(0.95)
    assert math.isnan(precision)
    assert (coverage, shown) == (0, 0)


def test_no_suggestions():
    empty = ThresholdCurve.from_pairs([], [], [], n_sources=3)
    assert len(empty.thresholds) == 0
    assert empty.lowest_threshold(0.0) is None
    assert empty.at(0.5)[1:] == (0.0, 0.0)


def test_only_what_is_shown_counts():
    judgements = Judgements.from_lists(
        [7, 8], np.array([0, 1]), {}, [[1, 2, 3], [4]], [[0.9, 0.8, 0.7], [0.6]], [{3}, {4}]
    )
    two = ThresholdCurve.from_judgements(judgements, k=2)
    assert two.thresholds.tolist() == [0.6, 0.8, 0.9]
    assert two.at(0.5) == (pytest.approx(1 / 3), 1.0, 1.5)
    assert ThresholdCurve.from_judgements(judgements, k=3).at(0.5)[0] == 0.5


@given(PAIRS)
def test_the_curve_is_every_threshold_at_once(pairs):
    scores, kept, places = (list(column) for column in zip(*pairs, strict=True)) if pairs else ([], [], [])
    curve = ThresholdCurve.from_pairs(scores, kept, places, n_sources=5)
    for threshold in (0.0, 0.1, 0.3, 0.5, 0.8):
        precision, coverage, shown = curve.at(threshold)
        assert precision == pytest.approx(precision_at_threshold(scores, kept, threshold), nan_ok=True)
        above = [place for score, place in zip(scores, places, strict=True) if score >= threshold]
        assert coverage == len(set(above)) / 5
        assert shown == len(above) / 5
    wanted = curve.lowest_threshold(0.5)
    below = [threshold for threshold in curve.thresholds if wanted is None or threshold < wanted]
    assert all(curve.at(threshold)[0] < 0.5 for threshold in below)
    assert wanted is None or curve.at(wanted)[0] >= 0.5
