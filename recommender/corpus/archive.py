"""A corpus as lines of JSON and plain arrays, used as they lie on disk: no article is read before it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.core.arrays import ascend, check, numbers, rows, starts
from recommender.core.model_folder import ModelFolder
from recommender.corpus.corpus import Corpus, ReadReport
from recommender.corpus.lookup import ArticleLookup
from recommender.corpus.merging import Merges
from recommender.corpus.slot_table import SlotTable
from recommender.corpus.stored_articles import Externals, Lines, MergedArticles, MergedIds, line_starts, to_lines

ARTICLES, PAGES = "articles.jsonl", "pages.json"


def add_corpus(folder: ModelFolder, corpus: Corpus) -> None:
    """Add the files that `open_corpus` needs to the contents of a folder."""
    lines, lookup = to_lines(corpus.originals), corpus.lookup
    folder.texts |= {ARTICLES: lines, PAGES: msgspec.json.encode(sorted(lookup.pages))}
    arrays = {
        "article_starts": line_starts(lines),
        "times": corpus.times,
        "merged_positions": corpus.merges.positions,
        "merged_rows": corpus.merges.rows,
        "links": corpus.links.ravel(),
        "neighbours_starts": corpus.neighbours.indptr.astype(np.int64),
        "neighbours_columns": corpus.neighbours.indices.astype(np.int32, copy=False),
        "external_rows": corpus.externals.rows,
        "external_numbers": corpus.externals.numbers,
    }
    for name, table in {"ids": lookup.ids, "addresses": lookup.addresses, "awaited": lookup.awaited}.items():
        arrays[f"{name}_digests"], arrays[f"{name}_rows"] = lookup.entries(table)
    folder.arrays |= {f"{name}.npy": values for name, values in arrays.items()}


def open_corpus(folder: ModelFolder, topic_parents: Mapping[str, str]) -> Corpus:
    """Return the corpus of a folder; a ModelFormatError says that its parts do not fit each other.

    A line that is no article is refused when it is decoded.
    """
    data = folder.array(ARTICLES, "uint8")
    n_lines = max(len(folder.array("article_starts.npy", "int64")) - 1, 0)
    lines = Lines(data, starts(folder, "article", n_lines, ARTICLES, len(data)))
    merges = _merges(folder, n_lines)
    corpus = Corpus((), topic_parents=topic_parents, report=ReadReport(read=n_lines))
    corpus.articles = articles = MergedArticles(lines, merges)
    corpus.originals, corpus.merges, corpus.merged = lines, merges, MergedIds(lines, merges)
    n_articles = len(articles)
    corpus.times = _times(folder, n_articles)
    corpus.lookup = _lookup(folder, articles)
    corpus.links = _links(folder, n_articles)
    corpus.neighbours = _neighbours(folder, n_articles)
    corpus.externals = _externals(folder, articles)
    return corpus


def _merges(folder: ModelFolder, n_lines: int) -> Merges:
    positions = rows(folder, "merged_positions.npy", n_lines)
    merges = Merges(positions, rows(folder, "merged_rows.npy", max(n_lines - len(positions), 0)))
    files = ("merged_positions.npy", "merged_rows.npy")
    check(len(merges.positions) == len(merges.rows) and len(np.unique(positions)) == len(positions), *files)
    check(ascend(merges.rows, positions), *files)
    firsts = [merges.first_position(row) for row in merges.rows.tolist()]
    check(bool((positions > np.array(firsts, dtype=np.int64)).all()), *files)
    return merges


def _times(folder: ModelFolder, count: int) -> NDArray[np.float64]:
    times = numbers(folder, "times.npy", "float64", count)
    # Every comparison with NaN is false, so that one anywhere is refused, too.
    bounded = not count or bool(times[0] > -np.inf and times[-1] <= np.inf)
    check(bounded and bool((times[:-1] <= times[1:]).all()), "times.npy")
    return times


def _lookup(folder: ModelFolder, articles: MergedArticles) -> ArticleLookup:
    pages = frozenset(msgspec.json.decode(folder.text(PAGES), type=list[str]))
    ids = _table(folder, "ids", len(articles), articles.has_id)
    addresses = _table(folder, "addresses", len(articles), articles.has_key)
    awaited = _table(folder, "awaited", len(articles), None)  # an entry too many costs an edit some time, no more
    return ArticleLookup(pages, np.arange(len(articles)), ids, addresses, awaited)


def _table(folder: ModelFolder, name: str, n_articles: int, is_of: Callable[[int, str], bool] | None) -> SlotTable:
    slots = rows(folder, f"{name}_rows.npy", n_articles)
    digests = numbers(folder, f"{name}_digests.npy", "uint64", len(slots))
    check(bool((digests[:-1] <= digests[1:]).all()), f"{name}_digests.npy")
    return SlotTable(digests, slots, is_of)


def _links(folder: ModelFolder, n_articles: int) -> NDArray[np.int32]:
    values = rows(folder, "links.npy", n_articles)
    check(len(values) % 2 == 0, "links.npy")
    links = values.reshape(-1, 2)
    check(ascend(*links.T) and bool((links[:, 0] != links[:, 1]).all()), "links.npy")
    return links


def _neighbours(folder: ModelFolder, n_articles: int) -> sparse.csr_matrix:
    columns = rows(folder, "neighbours_columns.npy", n_articles)
    begins = starts(folder, "neighbours", n_articles, "neighbours_columns.npy", len(columns))
    descents = np.flatnonzero(columns[1:] <= columns[:-1]) + 1  # allowed only where a row begins
    check(bool(np.isin(descents, begins).all()), "neighbours_starts.npy", "neighbours_columns.npy")
    dtype = np.int32 if len(columns) <= np.iinfo(np.int32).max else np.int64
    parts = (np.ones(len(columns), dtype=np.float32), columns, begins.astype(dtype))
    return sparse.csr_matrix(parts, shape=(n_articles, n_articles))


def _externals(folder: ModelFolder, articles: MergedArticles) -> Externals:
    sources = rows(folder, "external_rows.npy", len(articles))
    relations = rows(folder, "external_numbers.npy", np.iinfo(np.int32).max)
    check(len(sources) == len(relations), "external_rows.npy", "external_numbers.npy")
    return Externals(articles, sources, relations)
