"""A corpus and a model that are edited are those made anew of the same articles, to the last bit."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.made_up import START, WORDS, article
from support.stored_corpora import IDS, SITE, articles_of, files, ids, opened, relations
from support.stored_corpora import same as same_corpus

from recommender import Article, Corpus, Explanation, Recommender, Relation
from recommender.corpus.editing import MAX_SPARE_SLOTS, edited
from recommender.corpus.row_map import RowMap
from recommender.corpus.sequences import Edited
from recommender.corpus.stored_articles import Lines
from recommender.model.snapshot import Snapshot

# Mostly articles that are alone at their addresses, so that most edits are quick ones; all kinds of others among them.
plain = st.builds(
    Article,
    id=ids,
    title=st.sampled_from(["One", "Two"]),
    published_at=st.one_of(st.none(), st.integers(0, 3).map(lambda day: START + timedelta(days=day))),
    relations=st.lists(relations, max_size=4).map(tuple),
    removed=st.booleans(),
).flatmap(lambda one: st.sampled_from([one, replace(one, url=f"{SITE}/{IDS.index(one.id)}")]))
articles = st.one_of(plain, plain, plain, articles_of(ids, st.integers(0, 3)))
edits = st.lists(st.tuples(st.sets(ids, max_size=2), st.lists(articles, max_size=2)), max_size=4)


def anew(corpus: Corpus, removed_ids: Collection[str], new: Iterable[Article]) -> Corpus:
    stay = [article for article in corpus.originals if article.id not in removed_ids]
    return Corpus.from_articles([*stay, *new], corpus.topic_parents, corpus.report)


@settings(max_examples=300, deadline=None)
@given(st.lists(articles, min_size=2, max_size=8), edits, st.booleans())
def test_an_edited_corpus_is_the_one_made_anew(
    site: list[Article], steps: list[tuple[set[str], list[Article]]], is_edited_twice: bool
) -> None:
    first = Corpus.from_articles(site)
    for before in (first, opened(first)):
        corpus = before
        states = [(corpus, files(corpus))]
        for names, more in steps:
            new = {article.id: article for article in more}
            removed_ids = names | new.keys()
            expected = anew(corpus, removed_ids, new.values())
            if is_edited_twice:  # each edit leaves the corpus for the next as it was
                edited(corpus, removed_ids, new.values())
            edit = edited(corpus, removed_ids, new.values())
            corpus = expected if edit is None else edit[0]
            same_corpus(corpus, expected)
            assert files(corpus) == files(expected)
            same_corpus(corpus.in_memory(), expected)
            same_corpus(pickle.loads(pickle.dumps(corpus)), expected)  # noqa: S301 - our own
            states.append((corpus, files(corpus)))
        for corpus, written in states:
            assert files(corpus) == written


@given(st.integers(1, 9), st.data())
def test_a_row_map_is_that_of_an_edited_list(count: int, data: st.DataObject) -> None:
    removed = sorted(data.draw(st.sets(st.integers(0, count - 1))))
    inserted = sorted(data.draw(st.lists(st.integers(0, count), max_size=4)))
    expected: list[int] = []
    for row in range(count + 1):
        expected += [count + number for number, before in enumerate(inserted) if before == row]
        expected += [row] * (row < count and row not in removed)
    row_map = RowMap.of(count, removed, inserted)
    assert row_map.before.tolist() == expected
    assert row_map.values(np.arange(count), count + np.arange(len(inserted))).tolist() == expected
    assert [row_map.after[row] for row in expected] == list(range(len(expected)))
    assert [row_map.after[row] for row in [*removed, -1]] == [-1] * (len(removed) + 1)
    assert row_map.new.tolist() == [expected.index(count + number) for number in range(len(inserted))]
    assert row_map.only_appends == (expected == list(range(count + len(inserted))))


def whole_site() -> list[Article]:
    return [
        article(number, *(f"a{other:03}" for other in range(number - number % 4, number)), "unheard-of")
        for number in range(40)
    ]


@pytest.fixture(scope="module")
def site() -> list[Article]:
    return whole_site()


@pytest.fixture(scope="module")
def folder(site: list[Article], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "site"
    Recommender().fit(site).save(path)
    return path


numbers = st.integers(0, 59)
KINDS = ["text", "date", "undated", "relations", "address", "fragment", "another's address", "removed", "as it is"]
operations = st.one_of(
    st.tuples(st.just("add"), numbers, numbers),
    st.tuples(st.sampled_from(KINDS), numbers, numbers),
    st.tuples(st.just("remove"), numbers, numbers),
    st.tuples(st.just("explain"), numbers, numbers),
)


def changed(old: Article, kind: str, number: int) -> Article:
    """Return an article as an editor leaves it."""
    links = (Relation(None, f"a{number:03}"), Relation("https://example.org/9"), Relation(None, "unheard-of"))
    changes: dict[str, dict[str, object]] = {
        "text": {"title": " ".join(WORDS[number % 30 :][:5])},
        "date": {"published_at": START + timedelta(hours=5 * number)},
        "undated": {"published_at": None},
        "relations": {"relations": links[number % 2 :]},
        "address": {"url": f"https://example.org/of/{number}"},
        "fragment": {"url": f"https://example.org/page#{number}"},
        "another's address": {"url": f"https://example.org/{number}"},
        "removed": {"removed": not old.removed},
        "as it is": {},
    }
    return replace(old, **changes[kind])


def edit(model: Recommender, every: dict[str, Article], operation: tuple[str, int, int]) -> None:
    """Do something to a model, and to the articles that it should hold."""
    kind, number, other = operation
    name = f"a{number:03}"
    if kind == "add":
        every[name] = article(number, f"a{other:03}", words=other, removed=other % 7 == 0)
        model.add([every[name]])
    elif name not in every:
        return
    elif kind == "remove":
        if len(every) > 2 and model.corpus[model.corpus.row(name)].id == name:
            gone = {name, *(lost for lost, kept in model.corpus.merged if kept == name)}
            model.remove([name])
            for one in gone:
                del every[one]
    elif kind != "explain":
        every[name] = changed(every[name], kind, other)
        model.add([every[name]])


def renew(model: Recommender, articles: Iterable[Article], edited_model: Recommender) -> None:
    """Make a model anew of what an edited one should hold; what was read in the beginning stays what it was."""
    model.renew(Corpus.from_articles(articles, report=edited_model.corpus.report))


def files_of(model: Recommender, path: Path) -> dict[str, bytes]:
    model.save(path)
    return {file.name: file.read_bytes() for file in path.iterdir() if file.name != "manifest.json"}


def same(model: Recommender, other: Recommender, number: int) -> None:
    """Ask two models what there is to ask."""
    same_corpus(model.corpus, other.corpus)
    for one in {model.corpus[row].id for row in (0, number % len(model.corpus), len(model.corpus) - 1)}:
        assert model.suggest(one, threshold=0) == other.suggest(one, threshold=0)
    draft = replace(article(number, "a001", words=number + 1), id="draft", url=None)
    assert model.suggest(draft, threshold=0) == other.suggest(draft, threshold=0)
    outsider = article(number, "a002", words=number, id="outside", url="https://example.org/outside")
    source = model.corpus[number % len(model.corpus)]
    assert model.explain(source.id, outsider) == other.explain(source.id, outsider)
    assert model.explain(draft, source.id) == other.explain(draft, source.id)
    assert model.inbound(outsider, threshold=0) == other.inbound(outsider, threshold=0)
    as_of = START + timedelta(hours=7 * number)
    assert model.suggest(source, threshold=0, as_of=as_of) == other.suggest(source, threshold=0, as_of=as_of)
    for name in ("eligible", "link_keys", "link_similarity", "n_dated"):
        np.testing.assert_array_equal(getattr(model._snapshot.index, name), getattr(other._snapshot.index, name))
    for one, another in zip(model._snapshot.index.by_provider, other._snapshot.index.by_provider, strict=True):
        np.testing.assert_array_equal(one, another)
    np.testing.assert_array_equal(
        model._snapshot.index.inverted.posting_counts, other._snapshot.index.inverted.posting_counts
    )


@settings(max_examples=12, deadline=None)
@given(st.lists(operations, min_size=1, max_size=6), st.booleans())
def test_an_edited_model_answers_and_is_saved_as_one_made_anew(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, int]], is_loaded: bool
) -> None:
    model, other = (Recommender.load(folder) for _ in range(2))
    if not is_loaded:
        model.renew(whole_site())
    articles_by_id = {article.id: article for article in whole_site()}
    for step in steps:
        edit(model, articles_by_id, step)
        renew(other, articles_by_id.values(), model)
        same(model, other, step[2])
    path = tmp_path_factory.mktemp("saved")
    assert files_of(model, path / "edited") == files_of(other, path / "anew")
    same(Recommender.load(path / "edited"), Recommender.load(path / "anew"), 5)
    assert list(model.suggest_all(threshold=0)) == list(other.suggest_all(threshold=0))


def quick_edits() -> Iterator[tuple[str, list[str], list[Article]]]:
    """Yield what is common: ids that are gone, and articles that are added, to the site and an article 45 behind it."""
    yield "newer", [], [article(50, "a003")]
    yield "older", [], [article(20, "a003", id="between", url=None)]
    yield "oldest", [], [article(0, id="first", url=None, published_at=START - timedelta(days=1))]
    yield "undated", [], [article(51, published_at=None)]
    yield "what others link to", ["a000", "a013"], []
    yield "what was added a moment ago", ["a045"], []
    yield "text", [], [article(13, "a012", words=99)]
    yield "date", [], [article(13, "a012", published_at=START + timedelta(days=3))]
    yield "relations", [], [article(13, "a030", "unheard-of", "a031")]
    yield "removed", [], [article(13, "a012", removed=True)]
    yield "address", [], [article(13, "a012", url="https://example.org/elsewhere")]
    yield "two at once", [], [article(13), article(14, words=3), article(52)]
    yield "what others wait for", [], [article(53, id="unheard-of")]
    yield "fragment", [], [article(53, url="https://example.org/53#part")]
    yield "fragment of another's page", [], [article(53, url="https://example.org/12#part")]
    yield "parts of one page", [], [article(number, url=f"https://example.org/parts#{number}") for number in (53, 54)]
    yield "alias", [], [article(53, aliases=("https://example.org/of/53",))]
    yield "alias of another", [], [article(53, aliases=("https://example.org/12", "https://example.org/30"))]
    yield "address of another", [], [article(53, url="https://example.org/12")]


@pytest.mark.parametrize("is_loaded", [False, True], ids=["in memory", "loaded"])
@pytest.mark.parametrize(("gone", "more"), [pytest.param(*edit[1:], id=edit[0]) for edit in quick_edits()])
def test_what_is_common_is_quick(
    site: list[Article], folder: Path, gone: list[str], more: list[Article], is_loaded: bool
) -> None:
    model, other = (Recommender.load(folder) for _ in range(2))
    if not is_loaded:
        model.renew(site)
    with pytest.MonkeyPatch.context() as patch:
        for slow in (Snapshot, "in_memory"), (Corpus, "from_articles"), (Lines, "__iter__"):
            patch.setattr(*slow, None)
        model.add([article(45)])
        model.add(more)
        if gone:
            model.remove(gone)
        model.score("a001", article(55, "a002"))
    articles_by_id = {article.id: article for article in [*site, article(45), *more] if article.id not in gone}
    renew(other, articles_by_id.values(), model)
    same(model, other, 3)
    same(pickle.loads(pickle.dumps(model)), other, 4)  # noqa: S301 - our own


def test_what_was_added_and_removed_leaves_no_trace(site: list[Article], folder: Path, tmp_path: Path) -> None:
    model, other = (Recommender.load(folder) for _ in range(2))
    model.add([article(50, "a003"), article(20, id="unheard-of", url=None)])
    model.remove(["a050", "unheard-of"])
    same(model, other, 3)
    assert files_of(model, tmp_path / "edited") == files_of(other, tmp_path / "anew")


def test_few_articles_of_a_loaded_model_are_read(folder: Path) -> None:
    model = Recommender.load(folder)
    lines = model.corpus.originals
    assert isinstance(lines, Lines)
    model.remove(["a013"])  # a014 and a015 link to it
    assert isinstance(model.corpus.originals, Edited)
    model.add([article(20, words=7), article(3, id="between", url=None)])
    assert lines.n_decoded <= 8


def test_a_question_about_an_outsider_changes_nothing(site: list[Article]) -> None:
    model = Recommender().fit(site)
    before, written = model.corpus, files(model.corpus)
    for number in (50, 51, 50):
        model.score("a001", article(number, "a002"))
    assert model.corpus is before
    assert files(model.corpus) == written
    model.add([article(50)])
    assert model.corpus.find("a051") is None
    assert model.corpus.find("a050") == 40


@pytest.mark.parametrize(
    ("removed_ids", "new"),
    [
        (["a1"], []),
        (["a2"], []),
        (["a2"], [Article("a2", "One again", published_at=START)]),
        ([], [Article("new", "New", url=f"{SITE}/3")]),
        ([], [Article("new", "New", url=f"{SITE}/1", aliases=(f"{SITE}/3",))]),
        ([], [Article("new", "New", url=f"{SITE}/2#three")]),
        ([], [Article("new", "New", url=f"{SITE}/4#three")]),
        ([], [Article("new", "New", url=f"{SITE}/5#three")]),
        (["b"], []),
        (["b"], [Article("b", "Text", url=f"{SITE}/2#other")]),
        (["b"], [Article("b", "Text")]),
        ([], [Article("x", "One", url=f"{SITE}/8"), Article("y", "Other", url=f"{SITE}/8?utm_source=z")]),
        (["a1", "a3", "b", "c"], []),
    ],
    ids=[
        "first of two",
        "second of two",
        "no longer one",
        "known address",
        "joins two",
        "another part",
        "page that becomes shared",
        "fragment of no page",
        "last but one of a page",
        "another fragment",
        "no longer of a page",
        "two of one address",
        "all but one",
    ],
)
def test_articles_that_come_to_be_one_or_two_are_edited_likewise(removed_ids: list[str], new: list[Article]) -> None:
    links = tuple(Relation(f"{SITE}/{page}") for page in ("1", "2", "2#one", "2#three", "3", "4", "4#three", "5", "8"))
    corpus = Corpus.from_articles(
        [
            Article("a1", "One", url=f"{SITE}/1"),
            Article("a2", "One again", published_at=START, url=f"{SITE}/1"),
            Article("a3", "Three", url=f"{SITE}/3"),
            Article("b", "Part", url=f"{SITE}/2#one"),
            Article("c", "Other part", url=f"{SITE}/2#two"),
            Article("d", "Alone", url=f"{SITE}/4#one"),
            Article("e", "Linked", relations=(*links, Relation(None, "a2"), Relation(None, "new"))),
        ]
    )
    edit = edited(corpus, removed_ids, new)
    assert edit is not None
    same_corpus(edit[0], anew(corpus, removed_ids, new))
    assert files(edit[0]) == files(anew(corpus, removed_ids, new))


def test_a_part_of_a_page_may_change_where_its_address_stays() -> None:
    parts = [Article(name, "Part", url=f"{SITE}/2#{name}", published_at=START) for name in "abc"]
    corpus = Corpus.from_articles([*parts, Article("d", "Other", relations=(Relation(f"{SITE}/2#b"),))])
    edit = edited(corpus, ["b"], [replace(parts[1], title="Another", published_at=None)])
    assert edit is not None
    same_corpus(edit[0], anew(corpus, ["b"], [replace(parts[1], title="Another", published_at=None)]))
    assert edit[0].links.tolist() == [[3, 2]]


def test_after_very_many_edits_it_is_made_anew() -> None:
    corpus = Corpus.from_articles(whole_site())
    versions = [[article(number, words=words) for number in range(30)] for words in range(MAX_SPARE_SLOTS // 30 + 3)]
    edits = 0
    for version in versions:
        edit = edited(corpus, [article.id for article in version], version)
        if edit is None:
            break
        corpus, edits = edit[0], edits + 1
    assert len(corpus.lookup.rows) > MAX_SPARE_SLOTS
    assert edits < len(versions)
    same_corpus(corpus, anew(corpus, [], []))


def test_threads_ask_about_outsiders_while_another_edits(site: list[Article]) -> None:
    model = Recommender().fit(site)
    outsiders = [article(number, "a002", id=f"outside-{number}", url=None) for number in (3, 70)]
    changes = [lambda: model.add([article(13, words=99), article(45)]), lambda: model.remove(["a045"])]
    changes.append(lambda: model.add([site[13]]))
    wanted: list[list[Explanation]] = []
    for change in changes:
        change()
        wanted.append([model.explain("a001", one) for one in outsiders])
    wrong: list[object] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            for position, outsider in enumerate(outsiders):
                try:
                    explanation = model.explain("a001", outsider)
                except Exception as error:  # noqa: BLE001 - whatever it is, the test reports it
                    wrong.append(error)
                    return
                if explanation not in [answers[position] for answers in wanted]:
                    wrong.append(explanation)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        for change in changes:
            change()
    done.set()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len({str(answers) for answers in wanted}) > 1


def test_what_a_term_costs_follows_the_number_of_articles(site: list[Article]) -> None:
    model, other = Recommender().fit(site[:10]), Recommender().fit(site[:10])
    learned = model._snapshot.index.inverted.posting_counts
    model.add(site[10:])
    renew(other, site, model)
    assert model._snapshot.index.inverted.posting_counts.sum() > learned.sum()
    same(model, other, 3)
    model.remove([one.id for one in site[10:]])
    np.testing.assert_array_equal(model._snapshot.index.inverted.posting_counts, learned)
