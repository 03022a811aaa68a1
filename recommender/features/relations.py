"""Pair features of the relation graph: how near is the source to what the candidate is already linked with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.retrieval.groups import Groups
from recommender.retrieval.index import published_within
from recommender.retrieval.query import Features, Query
from recommender.retrieval.similarity import OVERALL
from recommender.retrieval.text import SEARCHED

HALF_LIFE = 7.0  # days
NEAREST = 20  # articles; in time
LEAST_LIKENESS = 1e-6  # keeps a ratio finite where nothing recent is like the source at all
UNKNOWN_GAP = 9_999.0  # days; stands in where the candidate is linked with nothing, or a date is missing


class _Linked:
    """What the candidates are linked with, known to their source: a value for each of these links.

    `runs` are the links of each pair, `source` is the place of the source, `neighbour` the row, `where` the
    place of source and neighbour in the likeness, and `gaps` the days between the two.
    """

    def __init__(self, query: Query):
        links = query.links
        query.similarities.compute(np.concatenate([query.targets, links.neighbour, query.alike[1]]))
        self.runs = Groups(links.group_of, len(query.targets))
        self.source = query.source_of[links.group_of]
        self.neighbour, self.place = links.neighbour, links.place
        self.where = query.similarities.where(self.source, self.neighbour)
        self.gaps = query.days_apart_or(UNKNOWN_GAP, self.source, self.neighbour)


def relation_features(query: Query) -> Features:
    """Return features of each candidate's known neighbours: their number, likeness, nearness in time, company."""
    linked = _Linked(query)
    count, pairs = linked.runs.count(), query.pairs
    features: Features = {
        "linked_count": count,
        "linked_strength": query.linked,
        "linked_strength_relative": pairs.relative(query.linked),
        "linked_candidates_share": pairs.mean(count > 0)[query.source_of],
    }
    features |= _likeness(query, linked)
    features |= _cohesion(query, linked, features["linked_full_mean"])
    features |= _nearness(query, linked)
    features |= _activity(query, linked)
    features |= _company(query, linked)
    return features


def _likeness(query: Query, linked: _Linked) -> Features:
    features: Features = {}
    runs, pairs = linked.runs, query.pairs
    for field in SEARCHED:
        values = query.similarities.at(field, linked.where)
        total = runs.sum(values)
        features[f"linked_{field}_mean"] = total / np.maximum(runs.count(), 1)
        features[f"linked_{field}_max"] = runs.maximum(values)
        features[f"linked_{field}_sum"] = total
    for field in ("full", "spelling"):
        features[f"linked_{field}_lift"] = _lift(query, features[f"linked_{field}_mean"], runs, field)
    for name in ("mean", "max", "sum"):
        features[f"linked_full_{name}_relative"] = pairs.relative(features[f"linked_full_{name}"])
    overall = query.similarities.at(OVERALL, linked.where)
    near = runs.sum(overall >= query.similarity_at_rank(50)[linked.source])
    features["linked_near_count"] = near
    features["linked_near_relative"] = pairs.relative(near)
    features["linked_near_share"] = near / np.maximum(runs.count(), 1)
    features["linked_nearest_count"] = runs.sum(overall >= query.similarity_at_rank(10)[linked.source])
    return features


def _lift(query: Query, mean: NDArray[np.floating], runs: Groups, field: str) -> NDArray[np.floating]:
    """How many times as like the source as what came just before it are a candidate's neighbours, else it itself."""
    source, rows = query.before
    usual = Groups(source, len(query)).mean(query.similarity(field, source, rows))
    likeness = np.where(runs.count() > 0, mean, query.similarity(field, query.source_of, query.targets))
    lift: NDArray[np.floating] = likeness / (usual + LEAST_LIKENESS)[query.source_of]
    return lift


def _cohesion(query: Query, linked: _Linked, mean: NDArray[np.floating]) -> Features:
    """How like a candidate is to its own neighbours, and whether the source is as like to them."""
    cohesion = linked.runs.mean(query.index.link_similarity[linked.place])
    return {"linked_cohesion": cohesion, "linked_typical": mean - cohesion}


def _activity(query: Query, linked: _Linked) -> Features:
    """Which part of all that was published around the source is linked with a candidate."""
    dated = query.index.vectors.days[: query.index.n_dated]
    features: Features = {}
    for days in (3, 7, 30):
        around = np.maximum(published_within(dated, query.vectors.days, query.limits, days), 1)
        features[f"linked_share_{days}_days"] = linked.runs.sum(linked.gaps <= days) / around[query.source_of]
    nearest = query.similarities.where(*query.nearest_in_time(NEAREST))
    features[f"linked_share_nearest_{NEAREST}"] = (
        linked.runs.sum(query.similarities.among(linked.where, nearest)) / NEAREST
    )
    return features


def _nearness(query: Query, linked: _Linked) -> Features:
    runs, gaps = linked.runs, linked.gaps
    decayed = query.similarities.at("full", linked.where) * np.exp2(-gaps / HALF_LIFE)
    features: Features = {
        "linked_days_least": runs.minimum(gaps, UNKNOWN_GAP),
        "linked_days_mean": np.where(runs.count() > 0, runs.mean(gaps), UNKNOWN_GAP),
        "linked_within_7_days": runs.sum(gaps <= 7),
        "linked_within_30_days": runs.sum(gaps <= 30),
        "linked_recent_sum": runs.sum(decayed),
        "linked_recent_max": runs.maximum(decayed),
    }
    features["linked_recent_relative"] = query.pairs.relative(features["linked_recent_sum"])
    return features


def _company(query: Query, linked: _Linked) -> Features:
    provider = query.vectors.providers[linked.source]
    same_provider = (query.index.vectors.providers[linked.neighbour] == provider) & (provider != 0)
    return {
        "linked_topic_mean": linked.runs.mean(query.similarities.at("topics", linked.where)),
        "linked_provider_share": linked.runs.mean(same_provider),
    }
