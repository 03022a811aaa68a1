"""Permalinks: Hugo's own judgement where it is installed, its documentation for what newer versions know."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.hugo_sites import BASE, NOW, differences, facts_of, needs_hugo, write_hugo_site

from recommender.sources.generators.hugo import HugoSite
from recommender.sources.generators.site_config import SiteConfig

TOKENS = {
    "a": "/p/:year/:month/:day/:title",
    "b": "/p/:monthname/:weekday/:weekdayname/:yearday/:slug",
    "c": "/p/:section/:sections/:filename/",
    "d": "/p/:sections[1:]/:sections[last]/:sections[0]/:slugorfilename",
    "e": "/e/:2006/:01-:Jan/:02_January/:06/:Mon/:1/:2/:slug",
    "f": "/p/:sections[0:1]/x/:sections[:last]/:title",
    "g": "/G Fixed/:day:month/:title.html",
}


@needs_hugo
def test_every_token_of_a_permalink_stands_for_what_hugo_puts_there(tmp_path: Path) -> None:
    titles = (
        "C++ & D/E it's 'x' 100% (a)",
        "Don\u2019t \u201cquote\u201d \u2014 ever",
        "",
        "Semi; colon: comma, @at #1 *star",
    )
    dates = ("2021-03-04T23:30:00-05:00", "2020-12-31", "'2021-03-04 00:30:00 +0900'", None)
    files = {f"content/{section}/x/y/_index.md": "title: Y" for section in "abcd"}
    for section in TOKENS:
        for number, (title, date) in enumerate(zip(titles, dates, strict=True)):
            matter = f'title: "{title}"' + (f"\ndate: {date}" if date else "")
            files[f"content/{section}/Up & Down {number}.md"] = matter
            files[f"content/{section}/x/y/z/deep{number}.md"] = matter + "\nslug: Own Slug's"
        files[f"content/{section}/x/My Bundle/index.md"] = "title: Bundle\ndate: 2022-02-02"
    permalinks = "\n".join(f'{section} = "{pattern}"' for section, pattern in TOKENS.items())
    site = write_hugo_site(tmp_path, files, f"{BASE}[permalinks]\n{permalinks}")
    assert differences(site) == []


@pytest.mark.parametrize(
    ("permalinks", "url"),
    [
        ({"page": {"posts": "/x/:slug/"}}, "/x/tall-ships/"),
        ({"page": {"posts": "/x/:contentbasename/"}}, "/x/ferry/"),
        ({"page": {"posts": "/x/:slugorcontentbasename/"}}, "/x/ferry/"),
        ({"page": {"other": "/x/"}, "section": {"posts": "/y/"}}, "/posts/2020/ferry/"),
        ({"page": {"posts": "/:sections[7]/:slug"}}, "/tall-ships/"),
        ({"page": {"posts": "/:sections[:7]/:slug"}}, "/posts/tall-ships/"),
        ({"page": {"posts": "/v\\:1/:slug"}}, "/v1/tall-ships/"),
        ({"posts": "/:nonsense/:slug"}, "/posts/2020/ferry/"),
        ([{"target": {"kind": "page", "path": "/posts/**"}, "pattern": "/z/:slug"}], "/z/tall-ships/"),
        ([{"target": {"kind": "term"}, "pattern": "/t"}, {"pattern": "/all/:slug"}], "/all/tall-ships/"),
    ],
)
def test_newer_forms_of_permalinks(permalinks: object, url: str) -> None:
    assert facts_of({"permalinks": permalinks}, "content/posts/2020/ferry.md", title="Tall Ships").url == url


def test_an_unknown_token_is_a_warning() -> None:
    site = HugoSite(SiteConfig({"permalinks": {"posts": "/:nonsense/:slug"}}))
    assert [warning for warning in site.warnings if ":nonsense" in warning]


def test_tokens_of_section_titles_and_slugs() -> None:
    site = HugoSite(
        SiteConfig({"permalinks": {"page": {"u": "/:sectionslug/:sectionslugs/:sectionslugs[last]/:slug"}}})
    )
    site.add_section("content/u/_index.md", {"title": "The U"})
    site.add_section("content/u/v/_index.md", {"title": "The V", "slug": "vee"})
    assert site.page("content/u/v/a.md", {"title": "A"}, NOW).url == "/the-u/the-u/vee/vee/a/"
