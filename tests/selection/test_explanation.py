"""Explanations: why an article is suggested or not, in a sentence and in fields."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from recommender import Article, Corpus, Explanation, Recommender, Settings

BARE = {"url": None, "aliases": (), "relations": ()}


def with_selection(model: Recommender, **selection: object) -> Recommender:
    """Return a model of the same articles that fills its lists, with other settings of the selection."""
    changed = Recommender(Settings.from_dict({"selection": {"threshold": 0} | selection})).fit(model.corpus)
    assert changed.score("ferry-2", "wind-4") == model.score("ferry-2", "wind-4")
    return changed


def assert_refused(explanation: Explanation, obstacle: str, verdict: str) -> None:
    assert (explanation.suggested, explanation.obstacle, explanation.verdict) == (
        False,
        obstacle,
        f"not suggested: {verdict}",
    )
    assert (explanation.outranked_by, explanation.listed_under) == ((), None)


def test_a_suggestion_names_its_rank(unlearned: Recommender) -> None:
    for suggestion in unlearned.suggest("ferry-2", k=5):
        explanation = unlearned.explain("ferry-2", suggestion.target_id)
        assert explanation.verdict == f"suggested, at rank {suggestion.rank}"
        assert (explanation.suggested, explanation.obstacle, explanation.outranked_by, explanation.listed_under) == (
            True,
            None,
            (),
            None,
        )


def test_an_outranked_article_names_those_ahead(unlearned: Recommender) -> None:
    ahead = tuple(suggestion.target_id for suggestion in unlearned.suggest("ferry-2"))
    last = unlearned.suggest("ferry-2", k=100)[-1]
    explanation = unlearned.explain("ferry-2", last.target_id)
    assert explanation.verdict == f"not suggested: outranked by {', '.join(ahead[:3])}"
    assert (explanation.suggested, explanation.obstacle, explanation.outranked_by) == (False, "outranked", ahead)


def test_an_article_passed_over_for_diversity_says_so(unlearned: Recommender) -> None:
    model = with_selection(unlearned, k=3, diversity=0.9)
    shown = [suggestion.target_id for suggestion in model.suggest("ferry-2")]
    passed = next(
        suggestion.target_id for suggestion in unlearned.suggest("ferry-2") if suggestion.target_id not in shown
    )
    explanation = model.explain("ferry-2", passed)
    assert explanation.verdict == f"not suggested: outranked by {', '.join(shown)}, which differ more from each other"
    assert (explanation.obstacle, explanation.outranked_by) == ("outranked", tuple(shown))


def test_a_removed_article_says_so(corpus: Corpus) -> None:
    model = Recommender().fit([replace(article, removed=article.id == "ferry-4") for article in corpus])
    explanation = model.explain("ferry-2", "ferry-4")
    assert_refused(explanation, "removed", "it was removed")
    assert explanation.score > 0.2


def test_a_score_below_the_threshold_names_the_threshold(unlearned: Recommender) -> None:
    model = with_selection(unlearned, threshold=0.3)
    assert_refused(model.explain("ferry-2", "breach-3"), "threshold", "its score is below the threshold of 0.3")
    assert model.explain("ferry-2", "ferry-3").verdict == "suggested, at rank 1"


def test_a_rule_is_named_by_its_setting(unlearned: Recommender, corpus: Corpus) -> None:
    model = with_selection(unlearned, repeat_curated=False)
    explanation = model.explain("ferry-2", "ferry-1")
    assert_refused(explanation, "rule", "an editor has linked it already, and selection.repeat_curated is off")
    assert model.explain("ferry-1", "ferry-2").suggested
    model = Recommender(Settings.from_dict({"selection": {"only_published": True}}))
    model.fit([replace(article, published=article.id != "ferry-4") for article in corpus])
    explanation = model.explain("ferry-2", "ferry-4")
    assert_refused(explanation, "rule", "it is not published, and selection.only_published is set")


def test_no_candidate_says_so(corpus: Corpus) -> None:
    few = {"text": 2, "title": 0, "recent": 0, "linked": 0}
    model = Recommender(Settings.from_dict({"candidates": few})).fit(corpus)
    why = "no candidate, as neither words, time nor links lead from the source to it"
    assert_refused(model.explain("ferry-2", "wind-4"), "no candidate", why)


@pytest.fixture(scope="module")
def with_copy(corpus: Corpus) -> Recommender:
    """Return a model that knows ferry-3 twice; the copy is canonical and scores less, for nothing is linked with it."""
    copy = replace(corpus[corpus.row("ferry-3")], id="wire", quality=99.0, **BARE)
    return Recommender().fit([*corpus, copy])


def test_the_same_text_is_listed_under_the_canonical_article(with_copy: Recommender) -> None:
    [shown] = [suggestion for suggestion in with_copy.suggest("ferry-2") if suggestion.target_id == "wire"]
    assert shown.duplicates == ("ferry-3",)
    explanation = with_copy.explain("ferry-2", "ferry-3")
    assert explanation.verdict == f"listed under wire, the same text, at rank {shown.rank}"
    assert (explanation.suggested, explanation.obstacle, explanation.listed_under) == (False, "duplicate of", "wire")
    assert explanation.outranked_by == ()


def test_what_is_shown_by_the_score_of_its_copy_says_so(with_copy: Recommender) -> None:
    [shown] = [suggestion for suggestion in with_copy.suggest("ferry-2") if suggestion.target_id == "wire"]
    explanation = with_copy.explain("ferry-2", "wire")
    best = with_copy.explain("ferry-2", "ferry-3")
    assert explanation.score < best.score == shown.score
    assert shown.reasons == best.reasons
    assert explanation.verdict == f"suggested, at rank {shown.rank}, by the score of ferry-3, the same text"
    assert explanation.suggested


def test_a_copy_of_an_outranked_text_is_outranked(with_copy: Recommender) -> None:
    model = with_selection(with_copy, k=2)
    shown = tuple(suggestion.target_id for suggestion in model.suggest("breach-1"))
    for name in ("wire", "ferry-3"):
        assert model.explain("breach-1", name).outranked_by == shown


def test_an_unseen_target_gets_a_verdict_too(unlearned: Recommender) -> None:
    target = Article("x", "Night boats", published_at=datetime(2025, 3, 12, tzinfo=UTC))
    assert unlearned.explain("ferry-1", target).verdict.startswith("suggested, at rank ")
    copy = replace(unlearned.corpus[unlearned.corpus.row("ferry-3")], id="x", **BARE)
    assert unlearned.explain("ferry-2", copy).listed_under == "ferry-3"


def test_each_article_of_a_full_provider_says_so_though_the_list_is_short(corpus: Corpus) -> None:
    filled = {"selection": {"threshold": 0}, "rules": {"most_per_provider": 1}}
    model = Recommender(Settings.from_dict(filled)).fit(corpus)
    [only] = model.suggest("ferry-2", k=100)
    for article in corpus:
        if article.id not in ("ferry-2", only.target_id):
            reason = "its provider has the most of 1 here already (rules.most_per_provider)"
            assert_refused(model.explain("ferry-2", article.id), "rule", reason)


def test_the_score_of_a_pair_is_that_of_its_explanation(unlearned: Recommender, corpus: Corpus) -> None:
    for target in corpus[1:]:
        assert unlearned.score("ferry-1", target.id) == unlearned.explain("ferry-1", target.id).score
