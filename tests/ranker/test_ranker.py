"""Rankers on made-up pairs, of which the true probabilities are known."""

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
from recommender.ranker import (
    BlendedRanker,
    BoostedRanker,
    PooledSite,
    Ranker,
    ShippedRanker,
    TrainingSet,
    fit_pooled,
    fit_ranker,
    load_ranker,
    scores,
)
from recommender.ranker.blended import expected_weight, mean_ndcg, rehearsed_weight
from recommender.ranker.fitting import OWN_ALONE
from recommender.ranker.shipped import LINKED_CANDIDATES
from recommender.ranker.trees import LOGISTIC, OBJECTIVES, Trees, fill_unknown

NAMES = ("title_terms.likeness", "time.nearness", "quality.noise")
QUICK = RankerSettings(trees=25, leaves=8)


def true_probability(X: np.ndarray) -> np.ndarray:
    """Return the true probability of a pair: likeness and nearness count, noise does not."""
    return expit(2.5 * X[:, 0] + 1.0 * np.nan_to_num(X[:, 1]) - 2.0)


def pairs(
    n_sources: int,
    seed: int,
    pairs_per_source: int = 10,
    probability: Callable[[np.ndarray], np.ndarray] = true_probability,
) -> TrainingSet:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_sources * pairs_per_source, 3)).astype(np.float32)
    X[rng.random(len(X)) < 0.1, 1] = np.nan
    labels = rng.random(len(X)) < probability(X)
    return TrainingSet(X, labels, np.full(n_sources, pairs_per_source), NAMES)


def ndcg(training_set: TrainingSet, values: np.ndarray) -> float:
    """Return the mean nDCG@10 over sources, each with its pairs in the order of these values."""
    figures = []
    starts = np.cumsum(training_set.group_sizes) - training_set.group_sizes
    for start, size in zip(starts.tolist(), training_set.group_sizes.tolist(), strict=True):
        source_values = values[start : start + size]
        relevant = set(np.flatnonzero(training_set.labels[start : start + size]).tolist())
        figures.append(ndcg_at_k(np.argsort(-source_values, kind="stable").tolist(), relevant))
    return float(np.nanmean(figures))


def log_odds(ranker: Ranker, X: np.ndarray, pairs_per_source: int = 10) -> np.ndarray:
    """Return the log-odds of pairs that lie as `pairs` makes them: equally many for each source."""
    return ranker.log_odds(X, np.full(len(X) // pairs_per_source, pairs_per_source))


def bits(ranker: Ranker, X: np.ndarray) -> bytes:
    return log_odds(ranker, X).tobytes() + ranker.contributions(X).tobytes()


@pytest.fixture(scope="module")
def training_set() -> TrainingSet:
    return pairs(400, seed=1)


@pytest.fixture(scope="module")
def fresh() -> TrainingSet:
    """Return pairs that no ranker was trained on."""
    return pairs(400, seed=2)


@pytest.fixture(scope="module")
def boosted(training_set: TrainingSet) -> BoostedRanker:
    return BoostedRanker.fit(training_set, QUICK)


@pytest.fixture(scope="module")
def shipped() -> ShippedRanker:
    """Return a ranker that learned on two other sites, where nearness decides."""
    return fit_pooled([pooled_site("one", 3), pooled_site("two", 4)], QUICK).ranker


def pooled_site(kindred: str, seed: int) -> PooledSite:
    site = pairs(100, seed, probability=lambda X: expit(3 * np.nan_to_num(X[:, 1]) - 1))
    return PooledSite(kindred, site, site)


@pytest.fixture(scope="module")
def blended(training_set: TrainingSet, shipped: ShippedRanker) -> BlendedRanker:
    return BlendedRanker.fit(training_set.part(0, 100), QUICK, shipped)


@pytest.fixture(scope="module", params=["boosted", "shipped", "blended"])
def ranker(
    request: pytest.FixtureRequest, boosted: BoostedRanker, shipped: ShippedRanker, blended: BlendedRanker
) -> Ranker:
    return {"boosted": boosted, "shipped": shipped, "blended": blended}[request.param]


def test_the_split_is_by_whole_sources(training_set: TrainingSet) -> None:
    uneven = replace(training_set, group_sizes=np.array([3, 0, 5, *[8] * 499]))
    first, rest = uneven.part(0, 3), uneven.part(3, 502)
    assert (len(first.labels), len(rest.labels)) == (8, 3992)
    assert first.group_sizes.tolist() == [3, 0, 5]
    np.testing.assert_array_equal(np.vstack([first.features, rest.features]), training_set.features)
    np.testing.assert_array_equal(np.concatenate([first.labels, rest.labels]), training_set.labels)


def test_sources_are_taken_with_all_of_their_pairs(training_set: TrainingSet) -> None:
    uneven = replace(training_set, group_sizes=np.array([3, 0, 5, *[8] * 499]), source_weights=np.arange(502.0))
    taken = uneven.take(np.array([2, 0, 1]))
    assert (taken.group_sizes.tolist(), taken.source_weights.tolist()) == ([5, 3, 0], [2.0, 0.0, 1.0])
    np.testing.assert_array_equal(taken.features, training_set.features[[3, 4, 5, 6, 7, 0, 1, 2]])
    np.testing.assert_array_equal(taken.labels, training_set.labels[[3, 4, 5, 6, 7, 0, 1, 2]])


def test_contributions_add_up_to_the_log_odds_but_for_a_base_of_each_source(ranker: Ranker, fresh: TrainingSet) -> None:
    shares = ranker.contributions(fresh.features)
    assert shares.shape == (len(fresh.features), 3)
    base = (log_odds(ranker, fresh.features) - shares.sum(axis=1)).reshape(-1, 10)
    np.testing.assert_allclose(base, base[:, :1].repeat(10, axis=1), rtol=0, atol=1e-4)
    assert np.ptp(base[:, 0]) > 0.01


def test_a_ranker_from_its_dict_gives_the_same_bits(ranker: Ranker, fresh: TrainingSet) -> None:
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


def test_two_trainings_give_the_same_bytes(training_set: TrainingSet, boosted: BoostedRanker) -> None:
    assert BoostedRanker.fit(training_set, QUICK).to_dict() == boosted.to_dict()


def test_another_seed_gives_other_trees(training_set: TrainingSet, boosted: BoostedRanker) -> None:
    reseeded = BoostedRanker.fit(training_set, replace(QUICK, random_state=1))
    assert reseeded.to_dict()["trees"] != boosted.to_dict()["trees"]


def test_it_learns_what_editors_link(boosted: BoostedRanker, fresh: TrainingSet) -> None:
    best = ndcg(fresh, true_probability(fresh.features))
    learned = ndcg(fresh, log_odds(boosted, fresh.features))
    at_random = ndcg(fresh, np.random.default_rng(0).random(len(fresh.labels)))
    assert at_random < 0.75
    assert learned > at_random + 0.8 * (best - at_random)


def test_what_decides_gets_the_largest_share(boosted: BoostedRanker, fresh: TrainingSet) -> None:
    likeness, nearness, noise = np.abs(boosted.contributions(fresh.features)[:, :3]).mean(axis=0)
    assert likeness > nearness > 3 * noise


def test_a_likelier_pair_has_a_larger_share_of_likeness(boosted: BoostedRanker) -> None:
    shares = boosted.contributions(np.array([[-2, 0, 0], [2, 0, 0]], dtype=np.float32))
    assert shares[0, 0] < 0 < shares[1, 0]


def test_scores_are_near_the_known_probability() -> None:
    training_set, fresh = pairs(1500, seed=3), pairs(1500, seed=4)
    score = scores(log_odds(BoostedRanker.fit(training_set, QUICK), fresh.features))
    truth = true_probability(fresh.features)
    for rows in np.array_split(np.argsort(score), 6):
        assert score[rows].mean() == pytest.approx(truth[rows].mean(), abs=0.06)
    assert score.mean() == pytest.approx(truth.mean(), abs=0.03)


@pytest.mark.parametrize("base_rate", [0.03, 0.3])
def test_scores_follow_how_often_editors_link_a_pair(base_rate: float) -> None:
    def rare(X: np.ndarray) -> np.ndarray:
        return base_rate * (1 + np.tanh(X[:, 0]))

    score = scores(log_odds(BoostedRanker.fit(pairs(800, 5, probability=rare), QUICK), pairs(300, 6).features))
    assert score.mean() == pytest.approx(base_rate, rel=0.25)


def test_a_score_rises_with_the_margin_even_if_the_newest_sources_say_the_opposite(fresh: TrainingSet) -> None:
    old, new = pairs(160, 7), pairs(40, 8, probability=lambda X: 1 - true_probability(X))
    training_set = TrainingSet(
        np.vstack([old.features, new.features]), np.concatenate([old.labels, new.labels]), np.full(200, 10), NAMES
    )
    ranker = BoostedRanker.fit(training_set, QUICK)
    likely = np.array([[3, 3, 0], [-3, -3, 0]], dtype=np.float32)
    assert np.subtract(*log_odds(ranker, likely, 2)) > 0


def test_the_newest_sources_calibrate_and_the_older_do_not() -> None:
    """The trees may learn from both; where editors turn stricter in the newest, scores fall."""
    old, new = pairs(800, 9), pairs(200, 10, probability=lambda X: 0.1 * true_probability(X))
    strict = TrainingSet(
        np.vstack([old.features, new.features]), np.concatenate([old.labels, new.labels]), np.full(1000, 10), NAMES
    )
    score = scores(log_odds(BoostedRanker.fit(strict, QUICK), new.features))
    assert score.mean() == pytest.approx(new.labels.mean(), abs=0.02)
    assert old.labels.mean() > 3 * new.labels.mean()


def test_only_what_would_be_suggested_calibrates() -> None:
    """Beyond the ten best pairs of a source, those that nobody links must not lower the scores."""

    def first(X: np.ndarray) -> np.ndarray:
        return np.where(X[:, 0] > 1.5, 0.5, 0.0)

    fresh = pairs(200, 12, pairs_per_source=100, probability=first)
    ranker = BoostedRanker.fit(pairs(400, 11, pairs_per_source=100, probability=first), QUICK)
    score = scores(log_odds(ranker, fresh.features, 100))
    assert score[fresh.features[:, 0] > 1.6].mean() == pytest.approx(0.5, abs=0.08)


@pytest.mark.parametrize("labelled_ranks", [[*range(30, 40)], []], ids=["the worst", "none"])
def test_where_none_of_the_best_is_labelled_it_still_learns(labelled_ranks: list[int], shipped: ShippedRanker) -> None:
    """The newest sources' only relations are beyond the ten best, so that those say nothing of a probability."""
    old, new = pairs(40, 13, pairs_per_source=40), pairs(10, 14, pairs_per_source=40)
    order = np.argsort(-new.features[:, 0].reshape(10, 40), axis=1)
    labels = np.zeros((10, 40), dtype=bool)
    for source, positions in enumerate(order):
        labels[source, positions[labelled_ranks]] = True
    training_set = TrainingSet(
        np.vstack([old.features, new.features]), np.concatenate([old.labels, labels.ravel()]), np.full(50, 40), NAMES
    )
    ranker = fit_ranker(training_set, QUICK, shipped)
    assert ranker.kind == "blended"
    assert np.isfinite(log_odds(ranker, old.features, 40)).all()


def test_where_all_of_the_best_are_labelled_it_still_learns(shipped: ShippedRanker) -> None:
    training_set = pairs(50, 15, pairs_per_source=40, probability=lambda X: (X[:, 0] > -0.2).astype(float))
    ranker = fit_ranker(training_set, QUICK, shipped)
    assert ranker.kind == "blended"
    assert np.subtract(*log_odds(ranker, np.array([[2, 0, 0], [-2, 0, 0]], dtype=np.float32), 2)) > 0


@pytest.mark.parametrize("change", ["few", "no labels", "all labelled", "no labels of the newest", "no pairs"])
def test_with_too_little_to_learn_from_it_is_the_shipped_ranker(
    training_set: TrainingSet, shipped: ShippedRanker, change: str
) -> None:
    labels = training_set.labels.copy()
    labels[{"no labels": slice(None), "no labels of the newest": slice(1600, None)}.get(change, slice(0))] = False
    too_little = replace(training_set, labels=np.ones_like(labels) if change == "all labelled" else labels)
    if change == "few":
        too_little = too_little.part(0, QUICK.least_sources - 1)
    if change == "no pairs":
        too_little = TrainingSet(
            np.empty((0, 3), dtype=np.float32), np.empty(0, dtype=bool), np.empty(0, dtype=np.intp), NAMES
        )
    ranker = fit_ranker(too_little, QUICK, shipped)
    assert ranker.kind == "shipped"
    assert ranker.names == NAMES


def test_enough_to_learn_from_is_learned_from(training_set: TrainingSet, shipped: ShippedRanker) -> None:
    enough = training_set.part(0, QUICK.least_sources)
    assert fit_ranker(enough, QUICK, shipped).kind == "blended"


def test_sources_without_candidates_or_without_labels_do_no_harm(
    training_set: TrainingSet, fresh: TrainingSet, shipped: ShippedRanker
) -> None:
    sizes = np.zeros(800, dtype=np.intp)
    sizes[::2] = 10
    labels = training_set.labels.copy()
    labels[:500] = False
    own = replace(QUICK, learn="own")
    ranker = fit_ranker(replace(training_set, group_sizes=sizes, labels=labels), own, shipped)
    assert ranker.kind == "boosted"
    assert ndcg(fresh, log_odds(ranker, fresh.features)) > 0.8


def test_the_setting_decides_which_ranker_is_fitted(training_set: TrainingSet, shipped: ShippedRanker) -> None:
    few = training_set.part(0, 100)
    kinds = {"own": "boosted", "shipped": "shipped", "blend": "blended"}
    for learn, kind in kinds.items():
        assert fit_ranker(few, replace(QUICK, learn=learn), shipped).kind == kind
    many = pairs(OWN_ALONE, 16, pairs_per_source=4)
    assert fit_ranker(many, QUICK, shipped).kind == "boosted"


def test_mean_ndcg_is_that_of_the_measure(fresh: TrainingSet) -> None:
    margins = np.random.default_rng(1).normal(size=len(fresh.labels))
    assert mean_ndcg(margins, fresh) == pytest.approx(ndcg(fresh, margins))
    assert mean_ndcg(margins, replace(fresh, labels=np.zeros_like(fresh.labels))) == 0


def test_what_many_held_out_sources_say_decides_the_weight(fresh: TrainingSet) -> None:
    right, wrong = fresh.features[:, 0].astype(np.float64), -fresh.features[:, 0].astype(np.float64)
    assert rehearsed_weight(right, wrong, fresh, expected=0.2) > 0.5
    assert rehearsed_weight(wrong, right, fresh, expected=0.8) < 0.5


def test_few_held_out_sources_change_the_expected_weight_little(fresh: TrainingSet) -> None:
    few = fresh.part(0, 4)
    right, wrong = few.features[:, 0].astype(np.float64), -few.features[:, 0].astype(np.float64)
    assert rehearsed_weight(right, right, few, expected=0.2) == 0.2
    assert rehearsed_weight(right, wrong, few, expected=0.2) == 0.2


def test_the_expected_weight_rises_with_the_number_of_sources() -> None:
    weights = [expected_weight(n) for n in range(0, 1000, 10)]
    assert weights == sorted(set(weights))
    assert (weights[0], weights[20]) == (0, 0.5)


def test_a_blend_uses_both(training_set: TrainingSet, shipped: ShippedRanker, fresh: TrainingSet) -> None:
    """The site's own ranker weighs likeness most, the shipped one nearness; the blend is in between."""
    ratios = []
    for learn in ("own", "blend", "shipped"):
        ranker = fit_ranker(training_set.part(0, 200), replace(QUICK, learn=learn), shipped)
        likeness, nearness, _ = np.abs(ranker.contributions(fresh.features)[:, :3]).mean(axis=0)
        ratios.append(likeness / nearness)
    assert 0.8 * ratios[0] > ratios[1] > 1.2 * ratios[2]


def test_the_trees_of_a_pooled_ranker_know_nothing_of_the_group_that_is_left_out() -> None:
    odd = pairs(100, 5)
    turned = replace(odd, labels=~odd.labels)
    first, second = (
        fit_pooled([pooled_site("one", 3), pooled_site("two", 4), PooledSite("odd", site, site)], QUICK)
        for site in (odd, turned)
    )
    assert set(first.left_out) == {"one", "two", "odd"}
    trees = [fit.left_out["odd"].without_relations_.trees.to_dict() for fit in (first, second)]
    assert trees[0] == trees[1]
    assert first.left_out["one"].to_dict() != second.left_out["one"].to_dict()
    assert first.ranker.to_dict() != second.ranker.to_dict()


def test_a_pooled_ranker_sees_no_quality(shipped: ShippedRanker, fresh: TrainingSet) -> None:
    assert (shipped.contributions(fresh.features)[:, 2] == 0).all()


def test_each_group_of_a_pool_weighs_alike() -> None:
    """Ten sites of one group, where likeness counts for nothing, weigh no more than one site where it decides."""
    likeness = pairs(100, 6, probability=lambda X: expit(3 * X[:, 0] - 1))
    many = [pooled_site("near", seed) for seed in range(10, 20)]
    few = fit_pooled([PooledSite("alike", likeness, likeness), many[0]], QUICK).ranker
    crowd = fit_pooled([PooledSite("alike", likeness, likeness), *many], QUICK).ranker
    shares = [np.abs(ranker.contributions(likeness.features)[:, :2]).mean(axis=0) for ranker in (few, crowd)]
    ratios = [alike / near for alike, near in shares]
    assert 0.5 < ratios[1] / ratios[0] < 2


def test_a_pool_needs_two_groups() -> None:
    with pytest.raises(ValueError, match="2 kindred sites, of which none can be held out"):
        fit_pooled([pooled_site("one", 3), pooled_site("one", 4)], QUICK)


def test_pooled_fits_are_the_same_whatever_the_number_of_jobs() -> None:
    sites = [pooled_site("one", 3), pooled_site("two", 4)]
    alone, together = (fit_pooled(sites, QUICK, n_jobs) for n_jobs in (1, 2))
    assert alone.ranker.to_dict() == together.ranker.to_dict()


def test_sources_with_relations_around_them_are_scored_by_trees_that_learned_from_relations() -> None:
    """With no relation among the candidates time decides; with relations, how strongly they lead there."""
    names = ("time.nearness", "relations.linked_strength", LINKED_CANDIDATES)
    rng = np.random.default_rng(0)

    def view(known: bool, seed: int) -> TrainingSet:
        labels = np.random.default_rng(seed).random(2000) < 0.3
        X = rng.normal(size=(2000, 3)).astype(np.float32)
        X[:, 0] += labels
        X[:, 1] = 3 * labels + rng.normal(size=2000) if known else 0
        X[:, 2] = known
        return TrainingSet(X, labels, np.full(200, 10), names)

    sites = [PooledSite(name, view(False, seed), view(True, seed)) for seed, name in enumerate("ab")]
    ranker = fit_pooled(sites, QUICK).ranker
    cold, warm = view(False, 7), view(True, 7)
    assert np.abs(ranker.contributions(cold.features)[:, 1]).max() == 0
    near, strength = np.abs(ranker.contributions(warm.features)[:, :2]).mean(axis=0)
    assert strength > near
    both = np.vstack([cold.features, warm.features])
    parts = [log_odds(ranker, view.features) for view in (cold, warm)]
    np.testing.assert_array_equal(log_odds(ranker, both), np.concatenate(parts))


def test_a_blend_is_calibrated_to_the_site(shipped: ShippedRanker) -> None:
    """The shipped ranker learned where every other pair is a relation; here it is one of ten."""

    def rare(X: np.ndarray) -> np.ndarray:
        return 0.1 * (1 + np.tanh(X[:, 0]))

    ranker = fit_ranker(pairs(200, 17, probability=rare), QUICK, shipped)
    assert ranker.kind == "blended"
    assert scores(log_odds(ranker, pairs(300, 18).features)).mean() == pytest.approx(0.1, rel=0.35)


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


def test_trees_do_not_look_at_what_they_are_told_to_ignore(training_set: TrainingSet) -> None:
    renamed = replace(training_set, names=("title_terms.likeness_standard", *NAMES[1:]))
    shares = np.abs(Trees.fit(renamed, QUICK, ignored=("_standard",)).contributions(renamed.features)).mean(axis=0)
    assert shares[0] == 0 < shares[1]


def test_sources_of_more_weight_decide_what_trees_learn(training_set: TrainingSet) -> None:
    """Likeness decides in the first half of the sources, its opposite in the second, which weighs nearly nothing."""
    turned = training_set.features.copy()
    turned[2000:, 0] *= -1
    weights = np.where(np.arange(400) < 200, 1.0, 1e-3)
    weighted = replace(training_set, features=turned, source_weights=weights)
    for objective in OBJECTIVES:
        trees = Trees.fit(weighted, QUICK, (objective,))
        low, high = trees.contributions(np.array([[-2, 0, 0], [2, 0, 0]], dtype=np.float32))[:, 0]
        assert low < 0 < high, objective


def test_a_member_that_learned_nothing_has_weight_0() -> None:
    training_set, later = pairs(80, 1), pairs(80, 2)
    constant = replace(training_set, features=np.zeros_like(training_set.features))
    useless = Trees.fit(constant, QUICK, OBJECTIVES[:1])
    useful = Trees.fit(training_set, QUICK, OBJECTIVES[1:])
    trees = Trees([*useless.boosters, *useful.boosters], [1.0] * 3, useless.objectives + useful.objectives)
    weights = trees.standardising_weights(later.features)
    assert weights[0] == 0.0
    assert min(weights[1:]) > 0.0
    assert ndcg(later, trees.with_weights(weights).margins(later.features)[0]) > 0.8


def test_standardised_members_have_equal_spreads_that_add_up_to_1() -> None:
    training_set = pairs(80, 1)
    trees = Trees.fit(training_set, QUICK)
    margins = [Trees([booster], [1.0], [LOGISTIC]).margins(training_set.features)[0] for booster in trees.boosters]
    weights = trees.standardising_weights(training_set.features)
    spreads = [np.std(margin) * weight for margin, weight in zip(margins, weights, strict=True)]
    assert spreads == pytest.approx([1 / 3] * 3)
    assert 0.8 < np.std(trees.with_weights(weights).margins(training_set.features)[0]) <= 1


def test_filled_values_score_as_unknown_ones(boosted: BoostedRanker, fresh: TrainingSet) -> None:
    filled = fresh.features.copy()
    fill_unknown(filled)
    assert np.isnan(fresh.features).any()
    assert not np.isnan(filled).any()
    np.testing.assert_array_equal(log_odds(boosted, filled), log_odds(boosted, fresh.features))
    np.testing.assert_array_equal(boosted.contributions(filled), boosted.contributions(fresh.features))
