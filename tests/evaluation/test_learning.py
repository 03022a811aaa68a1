from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from recommender import Article, Corpus, Relation, Settings, SettingsError, evaluate
from recommender.core.errors import ArticleError
from recommender.core.settings import RankerSettings
from recommender.evaluation import learning_curve
from recommender.evaluation.splits import AT_PUBLICATION, hide_relations, time_cut

QUICK = Settings(ranker=RankerSettings(trees=20, leaves=8, least_sources=40))


@pytest.fixture(scope="module")
def curve(newsroom):
    return learning_curve(newsroom, QUICK, shares=(0.0, 0.3, 1.0))


def test_there_is_more_to_learn_from_at_each_point(curve, newsroom):
    assert [point.share for point in curve] == [0.0, 0.3, 1.0]
    cut = time_cut(newsroom)
    past = np.diff(newsroom.neighbours[:cut, :cut].indptr)
    assert curve[0].linked_articles == 0
    assert 0.25 * np.count_nonzero(past) <= curve[1].linked_articles < curve[2].linked_articles
    assert curve[2].linked_articles == np.count_nonzero(past)


def test_the_site_gets_its_own_ranker_where_there_is_enough_to_learn_from(curve):
    assert [point.ranker for point in curve] == ["shipped", "shipped", "blended"]


def test_with_all_relations_the_figures_are_those_of_the_evaluation(curve, newsroom):
    result = evaluate(newsroom, QUICK).result(AT_PUBLICATION)
    figures = result.models["recommender"].figures
    assert curve[-1].figures == {name: figure for name, figure in figures.items() if "threshold" not in name}


def test_a_large_story_is_learned_from_piece_by_piece():
    """A chain of sixty past articles is one story; a third of it stays whole."""
    corpus = Corpus.from_articles(
        Article(
            f"a{day:02}",
            f"Ferry {day}",
            published_at=datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=day),
            relations=(Relation(None, f"a{day - 1:02}"),) if day else (),
        )
        for day in range(80)
    )
    curve = learning_curve(corpus, shares=(0.0, 0.3, 0.6, 1.0))
    assert [point.linked_articles for point in curve] == [0, 20, 40, 60]


def test_hidden_relations_make_no_difference(newsroom):
    """With all past relations hidden, the figures are those of a site that never had them."""
    cut = time_cut(newsroom)
    past = [
        replace(
            article,
            relations=tuple(relation for relation in article.relations if (newsroom.resolve(relation) or 0) >= cut),
        )
        for article in newsroom[:cut]
    ]
    bare = Corpus([*past, *newsroom[cut:]], newsroom.merged, newsroom.topic_parents)
    [hidden] = learning_curve(newsroom, QUICK, shares=[0.0])
    [absent] = learning_curve(bare, QUICK, shares=[1.0])
    assert hidden.linked_articles == absent.linked_articles == 0
    values = [point.figures["nDCG@10"].over_articles.value for point in (hidden, absent)]
    assert values[0] == values[1], "intervals differ, since stories are made of all relations"


def test_only_relations_among_the_past_are_hidden():
    links = {"b": ["a", "https://elsewhere.example/x"], "c": ["b"], "d": ["a"], "e": ["d", "b"]}
    corpus = Corpus.from_articles(
        Article(
            name,
            "",
            published_at=datetime(2025, 1, day, tzinfo=UTC),
            relations=tuple(
                Relation(target) if "/" in target else Relation(None, target) for target in links.get(name, ())
            ),
        )
        for day, name in enumerate("abcde", start=1)
    )
    known = hide_relations(corpus, 4, np.array([False, False, True, False]))
    assert [[relation.target_id or relation.url for relation in article.relations] for article in known] == [
        [],
        ["a", "https://elsewhere.example/x"],
        [],
        ["a"],
        ["d", "b"],
    ]
    all_hidden = hide_relations(corpus, 4, np.ones(4, dtype=bool))
    assert all_hidden.links.tolist() == [[4, 1], [4, 3]]
    assert len(all_hidden.externals) == 1
    assert [article.id for article in all_hidden] == [article.id for article in corpus]


def test_the_seed_decides_which_relations_are_hidden(newsroom):
    first, again, reseeded = (
        learning_curve(newsroom, QUICK, shares=[0.2], random_state=seed)[0].linked_articles for seed in (0, 0, 3)
    )
    assert first == again != reseeded


def test_wrong_input_is_named(newsroom, unrelated):
    with pytest.raises(SettingsError, match=r"shares must be in \[0, 1\], got 1.5"):
        learning_curve(newsroom, shares=[0.5, 1.5])
    with pytest.raises(ArticleError, match="nothing to measure: of 12 articles 9 are past"):
        learning_curve(unrelated)
