"""A limit on how often one target is suggested over a whole site."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Preference:
    """A target that a source would like, with its score; a `fixed` one is above the limit."""

    target: str
    score: float
    fixed: bool = False


def assign_with_limit(wishes: Sequence[Sequence[Preference]], k: int, share: float) -> list[list[int]]:
    """Give each source at most `k` of its wishes, so that no target has more than a share of all that is given.

    Sources take what they like best; a target that is wanted too often stays with those where its score is highest,
    then with the earlier ones, and the others go on to their next wish. This is the deferred acceptance of
    Gale and Shapley, "College admissions and the stability of marriage", 1962, whose outcome does not depend on
    who is asked first: no source could get a wish that it likes better and where it scores higher than one who has it.

    Parameters
    ----------
    wishes
        Of each source, best first.
    share
        In (0, 1]; a target may always be given once.

    Returns
    -------
    The positions of what each source gets, ascending.

    >>> front = [[Preference("a", 0.9), Preference("b", 0.5)], [Preference("a", 0.8), Preference("b", 0.7)]]
    >>> assign_with_limit(front, k=1, share=0.5)
    [[0], [1]]
    """
    most = _most(share, sum(min(k, len(each)) for each in wishes))
    while True:
        given = _give(wishes, k, most)
        counts = Counter(
            wishes[source][place].target
            for source, places in enumerate(given)
            for place in places
            if not wishes[source][place].fixed
        )
        allowed = _most(share, sum(map(len, given)))
        if max(counts.values(), default=0) <= allowed:
            return given
        most = min(most - 1, allowed)  # where wishes ran out there are fewer suggestions to have a share of


def _most(share: float, total: int) -> int:
    return max(1, int(share * total + 1e-9))


def _give(wishes: Sequence[Sequence[Preference]], k: int, most: int) -> list[list[int]]:
    """Let every source ask for its wishes in order; a target with too many lets go of the one it scores least for."""
    held: list[set[int]] = [set() for _ in wishes]
    asked = [0] * len(wishes)
    holders: dict[str, list[tuple[float, int, int]]] = {}  # of each target: a heap, the first to let go on top
    waiting = list(range(len(wishes)))
    while waiting:
        source = waiting.pop()
        while len(held[source]) < k and asked[source] < len(wishes[source]):
            place = asked[source]
            asked[source] += 1
            wish = wishes[source][place]
            held[source].add(place)
            if wish.fixed:
                continue
            heap = holders.setdefault(wish.target, [])
            heapq.heappush(heap, (wish.score, -source, place))
            if len(heap) > most:
                _, loser, lost = heapq.heappop(heap)
                held[-loser].discard(lost)
                if -loser != source:
                    waiting.append(-loser)
    return [sorted(places) for places in held]
