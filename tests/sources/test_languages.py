"""Languages of texts that say nothing of theirs."""

from __future__ import annotations

from pathlib import Path

import pytest

from recommender import Article, read_articles
from recommender.sources.languages import detected_language, with_languages
from recommender.sources.outcomes import Outcome

ENGLISH = "The harbor ferry will sail again on Monday, the crews said after the talks with the company."
GERMAN = "Die Fähre im Hafen fährt am Montag wieder, sagten die Besatzungen nach den Gesprächen mit der Reederei."
JAPANESE = "港のフェリーは月曜日に運航を再開すると、会社との協議の後に乗組員が述べた。島の住民は歓迎している。"


def languages(*articles: Article) -> list[str | None]:
    outcomes = with_languages([Outcome(article.id, article) for article in articles])
    return [outcome.article.language for outcome in outcomes if outcome.article is not None]


def many(text: str, count: int, language: str | None = None) -> list[Article]:
    return [Article(f"{text[:2]}{n}", "Title", body=f"{text} {n}", language=language) for n in range(count)]


@pytest.mark.parametrize(
    ("text", "language"),
    [(ENGLISH, "en"), (GERMAN, "de"), (JAPANESE, "ja"), ("Ferry", None), ("", None), ("1 2 3 " * 99, None)],
)
def test_a_language_is_said_where_it_is_clear(text: str, language: str | None) -> None:
    assert detected_language(text) == language


def test_on_a_site_in_one_language_nothing_is_said() -> None:
    assert languages(*many(ENGLISH, 20)) == [None] * 20


def test_on_a_site_in_two_languages_each_text_has_its_own() -> None:
    assert languages(*many(ENGLISH, 20), *many(GERMAN, 10)) == ["en"] * 20 + ["de"] * 10


def test_what_an_article_says_itself_stays() -> None:
    said = languages(*many(ENGLISH, 5, "en-GB"), *many(GERMAN, 3), *many(GERMAN, 2, "fr"))
    assert said == ["en-GB"] * 5 + ["de"] * 3 + ["fr"] * 2


def test_a_rare_language_is_a_mistake_of_the_detector() -> None:
    assert languages(*many(ENGLISH, 60), *many(GERMAN, 60), *many(JAPANESE, 1))[-1] is None


def test_a_generated_site_of_one_language_may_hold_texts_in_another(tmp_path: Path) -> None:
    (tmp_path / "hugo.toml").write_text(
        "baseURL = 'https://coast.example/'\nlanguageCode = 'en-us'\n", encoding="utf-8"
    )
    (tmp_path / "content").mkdir()
    for name, text in {"a": ENGLISH, "b": GERMAN, "c": "Short."}.items():
        (tmp_path / "content" / f"{name}.md").write_text(f"---\ntitle: {name}\n---\n{text}\n", encoding="utf-8")
    found = {article.id: article.language for article in read_articles(tmp_path)}
    assert found["b"] == "de"
    assert str(found["a"]).startswith("en")
    assert str(found["c"]).startswith("en")
