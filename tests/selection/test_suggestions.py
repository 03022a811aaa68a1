"""The kind of a suggestion: the same text, the same story, or background."""

from __future__ import annotations

import numpy as np
import pytest

from recommender.selection.suggestions import BACKGROUND, DUPLICATE, SAME_STORY, kind_of


@pytest.mark.parametrize(
    ("days_apart", "score", "kind"),
    [
        (0.0, 0.9, SAME_STORY),
        (14.0, 0.5, SAME_STORY),
        (14.01, 0.99, BACKGROUND),
        (1.0, 0.4999, BACKGROUND),
        (1.0, 0.12, BACKGROUND),
        (np.nan, 0.9, BACKGROUND),
    ],
)
def test_a_story_is_near_in_time_and_rather_linked_than_not(days_apart: float, score: float, kind: str) -> None:
    assert kind_of(False, days_apart, score) == kind


def test_what_shares_no_telling_word_is_never_the_same_story() -> None:
    assert kind_of(False, 0.0, 0.99, shares_telling_word=False) == BACKGROUND
    assert kind_of(True, 0.0, 0.99, shares_telling_word=False) == DUPLICATE


@pytest.mark.parametrize("days_apart", [0.0, 3000.0, np.nan])
@pytest.mark.parametrize("score", [0.0, 1.0])
def test_the_same_text_is_a_duplicate_whenever_and_however_scored(days_apart: float, score: float) -> None:
    assert kind_of(True, days_apart, score) == DUPLICATE
