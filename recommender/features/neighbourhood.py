"""Features of the source's neighbourhood: how linked are the articles like it, around it, and of its provider."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.retrieval.groups import Groups
from recommender.retrieval.query import Features, Query
from recommender.retrieval.similarity import OVERALL

OF_PROVIDER = 20
AROUND = 100
DAYS = 7.0


def neighbourhood_features(query: Query) -> Features:
    """Return how many relations articles near the source have, in logarithms, and the candidate's beside them.

    Equal for all candidates of a source, but for ``degree_against_alike``: they tell a source whose like stand in
    large groups from one whose like stand alone.
    """
    degrees = np.log1p(query.known_degrees(query.source_of, query.targets))
    of_source = _alike(query)
    of_source |= _linkedness(query, *_around(query), "around")
    of_source |= _linkedness(query, *of_provider(query), "provider")
    features: Features = {name: values[query.source_of] for name, values in of_source.items()}
    features["degree_against_alike"] = degrees - features["alike_degree"]
    return features


def _alike(query: Query) -> dict[str, NDArray[np.floating]]:
    source, rows = query.nearest_by_text()
    runs = Groups(source, len(query))
    degrees = query.known_degrees(source, rows)
    weights = query.similarity(OVERALL, source, rows).astype(np.float64)
    total = np.maximum(runs.sum(weights), np.finfo(np.float64).tiny)
    first = runs.place() == 0
    most = np.zeros(len(query))
    most[source[first]] = np.log1p(degrees[first])
    return {
        "alike_degree": runs.sum(weights * np.log1p(degrees)) / total,
        "alike_linked_share": runs.sum(weights * (degrees > 0)) / total,
        "most_alike_degree": most,
    }


def _linkedness(
    query: Query, source: NDArray[np.intp], rows: NDArray[np.intp], name: str
) -> dict[str, NDArray[np.floating]]:
    """Return which share of some rows is linked, and how much; NaN for a source that has none."""
    runs = Groups(source, len(query))
    degrees = query.known_degrees(source, rows)
    none = runs.count() == 0
    return {
        f"{name}_linked_share": np.where(none, np.nan, runs.mean(degrees > 0)),
        f"{name}_degree": np.where(none, np.nan, runs.mean(np.log1p(degrees))),
    }


def _around(query: Query) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    source, rows = query.nearest_in_time(AROUND)
    near = query.days_apart(source, rows) <= DAYS
    return source[near], rows[near]


def of_provider(query: Query) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return what each source's provider published last before it."""
    providers, rows = query.index.by_provider
    wanted = query.vectors.providers
    first = np.searchsorted(providers, wanted)
    ends = np.searchsorted(providers, wanted, side="right")
    parts = zip(first, ends, query.places, strict=True)
    known = np.array([np.searchsorted(rows[start:end], place) for start, end, place in parts], dtype=np.intp)
    last = first + known
    places = last[:, np.newaxis] - np.arange(OF_PROVIDER + 1, 0, -1)
    source, place = np.nonzero((places >= first[:, np.newaxis]) & (wanted != 0)[:, np.newaxis])
    found = rows[places[source, place]]
    others = found != query.rows[source]
    source, found = source[others], found[others]
    runs = Groups(source, len(query))
    newest = runs.place() >= (runs.count() - OF_PROVIDER)[source]
    return source[newest], found[newest]
