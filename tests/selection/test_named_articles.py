"""Decisions and rules whose articles were renamed, moved, replaced or deleted since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from recommender import Article, Corpus, Decision, Decisions, Recommender, Settings, decide

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def ferries(articles: Sequence[Article]) -> dict[str, Article]:
    return {article.id: article for article in articles}


def by_path(articles: Sequence[Article]) -> list[Article]:
    """Return the dozen with paths as ids, a folder for each story."""
    return [replace(article, id=f"{article.id.partition('-')[0]}/{article.id}", aliases=()) for article in articles]


def rejected(articles: Sequence[Article], *decisions: Decision) -> set[tuple[str, str]]:
    corpus = Corpus.from_articles(articles)
    return {(corpus[source].id, corpus[target].id) for source, target in Decisions(decisions).in_rows(corpus, "reject")}


@pytest.fixture
def noted(articles: tuple[Article, ...], tmp_path: Path) -> Decision:
    """Return a rejection of the dozen as it is read back from the file of a site."""
    decide(tmp_path, Corpus.from_articles(articles), "reject", "ferry-2", "ferry-3", "Ana", "outdated", NOON)
    [decision] = Decisions.of_site(tmp_path).made
    return decision


def test_what_was_noted_on_file_names_is_understood_where_ids_are_paths(articles: tuple[Article, ...]) -> None:
    old = Decision("reject", "ferry-2", "ferry-3", "Ana", NOON)
    rules = {"rules": {"block_targets": ["wind-4"], "pin": [{"source": "breach-2", "target": "ferry/ferry-1.md"}]}}
    model = Recommender(Settings.from_dict(rules), decisions=Decisions([old])).fit(by_path(articles))
    assert model.rule_warnings() == []
    assert model.explain("ferry/ferry-2", "ferry/ferry-3").obstacle == "rejected"
    assert model.explain("wind/wind-3", "wind/wind-4").obstacle == "rule"
    assert model.suggest("breach/breach-2")[0].target_id == "ferry/ferry-1"


def test_a_later_decision_under_the_new_ids_takes_back_one_under_the_old(articles: tuple[Article, ...]) -> None:
    old = Decision("reject", "ferry-2", "ferry-3", "Ana", NOON)
    new = Decision("accept", "ferry/ferry-2", "ferry/ferry-3", "Ben", NOON + timedelta(days=1))
    assert rejected(by_path(articles), old) == {("ferry/ferry-2", "ferry/ferry-3")}
    assert rejected(by_path(articles), old, new) == set()
    earlier = replace(new, when=NOON - timedelta(days=1))
    assert rejected(by_path(articles), old, earlier) == {("ferry/ferry-2", "ferry/ferry-3")}


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "sea/renamed"},
        {"id": "sea/renamed", "title": "Another title"},
        {"id": "sea/renamed", "url": "https://coast.example/sea/renamed", "aliases": ()},
        {"title": "Another title"},
        {"url": "https://coast.example/sea/ferry-3", "aliases": ()},
        {"title": "Another title", "url": "https://coast.example/sea/ferry-3", "aliases": ()},
    ],
)
def test_a_rejection_follows_its_article(articles: tuple[Article, ...], noted: Decision, changes: dict) -> None:
    moved = [replace(article, **changes) if article.id == "ferry-3" else article for article in articles]
    [(source, target)] = rejected(moved, noted)
    assert (source, target) == ("ferry-2", changes.get("id", "ferry-3"))


def test_a_rejection_stays_with_its_article_where_another_file_takes_the_name(
    articles: tuple[Article, ...], noted: Decision
) -> None:
    third = ferries(articles)["ferry-3"]
    taker = Article("ferry-3", "Timetable of the summer", url="https://coast.example/timetable")
    rest = [article for article in articles if article.id != "ferry-3"]
    moved = replace(third, id="sea/ferry", title="Islands short of bread")  # found by its address
    assert rejected([*rest, moved, taker], noted) == {("ferry-2", "sea/ferry")}
    moved = replace(third, id="sea/ferry", url="https://coast.example/sea", aliases=())  # found by its title
    assert rejected([*rest, moved, taker], noted) == {("ferry-2", "sea/ferry")}
    # Neither is lost where both are rejected, under what is one pair of ids.
    of_taker = replace(noted, target_url=taker.url, target_title=taker.title, when=NOON + timedelta(days=1))
    both = {("ferry-2", "sea/ferry"), ("ferry-2", "ferry-3")}
    assert rejected([*rest, moved, taker], noted, of_taker) == both
    assert rejected([*rest, moved, taker], noted, replace(of_taker, verdict="accept")) == {("ferry-2", "sea/ferry")}


def test_a_title_that_several_articles_have_is_followed_to_none(articles: tuple[Article, ...], noted: Decision) -> None:
    third = ferries(articles)["ferry-3"]
    twins = [replace(third, id=f"sea/{name}", url=None, aliases=(), relations=()) for name in "ab"]
    rest = [article for article in articles if article.id != "ferry-3"]
    assert rejected([*rest, *twins], noted) == set()
    assert rejected([*rest, twins[0]], noted) == {("ferry-2", "sea/a")}


def test_decisions_without_effect_are_counted_with_an_example_and_the_likeliest_article(
    articles: tuple[Article, ...],
) -> None:
    made = [
        Decision("reject", "ferry-2", "ferry-9", "Ana", NOON),
        Decision("accept", "ferry-2", "ferry-9", "Ana", NOON + timedelta(days=1)),
        Decision("reject", "wind-99", "ferry-1", "Ana", NOON + timedelta(days=2)),
        Decision("reject", "wind-2", "ferry-1", "Ana", NOON),
    ]
    model = Recommender(decisions=Decisions(made)).fit(articles)
    [line] = model.rule_warnings()
    assert line.startswith(
        "2 of 3 decisions without effect, as they name no article; for instance ferry-2 -> ferry-9: "
    )
    assert "no article has the id 'ferry-9'; did you mean ferry-" in line
    model.decisions = Decisions(made[3:])
    assert model.rule_warnings() == []


def test_a_name_of_several_articles_is_without_effect_and_all_of_them_are_named() -> None:
    corpus = Corpus.from_articles([Article("a/x", "One"), Article("b/x", "Two"), Article("y", "Three")])
    decisions = Decisions([Decision("reject", "y", "x", "Ana", NOON)])
    assert decisions.in_rows(corpus, "reject") == {}
    [line] = decisions.warnings(corpus)
    assert line.endswith("y -> x: 2 articles are called 'x': a/x or b/x; give the id of one")


def test_a_line_of_an_older_version_keeps_its_id_and_a_new_one_gives_back_all() -> None:
    old = (
        b'{"verdict": "reject", "source": "a", "target": "b", "who": "Ana", "when": "2026-01-02T00:00:00Z", "why": "x"}'
    )
    [before] = Decisions.from_bytes(old).made
    assert before.id == Decision("reject", "a", "b", "Ana", datetime(2026, 1, 2, tzinfo=UTC), "x").id
    assert set(before.to_dict()) == {"id", "verdict", "source", "target", "who", "when", "why"}
    after = replace(before, target_url="/b", source_title="A")
    assert Decision.from_line(after.to_line()) == after
    assert len({before.id, after.id, replace(after, target_url="/c").id, replace(before, source_url="/b").id}) == 4
