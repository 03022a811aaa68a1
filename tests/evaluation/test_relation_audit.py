import json
import math
from datetime import UTC, datetime, timedelta
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.core.records import Article, Relation
from recommender.corpus.corpus import Corpus
from recommender.evaluation.relation_audit import SliceFacts, audit_relations, degree_leak

START = datetime(2025, 3, 1, tzinfo=UTC)


def article(name, day=None, related=(), title=None, **fields):
    return Article(
        name,
        title or f"About {name}",
        published_at=None if day is None else START + timedelta(days=day),
        relations=tuple(Relation(None, target) for target in related),
        **fields,
    )


def group(names, first_day):
    """Return articles of one story, each with links to all others, as a program writes them."""
    return [
        article(name, first_day + day, [target for target in names if target != name]) for day, name in enumerate(names)
    ]


@pytest.fixture
def curated():
    """Hand-made links: a chain a-b-c, a later target, a removed, an external and redundant ones; a lone article."""
    return Corpus.from_articles(
        [
            article("a", 0, ["b", "b", "a"]),
            article("b", 2, ["a", "c"]),
            article("c", 6, ["gone", "elsewhere", "elsewhere"]),
            article("gone", 3, removed=True, title="Same  title"),
            article("alone", 9, title="same TITLE"),
            article("undated"),
        ]
    )


def test_facts_of_hand_made_links(curated):
    audit = audit_relations(curated)
    assert (audit.articles, audit.undated, audit.removed, audit.linked_articles) == (6, 1, 1, 4)
    assert (audit.relations, audit.external_relations, audit.pairs) == (4, 2, 3)
    assert (audit.self_relations, audit.repeated_relations) == (1, 2)
    assert audit.reciprocity == pytest.approx(2 / 4)
    assert audit.closure == 0.0
    assert audit.future_relations == 2
    assert audit.removed_relations == 1
    assert audit.same_title_articles == 2
    assert audit.median_gap_days == pytest.approx(2.5)
    assert audit.largest_in_degree == 1
    assert audit.in_degree_gini == pytest.approx(1 - 4 / 6)


def test_stories_of_hand_made_links(curated):
    audit = audit_relations(curated)
    assert (audit.stories, audit.largest_story) == (1, 4)
    assert (audit.closed_stories, audit.closed_pairs) == (0.0, 0.0)
    assert audit.slices == {
        "2-5": SliceFacts(stories=1, articles=4, pairs=3),
        "6-20": SliceFacts(0, 0, 0),
        "more than 20": SliceFacts(0, 0, 0),
    }


def test_closed_groups_are_found_and_named():
    large = [f"g{number:02}" for number in range(22)]
    corpus = Corpus.from_articles(
        [*group("abc", 0), *group(large, 10), *group("xy", 50)]
        + [article(name, 60, related) for name, related in (("p", ["q"]), ("q", ["r"]), ("r", []))]
    )
    audit = audit_relations(corpus)
    assert audit.closure == pytest.approx((3 * 2 + 22 * 21 * 20) / (3 * 2 + 22 * 21 * 20 + 2))
    assert audit.closed_stories == pytest.approx(2 / 3), "a pair is always closed, so it does not count"
    assert audit.closed_pairs == pytest.approx((3 + 231) / (3 + 231 + 1 + 2))
    assert audit.slices["more than 20"] == SliceFacts(1, 22, 231)
    assert any("agreement with the tool that wrote them" in warning for warning in audit.warnings)
    assert any("stories of more than 20 articles" in warning for warning in audit.warnings)


def test_hand_made_links_are_not_called_closed_groups(curated):
    warnings = audit_relations(curated).warnings
    assert not any("closed groups" in warning for warning in warnings)
    assert any("50 % of the relations point to an article published later" in warning for warning in warnings)
    assert "relations to removed articles: 1; they do not count as targets." in warnings
    assert any("articles with relations: only 4;" in warning for warning in warnings)


@given(st.sets(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=40))
def test_shares_equal_plain_counting(links):
    corpus = Corpus.from_articles(
        [article(f"a{row}", row, [f"a{target}" for source, target in links if source == row]) for row in range(10)]
    )
    relations = {(source, target) for source, target in links if source != target}
    linked = relations | {(target, source) for source, target in relations}
    paths = [
        ends for middle in range(10) for ends in combinations([end for end in range(10) if (middle, end) in linked], 2)
    ]
    audit = audit_relations(corpus)
    assert audit.relations == len(relations)
    assert audit.pairs == len(linked) // 2
    assert audit.self_relations == len(links) - len(relations)
    assert audit.repeated_relations == 0
    assert audit.future_relations == sum(target > source for source, target in relations)
    closed = sum(path in linked for path in paths)
    assert audit.closure == pytest.approx(closed / len(paths) if paths else math.nan, nan_ok=True)
    answered = sum((target, source) in relations for source, target in relations)
    assert audit.reciprocity == pytest.approx(answered / len(relations) if relations else math.nan, nan_ok=True)


def test_empty_titles_are_not_called_the_same():
    untitled = [Article(name, "", published_at=START) for name in "abc"]
    assert audit_relations(Corpus.from_articles(untitled)).same_title_articles == 0


def test_articles_of_one_id_are_counted_as_merged():
    audit = audit_relations(Corpus.from_articles([article("a", 0), article("a", 1), article("b", 2)]))
    assert (audit.articles, audit.merged_articles) == (2, 1)


@pytest.mark.parametrize("articles", [[], [article("a", 0), article("b")]])
def test_nothing_to_audit(articles):
    audit = audit_relations(Corpus.from_articles(articles))
    assert audit.warnings == (
        "there are no relations inside the corpus: nothing to learn from, and nothing to measure against.",
    )
    assert audit.to_dict()["closure"] is None
    assert "stories" in audit.table()


def test_to_dict_is_json_without_nan(curated):
    values = json.loads(json.dumps(audit_relations(curated).to_dict(), allow_nan=False))
    assert values["relations"] == 4
    assert values["slices"]["2-5"] == {"stories": 1, "articles": 4, "pairs": 3}
    assert values["in_degree_gini"] == 0.333333


def test_the_table_shows_the_facts_and_the_warnings(curated):
    table = audit_relations(curated).table()
    lines = {line.rsplit("  ", 1)[0].strip(): line.rsplit("  ", 1)[1] for line in table.splitlines() if "  " in line}
    assert lines["relations"] == "4"
    assert lines["to later articles"] == "2 (50 %)"
    assert lines["repeated / to itself"] == "2 / 1"
    assert lines["stories"] == "1, the largest of 4 articles"
    assert "Note: articles with relations: only 4;" in table


def test_many_links_are_audited_exactly():
    """A story of 327 articles has more triads than float32 can count."""
    corpus = Corpus.from_articles(group([f"g{number:03}" for number in range(327)], 0))
    audit = audit_relations(corpus)
    assert audit.relations == 327 * 326
    assert audit.closure == 1.0
    assert np.isclose(audit.closed_pairs, 1.0)


def site(links, n_articles):
    """Return articles of one a day, each with links to earlier ones by their numbers."""
    return Corpus.from_articles(
        Article(
            f"a{day:02}",
            "",
            published_at=START + timedelta(days=day),
            relations=tuple(Relation(None, f"a{target:02}") for target in links.get(day, ())),
        )
        for day in range(n_articles)
    )


def test_a_number_of_links_that_counts_the_link_in_question_tells_targets_apart():
    """Ten articles, then three that link to one of them each."""
    leak = degree_leak(site({10: [0], 11: [1], 12: [2]}, 13))
    assert leak.sources == 3
    assert leak.today > 0.9
    assert leak.at_publication <= 0.5, "at publication no target had a link, and some of the others had"


def test_a_source_without_unlinked_articles_to_compare_with_is_left_out():
    """The only older article is the linked one, so there is no other to compare it with."""
    assert degree_leak(site({1: [0]}, 30)).sources == 0


def test_an_article_that_is_linked_often_is_known_at_publication():
    links = {day: [0] for day in range(5, 30)}
    leak = degree_leak(site(links, 30))
    assert leak.today == 1.0
    assert leak.at_publication == pytest.approx((0.5 + 24) / 25), "only its first link was no earlier knowledge"


def test_the_same_seed_gives_the_same_leak(newsroom):
    assert degree_leak(newsroom) == degree_leak(newsroom)
    leak = degree_leak(newsroom)
    assert leak.today > leak.at_publication + 0.1


def test_a_leak_without_anything_to_compare(unrelated):
    leak = degree_leak(Corpus.from_articles(unrelated))
    assert leak.sources == 0
    assert math.isnan(leak.today)
    assert math.isnan(leak.at_publication)
