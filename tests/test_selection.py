"""Which candidates become suggestions, on scores set by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender import Article, Corpus, Relation
from recommender.candidates import with_candidates
from recommender.features import FeatureModel, Query, queries
from recommender.selection import obstacle, order, select
from recommender.settings import CandidateSettings, SelectionSettings

START = datetime(2025, 1, 1, tzinfo=UTC)
NAMES = ("m", "c", "x", "a", "removed", "hidden", "linked", "links")
PLAIN = SelectionSettings()


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    """Return a source and, in an order of time that is not that of the alphabet, what it may lead to."""
    relations = {"source": (Relation(None, "linked"),), "links": (Relation(None, "source"),)}
    return Corpus.from_articles(
        Article(
            name,
            name,
            published_at=START + timedelta(days=day),
            removed=name == "removed",
            published=name != "hidden",
            relations=relations.get(name, ()),
        )
        for day, name in enumerate([*NAMES, "source"])
    )


@pytest.fixture(scope="module")
def query(corpus: Corpus) -> Query:
    """Return the source's query; its candidates are `NAMES`, in that order."""
    index = FeatureModel.fit(corpus).index(corpus)
    row = np.array([len(NAMES)])
    [asked] = queries(index, index.vectors.take(row), row, row + 1)
    return with_candidates(asked, CandidateSettings(), also=np.arange(len(NAMES)))


def scored(**scores: float) -> np.ndarray:
    """Return scores by id, 0 for all others."""
    return np.array([scores.get(name, 0.0) for name in NAMES])


def chosen(query: Query, scores: np.ndarray, settings: SelectionSettings, k: int = 5, threshold: float = 0.1) -> str:
    return " ".join(NAMES[place] for place in select(query, scores, settings, k, threshold))


def test_the_best_come_first_and_equals_by_their_ids(query: Query) -> None:
    places = order(query, scored(m=0.5, c=0.9, x=0.5, a=0.5, links=0.7))
    assert [NAMES[place] for place in places[:5]] == ["c", "links", "a", "m", "x"]
    assert sorted(places.tolist()) == list(range(len(NAMES)))


@given(st.lists(st.sampled_from([0.0, 0.2, 0.5, 1.0]), min_size=len(NAMES), max_size=len(NAMES)))
def test_the_order_is_that_of_a_full_sort(query: Query, scores: list[float]) -> None:
    wanted = sorted(zip((-score for score in scores), NAMES, strict=True))
    assert [NAMES[place] for place in order(query, np.array(scores))] == [name for _, name in wanted]


def test_at_most_k(query: Query) -> None:
    scores = scored(m=0.5, c=0.9, x=0.4, a=0.6)
    assert [chosen(query, scores, PLAIN, k) for k in (1, 3, 9)] == ["c", "c a m", "c a m x"]


def test_fewer_rather_than_those_below_the_threshold(query: Query) -> None:
    scores = scored(m=0.5, c=0.9, x=0.4)
    assert chosen(query, scores, PLAIN, threshold=0.5) == "c m"
    assert chosen(query, scores, PLAIN, threshold=np.nextafter(0.5, 1)) == "c"
    assert chosen(query, scores, PLAIN, threshold=0.95) == ""


def test_what_must_not_be_suggested_takes_no_place(query: Query) -> None:
    scores = scored(removed=0.99, hidden=0.98, linked=0.97, c=0.5, m=0.4, x=0.3)
    strict = SelectionSettings(only_published=True, repeat_curated=False)
    assert chosen(query, scores, strict, k=2) == "c m"
    assert chosen(query, scores, PLAIN, k=3) == "hidden linked c"


def test_the_obstacles_in_words(query: Query) -> None:
    strict = SelectionSettings(only_published=True, repeat_curated=False)
    told = {name: obstacle(query, row, strict) for row, name in enumerate([*NAMES, "source"])}
    assert told == dict.fromkeys(("m", "c", "x", "a", "links")) | {
        "removed": "it was removed",
        "hidden": "it is not published, and selection.only_published is set",
        "linked": "an editor has linked it already, and selection.repeat_curated is off",
        "source": "it is the source itself",
    }


def test_by_default_only_the_source_and_the_removed_are_in_the_way(query: Query) -> None:
    told = [name for row, name in enumerate([*NAMES, "source"]) if obstacle(query, row, PLAIN)]
    assert told == ["removed", "source"]


def test_nothing_is_curated_for_an_article_that_the_corpus_does_not_hold(query: Query) -> None:
    draft = replace(query, row=-1)
    settings = SelectionSettings(repeat_curated=False)
    assert [obstacle(draft, row, settings) for row in (NAMES.index("linked"), len(NAMES))] == [None, None]


def test_without_candidates_nothing_is_chosen(query: Query) -> None:
    empty = replace(query, targets=np.empty(0, dtype=np.intp), linked=np.empty(0))
    assert select(empty, np.empty(0), PLAIN, 5, 0) == []


def test_the_places_of_candidates_do_not_matter(query: Query) -> None:
    scores = np.array([0.3, 0.3, 0.9, 0.3, 0.3, 0.1, 0.9, 0.2])
    wanted = [NAMES[place] for place in select(query, scores, PLAIN, 5, 0)]
    places = np.random.default_rng(3).permutation(len(NAMES))
    turned = replace(query, targets=query.targets[places])
    got = [NAMES[places[place]] for place in select(turned, scores[places], PLAIN, 5, 0)]
    assert got == wanted
