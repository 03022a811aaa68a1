"""Features of the source's surroundings: how linked are the articles like it, around it, and of its provider."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.features.query import Features, Query

OF_PROVIDER = 20
AROUND = 100
DAYS = 7.0


def surrounding_features(query: Query) -> Features:
    """Return how many relations articles near the source have, in logarithms, and the candidate's beside them.

    Equal for all candidates of a source, but for ``degree_against_alike``: they tell a source whose like stand in
    large groups from one whose like stand alone.
    """
    degrees = np.log1p(_degrees(query, query.targets))
    alike = query.most_alike()
    alike_degrees = _degrees(query, alike)
    weights = query.overall[alike]
    expected = float(np.average(np.log1p(alike_degrees), weights=weights)) if weights.sum() > 0 else 0.0
    constants = {
        "alike_degree": expected,
        "alike_linked_share": float(np.average(alike_degrees > 0, weights=weights)) if weights.sum() > 0 else 0.0,
        "most_alike_degree": float(np.log1p(alike_degrees[0])) if len(alike) else 0.0,
    }
    constants |= _linkedness(query, _rows_around(query), "around")
    constants |= _linkedness(query, _rows_of_provider(query), "provider")
    features: Features = {name: np.full(len(query.targets), value) for name, value in constants.items()}
    features["degree_against_alike"] = degrees - expected
    return features


def _linkedness(query: Query, rows: NDArray[np.intp], name: str) -> dict[str, float]:
    degrees = _degrees(query, rows)
    known = len(rows) > 0
    return {
        f"{name}_linked_share": float(np.mean(degrees > 0)) if known else np.nan,
        f"{name}_degree": float(np.mean(np.log1p(degrees))) if known else np.nan,
    }


def _degrees(query: Query, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    return np.bincount(query.known_links(rows).owner, minlength=len(rows))


def _rows_around(query: Query) -> NDArray[np.intp]:
    rows = query.nearest_in_time(AROUND)
    return rows[query.gaps[rows] <= DAYS]


def _rows_of_provider(query: Query) -> NDArray[np.intp]:
    provider = query.vectors.providers[0]
    if provider == 0:
        return np.empty(0, dtype=np.intp)
    rows = np.flatnonzero(query.index.vectors.providers[: query.limit] == provider)
    recent: NDArray[np.intp] = rows[rows != query.row][-OF_PROVIDER:]
    return recent
