"""From scored candidates to suggestions: what a source points at, and who should point at a target."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from recommender.core.records import Article, Suggestion
from recommender.core.settings import SelectionSettings, Settings
from recommender.features.reasons import Pair, explain_score
from recommender.model.snapshot import Snapshot
from recommender.selection.business_rules import PIN, BusinessRules
from recommender.selection.inbound import InboundLink, InboundTargets, best_pointers, pointed
from recommender.selection.scoring import BLOCK, ScoredCandidates, score_candidates
from recommender.selection.selection import Choice, select
from recommender.selection.stories import kind_of


def suggestions(
    state: Snapshot,
    ranked: Sequence[ScoredCandidates],
    sources: Sequence[Article],
    settings: SelectionSettings,
    k: int,
    threshold: float,
) -> list[list[Suggestion]]:
    """Choose at most `k` suggestions of each source, best first, with their reasons."""
    chosen = [
        select(one.asked, source, one.scores, settings, k, threshold, one.orders)
        for one, source in zip(ranked, sources, strict=True)
    ]
    if not any(chosen):
        return [[] for _ in ranked]
    rows = np.vstack(
        [one.features[[choice.scored for choice in reads]] for one, reads in zip(ranked, chosen, strict=True) if reads]
    )
    parts = iter(state.ranker.contributions(rows))
    return [
        [suggestion(state, one, choice, source, rank, next(parts)) for rank, choice in enumerate(reads, start=1)]
        for one, reads, source in zip(ranked, chosen, sources, strict=True)
    ]


def suggestion(
    state: Snapshot, ranked: ScoredCandidates, choice: Choice, source: Article, rank: int, parts: NDArray[np.float64]
) -> Suggestion:
    """Return a choice as a suggestion; `parts` are what its features gave to its log-odds."""
    asked, corpus = ranked.asked, state.index.corpus
    row, scored, *others = (int(asked.targets[one]) for one in (choice.place, choice.scored, *choice.duplicates))
    score = float(ranked.scores[choice.scored])
    pair = Pair(asked, scored, source, corpus[scored], state.features.text_)
    reasons = explain_score(
        pair, state.ranker.names, parts, float(ranked.log_odds[choice.scored]), ranked.weights(scored)
    )
    return Suggestion(
        source_id=source.id,
        target_id=corpus[row].id,
        rank=rank,
        score=score,
        kind=kind_of(choice.repeats_source, float(asked.days_apart(np.array([row]))[0]), score),
        reasons=(PIN, *reasons) if choice.pinned else reasons,
        target=corpus[row],
        duplicates=tuple(corpus[other].id for other in others),
    )


def inbound(
    state: Snapshot,
    settings: Settings,
    house: BusinessRules,
    wanted: InboundTargets,
    rows: NDArray[np.intp],
    k: int,
    threshold: float,
    also: NDArray[np.intp] | None = None,
    n_jobs: int = 1,
) -> dict[int, list[Suggestion]]:
    """Return the best `k` sources of each target that is wanted, asked once more for their reasons."""

    def ask(some: NDArray[np.intp]) -> list[tuple[ScoredCandidates, Article]]:
        sources = [state.index.corpus[int(row)] for row in some]
        limits = np.full(len(some), len(state.index.corpus))
        ranked = score_candidates(
            state, settings.candidates, state.index.vectors.take(some), some, limits, house, sources, also
        )
        return list(zip(ranked, sources, strict=True))

    def point(some: NDArray[np.intp]) -> list[InboundLink]:
        found: list[InboundLink] = []
        for one, source in ask(some):
            found += wanted.pointers(one.asked, source, one.scores, settings.selection, threshold, one.orders)
        return found

    pool = Parallel(n_jobs=n_jobs, prefer="threads", return_as="generator")
    best = best_pointers(pool(delayed(point)(some) for some in _blocks(rows)), k)
    found: dict[int, list[Suggestion]] = {int(target): [] for target in wanted.targets}
    ranks = {pointer: rank for each in best.values() for rank, pointer in enumerate(each, start=1)}
    chosen = sorted(ranks, key=lambda pointer: pointer.source)
    for some in _blocks(np.unique(np.array([pointer.source for pointer in chosen], dtype=np.intp))):
        again = {one.asked.row: (one, source) for one, source in ask(some)}
        for pointer in [each for each in chosen if each.source in again]:
            one, source = again[pointer.source]
            choice = pointed(one.asked, source, pointer)
            parts = state.ranker.contributions(one.features[[choice.place]])[0]
            found[pointer.target].append(suggestion(state, one, choice, source, ranks[pointer], parts))
    return {target: sorted(each, key=lambda one: one.rank) for target, each in found.items()}


def _blocks(rows: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    return [rows[start : start + BLOCK] for start in range(0, len(rows), BLOCK)]
