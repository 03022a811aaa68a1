"""How often each article is suggested over a whole site, and a limit on it."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from recommender.evaluation.metrics import gini
from recommender.model import Recommender
from recommender.records import Suggestion

Lists = Iterable[tuple[str, list[Suggestion]]]
Progress = Callable[[Lists, int], Lists]

DEPTH = 3  # wishes for each place in a list: what is taken away is made up for from the rest


@dataclass(frozen=True, slots=True)
class Wish:
    """A target that a source would like, with its score; a `fixed` one is above the limit."""

    target: str
    score: float
    fixed: bool = False


@dataclass(frozen=True)
class Exposure:
    """How the suggestions of a site are spread over its articles.

    Attributes
    ----------
    gini
        Of how often each article is suggested, in [0, 1); nan for no suggestions.
    largest
        The largest share of all suggestions that one target has, in [0, 1].
    gini_before, largest_before
        The same without the limit; None where there is none.
    """

    gini: float
    largest: float
    gini_before: float | None = None
    largest_before: float | None = None

    @classmethod
    def of(cls, counts: Mapping[str, int], n_articles: int, before: Mapping[str, int] | None = None) -> Exposure:
        """Build it from how often each target is suggested, and would be without the limit."""
        if before is None:
            return cls(*_skew(counts, n_articles))
        return cls(*_skew(counts, n_articles), *_skew(before, n_articles))

    def line(self) -> str:
        """Return this as a line for a person."""
        said = f"in-degree Gini {self.gini:.3f}, the most frequent target has {self.largest:.1%} of the suggestions"
        if self.gini_before is None:
            return said
        return f"{said}; without selection.exposure {self.gini_before:.3f} and {self.largest_before:.1%}"


def _skew(counts: Mapping[str, int], n_articles: int) -> tuple[float, float]:
    total = sum(counts.values())
    degrees = [*counts.values(), *[0] * (n_articles - len(counts))]
    return gini(degrees), max(counts.values(), default=0) / total if total else 0.0


class Spread:
    """The suggestions of every article, no target having more than a share of them where a share is given.

    With a share all lists are gone through twice: what the limit takes away is made up for by what comes next, and
    which that is depends on all lists; to keep them all would fill the memory. `lists` makes them, for a number of
    suggestions; `model.suggest_all`, twice then, for None.

    Attributes
    ----------
    exposure : Exposure
        Known when all lists were gone through.
    """

    def __init__(
        self,
        model: Recommender,
        n_jobs: int = 1,
        progress: Progress | None = None,
        lists: Callable[[int], Lists] | None = None,
    ):
        self._model, self._progress = model, progress
        self._lists = lists or (lambda k: model.suggest_all(k=k, n_jobs=n_jobs))
        self._counts: Counter[str] = Counter()
        self._before: Counter[str] | None = None

    def __iter__(self) -> Iterator[tuple[str, list[Suggestion]]]:
        selection = self._model.settings.selection
        self._counts.clear()
        for source, suggestions in self._limited(selection.k, selection.exposure):
            self._counts.update(one.target_id for one in suggestions)
            yield source, suggestions

    @property
    def exposure(self) -> Exposure:
        """How the suggestions that were gone through are spread."""
        return Exposure.of(self._counts, len(self._model.corpus), self._before)

    def _limited(self, k: int, share: float | None) -> Lists:
        if share is None:
            return self._all(k)
        wishes = [
            [Wish(one.target_id, one.score, one.pinned) for one in suggestions]
            for _, suggestions in self._all(DEPTH * k)
        ]
        self._before = Counter(wish.target for each in wishes for wish in each[:k])
        given = spread(wishes, k, share)
        return (
            (source, [replace(suggestions[place], rank=rank) for rank, place in enumerate(places, start=1)])
            for (source, suggestions), places in zip(self._all(DEPTH * k), given, strict=True)
        )

    def _all(self, k: int) -> Lists:
        lists = self._lists(k)
        return self._progress(lists, len(self._model.corpus)) if self._progress else lists


def spread(wishes: Sequence[Sequence[Wish]], k: int, share: float) -> list[list[int]]:
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

    >>> front = [[Wish("a", 0.9), Wish("b", 0.5)], [Wish("a", 0.8), Wish("b", 0.7)]]
    >>> spread(front, k=1, share=0.5)
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


def _give(wishes: Sequence[Sequence[Wish]], k: int, most: int) -> list[list[int]]:
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
