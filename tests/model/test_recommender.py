"""What a model says about pairs and about odd sites, and how good its answers are."""

from __future__ import annotations

import math
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from recommender import (
    Article,
    ArticleError,
    Corpus,
    EvaluationReport,
    NotFittedError,
    Recommender,
    Relation,
    Settings,
    UnknownArticleError,
    evaluate,
)


def story(name: str) -> str:
    return name.partition("-")[0]


def test_the_score_of_a_pair_is_that_of_its_suggestion(unlearned: Recommender, fitted: Recommender) -> None:
    for model in (unlearned, fitted):
        for article in model.corpus[:: len(model.corpus) // 4]:
            for suggestion in model.suggest(article.id):
                group = (suggestion.target_id, *suggestion.duplicates)
                assert max(model.score(article.id, name) for name in group) == suggestion.score
                if not suggestion.duplicates:
                    assert model.score(article, suggestion.target) == suggestion.score


def test_an_explanation_has_the_reasons_of_the_suggestion(unlearned: Recommender, fitted: Recommender) -> None:
    for model in (unlearned, fitted):
        source = model.corpus[-1].id
        for suggestion in model.suggest(source):
            explanation = model.explain(source, suggestion.target_id)
            assert (explanation.source_id, explanation.target_id, explanation.score) == (
                source,
                suggestion.target_id,
                suggestion.score,
            )
            assert explanation.reasons == suggestion.reasons
            assert math.fsum(reason.share for reason in explanation.reasons) == pytest.approx(
                explanation.score, abs=1e-6
            )


def test_the_explanation_tells_what_two_articles_share(unlearned: Recommender) -> None:
    explanation = unlearned.explain("breach-1", "breach-4")
    assert {"hackers", "elmsford", "clinic", "patient", "records"} <= set(explanation.shared_terms)
    assert explanation.shared_topics == ("security",)
    apart = unlearned.explain("breach-1", "wind-4")
    assert not {"hackers", "turbines", "clinic"} & set(apart.shared_terms)
    assert apart.shared_topics == ()
    assert apart.score < explanation.score


def test_reasons_tell_shared_words_and_topics_in_words(unlearned: Recommender) -> None:
    texts = {reason.feature: reason.text for reason in unlearned.explain("wind-1", "wind-2").reasons}
    assert "harrow" in texts["title_terms"]
    assert "energy" in texts["topics"]
    assert "Coast Courier" in texts["provider"]
    assert "3 days" in texts["time"]


def test_an_explanation_is_ready_for_json(unlearned: Recommender) -> None:
    values = unlearned.explain("wind-1", "wind-2").to_dict()
    why = [
        "verdict",
        "reasons",
        "shared_terms",
        "shared_topics",
        "suggested",
        "obstacle",
        "outranked_by",
        "listed_under",
    ]
    assert list(values) == ["source", "target", "score", *why]
    assert all(list(reason) == ["feature", "text", "share"] for reason in values["reasons"])


@pytest.mark.parametrize("again", ["ferry-1", "https://coast.example/amp/ferry-1", "http://www.coast.example/ferry-1/"])
def test_an_article_is_not_explained_against_itself(unlearned: Recommender, again: str) -> None:
    with pytest.raises(ArticleError, match="'ferry-1' is source and target at once"):
        unlearned.explain("ferry-1", again)
    with pytest.raises(ArticleError, match="'ferry-1' is source and target at once"):
        unlearned.score(again, unlearned.corpus[0])


def test_a_draft_with_an_address_of_an_article_is_not_explained_against_it(unlearned: Recommender) -> None:
    draft = Article("draft", "A draft", url="https://coast.example/amp/ferry-1")
    with pytest.raises(ArticleError, match="'ferry-1' is source and target at once"):
        unlearned.explain(draft, "ferry-1")


def test_an_unseen_article_is_not_explained_against_itself(unlearned: Recommender) -> None:
    draft = Article("draft", "Ferry strike: what travellers need to know")
    with pytest.raises(ArticleError, match="'draft' is source and target at once"):
        unlearned.explain(draft, draft)


def test_an_unknown_end_of_a_pair_is_named(unlearned: Recommender) -> None:
    for pair in (("ferry-9", "ferry-1"), ("ferry-1", "ferry-9")):
        with pytest.raises(UnknownArticleError, match="'ferry-9'; did you mean ferry-"):
            unlearned.score(*pair)


def test_unseen_articles_are_scored_too(unlearned: Recommender) -> None:
    moment = datetime(2025, 3, 13, tzinfo=UTC)
    ferry = Article("x-ferry", "Islands celebrate: ferry strike is over", "Deckhands sail.", published_at=moment)
    strike = Article("x-strike", "Deckhands and islands after the ferry strike", published_at=moment)
    wind = Article("x-wind", "Harrow Hill turbines: judge explains noise limits", published_at=moment)
    for target, unlike in ((strike, wind), ("ferry-4", "wind-3")):
        assert 0 < unlearned.score(ferry, unlike) < unlearned.score(ferry, target) < 1
    assert unlearned.score("ferry-4", strike) > unlearned.score("ferry-4", wind)
    assert len(unlearned.corpus) == 12
    with pytest.raises(UnknownArticleError, match="x-strike"):
        unlearned.score("ferry-4", "x-strike")


def test_an_unseen_target_is_scored_as_if_it_had_been_added(corpus: Corpus, unlearned: Recommender) -> None:
    target = Article("x", "Deckhands and islands after the ferry strike", published_at=corpus[-1].published_at)
    added = Recommender().fit(corpus)
    added.add([target])
    assert unlearned.score("ferry-1", target) == added.score("ferry-1", "x")
    assert unlearned.score("ferry-1", corpus[4]) == unlearned.score("ferry-1", corpus[4].id)


def test_the_version_is_the_name_and_the_newest_moment_known(corpus: Corpus) -> None:
    model = Recommender(name="coast").fit(corpus)
    assert model.version == "coast@2025-03-12T06:00:00Z"
    model.add([Article("undated", "No date")])
    assert model.version == "coast@2025-03-12T06:00:00Z"
    model.add([Article("new", "New", published_at=datetime(2025, 4, 1, 2, tzinfo=UTC))])
    assert model.version == "coast@2025-04-01T02:00:00Z"


@pytest.mark.parametrize(
    ("moment", "version"),
    [
        (None, "site"),
        (datetime.max.replace(tzinfo=UTC), "site@9999-12-31T23:59:59.999999Z"),
        (datetime.min.replace(tzinfo=UTC), "site@0001-01-01T00:00:00Z"),
    ],
)
def test_the_version_of_odd_dates(moment: datetime | None, version: str) -> None:
    model = Recommender().fit([Article("a", "Ferry", published_at=moment), Article("b", "Ferry", published_at=moment)])
    assert model.version == version
    assert [suggestion.target_id for suggestion in model.suggest("a", threshold=0)] == ["b"]


@pytest.mark.parametrize("nothing", [[], Corpus.from_articles([]), iter(())])
def test_from_nothing_nothing_is_learned(nothing: object) -> None:
    with pytest.raises(ArticleError, match="no article to learn from"):
        Recommender().fit(nothing)


def test_a_failed_fit_leaves_what_was_learned_before(corpus: Corpus) -> None:
    model = Recommender().fit(corpus)
    before = model.suggest("ferry-1")
    assert before
    with pytest.raises(ArticleError, match="no article to learn from"):
        model.fit([])
    assert model.suggest("ferry-1") == before


def test_with_relations_the_right_story_comes_first(unlearned: Recommender) -> None:
    for name, suggestions in unlearned.suggest_all(k=3):
        assert {story(suggestion.target_id) for suggestion in suggestions} == {story(name)}
        assert len(suggestions) == 3


def test_without_any_relation_the_right_story_comes_first(unrelated: tuple[Article, ...]) -> None:
    model = Recommender().fit(unrelated)
    for name, suggestions in model.suggest_all(k=3, threshold=0):
        assert {story(suggestion.target_id) for suggestion in suggestions} == {story(name)}
        assert len(suggestions) == 3


def test_a_draft_finds_its_story(unlearned: Recommender) -> None:
    draft = Article("draft", "Ransom refused: hackers of Elmsford patient records speak")
    assert {story(suggestion.target_id) for suggestion in unlearned.suggest(draft, k=4)} == {"breach"}


def test_what_an_article_is_linked_with_counts(unrelated: tuple[Article, ...]) -> None:
    target = Article("quiet", "Harbour prices", relations=(Relation(None, "ferry-4"), Relation(None, "ferry-3")))
    apart = Recommender().fit([*unrelated, replace(target, relations=())])
    linked = Recommender().fit([*unrelated, target])
    assert linked.score("ferry-2", "quiet") > apart.score("ferry-2", "quiet")


def test_an_only_article_has_no_suggestions(corpus: Corpus) -> None:
    model = Recommender().fit([corpus[0]])
    assert model.suggest(corpus[0].id) == []
    assert list(model.suggest_all()) == [(corpus[0].id, [])]
    assert model.suggest(Article("draft", corpus[0].title), threshold=0)[0].target_id == corpus[0].id


def test_a_site_without_dates(corpus: Corpus) -> None:
    model = Recommender().fit([replace(article, published_at=None) for article in corpus])
    assert model.version == "site"
    for name, suggestions in model.suggest_all(k=1, threshold=0):
        assert story(suggestions[0].target_id) == story(name)
    assert model.suggest("ferry-1", threshold=0, as_of=datetime(2025, 6, 1, tzinfo=UTC)) == []
    reasons = {reason.feature: reason.text for reason in model.suggest("ferry-1", threshold=0)[0].reasons}
    assert reasons["time"].endswith("date unknown")


def test_a_draft_without_a_date_is_written_when_the_newest_article_was(unlearned: Recommender, corpus: Corpus) -> None:
    undated = Article("draft", "Ferry strike: what travellers need to know")
    dated = replace(undated, published_at=corpus[-1].published_at)
    assert unlearned.suggest(undated) == unlearned.suggest(dated)
    moment = corpus[5].published_at
    assert unlearned.suggest(undated, as_of=moment) == unlearned.suggest(
        replace(undated, published_at=moment), as_of=moment
    )


def test_a_known_article_sent_without_its_date_keeps_it(unlearned: Recommender, corpus: Corpus) -> None:
    assert unlearned.suggest(replace(corpus[2], published_at=None)) == unlearned.suggest(corpus[2].id)


def test_an_undated_article_is_asked_alike_by_id_and_as_a_draft(corpus: Corpus) -> None:
    undated = Article("undated", "Ferry strike: what travellers need to know")
    model = Recommender().fit([*corpus, undated])
    assert model.suggest(undated, threshold=0) == model.suggest("undated", threshold=0)


def test_the_same_text_elsewhere_is_a_duplicate_and_what_is_likely_and_near_the_same_story(
    fitted: Recommender,
) -> None:
    aground = "2025-06-03-ferry-with-214-aboard-runs-aground-in-fog"
    by_target = {suggestion.target_id: suggestion for suggestion in fitted.suggest(aground, k=100, threshold=0)}
    assert by_target["2025-06-03-ferry-with-214-on-board-runs-aground"].kind == "duplicate"
    assert by_target["2025-06-07-off-the-rocks-at-last-two-tugs-one"].kind == "same-story"
    assert by_target["2025-06-26-ferry-grounding-radar-on-maud-calloway-was-switched"].kind == "background", (
        "weeks later"
    )
    assert by_target["2025-11-13-an-island-without-a-signal-and-not"].kind == "background", "unlikely"


@pytest.mark.parametrize(("selection", "name"), [({}, "threshold"), ({"threshold": "sure"}, "sure")])
def test_the_threshold_is_the_rankers_or_its_sure_one(
    fitted: Recommender, unlearned: Recommender, selection: dict[str, str], name: str
) -> None:
    for known in (fitted, unlearned):
        model = copy(known)
        model.settings = Settings.from_dict({"selection": selection})
        assert model.threshold == getattr(known.ranker, name)
        assert 0 < model.threshold < 1


def test_a_threshold_of_the_settings_is_the_models(fitted: Recommender) -> None:
    for threshold in (0, 0.35, 1):
        model = copy(fitted)
        model.settings = Settings.from_dict({"selection": {"threshold": threshold}})
        assert model.threshold == threshold
    with pytest.raises(NotFittedError, match="the model knows nothing yet"):
        Recommender().threshold  # noqa: B018


def test_by_default_nearly_every_article_has_a_suggestion_and_lists_are_not_filled(
    fitted: Recommender, unrelated: tuple[Article, ...]
) -> None:
    for model, least_share in ((fitted, 0.85), (Recommender().fit(unrelated), 0.5)):
        usual, filled = ([len(own) for _, own in model.suggest_all(threshold=least)] for least in (None, 0))
        assert np.mean(np.array(usual) > 0) > least_share
        assert sum(usual) < 0.8 * sum(filled)


def test_sure_shows_less_than_the_default_of_the_shipped_ranker(unrelated: tuple[Article, ...]) -> None:
    model = Recommender().fit(unrelated)
    assert model.ranker.sure > model.threshold
    usual, sure = (sum(len(own) for _, own in model.suggest_all(threshold=name)) for name in (None, "sure"))
    assert sure < usual


def test_sure_is_the_rankers_stricter_score_on_every_path(newsroom: Corpus) -> None:
    fitted = Recommender(Settings.from_dict({"ranker": {"learn": "shipped"}})).fit(newsroom)
    names = [article.id for article in fitted.corpus[::10]]
    least = fitted.ranker.sure
    expected = {name: fitted.suggest(name, threshold=least) for name in names}
    assert any(expected.values())
    assert expected != {name: fitted.suggest(name) for name in names}
    assert {name: fitted.suggest(name, threshold="sure") for name in names} == expected
    assert fitted.suggest_many(names, threshold="sure") == list(expected.values())
    everything = dict(fitted.suggest_all(threshold="sure"))
    assert {name: everything[name] for name in names} == expected
    inbound = fitted.inbound_all(names, threshold="sure")
    assert inbound == fitted.inbound_all(names, threshold=least) != fitted.inbound_all(names)
    assert [fitted.inbound(name, threshold="sure") for name in names] == [
        fitted.inbound(name, threshold=least) for name in names
    ]


def test_sure_in_the_settings_holds_for_lists_and_explanations(fitted: Recommender) -> None:
    strict = copy(fitted)
    strict.settings = Settings.from_dict({"selection": {"threshold": "sure"}})
    least = fitted.ranker.sure
    weak = [suggestion for _, own in fitted.suggest_all(threshold=0) for suggestion in own if suggestion.score < least]
    assert len(weak) > 100
    for suggestion in weak[::50]:
        source = suggestion.source_id
        assert suggestion in strict.suggest(source, threshold=0)
        assert strict.suggest(source) == fitted.suggest(source, threshold=least)
        explanation = strict.explain(source, suggestion.target_id)
        assert explanation.obstacle == "threshold"
        assert explanation.verdict.endswith(f"below the threshold of {least:.3g}")


@pytest.fixture(scope="module")
def report(newsroom: Corpus) -> EvaluationReport:
    return evaluate(newsroom)


@pytest.mark.parametrize("protocol", ["at publication", "today"])
def test_on_the_example_site_it_beats_the_simple_baselines(report: EvaluationReport, protocol: str) -> None:
    """By more than chance: the whole interval of the paired difference is above zero."""
    result = report.result(protocol)
    for baseline in ("random", "newest in topic", "topic overlap"):
        difference = result.differences[baseline]["nDCG@10"].over_articles
        assert difference.low > 0, baseline


@pytest.mark.parametrize("protocol", ["at publication", "today"])
def test_on_the_example_site_it_is_no_worse_than_plain_words(report: EvaluationReport, protocol: str) -> None:
    ndcg = {
        name: model.figures["nDCG@10"].over_articles.value for name, model in report.result(protocol).models.items()
    }
    assert ndcg["recommender"] > ndcg["TF-IDF cosine, title + excerpt"]


def test_many_at_once_get_what_each_gets_alone(fitted: Recommender) -> None:
    """More than one block of drafts, dated and not, known articles among them by any name."""
    chosen = [fitted.corpus[row] for row in range(0, len(fitted.corpus), 3)]
    drafts = [replace(article, id=f"draft-{article.id}", url=None, aliases=()) for article in chosen]
    undated = [replace(draft, published_at=None) for draft in drafts[::2]]
    sources = [*undated, chosen[0].id, *drafts, chosen[1], f"./{chosen[2].id}.md", chosen[3].title]
    moment = chosen[-1].published_at
    for options in ({}, {"k": 3, "threshold": 0.0}, {"as_of": moment}):
        assert fitted.suggest_many(sources, **options) == [fitted.suggest(source, **options) for source in sources]
    assert fitted.suggest_many([]) == []
    with pytest.raises(UnknownArticleError, match="'nobody'"):
        fitted.suggest_many([drafts[0], "nobody"])
