"""Texts as Hugo writes them in paths, and patterns that are matched in bounded time."""

from __future__ import annotations

import re
import time
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.sources.generators.hugo.paths import (
    clean_path,
    escape_link,
    glob_matches,
    join_path,
    lower_case,
    pattern_matches,
    simple_pattern,
)


@given(st.text(max_size=60))
def test_cleaning_leaves_nothing_to_clean(text: str) -> None:
    cleaned = clean_path(text)
    assert clean_path(cleaned) == cleaned
    assert not re.search(r"[\s\"'<>&?:,;!*()\[\]{}|^$=]", cleaned)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("Ferry's & Bus", "ferrys-bus"),
        ("  ends ", "ends"),
        ("a - b", "a-b"),
        ("a -- b", "a--b"),
        ("50% off %41", "50-off-%41"),
        ("渡輪 हिन्दी", "渡輪-हिन्दी"),
        ("ΟΔΟΣ İ", "οδοσ-i"),
        ("Straße №1 ²", "straße-1"),
        ("😀", ""),
    ],
)
def test_which_characters_are_kept(text: str, cleaned: str) -> None:
    assert clean_path(text) == cleaned


def test_case_and_accents_are_settings() -> None:
    assert clean_path("Ünï", lower=False) == "Ünï"
    assert clean_path("Ünï Ærø", without_accents=True) == "uni-ærø"


@given(st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="%#?"), max_size=40))
def test_an_escaped_link_is_ascii_and_stands_for_the_same(text: str) -> None:
    escaped = escape_link("/" + text)
    assert escaped.isascii()
    assert unquote(escaped) == "/" + text


@pytest.mark.parametrize(
    ("link", "escaped"),
    [
        ("/it's/", "/it's/"),
        ("/a b/it's/", "/a%20b/it%27s/"),
        ("/a%20b/", "/a%20b/"),
        ("/100%/", "/100%25/"),
        ("/x?q=1", "/x?q=1"),
    ],
)
def test_links_are_escaped_as_go_does(link: str, escaped: str) -> None:
    assert escape_link(link) == escaped


@given(st.lists(st.sampled_from(["a", "..", ".", "", "b/c", "/"]), max_size=6))
def test_a_joined_path_stays_below_the_root(parts: list[str]) -> None:
    path = join_path(*parts)
    assert path.startswith("/")
    assert not path.startswith("//")
    assert ".." not in path.split("/")


@given(st.text("ab/*?", max_size=8), st.text("ab/", max_size=8))
def test_globs_match_as_the_plain_expression_does(glob: str, path: str) -> None:
    translated = "".join(
        {"**": ".*", "*": "[^/]*", "?": "[^/]"}.get(part, re.escape(part)) for part in re.findall(r"\*\*|.", glob)
    )
    assert glob_matches(glob, path) == bool(re.fullmatch(translated, path, re.DOTALL))


@given(st.text("ab", max_size=4), st.text("ab./", max_size=8))
def test_simple_expressions_match_as_the_real_ones_do(literal: str, path: str) -> None:
    for expression in (literal, f"^{literal}", f"{literal}$", rf"{literal}\.", f"{literal}.*b$", f"^{literal}.a"):
        assert pattern_matches(simple_pattern(expression), path) == bool(re.search(expression, path)), expression


def test_alternatives_are_either() -> None:
    assert glob_matches("/{a,b/{c,d}}/*", "/b/d/x")
    assert not glob_matches("/{a,b/{c,d}}/*", "/b/x")
    assert not glob_matches("{a,b}" * 30, "a" * 30)  # too many to try


def test_many_stars_take_no_long_time() -> None:
    start = time.perf_counter()
    assert not glob_matches("**a" * 90 + "c", "a" * 3000)
    assert time.perf_counter() - start < 5


def test_lower_case_is_that_of_every_character() -> None:
    assert lower_case("ÉCOLE ΔΟΣ") == "école δο\u03c3"
    assert lower_case("ABC") == "abc"
