"""All features of pairs of a source and a candidate, in groups: the feature matrix of a query."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from recommender.features import Features
from recommender.features.metadata import (
    length_features,
    provider_features,
    quality_features,
    time_features,
    topic_features,
)
from recommender.features.neighbourhood import neighbourhood_features
from recommender.features.relations import relation_features
from recommender.features.text import text_features, title_features
from recommender.retrieval.index import Index
from recommender.retrieval.query import Query

# Each group is explained by one reason. The order is that of the columns of the feature matrix, and so of a ranker.
GROUPS: dict[str, Callable[[Query], Features]] = {
    "title_terms": title_features,
    "text_terms": text_features,
    "topics": topic_features,
    "provider": provider_features,
    "time": time_features,
    "quality": quality_features,
    "length": length_features,
    "relations": relation_features,
    "neighbourhood": neighbourhood_features,
}
GROUP_NAMES: tuple[str, ...] = tuple(GROUPS)


def pair_features(query: Query) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """Return the features of a query's pairs, ``(n_pairs, n_features)``, and their names, each ``group.feature``."""
    columns: list[NDArray[np.float32]] = []
    names: list[str] = []
    for group, compute in GROUPS.items():
        for name, values in compute(query).items():
            names.append(f"{group}.{name}")
            columns.append(np.asarray(values, dtype=np.float32))
    return np.column_stack(columns), tuple(names)


def feature_names(index: Index) -> tuple[str, ...]:
    """Return the names of the columns that `pair_features` computes."""
    no_rows = np.zeros(0, dtype=np.intp)
    return pair_features(Query(index, index.vectors.take(no_rows), no_rows, no_rows))[1]
