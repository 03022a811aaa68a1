"""Files that nobody wrote for us: one clear line each, never an exception."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from recommender import read_articles

CONFIGS = {
    "hugo": ("hugo.toml", "baseURL = 'https://coast.example/'\n", "content"),
    "jekyll": ("_config.yml", "url: https://coast.example\n", "."),
    "mkdocs": ("mkdocs.yml", "site_url: https://coast.example\n", "docs"),
    "eleventy": (".eleventy.js", "", "."),
    "folder": ("", "", "."),
}
BOMB = "a: &a [x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 8)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
GOOD = "---\ntitle: Good\n---\nText.\n"


@pytest.fixture(params=CONFIGS)
def content(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return the content folder of a site of each kind, with one good article in it."""
    name, config, folder = CONFIGS[request.param]
    content = tmp_path / "site" / folder
    content.mkdir(parents=True)
    if name:
        (tmp_path / "site" / name).write_text(config, encoding="utf-8")
    (content / "good.md").write_text(GOOD, encoding="utf-8")
    return content


@pytest.mark.parametrize(
    ("matter", "is_article"),
    [
        ("title: A\n" + BOMB, True),
        (BOMB + "title: *i\naliases: *i\ntags: *i\n", False),
        ("title: A\ncascade: {a: b}\nurl: [x]\nslug: {a: 1}\npermalink: [1]\naliases: 5\ndate: [1]\nlang: [x]", True),
        ('title: A\nurl: "http://["\npermalink: "http://["\nslug: "http://["\naliases: ["http://["]', True),
        ('title: A\nurl: "../../../../etc/passwd"\npermalink: /../../x', True),
        ('title: A\nslug: "\\ud83d"', False),
        ("- 1\n- 2", False),
        ("title: !!python/object/apply:os.system ['true']", False),
        ("? {a: b}\n: c", False),
    ],
)
def test_hostile_front_matter_is_at_most_one_line(matter: str, is_article: bool, content: Path) -> None:
    body = "[x](http://[) [y](//[) [z](http://a:99999999/) <a href='http://['>w</a>"
    (content / "bad.md").write_text(f"---\n{matter}\n---\n{body}\n", encoding="utf-8")
    corpus = read_articles(content)
    assert len(corpus.report.skipped) == (0 if is_article else 1)
    assert {article.title for article in corpus} >= {"Good"}
    assert corpus.report.read == 2 == len(corpus) + len(corpus.report.skipped)
    assert not any("\n" in line for line in (*corpus.report.skipped, *corpus.report.warnings))


def test_escaped_halves_of_characters_end_no_run(content: Path) -> None:
    values = json.dumps(
        {"title": "A \ud83d", "slug": "\udcff", "url": "/\udcff/", "permalink": "/\udcff/", "\udcff": 1}
    )
    (content / "bad.md").write_text(f"{values}\nText.\n", encoding="utf-8")
    corpus = read_articles(content, cache=content.parent / "cache")
    assert all((article.url or "").isascii() for article in corpus)


def test_binary_files_are_one_line_each(content: Path) -> None:
    for name, data in {"a": b"\xff\xfe\x00", "b": b"---\ntitle: A\x00\n---\n", "c": b"---\ntitle: \xc3\n---\n"}.items():
        (content / f"{name}.md").write_bytes(data)
    skipped = read_articles(content).report.skipped
    assert len(skipped) == 3
    assert all(line.startswith(str(content)) and "\n" not in line for line in skipped)


def test_what_leads_out_of_the_site_is_not_read(content: Path, tmp_path: Path) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "a.md").write_text(GOOD.replace("Good", "Secret"), encoding="utf-8")
    (content / "file.md").symlink_to(secrets / "a.md")
    (content / "folder").symlink_to(secrets, target_is_directory=True)
    corpus = read_articles(content)
    assert [article.title for article in corpus] == ["Good"]
    assert corpus.report.skipped == tuple(
        f"{content}/{name}: leads out of the site; it is not read" for name in ("file.md", "folder")
    )


def test_names_that_are_no_text_and_names_of_control_characters(content: Path) -> None:
    names = ["a\nb.md", "\x1b[31mred.md", "a" * 240 + ".md", "%2e%2e%2f.md", "a?b#c.md", "[x](y).md", "..a.md", " .md"]
    for name in names:
        (content / name).write_text(GOOD, encoding="utf-8")
    try:
        (content / os.fsdecode(b"odd\xff.md")).write_text(GOOD, encoding="utf-8")
    except OSError:
        pytest.skip("this file system has no such names")
    corpus = read_articles(content)
    assert corpus.report.read == 9  # a name that begins with a dot is hidden
    assert all((article.url or "").isprintable() for article in corpus)


@pytest.mark.parametrize("kind", ["hugo", "jekyll", "mkdocs", "eleventy"])
def test_a_huge_configuration_is_not_read(kind: str, tmp_path: Path) -> None:
    name, _, folder = CONFIGS[kind]
    (tmp_path / folder).mkdir(exist_ok=True)
    (tmp_path / folder / "good.md").write_text(GOOD, encoding="utf-8")
    (tmp_path / name).write_text("a: 1\n" * 400_000, encoding="utf-8")
    corpus = read_articles(tmp_path)
    assert len(corpus) == 1
    assert len(corpus.report.warnings) == (kind in {"hugo", "jekyll"})
