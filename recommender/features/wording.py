"""Pair features of the words: how alike titles and texts are, and how rare what they share is."""

from __future__ import annotations

import numpy as np

from recommender.features.query import Features, Query
from recommender.features.segments import overlap, relative

HALF_LIFE = 7.0  # days
COMMON, RARE = 0.45, 0.7  # rarity of a term, in (0, 1]


def title_features(query: Query) -> Features:
    """Return what the two titles have in common; cosines and coverages in [0, 1]."""
    targets = query.targets
    text = query.index.vectors.text
    shared = overlap(query.vectors.text.title, text.title[targets])
    rarity = query.rarity("title")[shared.columns]
    own = query.rarity("title")[query.vectors.text.title.indices]
    recency = np.exp2(-np.nan_to_num(query.gaps[targets], nan=HALF_LIFE) / HALF_LIFE)
    cosine = query.similarity["title"][targets]
    characters = query.similarity["characters"][targets]
    spelling = query.similarity["spelling"][targets]
    return {
        "title_cosine": cosine,
        "title_cosine_relative": relative(cosine),
        "title_characters": characters,
        "title_characters_relative": relative(characters),
        "title_source_coverage": shared.source_coverage(),
        "title_target_coverage": shared.target_coverage(),
        "title_shared_terms": shared.count(),
        "title_rarest_shared": shared.runs.maximum(rarity),
        "title_common_shared": shared.runs.sum(rarity < COMMON),
        "title_rare_shared": shared.runs.sum(rarity > RARE),
        "title_common_own": np.full(len(targets), (own < COMMON).sum()),
        "title_rare_own": np.full(len(targets), (own > RARE).mean() if len(own) else 0),
        "title_characters_recent": characters * recency,
        "title_spelling": spelling,
        "title_spelling_relative": relative(spelling),
        "title_spelling_recent": spelling * recency,
    }


def text_features(query: Query) -> Features:
    """Return what the full texts, title included, have in common, and each title with the other text."""
    targets = query.targets
    text = query.index.vectors.text
    source = query.vectors.text
    full = text.full[targets]
    shared = overlap(source.full, full)
    rarity = query.rarity("full")[shared.columns]
    excerpt = overlap(source.excerpt, text.excerpt[targets]).cosine()
    cosine = query.similarity["full"][targets]
    recency = np.exp2(-np.nan_to_num(query.gaps[targets], nan=HALF_LIFE) / HALF_LIFE)
    ordered = np.sort(query.similarity["full"])[::-1]
    return {
        "text_cosine": cosine,
        "text_cosine_relative": relative(cosine),
        "text_cosine_recent": cosine * recency,
        "text_target_coverage": shared.target_coverage(),
        "text_rarest_shared": shared.runs.maximum(rarity),
        "text_shared_rarity": shared.runs.sum(rarity),
        "excerpt_cosine": excerpt,
        "excerpt_cosine_relative": relative(excerpt),
        "title_in_text": overlap(source.title, full).cosine(),
        "text_in_title": overlap(source.full, text.title[targets]).cosine(),
        "source_best_cosine": np.full(len(targets), ordered[:1].sum()),
        "source_near_cosine": np.full(len(targets), ordered[:10].sum() / 10),
    }
