"""Pair features of the words: how alike titles and texts are, and how rare what they share is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.retrieval.groups import Groups
from recommender.retrieval.query import Features, Query
from recommender.retrieval.similarity import overlap

HALF_LIFE = 7.0  # days
COMMON, RARE = 0.45, 0.7  # rarity of a term, in (0, 1]


def title_features(query: Query) -> Features:
    """Return what the two titles have in common; cosines and coverages in [0, 1]."""
    owner, targets, pairs = query.source_of, query.targets, query.pairs
    titles = query.vectors.text.title
    shared = overlap(titles, query.titles, owner)
    rarity = query.rarity("title")[shared.columns]
    own = query.rarity("title")[titles.indices]
    words = Groups(np.repeat(np.arange(len(query)), np.diff(titles.indptr)), len(query))
    recency = _recency(query)
    where = query.similarities.where(owner, targets)
    cosine, characters, spelling = (
        query.similarities.at(field, where) for field in ("title", "characters", "spelling")
    )
    return {
        "title_cosine": cosine,
        "title_cosine_relative": pairs.relative(cosine),
        "title_characters": characters,
        "title_characters_relative": pairs.relative(characters),
        "title_source_coverage": shared.source_coverage(),
        "title_target_coverage": shared.target_coverage(),
        "title_shared_terms": shared.count(),
        "title_rarest_shared": shared.runs.maximum(rarity),
        "title_common_shared": shared.runs.sum(rarity < COMMON),
        "title_rare_shared": shared.runs.sum(rarity > RARE),
        "title_common_own": words.sum(own < COMMON)[owner],
        "title_rare_own": words.mean(own > RARE)[owner],
        "title_characters_recent": characters * recency,
        "title_spelling": spelling,
        "title_spelling_relative": pairs.relative(spelling),
        "title_spelling_recent": spelling * recency,
    }


def text_features(query: Query) -> Features:
    """Return what the full texts, title included, have in common, and each title with the other text."""
    owner, targets, pairs = query.source_of, query.targets, query.pairs
    text = query.index.vectors.text
    source = query.vectors.text
    shared = overlap(source.full, query.texts, owner)
    rarity = query.rarity("full")[shared.columns]
    excerpt = overlap(source.excerpt, text.excerpt[targets], owner).cosine()
    cosine = query.similarity("full", owner, targets)
    best, near = _nearest_texts(query)
    return {
        "text_cosine": cosine,
        "text_cosine_relative": pairs.relative(cosine),
        "text_cosine_recent": cosine * _recency(query),
        "text_target_coverage": shared.target_coverage(),
        "text_rarest_shared": shared.runs.maximum(rarity),
        "text_shared_rarity": shared.runs.sum(rarity),
        "excerpt_cosine": excerpt,
        "excerpt_cosine_relative": pairs.relative(excerpt),
        "title_in_text": overlap(source.title, query.texts, owner).cosine(),
        "text_in_title": overlap(source.full, query.titles, owner).cosine(),
        "source_best_cosine": best[owner],
        "source_near_cosine": near[owner],
    }


def _recency(query: Query) -> NDArray[np.float64]:
    """Return what is left of a candidate's weight at its distance in time, in (0, 1]."""
    gaps = query.days_apart_or(HALF_LIFE, query.source_of, query.targets)
    recency: NDArray[np.float64] = np.exp2(-gaps / HALF_LIFE)
    return recency


def _nearest_texts(query: Query) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Return the cosine of each source's nearest full text, and the mean of the ten nearest."""
    owner, rows = query.alike
    cosines = query.similarity("full", owner, rows)
    ten = Groups(owner, len(query)).best(cosines, rows, 10)
    nearest = Groups(owner[ten], len(query))
    return nearest.maximum(cosines[ten]), nearest.sum(cosines[ten]) / 10
