"""Jekyll sites: what we make of their files is what Jekyll builds of them."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from urllib.parse import quote

import pytest
from support.jekyll_sites import BuiltSite, build, jekyll_is_installed, our_pages, write_site

from recommender.sources.generators.page_facts import PageFacts

needs_jekyll = pytest.mark.skipif(not jekyll_is_installed(), reason="Jekyll is not on this machine")

_UNBUILT = re.compile(r"not published|published only|draft$|no front matter|its collection")
_TOKENS = (
    "year", "short_year", "month", "i_month", "short_month", "long_month", "day", "i_day", "y_day", "w_year", "week",
    "w_day", "short_day", "long_day", "hour", "minute", "second", "title", "slug", "categories",
    "slugified_categories", "name", "path", "collection", "output_ext",
)  # fmt: skip

_CONFIG = """
url: https://coast.example
baseurl: /blog
timezone: {timezone}
permalink: {permalink}
plugins: [jekyll-redirect-from]
collections:
  topics: {{output: true, permalink: "/:collection/:path/:name:output_ext"}}
  Recipes: {{output: true}}
  "odd.label-x": {{output: "yes", permalink: /o/:year/:i_month/:title/}}
  notes: {{output: false}}
  bare:
exclude: [secret, "*.bak.md", vendor/, /deep/out, "drafted-[ab]*"]
include: [_pages, .well-known, _single/in.md]
defaults:
- scope: {{path: ""}}
  values: {{layout: none, lang: en, category: general}}
- scope: {{path: "", type: posts}}
  values: {{category: null, categories: all posts}}
- scope: {{path: _posts/fr}}
  values: {{lang: fr, permalink: "/fr/:year/:slug/"}}
- scope: {{path: _posts/fr, type: posts}}
  values: {{permalink: "/:slugified_categories/fr/:short_year-:month-:day_:title"}}
- scope: {{path: "_posts/f", type: posts}}
  values: {{permalink: /never/}}
- scope: {{path: "guide/*/special*.md"}}
  values: {{permalink: "/special/:basename/"}}
- scope: {{path: "guide/**/deep"}}
  values: {{permalink: "/deepest/:basename:output_ext"}}
- scope: {{path: guide/typed, type: pages}}
  values: {{permalink: "/typed/"}}
- scope: {{path: guide/typed}}
  values: {{permalink: "/untyped/"}}
- scope: {{path: "guide", type: pages}}
  values: {{permalink: "/guides/:path/:basename/"}}
- scope: {{path: "_Recipes/soups", type: Recipes}}
  values: {{permalink: "/soup/:title", slug: default slug}}
- scope: {{path: "", type: notes}}
  values: {{permalink: /never/}}
- scope: {{path: "", type: topics}}
  values: {{date: 2019-02-03 04:05:06}}
"""

_POSTS = {
    "_posts/2020-01-02-plain.md": "title: Plain",
    "_posts/2020-1-2-short-date.markdown": "",
    "_posts/20-01-02-two-digits.mkd": "",
    "_posts/2020-01-03-Upper-CASE.Title.v2.md": "",
    "_posts/2020-01-03-with spaces  and -- hyphens-.md": "",
    "_posts/2020-01-03-it's & (that), ~a=b; c!.md": "",
    "_posts/2020-01-03-under_score__.md": "",
    "_posts/2020-01-03-ünïcode-Ärger-ΣΑΣ.md": "",
    "_posts/2020-01-03-" + unicodedata.normalize("NFD", "décomposé") + ".md": "",
    "_posts/2020-01-03-数据库-データ-डेटा-١٢.md": "",
    "_posts/2020-01-03-emoji-🚢-ferry.md": "",
    "_posts/2020-01-03-100%-sure#1?.md": "",
    "_posts/2020-01-03-dots...md": "",
    "_posts/2020-01-03-trailing..md": "",
    "_posts/2020-01-03-İstanbul-Straße.md": "",
    "_posts/2020-01-03-colon: here [x].md": "",
    "_posts/2020-01-03-html.html": "title: HTML",
    "_posts/2020-01-03-htm.htm": "",
    "_posts/2020-01-03-bare.md": "RAW text without front matter",
    "_posts/2020-01-03-own-slug.md": "slug: My Own_Slug.Ü & Co",
    "_posts/2020-01-03-number-slug.md": "slug: '2020'",
    "_posts/2020-01-03-null-slug.md": "slug:",
    "_posts/2020-01-03-date.md": "date: 2021-05-06 23:30:00 -0500",
    "_posts/2020-01-03-date-utc.md": "date: 2021-05-06 23:30:00",
    "_posts/2020-01-03-date-colon.md": "date: 2021-05-06T23:30:00+05:30",
    "_posts/2020-01-03-date-text.md": "date: '2021-05-06 23:30'",
    "_posts/2020-01-03-date-day.md": "date: 2021-05-06",
    "_posts/2020-01-03-date-words.md": "date: 6 May 2021 10:11:12 GMT",
    "_posts/2020-01-03-date-z.md": "date: 2021-05-06T23:30:07Z",
    "_posts/2020-01-03-day-first.md": "date: 06/05/2021",
    "_posts/2020-01-03-summer.md": "date: '2021-07-06 23:30:59'",
    "_posts/2021-01-03-week-year.md": "",
    "_posts/2024-12-30-week-year.md": "",
    "_posts/2020-01-03-categories.md": "categories: Ferry Strike  Ferry",
    "_posts/2020-01-03-list.md": "categories: [Big Ferry, 'a/b', 2020, Ünicode]",
    "_posts/2020-01-03-category.md": "category: One Of Them",
    "_posts/2020-01-03-both.md": "{category: x y, categories: [b, X Y]}",
    "_posts/2020-01-03-null.md": "categories:",
    "_posts/2020-01-03-permalink.md": "permalink: /own/:title/:categories/",
    "_posts/2020-01-03-no-slash.md": "permalink: own/path",
    "_posts/2020-01-03-extension.md": "permalink: /own/page.html",
    "_posts/2020-01-03-other-extension.md": "permalink: /own/:title.htm",
    "_posts/2020-01-03-raw-unicode.md": "permalink: /größe/ü x/",
    "_posts/2020-01-03-up.md": "permalink: /a/../b/./c//d",
    "_posts/2020-01-03-style.md": "permalink: pretty",
    "_posts/2020-01-03-null-permalink.md": "permalink:",
    "_posts/2020-01-03-underscores.md": "permalink: /:year_:month_:day_/:i_day-x/",
    "_posts/sub/deep/2020-01-04-below.md": "",
    "_posts/sub/_hidden/2020-01-04-inside.md": "",
    "_posts/_hidden/2020-01-04-never.md": "",
    "_posts/.dot/2020-01-04-never.md": "",
    "_posts/sub/.dot/2020-01-04-never.md": "",
    "_posts/undated.md": "",
    "_posts/2020-01-04-data.xml": "",
    "_posts/2020-01-04-saved.md~": "",
    "_posts/2020-01-04-x.bak.md": "",
    "_posts/fr/2020-01-04-plage.md": "categories: [Été]",
    "_posts/fr/news/2020-01-04-mer.md": "lang: fr",
    "_posts/de/2020-01-04-meer.md": "",
    "News/Big Ferry/_posts/2020-01-05-above.md": "categories: more",
    "my_posts/_posts/2020-01-05-first.md": "",
    "secret/_posts/2020-01-05-never.md": "",
    "_posts/2020-01-06-unpublished.md": "published: false",
    "_posts/2020-01-06-null-published.md": "published:",
    "_posts/2020-01-06-text-published.md": "published: 'false'",
    "_posts/2026-11-26-before.md": "date: 2026-11-26 11:59:59",
    "_posts/2026-11-26-after.md": "date: 2026-11-26 12:00:01",
    "_posts/2030-01-01-future.md": "",
    "_posts/2020-01-06-redirected.md": "redirect_from: [/old/ferry, old/, /ö/x.html]",
    "_posts/2020-01-06-moved.md": "redirect_to: https://elsewhere.example/",
    "_drafts/idea.md": "",
    "_drafts/2020-01-01-dated.md": "",
}

_PAGES = {
    "index.md": "",
    "about.md": "title: About",
    "About Us.html": "",
    "contact/index.html": "redirect_from: /kontakt",
    "guide/index.md": "",
    "guide/a/special-case.md": "",
    "guide/a/other.md": "",
    "guide/deep/x.md": "",
    "guide/b/c/deep/y.html": "",
    "guide/own.md": "permalink: /my/guide",
    "guide/null.md": "permalink:",
    "guide/typed.md": "",
    "ünï/größe & co.md": "",
    "数据/库.md": "",
    "UPPER/Case.MD": "",
    "dots/v1.2.3.md": "",
    "dots/end..md": "",
    "odd/wh?at#:b 100%.md": "",
    "odd/a: b.md": "",
    "odd/it's [x].html": "",
    "old.htm": "",
    "UPPER/Old.HTM": "",
    "UPPER/index.HTML": "",
    "data.xml": "",
    "static.html": "RAW <p>no front matter</p>",
    "static.md": "RAW no front matter",
    "2020-01-01-dated.md": "",
    "topics/list.md": "",
    "permalink.md": "permalink: /a/:basename/:title",
    "extension.md": "permalink: /a/b.html",
    "slash.md": "permalink: /a/c/",
    "dotted.md": "permalink: /v1.2/x",
    "unpublished.md": "published: false",
    "null-published.md": "published:",
    "future.md": "date: 2030-01-01",
    "404.html": "permalink: /404.html",
    "moved.md": "redirect_to: [/about]",
    "_hidden.md": "",
    "#backup.md": "",
    "~tilde.md": "",
    "_other/page.md": "",
    "_pages/in.md": "",
    "_pages/sub/in.md": "",
    "_pages/_sub/never.md": "",
    "_single/in.md": "",
    "_single/out.md": "",
    ".well-known/x.md": "",
    ".hidden/x.md": "",
    "secret/x.md": "",
    "secrets.md": "",
    "sub/secret/x.md": "",
    "x.bak.md": "",
    "sub/y.bak.md": "",
    "vendor/x.md": "",
    "vendored.md": "",
    "deep/outside/x.md": "",
    "deep/in.md": "",
    "drafted-a.md": "",
    "drafted-c.md": "",
    "node_modules/x.md": "",
    "_layouts/none.html": "",
}

_DOCUMENTS = {
    "_topics/en/taproot.md": "title: Taproot",
    "_topics/en/Tap Root's.md": "",
    "_topics/2018-03-04-dated.md": "",
    "_topics/2018-03-05-date.md": "date: 2022-01-01 10:00:00",
    "_topics/.hidden.md": "",
    "_topics/en/.hid/x.md": "",
    "_topics/_sub/x.md": "",
    "_topics/en/_sub/x.md": "",
    "_topics/static.md": "RAW",
    "_topics/index.md": "",
    "_topics/unpublished.md": "published: false",
    "_topics/future.md": "date: 2031-01-01",
    "_Recipes/plain soup.md": "",
    "_Recipes/soups/Leek.md": "",
    "_Recipes/soups/own.html": "permalink: /own-soup.html",
    "_Recipes/ends..md": "",
    "_odd.label-x/ünï.md": "date: 2020-02-03",
    "_notes/never.md": "",
    "_bare/never.md": "",
    "_unknown/never.md": "",
}

_EVERY_TOKEN = {
    f"_posts/tokens/2020-{number % 12 + 1:02}-0{number % 9 + 1}-Tök_en {token}.md": f"""
permalink: /t/{token}/:{token}/x
categories: [Ä b, c]
date: 2020-{number % 12 + 1:02}-07 03:0{number % 9}:05
"""
    for number, token in enumerate(_TOKENS)
}


def _site(folder: Path, permalink: str, timezone: str = "UTC") -> Path:
    files = {**_POSTS, **_PAGES, **_DOCUMENTS, **_EVERY_TOKEN}
    config = _CONFIG.format(permalink=permalink, timezone=timezone)
    return write_site(folder, {**files, "_config.yml": config})


def _differences(ours: dict[str, PageFacts], built: BuiltSite, base: str) -> dict[str, object]:
    """Return every file that we see otherwise than Jekyll: whether it is built, its address, date and title."""
    articles = built.pages.keys() - {path for path in built.pages if path.endswith((".xml", ".json"))}
    built_by_us = {path for path, facts in ours.items() if not _UNBUILT.match(facts.excluded or "")}
    differences: dict[str, object] = dict.fromkeys(built_by_us ^ articles, "only one of us builds it")
    for path in built_by_us & articles:
        facts, page = ours[path], built.pages[path]
        address = base + quote(page.url, safe="/:@!$&'()*+,;=?%#~")
        if facts.url != address:
            differences[path] = (facts.url, page.url)
        # What templates print is normalized, which breaks addresses of files whose names are decomposed.
        elif unicodedata.is_normalized("NFC", path) and facts.url != page.absolute:
            differences[path] = (facts.url, page.absolute)
        elif page.title and facts.title != page.title:
            differences[path] = (facts.title, page.title)
        elif page.date and facts.published_at not in {None, page.date}:
            differences[path] = (facts.published_at, page.date)
    return differences


@needs_jekyll
@pytest.mark.parametrize(
    ("permalink", "timezone"),
    [
        ("date", "Asia/Tokyo"),
        ("pretty", "America/New_York"),
        ("ordinal", "UTC"),
        ("weekdate", "Europe/Berlin"),
        ("none", "UTC"),
        ("/:slugified_categories/:short_year/:i_day/:long_day-:name/", "Pacific/Auckland"),
        ("/:year/:title.html", "UTC"),
    ],
)
def test_every_address_is_the_one_that_jekyll_makes(tmp_path: Path, permalink: str, timezone: str) -> None:
    folder = _site(tmp_path, permalink, timezone)
    built = build(folder)
    assert len(built.pages) > 120
    ours = our_pages(folder)
    assert _differences(ours, built, "https://coast.example/blog") == {}
    aliases = {alias for facts in ours.values() for alias in facts.aliases}
    assert aliases == {address for address in built.redirects if "moved" not in address}


_OTHER_CONFIG = """
baseurl: /notes/
source: src
timezone: America/Sao_Paulo
collections_dir: my
collections: {places: {output: true}, "2020": {output: true}}
markdown_ext: md,txt
permalink: /:categories/:path/:title/
future: true
unpublished: true
include: []
exclude: [my/_places/never.md, _places/excluded.md]
defaults:
- values: {layout: null}
- scope: {path: my/_places}
  values: {permalink: "/p/:title/"}
- scope: {path: "my/_places/*/globbed*"}
  values: {permalink: "/globbed/:title/"}
- scope: {path: "m*", type: places}
  values: {slug: wrong}
- scope: {path: "my/*/_posts"}
  values: {permalink: "/posted/:title/"}
- scope: {path: "/about"}
  values: {permalink: "/not-this/"}
- scope: {path: "/*.md"}
  values: {permalink: "/nor-this/"}
- scope: {}
  values: {published: false, slug: nothing}
- scope: {path: no values}
"""

_OTHER_FILES = {
    "src/index.html": "",
    "src/about.md": "",
    "src/note.txt": "",
    "src/page.markdown": "",
    "src/my/page.md": "",
    "src/my/_posts/2020-01-01-x.md": "",
    "src/my/blog/_posts/deep/2020-01-01-Über uns.md": "",
    "src/my/blog/_posts/2020-01-02-y.txt": "slug: why",
    "src/_posts/2020-01-01-outside.md": "",
    "src/my/_posts/2099-01-01-future.md": "",
    "src/my/_posts/2020-01-01-hidden.md": "published: false",
    "src/my/_places/oslo.md": "",
    "src/my/_places/north/globbed.md": "",
    "src/my/_places/excluded.md": "",
    "src/my/_places/never.md": "",
    "src/my/_2020/x.md": "",
    "outside.md": "",
}


@needs_jekyll
def test_a_site_with_folders_of_its_own_is_read_as_jekyll_reads_it(tmp_path: Path) -> None:
    folder = write_site(tmp_path, {**_OTHER_FILES, "_config.yml": _OTHER_CONFIG})
    built = build(folder, source="src")
    ours = our_pages(folder)
    built.pages.pop("src/page.markdown")  # no Markdown here: its text is copied as it is
    assert _differences(ours, built, "/notes") == {}
    assert {"src/note.txt", "src/my/_posts/2099-01-01-future.md"} <= ours.keys()
