"""Who is worth scoring: the nearest by text and in time, and the neighbours of those in the relation graph."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.core.settings import CandidateSettings
from recommender.retrieval.groups import Groups
from recommender.retrieval.query import AROUND, Query
from recommender.retrieval.similarity import OVERALL

TIME_HALF_LIFE = 7.0  # days; of a seed's likeness
LINK_HALF_LIFE = 30.0  # days; of what a seed passes on to its neighbours
UNKNOWN_GAP = 30.0  # days; where one of two articles has no date

Pairs = tuple[NDArray[np.intp], NDArray[np.intp]]
"""Places of sources and rows, one of each a pair."""


def with_candidates(query: Query, settings: CandidateSettings, also: NDArray[np.intp] | None = None) -> Query:
    """Return the query with its candidates and how strongly relations lead to each of them.

    The rows `also` are candidates of every source whatever speaks against them.
    """
    linked, strengths = _linked(query, settings.seeds)
    chosen = [
        query.nearest_by_text(settings.text),
        _best(query, query.alike, "title", settings.title),
        query.nearest_in_time(settings.recent),
        _taken(linked, Groups(linked[0], len(query)).best(strengths, linked[1], settings.linked)),
    ]
    owner, targets = query.unique(*(np.concatenate(each) for each in zip(*chosen, strict=True)))
    fit = query.index.eligible[targets] & (targets != query.rows[owner])
    owner, targets = owner[fit], targets[fit]
    if also is not None:
        sources = np.repeat(np.arange(len(query)), len(also))
        more = np.tile(also, len(query))
        owner, targets = query.unique(np.append(owner, sources), np.append(targets, more))
    return query.with_targets(owner, targets, _looked_up(query, linked, strengths, (owner, targets)))


def searched_depth(settings: CandidateSettings) -> int:
    """Return how many articles must be found by their words at least."""
    return max(settings.text, settings.title, settings.seeds)


def _best(query: Query, among: Pairs, field: str, count: int) -> Pairs:
    owner, rows = among
    return _taken(among, Groups(owner, len(query)).best(query.similarity(field, owner, rows), rows, count))


def _taken(pairs: Pairs, places: NDArray[np.intp]) -> Pairs:
    return pairs[0][places], pairs[1][places]


def _linked(query: Query, n_seeds: int) -> tuple[Pairs, NDArray[np.float64]]:
    """Let the articles most like a source, in text and in text and time, pass their likeness on by relations.

    Returns
    -------
    Sources and rows that it reaches, in order, and how much.
    """
    owner, seeds = _seeds(query, n_seeds)
    links = query.known_links(owner, seeds)
    degrees = np.bincount(links.group_of, minlength=len(seeds))
    gaps = query.days_apart_or(UNKNOWN_GAP, owner, seeds)
    passed = query.similarity(OVERALL, owner, seeds) * np.exp2(-gaps / LINK_HALF_LIFE) / np.sqrt(1 + degrees)
    keys, place = np.unique(query.key(owner[links.group_of], links.neighbour), return_inverse=True)
    strengths: NDArray[np.float64] = np.bincount(place, weights=passed[links.group_of], minlength=len(keys)).astype(
        float
    )
    return query.pair_of(keys), strengths


def _seeds(query: Query, count: int) -> Pairs:
    alike = query.nearest_by_text(count)
    around = query.nearest_in_time(AROUND)
    owner, rows = query.unique(*(np.concatenate(each) for each in zip(query.alike, around, strict=True)))
    gaps = query.days_apart_or(UNKNOWN_GAP, owner, rows)
    recent = query.similarity(OVERALL, owner, rows) * np.exp2(-gaps / TIME_HALF_LIFE)
    near = _taken((owner, rows), Groups(owner, len(query)).best(recent, rows, count))
    return query.unique(*(np.concatenate(each) for each in zip(alike, near, strict=True)))


def _looked_up(query: Query, linked: Pairs, strengths: NDArray[np.float64], pairs: Pairs) -> NDArray[np.float64]:
    """Return how strongly relations lead to each pair; 0 where none do."""
    if len(strengths) == 0:
        return np.zeros(len(pairs[0]))
    keys, wanted = query.key(*linked), query.key(*pairs)
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    found: NDArray[np.float64] = np.where(keys[place] == wanted, strengths[place], 0.0)
    return found
