"""Writing into articles that came from the parse cache: the same bytes as without it, nothing out of date."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.reading import note_parsed_files
from support.written_sites import TO_ARTICLES, contents, numbers, run, write_site

from recommender import Article, read_articles
from recommender.core.files import content_digest
from recommender.jobs import nightly as batch

TITLE, NEW_TITLE = b'title: "Ferry', b'title: "Newer'


@pytest.fixture
def site(articles: tuple[Article, ...], tmp_path: Path) -> Path:
    return write_site(articles, tmp_path / "coast")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of the cache."""
    return tmp_path / "cache"


@pytest.fixture
def parsed_files(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    return note_parsed_files(monkeypatch)


def test_articles_from_the_cache_know_their_files(site: Path, folder: Path, parsed_files: list[str]) -> None:
    plain = read_articles(site)
    read_articles(site, cache=folder)
    parsed_files.clear()
    warm = read_articles(site, cache=folder)
    assert parsed_files == []
    assert warm.report == plain.report
    assert warm.source_files == plain.source_files
    assert {file.path: file.digest for file in warm.source_files if file is not None} == {
        str(path): content_digest(path.read_bytes()) for path in site.iterdir()
    }


def test_a_warm_cache_writes_what_is_written_without_one(
    site: Path, articles: tuple[Article, ...], tmp_path: Path, folder: Path, parsed_files: list[str]
) -> None:
    (tmp_path / "twin").mkdir()
    twin = write_site(articles, tmp_path / "twin" / "coast")  # of the same name, which the model takes
    before = contents(site)
    without = run("suggest", twin, *TO_ARTICLES, "--no-cache")
    assert run("suggest", site, "--cache", folder).exit_code == 0
    parsed_files.clear()
    warm = run("suggest", site, *TO_ARTICLES, "--cache", folder)
    assert parsed_files == []
    assert (numbers(warm), warm.stderr) == ([12, 0, 0], without.stderr)
    after = contents(site)
    assert after == contents(twin) != before

    stamps = {path: path.stat() for path in site.iterdir() if path.is_file()}
    for n_parsed in (12, 0):  # what was written is parsed once, then known
        parsed_files.clear()
        assert numbers(run("suggest", site, *TO_ARTICLES, "--cache", folder)) == [0, 12, 0]
        assert len(parsed_files) == n_parsed
        assert {path: path.stat() for path in stamps} == stamps

    assert numbers(run("unsuggest", site)) == [12, 0, 0]
    assert contents(site) == before
    parsed_files.clear()
    assert numbers(run("suggest", site, *TO_ARTICLES, "--cache", folder)) == [12, 0, 0]
    assert parsed_files == []  # the old contents are still known
    assert contents(site) == after


def test_a_file_that_changes_after_it_was_found_in_the_cache_is_left_alone(
    site: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = site / "ferry-1.md"
    theirs = file.read_bytes().replace(TITLE, NEW_TITLE)
    assert theirs != file.read_bytes()
    assert run("suggest", site, "--cache", folder).exit_code == 0
    with monkeypatch.context() as patch:
        open_model = batch.open_model

        def change_first(*arguments: Any) -> Any:
            file.write_bytes(theirs)
            return open_model(*arguments)

        patch.setattr(batch, "open_model", change_first)
        result = run("suggest", site, *TO_ARTICLES, "--cache", folder)
    assert numbers(result) == [11, 0, 1]
    assert f"{file}: changed since it was read; it is left alone, run again" in result.stderr
    assert file.read_bytes() == theirs
    assert run("suggest", site, *TO_ARTICLES, "--cache", folder).exit_code == 0
    assert b"suggested:" in file.read_bytes()
    assert read_articles(site, cache=folder)[0].title.startswith("Newer")
