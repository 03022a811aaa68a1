import json
import math

import numpy as np
import pytest

from recommender.evaluation.bootstrap import Estimate, StoryBootstrap
from recommender.evaluation.records import json_ready


@pytest.fixture
def sample():
    random = np.random.default_rng(7)
    stories = random.integers(0, 25, size=160)
    return stories, random.random(160), random.random(160), random.integers(0, 4, size=160).astype(float)


def loop(stories, values, weights, resamples, seed, *, each_story_once):
    """Return the interval by a plain loop: draw stories, collect their sources, take the mean."""
    random = np.random.default_rng(seed)
    names = sorted(set(stories.tolist()))
    means = []
    for _ in range(resamples):
        above = below = 0.0
        for draw in random.integers(len(names), size=len(names)):
            chosen = stories == names[draw]
            mass = weights[chosen].sum()
            if each_story_once and mass:
                above += (weights[chosen] * values[chosen]).sum() / mass
                below += 1
            elif not each_story_once:
                above += (weights[chosen] * values[chosen]).sum()
                below += mass
        means.append(above / below)
    return np.percentile(means, [2.5, 97.5])


def test_both_intervals_equal_a_plain_loop(sample):
    stories, values, _, weights = sample
    bootstrap = StoryBootstrap(stories, resamples=200, random_state=3)
    for weight in (np.ones_like(values), weights):
        for estimate, once in (
            (bootstrap.over_articles(values, weight), False),
            (bootstrap.over_stories(values, weight), True),
        ):
            expected = loop(stories, values, weight, 200, 3, each_story_once=once)
            assert [estimate.low, estimate.high] == pytest.approx(expected.tolist())


def test_means(sample):
    stories, values, _, weights = sample
    bootstrap = StoryBootstrap(stories)
    assert bootstrap.over_articles(values).value == pytest.approx(values.mean())
    assert bootstrap.over_articles(values, weights).value == pytest.approx(np.average(values, weights=weights))
    by_story = [values[stories == story].mean() for story in set(stories.tolist())]
    assert bootstrap.over_stories(values).value == pytest.approx(np.mean(by_story))


def test_a_large_story_counts_once_over_stories_and_by_its_articles_otherwise():
    stories, values = [0] * 8 + [1, 2], [0.0] * 8 + [1.0, 1.0]
    bootstrap = StoryBootstrap(stories)
    assert bootstrap.over_articles(values).value == pytest.approx(0.2)
    assert bootstrap.over_stories(values).value == pytest.approx(2 / 3)


def test_intervals_are_wider_where_articles_share_stories():
    values = np.repeat([0.0, 1.0], 50)
    alone = StoryBootstrap(np.arange(100)).over_articles(values)
    grouped = StoryBootstrap(np.repeat(np.arange(10), 10)).over_articles(values)
    assert grouped.high - grouped.low > 2 * (alone.high - alone.low)


def test_a_paired_difference_has_a_narrower_interval_than_its_parts(sample):
    stories, values, _, _ = sample
    bootstrap = StoryBootstrap(stories)
    gain = bootstrap.over_articles((values + 0.05) - values)
    assert (gain.value, gain.low, gain.high) == pytest.approx((0.05, 0.05, 0.05))
    assert bootstrap.over_articles(values).low + 0.05 < bootstrap.over_articles(values).high


def test_all_calls_use_the_same_resampled_stories(sample):
    stories, values, unrelated, _ = sample
    bootstrap = StoryBootstrap(stories, random_state=5)
    first = bootstrap.over_articles(values)
    bootstrap.over_stories(unrelated)
    assert bootstrap.over_articles(values) == first
    assert StoryBootstrap(stories, random_state=5).over_articles(values) == first
    assert StoryBootstrap(stories, random_state=6).over_articles(values) != first


def test_the_order_of_sources_does_not_matter(sample):
    stories, values, _, _ = sample
    order = np.random.default_rng(0).permutation(len(stories))
    expected = StoryBootstrap(stories).over_stories(values)
    shuffled = StoryBootstrap(stories[order]).over_stories(values[order])
    assert (shuffled.low, shuffled.high) == pytest.approx((expected.low, expected.high))


def test_memory_is_bounded_without_changing_the_result(sample):
    stories, values, _, _ = sample
    expected = StoryBootstrap(stories).over_articles(values)
    assert StoryBootstrap(stories, chunk=60).over_articles(values).low == pytest.approx(expected.low)


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    random = np.random.default_rng(11)
    covered = 0
    for seed in range(200):
        effects = random.normal(size=60)
        stories = np.repeat(np.arange(60), 3)
        values = effects[stories] + random.normal(size=180) * 0.3
        estimate = StoryBootstrap(stories, resamples=300, random_state=seed).over_articles(values)
        covered += estimate.low <= 0 <= estimate.high
    assert 0.88 <= covered / 200 <= 0.99


def test_one_story_has_a_mean_but_no_interval():
    estimate = StoryBootstrap([4, 4]).over_articles([0.0, 1.0])
    assert estimate.value == 0.5
    assert math.isnan(estimate.low)
    assert math.isnan(estimate.high)


def test_a_weight_of_zero_takes_a_source_out_even_where_its_value_is_undefined():
    estimate = StoryBootstrap([1, 1, 2, 3]).over_stories([1.0, math.nan, 0.0, math.nan], [1, 0, 1, 0])
    assert estimate.value == pytest.approx(0.5)
    assert 0 <= estimate.low <= estimate.high <= 1


def test_no_sources_at_all():
    estimate = StoryBootstrap([]).over_articles([])
    assert math.isnan(estimate.value)


def test_a_wrong_number_of_values_is_an_error():
    with pytest.raises(ValueError, match="one number for each of 3 sources"):
        StoryBootstrap([1, 1, 2]).over_articles([0.5])


def test_estimates_become_json_without_nan():
    text = json.dumps(Estimate(1 / 3, math.nan, -0.0).to_dict(), allow_nan=False)
    assert text == '{"value": 0.333333, "low": null, "high": 0.0}'
    assert json_ready((None, math.inf)) == [None, None]
