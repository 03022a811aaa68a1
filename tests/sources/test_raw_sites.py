"""Whole sites as their authors keep them, read without a setting: addresses, links in texts, and what is left out."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.plain_links import plain_links

from recommender import Corpus, read_articles

# Of the list of Hugo's that lies beside the site.
NOW = datetime(2025, 3, 1, tzinfo=UTC)
LEAST_EQUAL, LEAST_LINKS = 0.995, 0.98


@pytest.fixture(scope="module")
def hugo_root(corpora: Path) -> Path:
    return corpora / "raw" / "hugo-digitalgov"


@pytest.fixture(scope="module")
def jekyll_root(corpora: Path) -> Path:
    return corpora / "raw" / "jekyll-optech"


@pytest.fixture(scope="module")
def hugo(hugo_root: Path) -> Corpus:
    return read_articles(hugo_root, now=NOW)


@pytest.fixture(scope="module")
def jekyll(jekyll_root: Path) -> Corpus:
    return read_articles(jekyll_root, now=NOW)


def url_of_path(corpus: Corpus, root: Path) -> dict[str, str | None]:
    return {
        Path(file.path).relative_to(root).as_posix(): article.url
        for article, file in zip(corpus.originals, corpus.source_files, strict=True)
        if file is not None
    }


def body_links(corpus: Corpus) -> set[tuple[str, str]]:
    return {
        (article.id, relation.target_id)
        for article in corpus.originals
        for relation in article.relations
        if relation.kind == "body" and relation.target_id is not None
    }


def test_every_address_of_a_hugo_site_is_that_of_hugo(hugo: Corpus, hugo_root: Path, corpora: Path) -> None:
    listed = corpora / "raw" / "hugo-digitalgov.list.csv"
    rows = list(csv.DictReader(listed.read_text(encoding="utf-8").splitlines()))
    theirs = {row["path"]: row["permalink"] for row in rows if not Path(row["path"]).name.startswith("_index")}
    ours = url_of_path(hugo, hugo_root)
    differences = {path: (ours.get(path), url) for path, url in theirs.items() if ours.get(path) != url}
    assert len(differences) <= (1 - LEAST_EQUAL) * len(theirs), differences


def test_expired_and_future_pages_of_a_hugo_site_are_excluded(hugo: Corpus, hugo_root: Path, corpora: Path) -> None:
    listed = corpora / "raw" / "hugo-digitalgov.list.csv"
    excluded = {
        Path(file.path).relative_to(hugo_root).as_posix()
        for article, file in zip(hugo.originals, hugo.source_files, strict=True)
        if article.excluded is not None and file is not None
    }
    for row in csv.DictReader(listed.read_text(encoding="utf-8").splitlines()):
        expires = datetime.fromisoformat(row["expiryDate"])
        has_expired = expires.year > 1 and expires.astimezone(UTC) <= NOW
        is_future = datetime.fromisoformat(row["publishDate"]).astimezone(UTC) > NOW
        is_listed = has_expired or is_future or row["draft"] == "true"
        assert row["path"] in excluded or not is_listed or Path(row["path"]).name.startswith("_index")


def test_the_content_folder_alone_is_read_as_the_whole_hugo_site_is(hugo: Corpus, hugo_root: Path) -> None:
    content = read_articles(hugo_root / "content", now=NOW)
    assert [(article.id, article.url) for article in content] == [(article.id, article.url) for article in hugo]
    assert body_links(content) == body_links(hugo)


def test_every_article_of_a_jekyll_site_has_an_address_and_a_language(jekyll: Corpus) -> None:
    assert all(article.url and article.url.startswith("https://bitcoinops.org/") for article in jekyll)
    assert {article.language for article in jekyll} == {"cs", "de", "en", "es", "fr", "hi", "ja", "zh"}


@pytest.mark.parametrize("name", ["hugo", "jekyll"])
def test_the_arithmetic_of_a_whole_site_holds(name: str, request: pytest.FixtureRequest) -> None:
    corpus: Corpus = request.getfixturevalue(name)
    report = corpus.report
    assert report.read == len(corpus) + len(report.skipped) + len(corpus.merged) + sum(report.left_out.values())


@pytest.mark.parametrize("name", ["hugo", "jekyll"])
def test_links_in_texts_are_those_of_a_plain_reader(name: str, request: pytest.FixtureRequest) -> None:
    corpus: Corpus = request.getfixturevalue(name)
    ours, plain = body_links(corpus), plain_links(corpus, request.getfixturevalue(f"{name}_root"))
    assert len(plain) > 3000
    assert len(ours & plain) >= LEAST_LINKS * len(plain), sorted(plain - ours)[:50]
    assert len(ours & plain) >= LEAST_LINKS * len(ours), sorted(ours - plain)[:50]


@pytest.mark.parametrize("name", ["hugo", "jekyll"])
def test_reading_from_the_cache_changes_nothing(
    name: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus: Corpus = request.getfixturevalue(name)
    for _ in range(2):
        cached = read_articles(request.getfixturevalue(f"{name}_root"), cache=tmp_path, now=NOW)
        assert list(cached.originals) == list(corpus.originals)
        assert cached.report == corpus.report
