"""Suggestions: what was chosen for a source, with its kind and the reasons for its score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np

from recommender.core.records import Reason, Suggestion
from recommender.core.settings import SelectionSettings
from recommender.features.reasons import ExplainedPairs, explain_scores
from recommender.selection.loose_relations import RAREST_SHARED, shares_telling_word
from recommender.selection.rules_and_decisions import PIN_REASON
from recommender.selection.scoring import ScoredCandidates, Scorer
from recommender.selection.selection import Choice, select

STORY_DAYS = 14.0
STORY_SCORE = 0.5  # of the rules tried, none on text or relations separated stories better than the score itself

DUPLICATE, SAME_STORY, BACKGROUND = "duplicate", "same-story", "background"


def kind_of(repeats_source: bool, days_apart: float, score: float, shares_telling_word: bool = True) -> str:
    """Say what a suggestion is to its source.

    ``duplicate``: it, or one listed under it, is a near-duplicate of the source. ``same-story``: at most 14 days away,
    with a telling word in common, and an editor would link it with a probability of at least one half. ``background``:
    anything else, also where `days_apart` is NaN, as a date is unknown.

    >>> kind_of(False, 2.0, 0.8), kind_of(False, 2.0, 0.12), kind_of(False, 40.0, 0.8)
    ('same-story', 'background', 'background')
    """
    if repeats_source:
        return DUPLICATE
    is_near = days_apart <= STORY_DAYS and score >= STORY_SCORE
    return SAME_STORY if is_near and shares_telling_word else BACKGROUND


def suggestions(
    scorer: Scorer, scored: Sequence[ScoredCandidates], settings: SelectionSettings, k: int, threshold: float
) -> list[list[Suggestion]]:
    """Choose at most `k` suggestions for each source, best first, with their reasons."""
    choices = [select(candidates, settings, k, threshold).choices for candidates in scored]
    made = iter(
        suggestions_of(
            scorer, [(candidates, choice) for candidates, own in zip(scored, choices, strict=True) for choice in own]
        )
    )
    return [[replace(next(made), rank=rank) for rank in range(1, len(own) + 1)] for own in choices]


def suggestions_of(scorer: Scorer, choices: Sequence[tuple[ScoredCandidates, Choice]]) -> list[Suggestion]:
    """Return choices, of any sources, as suggestions with their reasons; the rank of each is 1."""
    if not choices:
        return []
    explained = reasons_of(scorer, [(candidates, choice.scored) for candidates, choice in choices])
    rarest_shared = np.array([candidates.feature(RAREST_SHARED)[choice.scored] for candidates, choice in choices])
    telling = shares_telling_word(rarest_shared, scorer.index.text_model).tolist()
    made: list[Suggestion] = []
    for (candidates, choice), reasons, has_telling_word in zip(choices, explained, telling, strict=True):
        score, target = float(candidates.scores[choice.scored]), candidates.target(choice.shown)
        days_apart = abs(float(scorer.index.vectors.days[candidates.row(choice.shown)]) - candidates.source_query.day)
        suggestion = Suggestion(
            source_id=candidates.source.id,
            target_id=target.id,
            rank=1,
            score=score,
            kind=kind_of(choice.repeats_source, days_apart, score, has_telling_word),
            reasons=(PIN_REASON, *reasons) if choice.pinned else reasons,
            target=target,
            duplicates=tuple(candidates.target(position).id for position in choice.duplicates),
            source_url=candidates.source.url,
        )
        made.append(suggestion)
    return made


def reasons_of(scorer: Scorer, scored: Sequence[tuple[ScoredCandidates, int]]) -> list[tuple[Reason, ...]]:
    """Return the reasons for the scores of candidates, of any sources, given by position."""
    features = np.vstack([candidates.features[position] for candidates, position in scored])
    contributions = scorer.ranker.contributions(features)
    reasons: list[tuple[Reason, ...]] = []
    for _, of_query in groupby(scored, key=lambda pair: id(pair[0].source_query.query)):
        block = list(of_query)
        parts = contributions[len(reasons) : len(reasons) + len(block)]
        log_odds = [float(candidates.log_odds[position]) for candidates, position in block]
        weights = [
            [] if candidates.rules is None else candidates.rules.weights(candidates.row(position))
            for candidates, position in block
        ]
        reasons += explain_scores(explained_pairs(block), scorer.ranker.names, parts, log_odds, weights)
    return reasons


def explained_pairs(scored: Sequence[tuple[ScoredCandidates, int]]) -> ExplainedPairs:
    """Return candidates, given by position, of sources that were asked for in one query, as pairs to explain."""
    return ExplainedPairs(
        scored[0][0].source_query.query,
        np.array([candidates.source_query.position for candidates, _ in scored], dtype=np.intp),
        np.array([candidates.row(position) for candidates, position in scored], dtype=np.intp),
        [candidates.source for candidates, _ in scored],
        [candidates.target(position) for candidates, position in scored],
    )
