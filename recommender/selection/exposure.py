"""A limit on how often one target is suggested over a whole site."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Preference:
    """A target that a source would suggest, with its score; a `fixed` one does not count towards the limit."""

    target: str
    score: float
    fixed: bool = False


def assign_with_limit(preferences: Sequence[Sequence[Preference]], k: int, share: float) -> list[list[int]]:
    """Give each source at most `k` of its preferences, so that no target has more than a share of all suggestions.

    The preferences of each source come best first; the positions of those that it gets are returned, ascending. Any
    target may be suggested once, however small the `share`, in (0, 1].

    A source gets what it prefers. A target that too many sources would have stays with those where its score is
    highest, of equals with the earlier ones; the other sources get their next preference. This is the deferred
    acceptance of Gale and Shapley, "College admissions and the stability of marriage", 1962. Its outcome does not
    depend on the order in which sources propose: there is no source that would rather have a target in whose
    suggestions it would replace one of a lower score.

    >>> preferences = [[Preference("a", 0.9), Preference("b", 0.5)], [Preference("a", 0.8), Preference("b", 0.7)]]
    >>> assign_with_limit(preferences, k=1, share=0.5)
    [[0], [1]]
    """
    most = _most(share, sum(min(k, len(own)) for own in preferences))
    while True:
        assigned = _assign(preferences, k, most)
        counts = Counter(
            preferences[source][position].target
            for source, positions in enumerate(assigned)
            for position in positions
            if not preferences[source][position].fixed
        )
        allowed = _most(share, sum(map(len, assigned)))
        if max(counts.values(), default=0) <= allowed:
            return assigned
        most = min(most - 1, allowed)  # sources that ran out of preferences have fewer suggestions to share


def _most(share: float, total: int) -> int:
    return max(1, int(share * total + 1e-9))  # a whole share must not be lost to rounding


def _assign(preferences: Sequence[Sequence[Preference]], k: int, most: int) -> list[list[int]]:
    """Let sources propose in order of preference; a target with too many suggestions drops the lowest score."""
    assigned: list[set[int]] = [set() for _ in preferences]
    n_proposed = [0] * len(preferences)
    suggested_by: dict[str, list[tuple[float, int, int]]] = {}  # a heap for each target, what it drops next on top
    waiting = list(range(len(preferences)))
    while waiting:
        source = waiting.pop()
        while len(assigned[source]) < k and n_proposed[source] < len(preferences[source]):
            position = n_proposed[source]
            n_proposed[source] += 1
            preference = preferences[source][position]
            assigned[source].add(position)
            if preference.fixed:
                continue
            heap = suggested_by.setdefault(preference.target, [])
            heapq.heappush(heap, (preference.score, -source, position))  # of equal scores the later source is dropped
            if len(heap) > most:
                _, negative_source, dropped = heapq.heappop(heap)
                assigned[-negative_source].discard(dropped)
                if -negative_source != source:
                    waiting.append(-negative_source)
    return [sorted(positions) for positions in assigned]
