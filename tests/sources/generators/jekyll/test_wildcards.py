"""Patterns of file names fit what Ruby says they fit."""

from __future__ import annotations

import random
import time

import pytest
from support.jekyll_sites import ask_ruby, jekyll_is_installed

from recommender.sources.generators.jekyll.wildcards import matches_name, matches_path

needs_jekyll = pytest.mark.skipif(not jekyll_is_installed(), reason="Jekyll is not on this machine")


def _random_pairs(pieces: tuple[str, ...], letters: str) -> list[tuple[str, str]]:
    chance = random.Random(12)  # noqa: S311 (a seed, no secret)
    texts = ["".join(chance.choices(pieces, k=chance.randint(1, 6))) for _ in range(3000)]
    return [(text, "".join(chance.choices(letters, k=chance.randint(1, 7)))) for text in texts]


@needs_jekyll
def test_patterns_of_exclude_fit_as_in_ruby() -> None:
    pairs = _random_pairs(("*", "**", "?", "a", "b", "/", ".", "[ab]", "[^a]", "[!a-b]", "\\*", "é"), "aab./c*é")
    rooted = [(f"/{pattern}", f"/{name}") for pattern, name in pairs]
    expected = ask_ruby("File.fnmatch?(value[0], value[1])", rooted)
    assert [matches_name(*pair) for pair in rooted] == expected
    assert 200 < sum(expected) < 2800


@needs_jekyll
def test_patterns_of_scopes_fit_as_in_ruby() -> None:
    pairs = _random_pairs(("*", "**/", "?", "a", "b", "/", ".", "{a,b}", "{a,b/c}", "[ab]"), "aab./bc")
    paths = [(pattern, name) for pattern, name in pairs if "" not in pattern.split("/") and "" not in name.split("/")]
    expected = ask_ruby("File.fnmatch?(value[0], value[1], File::FNM_PATHNAME | File::FNM_EXTGLOB)", paths)
    assert [matches_path(pattern, name.split("/")) for pattern, name in paths] == expected
    assert sum(expected) > 50


def test_a_pattern_made_to_take_forever_takes_no_time() -> None:
    start = time.perf_counter()
    assert not matches_name("*a" * 200, "a" * 1000 + "b")
    assert not matches_path("/".join(["**", "a"] * 100), ["a"] * 99)
    assert not matches_path("{a,b}" * 60, ["c"])
    assert time.perf_counter() - start < 2
