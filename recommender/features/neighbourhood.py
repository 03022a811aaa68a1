"""Features of the source's neighbourhood: how linked the articles near it are, in text, in time, of its provider."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.features import Features
from recommender.retrieval.groups import Groups, Pairs
from recommender.retrieval.query import Query
from recommender.retrieval.similarity import OVERALL

N_OF_PROVIDER = 20  # articles of the source's provider
N_IN_TIME = 100  # articles nearest in time, of which those within DAYS count
DAYS = 7.0


def neighbourhood_features(query: Query) -> Features:
    """Return how many relations the articles near the source have, in logarithms, and the candidate beside them.

    All but ``degree_against_alike`` are the same for all candidates of a source. They tell a ranker a source of a
    large story, whose similar articles are linked with many others, from one that stands alone.
    """
    target_degrees = np.log1p(query.known_degrees(*query.candidates))
    of_source = _degrees_by_text(query)
    of_source |= _degrees(query, _published_around(query), "around")
    of_source |= _degrees(query, of_provider(query), "provider")
    features: Features = {name: values[query.source_of] for name, values in of_source.items()}
    features["degree_against_alike"] = target_degrees - features["alike_degree"]
    return features


def _degrees_by_text(query: Query) -> dict[str, NDArray[np.floating]]:
    """Return how linked the articles most similar to each source are, weighted by similarity, and the first of them."""
    nearest = query.nearest_by_text()
    by_source = Groups(nearest.source_of, len(query))
    degrees = query.known_degrees(*nearest)
    weights = query.similarity(OVERALL, *nearest).astype(np.float64)
    total_weight = np.maximum(by_source.sum(weights), np.finfo(np.float64).tiny)
    is_first = by_source.positions() == 0
    first_degree = np.zeros(len(query))
    first_degree[nearest.source_of[is_first]] = np.log1p(degrees[is_first])
    return {
        "alike_degree": by_source.sum(weights * np.log1p(degrees)) / total_weight,
        "alike_linked_share": by_source.sum(weights * (degrees > 0)) / total_weight,
        "most_alike_degree": first_degree,
    }


def _degrees(query: Query, pairs: Pairs, name: str) -> dict[str, NDArray[np.floating]]:
    """Return which share of each source's articles is linked at all, and how much; NaN for a source without any."""
    by_source = Groups(pairs.source_of, len(query))
    degrees = query.known_degrees(*pairs)
    is_empty = by_source.count() == 0
    return {
        f"{name}_linked_share": np.where(is_empty, np.nan, by_source.mean(degrees > 0)),
        f"{name}_degree": np.where(is_empty, np.nan, by_source.mean(np.log1p(degrees))),
    }


def _published_around(query: Query) -> Pairs:
    nearest = query.nearest_in_time(N_IN_TIME)
    return nearest.take(query.days_apart(*nearest) <= DAYS)


def of_provider(query: Query) -> Pairs:
    """Return the articles that each source's provider published last before it, itself left out; the oldest first."""
    providers, rows = query.index.by_provider
    source_providers = query.vectors.providers
    first = np.searchsorted(providers, source_providers)
    last = np.searchsorted(providers, source_providers, side="right")
    # The rows of a provider ascend: those published before the source are as many as lie below its place in time.
    ranges = zip(first, last, query.n_published_before, strict=True)
    n_before = np.array([np.searchsorted(rows[start:end], limit) for start, end, limit in ranges], dtype=np.intp)
    # One more than are wanted, as the source may be among them.
    positions = (first + n_before)[:, np.newaxis] - np.arange(N_OF_PROVIDER + 1, 0, -1)
    has_provider = (source_providers != 0)[:, np.newaxis]
    source_of, column = np.nonzero((positions >= first[:, np.newaxis]) & has_provider)
    pairs = Pairs(source_of, rows[positions[source_of, column]])
    pairs = pairs.take(pairs.rows != query.rows[pairs.source_of])
    by_source = Groups(pairs.source_of, len(query))
    return pairs.take(by_source.positions() >= (by_source.count() - N_OF_PROVIDER)[pairs.source_of])
