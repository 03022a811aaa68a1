"""Pair features of the words: how alike titles and texts are, and how rare the words are that they share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recommender.features import Features
from recommender.retrieval.groups import Groups, row_of_entry
from recommender.retrieval.query import Query
from recommender.retrieval.similarity import overlap

HALF_LIFE = 7.0  # days; also the distance in time that is assumed where a date is missing
STANDARDISED_OF_TITLE = ("title_cosine", "title_characters")
STANDARDISED_OF_TEXT = (
    "text_cosine",
    "text_target_coverage",
    "text_rarest_shared",
    "text_shared_rarity",
    "excerpt_cosine",
    "title_in_text",
    "title_in_text_coverage",
    "text_in_title",
    "text_in_title_coverage",
)
COMMON, RARE = 0.45, 0.7  # a word is common below the one rarity, in (0, 1], and rare above the other


def title_features(query: Query) -> Features:
    """Return what the two titles have in common.

    Cosines, and coverages (the part of a title's squared length that lies in shared words), are in [0, 1].
    ``_relative`` is a value divided by the largest of the source's candidates, ``_recent`` times `_recency`, and
    ``_standard`` its standard score among the source's candidates.
    """
    source_of, groups = query.source_of, query.groups
    titles = query.vectors.title
    shared = overlap(titles, query.titles, source_of)
    shared_rarity = query.index.text_model.idf_["title"][shared.columns]
    own_rarity = query.index.text_model.idf_["title"][titles.indices]
    words_by_source = Groups(row_of_entry(titles), len(query))
    recency = _recency(query)
    pair_slots = query.similarities.pair_slots(*query.candidates)
    cosine, characters, spelling = (
        query.similarities.values_at(field, pair_slots) for field in ("title", "characters", "spelling")
    )
    features: Features = {
        "title_cosine": cosine,
        "title_cosine_relative": groups.relative(cosine),
        "title_characters": characters,
        "title_characters_relative": groups.relative(characters),
        "title_source_coverage": shared.source_coverage(),
        "title_target_coverage": shared.target_coverage(),
        "title_shared_terms": shared.groups.count(),
        "title_rarest_shared": shared.groups.maximum(shared_rarity),
        "title_common_shared": shared.groups.sum(shared_rarity < COMMON),
        "title_rare_shared": shared.groups.sum(shared_rarity > RARE),
        "title_common_own": words_by_source.sum(own_rarity < COMMON)[source_of],
        "title_rare_own": words_by_source.mean(own_rarity > RARE)[source_of],
        "title_characters_recent": characters * recency,
        "title_spelling": spelling,
        "title_spelling_relative": groups.relative(spelling),
        "title_spelling_recent": spelling * recency,
    }
    return features | standard_scores(features, STANDARDISED_OF_TITLE, groups)


def text_features(query: Query) -> Features:
    """Return what the full texts, titles included, have in common, and each title with the other text.

    Named as those of `title_features`. ``title_in_text`` compares the source's title with the target's text,
    ``text_in_title`` the source's text with the target's title; ``_coverage`` is the part, in [0, 1], of the title's
    squared length that lies in words of the text. ``source_best_cosine`` and ``source_near_cosine`` are the same for
    all candidates of a source; see `_nearest_cosines`.
    """
    source_of, groups = query.source_of, query.groups
    source_texts, all_texts = query.vectors, query.index.vectors
    shared = overlap(source_texts.full, query.texts, source_of)
    shared_rarity = query.index.text_model.idf_["full"][shared.columns]
    excerpt_cosine = overlap(source_texts.excerpt, all_texts.excerpt[query.targets], source_of).cosine()
    source_title = overlap(source_texts.title, query.texts, source_of)
    target_title = overlap(source_texts.full, query.titles, source_of)
    cosine = query.similarity("full", *query.candidates)
    best_cosine, near_cosine = _nearest_cosines(query)
    features: Features = {
        "text_cosine": cosine,
        "text_cosine_relative": groups.relative(cosine),
        "text_cosine_recent": cosine * _recency(query),
        "text_target_coverage": shared.target_coverage(),
        "text_rarest_shared": shared.groups.maximum(shared_rarity),
        "text_shared_rarity": shared.groups.sum(shared_rarity),
        "excerpt_cosine": excerpt_cosine,
        "excerpt_cosine_relative": groups.relative(excerpt_cosine),
        "title_in_text": source_title.cosine(),
        "title_in_text_coverage": source_title.source_coverage(),
        "text_in_title": target_title.cosine(),
        "text_in_title_coverage": target_title.target_coverage(),
        "source_best_cosine": best_cosine[source_of],
        "source_near_cosine": near_cosine[source_of],
    }
    return features | standard_scores(features, STANDARDISED_OF_TEXT, groups)


def standard_scores(features: Features, names: Sequence[str], groups: Groups) -> Features:
    """Return some of the features as standard scores among the source's candidates, named ``_standard``.

    A cosine of 0.2 is much on one site and little on another; two standard deviations are much on any. So these teach
    a ranker what holds on other sites, too.
    """
    values = np.array([features[name] for name in names], dtype=np.float64)
    standardised = groups.standard_scores(values)
    return {f"{name}_standard": row for name, row in zip(names, standardised, strict=True)}


def _recency(query: Query) -> NDArray[np.float64]:
    """Return ``0.5 ** (days apart / HALF_LIFE)`` of each pair, in (0, 1]."""
    recency: NDArray[np.float64] = np.exp2(-query.days_apart(*query.candidates, HALF_LIFE) / HALF_LIFE)
    return recency


def _nearest_cosines(query: Query) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Return the cosine of each source's nearest full text, and the mean of the ten nearest: ``(n_sources,)``."""
    pairs = query.ranked_by_text
    cosines = query.similarity("full", *pairs)
    nearest_ten = Groups(pairs.source_of, len(query)).top_k(cosines, pairs.rows, 10)
    by_source = Groups(pairs.source_of[nearest_ten], len(query))
    return by_source.maximum(cosines[nearest_ten]), by_source.sum(cosines[nearest_ten]) / 10
