"""Slugs, titles and escaping are Jekyll's, for every script."""

from __future__ import annotations

import random

import pytest
from support.jekyll_sites import ask_ruby, jekyll_is_installed

from recommender.sources.generators.jekyll.addresses import clean_path, escape_path, slugify, title_of_slug

needs_jekyll = pytest.mark.skipif(not jekyll_is_installed(), reason="Jekyll is not on this machine")

_LETTERS = "aZ09éÄßİıΣσǆﬁ数デहि١ไท🚢 _-~.,;:!?@#%&'()*+=/[]{}|<>\"\\^`$ ́‍\u200b½²Ⅷ"  # noqa: RUF001


def _texts() -> list[str]:
    chance = random.Random(7)  # noqa: S311 (a seed, no secret)
    return ["".join(chance.choices(_LETTERS, k=chance.randint(1, 9))) for _ in range(3000)]


@needs_jekyll
def test_slugs_are_those_of_jekyll() -> None:
    texts = _texts()
    assert [slugify(text) for text in texts] == ask_ruby("Jekyll::Utils.slugify(value)", texts)
    pretty = ask_ruby("Jekyll::Utils.slugify(value, :mode => 'pretty', :cased => true)", texts)
    assert [slugify(text, pretty=True, cased=True) for text in texts] == pretty


@needs_jekyll
def test_titles_are_those_of_jekyll() -> None:
    texts = _texts()
    assert [title_of_slug(text) for text in texts] == ask_ruby("Jekyll::Utils.titleize_slug(value)", texts)


@needs_jekyll
def test_escaping_is_that_of_jekyll() -> None:
    texts = _texts()
    expected = ask_ruby("(Jekyll::URL.escape_path(value) rescue nil)", texts)
    ours = [escape_path(text) for text in texts]
    # Where it is nil, Jekyll stops building: the text looks like an address that cannot be.
    assert [
        (text, path) for text, path, ruby in zip(texts, ours, expected, strict=True) if ruby not in {None, path}
    ] == []
    assert expected.count(None) < len(texts) / 4


@needs_jekyll
def test_cleaning_is_that_of_jekyll() -> None:
    chance = random.Random(3)  # noqa: S311 (a seed, no secret)
    texts = ["".join(chance.choices("a./", k=8)) for _ in range(1000)]
    expected = ask_ruby("Jekyll::URL.new(:template => value, :placeholders => {}).to_s", texts)
    assert [clean_path(text) for text in texts] == expected
