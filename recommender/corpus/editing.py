"""A corpus after an edit, at the cost of what changes: equal to one built anew from the same articles."""

from __future__ import annotations

import copy
from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence

import numpy as np
from scipy import sparse

from recommender.core.records import Article
from recommender.core.times import seconds_since_epoch
from recommender.corpus.corpus import Corpus
from recommender.corpus.lookup import fragments_of, shared_pages
from recommender.corpus.merging import Merges, merged_article, moment_and_id, same_article, time_order
from recommender.corpus.relations import resolve_relations, undirected
from recommender.corpus.row_map import RowMap
from recommender.corpus.sequences import Edited
from recommender.corpus.stored_articles import Externals, MergedIds

MAX_SPARE_SLOTS = 1000  # slots without a row, beside a quarter of all rows


def edited(corpus: Corpus, removed_ids: Collection[str], new: Iterable[Article]) -> tuple[Corpus, RowMap] | None:
    """Return a corpus without the originals of some ids and with new ones, and where its rows went.

    None is returned where no row would stay, and after very many edits: then the corpus is better built anew.
    """
    added, originals = list(new), corpus.originals
    pages, rows = _changed_rows(corpus, removed_ids, added)
    if len(rows) == len(corpus) or len(corpus.lookup.rows) > len(corpus) + len(corpus) // 4 + MAX_SPARE_SLOTS:
        return None
    # All articles of these rows are taken out. Those that stay come back, with the new ones, each before a position.
    positions = sorted(position for row in rows for position in corpus.merges.positions_of(row))
    members = [(originals[position], position) for position in positions if originals[position].id not in removed_ids]
    members += [(article, _position_in_time(corpus, article)) for article in added]
    members = [members[at] for at in time_order([article for article, _ in members])]
    articles = [article for article, _ in members]
    # Equal moments and ids are all of these rows: between the positions that are taken out, one is as good as another.
    before = np.maximum.accumulate(np.array([position for _, position in members], dtype=np.intp))
    groups = same_article(articles, pages)
    firsts = before[[group[0] for group in groups]]
    position_map = row_map = RowMap.of(len(originals), positions, before)
    if len(corpus.merges) or len(groups) < len(articles):
        row_map = RowMap.of(len(corpus), rows, firsts - np.searchsorted(np.sort(corpus.merges.positions), firsts))
    merged = [merged_article([articles[member] for member in group]) for group in groups]
    after = copy.copy(corpus)
    after.times = row_map.values(corpus.times, [seconds_since_epoch(article.published_at) for article in merged])
    after.articles = Edited.of(corpus.articles, row_map, merged)
    after.originals = Edited.of(originals, position_map, articles)
    after.source_files = ()
    after.merges = _merges(corpus.merges, row_map, position_map, Merges.of(groups))
    after.merged = MergedIds(after.originals, after.merges)
    after.lookup = corpus.lookup.edited(pages)
    _relate(corpus, after, row_map)
    return after, row_map


def _position_in_time(corpus: Corpus, article: Article) -> int:
    """Return the original before which an article belongs, decoding only some of about the same moment."""
    key, merges = moment_and_id(article), corpus.merges
    first, end = int(np.searchsorted(corpus.times, key[0])), int(np.searchsorted(corpus.times, key[0], side="right"))
    begin = merges.first_position(first - 1) + 1 if first else 0
    stop = merges.first_position(end) if end < len(corpus) else len(corpus.originals)
    return bisect_left(corpus.originals, key, begin, stop, key=moment_and_id)


def _changed_rows(
    corpus: Corpus, removed_ids: Collection[str], new: Sequence[Article]
) -> tuple[frozenset[str], list[int]]:
    """Return the pages that several articles share after an edit, and the rows that may be other articles then.

    These rows hold an article that is removed, or one of an id or address of a new one, or are on a page that comes to
    be shared, or no longer is.
    """
    lookup, originals, positions_of = corpus.lookup, corpus.originals, corpus.merges.positions_of
    rows = {row for name in removed_ids if (row := lookup.row_of_id(name)) is not None}
    removed = [originals[position] for row in rows for position in positions_of(row)]
    left = {page for article in removed for page, _ in fragments_of(article)} & lookup.pages
    entered = {page for article in new for page, _ in fragments_of(article)} - lookup.pages
    pages = lookup.pages
    if left or entered:
        near = {row for page in left | entered for row in lookup.rows_on_page(page)}
        stay = [originals[position] for row in near for position in positions_of(row)]
        shared = shared_pages([*(article for article in stay if article.id not in removed_ids), *new])
        pages = (pages - left - entered) | (shared & (left | entered))
    rows.update(row for article in new if (row := lookup.row_of_id(article.id)) is not None)
    addresses = [address for article in new for address in article.addresses]
    rows.update(row for address in addresses for row in lookup.rows_of_address(address, pages))
    rows.update(row for page in pages ^ lookup.pages for row in lookup.rows_on_page(page))
    return pages, sorted(rows)


def _merges(merges: Merges, row_map: RowMap, position_map: RowMap, regrouped: Merges) -> Merges:
    """Return the merges of the rows that stay, and those of the new rows."""
    stay = np.flatnonzero(row_map.after[merges.rows] >= 0)
    positions = np.append(position_map.after[merges.positions[stay]], position_map.new[regrouped.positions])
    rows = np.append(row_map.after[merges.rows[stay]], row_map.new[regrouped.rows])
    order = np.lexsort((positions, rows))
    return Merges(positions[order].astype(np.int32), rows[order].astype(np.int32))


def _relate(corpus: Corpus, after: Corpus, row_map: RowMap) -> None:
    """Index new rows and resolve their relations, and do both anew for rows with a relation that may lead elsewhere.

    Such a row led to a removed one, or waits for the id or page of a new one. It gets a new slot, so that what the
    lookup knows of its old one no longer counts. The relations of all other rows lead where they led.
    """
    new_rows, (sources, targets) = row_map.new.tolist(), corpus.links.T
    appends = row_map.only_appends
    targets_after = targets if appends else row_map.after.take(targets)
    # Of all originals of the new rows: a relation may wait for the id of one that is merged into another.
    positions = [position for new_row in new_rows for position in after.merges.positions_of(new_row)]
    awaiting = [row for position in positions for row in corpus.lookup.rows_awaiting(after.originals[position])]
    lost = sources[:0] if appends else sources[targets_after < 0]
    touched = np.union1d(lost, np.array(awaiting, dtype=np.intp)).astype(np.intp)
    nothing_moves = appends and not len(touched)  # the usual edit, without a copy of what stays
    unchanged = row_map.after if nothing_moves else row_map.after.copy()
    unchanged[touched] = -1  # from here on: where each row went whose relations are what they were
    rows = sorted({*new_rows, *row_map.after[touched].tolist()} - {-1})
    articles = [(row, slot, after.articles[row]) for slot, row in enumerate(rows, len(corpus.lookup.rows))]
    slot_rows = corpus.lookup.rows if nothing_moves else unchanged[corpus.lookup.rows]
    after.lookup.rows = np.append(slot_rows, np.array(rows, dtype=np.intp))
    for row, slot, article in articles:
        after.lookup.add(article, slot)
        for position in after.merges.positions_of(row)[1:]:
            after.lookup.add_id(after.originals[position].id, slot)
    pairs, *externals = resolve_relations(after, articles)
    external_rows, numbers = unchanged.take(corpus.externals.rows).astype(np.int32), corpus.externals.numbers
    external_rows, numbers = external_rows[external_rows >= 0], numbers[external_rows >= 0]
    at = np.searchsorted(external_rows, externals[0])
    after.externals = Externals(after.articles, *map(np.insert, (external_rows, numbers), (at, at), externals))
    if not len(pairs) and nothing_moves:  # the graph grows by rows without neighbours
        graph = corpus.neighbours
        starts = np.append(graph.indptr, np.repeat(graph.indptr[-1:], row_map.n_new))
        after.neighbours = sparse.csr_matrix((graph.data, graph.indices, starts), shape=(len(after), len(after)))
        return
    links = np.column_stack([unchanged.take(sources), targets_after]).astype(np.int32)
    links = links[links[:, 0] >= 0] if (links[:, 0] < 0).any() else links
    after.links = np.insert(links, np.searchsorted(links[:, 0], pairs[:, 0]), pairs, axis=0)
    after.neighbours = undirected(after.links, len(after))
