"""Who should point at an article: the best of many sources, each asked what it thinks of it."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.core.records import Article
from recommender.core.settings import SelectionSettings
from recommender.corpus.corpus import Corpus
from recommender.retrieval.query import SourceQuery
from recommender.selection.business_rules import SourceRules
from recommender.selection.selection import CandidateTexts, Choice, obstacle


@dataclass(frozen=True, order=True, slots=True)
class InboundLink:
    """A source that may point at a target, both rows; the best comes first in order: pins, then by score, then id."""

    unpinned: bool
    minus_score: float
    source_id: str
    source: int
    target: int


class InboundTargets:
    """The rows that something should point at, and which sources may.

    Those that link to one already are left out, and later articles unless any age will do.
    """

    def __init__(self, corpus: Corpus, targets: Iterable[int], older: bool):
        self.corpus, self.older = corpus, older
        self.targets = np.unique(np.array(list(targets), dtype=np.intp))
        self._linked = {(int(source), int(target)) for source, target in corpus.links if int(target) in self.targets}

    def pointers(
        self,
        asked: SourceQuery,
        source: Article,
        scores: NDArray[np.float64],
        settings: SelectionSettings,
        threshold: float,
        orders: SourceRules | None,
    ) -> Iterator[InboundLink]:
        """Yield what one source may point at of all that is wanted, among its candidates."""
        if source.removed:
            return
        for row in np.intersect1d(asked.targets, self.targets, assume_unique=True).tolist():
            place = int(np.searchsorted(asked.targets, row))
            pinned = orders is not None and row in orders.pinned
            late = self.older and asked.row > row
            poor = scores[place] < threshold and not pinned
            if poor or late or (asked.row, row) in self._linked or obstacle(asked, row, settings, orders):
                continue
            yield InboundLink(not pinned, -float(scores[place]), source.id, asked.row, row)


def best_pointers(found: Iterable[Iterable[InboundLink]], k: int) -> dict[int, list[InboundLink]]:
    """Return the best `k` of each target, best first; the same in whatever order they come."""
    best: dict[int, list[InboundLink]] = defaultdict(list)
    for some in found:
        for pointer in some:
            best[pointer.target].append(pointer)
            if len(best[pointer.target]) > 8 * k:  # what cannot be among the best need not be kept
                best[pointer.target] = heapq.nsmallest(k, best[pointer.target])
    return {target: heapq.nsmallest(k, pointers) for target, pointers in best.items()}


def pointed(asked: SourceQuery, source: Article, pointer: InboundLink) -> Choice:
    """Return a pointer as a choice among the candidates of its source."""
    place = int(np.searchsorted(asked.targets, pointer.target))
    repeats = bool(CandidateTexts(asked, source).of_source[place])
    return Choice(place, place, (), repeats, not pointer.unpinned)
