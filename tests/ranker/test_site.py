"""What a site's own relations taught: trees, and how alike the words are among what is equal to them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recommender.core.settings import RankerSettings
from recommender.ranker.site import LIKENESS, WORDS, SiteTrees
from recommender.ranker.training_set import TrainingSet

QUICK = RankerSettings(trees=10, leaves=4)


@pytest.fixture(scope="module")
def judged() -> TrainingSet:
    """Return sources of ten pairs each, kept by their nearness in time; of their words the trees learn nothing."""
    rng = np.random.default_rng(0)
    nearness = rng.integers(0, 2, 2000)
    X = np.column_stack([nearness, np.full(2000, 0.5)]).astype(np.float32)
    return TrainingSet(X, rng.random(2000) < 0.1 + 0.6 * nearness, np.full(200, 10), ("time.nearness", WORDS))


@pytest.fixture(scope="module")
def own(judged: TrainingSet) -> SiteTrees:
    return SiteTrees.rehearse(judged, QUICK)[1]


def test_of_what_is_equal_to_the_trees_the_more_alike_is_better(own: SiteTrees) -> None:
    few = np.array([[1, 0.5], [1, 0.5], [0, 0.5], [1, 0.9]], dtype=np.float32)
    deaf = SiteTrees(own.trees_, own.names, 0.0)
    near, same, far, alike = own.margins(few)[0]
    assert near == same < alike
    assert far < near
    np.testing.assert_allclose(own.margins(few)[0] - deaf.margins(few)[0], LIKENESS * few[:, 1], atol=1e-6)


def test_contributions_add_up_to_the_margin(own: SiteTrees, judged: TrainingSet) -> None:
    base = own.margins(judged.features)[0] - own.contributions(judged.features).sum(axis=1)
    np.testing.assert_allclose(base, base[0], atol=1e-4)


def test_without_that_column_the_trees_speak_alone(judged: TrainingSet) -> None:
    narrow = replace(judged, names=("time.nearness", "quality.noise"))
    own = SiteTrees.rehearse(narrow, QUICK)[1]
    assert own.margins(judged.features)[0].tolist() == own.trees_.margin(judged.features).tolist()


def test_scaling_scales_all_of_it(own: SiteTrees, judged: TrainingSet) -> None:
    for whole, half in zip(own.margins(judged.features), own.scaled(0.5).margins(judged.features), strict=True):
        np.testing.assert_allclose(half, whole / 2, atol=1e-12)
