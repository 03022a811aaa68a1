"""Articles in time order, and those of one id or address folded into one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recommender.core.records import Article
from recommender.core.times import seconds_since_epoch
from recommender.corpus.address_keys import address_key, pages_of_many


@dataclass(frozen=True)
class Merges:
    """Which articles, as they were given, are folded into an earlier one.

    Attributes
    ----------
    places, rows : (n_folded,) int32 array
        Their places among all, and the rows of the corpus that are made of them and others; by row, then place.
    """

    places: NDArray[np.int32]
    rows: NDArray[np.int32]

    @classmethod
    def of(cls, groups: Sequence[Sequence[int]]) -> Self:
        """Return the folds of the places in each row, the first of which stays."""
        places = [place for group in groups for place in group[1:]]
        rows = [row for row, group in enumerate(groups) for _ in group[1:]]
        return cls(np.array(places, dtype=np.int32), np.array(rows, dtype=np.int32))

    @cached_property
    def _before(self) -> NDArray[np.int64]:
        return np.sort(self.places) - np.arange(len(self.places))

    def line(self, row: int) -> int:
        """Return the place of the first of those that a row is made of."""
        return row + int(np.searchsorted(self._before, row, side="right"))

    def lines(self, row: int) -> list[int]:
        """Return the places of all that a row is made of, in their order."""
        if not len(self):
            return [row]
        return [self.line(row), *self.places[slice(*np.searchsorted(self.rows, [row, row + 1]))].tolist()]

    def __len__(self) -> int:
        return len(self.places)


def in_time_order(articles: Iterable[Article]) -> list[Article]:
    """Return articles ordered by publication, then id, whatever order they came in; undated ones last."""
    ordered = sorted(articles, key=moment_and_id)
    counts = Counter(map(moment_and_id, ordered))
    repeated = {key for key, count in counts.items() if count > 1} if len(counts) < len(ordered) else None
    if repeated:  # the order must not depend on which of two versions came first
        ordered.sort(key=lambda one: (*moment_and_id(one), repr(one) if moment_and_id(one) in repeated else ""))
    return ordered


def moment_and_id(article: Article) -> tuple[float, str]:
    """Return what articles are ordered by."""
    return seconds_since_epoch(article.published_at), article.id


def same_article(ordered: Sequence[Article]) -> list[list[int]]:
    """Return the places of articles that share an id or an address, each group in the order given."""
    shared = pages_of_many(ordered)
    keys = [address_key(address, shared) for article in ordered for address in article.addresses]
    if len(set(keys)) == len(keys) and len({article.id for article in ordered}) == len(ordered):
        return [[place] for place in range(len(ordered))]
    owner_of_id: dict[str, int] = {}
    owner: dict[str, int] = {}
    parent = list(range(len(ordered)))

    def root(position: int) -> int:
        while parent[position] != position:
            parent[position] = parent[parent[position]]
            position = parent[position]
        return position

    for position, article in enumerate(ordered):
        owners = [owner_of_id.setdefault(article.id, position)]
        owners += [owner.setdefault(address_key(address, shared), position) for address in article.addresses]
        for other in owners:
            if other != position:
                first, second = sorted((root(other), root(position)))
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
