"""Sites as fixtures, for the rooms that read and write whole sites: their conftest imports these."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support.command_line import NEWSROOM, write_articles

from recommender import Article


@pytest.fixture
def site(articles: tuple[Article, ...], tmp_path: Path) -> Path:
    """Return a site of the dozen, too few to learn from."""
    return write_articles(tmp_path / "coast", articles)


@pytest.fixture
def newsroom_copy(tmp_path: Path) -> Path:
    """Return a copy of the example site, whose articles teach a ranker."""
    return shutil.copytree(NEWSROOM, tmp_path / "newsroom", ignore=shutil.ignore_patterns(".recommender"))
