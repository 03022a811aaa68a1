"""Articles in time order, and those of one id or address merged into one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recommender.core.records import Article
from recommender.core.times import seconds_since_epoch
from recommender.corpus.lookup import address_key


@dataclass(frozen=True)
class Merges:
    """Which of the articles, in the order in which they were given, were merged into an earlier one.

    Attributes
    ----------
    positions, rows : (n_merged,) int32 array
        Position of each merged article among all, and the row of the corpus that it is part of; by row, then position.
    """

    positions: NDArray[np.int32]
    rows: NDArray[np.int32]

    @classmethod
    def of(cls, groups: Sequence[Sequence[int]]) -> Self:
        """Return the merges of the groups of positions that make up each row."""
        positions = [position for group in groups for position in group[1:]]
        rows = [row for row, group in enumerate(groups) for _ in group[1:]]
        return cls(np.array(positions, dtype=np.int32), np.array(rows, dtype=np.int32))

    @cached_property
    def _rows_before(self) -> NDArray[np.int64]:
        """How many rows begin before each merged position: all positions before it but the merged ones."""
        return np.sort(self.positions) - np.arange(len(self.positions))

    def first_position(self, row: int) -> int:
        """Return the position of the article that a row is named after."""
        return row + int(self._rows_before.searchsorted(row, side="right"))

    def positions_of(self, row: int) -> list[int]:
        """Return the positions of all articles that a row is made of, ascending."""
        if not len(self):
            return [row]
        # Of the type of `rows`: for another one all of them would be converted at each call.
        start, end = self.rows.searchsorted(np.array([row, row + 1], dtype=self.rows.dtype)).tolist()
        return [self.first_position(row), *self.positions[start:end].tolist()]

    def row_of_each(self, n_positions: int) -> NDArray[np.intp]:
        """Return the row that each position is part of, ``(n_positions,)``."""
        is_first = np.ones(n_positions, dtype=bool)
        is_first[self.positions] = False
        row_of_each = np.cumsum(is_first) - 1
        row_of_each[self.positions] = self.rows
        return row_of_each

    def __len__(self) -> int:
        return len(self.positions)


def time_order(articles: Sequence[Article]) -> list[int]:
    """Return the positions of articles ordered by publication, then id; undated ones last.

    The order does not depend on the one given: of several versions of one id and moment, the text decides.
    """
    keys = [moment_and_id(article) for article in articles]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    counts = Counter(keys)
    if len(counts) < len(keys):
        order.sort(key=lambda at: (*keys[at], repr(articles[at]) if counts[keys[at]] > 1 else ""))
    return order


def moment_and_id(article: Article) -> tuple[float, str]:
    """Return what articles are ordered by."""
    return seconds_since_epoch(article.published_at), article.id


def same_article(ordered: Sequence[Article], pages: frozenset[str]) -> list[list[int]]:
    """Return the positions of articles that share an id or an address, directly or through others.

    Articles, groups, and the positions in each are in time order; `pages` are those of `addresses.shared_pages`.
    """
    keys = [address_key(address, pages) for article in ordered for address in article.addresses]
    if len(set(keys)) == len(keys) and len({article.id for article in ordered}) == len(ordered):
        return [[position] for position in range(len(ordered))]
    first_of_id: dict[str, int] = {}
    first_of_key: dict[str, int] = {}
    parent = list(range(len(ordered)))

    def root(position: int) -> int:
        while parent[position] != position:
            parent[position] = parent[parent[position]]  # halves the path for the next time
            position = parent[position]
        return position

    for position, article in enumerate(ordered):
        same = [first_of_id.setdefault(article.id, position)]
        same += [first_of_key.setdefault(address_key(address, pages), position) for address in article.addresses]
        for earlier in same:
            if earlier != position:
                first, second = sorted((root(earlier), root(position)))
                parent[second] = first
    groups: dict[int, list[int]] = defaultdict(list)
    for position in range(len(ordered)):
        groups[root(position)].append(position)
    return list(groups.values())


def merged_article(group: Sequence[Article]) -> Article:
    """Return the first of a group with the addresses and relations of all; removed where any of them is."""
    first = group[0]
    if len(group) == 1:
        return first
    addresses = dict.fromkeys(address for article in group for address in article.addresses)
    return replace(
        first,
        aliases=tuple(address for address in addresses if address != first.url),
        relations=tuple(dict.fromkeys(relation for article in group for relation in article.relations)),
        removed=any(article.removed for article in group),
    )
