"""The site's own trees, and the cosine of the texts that decides between pairs which the trees score alike."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recommender.core.settings import RankerSettings
from recommender.ranker import TrainingSet
from recommender.ranker.site import COSINE, COSINE_WEIGHT, SiteTrees

QUICK = RankerSettings(trees=10, leaves=4)


@pytest.fixture(scope="module")
def training_set() -> TrainingSet:
    """Return sources of ten pairs each, labelled by their nearness in time; all pairs have the same cosine."""
    rng = np.random.default_rng(0)
    nearness = rng.integers(0, 2, 2000)
    X = np.column_stack([nearness, np.full(2000, 0.5)]).astype(np.float32)
    return TrainingSet(X, rng.random(2000) < 0.1 + 0.6 * nearness, np.full(200, 10), ("time.nearness", COSINE))


@pytest.fixture(scope="module")
def site_trees(training_set: TrainingSet) -> SiteTrees:
    return SiteTrees.fit_with_holdout(training_set, QUICK)[0]


def test_of_pairs_that_the_trees_score_alike_the_one_with_the_larger_cosine_is_better(site_trees: SiteTrees) -> None:
    X = np.array([[1, 0.5], [1, 0.5], [0, 0.5], [1, 0.9]], dtype=np.float32)
    without_cosine = SiteTrees(site_trees.trees_, site_trees.names, 0.0)
    near, same, far, alike = site_trees.margins(X)[0]
    assert near == same < alike
    assert far < near
    gained = site_trees.margins(X)[0] - without_cosine.margins(X)[0]
    np.testing.assert_allclose(gained, COSINE_WEIGHT * X[:, 1], atol=1e-6)


def test_contributions_add_up_to_the_margin(site_trees: SiteTrees, training_set: TrainingSet) -> None:
    X = training_set.features
    base = site_trees.margins(X)[0] - site_trees.contributions(X).sum(axis=1)
    np.testing.assert_allclose(base, base[0], atol=1e-4)


def test_without_the_column_of_the_cosine_the_trees_alone_decide(training_set: TrainingSet) -> None:
    renamed = replace(training_set, names=("time.nearness", "quality.noise"))
    site_trees, _, _ = SiteTrees.fit_with_holdout(renamed, QUICK)
    X = training_set.features
    assert site_trees.margins(X)[0].tolist() == site_trees.trees_.margins(X)[0].tolist()


def test_scaling_scales_all_margins(site_trees: SiteTrees, training_set: TrainingSet) -> None:
    X = training_set.features
    for whole, half in zip(site_trees.margins(X), site_trees.scaled(0.5).margins(X), strict=True):
        np.testing.assert_allclose(half, whole / 2, atol=1e-12)


def test_the_held_out_sources_change_the_final_trees_and_not_the_partial_ones(training_set: TrainingSet) -> None:
    labels = training_set.labels.copy()
    labels[1600:] = ~labels[1600:]  # the newest fifth
    final, partial, newest = SiteTrees.fit_with_holdout(training_set, QUICK)
    changed_final, changed_partial, _ = SiteTrees.fit_with_holdout(replace(training_set, labels=labels), QUICK)
    assert len(newest.group_sizes) == 40
    assert changed_partial.to_dict() == partial.to_dict()
    assert changed_final.to_dict()["trees"] != final.to_dict()["trees"]
