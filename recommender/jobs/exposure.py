"""How often each article is suggested over a whole site, with and without the limit on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain

from recommender.core.records import Suggestion
from recommender.evaluation.measures import gini
from recommender.model.recommender import Recommender
from recommender.selection.exposure import Preference, assign_with_limit

Lists = Iterable[tuple[str, list[Suggestion]]]
Progress = Callable[[Lists, int], Lists]

DEPTH = 3  # preferences for each slot of a list: what the limit takes away is made up for from the rest


@dataclass(frozen=True)
class Exposure:
    """How the suggestions of a site are spread over its articles; ``..._before`` without the limit, if there is one.

    `gini` is that of how often each article is suggested, in [0, 1), and nan for no suggestions; `largest` is the
    largest share of all suggestions that one target has, in [0, 1].
    """

    gini: float
    largest: float
    gini_before: float | None = None
    largest_before: float | None = None

    @classmethod
    def of(cls, counts: Mapping[str, int], n_articles: int, before: Mapping[str, int] | None = None) -> Exposure:
        """Build it from how often each target is suggested, and would be without the limit."""
        return cls(*_skew(counts, n_articles), *(() if before is None else _skew(before, n_articles)))

    def line(self) -> str:
        """Return this as a line for a person."""
        text = f"in-degree Gini {self.gini:.3f}, the most frequent target has {self.largest:.1%} of the suggestions"
        if self.gini_before is None:
            return text
        return f"{text}; without selection.exposure {self.gini_before:.3f} and {self.largest_before:.1%}"


def _skew(counts: Mapping[str, int], n_articles: int) -> tuple[float, float]:
    total = sum(counts.values())
    degrees = [*counts.values(), *[0] * (n_articles - len(counts))]
    return gini(degrees), max(counts.values(), default=0) / total if total else 0.0


class SiteSuggestions:
    """The suggestions of every article of a site, within the limit on exposure where the settings name one.

    With a limit all lists are made twice: which suggestion makes up for one that the limit takes away depends on all
    lists, and holding all of them, with their reasons, would fill the memory.

    `progress` wraps each pass over the lists, and gets their number. `make_lists` makes the lists, given the length of
    each; it is `model.suggest_all` with `n_jobs` workers for None. `targets` holds the ids of the targets of each
    article so far, best first, by its id.
    """

    def __init__(
        self,
        model: Recommender,
        n_jobs: int = 1,
        progress: Progress | None = None,
        make_lists: Callable[[int], Lists] | None = None,
    ):
        self._model, self._progress = model, progress
        self._make_lists = make_lists or (lambda k: model.suggest_all(k=k, n_jobs=n_jobs))
        self.targets: dict[str, list[str]] = {}
        self._counts_before: Counter[str] | None = None

    def __iter__(self) -> Iterator[tuple[str, list[Suggestion]]]:
        k, share = self._model.settings.selection.k, self._model.settings.selection.exposure
        self.targets.clear()
        for source_id, suggestions in self._lists(k) if share is None else self._limited(k, share):
            self.targets[source_id] = [suggestion.target_id for suggestion in suggestions]
            yield source_id, suggestions

    @property
    def exposure(self) -> Exposure:
        """How the suggestions so far are spread; complete after the iteration."""
        counts = Counter(chain.from_iterable(self.targets.values()))
        return Exposure.of(counts, len(self._model.corpus), self._counts_before)

    def _limited(self, k: int, share: float) -> Lists:
        """Yield at most `k` suggestions for each article, no target with more than a share of all."""
        preferences = [
            [Preference(suggestion.target_id, suggestion.score, suggestion.pinned) for suggestion in suggestions]
            for _, suggestions in self._lists(DEPTH * k)
        ]
        self._counts_before = Counter(preference.target for ranked in preferences for preference in ranked[:k])
        assigned = assign_with_limit(preferences, k, share)
        for (source_id, suggestions), positions in zip(self._lists(DEPTH * k), assigned, strict=True):
            chosen = [suggestions[position] for position in positions]
            yield source_id, [replace(suggestion, rank=rank) for rank, suggestion in enumerate(chosen, start=1)]

    def _lists(self, k: int) -> Lists:
        lists = self._make_lists(k)
        return self._progress(lists, len(self._model.corpus)) if self._progress else lists
