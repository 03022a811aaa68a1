"""Training sets from a site's relations: which sources, which labels, and what was known when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from recommender import Article, Corpus, Relation, Settings
from recommender.core.settings import CandidateSettings, RankerSettings
from recommender.model import training
from recommender.model.training import known_limits, pair_training_set, pooled_site, train_ranker, training_rows
from recommender.ranker import TrainingSet
from recommender.retrieval.index import Index
from recommender.retrieval.vectorizer import Vectorizer

START = datetime(2025, 1, 1, tzinfo=UTC)
QUICK = Settings(ranker=RankerSettings(trees=10, leaves=6))
# Days, and who links to whom: in both directions, at one moment, to a later one, and from one without a date.
DAYS = {"a": 0, "b": 1, "c": 2, "d": 2, "e": 2, "f": 5, "g": 6, "gone": 6.5, "h": 7, "y": None, "z": None}
LINKS = {"a": "g", "d": "c", "f": "b h", "g": "a gone missing", "h": "h", "z": "f"}


@pytest.fixture(scope="module")
def linked() -> Index:
    return index_of(LINKS)


def index_of(links: dict[str, str]) -> Index:
    corpus = Corpus.from_articles(
        Article(
            name,
            f"Ferry {name}",
            published_at=None if day is None else START + timedelta(days=day),
            removed=name == "gone",
            relations=tuple(Relation(None, target) for target in links.get(name, "").split()),
        )
        for name, day in DAYS.items()
    )
    return Vectorizer.fit(corpus).index(corpus)


def names(index: Index, rows: np.ndarray) -> str:
    return " ".join(index.corpus[int(row)].id for row in rows)


def positive_names(index: Index, source: str) -> str:
    """Return which of all known articles are labelled; on so small a site all of them are candidates."""
    row = index.corpus.row(source)
    training_set = pair_training_set(index, np.array([row]), Settings())
    [limit] = known_limits(index, np.array([row]))
    known = [candidate for candidate in range(limit) if candidate != row and not index.corpus[candidate].removed]
    assert training_set.group_sizes.tolist() == [len(known)]
    assert training_set.features.shape == (len(known), len(training_set.names))
    return names(index, np.array(known)[training_set.labels])


def test_known_is_all_that_was_published_by_the_same_moment(linked: Index) -> None:
    rows = np.arange(len(linked.corpus))
    limits = dict(zip(names(linked, rows).split(), known_limits(linked, rows).tolist(), strict=True))
    assert limits == dict(zip(DAYS, (1, 2, 5, 5, 5, 6, 7, 8, 9, len(DAYS), len(DAYS)), strict=True))


def test_sources_to_learn_from_were_linked_with_something_known(linked: Index) -> None:
    # a, b and c are linked with later articles only, but c stands at the moment of d; e and y with none.
    assert names(linked, training_rows(linked, 100)) == "c d f g gone h z"


def test_the_newest_are_taken_where_there_are_too_many(linked: Index) -> None:
    assert names(linked, training_rows(linked, 2)) == "h z"


def test_the_first_of_a_story_is_no_source_to_learn_from(corpus: Corpus) -> None:
    index = Vectorizer.fit(corpus).index(corpus)
    assert names(index, training_rows(index, 100)) == "ferry-2 breach-2 ferry-3 wind-3 ferry-4 breach-4"


def test_a_relation_is_an_answer_in_either_direction(linked: Index) -> None:
    assert positive_names(linked, "f") == "b"  # its own link
    assert positive_names(linked, "h") == "f"  # a link that only the older article has
    assert positive_names(linked, "g") == "a"  # both have it


def test_what_is_published_later_is_no_answer(linked: Index) -> None:
    assert positive_names(linked, "a") == ""
    assert positive_names(linked, "b") == ""


def test_articles_of_one_moment_are_answers_of_each_other(linked: Index) -> None:
    assert positive_names(linked, "c") == "d"
    assert positive_names(linked, "d") == "c"


def test_an_article_without_a_date_knows_all(linked: Index) -> None:
    assert positive_names(linked, "z") == "f"
    assert positive_names(linked, "y") == ""


def test_what_was_removed_is_no_answer(linked: Index) -> None:
    assert "gone" not in positive_names(linked, "g").split()


def test_the_pairs_of_sources_follow_each_other(linked: Index) -> None:
    rows = training_rows(linked, 100)
    together = pair_training_set(linked, rows, Settings())
    alone = [pair_training_set(linked, rows[[position]], Settings()) for position in range(len(rows))]
    assert together.group_sizes.tolist() == [int(training_set.group_sizes[0]) for training_set in alone]
    np.testing.assert_array_equal(together.labels, np.concatenate([training_set.labels for training_set in alone]))
    np.testing.assert_array_equal(together.features, np.vstack([training_set.features for training_set in alone]))
    assert together.names == alone[0].names


def test_only_candidates_are_pairs(linked: Index) -> None:
    few = Settings(candidates=CandidateSettings(text=0, title=0, recent=2, linked=0))
    assert pair_training_set(linked, np.array([linked.corpus.row("h")]), few).group_sizes.tolist() == [
        1
    ]  # the second was removed


def test_without_relations_there_are_no_pairs() -> None:
    index = index_of({})
    rows = training_rows(index, 100)
    assert len(rows) == 0
    training_set = pair_training_set(index, rows, Settings())
    assert (training_set.features.shape, len(training_set.labels), len(training_set.group_sizes)) == (
        (0, len(training_set.names)),
        0,
        0,
    )
    assert train_ranker(index, Settings()).kind == "shipped"


def test_a_small_site_is_not_learned_from_and_the_example_site_is(corpus: Corpus, newsroom: Corpus) -> None:
    small, large = (Vectorizer.fit(site).index(site) for site in (corpus, newsroom))
    assert train_ranker(small, QUICK).kind == "shipped"
    assert train_ranker(large, QUICK).kind == "blended"
    few = replace(QUICK, ranker=replace(QUICK.ranker, most_sources=QUICK.ranker.least_sources - 1))
    assert train_ranker(large, few).kind == "shipped"


def test_the_order_in_which_articles_came_changes_nothing(newsroom: Corpus) -> None:
    turned = Corpus.from_articles(reversed(newsroom.articles), newsroom.topic_parents)
    ranker, ranker_of_turned = (train_ranker(Vectorizer.fit(site).index(site), QUICK) for site in (newsroom, turned))
    assert ranker.to_dict() == ranker_of_turned.to_dict()


def test_without_dates_sources_come_story_by_story_and_whole_stories_are_held_out(newsroom: Corpus) -> None:
    timeless = Corpus.from_articles(replace(article, published_at=None) for article in newsroom)
    index = Vectorizer.fit(timeless).index(timeless)
    rows = training_rows(index, 1000)
    assert sorted(rows.tolist()) == np.flatnonzero(np.diff(timeless.neighbours.indptr)).tolist()
    training_set = pair_training_set(index, rows, QUICK)
    for block in training_set.held_out_blocks(QUICK.ranker):
        learned, held_out = training_set.without(*block), training_set.part(*block)
        assert learned.stories is not None
        assert held_out.stories is not None
        assert not set(learned.stories.tolist()) & set(held_out.stories.tolist())
        assert 0.1 <= len(held_out.group_sizes) / len(rows) <= 0.4
    assert training_rows(index, 1000, random_state=1).tolist() != rows.tolist()
    assert train_ranker(index, QUICK).kind == "blended"


def test_one_large_story_is_held_out_in_part() -> None:
    chain = Corpus.from_articles(
        Article(f"a{number:02}", f"Ferry {number}", relations=(Relation(None, f"a{number // 2:02}"),))
        for number in range(50)
    )
    index = Vectorizer.fit(chain).index(chain)
    training_set = pair_training_set(index, training_rows(index, 1000), QUICK)
    blocks = training_set.held_out_blocks(QUICK.ranker)
    assert blocks == [(start, start + 10) for start in range(0, 50, 10)]


def test_the_two_views_of_a_pooled_site_are_the_same_sources_with_and_without_relations(newsroom: Corpus) -> None:
    settings = replace(QUICK, ranker=replace(QUICK.ranker, most_sources=20))
    site = pooled_site(newsroom, "news", settings)
    views = site.without_relations, site.with_relations
    linked = [view.features[:, view.names.index("relations.linked_count")].sum() for view in views]
    assert linked[0] == 0 < linked[1]
    assert [len(view.group_sizes) for view in views] == [20, 20]
    assert all(view.labels.any() for view in views)
    half = pooled_site(newsroom, "news", settings, first_row=len(newsroom) // 2)
    assert len(half.with_relations.group_sizes) == 20
    assert half.with_relations.labels.sum() != site.with_relations.labels.sum()


def test_without_dates_every_other_source_is_seen_as_if_no_relation_were_known(
    newsroom: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    timeless = Corpus.from_articles(replace(article, published_at=None) for article in newsroom)
    index = Vectorizer.fit(timeless).index(timeless)
    seen: list[TrainingSet] = []
    monkeypatch.setattr(training, "fit_ranker", lambda training_set, *_: seen.append(training_set))
    train_ranker(index, QUICK)
    [learned] = seen
    linked = learned.features[:, learned.names.index("relations.linked_candidates_share")]
    starts = np.cumsum(learned.group_sizes) - learned.group_sizes
    assert (linked[starts[::2]] > 0).all()
    assert (linked[starts[1::2]] == 0).all()
    rows = training_rows(index, 4000)
    all_known = pair_training_set(index, rows, QUICK)
    assert learned.labels.sum() == pytest.approx(all_known.labels.sum(), rel=0.05)
    assert learned.stories is not None
    assert all_known.stories is not None
    assert learned.stories.tolist() == all_known.stories.tolist()
