"""What is never suggested, whatever it scores: excluded articles, translations, other languages, links in the text."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recommender import Article, Recommender, Relation, Settings
from recommender.core.settings import CandidateSettings, SelectionSettings

TEXT = "harbor ferry strike island terminal crews pay"


def article(name: str, **fields: object) -> Article:
    return replace(Article(name, f"Ferry {name}", body=f"{TEXT} {name}"), **fields)


SITE = (
    article("source", language="de", translation_key="strike"),
    article("english", language="en", translation_key="strike"),
    article("german", language="de-CH"),
    article("french", language="fr"),
    article("unknown"),
    article("draft", language="de", excluded="draft"),
    article("gone", language="de", removed=True),
)


def model_of(*articles: Article, **settings: object) -> Recommender:
    return Recommender(settings=Settings(**settings)).fit(articles or SITE)


def suggested(model: Recommender, source: str | Article) -> set[str]:
    return {suggestion.target_id for suggestion in model.suggest(source, k=20, threshold=0.0)}


def test_only_what_readers_of_the_source_can_read_is_suggested() -> None:
    assert suggested(model_of(), "source") == {"german", "unknown"}
    assert suggested(model_of(), "unknown") == {"source", "english", "german", "french"}


def test_other_languages_may_be_accepted_but_no_translation_of_the_source() -> None:
    model = model_of(candidates=CandidateSettings(same_language=False))
    assert suggested(model, "source") == {"german", "unknown", "french"}


def test_the_languages_of_drafts_count_too() -> None:
    draft = article("new", language="fr_CA", translation_key="strike")
    assert suggested(model_of(), draft) == {"french", "unknown"}


def test_what_is_added_later_is_as_eligible_as_what_was_there() -> None:
    model = model_of(*SITE[:2])
    model.add(SITE[2:])
    assert suggested(model, "source") == {"german", "unknown"}


def test_a_saved_model_knows_the_same(tmp_path: object) -> None:
    model_of().save(f"{tmp_path}/model")
    assert suggested(Recommender.load(f"{tmp_path}/model"), "source") == {"german", "unknown"}


@pytest.mark.parametrize(
    ("target", "obstacle", "words"),
    [
        ("english", "rule", "it is a translation of the source"),
        ("french", "rule", "its language is fr, not de (candidates.same_language)"),
        ("draft", "excluded", "it is never suggested: draft"),
        ("gone", "removed", "it was removed"),
    ],
)
def test_the_reason_is_given(target: str, obstacle: str, words: str) -> None:
    explanation = model_of().explain("source", target)
    assert (explanation.obstacle, words in explanation.verdict) == (obstacle, True)


def test_what_the_text_links_already_is_not_suggested_but_what_a_list_holds_may_be() -> None:
    links = (Relation("https://a.example/german", kind="body"), Relation(None, "unknown"))
    site = (replace(SITE[0], relations=links), replace(SITE[2], url="https://a.example/german"), *SITE[3:])
    assert suggested(model_of(*site), "source") == {"unknown"}
    assert "its text links to it already" in model_of(*site).explain("source", "german").verdict
    assert suggested(model_of(*site), replace(site[0], id="a draft of it", translation_key=None)) == {
        "source",
        "unknown",
    }


def test_a_list_may_be_left_unrepeated_for_drafts_as_for_articles() -> None:
    strict = SelectionSettings(repeat_curated=False)
    site = (replace(SITE[0], relations=(Relation(None, "unknown"),)), *SITE[1:])
    assert suggested(model_of(*site, selection=strict), "source") == {"german"}
    draft = article("new", language="de", relations=(Relation(None, "german"),))
    assert suggested(model_of(*site, selection=strict), draft) == {"source", "unknown"}
