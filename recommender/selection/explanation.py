"""Explanations: why a pair has its score, and whether, or why not, the target is suggested."""

from __future__ import annotations

from dataclasses import dataclass

from recommender.core.records import Explanation
from recommender.core.settings import SelectionSettings
from recommender.selection.eligibility import Eligibility
from recommender.selection.loose_relations import loosely_related
from recommender.selection.scoring import ScoredCandidates, Scorer
from recommender.selection.selection import COPY_REJECTED, Choice, Selection, select
from recommender.selection.suggestions import explained_pairs, reasons_of

REMOVED, EXCLUDED, RULE, REJECTED, NO_CANDIDATE = "removed", "excluded", "rule", "rejected", "no candidate"
THRESHOLD, LOOSE, OUTRANKED, DUPLICATE_OF = "threshold", "loose relations", "outranked", "duplicate of"
NAMED = 3  # ids that a verdict names
SHARED_TERMS = 10


@dataclass(frozen=True)
class Verdict:
    """Whether a target is suggested, in a sentence and as the fields of an `Explanation`."""

    verdict: str
    suggested: bool = False
    obstacle: str | None = None
    outranked_by: tuple[str, ...] = ()
    listed_under: str | None = None


def explain_pair(
    scorer: Scorer, candidates: ScoredCandidates, row: int, settings: SelectionSettings, threshold: float
) -> Explanation:
    """Explain the target at a row, which must be among the scored candidates, also where retrieval did not find it."""
    position = candidates.position(row)
    scored = [(candidates, position)]
    [reasons], pairs = reasons_of(scorer, scored), explained_pairs(scored)
    [shared_words], [shared_topics] = pairs.shared_words("full", most=SHARED_TERMS), pairs.shared_topics
    return Explanation(
        source_id=candidates.source.id,
        target_id=candidates.target(position).id,
        score=float(candidates.scores[position]),
        reasons=reasons,
        shared_terms=tuple(shared_words),
        shared_topics=tuple(shared_topics),
        **vars(verdict_on(candidates, position, settings, threshold)),
    )


def verdict_on(candidates: ScoredCandidates, position: int, settings: SelectionSettings, threshold: float) -> Verdict:
    """Say whether the target at a position is suggested, and if not, what the obstacle is."""
    row, rules = candidates.row(position), candidates.rules
    obstacle = Eligibility(candidates.source_query, candidates.source, settings, rules).obstacle(row)
    if obstacle is not None:
        target, by_editor = candidates.target(position), rules is not None and obstacle == rules.rejection(row)
        kind = REMOVED if target.removed else EXCLUDED if target.excluded else REJECTED if by_editor else RULE
        return _refused(kind, obstacle)
    if row in candidates.added and (rules is None or row not in rules.pinned):
        return _refused(NO_CANDIDATE, "no candidate, as neither words, time nor links lead from the source to it")
    selection = select(candidates, settings, settings.k, threshold)
    rank = selection.rank_of(position)
    if rank is not None:
        return _listed(candidates, selection.choices[rank - 1], position, rank)
    return _not_chosen(candidates, selection, position, threshold)


def _not_chosen(candidates: ScoredCandidates, selection: Selection, position: int, threshold: float) -> Verdict:
    if candidates.scores[position] < threshold:
        return _refused(THRESHOLD, f"its score is below the threshold of {threshold:.3g}")
    if loosely_related(candidates)[position]:
        return _refused(LOOSE, "no telling word is in both texts, and relations that are loose do not suffice")
    if position in selection.dropped:
        return _dropped(candidates, selection.dropped[position])
    return _outranked(candidates, selection, position)


def _dropped(candidates: ScoredCandidates, cause: str) -> Verdict:
    if cause == COPY_REJECTED:
        return _refused(REJECTED, "an article with the same text was rejected for this source")
    most = None if candidates.rules is None else candidates.rules.most_per_provider
    return _refused(RULE, f"its provider has the most of {most} here already (rules.most_per_provider)")


def _listed(candidates: ScoredCandidates, choice: Choice, position: int, rank: int) -> Verdict:
    if position != choice.shown:
        canonical = candidates.target(choice.shown).id
        verdict = f"listed under {canonical}, the same text, at rank {rank}"
        return Verdict(verdict, obstacle=DUPLICATE_OF, listed_under=canonical)
    if choice.pinned:
        return Verdict(f"suggested, at rank {rank}, as a business rule pins it (rules.pin)", suggested=True)
    if choice.scored == position:
        return Verdict(f"suggested, at rank {rank}", suggested=True)
    scored = candidates.target(choice.scored).id
    return Verdict(f"suggested, at rank {rank}, by the score of {scored}, the same text", suggested=True)


def _outranked(candidates: ScoredCandidates, selection: Selection, position: int) -> Verdict:
    ahead = tuple(candidates.target(choice.shown).id for choice in selection.choices)
    reason = f"outranked by {', '.join(ahead[:NAMED])}"
    scores = candidates.scores
    if any(scores[choice.scored] < scores[position] for choice in selection.choices):
        reason += ", which differ more from each other"
    return Verdict(f"not suggested: {reason}", obstacle=OUTRANKED, outranked_by=ahead)


def _refused(obstacle: str, reason: str) -> Verdict:
    return Verdict(f"not suggested: {reason}", obstacle=obstacle)
