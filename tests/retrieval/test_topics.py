"""Topic vectors against dictionaries of weights."""

from __future__ import annotations

import itertools
import math
import zlib
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender import Article
from recommender.retrieval.topics import N_BUCKETS, TopicModel, shared_topics, topic_key

NAMES = ("energy", "wind", "offshore wind", "grid", "rail", "ferries")
TREE = {"Wind": "Energy", "Offshore Wind": "Wind", "Grid": "Energy"}
Weights = dict[str, float]


def tagged(*topics: str, name: str = "a") -> Article:
    return Article(name, "", topics=topics)


def column(topic: str) -> int:
    return zlib.crc32(topic.encode()) % N_BUCKETS


def plain_weights(topics: Sequence[str], parents: Mapping[str, str]) -> Weights:
    """Give a topic 1, its parent a half, and so on up; the highest where several paths lead to it."""
    weights: Weights = {}
    for topic in topics:
        path = [topic]
        while parents.get(path[-1]) not in (None, *path):
            path.append(parents[path[-1]])
        for steps, name in enumerate(path):
            weights[name] = max(weights.get(name, 0), 0.5**steps)
    return weights


def plain_vectors(site: Sequence[Sequence[str]], parents: Mapping[str, str]) -> list[Weights]:
    """Weigh each article's topics by their rarity on the site and scale to length one."""
    rows = [plain_weights(topics, parents) for topics in site]
    for row in (rows := [dict(row) for row in rows]):
        for name in row:
            frequency = sum(name in topics for topics in rows)
            row[name] *= math.log((1 + len(site)) / (1 + frequency)) / math.log(2 + len(site)) + 0.05
        length = math.sqrt(sum(weight**2 for weight in row.values()))
        for name in row:
            row[name] /= length
    return rows


def test_a_topic_counts_fully_its_parent_half_its_grandparent_a_quarter() -> None:
    model = TopicModel.fit([tagged("Offshore Wind"), tagged("Rail")], TREE)
    row = model.transform([tagged("Offshore Wind")])
    # Each of the three occurs in one article, so that rarity weighs them alike.
    assert row[0, column("wind")] / row[0, column("offshore wind")] == pytest.approx(0.5, rel=1e-6)
    assert row[0, column("energy")] / row[0, column("offshore wind")] == pytest.approx(0.25, rel=1e-6)
    assert row.nnz == 3


def test_a_topic_given_counts_fully_though_it_is_an_ancestor_too() -> None:
    model = TopicModel.fit([tagged("Offshore Wind", "Energy"), tagged("Rail")], TREE)
    for order in (("Offshore Wind", "Energy"), ("Energy", "Offshore Wind")):
        row = model.transform([tagged(*order)])
        assert row[0, column("energy")] == row[0, column("offshore wind")] == pytest.approx(row[0, column("wind")] * 2)


@pytest.mark.parametrize("tree", [{"a": "a"}, {"a": "b", "b": "a"}, {"a": "b", "b": "c", "c": "b"}])
def test_a_loop_in_the_tree_ends(tree: dict[str, str]) -> None:
    model = TopicModel.fit([tagged("a"), tagged("b")], tree)
    vectors = model.transform([tagged("a"), tagged("b")])
    assert np.isfinite(vectors.data).all()
    assert vectors[0].nnz == len({"a", *tree, *tree.values()})


def test_spellings_of_one_topic_are_one() -> None:
    model = TopicModel.fit([tagged("computer vision"), tagged("Rail")], {" COMPUTER  vision": "Machine\tLearning"})
    spelt, plain = model.transform([tagged("  Computer   Vision "), tagged("computer vision")]).toarray()
    assert (spelt == plain).all()
    assert spelt[column("machine learning")] > 0
    assert topic_key("STRASSE") == topic_key("Straße")


def test_a_topic_given_in_two_spellings_counts_once() -> None:
    model = TopicModel.fit([tagged("Rail", "RAIL"), tagged("Wind")], {})
    assert model.document_frequency_[column("rail")] == 1
    assert model.transform([tagged("Rail", " rail", "Wind")]).nnz == 2


def test_an_ancestor_occurs_where_a_topic_under_it_does() -> None:
    model = TopicModel.fit([tagged("Offshore Wind"), tagged("Grid"), tagged("Energy"), tagged("Rail")], TREE)
    occurs = {name: int(model.document_frequency_[column(name)]) for name in NAMES}
    assert occurs == {"energy": 3, "wind": 1, "offshore wind": 1, "grid": 1, "rail": 1, "ferries": 0}


def test_a_rare_topic_weighs_more_than_a_common_one_and_one_of_all_articles_still_something() -> None:
    model = TopicModel.fit([tagged("News", "Rail"), tagged("News"), tagged("News")], {})
    row = model.transform([tagged("News", "Rail", "Unheard")])
    assert 0 < row[0, column("news")] < row[0, column("rail")] < row[0, column("unheard")]


def test_an_article_without_topics_is_a_row_of_zeros() -> None:
    model = TopicModel.fit([tagged("Rail"), tagged()], TREE)
    vectors = model.transform([tagged(), tagged("Rail"), tagged()])
    assert np.diff(vectors.indptr).tolist() == [0, 1, 0]
    assert TopicModel.fit([tagged()], {}).transform([tagged()]).nnz == 0
    assert model.transform([]).shape == (0, N_BUCKETS)


@given(
    site=st.lists(st.lists(st.sampled_from(NAMES), unique=True, max_size=4), min_size=1, max_size=8),
    parents=st.dictionaries(st.sampled_from(NAMES), st.sampled_from(NAMES), max_size=5),
)
def test_cosines_are_those_of_plain_dictionaries(site: list[list[str]], parents: dict[str, str]) -> None:
    articles = [tagged(*topics, name=str(row)) for row, topics in enumerate(site)]
    vectors = TopicModel.fit(articles, parents).transform(articles)
    cosines = (vectors @ vectors.T).toarray()
    expected = plain_vectors(site, parents)
    for source, target in itertools.product(range(len(site)), repeat=2):
        cosine = sum(weight * expected[target].get(name, 0) for name, weight in expected[source].items())
        assert cosines[source, target] == pytest.approx(cosine, abs=1e-5)
    for row in vectors:
        assert (np.diff(row.indices) > 0).all()  # what `overlap` relies on


def test_shared_topics_are_spelt_and_ordered_as_in_the_source() -> None:
    source, target = tagged("Rail", "Offshore Wind", "Ports"), tagged("offshore  WIND", "ports", "RAIL ", "Grid")
    assert shared_topics(source, target) == ["Rail", "Offshore Wind", "Ports"]
    assert shared_topics(source, tagged("Grid")) == []


def test_a_shared_topic_is_named_once_however_often_the_source_spells_it() -> None:
    source = tagged("Rail", "rail ", "Ports", "Ports")
    assert shared_topics(source, tagged("RAIL", "Ports")) == ["Rail", "Ports"]
