"""Sites made for the test, read as a whole: the addresses are those that Hugo and Jekyll themselves give."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.hugo_sites import BASE, LANGUAGES, listed, needs_hugo, write_hugo_site
from support.jekyll_sites import NOW, build, jekyll_is_installed, write_site

from recommender import Corpus, read_articles

DATED = "title: {}\ndate: 2026-01-09\n"


def urls_by_path(corpus: Corpus, root: Path) -> dict[str, str | None]:
    return {
        Path(file.path).relative_to(root).as_posix(): article.url
        for article, file in zip(corpus.originals, corpus.source_files, strict=True)
        if file is not None
    }


@needs_hugo
@pytest.mark.parametrize("in_path", ["", "defaultContentLanguageInSubdir = true"])
def test_a_hugo_site_in_three_languages_with_bundles(in_path: str, tmp_path: Path) -> None:
    files = {
        f"content/{path}": DATED.format(path.replace("/", " "))
        for path in (
            *("posts/ferry.md", "posts/ferry.en.md", "posts/ferry.zh-cn.md", "dated/Wind Farm.md", "dated/wind.en.md"),
            *("posts/bundle/index.md", "posts/bundle/index.en.md", "posts/bundle/part.md", "deep/er/a.b.md"),
        )
    }
    files["content/posts/_index.md"] = "title: Posts"
    files["content/slug.md"] = "title: Slug\nslug: Some Slug\naliases: [/old/, older]"
    files["content/moved.en.md"] = "title: Url\nurl: /else/where.html"
    config = BASE + LANGUAGES.format(top=in_path, de="", en="", zh="weight = 3", fr="")
    root = write_hugo_site(tmp_path, files, config)
    theirs = {path: row["permalink"] for path, row in listed(root).items()}
    corpus = read_articles(root, now=NOW)
    assert urls_by_path(corpus, root) == theirs
    assert len(theirs) == 10
    assert {article.language for article in corpus} == {"de", "en", "zh-cn"}
    translations = {article.translation_key for article in corpus if article.id.startswith("posts/ferry")}
    assert len(translations) == 1
    assert corpus.report.left_out == {"section page": 1}


@pytest.mark.skipif(not jekyll_is_installed(), reason="Jekyll is not installed")
@pytest.mark.parametrize("style", ["date", "pretty", "/:year/:title/", "/:categories/:slug:output_ext"])
def test_a_jekyll_site_with_collections_and_redirects(style: str, tmp_path: Path) -> None:
    files = {
        "_config.yml": f"url: https://coast.example\nbaseurl: /news\npermalink: {style}\n"
        "collections: {guides: {output: true, permalink: /g/:path/}, hidden: {}}\n",
        "_posts/2026-01-09-ferry.md": "title: Ferry\ncategories: [sea, strike]",
        "_posts/2026-01-10-Wind Farm.md": "title: Wind\nslug: turbines",
        "sea/_posts/2026-01-11-tide.md": "title: Tide",
        "_guides/sub/how.md": "title: How",
        "about.md": "title: About\npermalink: /who/",
        "contact.html": "title: Contact",
        "en/about.md": "title: About\nlang: en",
    }
    root = write_site(tmp_path, files)
    theirs = {path: page.absolute for path, page in build(root).pages.items()}
    ours = {path: url for path, url in urls_by_path(read_articles(root, now=NOW), root).items() if url is not None}
    assert ours == theirs
    assert len(ours) == 7
