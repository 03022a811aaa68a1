"""Which candidates become suggestions: one of each text, best first, within all limits, fewer rather than bad ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from recommender.core.settings import SelectionSettings
from recommender.selection.eligibility import Eligibility
from recommender.selection.loose_relations import loosely_related
from recommender.selection.near_duplicates import CandidateTexts
from recommender.selection.scoring import ScoredCandidates

COPY_REJECTED, PROVIDER_FULL = "copy rejected", "provider full"


@dataclass(frozen=True)
class Choice:
    """A text that is suggested, as positions among the candidates.

    The article `shown` has the score and the reasons of `scored`, the best of it and its near-duplicates. These are
    listed under it: best quality first, then earliest, then by id.
    """

    shown: int
    scored: int
    duplicates: tuple[int, ...] = ()
    repeats_source: bool = False
    pinned: bool = False


@dataclass(frozen=True)
class Selection:
    """What was chosen for a source, best first, and why candidates were dropped when their turn came, by position.

    What had no turn, since the list was full or its score is too low, is not among the dropped.
    """

    choices: list[Choice] = field(default_factory=list)
    dropped: dict[int, str] = field(default_factory=dict)

    def rank_of(self, position: int) -> int | None:
        """Return the rank, from 1, of the choice that shows or lists a candidate; None where none does."""
        for rank, choice in enumerate(self.choices, start=1):
            if position in (choice.shown, *choice.duplicates):
                return rank
        return None


@dataclass(frozen=True)
class RankedCandidates:
    """All candidates of a source, best first: the ids of the targets and their scores, in [0, 1]."""

    source_id: str
    target_ids: tuple[str, ...]
    scores: tuple[float, ...]

    @classmethod
    def of(cls, candidates: ScoredCandidates) -> RankedCandidates:
        """Return scored candidates in order; equal scores are ordered by the target's id."""
        positions = best_first(candidates)
        target_ids = tuple(candidates.target(position).id for position in positions)
        return cls(candidates.source.id, target_ids, tuple(candidates.scores[positions].tolist()))


def best_first(candidates: ScoredCandidates) -> list[int]:
    """Return the positions of the candidates, best first; equal scores are ordered by the target's id."""
    positions = np.argsort(-candidates.scores, kind="stable")
    ordered = candidates.scores[positions]
    ends = np.append(np.flatnonzero(np.diff(ordered)) + 1, len(ordered))
    start = 0
    for end in ends.tolist():
        if end - start > 1:  # ids are looked up only where they decide
            positions[start:end] = sorted(positions[start:end], key=lambda position: candidates.target(position).id)
        start = end
    return [int(position) for position in positions]


def select(candidates: ScoredCandidates, settings: SelectionSettings, k: int, threshold: float) -> Selection:
    """Choose at most `k` candidates as suggestions, best first, each another text.

    Near-duplicates among all that may be suggested form groups: those that a chain of them joins, the source included.
    A group is ranked by its best score, so that a good text is not lost for a copy that scores less. It is shown as
    its canonical article: that of the best quality, then the earliest, then the first by id. The groups depend neither
    on `k` nor on `threshold`.

    With ``settings.diversity`` the order is that of maximal marginal relevance: the next choice is the candidate of the
    highest ``(1 - diversity) * score - diversity * similarity``, where the similarity is the highest cosine of its full
    text with that of an earlier choice (Carbonell and Goldstein, "The use of MMR, diversity-based reranking for
    reordering documents and producing summaries", SIGIR 1998). Scores stay as they are.

    A candidate for which loose relations alone speak is left out, unless it is pinned; see `loosely_related`.

    What the rules pin comes first, in their order and whatever it scores; what they refuse is left out. Once a provider
    has as many suggestions as it may have, a text is shown as its next best copy from another provider, or not at all.
    A text whose copy an editor rejected is rejected, too, unless it is pinned.
    """
    source_query, scores, rules = candidates.source_query, candidates.scores, candidates.rules
    texts = CandidateTexts(source_query, candidates.source)
    diversity = float(settings.diversity)
    eligible = Eligibility(source_query, candidates.source, settings, rules).of_rows(source_query.targets)
    rejected = np.zeros(len(scores), dtype=bool) if rules is None else rules.rejected(source_query.targets)
    pinned = _pinned_positions(candidates, eligible)
    waiting_pins = list(pinned)
    remaining = np.flatnonzero(eligible & ~loosely_related(candidates) & (scores >= threshold))
    most_per_provider = np.inf if rules is None or rules.most_per_provider is None else rules.most_per_provider
    providers = source_query.index.vectors.providers[source_query.targets].tolist()
    n_of_provider: Counter[int] = Counter()
    similarity = np.zeros(len(scores))  # with the choices so far
    taken = np.zeros(len(scores), dtype=bool)
    selection = Selection()
    while len(selection.choices) < k and (waiting_pins or len(remaining)):
        is_pin = bool(waiting_pins)
        relevance = (1 - diversity) * scores - diversity * similarity if diversity else scores
        best = waiting_pins.pop(0) if is_pin else _most_relevant(candidates, remaining, relevance)
        # A rejected copy is never shown, but joins the group, so that its copies are dropped with it.
        group = texts.duplicates(best, eligible | rejected) if settings.collapse_duplicates else [best]
        taken[group] = True
        remaining = remaining[~taken[remaining]]
        if is_pin:  # shown itself, whichever copy is canonical; other pins are shown in their turn
            group = [best, *(position for position in group if position not in pinned)]
        elif rejected[group].any():
            selection.dropped.update(dict.fromkeys(group, COPY_REJECTED))
            continue
        group = [position for position in group if eligible[position]]
        allowed = (at for at in group if is_pin or n_of_provider[providers[at]] < most_per_provider)
        shown = next(allowed, None)
        if shown is None:
            selection.dropped.update(dict.fromkeys(group, PROVIDER_FULL))
            continue
        duplicates = tuple(position for position in group if position != shown)
        repeats_source = bool(texts.repeat_source[group].any())
        selection.choices.append(Choice(shown, _best_score(candidates, group), duplicates, repeats_source, is_pin))
        n_of_provider[providers[shown]] += providers[shown] != 0  # no limit for articles without a provider
        if diversity:
            similarity = np.maximum(similarity, texts.cosines(shown))
    return selection


def _most_relevant(candidates: ScoredCandidates, positions: NDArray[np.intp], relevance: NDArray[np.float64]) -> int:
    """Return the position of the highest relevance; of equals, the best score."""
    return _best_score(candidates, positions[relevance[positions] == relevance[positions].max()])


def _best_score(candidates: ScoredCandidates, positions: Sequence[int] | NDArray[np.intp]) -> int:
    """Return the position of the highest score; of equals, that of the first id, which only equals need looked up."""
    scores = candidates.scores[positions]
    equals = np.asarray(positions)[scores == scores.max()].tolist()
    return int(equals[0] if len(equals) == 1 else min(equals, key=lambda position: candidates.target(position).id))


def _pinned_positions(candidates: ScoredCandidates, eligible: NDArray[np.bool_]) -> list[int]:
    """Return the positions of what is pinned and may be suggested, in the order of the rules."""
    rules, targets = candidates.rules, candidates.source_query.targets
    if rules is None:
        return []
    pinned = [row for row in rules.pinned if row in targets]
    return [position for position in map(candidates.position, pinned) if eligible[position]]
