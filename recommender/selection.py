"""Which candidates become suggestions: eligibility, threshold, order; fewer than k rather than bad ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.features import Query
from recommender.settings import SelectionSettings


def order(query: Query, scores: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the positions of the candidates, best first; ties by the target's id."""
    ids = [query.index.corpus[int(row)].id for row in query.targets]
    return np.array(sorted(range(len(ids)), key=lambda place: (-scores[place], ids[place])), dtype=np.intp)


def obstacle(query: Query, row: int, settings: SelectionSettings) -> str | None:
    """Say why an article must not be suggested whatever its score; None where nothing is in the way."""
    article = query.index.corpus[row]
    if row == query.row:
        return "it is the source itself"
    if article.removed:
        return "it was removed"
    if settings.only_published and not article.published:
        return "it is not published, and selection.only_published is set"
    if not settings.repeat_curated and query.row >= 0 and _curated(query, row):
        return "an editor has linked it already, and selection.repeat_curated is off"
    return None


def select(
    query: Query, scores: NDArray[np.float64], settings: SelectionSettings, k: int, threshold: float
) -> list[int]:
    """Return the positions, among the candidates, of at most `k` suggestions, best first."""
    chosen: list[int] = []
    for place in order(query, scores):
        if len(chosen) == k or scores[place] < threshold:
            break
        if obstacle(query, int(query.targets[place]), settings) is None:
            chosen.append(int(place))
    return chosen


def _curated(query: Query, row: int) -> bool:
    links = query.index.corpus.links
    return bool(np.any((links[:, 0] == query.row) & (links[:, 1] == row)))
