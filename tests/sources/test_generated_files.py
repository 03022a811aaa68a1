"""Files of generated sites that say little: without front matter or title, MDX, HTML."""

from __future__ import annotations

from pathlib import Path

import pytest

from recommender import Article, read_articles

MODULES = "import Chart from './chart'\nexport const year = 2026\n"
MDX = f"{MODULES}\n# Ferry *strike*\n\n<Chart year={{2026}} />\n\nNo boat sails.\n"


def read(folder: Path, name: str, text: str, config: str = "mkdocs.yml", content: str = "docs") -> Article:
    (folder / content).mkdir(parents=True, exist_ok=True)
    (folder / config).write_text("", encoding="utf-8")
    (folder / content / name).write_text(text, encoding="utf-8")
    [article] = read_articles(folder)
    return article


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# Ferry *strike* &amp; more #\n\nText.\n", "Ferry strike & more"),
        ("Ferry strike\n============\n\nText.\n", "Ferry strike"),
        ("\n\n# Ferry\n", "Ferry"),
        ("Text.\n\n# Ferry\n", "Night boats"),
        ("---\ntags: [a]\n---\n\n# Ferry\n", "Ferry"),
        ("Text.\n", "Night boats"),
        ("", "Night boats"),
        ("---\ntitle: Named\n---\n# Ferry\n", "Named"),
        ("---\ntitle: ''\n---\n# Ferry\n", "Ferry"),
        ("---\ndate: 2026-01-09\n---\nText.\n", "Night boats"),
    ],
)
def test_a_title_is_named_or_the_heading_or_of_the_name(text: str, title: str, tmp_path: Path) -> None:
    assert read(tmp_path, "night-boats.md", text).title == title


def test_a_plain_folder_needs_front_matter(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("---\ntitle: A\n---\n", encoding="utf-8")
    (tmp_path / "b.md").write_text("# B\n", encoding="utf-8")
    assert read_articles(tmp_path).report.skipped == (
        f"{tmp_path}/b.md: has no front matter; an article begins with a line ---",
    )


def test_mdx_is_read_without_its_modules(tmp_path: Path) -> None:
    article = read(tmp_path, "ferry.mdx", MDX, "docusaurus.config.js")
    assert article.title == "Ferry strike"
    assert "import" not in article.body
    assert "export" not in article.body
    assert "No boat sails." in article.body


def test_html_pages_are_read_as_html(tmp_path: Path) -> None:
    html = "<p>No <b>boat</b> sails &mdash; <i>today</i>.</p>\n\n    <p>*Not* code.</p>\n<script>x()</script>\n"
    article = read(tmp_path, "ferry.html", f"---\ntitle: Ferry\n---\n{html}", "_config.yml", ".")
    assert article.body == "No boat sails — today.\n*Not* code."


def test_a_date_in_a_name_is_the_date_of_a_post(tmp_path: Path) -> None:
    article = read(tmp_path, "2026-01-09-ferry.md", "---\ntitle: Ferry\n---\n", "_config.yml", "_posts")
    assert article.published_at is not None
    assert article.published_at.date().isoformat() == "2026-01-09"
