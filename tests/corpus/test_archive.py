"""A corpus opened from its files answers as the one that was saved; files that do not fit are refused."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.stored_corpora import SITE, START, articles_of, files, folder_of, ids, opened, same

from recommender import Article, Corpus, ModelFormatError, Recommender, Relation
from recommender.corpus import slot_table
from recommender.corpus.archive import ARTICLES, PAGES, open_corpus
from recommender.corpus.editing import edited
from recommender.corpus.stored_articles import Lines, title_of

sites = st.lists(articles_of(ids, st.integers(0, 3)), max_size=8)
additions = st.lists(articles_of(st.sampled_from(["new", "newer", "a0"]), st.integers(4, 6)), min_size=1, max_size=3)


@settings(max_examples=150, deadline=None)
@given(sites, additions)
def test_an_opened_corpus_answers_as_the_one_that_was_saved(site: list[Article], added: list[Article]) -> None:
    corpus = Corpus.from_articles(site, {"ferries": "transport"})
    again = opened(corpus)
    same(again, corpus)
    assert [title_of(again.articles, row) for row in range(len(again))] == [article.title for article in corpus]
    same(again.in_memory(), corpus)
    assert files(again) == files(corpus)
    edit, edit_of_opened = edited(corpus, [], added), edited(again, [], added)
    assert (edit is None) == (edit_of_opened is None)
    if edit is None or edit_of_opened is None:
        return
    grown, opened_and_grown = edit[0], edit_of_opened[0]
    anew = Corpus.from_articles([*site, *added], corpus.topic_parents, grown.report)
    same(opened_and_grown, anew)
    titles = [title_of(opened_and_grown.articles, row) for row in range(len(anew))]
    assert titles == [article.title for article in anew]
    same(opened_and_grown.in_memory(), anew)
    same(again, Corpus.from_articles(site, corpus.topic_parents))
    assert files(opened_and_grown) == files(grown) == files(anew)
    assert files(again) == files(corpus)
    same(opened(opened_and_grown), opened(anew))


@settings(max_examples=50, deadline=None)
@given(sites)
def test_texts_of_one_digest_are_told_apart(site: list[Article]) -> None:
    corpus = Corpus.from_articles(site)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slot_table, "digest", lambda text: len(text) % 2)
        same(opened(corpus), corpus)


@pytest.fixture
def site() -> Corpus:
    """Return articles of which two are one, with links, an external and a page of many."""
    links = (Relation(None, "a"), Relation("https://elsewhere.example/"), Relation(None, "b"))
    return Corpus.from_articles(
        [
            Article("a", "First", published_at=START, url=f"{SITE}/2#one"),
            Article("b", "Second", published_at=START + timedelta(days=1), url=f"{SITE}/2#two", relations=links[:2]),
            Article("c", "Third", published_at=START + timedelta(days=2), relations=links),
            Article("a", "First again", published_at=START + timedelta(days=3)),
            Article("d", "Undated"),
        ]
    )


def test_what_is_asked_for_is_read_and_nothing_else(site: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    again = opened(site)
    monkeypatch.setattr(Lines, "__iter__", None)
    lines = again.originals
    assert isinstance(lines, Lines)
    assert [title_of(again.articles, row) for row in range(len(again))] == [article.title for article in site]
    assert (again.find("c"), again.find(f"{SITE}/2#two"), again.find("e")) == (2, 1, None)
    assert again[2] is again[2]
    assert lines.n_decoded == 2  # for its address, and as it was asked for


def test_an_opened_corpus_travels_as_arrays(site: Corpus) -> None:
    many = [Article(f"n{number}", "A title " * 20, published_at=START) for number in range(500)]
    corpus = opened(Corpus.from_articles([*site.originals, *many]))
    corpus[3], corpus.find("n7")
    buffers: list[pickle.PickleBuffer] = []
    head = pickle.dumps(corpus, protocol=5, buffer_callback=buffers.append)
    assert len(head) < 5_000
    same(pickle.loads(head, buffers=buffers), corpus)  # noqa: S301 - our own
    edit = edited(corpus, ["b"], [Article("new", "Newer"), Article("newer", "Newer", published_at=START)])
    assert edit is not None
    same(pickle.loads(pickle.dumps(edit[0])), edit[0])  # noqa: S301 - our own


def at(position: int, value: float) -> Callable[[np.ndarray], np.ndarray]:
    """Return what puts a value into an array."""

    def change(old: np.ndarray) -> np.ndarray:
        new = old.copy()
        new[position] = value
        return new

    return change


def last_left_out(old: np.ndarray) -> np.ndarray:
    return old[:-1]


CHANGES: list[tuple[str, Callable[[np.ndarray], np.ndarray], str]] = [
    ("article_starts.npy", last_left_out, r"article_starts\.npy and articles\.jsonl do not fit"),
    ("article_starts.npy", lambda old: old[:0], r"article_starts\.npy must hold"),
    ("article_starts.npy", at(0, 1), r"article_starts\.npy and articles\.jsonl do not fit"),
    ("article_starts.npy", at(0, -1), r"article_starts\.npy and articles\.jsonl do not fit"),
    ("article_starts.npy", at(1, 10_000), r"article_starts\.npy and articles\.jsonl do not fit"),
    ("article_starts.npy", at(-1, 10_000), r"article_starts\.npy and articles\.jsonl do not fit"),
    ("article_starts.npy", lambda old: old.astype(np.int32), r"article_starts\.npy must hold one row of int64"),
    ("times.npy", last_left_out, r"times\.npy must hold 4 numbers, got 3"),
    ("times.npy", at(1, np.nan), r"times\.npy is not in its order"),
    ("times.npy", at(0, -np.inf), r"times\.npy is not in its order"),
    ("times.npy", at(0, np.inf), r"times\.npy is not in its order"),
    ("merged_positions.npy", at(0, 5), r"merged_positions\.npy must hold 0 to 4"),
    ("merged_positions.npy", at(0, -1), r"merged_positions\.npy must hold 0 to 4"),
    ("merged_positions.npy", at(0, 0), r"merged_positions\.npy and merged_rows\.npy do not fit"),
    ("merged_positions.npy", lambda old: np.repeat(old, 2), r"merged_positions\.npy and merged_rows\.npy do not fit"),
    ("merged_rows.npy", at(0, 4), r"merged_rows\.npy must hold 0 to 3"),
    ("merged_rows.npy", at(0, 3), r"merged_positions\.npy and merged_rows\.npy do not fit"),
    ("merged_rows.npy", last_left_out, r"merged_positions\.npy and merged_rows\.npy do not fit"),
    ("links.npy", at(0, 4), r"links\.npy must hold 0 to 3"),
    ("links.npy", at(0, -1), r"links\.npy must hold 0 to 3"),
    ("links.npy", last_left_out, r"links\.npy is not in its order"),
    ("links.npy", at(1, 1), r"links\.npy is not in its order"),
    ("links.npy", lambda old: old[::-1].copy(), r"links\.npy is not in its order"),
    ("neighbours_columns.npy", at(0, 4), r"neighbours_columns\.npy must hold 0 to 3"),
    ("neighbours_columns.npy", at(0, -1), r"neighbours_columns\.npy must hold 0 to 3"),
    ("neighbours_columns.npy", at(0, 3), r"neighbours_starts\.npy and neighbours_columns\.npy do not fit"),
    ("neighbours_columns.npy", last_left_out, r"neighbours_starts\.npy and neighbours_columns\.npy do not fit"),
    ("neighbours_starts.npy", at(1, 100), r"neighbours_starts\.npy and neighbours_columns\.npy do not fit"),
    ("neighbours_starts.npy", last_left_out, r"neighbours_starts\.npy must hold 5 numbers, got 4"),
    ("external_rows.npy", at(0, 4), r"external_rows\.npy must hold 0 to 3"),
    ("external_rows.npy", last_left_out, r"external_rows\.npy and external_numbers\.npy do not fit"),
    ("external_numbers.npy", at(0, -1), r"external_numbers\.npy must hold 0 to"),
    ("ids_digests.npy", lambda old: old[::-1].copy(), r"ids_digests\.npy is not in its order"),
    ("ids_digests.npy", last_left_out, r"ids_digests\.npy must hold 4 numbers, got 3"),
    ("ids_digests.npy", lambda old: old.astype(np.float64), r"ids_digests\.npy must hold one row of uint64"),
    ("ids_rows.npy", at(0, 4), r"ids_rows\.npy must hold 0 to 3"),
    ("ids_rows.npy", at(0, -1), r"ids_rows\.npy must hold 0 to 3"),
    ("addresses_digests.npy", lambda old: old[::-1].copy(), r"addresses_digests\.npy is not in its order"),
    ("addresses_rows.npy", at(0, 2**31 - 1), r"addresses_rows\.npy must hold 0 to 3"),
    ("awaited_digests.npy", lambda old: np.append(old, old[:1]), r"awaited_digests\.npy must hold 2 numbers, got 3"),
    ("awaited_rows.npy", at(0, 4), r"awaited_rows\.npy must hold 0 to 3"),
]


@pytest.mark.parametrize(("name", "change", "told"), CHANGES)
def test_an_array_that_does_not_fit_is_refused(
    site: Corpus, name: str, change: Callable[[np.ndarray], np.ndarray], told: str
) -> None:
    folder = folder_of(site)
    folder.arrays[name] = change(folder.arrays[name])
    with pytest.raises(ModelFormatError, match=told):
        open_corpus(folder, {})


def test_a_missing_part_is_named(site: Corpus) -> None:
    for name in sorted(folder_of(site).arrays):
        folder = folder_of(site)
        del folder.arrays[name]
        with pytest.raises(ModelFormatError, match=f"the model folder has no {name}; train the model again"):
            open_corpus(folder, {})
    folder = folder_of(site)
    del folder.texts[PAGES]
    with pytest.raises(ModelFormatError, match=r"the model folder has no pages\.json"):
        open_corpus(folder, {})


def damaged_lines() -> Iterator[tuple[str, bytes]]:
    yield "cut", b'{"id":"d","title":"Un'
    yield "binary", b'{"id":"d","title":"\xff\xfe"}'
    yield "list", b"[]"
    yield "nameless", b'{"title":"Undated"}'
    yield "empty id", b'{"id":"","title":"Undated"}'
    yield "deep", b"[" * 100


@pytest.mark.parametrize("line", [pytest.param(line, id=name) for name, line in damaged_lines()])
def test_a_line_that_is_no_article_is_found_out_when_it_is_asked_for(site: Corpus, line: bytes) -> None:
    folder = folder_of(site)
    data, starts = folder.arrays[ARTICLES], folder.arrays["article_starts.npy"]
    broken = data[: starts[-2]].tobytes() + line + b"\n"
    folder.arrays[ARTICLES] = np.frombuffer(broken, dtype=np.uint8)
    folder.arrays["article_starts.npy"] = np.append(starts[:-1], len(broken))
    corpus = open_corpus(folder, {})
    assert corpus[0].title == "First"
    for ask in (lambda: corpus[3], lambda: list(corpus), corpus.in_memory):
        with pytest.raises(
            ModelFormatError, match=r"cannot be used \(line 5 of its articles is none.*train the model again"
        ):
            ask()


def test_a_relation_that_its_article_has_not_got_is_found_out(site: Corpus) -> None:
    folder = folder_of(site)
    folder.arrays["external_numbers.npy"] = folder.arrays["external_numbers.npy"] + np.int32(9)
    corpus = open_corpus(folder, {})
    with pytest.raises(
        ModelFormatError, match=r"the model folder cannot be used \(the article in row 1 has no relation"
    ):
        list(corpus.externals)


def test_a_swapped_row_answers_for_no_other(site: Corpus) -> None:
    folder = folder_of(site)
    folder.arrays["ids_rows.npy"] = folder.arrays["ids_rows.npy"][::-1].copy()
    corpus = open_corpus(folder, {})
    for name in "abcd":
        row = corpus.find(name)
        assert row is None or corpus[row].id == name


def test_a_loaded_model_grows_and_is_saved_as_the_one_that_was_not(unlearned: Recommender, tmp_path: Path) -> None:
    unlearned.save(tmp_path / "model")
    newest = unlearned.corpus.newest
    assert newest is not None
    added = [
        Article(
            "late",
            "Ferry strike begins anew",
            published_at=newest + timedelta(days=1),
            relations=(Relation(None, "ferry-4"),),
        ),
        Article(
            "later",
            "Turbines stand still",
            published_at=newest + timedelta(days=2),
            relations=(Relation(None, "gone"),),
        ),
    ]
    one, other, anew = (
        Recommender.load(tmp_path / "model"),
        Recommender.load(tmp_path / "model"),
        Recommender.load(tmp_path / "model"),
    )
    for article in added:
        one.add([article])
    other.add(added)
    anew.renew([*anew.corpus.originals, *added])
    for name, model in {"one": one, "other": other, "anew": anew}.items():
        model.save(tmp_path / name)
    for file in (tmp_path / "anew").iterdir():
        assert (tmp_path / "one" / file.name).read_bytes() == file.read_bytes(), file.name
        assert (tmp_path / "other" / file.name).read_bytes() == file.read_bytes(), file.name
    assert dict(one.suggest_all(threshold=0)) == dict(anew.suggest_all(threshold=0))
    one.remove(["late"])
    anew.remove(["late"])
    assert dict(one.suggest_all(threshold=0)) == dict(anew.suggest_all(threshold=0))
