"""Rankers on pairs made up for the purpose, where the truth is known."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.special import expit

from recommender import ModelFormatError
from recommender.core.settings import RankerSettings
from recommender.evaluation.measures import ndcg_at_k
from recommender.ranker import BlendedRanker, BoostedRanker, Ranker, ShippedRanker, fit_ranker, load_ranker, scores
from recommender.ranker.blended import ENOUGH, own_share
from recommender.ranker.training_set import TrainingSet
from recommender.ranker.trees import MEMBERS, PAIRS, Trees, fill_gaps

NAMES = ("title_terms.likeness", "time.nearness", "quality.noise")
QUICK = RankerSettings(trees=25, leaves=8)


def chance(X: np.ndarray) -> np.ndarray:
    """Return the true probability of a pair: likeness and nearness count, noise does not."""
    return expit(2.5 * X[:, 0] + 1.0 * np.nan_to_num(X[:, 1]) - 2.0)


def pairs(
    n_sources: int, seed: int, each: int = 10, probability: Callable[[np.ndarray], np.ndarray] = chance
) -> TrainingSet:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_sources * each, 3)).astype(np.float32)
    X[rng.random(len(X)) < 0.1, 1] = np.nan
    kept = rng.random(len(X)) < probability(X)
    return TrainingSet(X, kept, np.full(n_sources, each), NAMES)


def ndcg(judged: TrainingSet, values: np.ndarray) -> float:
    figures = []
    for place in range(len(judged.group_sizes)):
        _, rest = judged.split(place)
        start, size = len(judged.labels) - len(rest.labels), judged.group_sizes[place]
        own = values[start : start + size]
        relevant = set(np.flatnonzero(judged.labels[start : start + size]).tolist())
        figures.append(ndcg_at_k(np.argsort(-own, kind="stable").tolist(), relevant))
    return float(np.nanmean(figures))


def log_odds(ranker: Ranker, X: np.ndarray, each: int = 10) -> np.ndarray:
    """Return the log-odds of rows of which every ten are a source's, as `pairs` makes them."""
    return ranker.log_odds(X, np.full(len(X) // each, each))


def bits(ranker: Ranker, X: np.ndarray) -> bytes:
    return log_odds(ranker, X).tobytes() + ranker.contributions(X).tobytes()


@pytest.fixture(scope="module")
def judged() -> TrainingSet:
    return pairs(400, seed=1)


@pytest.fixture(scope="module")
def fresh() -> TrainingSet:
    """Return pairs that no ranker was trained on."""
    return pairs(400, seed=2)


@pytest.fixture(scope="module")
def boosted(judged: TrainingSet) -> BoostedRanker:
    return BoostedRanker.fit(judged, QUICK)


@pytest.fixture(scope="module")
def shipped() -> ShippedRanker:
    """Return a ranker that learned on another site, where nearness decides."""
    return ShippedRanker.fit([pairs(200, seed=3, probability=lambda X: expit(3 * np.nan_to_num(X[:, 1]) - 1))], QUICK)


@pytest.fixture(scope="module")
def blended(judged: TrainingSet, shipped: ShippedRanker) -> BlendedRanker:
    return BlendedRanker.fit(judged.split(100)[0], QUICK, shipped)


@pytest.fixture(scope="module", params=["boosted", "shipped", "blended"])
def ranker(
    request: pytest.FixtureRequest, boosted: BoostedRanker, shipped: ShippedRanker, blended: BlendedRanker
) -> Ranker:
    return {"boosted": boosted, "shipped": shipped, "blended": blended}[request.param]


def test_the_split_is_by_whole_sources(judged: TrainingSet) -> None:
    uneven = replace(judged, group_sizes=np.array([3, 0, 5, *[8] * 499]))
    first, rest = uneven.split(3)
    assert (len(first.labels), len(rest.labels)) == (8, 3992)
    assert first.group_sizes.tolist() == [3, 0, 5]
    np.testing.assert_array_equal(np.vstack([first.features, rest.features]), judged.features)
    np.testing.assert_array_equal(np.concatenate([first.labels, rest.labels]), judged.labels)


def test_contributions_add_up_to_the_log_odds_but_for_a_base_of_each_source(ranker: Ranker, fresh: TrainingSet) -> None:
    parts = ranker.contributions(fresh.features)
    assert parts.shape == (len(fresh.features), 3)
    base = (log_odds(ranker, fresh.features) - parts.sum(axis=1)).reshape(-1, 10)
    by_rivals = ranker.kind != "shipped"
    np.testing.assert_allclose(base, base[:, :1].repeat(10, axis=1), rtol=0, atol=1e-4)
    assert (np.ptp(base[:, 0]) > 0.01) == by_rivals


def test_it_comes_back_to_the_same_bits(ranker: Ranker, fresh: TrainingSet) -> None:
    again = load_ranker(json.loads(json.dumps(ranker.to_dict())))
    assert (again.kind, again.names) == (ranker.kind, ranker.names)
    assert again.to_dict() == ranker.to_dict()
    assert bits(again, fresh.features) == bits(ranker, fresh.features)


def test_a_source_alone_scores_as_among_others(ranker: Ranker, fresh: TrainingSet) -> None:
    together = log_odds(ranker, fresh.features[:50])
    alone = [log_odds(ranker, fresh.features[row : row + 10]) for row in range(0, 50, 10)]
    np.testing.assert_array_equal(together, np.concatenate(alone))


def test_no_pairs_have_no_scores(ranker: Ranker) -> None:
    none = np.empty((0, 3), dtype=np.float32)
    assert ranker.log_odds(none, np.empty(0, dtype=np.intp)).shape == (0,)
    assert ranker.log_odds(none, np.array([0, 0])).shape == (0,)


def test_scores_are_probabilities_in_the_order_of_the_log_odds() -> None:
    log_odds = np.array([-800.0, -2.0, 0.0, 2.0, 800.0])
    assert scores(log_odds).tolist() == pytest.approx([0, 1 / (1 + math.exp(2)), 0.5, 1 / (1 + math.exp(-2)), 1])


def test_two_trainings_give_the_same_bytes(judged: TrainingSet, boosted: BoostedRanker) -> None:
    assert BoostedRanker.fit(judged, QUICK).to_dict() == boosted.to_dict()


def test_another_seed_gives_other_trees(judged: TrainingSet, boosted: BoostedRanker) -> None:
    other = BoostedRanker.fit(judged, replace(QUICK, random_state=1))
    assert other.to_dict()["trees"] != boosted.to_dict()["trees"]


def test_it_learns_what_the_editors_go_by(boosted: BoostedRanker, fresh: TrainingSet) -> None:
    best = ndcg(fresh, chance(fresh.features))
    learned = ndcg(fresh, log_odds(boosted, fresh.features))
    at_random = ndcg(fresh, np.random.default_rng(0).random(len(fresh.labels)))
    assert at_random < 0.75
    assert learned > at_random + 0.8 * (best - at_random)


def test_what_decides_gets_the_largest_share(boosted: BoostedRanker, fresh: TrainingSet) -> None:
    likeness, nearness, noise = np.abs(boosted.contributions(fresh.features)[:, :3]).mean(axis=0)
    assert likeness > nearness > 3 * noise


def test_a_likelier_pair_has_a_larger_share_of_likeness(boosted: BoostedRanker) -> None:
    parts = boosted.contributions(np.array([[-2, 0, 0], [2, 0, 0]], dtype=np.float32))
    assert parts[0, 0] < 0 < parts[1, 0]


def test_scores_are_near_the_known_probability() -> None:
    judged, fresh = pairs(1500, seed=3), pairs(1500, seed=4)
    score = scores(log_odds(BoostedRanker.fit(judged, QUICK), fresh.features))
    truth = chance(fresh.features)
    for rows in np.array_split(np.argsort(score), 6):
        assert score[rows].mean() == pytest.approx(truth[rows].mean(), abs=0.06)
    assert score.mean() == pytest.approx(truth.mean(), abs=0.03)


@pytest.mark.parametrize("base_rate", [0.03, 0.3])
def test_scores_follow_how_often_editors_keep_a_pair(base_rate: float) -> None:
    def rare(X: np.ndarray) -> np.ndarray:
        return base_rate * (1 + np.tanh(X[:, 0]))

    score = scores(log_odds(BoostedRanker.fit(pairs(800, 5, probability=rare), QUICK), pairs(300, 6).features))
    assert score.mean() == pytest.approx(base_rate, rel=0.25)


def test_a_score_rises_with_the_margin_though_the_newest_sources_turn_all_round(fresh: TrainingSet) -> None:
    old, new = pairs(160, 7), pairs(40, 8, probability=lambda X: 1 - chance(X))
    turned = TrainingSet(
        np.vstack([old.features, new.features]), np.concatenate([old.labels, new.labels]), np.full(200, 10), NAMES
    )
    ranker = BoostedRanker.fit(turned, QUICK)
    likely = np.array([[3, 3, 0], [-3, -3, 0]], dtype=np.float32)
    assert np.subtract(*log_odds(ranker, likely, 2)) > 0


def test_the_newest_sources_calibrate_and_the_older_do_not() -> None:
    """The same trees may be trained on both; where editors turn stricter, scores fall."""
    old, new = pairs(400, 9), pairs(100, 10, probability=lambda X: 0.1 * chance(X))
    strict = TrainingSet(
        np.vstack([old.features, new.features]), np.concatenate([old.labels, new.labels]), np.full(500, 10), NAMES
    )
    score = scores(log_odds(BoostedRanker.fit(strict, QUICK), new.features))
    assert score.mean() == pytest.approx(new.labels.mean(), abs=0.02)
    assert old.labels.mean() > 3 * new.labels.mean()


def test_only_what_would_be_suggested_calibrates() -> None:
    """Beyond the ten best of a source, pairs that nobody keeps must not lower the scores."""

    def first(X: np.ndarray) -> np.ndarray:
        return np.where(X[:, 0] > 1.5, 0.5, 0.0)

    fresh = pairs(200, 12, each=100, probability=first)
    ranker = BoostedRanker.fit(pairs(400, 11, each=100, probability=first), QUICK)
    score = scores(log_odds(ranker, fresh.features, 100))
    assert score[fresh.features[:, 0] > 1.6].mean() == pytest.approx(0.5, abs=0.08)


@pytest.mark.parametrize("kept", [[*range(30, 40)], []], ids=["the worst", "none"])
def test_where_nothing_of_the_best_was_kept_it_still_learns(kept: list[int], shipped: ShippedRanker) -> None:
    """The newest sources' only relations are beyond the ten best, so that those say nothing of a probability."""
    old, new = pairs(40, 13, each=40), pairs(10, 14, each=40)
    order = np.argsort(-new.features[:, 0].reshape(10, 40), axis=1)
    labels = np.zeros((10, 40), dtype=bool)
    for source, places in enumerate(order):
        labels[source, places[kept]] = True
    judged = TrainingSet(
        np.vstack([old.features, new.features]), np.concatenate([old.labels, labels.ravel()]), np.full(50, 40), NAMES
    )
    ranker = fit_ranker(judged, QUICK, shipped)
    assert ranker.kind == ("blended" if kept else "shipped")
    assert np.isfinite(log_odds(ranker, old.features, 40)).all()


def test_where_all_of_the_best_were_kept_it_still_learns(shipped: ShippedRanker) -> None:
    judged = pairs(50, 15, each=40, probability=lambda X: (X[:, 0] > -0.2).astype(float))
    ranker = fit_ranker(judged, QUICK, shipped)
    assert ranker.kind == "blended"
    assert np.subtract(*log_odds(ranker, np.array([[2, 0, 0], [-2, 0, 0]], dtype=np.float32), 2)) > 0


@pytest.mark.parametrize("change", ["few", "none kept", "all kept", "none kept of the newest", "no pairs"])
def test_too_little_to_learn_from_leaves_the_shipped_ranker(
    judged: TrainingSet, shipped: ShippedRanker, change: str
) -> None:
    kept = judged.labels.copy()
    kept[{"none kept": slice(None), "none kept of the newest": slice(3200, None)}.get(change, slice(0))] = False
    given = replace(judged, labels=np.ones_like(kept) if change == "all kept" else kept)
    if change == "few":
        given, _ = given.split(QUICK.least_sources - 1)
    if change == "no pairs":
        given = TrainingSet(
            np.empty((0, 3), dtype=np.float32), np.empty(0, dtype=bool), np.empty(0, dtype=np.intp), NAMES
        )
    ranker = fit_ranker(given, QUICK, shipped)
    assert ranker.kind == "shipped"
    assert ranker.names == NAMES


def test_enough_to_learn_from_is_learned_from(judged: TrainingSet, shipped: ShippedRanker) -> None:
    enough, _ = judged.split(QUICK.least_sources)
    assert fit_ranker(enough, QUICK, shipped).kind == "blended"


def test_sources_without_candidates_and_kept_by_nobody_do_no_harm(
    judged: TrainingSet, fresh: TrainingSet, shipped: ShippedRanker
) -> None:
    sizes = np.zeros(800, dtype=np.intp)
    sizes[::2] = 10
    kept = judged.labels.copy()
    kept[:500] = False
    ranker = fit_ranker(replace(judged, group_sizes=sizes, labels=kept), QUICK, shipped)
    assert ranker.kind == "boosted"
    assert ndcg(fresh, log_odds(ranker, fresh.features)) > 0.8


def test_what_is_wanted_is_learned(judged: TrainingSet, shipped: ShippedRanker) -> None:
    few, _ = judged.split(100)
    kinds = {"own": "boosted", "shipped": "shipped", "blend": "blended"}
    for learn, kind in kinds.items():
        assert fit_ranker(few, replace(QUICK, learn=learn), shipped).kind == kind
    many = pairs(ENOUGH, 16, each=4)
    assert fit_ranker(many, QUICK, shipped).kind == "boosted"


def test_the_more_there_is_to_learn_from_the_more_is_the_sites_own() -> None:
    shares = [own_share(n) for n in range(0, 2 * ENOUGH, 10)]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)


def test_a_blend_goes_by_both(judged: TrainingSet, shipped: ShippedRanker, fresh: TrainingSet) -> None:
    """The site goes by likeness above all, the shipped ranker by nearness alone."""
    own, blend, theirs = (
        fit_ranker(judged.split(60)[0], replace(QUICK, learn=learn), shipped) for learn in ("own", "blend", "shipped")
    )
    ratios = []
    for ranker in (own, blend, theirs):
        likeness, nearness, _ = np.abs(ranker.contributions(fresh.features)[:, :3]).mean(axis=0)
        ratios.append(likeness / nearness)
    assert 0.8 * ratios[0] > ratios[1] > ratios[2] == 0


def test_a_blend_is_calibrated_to_the_site(shipped: ShippedRanker) -> None:
    """The shipped ranker learned where every other pair was kept; here it is one of ten."""

    def rare(X: np.ndarray) -> np.ndarray:
        return 0.1 * (1 + np.tanh(X[:, 0]))

    learned = fit_ranker(pairs(200, 17, probability=rare), QUICK, shipped)
    assert learned.kind == "blended"
    assert scores(log_odds(learned, pairs(300, 18).features)).mean() == pytest.approx(0.1, rel=0.35)


def test_a_ranker_that_lacks_a_part_is_refused(ranker: Ranker) -> None:
    for part in ranker.to_dict():
        values = {key: value for key, value in ranker.to_dict().items() if key != part}
        with pytest.raises(ModelFormatError, match=rf"the ranker cannot be read \('{part}'\); train the model again"):
            load_ranker(values)


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("kind", "pickle"),
        ("kind", ["boosted"]),
        ("names", None),
        ("calibration", {"slope": "much"}),
        ("calibration", None),
    ],
)
def test_a_ranker_with_a_damaged_part_is_refused(boosted: BoostedRanker, part: str, value: object) -> None:
    with pytest.raises(ModelFormatError, match="the ranker cannot be read"):
        load_ranker({**boosted.to_dict(), part: value})


@pytest.mark.parametrize("damage", [lambda _: "{}", lambda _: "no trees", lambda _: 5, lambda trees: trees[:-200]])
def test_damaged_trees_are_refused(boosted: BoostedRanker, damage: Callable[[str], object]) -> None:
    values = boosted.to_dict()
    trees = values["trees"]
    damaged = damage(trees) if isinstance(trees, str) else [*trees[:-1], damage(trees[-1])]
    with pytest.raises(ModelFormatError, match="the ranker cannot be read"):
        load_ranker({**values, "trees": damaged})


@pytest.mark.parametrize("values", [None, [], "boosted", {}])
def test_what_is_no_ranker_is_refused(values: Any) -> None:
    with pytest.raises(ModelFormatError, match="the ranker cannot be read"):
        load_ranker(values)


def test_a_training_that_learned_nothing_has_no_voice() -> None:
    judged, later = pairs(80, 1), pairs(80, 2)
    silent = replace(judged, features=np.zeros_like(judged.features))
    deaf = Trees.grow(silent, QUICK, MEMBERS[:1])
    hearing = Trees.grow(judged, QUICK, MEMBERS[1:])
    trees = Trees([*deaf.boosters, *hearing.boosters], [1.0] * 3, deaf.objectives + hearing.objectives)
    weights = trees.balancing(later.features)
    assert weights[0] == 0.0
    assert min(weights[1:]) > 0.0
    assert ndcg(later, trees.weighted(weights).margin(later.features)) > 0.8


def test_balanced_trainings_have_an_equal_voice_and_a_spread_of_one_together() -> None:
    judged = pairs(80, 1)
    trees = Trees.grow(judged, QUICK)
    parts = [Trees([one], [1.0], [PAIRS]).margin(judged.features) for one in trees.boosters]
    weights = trees.balancing(judged.features)
    assert [np.std(part) * weight for part, weight in zip(parts, weights, strict=True)] == pytest.approx([1 / 3] * 3)
    assert 0.8 < np.std(trees.weighted(weights).margin(judged.features)) <= 1


def test_gaps_are_filled_and_score_as_unknown(boosted: BoostedRanker, fresh: TrainingSet) -> None:
    gaps = fresh.features.copy()
    filled = gaps.copy()
    fill_gaps(filled)
    assert np.isnan(gaps).any()
    assert not np.isnan(filled).any()
    np.testing.assert_array_equal(log_odds(boosted, filled), log_odds(boosted, gaps))
    np.testing.assert_array_equal(boosted.contributions(filled), boosted.contributions(gaps))
