"""The site's own trees, and the cosine of the texts that decides between pairs which the trees score alike."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    return SiteTrees.fit_rehearsed(training_set, QUICK)[0]


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
    site_trees, _ = SiteTrees.fit_rehearsed(renamed, QUICK)
    X = training_set.features
    assert site_trees.margins(X)[0].tolist() == site_trees.trees_.margins(X)[0].tolist()


def test_scaling_scales_all_margins(site_trees: SiteTrees, training_set: TrainingSet) -> None:
    X = training_set.features
    for whole, half in zip(site_trees.margins(X), site_trees.scaled(0.5).margins(X), strict=True):
        np.testing.assert_allclose(half, whole / 2, atol=1e-12)


def test_a_source_is_rehearsed_by_trees_that_have_not_seen_it(training_set: TrainingSet) -> None:
    """With all labels of the last block turned over, its own margins stay as they are, and the final trees change."""
    labels = training_set.labels.copy()
    labels[1600:] = ~labels[1600:]
    final, rehearsal = SiteTrees.fit_rehearsed(replace(training_set, features=training_set.features.copy()), QUICK)
    turned = replace(training_set, labels=labels)
    changed, changed_rehearsal = SiteTrees.fit_rehearsed(turned, QUICK)
    assert len(rehearsal.held_out.group_sizes) == 120
    np.testing.assert_array_equal(changed_rehearsal.margins[800:], rehearsal.margins[800:])
    assert (changed_rehearsal.margins[:800] != rehearsal.margins[:800]).any()
    assert changed.to_dict()["trees"] != final.to_dict()["trees"]


@pytest.mark.parametrize(
    ("n_sources", "blocks"),
    [
        (10, [(0, 2), (2, 4), (4, 6), (6, 8), (8, 10)]),
        (100, [(0, 20), (20, 40), (40, 60), (60, 80), (80, 100)]),
        (200, [(80, 120), (120, 160), (160, 200)]),
        (500, [(400, 500)]),
        (4000, [(3200, 4000)]),
    ],
)
def test_a_hundred_of_the_newest_sources_or_more_are_held_out(n_sources: int, blocks: list[tuple[int, int]]) -> None:
    nothing = np.empty((0, 2), dtype=np.float32)
    training_set = TrainingSet(nothing, np.empty(0, dtype=bool), np.zeros(n_sources, dtype=np.intp), ("a.b", "a.c"))
    assert training_set.held_out_blocks(QUICK) == blocks


@given(n_sources=st.integers(2, 1500), share=st.floats(1e-9, 1, exclude_max=True))
def test_whatever_the_share_sources_are_held_out_and_others_are_left(n_sources: int, share: float) -> None:
    nothing = np.empty((0, 2), dtype=np.float32)
    training_set = TrainingSet(nothing, np.empty(0, dtype=bool), np.zeros(n_sources, dtype=np.intp), ("a.b", "a.c"))
    blocks = training_set.held_out_blocks(replace(QUICK, calibration_share=share))
    assert blocks[-1][1] == n_sources
    assert [end for _, end in blocks[:-1]] == [start for start, _ in blocks[1:]]
    assert all(0 <= start < end and end - start < n_sources for start, end in blocks)
    assert len(blocks) <= 100


def test_without_dates_blocks_end_with_a_story() -> None:
    stories = np.repeat(np.arange(8), [3, 3, 3, 3, 3, 3, 3, 2]).astype(np.int32)
    nothing = np.empty((0, 2), dtype=np.float32)
    training_set = TrainingSet(
        nothing, np.empty(0, dtype=bool), np.zeros(23, dtype=np.intp), ("a.b", "a.c"), stories=stories
    )
    starts = {0, 3, 6, 9, 12, 15, 18, 21}
    blocks = training_set.held_out_blocks(QUICK)
    assert {start for start, _ in blocks} <= starts
    assert [end for _, end in blocks[:-1]] == [start for start, _ in blocks[1:]]
    assert (blocks[0][0], blocks[-1][1]) == (0, 23)
