import math

import ir_measures
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ir_measures import RR, P, R, nDCG

from recommender.evaluation import measures

RELEVANT = {"a", "b", "c"}


def test_ndcg_by_hand():
    gain = 1 + 1 / math.log2(4)
    best = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    assert measures.ndcg_at_k(["a", "x", "b"], RELEVANT) == pytest.approx(gain / best)


def test_ndcg_of_a_full_list_is_one_although_more_is_relevant():
    assert measures.ndcg_at_k(["b", "a"], RELEVANT, k=2) == 1.0


def test_precision_divides_by_k_when_the_list_is_short():
    assert measures.precision_at_k(["a", "b"], RELEVANT, k=5) == pytest.approx(2 / 5)


def test_recall_counts_what_the_first_k_hold():
    assert measures.recall_at_k(["x", "a", "b", "c"], RELEVANT, k=3) == pytest.approx(2 / 3)


def test_reciprocal_rank_is_of_the_first_relevant_target():
    assert measures.reciprocal_rank(["x", "y", "b", "a"], RELEVANT) == pytest.approx(1 / 3)
    assert measures.reciprocal_rank(["x", "y", "b", "a"], RELEVANT, k=2) == 0.0


def test_a_target_named_twice_counts_once():
    assert measures.precision_at_k(["a", "a", "a", "a", "a"], RELEVANT) == pytest.approx(1 / 5)
    assert measures.recall_at_k(["a", "a", "b"], RELEVANT) == pytest.approx(2 / 3)
    assert measures.ndcg_at_k(["a", "a"], {"a"}) == 1.0


def test_no_suggestions():
    assert measures.ndcg_at_k([], RELEVANT) == 0.0
    assert measures.precision_at_k([], RELEVANT) == 0.0
    assert measures.recall_at_k([], RELEVANT) == 0.0
    assert measures.reciprocal_rank([], RELEVANT) == 0.0
    assert measures.catalogue_reach([[]], 4) == 0.0
    assert math.isnan(measures.gini([0, 0]))
    assert math.isnan(measures.calibration_error([], []))


def test_no_relations():
    assert math.isnan(measures.ndcg_at_k(["a"], set()))
    assert math.isnan(measures.recall_at_k(["a"], set()))
    assert measures.precision_at_k(["a"], set()) == 0.0
    assert measures.reciprocal_rank(["a"], set()) == 0.0


def test_no_articles():
    assert math.isnan(measures.catalogue_reach([], 0))
    assert math.isnan(measures.gini([]))


@pytest.mark.parametrize(
    "metric", [measures.ndcg_at_k, measures.precision_at_k, measures.recall_at_k, measures.reciprocal_rank]
)
def test_k_below_one_is_an_error(metric):
    with pytest.raises(ValueError, match="k must be at least 1, got 0"):
        metric(["a"], RELEVANT, k=0)


def test_reach_counts_a_target_once():
    assert measures.catalogue_reach([["a", "b"], [], ["b"], ["c"]], n_articles=10) == pytest.approx(0.3)


def test_gini_of_equal_degrees_is_zero_and_of_a_single_target_nearly_one():
    assert measures.gini([3, 3, 3]) == pytest.approx(0.0)
    assert measures.gini([0] * 99 + [7]) == pytest.approx(0.99)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=30))
def test_gini_is_half_the_relative_mean_difference(degrees):
    x = np.array(degrees, dtype=float)
    if x.sum() == 0:
        assert math.isnan(measures.gini(degrees))
        return
    expected = np.abs(x[:, None] - x[None, :]).mean() / (2 * x.mean())
    assert measures.gini(degrees) == pytest.approx(expected, abs=1e-12)


def test_calibration_error_of_calibrated_scores_is_zero():
    scores = np.repeat([0.25, 0.75], 400)
    labels = np.tile([1, 0, 0, 0], 100).tolist() + np.tile([1, 1, 1, 0], 100).tolist()
    assert measures.calibration_error(scores, labels) == pytest.approx(0.0)


def test_calibration_error_does_not_let_bins_cancel_each_other():
    scores, labels = np.repeat([0.2, 0.8], 50), np.repeat([1, 0], 50)
    assert measures.calibration_error(scores, labels) == pytest.approx(0.8)
    assert measures.calibration_error(scores, labels, bins=1) == pytest.approx(0.0)


def test_calibration_bins_hold_equally_many_scores():
    # Two of three scores are tiny: bins of equal width would merge them and hide their error.
    scores = np.array([0.01, 0.01, 0.02, 0.02, 0.9, 0.9])
    labels = np.array([1, 1, 0, 0, 1, 1])
    assert measures.calibration_error(scores, labels, bins=3) == pytest.approx((0.99 + 0.02 + 0.1) / 3)


@given(st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]), st.booleans()), min_size=1), st.randoms())
def test_calibration_error_ignores_the_order_of_pairs(pairs, random):
    shuffled = random.sample(pairs, len(pairs))
    value = measures.calibration_error(*zip(*pairs, strict=True))
    assert 0 <= value <= 1
    assert measures.calibration_error(*zip(*shuffled, strict=True)) == pytest.approx(value, abs=1e-12)


def test_calibration_error_wants_equal_lengths():
    with pytest.raises(ValueError, match="one length"):
        measures.calibration_error([0.5], [1, 0])


ranked_lists = st.permutations(list("abcdefghijklmno")).flatmap(
    lambda order: st.integers(1, len(order)).map(lambda size: order[:size])
)
right_targets = st.sets(st.sampled_from("abcdefghijklmnopq"), min_size=1)


@given(ranked_lists, right_targets)
def test_same_figures_as_ir_measures(ranked, relevant):
    qrels = {"q": dict.fromkeys(relevant, 1)}
    run = {"q": {target: float(-rank) for rank, target in enumerate(ranked)}}
    expected = ir_measures.calc_aggregate([nDCG @ 10, P @ 5, R @ 10, RR @ 10], qrels, run)
    assert measures.ndcg_at_k(ranked, relevant) == pytest.approx(expected[nDCG @ 10])
    assert measures.precision_at_k(ranked, relevant) == pytest.approx(expected[P @ 5])
    assert measures.recall_at_k(ranked, relevant) == pytest.approx(expected[R @ 10])
    assert measures.reciprocal_rank(ranked, relevant) == pytest.approx(expected[RR @ 10])


@given(ranked_lists, right_targets, st.data())
def test_moving_a_relevant_target_up_never_hurts(ranked, relevant, data):
    position = data.draw(st.integers(0, len(ranked) - 1))
    if position == 0 or ranked[position] not in relevant:
        return
    better = [*ranked[: position - 1], ranked[position], ranked[position - 1], *ranked[position + 1 :]]
    assert measures.ndcg_at_k(better, relevant) >= measures.ndcg_at_k(ranked, relevant)
    assert measures.reciprocal_rank(better, relevant) >= measures.reciprocal_rank(ranked, relevant)
    if ranked[position - 1] not in relevant and position < 10:
        assert measures.ndcg_at_k(better, relevant) > measures.ndcg_at_k(ranked, relevant)
