"""Judgements of made-up lists and of the example site, and the curves drawn from them."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender import evaluate
from recommender.evaluation import JudgedPair, Judgements, ThresholdCurve, measures, reliability
from recommender.evaluation.measures import calibration_error, equal_mass_bins
from recommender.evaluation.splits import AT_PUBLICATION, known_rows, relevant_targets

SCORES = [0.9, 0.6, 0.6, 0.3, 0.2]
LABELS = [1, 1, 0, 0, 1]
SOURCE_OF = [0, 0, 1, 2, 2]
SUGGESTED_PAIRS = st.lists(
    st.tuples(st.sampled_from([0.1, 0.25, 0.5, 0.8]), st.booleans(), st.integers(0, 4)), max_size=30
)
SCORED_PAIRS = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60)


@pytest.fixture
def judgements():
    """Three sources, rows 20 to 22: the second has a link that was never scored, the third no list."""
    return Judgements.from_lists(
        sources=[20, 21, 22],
        stories=np.array([0, 0, 1]),
        ndcg={"engine": np.array([1.0, 0.5, 0.0])},
        rows=[[3, 5, 7], [3, 4], []],
        scores=[[0.9, 0.8, 0.1], [0.7, 0.2], []],
        relevant=[{3, 7}, {4, 9, 8}, {1}],
    )


def test_pairs_lie_one_source_after_the_other(judgements):
    assert judgements.source_of.tolist() == [0, 0, 0, 1, 1]
    assert judgements.targets.tolist() == [3, 5, 7, 3, 4]
    assert judgements.ranks.tolist() == [1, 2, 3, 1, 2]
    assert judgements.scores.tolist() == [0.9, 0.8, 0.1, 0.7, 0.2]
    assert judgements.labels.tolist() == [True, False, True, False, True]


def test_links_that_were_never_scored_are_listed(judgements):
    assert judgements.missed.tolist() == [[1, 8], [1, 9], [2, 1]]
    assert judgements.never_scored() == [
        JudgedPair(21, 8, None, None, True),
        JudgedPair(22, 1, None, None, True),
    ]
    assert judgements.never_scored(most=1) == judgements.never_scored()[:1]


def test_surprises_are_the_unlinked_pairs_of_the_highest_scores(judgements):
    assert judgements.surprises() == [JudgedPair(20, 5, 2, 0.8, False), JudgedPair(21, 3, 1, 0.7, False)]
    assert judgements.surprises(most=1) == judgements.surprises()[:1]


def test_lost_are_the_linked_pairs_of_the_lowest_scores_one_a_source(judgements):
    assert judgements.lost() == [JudgedPair(20, 7, 3, 0.1, True), JudgedPair(21, 4, 2, 0.2, True)]


def test_judgements_of_no_sources():
    empty = Judgements.from_lists([], np.empty(0), {}, [], [], [])
    assert (empty.surprises(), empty.lost(), empty.never_scored()) == ([], [], [])


def test_the_judgements_of_a_report_are_what_its_figures_were_made_from(newsroom):
    result = evaluate(newsroom).result(AT_PUBLICATION)
    judgements = result.judgements
    assert len(judgements.sources) == result.sources
    for name, model in result.models.items():
        assert judgements.ndcg[name].mean() == pytest.approx(model.figures["nDCG@10"].over_articles.value)
    for position, row in enumerate(judgements.sources):
        of_source = judgements.source_of == position
        relevant = relevant_targets(newsroom, row, known_rows(newsroom, row, AT_PUBLICATION))
        scored = set(judgements.targets[of_source & judgements.labels].tolist())
        missed = set(judgements.missed[judgements.missed[:, 0] == position, 1].tolist())
        assert scored | missed == relevant
        assert not scored & missed
        ranked = judgements.targets[of_source].tolist()
        assert judgements.ndcg["recommender"][position] == measures.ndcg_at_k(ranked, relevant)
    assert (np.diff(judgements.scores)[np.diff(judgements.source_of) == 0] <= 0).all()
    assert "judgements" not in result.to_dict()


def test_reliability_bins_by_hand():
    low, high = reliability([0.1, 0.2, 0.6, 0.8], [0, 1, 1, 1], bins=2)
    assert (low.mean_score, low.linked.value, low.count) == (pytest.approx(0.15), 0.5, 2)
    assert (high.mean_score, high.linked.value, high.count) == (pytest.approx(0.7), 1.0, 2)


def test_equal_scores_share_a_bin_so_there_can_be_fewer():
    [only] = reliability([0.3] * 5, [1, 0, 0, 0, 0], bins=10)
    assert (only.count, only.linked.value) == (5, 0.2)


def test_the_interval_is_one_of_stories():
    scores, labels = np.full(40, 0.5), np.tile([1, 0], 20)
    many = reliability(scores, labels, stories=np.arange(40))[0].linked
    few = reliability(scores, labels, stories=np.tile([0, 1], 20))[0].linked
    assert many.low < many.value < many.high
    assert (few.low, few.high) == (0.0, 1.0), "of two stories one is all linked and one not at all"
    assert math.isnan(reliability(scores, labels)[0].linked.low)


def test_reliability_of_no_suggestions():
    assert reliability([], []) == ()


def test_wrong_lengths_are_named():
    with pytest.raises(ValueError, match=r"of one length, got \(2,\) and \(1,\)"):
        reliability([0.1, 0.2], [1])


@given(SCORED_PAIRS, st.integers(1, 20))
def test_the_bins_make_up_the_calibration_error(pairs, bins):
    scores, labels = zip(*pairs, strict=True)
    diagram = reliability(scores, labels, bins=bins)
    error = sum(part.count * abs(part.linked.value - part.mean_score) for part in diagram) / len(pairs)
    assert error == pytest.approx(calibration_error(scores, labels, bins=bins))
    assert sum(part.count for part in diagram) == len(pairs)
    mean_scores = [part.mean_score for part in diagram]
    assert mean_scores == sorted(mean_scores)


@given(st.lists(st.floats(0, 1), max_size=60), st.integers(1, 20))
def test_bins_follow_the_order_of_the_scores(scores, bins):
    bin_of = equal_mass_bins(scores, bins).tolist()
    assert len(bin_of) == len(scores)
    by_score = sorted(zip(scores, bin_of, strict=True))
    for (lower, lower_bin), (higher, higher_bin) in pairwise(by_score):
        assert lower_bin <= higher_bin
        assert lower_bin == higher_bin or lower < higher


@pytest.fixture
def curve():
    return ThresholdCurve.from_pairs(SCORES, LABELS, SOURCE_OF, n_sources=4)


def test_a_threshold_curve_by_hand(curve):
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


def test_a_threshold_curve_of_no_suggestions():
    empty = ThresholdCurve.from_pairs([], [], [], n_sources=3)
    assert len(empty.thresholds) == 0
    assert empty.lowest_threshold(0.0) is None
    assert empty.at(0.5)[1:] == (0.0, 0.0)


def test_only_shown_suggestions_count():
    judgements = Judgements.from_lists(
        [7, 8], np.array([0, 1]), {}, [[1, 2, 3], [4]], [[0.9, 0.8, 0.7], [0.6]], [{3}, {4}]
    )
    two = ThresholdCurve.from_judgements(judgements, k=2)
    assert two.thresholds.tolist() == [0.6, 0.8, 0.9]
    assert two.at(0.5) == (pytest.approx(1 / 3), 1.0, 1.5)
    assert ThresholdCurve.from_judgements(judgements, k=3).at(0.5)[0] == 0.5


@given(SUGGESTED_PAIRS)
def test_the_curve_is_every_threshold_at_once(pairs):
    scores, labels, source_of = (list(column) for column in zip(*pairs, strict=True)) if pairs else ([], [], [])
    curve = ThresholdCurve.from_pairs(scores, labels, source_of, n_sources=5)
    for threshold in (0.0, 0.1, 0.3, 0.5, 0.8):
        precision, coverage, shown = curve.at(threshold)
        shown_labels = [label for score, label in zip(scores, labels, strict=True) if score >= threshold]
        right = sum(shown_labels) / len(shown_labels) if shown_labels else math.nan
        assert precision == pytest.approx(right, nan_ok=True)
        above = [source for score, source in zip(scores, source_of, strict=True) if score >= threshold]
        assert coverage == len(set(above)) / 5
        assert shown == len(above) / 5
    lowest = curve.lowest_threshold(0.5)
    below = [threshold for threshold in curve.thresholds if lowest is None or threshold < lowest]
    assert all(curve.at(threshold)[0] < 0.5 for threshold in below)
    assert lowest is None or curve.at(lowest)[0] >= 0.5
