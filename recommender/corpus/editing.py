"""A corpus after an edit, at the cost of what was edited: equal to the one made anew of the same articles."""

from __future__ import annotations

import copy
import threading
from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from contextlib import nullcontext

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.core.records import Article
from recommender.core.times import seconds_since_epoch
from recommender.corpus.corpus import Corpus, undirected
from recommender.corpus.merging import Merges, moment_and_id
from recommender.corpus.row_map import Ints, RowMap
from recommender.corpus.row_table import Places
from recommender.corpus.sequences import edited as edited_sequence
from recommender.corpus.stored_articles import Externals

_growing = threading.Lock()  # what corpora share grows by one edit at a time
SPARE = 1000  # places in the book that may be of no article any more, beside a quarter of all


def edited(
    corpus: Corpus, gone: Collection[int], new: Iterable[Article], aside: bool = False
) -> tuple[Corpus, RowMap] | None:
    """Return a corpus without some rows and with more articles, and what moved; None where it must be made anew.

    That is where an article that was folded is concerned, or would be, where the parts of a page may change, and
    after very many edits.

    Parameters
    ----------
    new
        Of the ids that the corpus holds, only those of rows that are gone.
    aside
        Whether nothing is to be written in the book of the corpus: for a corpus that is soon forgotten.
    """
    rows, more = np.unique(np.array([*gone], dtype=np.intp)), sorted(new, key=moment_and_id)
    is_full = corpus.n_places > len(corpus) + len(corpus) // 4 + SPARE
    if len(rows) >= len(corpus) or (is_full and not aside) or _folds_may_change(corpus, rows, more):
        return None
    with nullcontext() if aside else _growing:
        return _edited(corpus, rows, more, aside)


def _edited(corpus: Corpus, rows: Ints, more: Sequence[Article], aside: bool) -> tuple[Corpus, RowMap]:
    before = [_row_in_time(corpus, one) for one in more]
    moves = RowMap.of(len(corpus), rows, before)
    after = copy.copy(corpus)
    after.times = moves.values(corpus.times, [seconds_since_epoch(one.published_at) for one in more])
    if len(corpus.folds):
        lines = _lines(corpus, rows, before, more)
        after.folds = _moved(corpus.folds, moves, lines)
        after.articles = edited_sequence(corpus.articles, moves, more, aside)
        after.originals = edited_sequence(corpus.originals, lines, more, aside)
    else:
        after.articles = after.originals = edited_sequence(corpus.originals, moves, more, aside)
    touched = _touched(corpus, moves, more)
    first = _write(corpus, after, moves, touched, aside)
    _relate(corpus, after, moves, touched, first)
    return after, moves


def _folds_may_change(corpus: Corpus, gone: Ints, new: Sequence[Article]) -> bool:
    """Say whether other articles may become one, or no longer be one, or share a page in another way."""
    if np.isin(gone, corpus.folds.rows).any():
        return True
    leaving = {article.id: article.addresses for article in (corpus[int(row)] for row in gone)}
    for article in new:
        old = leaving.pop(article.id, ())
        if set(old) != set(article.addresses) and _has_fragment((*old, *article.addresses)):
            return True
    if any(map(_has_fragment, leaving.values())):
        return True
    keys = [key for article in new for key in {corpus.book.key(address) for address in article.addresses}]
    if len(set(keys)) < len(keys) or len({article.id for article in new}) < len(new):
        return True
    places = [place for article in new for place in corpus.book.ids.places(article.id)]
    places += [place for key in keys for place in corpus.book.addresses.places(key)]
    known = {corpus.row_at(place) for place in places}
    return not known <= {-1, *gone.tolist()}


def _has_fragment(addresses: Sequence[str]) -> bool:
    return any("#" in address for address in addresses)


def _row_in_time(corpus: Corpus, article: Article) -> int:
    """Return before which row an article belongs; only those of its very moment are looked at."""
    moment = seconds_since_epoch(article.published_at)
    first, end = (int(np.searchsorted(corpus.times, moment, side=side)) for side in ("left", "right"))
    return bisect_left(corpus.articles, moment_and_id(article), first, end, key=moment_and_id)


def _lines(corpus: Corpus, gone: Ints, before: Sequence[int], new: Sequence[Article]) -> RowMap:
    """Return the moves of the articles as they were given, of those of the rows."""
    folds, originals = corpus.folds, corpus.originals
    places = [
        bisect_left(
            originals,
            moment_and_id(article),
            folds.line(row - 1) + 1 if row else 0,
            folds.line(row),
            key=moment_and_id,
        )
        for row, article in zip(before, new, strict=True)
    ]
    return RowMap.of(len(originals), [folds.line(row) for row in gone.tolist()], places)


def _moved(folds: Merges, moves: RowMap, lines: RowMap) -> Merges:
    return Merges(lines.after[folds.places].astype(np.int32), moves.after[folds.rows].astype(np.int32))


def _touched(corpus: Corpus, moves: RowMap, new: Sequence[Article]) -> Ints:
    """Return the rows, ascending, that stay and have a relation whose target may be another now."""
    waiting = (corpus.row_at(place) for article in new for place in corpus.book.waiting_for(article))
    rows = np.array([row for row in waiting if row >= 0], dtype=np.intp)
    if len(moves.rows) < moves.n_before + moves.n_new:
        to_gone = moves.after[corpus.links[:, 1]] < 0
        rows = np.append(rows, corpus.links[to_gone, 0])
    return np.unique(rows[moves.after[rows] >= 0])


def _write(corpus: Corpus, after: Corpus, moves: RowMap, touched: Ints, aside: bool) -> int:
    """Give what is new, and what is touched, new places in the book; return the first of them."""
    first = corpus.n_places
    shared = not aside and corpus.book.size == first  # else it is that of another corpus by now, too
    after.book = book = corpus.book if shared else corpus.book.over(first)
    old = [_place_in_book(corpus, row) for row in touched.tolist()]
    after.rows_of = moves.rows_of(corpus.rows_of, moves.after[touched])
    if after.rows_of is not None:
        after.rows_of[old] = -1
    book.add(after.articles[row] for row in moves.new.tolist())
    for row in touched.tolist():
        book.add([corpus.articles[row]])
        for line in corpus.folds.lines(row)[1:]:
            book.ids.add(corpus.originals[line].id, book.size - 1)
    return first


def _place_in_book(corpus: Corpus, row: int) -> int:
    return next(place for place in corpus.book.ids.places(corpus.articles[row].id) if corpus.row_at(place) == row)


def _relate(corpus: Corpus, after: Corpus, moves: RowMap, touched: Ints, first: int) -> None:
    """Make the relations those of the rows after the moves, of what is new and what is touched as they lead now."""
    rows = np.concatenate([moves.new, moves.after[touched]])
    asked = sorted(zip(rows.tolist(), range(first, first + len(rows)), strict=True))
    # All at once, so that none is forgotten, and its relations with it, before the last one is asked.
    pairs, *externals = after.resolved([(row, place, after.articles[row]) for row, place in asked])
    sources = moves.after.copy()
    sources[touched] = -1
    after.externals = _externals(corpus, after, sources, *externals)
    if moves.appends and not len(touched) and not len(pairs):
        after.neighbours = _with_rows(corpus.neighbours, moves.n_new)
    else:
        after.links = _links(corpus.links, sources, moves, pairs)
        after.neighbours = undirected(after.links, len(after))


def _externals(corpus: Corpus, after: Corpus, sources: Ints, rows: Places, places: Places) -> Externals:
    old = sources.take(corpus.externals.rows).astype(np.int32)
    gone = np.flatnonzero(old < 0)
    old, old_places = np.delete(old, gone), np.delete(corpus.externals.places, gone)
    at = np.searchsorted(old, rows)
    return Externals(after.articles, np.insert(old, at, rows), np.insert(old_places, at, places))


def _links(links: NDArray[np.int32], sources: Ints, moves: RowMap, pairs: NDArray[np.int32]) -> NDArray[np.int32]:
    gone = np.flatnonzero(sources.take(links[:, 0]) < 0)
    old = np.delete(moves.after.astype(np.int32).take(links), gone, axis=0)
    at = np.searchsorted(old[:, 0], pairs[:, 0])  # none of the sources that are asked anew is among the others
    return np.insert(old, at, pairs, axis=0) if len(pairs) else old


def _with_rows(graph: sparse.csr_matrix, count: int) -> sparse.csr_matrix:
    """Return a graph with some more articles that nothing is linked with."""
    indptr = np.append(graph.indptr, np.full(count, graph.indptr[-1], dtype=graph.indptr.dtype))
    size = graph.shape[0] + count
    return sparse.csr_matrix((graph.data, graph.indices, indptr), shape=(size, size))
