"""What kind of read a suggestion is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from recommender import Article, Corpus, Relation
from recommender.features import FeatureModel, queries
from recommender.stories import BACKGROUND, DUPLICATE, SAME_STORY, kind_of

START = datetime(2025, 1, 1, tzinfo=UTC)
TEXT = "Ferry runs aground off Calder Point with two hundred on board"
KINDS = {
    "two days": SAME_STORY,
    "fourteen days": SAME_STORY,
    "over fourteen days": BACKGROUND,
    "copy": DUPLICATE,
    "copy long ago": DUPLICATE,
    "linked with two days": SAME_STORY,
    "linked from fourteen days": SAME_STORY,
    "linked with the source": BACKGROUND,
    "linked with the linked": BACKGROUND,
    "undated": BACKGROUND,
    "undated but linked": SAME_STORY,
}


def article(name: str, days: float | None, *links: str, title: str = "") -> Article:
    moment = None if days is None else START + timedelta(days=days)
    return Article(
        name, title or f"About {name}", published_at=moment, relations=tuple(Relation(None, to) for to in links)
    )


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return Corpus.from_articles(
        [
            article("source", 100, "linked with the source", title=TEXT),
            article("two days", 98),
            article("fourteen days", 86, "linked from fourteen days"),
            article("over fourteen days", 85.99),
            article("copy", 100, title=TEXT.upper()),
            article("copy long ago", 1, title=TEXT),
            article("linked with two days", 20, "two days"),
            article("linked from fourteen days", 21),
            article("linked with the source", 22),
            article("linked with the linked", 23, "linked with two days"),
            article("undated", None),
            article("undated but linked", None, "two days"),
        ]
    )


def kinds(corpus: Corpus, source: str, limit: int) -> dict[str, str]:
    index = FeatureModel.fit(corpus).index(corpus)
    row = corpus.row(source)
    [query] = queries(index, index.vectors.take(np.array([row])), np.array([row]), np.array([limit]))
    return {corpus[other].id: kind_of(query, other) for other in range(limit) if other != row}


def test_the_kind_is_by_text_then_by_time_then_by_links(corpus: Corpus) -> None:
    assert kinds(corpus, "source", len(corpus)) == KINDS


def test_a_link_with_what_is_not_known_yet_makes_no_story() -> None:
    corpus = Corpus.from_articles(
        [article("old", 0), article("source", 50), article("later", 51, "old"), article("last", 99)]
    )
    assert kinds(corpus, "source", 3)["old"] == SAME_STORY
    assert kinds(corpus, "source", 2)["old"] == BACKGROUND


def test_without_a_date_of_the_source_only_copies_are_more_than_background(corpus: Corpus) -> None:
    assert set(kinds(corpus, "undated", len(corpus)).values()) == {BACKGROUND}
