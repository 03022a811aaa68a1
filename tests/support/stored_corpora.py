"""Corpora written to a model folder and opened again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import strategies as st

from recommender import Article, Corpus, Provider, Relation
from recommender.core.errors import UnknownArticleError
from recommender.core.model_folder import ModelFolder
from recommender.corpus.archive import ARTICLES, add_corpus, open_corpus

START = datetime(2025, 1, 1, tzinfo=UTC)


SITE = "https://a.example"


IDS = [f"a{number}" for number in range(6)] + ["posts/1"]


ADDRESSES = [f"{SITE}/1", f"{SITE}/2#one", f"{SITE}/2#two", "http://www.a.example/2/?utm_source=x#two", f"{SITE}/3"]


NAMES = [*IDS, "new", "unheard-of", *ADDRESSES, f"{SITE}/2", f"{SITE}/9", f"{SITE}/1#top", "/posts/1", "\ud800"]


ids, addresses = st.sampled_from(IDS), st.sampled_from([*ADDRESSES, f"{SITE}/9"])
relations = st.one_of(
    ids.map(lambda name: Relation(None, name)),
    addresses.map(lambda address: Relation(address, title="Elsewhere", provider=Provider("There"))),
    st.builds(Relation, addresses, st.sampled_from([*IDS, "new"])),
)


def articles_of(names: st.SearchStrategy[str], days: st.SearchStrategy[int]) -> st.SearchStrategy[Article]:
    return st.builds(
        Article,
        id=names,
        title=st.sampled_from(["One", "Zwei 記事 🚢\n\u2028", ""]),
        published_at=st.one_of(st.none(), days.map(lambda day: START + timedelta(days=day))),
        url=st.one_of(st.none(), addresses),
        aliases=st.lists(addresses, max_size=2).map(tuple),
        provider=st.sampled_from([None, Provider("There", "there.example")]),
        quality=st.sampled_from([None, -0.5]),
        removed=st.booleans(),
        relations=st.lists(relations, max_size=4).map(tuple),
    )


def folder_of(corpus: Corpus) -> ModelFolder:
    """Return the contents of a corpus's files, as they come from a disk."""
    folder = ModelFolder()
    add_corpus(folder, corpus)
    folder.arrays[ARTICLES] = np.frombuffer(folder.texts.pop(ARTICLES), dtype=np.uint8)
    return folder


def opened(corpus: Corpus) -> Corpus:
    return open_corpus(folder_of(corpus), corpus.topic_parents)


def files(corpus: Corpus) -> dict[str, bytes]:
    folder = folder_of(corpus)
    return folder.texts | {name: values.dtype.str.encode() + values.tobytes() for name, values in folder.arrays.items()}


def said(corpus: Corpus, name: str) -> str:
    try:
        return str(corpus.row(name))
    except UnknownArticleError as error:
        return str(error)


def same(one: Corpus, other: Corpus) -> None:
    """Ask two corpora everything that there is to ask."""
    for name in ("articles", "originals", "externals", "merged"):
        assert list(getattr(one, name)) == list(getattr(other, name)), name
        assert getattr(one, name) == getattr(other, name), name
    assert list(one) == list(other) == [one[row] for row in range(len(one))]
    assert one[-2:] == other[-2:]
    for name in ("times", "links"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
        assert getattr(one, name).dtype == getattr(other, name).dtype
    for name in ("indptr", "indices", "data"):
        np.testing.assert_array_equal(getattr(one.neighbours, name), getattr(other.neighbours, name))
    assert one.neighbours.shape == other.neighbours.shape
    assert (len(one), one.newest, one.source_files, one.topic_parents) == (
        len(other),
        other.newest,
        (),
        other.topic_parents,
    )
    assert one.report.read == other.report.read
    for name in NAMES:
        assert one.find(name) == other.find(name), name
        assert said(one, name) == said(other, name)
        assert (name in one) == (name in other)
    for article in [*other.originals, *other]:
        for asked in (article, replace(article, id="draft"), replace(article, title="Another")):
            assert one.row_of(asked) == other.row_of(asked)
            assert (asked in one) == (asked in other)
        for relation in article.relations:
            assert one.resolve(relation) == other.resolve(relation)
    for day in range(8):
        moment = START + timedelta(days=day)
        assert one.rows_as_of(moment) == other.rows_as_of(moment)
