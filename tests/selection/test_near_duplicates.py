"""What counts as the same text, and what only looks like it: the next part of a series."""

from __future__ import annotations

import numpy as np
import pytest

from recommender.selection.near_duplicates import same_text

LONG = "Ferry crews vote to return after talks"


def same(title: str, other_title: str, days: float = 0.0, cosine: float = 0.95) -> bool:
    """Return what `same_text` says of two titles, having checked that it says the same from the other side."""
    [forward] = same_text(title, lambda _: other_title, np.array([cosine]), np.array([days])).tolist()
    [backward] = same_text(other_title, lambda _: title, np.array([cosine]), np.array([days])).tolist()
    assert forward == backward
    return forward


@pytest.mark.parametrize(("cosine", "expected"), [(1.0, True), (0.9, True), (0.8999, False), (0.0, False)])
def test_texts_are_the_same_from_a_cosine_of_nine_tenths(cosine: float, expected: bool) -> None:
    assert same(LONG, "Crews of ferries go back to work", cosine=cosine) is expected


def test_equal_texts_are_the_same_though_their_cosine_is_a_hair_below_one() -> None:
    assert same_text(LONG, lambda _: LONG, np.array([0.9999999]), np.array([0.0]), least=1.0).tolist() == [True]


@pytest.mark.parametrize("days", [0.0, 6.99, 7.0, 400.0, np.nan])
def test_a_text_under_the_same_words_is_the_same_however_late(days: float) -> None:
    assert same(LONG, LONG.upper() + "!", days)


@pytest.mark.parametrize(
    ("days", "expected"), [(0.0, True), (6.99, True), (7.0, False), (200.0, False), (np.nan, True)]
)
def test_under_other_words_it_is_the_same_for_less_than_a_week(days: float, expected: bool) -> None:
    assert same("Disk backup is in preview", "Disk backup is now generally available", days) is expected


@pytest.mark.parametrize(
    ("title", "other_title"),
    [
        ("Podcast episode 7", "Podcast episode 8"),
        ("Part 1 of 2", "Part 2 of 2"),
        ("June update", "July update"),
        ("Monday briefing", "Tuesday briefing"),
        ("Release 22.0rc2", "Release 22.0rc3"),
        ("Update of 1 June 2020", "Update of 2 June 2020"),
        ("Agile foundations, Part I", "Agile foundations, Part II"),
        ("World War IX", "World War XIV"),
        ("Part III", "Part 4"),
    ],
)
def test_titles_with_a_number_month_or_weekday_each_of_their_own_are_a_series(title: str, other_title: str) -> None:
    assert not same(title, other_title, cosine=1.0)
    assert same(title, title, cosine=1.0)


@pytest.mark.parametrize(
    ("title", "other_title"),
    [
        ("Ferry with 214 aboard aground", "Ferry aground in fog"),
        ("1,000 homes dark", "1000 homes dark"),
        ("Ten homes dark", "10 homes dark"),
        ("Ferry aground on Monday", "Ferry aground"),
        ("Part II", "Part 2"),
        ("Ferry IXX aground", "Ferry IIX aground"),
        ("Ferry i and ferry v", "Ferry ii and ferry vi"),
    ],
)
def test_a_number_that_only_one_title_has_makes_no_series(title: str, other_title: str) -> None:
    assert same(title, other_title)


def test_a_week_later_a_number_that_only_one_title_has_does() -> None:
    assert not same("Servers in region west", "Servers in region west 2", 7.0)
    assert same("Servers in region west", "Servers in region west 2", 6.0)


def test_nothing_is_the_same_as_none() -> None:
    assert same_text(LONG, lambda _: LONG, np.empty(0), np.empty(0)).tolist() == []
