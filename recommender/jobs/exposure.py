"""How often each article is suggested over a whole site, with and without the limit on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from recommender.core.records import Suggestion
from recommender.evaluation.measures import gini
from recommender.model.recommender import Recommender
from recommender.selection.exposure import Preference, assign_with_limit

Lists = Iterable[tuple[str, list[Suggestion]]]
Progress = Callable[[Lists, int], Lists]

DEPTH = 3  # wishes for each place in a list: what is taken away is made up for from the rest


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
            [Preference(one.target_id, one.score, one.pinned) for one in suggestions]
            for _, suggestions in self._all(DEPTH * k)
        ]
        self._before = Counter(wish.target for each in wishes for wish in each[:k])
        given = assign_with_limit(wishes, k, share)
        return (
            (source, [replace(suggestions[place], rank=rank) for rank, place in enumerate(places, start=1)])
            for (source, suggestions), places in zip(self._all(DEPTH * k), given, strict=True)
        )

    def _all(self, k: int) -> Lists:
        lists = self._lists(k)
        return self._progress(lists, len(self._model.corpus)) if self._progress else lists
