"""A corpus and a model that grow by newer articles are those made anew, to the last bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from scipy import sparse
from support.made_up import START, article

from recommender import Article, Corpus, Recommender, Relation
from recommender.corpus.row_map import RowMap
from recommender.retrieval.index import MAX_ADDED
from recommender.retrieval.permuted_rows import edited, positions_after, whole


@pytest.fixture(scope="module")
def site() -> list[Article]:
    return [article(number, *(f"a{other:03}" for other in range(number - number % 4, number))) for number in range(50)]


def newer(number: int, link: int, words: int) -> Article:
    """Return an article after all of the site, linked with one of it, an external, or nothing."""
    links = [[], [f"a{words % 50:03}"], ["unheard-of"], [f"a{max(number - 1, 0):03}", "a003"]][link]
    return article(number, *links, words=words, removed=words % 7 == 0)


def same(one: Corpus, other: Corpus) -> None:
    assert one.articles == other.articles
    assert one.originals == other.originals
    assert one.externals == other.externals
    np.testing.assert_array_equal(one.links, other.links)
    np.testing.assert_array_equal(one.times, other.times)
    assert one.neighbours.shape == other.neighbours.shape
    assert (one.neighbours != other.neighbours).nnz == 0
    for known in other:
        assert one.find(known.id) == other.find(known.id)
        assert one.find(known.url or "") == other.find(known.url or "")


STEPS = st.lists(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 99)), min_size=1, max_size=3), max_size=4)


@hypothesis_settings(max_examples=20, deadline=None)
@given(STEPS)
def test_a_grown_model_answers_as_one_made_anew(site: list[Article], steps: list[list[tuple[int, int]]]) -> None:
    model, anew = Recommender().fit(site), Recommender().fit(site)
    every = list(site)
    for step in steps:
        added = [newer(len(every) + position, *drawn) for position, drawn in enumerate(step)]
        every += added
        model.add(added)
        anew.renew(every)
        same(model.corpus, anew.corpus)
        assert list(model.suggest_all(threshold=0)) == list(anew.suggest_all(threshold=0))
        draft = replace(added[0], id="draft", url=None)
        assert model.suggest(draft, threshold=0) == anew.suggest(draft, threshold=0)
        for name in ("link_keys", "link_similarity", "eligible"):
            np.testing.assert_array_equal(getattr(model._snapshot.index, name), getattr(anew._snapshot.index, name))


def test_nothing_old_is_looked_at_again(site: list[Article], monkeypatch: pytest.MonkeyPatch) -> None:
    model = Recommender().fit(site)
    monkeypatch.setattr(Corpus, "from_articles", None)
    model.add([article(60), article(61)])
    assert [one.target_id for one in model.suggest(article(60, words=60), k=60, threshold=0)]
    assert len(model.corpus) == 52


@pytest.mark.parametrize(
    "added",
    [
        article(20, id="between"),
        article(60, published_at=START),
        article(3, words=8),
        article(60, url="https://example.org/7"),
        article(60, url="https://example.org/0"),
        article(60, url="https://example.org/60#one"),
        article(60, published_at=None),
    ],
    ids=["older", "oldest", "known id", "known address", "address of the first", "fragment", "undated"],
)
def test_where_more_than_the_end_changes_it_is_made_anew(site: list[Article], added: Article) -> None:
    model, anew = Recommender().fit(site), Recommender().fit(site)
    model.add([added])
    anew.renew([*(one for one in site if one.id != added.id), added])
    same(model.corpus, anew.corpus)
    assert list(model.suggest_all(threshold=0)) == list(anew.suggest_all(threshold=0))


def test_what_older_articles_linked_to_before_it_was_there(site: list[Article]) -> None:
    waiting = [*site, article(50, "later"), article(51, relations=(Relation("https://example.org/60"),))]
    for late in (article(60), article(61, id="later")):
        model = Recommender().fit(waiting)
        model.add([late])
        same(model.corpus, Corpus.from_articles([*waiting, late]))
        assert model.corpus.neighbours[len(waiting)].nnz == 1


def test_an_id_that_was_not_there_wins_over_the_address_once_it_is(site: list[Article]) -> None:
    waiting = [*site, article(50, relations=(Relation("https://example.org/7", target_id="later"),))]
    model = Recommender().fit(waiting)
    assert model.corpus.links[-1].tolist() == [50, 7]
    model.add([article(61, id="later")])
    same(model.corpus, Corpus.from_articles([*waiting, article(61, id="later")]))
    assert model.corpus.links[-1].tolist() == [50, 51]


def test_two_models_of_one_corpus_grow_apart(site: list[Article]) -> None:
    corpus = Corpus.from_articles(site)
    one, other = Recommender().fit(corpus), Recommender().fit(corpus)
    one.add([article(60)])
    other.add([article(61)])
    one.add([article(62)])
    same(one.corpus, Corpus.from_articles([*site, article(60), article(62)]))
    same(other.corpus, Corpus.from_articles([*site, article(61)]))
    assert corpus.find("a060") is None
    assert corpus.find("https://example.org/60") is None
    assert len(corpus) == 50


def test_a_grown_model_is_saved_as_one_made_anew(site: list[Article], tmp_path: Path) -> None:
    model, anew = Recommender().fit(site), Recommender().fit(site)
    model.add([article(60), article(61, "a002")])
    anew.renew([*site, article(60), article(61, "a002")])
    for name, one in {"grown": model, "anew": anew}.items():
        one.save(tmp_path / name)
    files = sorted(path.name for path in (tmp_path / "anew").iterdir())
    assert files == sorted(path.name for path in (tmp_path / "grown").iterdir())
    for name in files:
        assert (tmp_path / "grown" / name).read_bytes() == (tmp_path / "anew" / name).read_bytes(), name


def test_many_newer_articles_become_part_of_the_large_matrices(site: list[Article]) -> None:
    model, anew = Recommender().fit(site), Recommender().fit(site)
    newer_articles = [newer(number, number % 4, number) for number in range(50, 52 + MAX_ADDED)]
    model.add(newer_articles[:-1])
    assert model._snapshot.index.inverted.added.shape[0] == 0
    model.add(newer_articles[-1:])
    assert model._snapshot.index.inverted.added.shape[0] == 1
    anew.renew([*site, *newer_articles])
    same(model.corpus, anew.corpus)
    for source in (0, 7, 49, 50, 51, 700, len(model.corpus) - 1):
        article_id = model.corpus[source].id
        assert model.suggest(article_id, threshold=0) == anew.suggest(article_id, threshold=0)


@given(st.lists(st.integers(0, 8), max_size=12))
def test_rows_are_taken_as_of_one_matrix(rows: list[int]) -> None:
    dense = np.arange(54).reshape(9, 6) % 4
    both = sparse.csr_matrix(dense[:6])
    for new in (dense[6:7], dense[7:]):
        row_map = RowMap.of(both.shape[0], [], [both.shape[0]] * len(new))
        both = edited(both, sparse.csr_matrix(new), positions_after(both, row_map))
    np.testing.assert_array_equal(both[np.array(rows, dtype=np.intp)].toarray(), dense[rows])
    np.testing.assert_array_equal(both[2:8].toarray(), dense[2:8])
    np.testing.assert_array_equal(whole(both).toarray(), dense)
