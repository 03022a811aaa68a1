import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from recommender import Article, Corpus, Provider
from recommender.evaluation import Judgements, slice_pairs_by_gap, slice_sources
from recommender.evaluation.slices import gap_labels, group_by_label, labels_of

START = datetime(2025, 3, 1, tzinfo=UTC)
DAYS = [0, 1, 8, 8.5, 300]


@pytest.fixture
def corpus():
    """Articles at days 0, 1, 8, 8.5 and 300, and one without a date."""
    dated = [Article(f"a{row}", "", published_at=START + timedelta(days=day)) for row, day in enumerate(DAYS)]
    return Corpus.from_articles([*dated, Article("undated", "")])


@pytest.fixture
def judgements():
    """Two sources, rows 3 and 4, each of a story of its own."""
    return Judgements.from_lists(
        sources=[3, 4],
        stories=np.array([0, 1]),
        ndcg={"engine": np.array([1.0, 0.5]), "poor": np.array([0.0, 0.25])},
        rows=[[2, 0, 1], [3, 5]],
        scores=[[0.9, 0.4, 0.3], [0.8, 0.2]],
        relevant=[{2, 1}, {5, 0}],
    )


def test_sources_by_label(judgements):
    slices = slice_sources(judgements, [("Rail", "Sea"), ("Rail",)], "engine")
    assert list(slices) == ["Rail", "Sea"]
    assert (slices["Rail"].sources, slices["Rail"].stories) == (2, 2)
    assert slices["Rail"].ndcg.over_articles.value == 0.75
    assert (slices["Rail"].ndcg.over_articles.low, slices["Rail"].ndcg.over_articles.high) == (0.5, 1.0)
    assert slices["Sea"].ndcg.over_articles.value == 1.0
    assert math.isnan(slices["Sea"].ndcg.over_articles.low)
    assert slice_sources(judgements, [("Rail",), ()], "poor")["none"].ndcg.over_articles.value == 0.25


def test_every_source_needs_its_labels(judgements):
    with pytest.raises(ValueError, match="for each of 2 sources, got 1"):
        slice_sources(judgements, [("Rail",)], "engine")


def test_groups_are_largest_first_then_by_name_and_may_be_cut():
    labels = [("b",), ("a", "a"), ("c", "b")]
    groups = group_by_label(labels)
    assert {name: positions.tolist() for name, positions in groups.items()} == {"b": [0, 2], "a": [1], "c": [2]}
    assert list(groups) == ["b", "a", "c"]
    assert list(group_by_label(labels, most=2)) == ["b", "a"]


def test_labels_of_topic_and_provider():
    corpus = Corpus.from_articles(
        [
            Article("a", "", topics=("Rail", "Sea"), provider=Provider("Coast Courier", "coast.example")),
            Article("b", "", provider=Provider(None, "reach.example")),
            Article("c", "", provider=Provider()),
            Article("d", ""),
        ]
    )
    assert labels_of(corpus, [1, 0], "topic") == [(), ("Rail", "Sea")]
    assert labels_of(corpus, range(4), "provider") == [("Coast Courier",), ("reach.example",), (), ()]


def test_gaps_are_the_same_either_way(corpus):
    pairs = [(3, 2), (1, 0), (2, 1), (3, 1), (4, 3), (4, 5), (5, 5)]
    expected = ["up to a day", "up to a day", "2-7 days", "8-30 days", "longer", "undated", "undated"]
    sources, targets = zip(*pairs, strict=True)
    assert gap_labels(corpus, sources, targets).tolist() == expected
    assert gap_labels(corpus, targets, sources).tolist() == expected


def test_pairs_by_gap(corpus, judgements):
    figures = slice_pairs_by_gap(judgements, corpus, k=2)
    assert list(figures) == ["up to a day", "8-30 days", "longer", "undated"]
    near, middle, longer, undated = figures.values()
    assert (near.suggested, near.linked, near.precision.value, near.recall.value) == (1, 1, 1.0, 1.0)
    assert near.mean_score == 0.9
    # Row 0 was suggested and is not linked; row 1 is linked and was only third.
    assert (middle.suggested, middle.linked, middle.precision.value, middle.recall.value) == (1, 1, 0.0, 0.0)
    # Row 3 was suggested and is not linked; row 0 is linked and was never scored.
    assert (longer.suggested, longer.linked, longer.precision.value, longer.recall.value) == (1, 1, 0.0, 0.0)
    assert (undated.suggested, undated.linked, undated.precision.value) == (1, 1, 1.0)
    assert slice_pairs_by_gap(judgements, corpus, k=3)["8-30 days"].recall.value == 1.0


def test_a_gap_with_links_and_no_suggestion(corpus):
    judgements = Judgements.from_lists([4], np.array([0]), {}, [[]], [[]], [{0}])
    [(label, figures)] = slice_pairs_by_gap(judgements, corpus).items()
    assert (label, figures.suggested, figures.linked, figures.recall.value) == ("longer", 0, 1, 0.0)
    assert math.isnan(figures.precision.value)
    assert math.isnan(figures.mean_score)
