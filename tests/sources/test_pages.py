"""What a generator says of its pages: addresses that several claim, what is left out, and the arithmetic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender import Article, Corpus, SettingsError, read_articles
from recommender.sources.generators.page_facts import PageFacts, SitePage
from recommender.sources.markup import MarkupText
from recommender.sources.outcomes import Outcome
from recommender.sources.pages import with_facts

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


class Said:
    """A generator that says what it is given."""

    warnings: Sequence[str] = ()

    def __init__(self, facts: Sequence[PageFacts]):
        self._facts = list(facts)

    def page_files(self, paths: Sequence[str]) -> list[str]:
        return list(paths)

    def facts(self, pages: Sequence[SitePage], now: datetime) -> list[PageFacts]:  # noqa: ARG002
        return self._facts


def placed(*facts: PageFacts) -> tuple[list[Article], list[str]]:
    outcomes = [
        Outcome(f"{page.id}.md", Article(page.id, page.id), page=SitePage(page.id, {}, MarkupText("", "", ())))
        for page in facts
    ]
    results, warnings = with_facts(outcomes, Said(facts), NOW)
    return [outcome.article for outcome in results if outcome.article is not None], warnings


def site(folder: Path, files: Mapping[str, str], config: str = "baseURL = 'https://coast.example/'\n") -> Path:
    for name, lines in files.items():
        path = folder / "content" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"---\ntitle: {Path(name).stem}\n{lines}\n---\nText.\n", encoding="utf-8")
    (folder / "hugo.toml").write_text(config, encoding="utf-8")
    return folder


def excluded(corpus: Corpus) -> dict[str, str | None]:
    return {article.id: article.excluded for article in corpus}


def test_of_two_live_pages_of_one_address_the_first_keeps_it() -> None:
    (first, second), warnings = placed(PageFacts("a", "/x/"), PageFacts("b", "/x"))
    assert (first.url, first.excluded) == ("/x/", None)
    assert (second.url, second.excluded) == (None, "its address is that of a")
    assert warnings == ["b.md: has the address /x of a.md, which keeps it"]


def test_a_live_page_wins_an_address_over_one_that_is_excluded() -> None:
    (draft, live), warnings = placed(PageFacts("a", "/x/", excluded="draft"), PageFacts("b", "/x/"))
    assert (live.url, live.excluded) == ("/x/", None)
    assert (draft.url, draft.excluded, draft.published) == (None, "draft", False)
    assert warnings == ["a.md: has the address /x/ of b.md, which keeps it"]


def test_an_alias_is_never_the_address_or_the_alias_of_another_page() -> None:
    first, second, third = placed(
        PageFacts("a", "/a/", aliases=("/b/", "/old/")),
        PageFacts("b", "/b/", aliases=("/old/", "/c", "/mine/")),
        PageFacts("c", "/c/"),
    )[0]
    assert (first.aliases, second.aliases, third.aliases) == (("/old/",), ("/mine/",), ())


@given(
    st.lists(
        st.builds(
            PageFacts,
            id=st.uuids().map(str),
            url=st.sampled_from(["/a/", "/b/", "/c", None]),
            aliases=st.lists(st.sampled_from(["/a", "/b/", "/c/", "/d/", "/e/"]), unique=True).map(tuple),
            excluded=st.sampled_from([None, "draft"]),
        ),
        max_size=8,
        unique_by=lambda page: page.id,
    )
)
def test_every_address_leads_to_one_page(facts: list[PageFacts]) -> None:
    articles, _ = placed(*facts)
    addresses = [key for article in articles for key in {address.rstrip("/") for address in article.addresses}]
    assert len(set(addresses)) == len(addresses)
    assert {(url or "").rstrip("/") for url in (page.url for page in facts)} - {""} <= set(addresses)
    live = {page.url.rstrip("/") for page in facts if page.url and page.excluded is None}
    assert live <= {(article.url or "").rstrip("/") for article in articles if article.excluded is None}
    assert len(Corpus.from_articles(articles)) == len(facts)


def test_what_is_never_a_target_says_why(tmp_path: Path) -> None:
    files = {
        "draft.md": "draft: true",
        "later.md": "date: 2027-01-01",
        "expired.md": "expiryDate: 2026-01-01",
        "unlisted.md": "build: {list: never}",
        "unrendered.md": "build: {render: never}",
        "moved.md": "redirect_to: https://other.example/",
        "live.md": "date: 2026-01-01",
    }
    corpus = read_articles(site(tmp_path, files), now=NOW)
    reasons = excluded(corpus)
    assert [name for name, reason in reasons.items() if reason is None] == ["live"]
    assert reasons["draft"] == "draft"
    assert (reasons["later"] or "").startswith("published only on 2027-01-01")
    assert "2026-01-01" in (reasons["expired"] or "")


def test_sections_are_counted_and_are_no_articles(tmp_path: Path) -> None:
    files = {"_index.md": "", "posts/_index.md": "", "tags/_index.md": "", "posts/a.md": "", "posts/b.md": "title: ["}
    (site(tmp_path, files) / "content" / "posts" / "c.md").write_bytes(b"\xff")
    (tmp_path / "content" / "posts" / "d.md").write_text("---\nid: posts/a\ntitle: D\n---\n", encoding="utf-8")
    corpus = read_articles(tmp_path, now=NOW)
    assert corpus.report.left_out == {"home page": 1, "section page": 1, "taxonomy page": 1}
    assert len(corpus.report.skipped) == 2
    assert_arithmetic(corpus, 7)


def test_files_that_jekyll_copies_are_counted(tmp_path: Path) -> None:
    (tmp_path / "_config.yml").write_text("url: https://coast.example\n", encoding="utf-8")
    (tmp_path / "README.md").write_text("# Read me\n", encoding="utf-8")
    (tmp_path / "about.md").write_text("---\ntitle: About\n---\n", encoding="utf-8")
    corpus = read_articles(tmp_path)
    assert corpus.report.left_out == {"no front matter": 1}
    assert_arithmetic(corpus, 2)


def test_one_article_of_two_files_is_in_the_arithmetic(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.md").write_text(f"---\nid: 7\ntitle: {name}\n---\n", encoding="utf-8")
    (tmp_path / "c.md").write_text("", encoding="utf-8")
    assert_arithmetic(read_articles(tmp_path), 3)


def assert_arithmetic(corpus: Corpus, read: int) -> None:
    report = corpus.report
    assert report.read == read
    assert read == len(corpus) + len(report.skipped) + len(corpus.merged) + sum(report.left_out.values())


@pytest.mark.parametrize(
    ("now", "live"),
    [
        (datetime(2026, 1, 1, tzinfo=UTC), []),
        (datetime(2026, 2, 2, tzinfo=UTC), ["a"]),
        (datetime(2027, 1, 1, tzinfo=UTC), []),
    ],
)
def test_the_moment_decides(now: datetime, live: list[str], tmp_path: Path) -> None:
    corpus = read_articles(site(tmp_path, {"a.md": "date: 2026-02-01\nexpiryDate: 2026-12-01"}), now=now)
    assert [article.id for article in corpus if article.excluded is None] == live
    # The cache is of what the file holds; the moment is not.
    for _ in range(2):
        assert list(read_articles(tmp_path, now=now, cache=tmp_path / "cache")) == list(corpus)


def test_a_moment_without_a_zone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="now must have a time zone"):
        read_articles(tmp_path, now=datetime(2026, 1, 1))
