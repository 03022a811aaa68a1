"""What a source's list depends on, in 128 bits: an equal fingerprint, an equal list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Self

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.corpus.corpus import Corpus
from recommender.features.neighbourhood import of_provider
from recommender.retrieval.groups import Groups
from recommender.retrieval.index import published_within
from recommender.retrieval.query import N_IN_TIME, Query, SourceQuery
from recommender.selection.business_rules import BusinessRules

Marks = NDArray[np.uint64]
REACHES = (3, 7, 30)  # days; as in the features


@dataclass(frozen=True)
class Fingerprints:
    """Marks of the articles of a corpus, and of what the house says to each as a source.

    A list is made from what was found for its source, by words and in time, and from what that is linked with;
    see `Query`. So whatever may change a list changes the mark of one of these, or which they are. Rows are part of
    the marks: what is inserted among older articles touches all that follow.

    Attributes
    ----------
    marks : (n_articles, 2) uint64 array
        Of each article, what the house says of it as a target, and what it is linked with, two links far.
    orders : (n_articles, 2) uint64 array
        Of what the house says to each article; 0 for nothing. A pin may lead anywhere, so that what something is
        pinned for has the mark of the whole corpus.
    """

    marks: Marks
    orders: Marks

    @classmethod
    def of(cls, corpus: Corpus, house: BusinessRules) -> Self:
        """Mark every article."""
        encode = msgspec.json.Encoder().encode
        said = house.said_of()
        own = np.empty((len(corpus), 2), dtype=np.uint64)
        for row, one in enumerate(corpus):
            told = (one.id, one.title, one.excerpt, one.body, one.published_at, one.url, one.provider, one.topics)
            more = (one.category, one.type, one.quality, one.published, one.removed, one.language, one.aliases)
            own[row] = _mark(encode((row, said.get(row), *told, *more)))
        near = _with_linked(own, corpus.neighbours)
        marks = _with_linked(near, corpus.neighbours)
        orders = np.zeros_like(marks)
        whole = marks.astype("<u8").tobytes() if house.pinned_sources else b""
        for row, text in house.said_to().items():
            orders[row] = _mark(text.encode() + (whole if row in house.pinned_sources else b""))
        return cls(marks, orders)

    @property
    def whole(self) -> bytes:
        """The fingerprint of all articles together."""
        return blake2b(np.hstack([self.marks, self.orders]).astype("<u8").tobytes(), digest_size=16).digest()

    def of_asked(self, asked: Sequence[SourceQuery]) -> list[bytes]:
        """Return the fingerprint of each of some sources, of whatever blocks."""
        known: dict[Query, list[bytes]] = {}
        for one in asked:
            if one.query not in known:
                known[one.query] = self.of_sources(one.query)
        return [known[one.query][one.position] for one in asked]

    def of_sources(self, query: Query) -> list[bytes]:
        """Return the fingerprint of each source of a block, of its own articles and all that it knows."""
        total = _mixed(self.marks[query.rows] ^ self.orders[query.rows], 1)
        found = (query.ranked_by_text, query.nearest_in_time(N_IN_TIME), query.latest_before, of_provider(query))
        for salt, (owner, rows) in enumerate(found, start=2):
            total = _mixed(total + _summed(Groups(owner, len(query)), _mixed(self.marks[rows], salt)), salt)
        dated = query.index.vectors.days[: query.index.n_dated]
        counts = [published_within(dated, query.vectors.days, query.limits, reach) for reach in REACHES]
        for numbers in (query.n_published_before, *counts):
            total = _mixed(total ^ numbers.astype(np.uint64)[:, np.newaxis], 9)
        return [one.tobytes() for one in total.astype("<u8")]


def _mark(told: bytes) -> Marks:
    return np.frombuffer(blake2b(told, digest_size=16).digest(), dtype="<u8")


def _with_linked(marks: Marks, graph: sparse.csr_matrix) -> Marks:
    owner = np.repeat(np.arange(graph.shape[0]), np.diff(graph.indptr))
    return _mixed(marks + _summed(Groups(owner, len(marks)), _mixed(marks[graph.indices], 7)), 8)


def _summed(runs: Groups, marks: Marks) -> Marks:
    """Return each owner's sum, whatever the order: as cumulated, since whole numbers forget nothing."""
    totals = np.vstack([np.zeros((1, 2), dtype=np.uint64), np.cumsum(marks, axis=0, dtype=np.uint64)])
    sums: Marks = totals[runs.starts + runs.count()] - totals[runs.starts]
    return sums


def _mixed(marks: Marks, salt: int) -> Marks:
    """Stir the bits (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014)."""
    stirred: Marks = marks + np.array([2 * salt + 1, 3 * salt + 2], dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    stirred = (stirred ^ (stirred >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    stirred = (stirred ^ (stirred >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    # The halves see each other, so that what cancels out in one does not in both.
    stirred = stirred ^ (stirred >> np.uint64(31))
    stirred[:, 0] += stirred[:, 1] * np.uint64(0xD6E8FEB86659FD93)
    return stirred
