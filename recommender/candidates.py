"""Who is worth scoring: the nearest by text and in time, and the neighbours of those in the relation graph."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from recommender.features.query import Query
from recommender.settings import CandidateSettings

TIME_HALF_LIFE = 7.0  # days; of a seed's likeness
LINK_HALF_LIFE = 30.0  # days; of what a seed passes on to its neighbours
UNKNOWN_GAP = 30.0  # days; where one of two articles has no date


def with_candidates(query: Query, settings: CandidateSettings, also: NDArray[np.intp] | None = None) -> Query:
    """Return the query with its candidates, ascending, and how strongly relations lead to each of them.

    The rows `also`, ascending, are candidates whatever speaks against them.
    """
    linked = _linked_strength(query, settings.seeds)
    chosen = [
        best_rows(query.overall, settings.text),
        best_rows(query.similarity["title"], settings.title),
        query.nearest_in_time(settings.recent),
        best_rows(linked, settings.linked),
    ]
    targets = np.unique(np.concatenate(chosen))
    targets = targets[query.index.eligible[targets] & (targets != query.row)]
    if also is not None:
        targets = np.union1d(targets, also)
    return replace(query, targets=targets, linked=linked[targets])


def best_rows(values: NDArray[np.floating], count: int) -> NDArray[np.intp]:
    """Return the rows of the `count` highest values above zero; among equals the newest rows win.

    >>> best_rows(np.array([0.5, 0.0, 0.5, 0.9]), 2).tolist()
    [2, 3]
    """
    if count == 0:
        return np.empty(0, dtype=np.intp)
    if len(values) > count:
        least = np.partition(values, -count)[-count]
        above = np.flatnonzero(values > max(least, 0))
        equal = np.flatnonzero(values == least) if least > 0 else np.empty(0, dtype=np.intp)
        return np.sort(np.concatenate([above, equal[len(equal) - (count - len(above)) :]]))
    return np.flatnonzero(values > 0)


def _linked_strength(query: Query, n_seeds: int) -> NDArray[np.float64]:
    """Let the articles most like the source, in text and in text and time, pass their likeness on by relations."""
    likeness = query.overall
    gaps = np.nan_to_num(query.gaps, nan=UNKNOWN_GAP)
    recent = likeness * np.exp2(-gaps / TIME_HALF_LIFE)
    seeds = np.union1d(best_rows(likeness, n_seeds), best_rows(recent, n_seeds))
    links = query.known_links(seeds)
    degrees = np.bincount(links.owner, minlength=len(seeds))
    passed = likeness[seeds] * np.exp2(-gaps[seeds] / LINK_HALF_LIFE) / np.sqrt(1 + degrees)
    return np.bincount(links.neighbour, weights=passed[links.owner], minlength=query.limit).astype(np.float64)
