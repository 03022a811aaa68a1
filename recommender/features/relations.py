"""Pair features of the relation graph: how near is the source to what the candidate is already linked with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.features.query import Features, Links, Query
from recommender.features.segments import Runs, relative
from recommender.features.text import SEARCHED

HALF_LIFE = 7.0  # days
RECENT = 200  # articles; the newest that are known
LEAST_LIKENESS = 1e-6  # keeps a ratio finite where nothing recent is like the source at all
UNKNOWN_GAP = 9_999.0  # days; stands in where the candidate is linked with nothing, or a date is missing


def relation_features(query: Query) -> Features:
    """Return features of each candidate's known neighbours: their number, likeness, nearness in time, company."""
    links = query.known_links(query.targets)
    runs = Runs(links.owner, len(query.targets))
    features: Features = {
        "linked_count": runs.count(),
        "linked_strength": query.linked,
        "linked_strength_relative": relative(query.linked),
        "linked_candidates_share": np.full(len(query.targets), (runs.count() > 0).mean() if len(query.targets) else 0),
    }
    features |= _likeness(query, runs, links.neighbour)
    features |= _cohesion(query, runs, links, features["linked_full_mean"])
    features |= _nearness(query, runs, links.neighbour)
    features |= _activity(query, runs, links.neighbour)
    features |= _company(query, runs, links.neighbour)
    return features


def _likeness(query: Query, runs: Runs, neighbour: NDArray[np.intp]) -> Features:
    features = {}
    for field in SEARCHED:
        values = query.similarity[field][neighbour]
        features[f"linked_{field}_mean"] = runs.mean(values)
        features[f"linked_{field}_max"] = runs.maximum(values)
        features[f"linked_{field}_sum"] = runs.sum(values)
    for field in ("full", "spelling"):
        features[f"linked_{field}_lift"] = _lift(query, features[f"linked_{field}_mean"], runs, field)
    for name in ("mean", "max", "sum"):
        features[f"linked_full_{name}_relative"] = relative(features[f"linked_full_{name}"])
    near = _nearest(query.overall, 50)
    features["linked_near_count"] = runs.sum(near[neighbour].astype(np.float64))
    features["linked_near_relative"] = relative(features["linked_near_count"])
    features["linked_near_share"] = runs.mean(near[neighbour].astype(np.float64))
    features["linked_nearest_count"] = runs.sum(_nearest(query.overall, 10)[neighbour].astype(np.float64))
    return features


def _lift(query: Query, mean: NDArray[np.floating], runs: Runs, field: str) -> NDArray[np.floating]:
    """How many times as like the source as what was published last are a candidate's neighbours, else it itself."""
    usual = float(query.similarity[field][-RECENT:].mean()) if query.limit else 0.0
    likeness = np.where(runs.count() > 0, mean, query.similarity[field][query.targets])
    return likeness / (usual + LEAST_LIKENESS)


def _cohesion(query: Query, runs: Runs, links: Links, mean: NDArray[np.floating]) -> Features:
    """How like a candidate is to its own neighbours, and whether the source is as like to them."""
    cohesion = runs.mean(query.index.link_likeness[links.place])
    return {"linked_cohesion": cohesion, "linked_typical": mean - cohesion}


def _activity(query: Query, runs: Runs, neighbour: NDArray[np.intp]) -> Features:
    """Which part of all that was published around the source is linked with a candidate."""
    gaps = np.nan_to_num(query.gaps, nan=UNKNOWN_GAP)
    features = {}
    for days in (3, 7, 30):
        around = (gaps <= days).astype(np.float64)
        features[f"linked_share_{days}_days"] = runs.sum(around[neighbour]) / max(around.sum(), 1)
    around = np.zeros(query.limit)
    around[query.nearest_in_time(20)] = 1
    features["linked_share_nearest_20"] = runs.sum(around[neighbour]) / 20
    return features


def _nearness(query: Query, runs: Runs, neighbour: NDArray[np.intp]) -> Features:
    gaps = np.nan_to_num(query.gaps[neighbour], nan=UNKNOWN_GAP)
    decayed = query.similarity["full"][neighbour] * np.exp2(-gaps / HALF_LIFE)
    features = {
        "linked_days_least": runs.minimum(gaps, UNKNOWN_GAP),
        "linked_days_mean": np.where(runs.count() > 0, runs.mean(gaps), UNKNOWN_GAP),
        "linked_within_7_days": runs.sum((gaps <= 7).astype(np.float64)),
        "linked_within_30_days": runs.sum((gaps <= 30).astype(np.float64)),
        "linked_recent_sum": runs.sum(decayed),
        "linked_recent_max": runs.maximum(decayed),
    }
    features["linked_recent_relative"] = relative(features["linked_recent_sum"])
    return features


def _company(query: Query, runs: Runs, neighbour: NDArray[np.intp]) -> Features:
    vectors = query.index.vectors
    topics = (vectors.topics[: query.limit] @ query.vectors.topics.T).toarray().ravel()
    provider = query.vectors.providers[0]
    same_provider = (vectors.providers[neighbour] == provider) & (provider != 0)
    return {
        "linked_topic_mean": runs.mean(topics[neighbour]),
        "linked_provider_share": runs.mean(same_provider.astype(np.float64)),
    }


def _nearest(values: NDArray[np.floating], count: int) -> NDArray[np.bool_]:
    """Mark the articles whose likeness is among the `count` highest, ties included."""
    if len(values) <= count:
        return values > 0
    least = np.partition(values, -count)[-count]
    marked: NDArray[np.bool_] = values >= max(least, np.finfo(np.float32).tiny)
    return marked
