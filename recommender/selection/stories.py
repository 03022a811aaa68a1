"""What kind of read a suggestion is: the same text, the same event, or what lies behind it."""

from __future__ import annotations

STORY_DAYS = 14.0
STORY_SCORE = 0.5  # of the rules tried, none on text or relations told stories better than the score itself

DUPLICATE, SAME_STORY, BACKGROUND = "duplicate", "same-story", "background"


def kind_of(repeats_source: bool, gap: float, score: float) -> str:
    """Say what a suggestion is to its source.

    ``duplicate``: the same text elsewhere. ``same-story``: no more than 14 days away, and an editor would
    rather link it than not. ``background``: anything else.

    Parameters
    ----------
    repeats_source
        Whether it, or one listed under it, is a near-duplicate of the source.
    gap
        Days between the two; NaN where a date is unknown.
    score
        Probability, in [0, 1].

    >>> kind_of(False, 2.0, 0.8), kind_of(False, 2.0, 0.12), kind_of(False, 40.0, 0.8)
    ('same-story', 'background', 'background')
    """
    if repeats_source:
        return DUPLICATE
    return SAME_STORY if gap <= STORY_DAYS and score >= STORY_SCORE else BACKGROUND
