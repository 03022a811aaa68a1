"""A corpus as lines of JSON and plain arrays, opened as they lie on disk: no article is read before it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.core.arrays import ascend, check, numbers, rows, starts
from recommender.core.model_folder import ModelFolder
from recommender.core.records import Article
from recommender.core.runtime import collection_paused
from recommender.corpus.addresses import AddressBook
from recommender.corpus.corpus import Corpus, CorpusParts
from recommender.corpus.merging import Merges
from recommender.corpus.row_table import RowTable
from recommender.corpus.stored_articles import Externals, Lines, Merged, Rows, line_starts, to_lines

ARTICLES, PAGES = "articles.jsonl", "pages.json"


def add_corpus(folder: ModelFolder, corpus: Corpus) -> None:
    """Put what `open_corpus` needs among the contents of a folder."""
    lines, book = to_lines(corpus.originals), corpus.book
    folder.texts |= {ARTICLES: lines, PAGES: msgspec.json.encode(sorted(book.pages))}
    arrays = {
        "article_starts": line_starts(lines),
        "times": corpus.times,
        "folded_places": corpus.folds.places,
        "folded_rows": corpus.folds.rows,
        "links": corpus.links.ravel(),
        "neighbours_starts": corpus.neighbours.indptr.astype(np.int64),
        "neighbours_columns": corpus.neighbours.indices.astype(np.int32, copy=False),
        "external_rows": corpus.externals.rows,
        "external_places": corpus.externals.places,
    }
    for name, table in _tables(book).items():
        arrays[f"{name}_digests"], arrays[f"{name}_rows"] = corpus.entries_of(table)
    folder.arrays |= {f"{name}.npy": values for name, values in arrays.items()}


def open_corpus(folder: ModelFolder, topic_parents: Mapping[str, str]) -> Corpus:
    """Return the corpus of a folder; made of its articles where other parts are of an older version, or none.

    Raises
    ------
    ModelFormatError
        When its parts do not fit each other. A line that is no article is found out when it is asked for.
    """
    data = folder.array(ARTICLES, "uint8")
    if not {"article_starts.npy", "waiting_rows.npy"} <= folder.arrays.keys():
        with collection_paused():  # nothing of it is garbage
            every = msgspec.json.Decoder(Article).decode_lines(memoryview(data))  # type: ignore[arg-type]
            return Corpus.from_articles(every, topic_parents)
    n_lines = max(len(folder.array("article_starts.npy", "int64")) - 1, 0)
    lines = Lines(data, starts(folder, "article", n_lines, ARTICLES, len(data)))
    folds = _folds(folder, n_lines)
    articles = Rows(lines, folds)
    n_articles = len(articles)
    parts = CorpusParts(
        articles=articles,
        originals=lines,
        folds=folds,
        merged=Merged(lines, folds),
        times=_times(folder, n_articles),
        book=_book(folder, articles),
        links=_links(folder, n_articles),
        neighbours=_neighbours(folder, n_articles),
        externals=_opened_externals(folder, articles),
    )
    return Corpus.opened(parts, topic_parents)


def _tables(book: AddressBook) -> dict[str, RowTable]:
    return {"ids": book.ids, "addresses": book.addresses, "waiting": book.awaited}


def _folds(folder: ModelFolder, n_lines: int) -> Merges:
    places = rows(folder, "folded_places.npy", n_lines)
    folds = Merges(places, rows(folder, "folded_rows.npy", max(n_lines - len(places), 0)))
    files = ("folded_places.npy", "folded_rows.npy")
    check(len(folds.places) == len(folds.rows) and len(np.unique(places)) == len(places), *files)
    check(ascend(folds.rows, places), *files)
    firsts = [folds.line(row) for row in folds.rows.tolist()]
    check(bool((places > np.array(firsts, dtype=np.int64)).all()), *files)
    return folds


def _times(folder: ModelFolder, count: int) -> NDArray[np.float64]:
    times = numbers(folder, "times.npy", "float64", count)
    # What is no number is neither before nor after another.
    ends = not count or bool(times[0] > -np.inf and times[-1] <= np.inf)
    check(ends and bool((times[:-1] <= times[1:]).all()), "times.npy")
    return times


def _book(folder: ModelFolder, articles: Rows) -> AddressBook:
    pages = frozenset(msgspec.json.decode(folder.text(PAGES), type=list[str]))
    ids = _table(folder, "ids", len(articles), articles.has_id)
    addresses = _table(folder, "addresses", len(articles), partial(articles.has_address, pages))
    return AddressBook(pages, len(articles), ids, addresses, _table(folder, "waiting", len(articles), None))


def _table(folder: ModelFolder, name: str, n_articles: int, is_of: Callable[[int, str], bool] | None) -> RowTable:
    found = rows(folder, f"{name}_rows.npy", n_articles)
    digests = numbers(folder, f"{name}_digests.npy", "uint64", len(found))
    check(bool((digests[:-1] <= digests[1:]).all()), f"{name}_digests.npy")
    return RowTable(digests, found, is_of)


def _links(folder: ModelFolder, n_articles: int) -> NDArray[np.int32]:
    values = rows(folder, "links.npy", n_articles)
    check(len(values) % 2 == 0, "links.npy")
    links = values.reshape(-1, 2)
    check(ascend(*links.T) and bool((links[:, 0] != links[:, 1]).all()), "links.npy")
    return links


def _neighbours(folder: ModelFolder, n_articles: int) -> sparse.csr_matrix:
    columns = rows(folder, "neighbours_columns.npy", n_articles)
    begins = starts(folder, "neighbours", n_articles, "neighbours_columns.npy", len(columns))
    back = np.flatnonzero(columns[1:] <= columns[:-1]) + 1  # only where another row begins
    check(bool(np.isin(back, begins).all()), "neighbours_starts.npy", "neighbours_columns.npy")
    dtype = np.int32 if len(columns) <= np.iinfo(np.int32).max else np.int64
    parts = (np.ones(len(columns), dtype=np.float32), columns, begins.astype(dtype))
    return sparse.csr_matrix(parts, shape=(n_articles, n_articles))


def _opened_externals(folder: ModelFolder, articles: Rows) -> Externals:
    found = rows(folder, "external_rows.npy", len(articles))
    places = rows(folder, "external_places.npy", np.iinfo(np.int32).max)
    check(len(found) == len(places), "external_rows.npy", "external_places.npy")
    return Externals(articles, found, places)
