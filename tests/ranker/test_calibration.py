"""Calibration on made-up margins, of which the true probabilities are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from recommender.ranker.calibration import Calibration
from recommender.ranker.training_set import TrainingSet


def labelled(probability: np.ndarray, seed: int = 0) -> TrainingSet:
    """Return pairs without features, labelled with these probabilities; each row of the matrix is a source."""
    labels = np.random.default_rng(seed).random(probability.shape) < probability
    no_features = np.empty((probability.size, 0), dtype=np.float32)
    return TrainingSet(no_features, labels.ravel(), np.full(len(probability), probability.shape[1]), ())


def scores(calibration: Calibration, margins: np.ndarray) -> np.ndarray:
    sizes = np.full(len(margins), margins.shape[1])
    return expit(calibration.log_odds(margins.ravel(), sizes)).reshape(margins.shape)


def test_a_strong_rival_makes_a_pair_less_likely() -> None:
    """Editors link the best candidate only, whatever the margins of the others are."""
    margins = np.random.default_rng(1).normal(size=(600, 8))
    best = margins == margins.max(axis=1, keepdims=True)
    calibration = Calibration.fit(margins.ravel(), labelled(best * 0.9))
    assert calibration.best < -0.5
    alone, beside = scores(calibration, np.array([[1.0, *[-2.0] * 7], [1.0, 3.0, *[-2.0] * 6]]))
    assert alone[0] > 0.5 > beside[0]


def test_where_pairs_do_not_compete_rivals_hardly_count() -> None:
    margins = np.random.default_rng(2).normal(size=(3000, 8))
    calibration = Calibration.fit(margins.ravel(), labelled(expit(1.5 * margins - 1)))
    assert calibration.slope == pytest.approx(1.5, abs=0.1)
    assert calibration.best == pytest.approx(0, abs=0.1)
    assert calibration.rivals == pytest.approx(0, abs=0.2)


def test_only_the_best_thirty_are_rivals() -> None:
    calibration = Calibration(slope=0.0, best=0.0, rivals=1.0, intercept=0.0)
    margins = np.concatenate([np.full(30, 2.0), np.full(500, -100.0)])
    assert calibration.log_odds(margins, np.array([530])).tolist() == [2.0] * 530
    assert calibration.log_odds(np.array([1.0, 3.0]), np.array([2])).tolist() == [2.0] * 2


def test_the_log_odds_of_a_source_do_not_depend_on_other_sources() -> None:
    calibration = Calibration(slope=1.0, best=0.5, rivals=-0.25, intercept=0.1, choice=-0.7)
    rng = np.random.default_rng(3)
    sizes = np.array([3, 0, 40, 1])
    margins, softmax_margins = rng.normal(size=(2, sizes.sum()))
    ends = np.cumsum(sizes)
    alone = [
        calibration.log_odds(margins[end - size : end], np.array([size]), softmax_margins[end - size : end])
        for size, end in zip(sizes, ends, strict=True)
    ]
    assert calibration.log_odds(margins, sizes, softmax_margins).tolist() == np.concatenate(alone).tolist()


def test_where_no_candidate_stands_out_in_the_softmax_more_are_relations() -> None:
    """In a large group, which shares the softmax, editors link far more than in a small one at the same margin."""
    rng = np.random.default_rng(9)
    margins = rng.normal(size=(2000, 8))
    stands_out = rng.normal(size=(2000, 1))
    softmax_margins = np.where(np.arange(8) == 3, stands_out, stands_out - 5)
    pairs = labelled(expit(margins - 2 * stands_out))
    calibration = Calibration.fit(margins.ravel(), pairs, softmax_margins.ravel())
    assert calibration.choice == pytest.approx(-2, abs=0.2)
    sizes = np.array([8, 8])
    with_softmax = calibration.log_odds(margins[:2].ravel(), sizes, softmax_margins[:2].ravel()).reshape(2, 8)
    without = calibration.log_odds(margins[:2].ravel(), sizes).reshape(2, 8)
    np.testing.assert_allclose(with_softmax - without, np.repeat(calibration.choice * stands_out[:2], 8, axis=1))


def test_at_the_sure_score_three_of_four_shown_pairs_are_relations() -> None:
    rng = np.random.default_rng(4)
    margins, later = rng.normal(size=(2, 800, 12))
    calibration = Calibration.fit(margins.ravel(), labelled(expit(2 * margins - 1)))
    truth = np.random.default_rng(5).random(later.shape) < expit(2 * later - 1)
    five = np.argsort(-later, axis=1)[:, :5]
    shown, labels = (np.take_along_axis(values, five, axis=1) for values in (scores(calibration, later), truth))
    assert labels[shown >= calibration.sure].mean() == pytest.approx(0.75, abs=0.03)
    assert labels[shown >= calibration.sure - 0.15].mean() < 0.73, "it is the lowest such score"


def test_where_three_of_four_are_out_of_reach_the_best_tenth_is_sure() -> None:
    margins = np.random.default_rng(6).normal(size=(400, 12))
    calibration = Calibration.fit(margins.ravel(), labelled(np.full(margins.shape, 0.2)))
    five = np.sort(scores(calibration, margins), axis=1)[:, -5:]
    assert (five >= calibration.sure).mean() == pytest.approx(0.1, abs=0.01)


def test_where_nearly_all_are_relations_all_are_sure() -> None:
    margins = np.random.default_rng(7).normal(size=(400, 12))
    calibration = Calibration.fit(margins.ravel(), labelled(np.full(margins.shape, 0.95)))
    assert (np.sort(scores(calibration, margins), axis=1)[:, -5:] >= calibration.sure).all()


def test_nearly_all_sources_reach_the_threshold_with_their_best_pair() -> None:
    rng = np.random.default_rng(10)
    margins, later = rng.normal(size=(2, 1000, 12))
    calibration = Calibration.fit(margins.ravel(), labelled(expit(margins - 1.5)))
    reaches = scores(calibration, later).max(axis=1) >= calibration.threshold
    assert reaches.mean() == pytest.approx(0.92, abs=0.02)
    assert calibration.threshold < calibration.sure


def test_the_threshold_is_at_most_the_sure_score() -> None:
    """Where lower scores are relations often enough too, they are shown too."""
    margins = np.random.default_rng(10).normal(size=(1000, 12))
    calibration = Calibration.fit(margins.ravel(), labelled(expit(2 * margins - 1)))
    best = np.sort(scores(calibration, margins).max(axis=1))
    assert calibration.threshold == calibration.sure < best[80], "92 of 100 have a better one"


def test_sources_of_more_weight_count_more() -> None:
    """Two sites with other habits: the calibration and the threshold are those of the one that weighs all."""
    margins = np.random.default_rng(11).normal(size=(600, 12))
    pairs = labelled(expit(margins - np.where(np.arange(600) < 300, 0, 2)[:, np.newaxis]))
    first = Calibration.fit(margins[:300].ravel(), pairs.part(0, 300))
    weighted = replace(pairs, source_weights=np.where(np.arange(600) < 300, 1.0, 1e-6))
    both = Calibration.fit(margins.ravel(), weighted)
    assert both.intercept == pytest.approx(first.intercept, abs=0.15)
    assert both.threshold == pytest.approx(first.threshold, abs=0.02)
    assert both.sure == pytest.approx(first.sure, abs=0.05)
