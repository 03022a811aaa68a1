"""Which articles are worth scoring: the nearest by text and in time, and what those are linked with."""

from __future__ import annotations

import copy

import numpy as np
from numpy.typing import NDArray

from recommender.core.settings import CandidateSettings
from recommender.retrieval.groups import Groups, Pairs
from recommender.retrieval.query import N_IN_TIME, Query
from recommender.retrieval.similarity import OVERALL

TIME_HALF_LIFE = 7.0  # days; of the similarity by which recent seeds are chosen
LINK_HALF_LIFE = 30.0  # days; of what a seed passes on to the articles that it is linked with
UNKNOWN_DAYS_APART = 30.0  # days; where one of two articles has no date


def with_candidates(query: Query, settings: CandidateSettings, forced_rows: NDArray[np.intp] | None = None) -> Query:
    """Return the query with its candidates and how strongly relations lead to each of them.

    Candidates are the union of four searches: by the overall similarity of texts, by that of titles, in time, and
    through the relations of the nearest articles. What may never be suggested, the source itself and its translations
    are none, nor are articles in another language unless the settings accept them.

    Parameters
    ----------
    forced_rows : (n_rows,) intp array
        Rows that are candidates of every source, even if they are removed or no search finds them.
    """
    query = copy.copy(query)
    query.same_language = settings.same_language
    linked, strengths = _linked_with_seeds(query, settings.seeds)
    ranked = query.ranked_by_text
    candidates = query.union(
        query.nearest_by_text(settings.text),
        _top_k(query, ranked, query.similarity("title", *ranked), settings.title),
        query.nearest_in_time(settings.recent),
        _top_k(query, linked, strengths, settings.linked),
    )
    eligible = query.index.eligible[candidates.rows] & (candidates.rows != query.rows[candidates.source_of])
    candidates = candidates.take(eligible & query.is_readable(*candidates))
    if forced_rows is not None:
        sources = np.arange(len(query))
        forced = Pairs(np.repeat(sources, len(forced_rows)), np.tile(forced_rows, len(query)))
        candidates = query.union(candidates, forced)
    return query.with_targets(candidates, _strengths_of(query, candidates, linked, strengths))


def searched_depth(settings: CandidateSettings) -> int:
    """Return how many articles must be found by their words at least."""
    return max(settings.text, settings.title, settings.seeds)


def _linked_with_seeds(query: Query, n_seeds: int) -> tuple[Pairs, NDArray[np.float64]]:
    """Return what the articles nearest to each source, its seeds, are linked with, and how strongly.

    A seed passes on its similarity to the source to each article that it is linked with; the less, the more days lie
    between the two and the more articles it is linked with. An article adds up what it gets from all seeds.
    """
    seeds = _seeds(query, n_seeds)
    links = query.known_links(*seeds)
    degrees = np.bincount(links.group_of, minlength=len(seeds.rows))
    days_apart = query.days_apart(*seeds, UNKNOWN_DAYS_APART)
    passed_on = query.similarity(OVERALL, *seeds) * np.exp2(-days_apart / LINK_HALF_LIFE) / np.sqrt(1 + degrees)
    linked = Pairs(seeds.source_of[links.group_of], links.neighbour)
    pairs = query.union(linked)
    positions = np.searchsorted(query.pair_keys(*pairs), query.pair_keys(*linked))
    strengths = np.bincount(positions, weights=passed_on[links.group_of], minlength=len(pairs.rows))
    return pairs, strengths.astype(float)


def _strengths_of(
    query: Query, candidates: Pairs, linked: Pairs, strengths: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return how strongly relations lead to each candidate; 0 where none do."""
    if len(strengths) == 0:
        return np.zeros(len(candidates.rows))
    keys, candidate_keys = query.pair_keys(*linked), query.pair_keys(*candidates)
    position = np.minimum(np.searchsorted(keys, candidate_keys), len(keys) - 1)
    return np.where(keys[position] == candidate_keys, strengths[position], 0.0)


def _seeds(query: Query, count: int) -> Pairs:
    """Return the articles nearest to each source by text, and by text and time together."""
    known = query.union(query.ranked_by_text, query.nearest_in_time(N_IN_TIME))
    days_apart = query.days_apart(*known, UNKNOWN_DAYS_APART)
    recent_similarity = query.similarity(OVERALL, *known) * np.exp2(-days_apart / TIME_HALF_LIFE)
    return query.union(query.nearest_by_text(count), _top_k(query, known, recent_similarity, count))


def _top_k(query: Query, pairs: Pairs, values: NDArray[np.floating], k: int) -> Pairs:
    return pairs.take(Groups(pairs.source_of, len(query)).top_k(values, pairs.rows, k))
