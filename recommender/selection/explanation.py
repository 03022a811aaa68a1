"""Why not: whether a target would be suggested, and what stands in its way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.core.records import Article
from recommender.core.settings import Settings
from recommender.retrieval.candidates import with_candidates
from recommender.retrieval.query import SourceQuery
from recommender.selection.business_rules import SourceRules
from recommender.selection.selection import Choice, obstacle, select

REMOVED, RULE, REJECTED, NO_CANDIDATE = "removed", "rule", "rejected", "no candidate"
THRESHOLD, OUTRANKED, DUPLICATE_OF = "threshold", "outranked", "duplicate of"
NAMED = 3


@dataclass(frozen=True)
class Verdict:
    """What becomes of a target, in a sentence and as the fields of an `Explanation`."""

    verdict: str
    suggested: bool = False
    obstacle: str | None = None
    outranked_by: tuple[str, ...] = ()
    listed_under: str | None = None


def verdict_on(
    asked: SourceQuery,
    source: Article,
    scores: NDArray[np.float64],
    place: int,
    settings: Settings,
    threshold: float,
    orders: SourceRules | None = None,
) -> Verdict:
    """Say what becomes of the target at a place of `asked.targets`, which need not be a candidate by itself."""
    selection = settings.selection
    row = int(asked.targets[place])
    in_the_way = obstacle(asked, row, selection, orders)
    if in_the_way is not None:
        by_editor = orders is not None and in_the_way == orders.rejection(row)
        rule = REJECTED if by_editor else RULE
        return _refused(REMOVED if asked.index.corpus[row].removed else rule, in_the_way)
    pinned = orders is not None and row in orders.pinned
    if not pinned and row not in SourceQuery(with_candidates(asked.query, settings.candidates), asked.position).targets:
        return _refused(NO_CANDIDATE, "no candidate, as neither words, time nor links lead from the source to it")
    chosen = select(asked, source, scores, selection, selection.k, threshold, orders)
    for rank, choice in enumerate(chosen, start=1):
        if place in (choice.place, *choice.duplicates):
            return _listed(asked, choice, place, rank)
    if scores[place] < threshold:
        return _refused(THRESHOLD, f"its score is below the threshold of {threshold:.3g}")
    if orders is not None:
        refused = _by_the_list(asked, source, scores, place, settings, threshold, orders)
        if refused is not None:
            return refused
    ahead = tuple(_id(asked, choice.place) for choice in chosen)
    passed = any(scores[choice.scored] < scores[place] for choice in chosen)
    why = f"outranked by {', '.join(ahead[:NAMED])}" + (", which differ more from each other" if passed else "")
    return Verdict(f"not suggested: {why}", obstacle=OUTRANKED, outranked_by=ahead)


def _by_the_list(
    asked: SourceQuery,
    source: Article,
    scores: NDArray[np.float64],
    place: int,
    settings: Settings,
    threshold: float,
    orders: SourceRules,
) -> Verdict | None:
    """Say what of the house keeps a target out that would be listed but for the others in the list."""
    selection = settings.selection
    most = orders.most_per_provider
    for without, what, why in (
        (orders.without_copies(), REJECTED, "an article with the same text was rejected for this source"),
        (
            orders.without_providers(),
            RULE,
            f"its provider has the most of {most} here already (rules.most_per_provider)",
        ),
    ):
        chosen = select(asked, source, scores, selection, selection.k, threshold, without)
        if any(place in (choice.place, *choice.duplicates) for choice in chosen):
            return _refused(what, why)
    return None


def _listed(asked: SourceQuery, choice: Choice, place: int, rank: int) -> Verdict:
    if place != choice.place:
        canonical = _id(asked, choice.place)
        said = f"listed under {canonical}, the same text, at rank {rank}"
        return Verdict(said, obstacle=DUPLICATE_OF, listed_under=canonical)
    if choice.pinned:
        return Verdict(f"suggested, at rank {rank}, as the house pinned it (rules.pin)", suggested=True)
    by = f", by the score of {_id(asked, choice.scored)}, the same text" if choice.scored != place else ""
    return Verdict(f"suggested, at rank {rank}{by}", suggested=True)


def _refused(what: str, why: str) -> Verdict:
    return Verdict(f"not suggested: {why}", obstacle=what)


def _id(asked: SourceQuery, place: int) -> str:
    return asked.index.corpus[int(asked.targets[place])].id
