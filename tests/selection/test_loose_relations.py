"""Loose relations: they alone suggest nothing, and make no story."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from recommender import Article, Recommender, Relation, Settings
from recommender.selection import suggestions as suggestions_module

# Linked with articles of three stories, and like none of them: no word of it is in another article.
ODD = Article(
    "odd",
    "Zebra stripes puzzle zoologists",
    published_at=datetime(2025, 3, 12, 12, tzinfo=UTC),
    relations=(Relation(None, "ferry-2"), Relation(None, "breach-1"), Relation(None, "wind-3")),
)


def filled(articles: Sequence[Article], odd: Article = ODD, **settings: Any) -> Recommender:
    """Return a model of the articles and the odd one that fills its lists."""
    return Recommender(Settings.from_dict({"selection": {"threshold": 0}} | settings)).fit([*articles, odd])


def targets(model: Recommender, source: str | Article) -> set[str]:
    return {suggestion.target_id for suggestion in model.suggest(source, k=100)}


def test_what_is_linked_with_unlike_articles_only_and_shares_no_word_is_not_suggested(
    articles: tuple[Article, ...],
) -> None:
    model = filled(articles)
    assert targets(model, "ferry-1") == {article.id for article in articles} - {"ferry-1"}
    assert "odd" not in targets(model, Article("draft", "Ferry strike: deckhands look back"))
    assert all(suggestion.target_id != "odd" for _, own in model.suggest_all(k=100) for suggestion in own)
    explanation = model.explain("ferry-1", "odd")
    assert (explanation.suggested, explanation.obstacle) == (False, "loose relations")
    assert explanation.verdict == (
        "not suggested: no telling word is in both texts, and relations that are loose do not suffice"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"relations": ()},
        {"title": "Zebra stripes puzzle deckhands"},  # a telling word of the source
        {"title": "Breach puzzles zoologists", "excerpt": "Hackers copy stolen patient records of Elmsford clinic."},
    ],
    ids=["no relations", "a telling word", "relations that hold together"],
)
def test_without_one_of_the_two_it_is_a_candidate_like_any_other(
    articles: tuple[Article, ...], changes: dict[str, Any]
) -> None:
    model = filled(articles, replace(ODD, **changes))
    assert "odd" in targets(model, "ferry-1")
    assert model.explain("ferry-1", "odd").obstacle in (None, "outranked")


def test_below_the_threshold_the_threshold_is_the_obstacle(articles: tuple[Article, ...]) -> None:
    assert filled(articles, selection={"threshold": 0.9}).explain("ferry-1", "odd").obstacle == "threshold"


def test_a_pin_shows_it_all_the_same(articles: tuple[Article, ...]) -> None:
    model = filled(articles, rules={"pin": [{"source": "ferry-1", "target": "odd"}]})
    first = model.suggest("ferry-1")[0]
    assert (first.target_id, first.pinned, first.kind) == ("odd", True, "background")
    assert model.explain("ferry-1", "odd").suggested
    assert "odd" not in targets(model, "ferry-3")


def test_nothing_is_asked_to_link_to_it_but_by_a_pin(articles: tuple[Article, ...]) -> None:
    model = filled(articles)
    assert model.inbound("odd", k=100) == []
    assert dict(model.inbound_all(["odd", "wind-4"], k=100))["odd"] == []
    assert len(filled(articles, replace(ODD, relations=())).inbound("odd", k=100)) == len(articles)
    pinning = filled(articles, rules={"pin": [{"source": "ferry-1", "target": "odd"}]})
    assert [suggestion.source_id for suggestion in pinning.inbound("odd", k=100)] == ["ferry-1"]


def test_nothing_that_shares_no_telling_word_is_the_same_story_however_likely(
    articles: tuple[Article, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suggestions_module, "STORY_SCORE", 0.0)  # any score will do, and all are near in time
    model = filled(articles, replace(ODD, relations=()))
    kinds = {suggestion.target_id: suggestion.kind for suggestion in model.suggest("ferry-1", k=100)}
    assert kinds["odd"] == "background"
    assert kinds["ferry-2"] == "same-story"
