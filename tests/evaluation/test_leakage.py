import math
from datetime import UTC, datetime, timedelta

import pytest

from recommender import Article, Corpus, Relation
from recommender.evaluation import degree_leak

START = datetime(2025, 3, 1, tzinfo=UTC)


def site(links, n_articles):
    return Corpus.from_articles(
        Article(
            f"a{day:02}",
            "",
            published_at=START + timedelta(days=day),
            relations=tuple(Relation(None, f"a{target:02}") for target in links.get(day, ())),
        )
        for day in range(n_articles)
    )


def test_a_count_that_holds_the_answer_tells_it():
    """Ten articles, then three that link to one of them each."""
    leak = degree_leak(site({10: [0], 11: [1], 12: [2]}, 13))
    assert leak.sources == 3
    assert leak.today > 0.9
    assert leak.at_publication <= 0.5, "at publication no target had a link, and some of the others had"


def test_a_source_with_nothing_but_its_links_is_left_out():
    """The only older article is the linked one, so there is no other to compare it with."""
    assert degree_leak(site({1: [0]}, 30)).sources == 0


def test_an_article_that_is_always_linked_is_known_beforehand():
    links = {day: [0] for day in range(5, 30)}
    leak = degree_leak(site(links, 30))
    assert leak.today == 1.0
    assert leak.at_publication == pytest.approx((0.5 + 24) / 25), "only its first link was no earlier knowledge"


def test_the_same_seed_gives_the_same_figures(newsroom):
    assert degree_leak(newsroom) == degree_leak(newsroom)
    leak = degree_leak(newsroom)
    assert leak.today > leak.at_publication + 0.1


def test_nothing_to_compare(unrelated):
    leak = degree_leak(Corpus.from_articles(unrelated))
    assert leak.sources == 0
    assert math.isnan(leak.today)
    assert math.isnan(leak.at_publication)
