"""Articles about the same event: what kind of read a suggestion is."""

from __future__ import annotations

import numpy as np

from recommender.features import Query

DUPLICATE_COSINE = 0.9
STORY_DAYS = 14.0

DUPLICATE, SAME_STORY, BACKGROUND = "duplicate", "same-story", "background"


def kind_of(query: Query, row: int) -> str:
    """Say what a candidate is to the source.

    ``duplicate``: the same text elsewhere (cosine of the full texts at least 0.9). ``same-story``: no more
    than 14 days away, or linked with an article that is. ``background``: anything else.
    """
    if query.similarity["full"][row] >= DUPLICATE_COSINE:
        return DUPLICATE
    neighbours = query.known_neighbours(row)
    near = query.gaps[np.append(neighbours, row)] <= STORY_DAYS
    return SAME_STORY if near.any() else BACKGROUND
