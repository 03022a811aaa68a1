"""Business rules: in force on every path, named in explanations, and never part of an evaluation."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from support.command_line import write_json_lines

from recommender import (
    Article,
    Corpus,
    Provider,
    Recommender,
    Settings,
    SettingsError,
    Suggestion,
)
from recommender.core.rules import Pin, Rules
from recommender.jobs.nightly import suggest_site

PIN = {"pin": [{"source": "ferry-2", "target": "wind-4"}]}


def ruled(articles: Sequence[Article], selection: dict[str, Any] | None = None, **rules: Any) -> Recommender:
    """Return a model of these articles that fills its lists, with rules."""
    filled = {"threshold": 0} | (selection or {})
    return Recommender(Settings.from_dict({"rules": rules, "selection": filled}), "coast").fit(articles)


def targets(suggestions: Sequence[Suggestion]) -> list[str]:
    return [suggestion.target_id for suggestion in suggestions]


def refused(model: Recommender, source: str | Article, target: str) -> str:
    """Return why a target is not suggested, having seen that it is not and that a rule is the reason."""
    explanation = model.explain(source, target)
    assert (explanation.suggested, explanation.obstacle) == (False, "rule")
    assert target not in targets(model.suggest(source, k=100))
    return explanation.verdict.removeprefix("not suggested: ")


def changed(articles: Sequence[Article], **changes: dict[str, Any]) -> list[Article]:
    """Return the articles with some fields of some of them changed; an underscore stands for a dash."""
    return [replace(article, **changes.get(article.id.replace("-", "_"), {})) for article in articles]


def test_a_pin_comes_first_with_the_models_score_and_says_so(
    articles: tuple[Article, ...], unlearned: Recommender
) -> None:
    assert "wind-4" not in targets(unlearned.suggest("ferry-2", k=3))
    model = ruled(articles, **PIN)
    suggestions = model.suggest("ferry-2", k=3)
    assert targets(suggestions) == ["wind-4", *targets(unlearned.suggest("ferry-2", k=2))]
    assert [suggestion.rank for suggestion in suggestions] == [1, 2, 3]
    first = suggestions[0]
    assert first.score == unlearned.score("ferry-2", "wind-4") < suggestions[1].score
    assert first.kind == "background"
    assert (first.reasons[0].feature, first.reasons[0].share) == ("pinned", 0)
    assert sum(reason.share for reason in first.reasons) == pytest.approx(first.score, abs=1e-9)
    explanation = model.explain("ferry-2", "wind-4")
    assert (explanation.suggested, explanation.obstacle) == (True, None)
    assert explanation.verdict == "suggested, at rank 1, as a business rule pins it (rules.pin)"
    assert "wind-4" not in targets(model.suggest("ferry-1", k=3))


def test_pins_keep_their_order_and_k_is_still_the_most(articles: tuple[Article, ...]) -> None:
    pins = [{"source": "ferry-2", "target": name} for name in ("wind-4", "breach-1", "wind-1")]
    model = ruled(articles, pin=pins)
    assert targets(model.suggest("ferry-2", k=5))[:3] == ["wind-4", "breach-1", "wind-1"]
    assert targets(model.suggest("ferry-2", k=2)) == ["wind-4", "breach-1"]


def test_a_pin_is_no_candidate_nor_above_the_threshold_and_comes_all_the_same(articles: tuple[Article, ...]) -> None:
    few = {"text": 2, "title": 0, "recent": 0, "linked": 0}
    model = Recommender(Settings.from_dict({"rules": PIN, "candidates": few, "selection": {"threshold": 0.9}}))
    model.fit(articles)
    assert targets(model.suggest("ferry-2"))[0] == "wind-4"
    assert model.explain("ferry-2", "wind-4").suggested


def test_a_pin_by_address_is_the_same_pin(articles: tuple[Article, ...]) -> None:
    pin = {"source": "https://coast.example/amp/ferry-2", "target": "http://www.coast.example/wind-4?utm_source=mail"}
    assert targets(ruled(articles, pin=[pin]).suggest("ferry-2", k=1)) == ["wind-4"]


def test_a_pin_to_what_was_removed_or_is_unpublished_has_no_effect(articles: tuple[Article, ...]) -> None:
    model = ruled(changed(articles, wind_4={"removed": True}), **PIN)
    assert "wind-4" not in targets(model.suggest("ferry-2", k=100))
    assert model.explain("ferry-2", "wind-4").obstacle == "removed"
    hidden = changed(articles, wind_4={"published": False})
    model = ruled(hidden, selection={"only_published": True}, **PIN)
    assert "selection.only_published is set" in refused(model, "ferry-2", "wind-4")


def test_a_pin_is_not_known_before_it_was_published(articles: tuple[Article, ...]) -> None:
    model = ruled(articles, **PIN)
    early, late = articles[10].published_at, articles[11].published_at
    assert "wind-4" not in targets(model.suggest("ferry-2", k=100, as_of=early))
    assert targets(model.suggest("ferry-2", as_of=late))[0] == "wind-4"


def test_a_pinned_copy_is_the_one_that_is_shown(articles: tuple[Article, ...]) -> None:
    wire = replace(_named(articles, "ferry-3"), id="wire", url=None, aliases=(), quality=1.0)
    model = ruled([*articles, wire], pin=[{"source": "ferry-2", "target": "wire"}])
    first = model.suggest("ferry-2")[0]
    assert (first.target_id, first.duplicates) == ("wire", ("ferry-3",))
    assert model.explain("ferry-2", "ferry-3").listed_under == "wire"


def _named(articles: Sequence[Article], name: str) -> Article:
    return next(article for article in articles if article.id == name)


def test_never_holds_either_way_and_names_itself(articles: tuple[Article, ...]) -> None:
    model = ruled(articles, never=[["ferry-3", "ferry-2"]])
    assert refused(model, "ferry-2", "ferry-3") == "a business rule keeps ferry-2 and ferry-3 apart (rules.never)"
    assert refused(model, "ferry-3", "ferry-2") == "a business rule keeps ferry-3 and ferry-2 apart (rules.never)"
    assert "ferry-3" in targets(model.suggest("ferry-4"))


def test_a_blocked_source_gets_nothing(articles: tuple[Article, ...]) -> None:
    model = ruled(articles, block_sources=["ferry-2"])
    assert model.suggest("ferry-2") == []
    assert (
        refused(model, "ferry-2", "ferry-3")
        == "a business rule blocks all suggestions for ferry-2 (rules.block_sources)"
    )
    assert "ferry-2" in targets(model.suggest("ferry-3"))


def test_a_blocked_target_is_suggested_nowhere(articles: tuple[Article, ...]) -> None:
    model = ruled(articles, block_targets=["ferry-3"])
    assert all("ferry-3" not in targets(suggestions) for _, suggestions in model.suggest_all(k=100))
    assert refused(model, "ferry-2", "ferry-3") == "a business rule blocks ferry-3 everywhere (rules.block_targets)"
    assert model.suggest("ferry-3")


@pytest.mark.parametrize("name", ["The Tabloid", " tabloid.EXAMPLE"])
def test_a_blocked_provider_is_known_by_name_or_domain(articles: tuple[Article, ...], name: str) -> None:
    tabloid = {"provider": Provider("The Tabloid", "tabloid.example")}
    model = ruled(changed(articles, ferry_3=tabloid), block_providers=[name])
    reason = refused(model, "ferry-2", "ferry-3")
    assert reason == "a business rule blocks the provider The Tabloid (rules.block_providers)"
    assert "ferry-4" in targets(model.suggest("ferry-2"))
    assert model.suggest("ferry-3")


def test_a_pair_of_topics_holds_either_way_and_down_the_tree(articles: tuple[Article, ...]) -> None:
    corpus = Corpus.from_articles(articles, {"Energy": "Industry"})
    model = ruled(corpus, never_topics=[["industry", "Transport"]])
    reason = "a business rule keeps the topics {} and {} apart (rules.never_topics)"
    assert refused(model, "ferry-2", "wind-1") == reason.format("transport", "industry")
    assert refused(model, "wind-1", "ferry-2") == reason.format("industry", "transport")
    draft = Article("draft", "Judge hears villagers on ferry noise", topics=("transport",))
    assert not {"wind-1", "wind-2", "wind-3", "wind-4"} & set(targets(model.suggest(draft, k=100)))
    assert "breach-1" in targets(model.suggest("ferry-2", k=100))


def test_one_topic_twice_keeps_its_articles_apart(articles: tuple[Article, ...]) -> None:
    model = ruled(articles, never_topics=[["transport", "transport"]])
    assert not any(name.startswith("ferry") for name in targets(model.suggest("ferry-2", k=100)))


def test_at_most_n_of_a_provider(articles: tuple[Article, ...]) -> None:
    another = {"provider": Provider("Other", "other.example")}
    unknown = {"provider": None}
    mixed = changed(articles, wind_1=another, wind_2=unknown, wind_3=unknown)
    model = ruled(mixed, most_per_provider=1)
    free = targets(ruled(mixed).suggest("ferry-2", k=100))
    names = targets(model.suggest("ferry-2", k=100))
    assert names[0] == free[0]
    assert set(names) == {free[0], "wind-1", "wind-2", "wind-3"}
    assert names == [name for name in free if name in names]
    explanation = model.explain("ferry-2", free[1])
    assert (explanation.suggested, explanation.obstacle) == (False, "rule")
    assert explanation.verdict == "not suggested: its provider has the most of 1 here already (rules.most_per_provider)"


def test_a_pin_counts_for_its_provider(articles: tuple[Article, ...]) -> None:
    assert targets(ruled(articles, most_per_provider=1, **PIN).suggest("ferry-2")) == ["wind-4"]


def test_a_full_provider_is_stood_in_for_by_a_copy_of_another(articles: tuple[Article, ...]) -> None:
    wire = replace(_named(articles, "ferry-1"), id="wire", url=None, aliases=(), quality=1.0, provider=Provider("Wire"))
    model = ruled([*articles, wire], most_per_provider=1)
    duplicates = {suggestion.target_id: suggestion.duplicates for suggestion in model.suggest("ferry-2")}
    assert set(duplicates) == {"ferry-3", "wire"} or set(duplicates) == {"ferry-4", "wire"}
    assert duplicates["wire"] == ("ferry-1",)


def test_the_least_quality_counts_where_quality_is_known(articles: tuple[Article, ...]) -> None:
    mixed = changed(articles, ferry_1={"quality": 39.0}, ferry_3={"quality": 40.0}, ferry_4={"quality": None})
    model = ruled(mixed, least_quality=40)
    assert refused(model, "ferry-2", "ferry-1") == "its quality of 39 is below the least of 40 (rules.least_quality)"
    assert {"ferry-3", "ferry-4"} <= set(targets(model.suggest("ferry-2")))


def test_what_is_too_old_is_measured_from_the_source(articles: tuple[Article, ...]) -> None:
    model = ruled(changed(articles, wind_1={"published_at": None}), oldest_days=3)
    reason = refused(model, "ferry-4", "ferry-1")
    assert reason == "it was published 9 days before, more than 3 days (rules.oldest_days)"
    assert "ferry-3" in targets(model.suggest("ferry-4", k=100))  # three days to the hour
    names = set(targets(model.suggest("ferry-1", k=100)))
    assert {"ferry-4", "wind-4", "wind-1"} <= names  # later ones, and one without a date


def test_a_draft_is_written_now(articles: tuple[Article, ...]) -> None:
    draft = Article("draft", "Ferry strike: deckhands look back")
    model = ruled(articles, oldest_days=3)
    assert "wind-3" in targets(model.suggest(draft, k=100))
    assert "ferry-1" not in targets(model.suggest(draft, k=100))
    dated = replace(draft, published_at=datetime(2025, 3, 2, tzinfo=UTC))
    assert "ferry-1" in targets(model.suggest(dated, k=100))


def test_odds_halve_with_each_half_life(articles: tuple[Article, ...], unlearned: Recommender) -> None:
    model = ruled(articles, half_life_days=3)
    before = unlearned.score("ferry-4", "ferry-1")
    explanation = model.explain("ferry-4", "ferry-1")
    assert explanation.score / (1 - explanation.score) == pytest.approx(before / (1 - before) / 8)
    [reason] = [reason for reason in explanation.reasons if reason.feature == "rule_half_life"]
    assert reason.log_odds == pytest.approx(-3 * math.log(2))
    assert reason.text == "against it: published 9 days before; a business rule halves the odds every 3 days"
    assert sum(reason.share for reason in explanation.reasons) == pytest.approx(explanation.score, abs=1e-9)
    assert model.score("ferry-1", "ferry-4") == unlearned.score("ferry-1", "ferry-4")
    for suggestion in model.suggest("ferry-4", k=100):
        assert suggestion.score == model.score("ferry-4", suggestion.target_id)
        assert sum(reason.share for reason in suggestion.reasons) == pytest.approx(suggestion.score, abs=1e-9)


def test_a_half_life_changes_the_order(articles: tuple[Article, ...], unlearned: Recommender) -> None:
    usual = targets(unlearned.suggest("wind-4", k=100))
    names = targets(ruled(articles, half_life_days=0.5).suggest("wind-4", k=100))
    assert set(names) == set(usual)
    assert names != usual
    assert names[-1] == "ferry-1"


def test_an_undated_article_does_not_age(articles: tuple[Article, ...]) -> None:
    mixed = changed(articles, ferry_1={"published_at": None})
    assert ruled(mixed, half_life_days=1).score("ferry-4", "ferry-1") == ruled(mixed).score("ferry-4", "ferry-1")


@pytest.mark.parametrize(
    ("rules", "warning"),
    [
        ({"block_targets": ["fery-3"]}, r"1 of 1 .* rules\.block_targets: no article .* 'fery-3'; did you mean ferry-"),
        ({"block_sources": ["x", "ferry-1"]}, r"1 of 2 names in the rules .* rules\.block_sources: no article .* 'x'"),
        ({"never": [["ferry-1", "ferry"]]}, r"1 of 2 .* rules\.never: no article .* 'ferry'; did you mean ferry-1"),
        ({"pin": [{"source": "p", "target": "q"}]}, r"2 of 2 .* rules\.pin: no article has the id 'p'"),
        (
            {"block_targets": ["Police name hackers behind Elmsford clinic theft"]},
            "is the title of breach-4; give that",
        ),
    ],
)
def test_a_rule_on_an_unknown_article_is_warned_of_and_the_others_hold(
    articles: tuple[Article, ...], rules: dict, warning: str
) -> None:
    model = ruled(articles, **{"block_targets": [], **rules, "most_per_provider": 2})
    [line] = model.rule_warnings()
    assert re.search(warning, line)
    assert "\n" not in line
    assert len(model.suggest("ferry-2")) == 2
    model.renew(articles)
    assert model.rule_warnings() == [line]


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"never": [["wind-4", "ferry-2"]]}, r"keeps ferry-2 and wind-4 apart \(rules\.never\)"),
        ({"block_targets": ["https://coast.example/wind-4"]}, r"\(rules\.block_targets\)"),
        ({"block_sources": ["ferry-2"]}, r"\(rules\.block_sources\)"),
        ({"block_providers": ["coast courier"]}, r"\(rules\.block_providers\)"),
        ({"never_topics": [["energy", "transport"]]}, r"\(rules\.never_topics\)"),
    ],
)
def test_a_pin_that_is_blocked_is_a_contradiction(articles: tuple[Article, ...], rules: dict, message: str) -> None:
    with pytest.raises(
        SettingsError, match=rf"rules\.pin: ferry-2 -> wind-4 contradicts .*{message}; take one of them"
    ):
        ruled(articles, **PIN, **rules)


def test_a_pin_of_an_article_to_itself_is_an_error(articles: tuple[Article, ...]) -> None:
    with pytest.raises(SettingsError, match="is an article and itself"):
        ruled(articles, pin=[{"source": "ferry-1", "target": "https://coast.example/ferry-1"}])


def test_what_the_corpus_loses_or_gains_later_is_no_error(articles: tuple[Article, ...]) -> None:
    model = ruled(articles, block_targets=["wind-1"], **PIN)
    model.remove(["wind-4", "wind-1"])
    assert "wind-4" not in targets(model.suggest("ferry-2"))
    model.add([_named(articles, "wind-4"), _named(articles, "wind-1")])
    assert targets(model.suggest("ferry-2"))[0] == "wind-4"
    assert "wind-1" not in targets(model.suggest("ferry-2", k=100))


def test_providers_and_topics_that_no_article_has_are_warned_of(articles: tuple[Article, ...]) -> None:
    model = ruled(articles, block_providers=["Cost Courier", "other.example"], never_topics=[["transprt", "energy"]])
    first, second, third = model.rule_warnings()
    assert first == "rules.block_providers: no article is from 'Cost Courier'; did you mean coast courier?"
    assert second.startswith("rules.block_providers: no article is from 'other.example'")
    assert third == "rules.never_topics: no article has the topic 'transprt'; did you mean transport?"
    assert (
        ruled(articles, block_providers=["coast.example"], never_topics=[["Energy", "transport"]]).rule_warnings() == []
    )


EVERY = {
    "pin": [{"source": "ferry-2", "target": "wind-4"}],
    "never": [["ferry-2", "ferry-3"]],
    "block_sources": ["breach-1"],
    "block_targets": ["ferry-4"],
    "never_topics": [["security", "energy"]],
    "most_per_provider": 2,
    "least_quality": 61,
    "oldest_days": 9,
    "half_life_days": 4,
}


def test_rules_hold_alike_on_every_path(articles: tuple[Article, ...], tmp_path: Path) -> None:
    model = ruled(articles, **EVERY)
    lists = {article.id: model.suggest(article.id) for article in articles}
    assert lists != {article.id: ruled(articles).suggest(article.id) for article in articles}
    assert dict(model.suggest_all()) == dict(model.suggest_all(n_jobs=2)) == lists
    assert {name: model.suggest(_named(articles, name)) for name in lists} == lists
    model.save(tmp_path / "model")
    loaded = Recommender.load(tmp_path / "model")
    assert {name: loaded.suggest(name) for name in lists} == lists
    for source, suggestions in lists.items():
        for target in lists:
            if source != target:
                explanation = model.explain(source, target)
                assert explanation.suggested == (target in targets(suggestions))
                assert explanation.obstacle is not None or explanation.suggested


def test_the_job_finds_the_rules_of_the_site(articles: tuple[Article, ...], tmp_path: Path) -> None:
    lines = write_json_lines(tmp_path / "articles.jsonl", articles)
    (tmp_path / "recommender.yaml").write_text(
        "selection: {k: 2, threshold: 0}\nrules:\n  block_targets: [ferry-3]\n  block_providers: [Nobody]\n",
        encoding="utf-8",
    )
    summary = suggest_site(lines, output=tmp_path / "out.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {row["rank"] for row in rows} == {1, 2}
    assert "ferry-3" not in {row["target"] for row in rows}
    assert summary.lines()[0].startswith("rules.block_providers: no article is from 'Nobody'")


def test_an_evaluation_knows_no_rules(newsroom: Corpus) -> None:
    from recommender import evaluate

    name = newsroom[-1].id
    ruled = Settings.from_dict({"rules": {"block_targets": [name], "half_life_days": 1}})
    assert evaluate(newsroom, ruled).to_json() == evaluate(newsroom).to_json()


def test_a_ranking_for_evaluation_is_that_of_the_ranker_alone(articles: tuple[Article, ...]) -> None:
    names, moments = ["ferry-2", "wind-4"], [None, None]
    assert list(ruled(articles, **EVERY).rank(names, moments)) == list(ruled(articles).rank(names, moments))


NAMES = [f"{story}-{number}" for story in ("ferry", "breach", "wind") for number in (1, 2, 3, 4)]
PAIRS = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)).filter(lambda two: two[0] != two[1]))


@given(
    pins=st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)).filter(lambda two: two[0] != two[1])),
    never=PAIRS,
    blocked=st.sets(st.sampled_from(NAMES), max_size=4),
    most=st.none() | st.integers(1, 3),
    half_life=st.none() | st.floats(0.1, 100),
    k=st.integers(1, 8),
)
@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_rules_they_hold(
    unlearned: Recommender,
    pins: list[tuple[str, str]],
    never: list[tuple[str, str]],
    blocked: set[str],
    most: int | None,
    half_life: float | None,
    k: int,
) -> None:
    forbidden = {*never, *((second, first) for first, second in never)}
    pins = [pair for pair in pins if pair not in forbidden and pair[1] not in blocked]
    rules = Rules(
        pin=tuple(Pin(*pair) for pair in pins),
        never=tuple(never),
        block_targets=tuple(sorted(blocked)),
        most_per_provider=most,
        half_life_days=half_life,
    )
    model = copy(unlearned)
    model.settings = Settings(rules=rules)
    for source in ("ferry-1", "breach-3", "wind-4"):
        names = targets(model.suggest(source, k=k))
        pinned = list(dict.fromkeys(target for first, target in pins if first == source))
        assert names[: len(pinned)] == pinned[:k]
        assert len(names) <= k
        assert len(names) == len(set(names))
        assert not blocked & set(names)
        assert not [target for target in names if (source, target) in forbidden]
        assert most is None or len(names) <= max(most, min(len(pinned), k))
        rest = model.suggest(source, k=k)[len(pinned) :]
        assert [suggestion.score for suggestion in rest] == sorted(
            (suggestion.score for suggestion in rest), reverse=True
        )


def test_a_pin_that_is_no_candidate_leaves_the_scores_of_the_others_alone(articles: tuple[Article, ...]) -> None:
    few = {"candidates": {"text": 2, "title": 0, "recent": 0, "linked": 0}, "selection": {"threshold": 0}}
    free = Recommender(Settings.from_dict(few)).fit(articles)
    model = Recommender(Settings.from_dict({**few, "rules": PIN})).fit(articles)
    first, *rest = model.suggest("ferry-2")
    usual = free.suggest("ferry-2")
    assert "wind-4" not in targets(usual)
    assert (first.target_id, first.score) == ("wind-4", free.score("ferry-2", "wind-4"))
    assert [(suggestion.target_id, suggestion.score, suggestion.reasons) for suggestion in rest] == [
        (suggestion.target_id, suggestion.score, suggestion.reasons) for suggestion in usual
    ]


def test_pins_that_are_no_candidates_are_scored_for_each_source_of_a_batch_by_themselves(
    articles: tuple[Article, ...],
) -> None:
    pairs = [("ferry-2", "wind-4"), ("ferry-2", "breach-1"), ("breach-3", "ferry-1"), ("wind-4", "ferry-1")]
    pins = [{"source": source, "target": target} for source, target in pairs]
    few = {"text": 2, "title": 0, "recent": 0, "linked": 0}
    model = Recommender(Settings.from_dict({"rules": {"pin": pins}, "candidates": few})).fit(articles)
    lists = dict(model.suggest_all())
    assert lists == {name: model.suggest(name) for name in lists}
    assert targets(lists["ferry-2"])[:2] == ["wind-4", "breach-1"]
    assert targets(lists["breach-3"])[0] == targets(lists["wind-4"])[0] == "ferry-1"
