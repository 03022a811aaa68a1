"""Writing into articles that came from the parse cache: the same bytes as without it, nothing out of date."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.written_sites import TO_ARTICLES, contents, numbers, run, write_site

from recommender import Article, read_articles
from recommender.core.files import content_digest
from recommender.jobs import nightly as batch
from recommender.sources import cache as cache_module
from recommender.sources.markdown import FrontMatterReader

TITLE, NEW_TITLE = b'title: "Ferry', b'title: "Newer'


@pytest.fixture(params=["known by their stamps", "known by their content"])
def site(
    request: pytest.FixtureRequest, articles: tuple[Article, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Return a site whose files the cache knows again in one way or the other, whatever the clock says."""
    by_stamps = request.param == "known by their stamps"
    monkeypatch.setattr(cache_module, "is_settled", lambda _, __: by_stamps)
    return write_site(articles, tmp_path / "coast")


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def read_files(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the files that are read in truth, as they come."""
    names: list[str] = []
    read = FrontMatterReader.read

    def noting(self: FrontMatterReader, path: Path, relative: Any) -> Any:
        names.append(path.name)
        return read(self, path, relative)

    monkeypatch.setattr(FrontMatterReader, "read", noting)
    return names


def test_articles_from_the_cache_know_their_files(site: Path, kept: Path, read_files: list[str]) -> None:
    plain = read_articles(site)
    read_articles(site, cache=kept)
    read_files.clear()
    warm = read_articles(site, cache=kept)
    assert read_files == []
    assert warm.report == plain.report
    assert warm.source_files == plain.source_files
    assert {file.path: file.digest for file in warm.source_files if file is not None} == {
        str(path): content_digest(path.read_bytes()) for path in site.iterdir()
    }


def test_a_warm_cache_writes_what_is_written_without_one(
    site: Path, articles: tuple[Article, ...], tmp_path: Path, kept: Path, read_files: list[str]
) -> None:
    (tmp_path / "twin").mkdir()
    other = write_site(articles, tmp_path / "twin" / "coast")  # of the same name, which the model takes
    before = contents(site)
    without = run("suggest", other, *TO_ARTICLES, "--no-cache")
    assert run("suggest", site, "--cache", kept).exit_code == 0
    read_files.clear()
    warm = run("suggest", site, *TO_ARTICLES, "--cache", kept)
    assert read_files == []
    assert (numbers(warm), warm.stderr) == ([12, 0, 0], without.stderr)
    after = contents(site)
    assert after == contents(other) != before

    stamps = {path: path.stat() for path in site.iterdir() if path.is_file()}
    for reads in (12, 0):  # what was written is read once more, then known again
        read_files.clear()
        assert numbers(run("suggest", site, *TO_ARTICLES, "--cache", kept)) == [0, 12, 0]
        assert len(read_files) == reads
        assert {path: path.stat() for path in stamps} == stamps

    assert numbers(run("unsuggest", site)) == [12, 0, 0]
    assert contents(site) == before
    read_files.clear()
    assert numbers(run("suggest", site, *TO_ARTICLES, "--cache", kept)) == [12, 0, 0]
    assert len(read_files) == 12
    assert contents(site) == after


def test_a_file_that_changes_after_the_cache_was_asked_is_left_alone(
    site: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = site / "ferry-1.md"
    theirs = file.read_bytes().replace(TITLE, NEW_TITLE)
    assert theirs != file.read_bytes()
    assert run("suggest", site, "--cache", kept).exit_code == 0
    with monkeypatch.context() as patch:
        open_model = batch.open_model

        def change_first(*arguments: Any) -> Any:
            file.write_bytes(theirs)
            return open_model(*arguments)

        patch.setattr(batch, "open_model", change_first)
        result = run("suggest", site, *TO_ARTICLES, "--cache", kept)
    assert numbers(result) == [11, 0, 1]
    assert f"{file}: changed since it was read; it is left alone, run again" in result.stderr
    assert file.read_bytes() == theirs
    assert run("suggest", site, *TO_ARTICLES, "--cache", kept).exit_code == 0
    assert b"suggested:" in file.read_bytes()
    assert read_articles(site, cache=kept)[0].title.startswith("Newer")


def test_a_cache_that_is_wrong_about_a_file_costs_a_run_never_the_file(
    site: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_module, "is_settled", lambda _, __: True)
    monkeypatch.setattr(cache_module, "stamp_of", lambda _: (1, 2, 3, 4))
    read_articles(site, cache=kept)
    file = site / "ferry-1.md"
    theirs = file.read_bytes().replace(TITLE, NEW_TITLE)
    file.write_bytes(theirs)
    assert read_articles(site, cache=kept)[0].title.startswith("Ferry")
    result = run("suggest", site, *TO_ARTICLES, "--cache", kept)
    assert numbers(result) == [11, 0, 1]
    assert f"{file}: changed since it was read; it is left alone, run again" in result.stderr
    assert file.read_bytes() == theirs
    assert numbers(run("suggest", site, *TO_ARTICLES, "--no-cache"))[0] >= 1
    assert b"suggested:" in file.read_bytes()
