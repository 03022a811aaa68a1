from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender import Article, Corpus, Relation
from recommender.core.errors import UnknownArticleError
from recommender.corpus.corpus import ReadReport

DAY = datetime(2020, 10, 1, tzinfo=UTC)
SITE = "https://example.com"


def at(day: int, article_id: str, title: str = "T", **fields: Any) -> Article:
    return Article(article_id, title, published_at=DAY + timedelta(days=day), **fields)


def to(*names: str) -> tuple[Relation, ...]:
    return tuple(Relation(url=name) if "/" in name else Relation(url=None, target_id=name) for name in names)


def ids(corpus: Corpus) -> list[str]:
    return [article.id for article in corpus]


def test_articles_stand_in_time_order_then_by_id_and_undated_ones_last() -> None:
    corpus = Corpus.from_articles([Article("a", "T"), at(2, "c"), at(1, "z"), at(2, "b"), Article("0", "T")])
    assert ids(corpus) == ["z", "b", "c", "0", "a"]
    assert corpus.times[:3].tolist() == [(DAY + timedelta(days=day)).timestamp() for day in (1, 2, 2)]
    assert np.isposinf(corpus.times[3:]).all()


def test_a_corpus_is_a_read_only_sequence() -> None:
    corpus = Corpus.from_articles([at(1, "a"), at(2, "b")])
    assert (len(corpus), corpus[0].id, corpus[-1].id) == (2, "a", "b")
    assert isinstance(corpus[:1], tuple)
    assert "a" in corpus
    assert corpus[0] in corpus
    assert "c" not in corpus
    assert 5 not in corpus
    with pytest.raises(TypeError, match="does not support item assignment"):
        corpus[0] = corpus[1]  # type: ignore[index]
    with pytest.raises(IndexError, match="out of range"):
        corpus[2]


def test_an_empty_corpus_is_a_corpus() -> None:
    corpus = Corpus.from_articles([])
    assert (len(corpus), corpus.links.shape, corpus.rows_as_of(DAY)) == (0, (0, 2), 0)


@pytest.mark.parametrize(
    "second",
    [
        {"article_id": "a"},
        {"article_id": "b", "url": f"{SITE}/x"},
        {"article_id": "b", "url": "http://www.example.com/x/?utm_source=mail#top"},
        {"article_id": "b", "url": "https://other.example/", "aliases": (f"{SITE}/x?amp=1",)},
        {"article_id": "b", "aliases": ("https://amp.example.com/x",)},
        {"article_id": "b", "url": "https://amp-example-com.cdn.ampproject.org/c/s/amp.example.com/x?AMP"},
    ],
)
def test_one_id_or_address_is_one_article_and_the_earliest_stays(second: dict[str, Any]) -> None:
    first = at(1, "a", "First", url=f"{SITE}/x", aliases=("https://amp.example.com/x",), relations=to("r", "s"))
    later = at(2, title="Later", relations=to("s", "t"), removed=True, **second)
    corpus = Corpus.from_articles([later, first])
    assert ids(corpus) == ["a"]
    assert corpus[0].title == "First"
    assert corpus[0].published_at == DAY + timedelta(days=1)
    assert corpus[0].removed
    assert corpus[0].relations == to("r", "s", "t")
    assert corpus[0].url == f"{SITE}/x"
    assert set(later.addresses) <= set(corpus[0].addresses)
    assert corpus.merged == ((later.id, "a"),)
    assert corpus.row(later.id) == 0


def test_articles_that_share_an_address_through_a_third_are_one() -> None:
    corpus = Corpus.from_articles(
        [at(1, "a", url=f"{SITE}/1"), at(2, "b", url=f"{SITE}/2"), at(3, "c", url=f"{SITE}/1", aliases=(f"{SITE}/2",))]
    )
    assert ids(corpus) == ["a"]
    assert [lost for lost, _ in corpus.merged] == ["b", "c"]


def test_a_parameter_with_a_meaning_tells_articles_apart() -> None:
    corpus = Corpus.from_articles([at(1, "a", url=f"{SITE}/read?id=1"), at(2, "b", url=f"{SITE}/read?id=2")])
    assert ids(corpus) == ["a", "b"]
    assert corpus.find(f"{SITE}/read?utm_source=x&id=2") == 1


def test_fragments_tell_articles_apart_on_a_page_that_holds_several() -> None:
    corpus = Corpus.from_articles(
        [
            at(1, "a", url=f"{SITE}/8/#one"),
            at(1, "b", url=f"{SITE}/8/#two", relations=to("http://www.example.com/8#one", f"{SITE}/8/#nine")),
            at(2, "c", url=f"{SITE}/9/#only", relations=to(f"{SITE}/9")),
        ]
    )
    assert ids(corpus) == ["a", "b", "c"]
    assert corpus.find("http://example.com/8#two") == 1
    assert corpus.find(f"{SITE}/8/#nine") is None
    assert corpus.find(f"{SITE}/9/") == corpus.find(f"{SITE}/9#elsewhere") == 2
    assert corpus.links.tolist() == [[1, 0]]
    assert [(row, relation.url) for row, relation in corpus.externals] == [(1, f"{SITE}/8/#nine")]


def test_fragments_still_tell_articles_apart_after_a_merge() -> None:
    corpus = Corpus.from_articles([at(1, "a"), at(2, "a", url=f"{SITE}/p#1"), at(3, "b", url=f"{SITE}/p#0")])
    assert ids(corpus) == ["a", "b"]
    assert (corpus.find(f"{SITE}/p#1"), corpus.find(f"{SITE}/p#0")) == (0, 1)


def test_relations_resolve_by_id_by_any_address_else_they_are_external() -> None:
    corpus = Corpus.from_articles(
        [
            at(1, "a", url=f"{SITE}/a", aliases=("https://amp.example.com/a",)),
            at(2, "b", relations=to("a", "https://amp.example.com/a?amp", "gone", "https://elsewhere.example/")),
            at(3, "c", relations=(Relation(f"{SITE}/a", target_id="b"), Relation(f"{SITE}/a", target_id="gone"))),
            at(4, "d", relations=to("d")),
        ]
    )
    assert corpus.links.tolist() == [[1, 0], [2, 0], [2, 1]]
    assert [(row, relation.target_id or relation.url) for row, relation in corpus.externals] == [
        (1, "gone"),
        (1, "https://elsewhere.example/"),
    ]
    assert corpus.links.dtype == np.int32
    assert corpus.neighbours.toarray().tolist() == [[0, 1, 1, 0], [1, 0, 1, 0], [1, 1, 0, 0], [0, 0, 0, 0]]


def test_links_both_ways_are_one_neighbour() -> None:
    corpus = Corpus.from_articles([at(1, "a", relations=to("b")), at(2, "b", relations=to("a"))])
    assert corpus.links.tolist() == [[0, 1], [1, 0]]
    assert corpus.neighbours.toarray().tolist() == [[0, 1], [1, 0]]


def test_a_relation_to_a_merged_article_is_one_to_the_article_that_stays() -> None:
    corpus = Corpus.from_articles(
        [at(1, "a", url=f"{SITE}/x"), at(2, "b", url=f"{SITE}/x", relations=to("a")), at(3, "c", relations=to("b"))]
    )
    assert corpus.links.tolist() == [[1, 0]]


def test_rows_as_of_a_moment_take_that_moment_in() -> None:
    corpus = Corpus.from_articles([at(1, "a"), at(2, "b"), at(3, "c"), Article("undated", "T")])
    noon_in_tokyo = (DAY + timedelta(days=2)).astimezone(timezone(timedelta(hours=9)))
    assert corpus.rows_as_of(DAY) == 0
    assert corpus.rows_as_of(DAY + timedelta(days=2, microseconds=-1)) == 1
    assert corpus.rows_as_of(noon_in_tokyo) == 2
    assert corpus.rows_as_of(DAY + timedelta(days=9999)) == 3
    assert corpus.rows_as_of(None) == 4


def test_an_article_is_found_by_id_then_by_any_address() -> None:
    corpus = Corpus.from_articles([at(1, "a", url=f"{SITE}/a"), at(2, "b", url=f"{SITE}/b")])
    assert corpus.row_of(Article("b", "T", url=f"{SITE}/a")) == 1
    assert corpus.row_of(Article("new", "T", url="https://x.example", aliases=(f"{SITE}/a?fbclid=1",))) == 0
    assert corpus.row_of(Article("new", "T")) is None


def test_an_unknown_id_names_the_nearest() -> None:
    corpus = Corpus.from_articles([at(1, "2020-10-02-detroit"), at(2, "2020-10-03-boston")])
    with pytest.raises(
        UnknownArticleError, match="no article has the id 'detroit'; did you mean 2020-10-02-detroit\\?"
    ):
        corpus.row("detroit")
    with pytest.raises(UnknownArticleError, match="'2020-10-03-bostn'; did you mean 2020-10-03-boston"):
        corpus.row("2020-10-03-bostn")
    with pytest.raises(UnknownArticleError, match="'zzz'; nothing known comes near it"):
        corpus.row("zzz")


def test_everything_read_is_accounted_for() -> None:
    articles = [at(1, "a"), at(2, "a"), at(3, "b")]
    assert Corpus.from_articles(articles).report == ReadReport(read=3)
    report = ReadReport(4, ("x.md: is empty",), ("y.md: odd",))
    corpus = Corpus.from_articles(articles, report=report)
    assert corpus.report is report
    assert corpus.report.read == len(corpus) + len(corpus.report.skipped) + len(corpus.merged)


def test_the_topic_tree_is_kept() -> None:
    assert Corpus.from_articles([], {"AI": "Azure"}).topic_parents == {"AI": "Azure"}


names = st.sampled_from("abcdef")
addresses = st.sampled_from([f"{SITE}/{n}" for n in range(4)])
articles = st.lists(
    st.builds(
        Article,
        id=names,
        title=st.sampled_from(["One", "Two"]),
        published_at=st.none() | st.integers(0, 3).map(lambda day: DAY + timedelta(days=day)),
        url=st.none() | addresses,
        aliases=st.lists(addresses, max_size=2).map(tuple),
        removed=st.booleans(),
        relations=st.lists(
            st.builds(Relation, url=addresses) | names.map(lambda name: Relation(None, name)), max_size=3
        ).map(tuple),
    ),
    max_size=8,
)


@given(articles, st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(given_articles: list[Article], shuffler: random.Random) -> None:
    shuffled = list(given_articles)
    shuffler.shuffle(shuffled)
    one, other = Corpus.from_articles(given_articles), Corpus.from_articles(shuffled)
    assert other.articles == one.articles
    assert other.merged == one.merged
    assert other.externals == one.externals
    assert np.array_equal(other.links, one.links)


@given(articles)
def test_what_holds_for_every_corpus(given_articles: list[Article]) -> None:
    corpus = Corpus.from_articles(given_articles)
    assert len(corpus) + len(corpus.merged) == len(given_articles) == corpus.report.read
    assert len(set(ids(corpus))) == len(corpus)
    assert np.all(corpus.times[:-1] <= corpus.times[1:])
    assert all(corpus.row(article.id) == row for row, article in enumerate(corpus))
    assert all(corpus.find(article.id) is not None for article in given_articles)
    owners: dict[str, int] = {}
    for row, article in enumerate(corpus):
        for address in article.addresses:
            assert owners.setdefault(address, row) == row
            assert corpus.find(address) == row
    assert (corpus.neighbours != corpus.neighbours.T).nnz == 0
    assert not corpus.neighbours.diagonal().any()
    again = Corpus.from_articles(corpus)
    assert again.articles == corpus.articles
