"""Inbound links: which articles should link to a target, one by one and for many targets together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from recommender import (
    Article,
    Decision,
    Decisions,
    Recommender,
    Relation,
    Settings,
    SettingsError,
    Suggestion,
    UnknownArticleError,
)

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def sources(suggestions: Sequence[Suggestion]) -> list[str]:
    return [suggestion.source_id for suggestion in suggestions]


def ruled(articles: Sequence[Article], **settings: Any) -> Recommender:
    """Return a model that fills its lists, with other settings beside."""
    return Recommender(Settings.from_dict({"selection": {"threshold": 0}} | settings), "coast").fit(articles)


@pytest.mark.parametrize("row", [5, 60, 117])
def test_the_best_sources_are_those_of_the_highest_scores(fitted: Recommender, row: int) -> None:
    corpus = fitted.corpus
    target = corpus[row].id
    suggestions = fitted.inbound(target, k=4, threshold=0)
    linking = {int(source) for source, linked in corpus.links if linked == row}
    others = [article for source, article in enumerate(corpus[:row]) if source not in linking and not article.removed]
    scored = sorted((-fitted.score(article.id, target), article.id) for article in others)
    scored_sources = set(sources(fitted.inbound(target, k=1000, threshold=0)))
    assert len(scored_sources) > 0.8 * len(scored)  # nearly all are candidates at this size
    assert sources(suggestions) == [name for _, name in scored if name in scored_sources][:4]
    for rank, suggestion in enumerate(suggestions, start=1):
        explanation = fitted.explain(suggestion.source_id, target)
        assert (suggestion.target_id, suggestion.rank) == (target, rank)
        assert (suggestion.score, suggestion.reasons) == (explanation.score, explanation.reasons)
        assert sum(reason.share for reason in suggestion.reasons) == pytest.approx(suggestion.score, abs=1e-6)


def test_many_at_once_are_the_same_as_one_by_one(fitted: Recommender) -> None:
    names = [article.id for article in fitted.corpus[::7]]
    inbound = fitted.inbound_all(names, k=3)
    assert [name for name, _ in inbound] == names
    assert inbound == fitted.inbound_all(names, k=3, n_jobs=2)
    for name, suggestions in inbound:
        candidates = {source: suggestion for suggestion in suggestions for source in [suggestion.source_id]}
        assert [suggestion.rank for suggestion in suggestions] == list(range(1, len(suggestions) + 1))
        alone = {suggestion.source_id: suggestion for suggestion in fitted.inbound(name, k=1000)}
        for source, suggestion in candidates.items():
            assert (suggestion.score, suggestion.reasons) == (alone[source].score, alone[source].reasons)
    assert sum(suggestions == fitted.inbound(name, k=3) for name, suggestions in inbound) > 0.8 * len(names)
    assert fitted.inbound_all([]) == []


def test_only_older_articles_that_do_not_link_to_it_yet(unlearned: Recommender) -> None:
    assert set(sources(unlearned.inbound("ferry-3", k=100))) == {
        "ferry-1",
        "ferry-2",
        *_of("breach", 2),
        *_of("wind", 2),
    }
    any_age = set(sources(unlearned.inbound("ferry-3", k=100, older=False)))
    assert any_age == {"ferry-1", "ferry-2", *_of("breach", 4), *_of("wind", 4)}  # ferry-4 links to it
    assert unlearned.inbound("ferry-1") == []


def _of(story: str, count: int) -> list[str]:
    return [f"{story}-{number}" for number in range(1, count + 1)]


def test_k_and_threshold_are_those_of_suggest(unlearned: Recommender) -> None:
    every = unlearned.inbound("wind-4", k=100)
    assert unlearned.inbound("wind-4", k=2) == every[:2]
    assert len(unlearned.inbound("wind-4")) == 5
    least = every[1].score
    assert unlearned.inbound("wind-4", threshold=least) == every[:2]
    with pytest.raises(SettingsError, match="must be at least 1, got 0"):
        unlearned.inbound("wind-4", k=0)
    with pytest.raises(UnknownArticleError, match="no article has the id 'wind'"):
        unlearned.inbound("wind")


def test_a_draft_gets_sources_too(unlearned: Recommender) -> None:
    draft = Article("draft", "Ferry strike: deckhands look back", published_at=datetime(2025, 4, 1, tzinfo=UTC))
    suggestions = unlearned.inbound(draft, k=4)
    assert {name[:5] for name in sources(suggestions)} == {"ferry"}
    assert suggestions[0].target is draft
    assert "draft" not in unlearned.corpus


def test_removed_articles_link_to_nothing(articles: tuple[Article, ...]) -> None:
    model = ruled([replace(article, removed=article.id == "wind-3") for article in articles])
    assert "wind-3" not in sources(model.inbound("wind-4", k=100))
    assert model.inbound("wind-3") == []


@pytest.mark.parametrize(
    "rules",
    [
        {"never": [["wind-4", "wind-3"]]},
        {"block_sources": ["wind-3"]},
        {"never_topics": [["energy", "energy"]]},
    ],
)
def test_rules_hold_for_inbound_links(articles: tuple[Article, ...], rules: dict[str, Any]) -> None:
    usual = sources(ruled(articles).inbound("wind-4", k=100))
    names = sources(ruled(articles, rules=rules).inbound("wind-4", k=100))
    assert "wind-3" in usual
    assert "wind-3" not in names
    assert names
    assert names == [name for name in usual if name in names]
    assert ruled(articles, rules={"block_targets": ["wind-4"]}).inbound("wind-4") == []


def test_a_rejected_pair_is_no_inbound_link(articles: tuple[Article, ...]) -> None:
    model = Recommender(decisions=Decisions([Decision("reject", "wind-3", "wind-4", "Ana", NOON, "too early")]))
    assert "wind-3" not in sources(model.fit(articles).inbound("wind-4", k=100, threshold=0))


def test_a_pinned_source_comes_first(articles: tuple[Article, ...]) -> None:
    model = ruled(articles, rules={"pin": [{"source": "ferry-1", "target": "wind-4"}]}, candidates={"text": 3})
    first, second = model.inbound("wind-4", k=2, threshold=0)
    assert (first.source_id, first.pinned, second.pinned) == ("ferry-1", True, False)
    assert first.score < second.score
    assert [suggestion.source_id for suggestion in model.inbound("wind-4", threshold=1)] == ["ferry-1"]


def test_the_half_life_counts_from_the_source(articles: tuple[Article, ...]) -> None:
    usual, aged = ruled(articles), ruled(articles, rules={"half_life_days": 1})
    assert aged.inbound("wind-4") == usual.inbound("wind-4")  # a later target has no age
    late = {suggestion.source_id: suggestion.score for suggestion in aged.inbound("ferry-1", k=100, older=False)}
    assert late == {name: aged.score(name, "ferry-1") for name in late}
    assert late["wind-4"] < usual.score("wind-4", "ferry-1")


FEW_CANDIDATES = {"text": 1, "title": 0, "recent": 0, "linked": 0, "seeds": 1}


def test_a_pinned_link_has_the_score_of_its_explanation_beside_other_pins(articles: tuple[Article, ...]) -> None:
    pins = [{"source": "ferry-1", "target": target} for target in ("wind-4", "breach-4", "wind-2")]
    model = ruled(articles, rules={"pin": pins}, candidates=FEW_CANDIDATES)
    [suggestion] = [link for link in model.inbound("wind-4", k=100, threshold=0) if link.source_id == "ferry-1"]
    explanation = model.explain("ferry-1", "wind-4")
    assert (suggestion.score, suggestion.reasons[1:]) == (explanation.score, explanation.reasons)


def test_a_target_that_is_no_candidate_of_any_source_is_searched_by_itself(articles: tuple[Article, ...]) -> None:
    model = ruled(articles, candidates=FEW_CANDIDATES)
    names = [article.id for article in articles]
    inbound = dict(model.inbound_all(names, threshold=0, older=False))
    proposed = {suggestion.target_id for _, own in model.suggest_all(k=100, threshold=0) for suggestion in own}
    linked = {relation.url.rpartition("/")[2] for article in articles for relation in article.relations}
    nobodys = [name for name in names if name not in proposed | linked]
    assert nobodys
    for name in nobodys:
        assert inbound[name] == model.inbound(name, threshold=0, older=False) != []


def test_links_of_many_articles_do_not_hide_a_source(articles: tuple[Article, ...]) -> None:
    usual = sources(ruled(articles).inbound("wind-4", k=100))
    linking = [
        replace(article, relations=(Relation(None, "wind-4"), Relation(None, "ferry-4")))
        if article.id in {usual[0], usual[2]}
        else article
        for article in articles
    ]
    names = set(sources(ruled(linking).inbound("wind-4", k=100)))
    assert names == set(usual) - {usual[0], usual[2]}
