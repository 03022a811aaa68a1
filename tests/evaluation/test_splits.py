from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from recommender.core.errors import SettingsError
from recommender.core.records import Article, Relation
from recommender.corpus.corpus import Corpus
from recommender.evaluation import splits

START = datetime(2025, 3, 1, 12, tzinfo=UTC)


def article(name, day=None, *, related=(), removed=False):
    return Article(
        name,
        f"About {name}",
        published_at=None if day is None else START + timedelta(days=day),
        removed=removed,
        relations=tuple(Relation(None, target) for target in related),
    )


@pytest.fixture
def corpus():
    """Eight dated articles a to h, one a day, and an undated one; the ferry story b-g-h crosses the cut."""
    return Corpus.from_articles(
        [
            article("a", 0),
            article("b", 1, related=["g"]),
            article("c", 2, removed=True),
            article("d", 3),
            article("e", 4, related=["d"]),
            article("f", 5),
            article("g", 6, related=["c", "u"]),
            article("h", 7, related=["g"]),
            article("u"),
        ]
    )


def ids(corpus, rows):
    return "".join(corpus[int(row)].id for row in sorted(rows))


def test_the_newest_quarter_is_new(corpus):
    assert splits.time_cut(corpus) == 6
    assert splits.time_cut(corpus, newest=0.5) == 4


def test_a_share_that_is_no_whole_number_rounds_up_but_not_by_a_rounding_error():
    corpus = Corpus.from_articles([article(f"a{day:02}", day) for day in range(100)])
    assert splits.time_cut(corpus, newest=0.07) == 93
    assert splits.time_cut(corpus, newest=0.071) == 92


def test_articles_of_the_time_of_the_cut_stay_together_on_the_new_side():
    days = {"a": 0, "b": 1, "c": 2, "d": 2, "e": 2, "f": 2, "g": 2, "h": 3}
    corpus = Corpus.from_articles([article(name, day) for name, day in days.items()])
    assert splits.time_cut(corpus) == 2


def test_a_cut_leaves_some_past_where_it_can():
    days = {"a": 0, "b": 0, "c": 0, "d": 1}
    corpus = Corpus.from_articles([article(name, day) for name, day in days.items()])
    assert splits.time_cut(corpus, newest=0.5) == 3


def test_undated_articles_are_on_neither_side(corpus):
    dated = Corpus.from_articles(corpus[:8])
    assert splits.time_cut(dated) == splits.time_cut(corpus) == 6
    undated = corpus.row("u")
    for protocol in splits.PROTOCOLS:
        assert undated not in splits.held_out_sources(corpus, splits.time_cut(corpus), protocol)


def test_no_dates_and_no_articles():
    assert splits.time_cut(Corpus.from_articles([])) == 0
    undated = Corpus.from_articles([article("a", related=["b"]), article("b")])
    assert splits.time_cut(undated) == 0
    assert len(splits.held_out_sources(undated, 0)) == 0


@pytest.mark.parametrize("newest", [0, 1, -0.2, 1.5])
def test_a_share_out_of_range_is_an_error(corpus, newest):
    with pytest.raises(SettingsError, match="newest must be a share between 0 and 1"):
        splits.time_cut(corpus, newest)


def test_relevant_targets_are_undirected_and_never_removed(corpus):
    until = len(corpus)
    assert ids(corpus, splits.relevant_targets(corpus, corpus.row("g"), until)) == "bhu"
    assert ids(corpus, splits.relevant_targets(corpus, corpus.row("d"), until)) == "e"


def test_at_publication_only_the_past_is_relevant(corpus):
    row = corpus.row("g")
    until = splits.known_rows(corpus, row, splits.AT_PUBLICATION)
    assert until == row + 1
    assert ids(corpus, splits.relevant_targets(corpus, row, until)) == "b"
    assert splits.known_rows(corpus, row, splits.TODAY) == len(corpus)


def test_at_publication_includes_articles_of_the_same_moment():
    corpus = Corpus.from_articles([article("a", 0, related=["b"]), article("b", 0), article("c", 1)])
    assert splits.known_rows(corpus, corpus.row("a"), splits.AT_PUBLICATION) == 2


def test_an_unknown_protocol_is_an_error(corpus):
    with pytest.raises(SettingsError, match="protocol must be one of 'at publication', 'today', got 'tomorrow'"):
        splits.known_rows(corpus, 0, "tomorrow")


def test_held_out_sources_have_a_target_under_the_protocol():
    corpus = Corpus.from_articles(
        [article("a", 0), article("b", 1), article("c", 2, related=["d"]), article("d", 3), article("e", 4)]
    )
    assert ids(corpus, splits.held_out_sources(corpus, 2, splits.AT_PUBLICATION)) == "d"
    assert ids(corpus, splits.held_out_sources(corpus, 2, splits.TODAY)) == "cd"


def test_a_story_that_crosses_the_cut_is_scored_on_its_new_side(corpus):
    cut = splits.time_cut(corpus)
    assert ids(corpus, splits.held_out_sources(corpus, cut, splits.TODAY)) == "gh"
    old = corpus.row("b")
    assert old in splits.relevant_targets(corpus, corpus.row("g"), len(corpus))


def test_stories_are_connected_components_of_both_sides(corpus):
    story_of = splits.stories(corpus)
    assert len(np.unique(story_of)) == 4
    assert story_of[corpus.row("b")] == story_of[corpus.row("u")]
    everything = splits.EvaluationSet.from_corpus(corpus, range(len(corpus)), splits.TODAY)
    size = {article.id: int(size) for article, size in zip(corpus, everything.story_sizes, strict=True)}
    assert size == {"a": 1, "b": 5, "c": 5, "d": 2, "e": 2, "f": 1, "g": 5, "h": 5, "u": 5}


@pytest.mark.parametrize(
    ("size", "name"), [(1, None), (2, "2-5"), (5, "2-5"), (6, "6-20"), (20, "6-20"), (21, "more than 20")]
)
def test_story_slices(size, name):
    slices = splits.story_slices(np.array([size]))
    assert [slice_name for slice_name, inside in slices.items() if inside[0]] == ([name] if name else [])
