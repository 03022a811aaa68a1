"""Pair features of the relation graph: how near the source is to what the candidate is already linked with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.features import Features
from recommender.retrieval.groups import Groups
from recommender.retrieval.index import published_within
from recommender.retrieval.query import Query
from recommender.retrieval.similarity import OVERALL
from recommender.retrieval.text import SEARCHED

HALF_LIFE = 7.0  # days
NEAREST = 20  # articles in time
LEAST_SIMILARITY = 1e-6  # keeps a ratio finite where nothing recent is similar to the source at all
UNKNOWN_DAYS_APART = 9_999.0  # days; where the candidate is linked with nothing, or a date is missing


class _CandidateLinks:
    """What the candidates are linked with: a value for each link that the source may know, grouped by pair."""

    def __init__(self, query: Query):
        links = query.known_links(*query.candidates)
        # All rows that relation features read, at once, as each computation copies the tables of cosines.
        query.similarities.compute(np.concatenate([query.targets, links.neighbour, query.ranked_by_text.rows]))
        self.groups = Groups(links.group_of, len(query.targets))
        self.source_of = query.source_of[links.group_of]
        self.neighbour, self.entry = links.neighbour, links.entry
        self.slots = query.similarities.pair_slots(self.source_of, self.neighbour)
        self.days_apart = query.days_apart(self.source_of, self.neighbour, UNKNOWN_DAYS_APART)


def relation_features(query: Query) -> Features:
    """Return features of each candidate's known neighbours: their number, similarity, nearness in time, company.

    Names begin with ``linked_``. The source's own relations, and those with articles it does not know, count nowhere.
    """
    links = _CandidateLinks(query)
    n_links, groups = links.groups.count(), query.groups
    features: Features = {
        "linked_count": n_links,
        "linked_strength": query.link_strengths,
        "linked_strength_relative": groups.relative(query.link_strengths),
        "linked_candidates_share": groups.mean(n_links > 0)[query.source_of],
    }
    features |= _similarity(query, links)
    # How similar a candidate is to its own neighbours, and how much more similar the source is to them.
    cohesion = links.groups.mean(query.index.link_similarity[links.entry])
    features |= {"linked_cohesion": cohesion, "linked_typical": features["linked_full_mean"] - cohesion}
    return features | _nearness(query, links) | _activity(query, links) | _company(query, links)


def _similarity(query: Query, links: _CandidateLinks) -> Features:
    """Return how similar the source is to a candidate's neighbours, and how many of them are among its nearest."""
    features: Features = {}
    by_pair, by_source = links.groups, query.groups
    n_links = np.maximum(by_pair.count(), 1)
    for field in SEARCHED:
        cosines = query.similarities.values_at(field, links.slots)
        total = by_pair.sum(cosines)
        features[f"linked_{field}_mean"] = total / n_links
        features[f"linked_{field}_max"] = by_pair.maximum(cosines)
        features[f"linked_{field}_sum"] = total
    for field in ("full", "spelling"):
        features[f"linked_{field}_lift"] = _lift(query, features[f"linked_{field}_mean"], by_pair, field)
    for name in ("mean", "max", "sum"):
        features[f"linked_full_{name}_relative"] = by_source.relative(features[f"linked_full_{name}"])
    overall = query.similarities.values_at(OVERALL, links.slots)
    n_near = by_pair.sum(overall >= query.similarity_at_rank(50)[links.source_of])
    features["linked_near_count"] = n_near
    features["linked_near_relative"] = by_source.relative(n_near)
    features["linked_near_share"] = n_near / n_links
    features["linked_nearest_count"] = by_pair.sum(overall >= query.similarity_at_rank(10)[links.source_of])
    return features


def _lift(query: Query, mean_cosine: NDArray[np.floating], by_pair: Groups, field: str) -> NDArray[np.floating]:
    """Return how many times as similar to the source a candidate's neighbours are as what came just before the source.

    For a candidate that is linked with nothing it is the similarity of the candidate itself.
    """
    latest = query.latest_before
    usual_cosine = Groups(latest.source_of, len(query)).mean(query.similarity(field, *latest))
    own_cosine = query.similarity(field, *query.candidates)
    cosine = np.where(by_pair.count() > 0, mean_cosine, own_cosine)
    lift: NDArray[np.floating] = cosine / (usual_cosine + LEAST_SIMILARITY)[query.source_of]
    return lift


def _activity(query: Query, links: _CandidateLinks) -> Features:
    """Return which part of all that was published around the source is linked with a candidate."""
    dated = query.index.vectors.days[: query.index.n_dated]
    features: Features = {}
    for days in (3, 7, 30):
        n_published = np.maximum(published_within(dated, query.vectors.days, query.limits, days), 1)
        features[f"linked_share_{days}_days"] = (
            links.groups.sum(links.days_apart <= days) / n_published[query.source_of]
        )
    nearest_slots = query.similarities.pair_slots(*query.nearest_in_time(NEAREST))
    n_nearest = links.groups.sum(query.similarities.isin(links.slots, nearest_slots))
    features[f"linked_share_nearest_{NEAREST}"] = n_nearest / NEAREST
    return features


def _nearness(query: Query, links: _CandidateLinks) -> Features:
    """Return how many days lie between the source and a candidate's neighbours, and their similarity, decayed by it."""
    by_pair, days_apart = links.groups, links.days_apart
    decayed = query.similarities.values_at("full", links.slots) * np.exp2(-days_apart / HALF_LIFE)
    features: Features = {
        "linked_days_least": by_pair.minimum(days_apart, UNKNOWN_DAYS_APART),
        "linked_days_mean": np.where(by_pair.count() > 0, by_pair.mean(days_apart), UNKNOWN_DAYS_APART),
        "linked_within_7_days": by_pair.sum(days_apart <= 7),
        "linked_within_30_days": by_pair.sum(days_apart <= 30),
        "linked_recent_sum": by_pair.sum(decayed),
        "linked_recent_max": by_pair.maximum(decayed),
    }
    features["linked_recent_relative"] = query.groups.relative(features["linked_recent_sum"])
    return features


def _company(query: Query, links: _CandidateLinks) -> Features:
    """Return how much of the source's topics and provider a candidate's neighbours have."""
    source_providers = query.vectors.providers[links.source_of]
    same_provider = (query.index.vectors.providers[links.neighbour] == source_providers) & (source_providers != 0)
    return {
        "linked_topic_mean": links.groups.mean(query.similarities.values_at("topics", links.slots)),
        "linked_provider_share": links.groups.mean(same_provider),
    }
