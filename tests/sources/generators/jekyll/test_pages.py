"""What a Jekyll page is besides its address: its id, its language, its kind, and why it is never a target."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from support.jekyll_sites import NOW, build, jekyll_is_installed, our_pages, write_site

from recommender.sources.generators.jekyll import JekyllSite, has_front_matter
from recommender.sources.generators.jekyll.settings import JekyllSettings
from recommender.sources.generators.page_facts import PageFacts

_COLLECTIONS = {"collections": {"topics": {"output": True}, "notes": {}}}


def _facts(
    path: str, front_matter: Mapping[str, Any] | None = None, config: Mapping[str, Any] | None = None, *others: str
) -> PageFacts:
    site = JekyllSite(JekyllSettings.from_values({**_COLLECTIONS, **(config or {})}), [path, *others])
    return site.page(path, front_matter or {}, NOW)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("_posts/en/newsletters/2020-01-01-x.md", "en/newsletters/2020-01-01-x"),
        ("blog/_posts/2020-01-01-x.md", "blog/_posts/2020-01-01-x"),
        ("_posts/topics/2020-01-01-x.md", "_posts/topics/2020-01-01-x"),
        ("_topics/en/taproot.md", "topics/en/taproot"),
        ("_topics/2020-01-01-x.md", "topics/2020-01-01-x"),
        ("en/about.md", "en/about"),
        ("topics/en/taproot.md", "topics/en/taproot.md"),
        ("en/newsletters/2020-01-01-x.md", "en/newsletters/2020-01-01-x.md"),
        ("topics.md", "topics.md"),
        ("_drafts/idea.md", "_drafts/idea"),
        ("v1.2/notes.v3.html", "v1.2/notes.v3"),
    ],
)
def test_ids_are_paths(path: str, expected: str) -> None:
    assert _facts(path).id == expected


def test_files_of_all_kinds_keep_ids_apart() -> None:
    names = ["2020-01-01-x.md", "topics/2020-01-01-x.md", "en/2020-01-01-x.md"]
    folders = [
        "",
        "_posts/",
        "_topics/",
        "_notes/",
        "_drafts/",
        "topics/",
        "topics/_posts/",
        "en/_posts/",
        "en/",
        "_posts/en/",
    ]
    paths = {folder + name for folder in folders for name in names}
    site = JekyllSite(JekyllSettings.from_values(_COLLECTIONS), paths)
    ids = Counter(site.page(path, {}, NOW).id for path in site.page_files(sorted(paths)))
    assert len(ids) == len(paths)
    assert max(ids.values()) == 1


@pytest.mark.parametrize(
    ("path", "front_matter", "config", "reason"),
    [
        ("_posts/2020-01-01-x.md", {"published": False}, {}, "not published (published: false)"),
        ("_posts/2020-01-01-x.md", {"published": False}, {"unpublished": True}, None),
        ("_posts/2020-01-01-x.md", {"published": "false"}, {}, None),
        ("_posts/2030-01-01-x.md", {}, {}, "published only on 2030-01-01"),
        ("_posts/2030-01-01-x.md", {}, {"future": True}, None),
        ("_topics/x.md", {"date": "2030-01-01"}, {}, "published only on 2030-01-01"),
        ("about.md", {"date": "2030-01-01"}, {}, None),
        ("about.md", {}, {"defaults": [{"values": {"published": False}}]}, None),
        ("_topics/x.md", {}, {"defaults": [{"values": {"published": False}}]}, "not published (published: false)"),
        ("_drafts/x.md", {}, {}, "draft"),
        ("_drafts/x.md", {}, {"show_drafts": True}, "draft"),
        ("_posts/2020-01-01-x.md", {"draft": True}, {}, "draft"),
        ("_notes/x.md", {}, {}, "its collection is not written"),
        ("_posts/2020-01-01-x.md", {"redirect_to": "/y"}, {}, "redirect to /y"),
        ("about.md", {"redirect_to": [None, "https://x.example"]}, {}, "redirect to https://x.example"),
        ("about.md", {"layout": "redirect"}, {}, "redirect page"),
        ("404.md", {}, {}, "error page"),
        ("feed.html", {}, {}, "feed"),
        ("search/index.html", {}, {}, "search page"),
        ("sitemap.md", {}, {}, "sitemap"),
        ("about.md", {"sitemap": False}, {}, "not listed (sitemap: false)"),
        ("_posts/2020-01-01-x.md", {"hidden": True}, {}, "not listed (hidden: true)"),
        ("about.md", {"robots": "noindex, nofollow"}, {}, "not listed (robots: noindex, nofollow)"),
        ("_posts/2020-01-01-404.md", {}, {}, None),
        ("about.md", {}, {}, None),
    ],
)
def test_what_is_never_a_target_says_why(
    path: str, front_matter: dict[str, Any], config: dict[str, Any], reason: str | None
) -> None:
    assert _facts(path, front_matter, config).excluded == reason


def test_drafts_and_collections_that_are_not_written_have_no_address() -> None:
    assert _facts("_drafts/x.md").url is None
    assert _facts("_notes/x.md", {"redirect_from": "/y"}).url is None
    assert _facts("_notes/x.md", {"redirect_from": "/y"}).aliases == ()
    assert _facts("_drafts/x.md", {"date": "2020-01-02"}, {"show_drafts": True}).url == "/2020/01/02/x.html"


def test_a_file_without_front_matter_is_no_page_except_a_post() -> None:
    site = JekyllSite(JekyllSettings.from_values(_COLLECTIONS))
    page, document, post = (
        site.page(path, None, NOW) for path in ("a b.html", "_topics/x.md", "_posts/2020-01-01-x.md")
    )
    assert (page.url, page.excluded) == ("/a%20b.html", "no front matter")
    assert (document.url, document.excluded) == (None, "no front matter")
    assert (post.url, post.excluded) == ("/2020/01/01/x.html", None)
    assert not has_front_matter("\ufeff---\n---\n")
    assert not has_front_matter("+++\n+++\n")
    assert has_front_matter("--- \r\n---\r\n")


def test_a_file_that_is_no_page_is_refused() -> None:
    with pytest.raises(ValueError, match=r"_includes/x.md is no page of this Jekyll site; ask page_files which are"):
        _facts("_includes/x.md")
    assert JekyllSite(JekyllSettings.from_values({})).page_files(["../x.md", "/x.md", "a//x.md", "", "x", ".md"]) == []


def test_what_was_built_is_no_source() -> None:
    site = JekyllSite(JekyllSettings.from_values({"destination": "./public", "markdown_ext": "text"}))
    assert site.page_files(["public/x.html", "public2/x.html", "x.text", "x.md"]) == ["public2/x.html", "x.text"]
    inside = JekyllSite(JekyllSettings.from_values({"destination": "src/public", "source": "src"}))
    assert inside.page_files(["src/public/x.md", "src/x.md", "public/x.md"]) == ["src/x.md"]


def test_an_empty_permalink_is_none() -> None:
    assert _facts("about.md", {"permalink": ""}).url == "/about.html"


@pytest.mark.parametrize(
    ("path", "front_matter", "others", "kind"),
    [
        ("index.html", {}, (), "home"),
        ("index.fr.md", {}, (), "home"),
        ("start.md", {"permalink": "/"}, (), "home"),
        ("about/index.md", {}, (), "page"),
        ("guide/index.md", {}, ("guide/install.md",), "section"),
        ("guide/index.md", {}, ("guide/linux/index.md",), "section"),
        ("guide/index.md", {}, ("guide/index.fr.md",), "page"),
        ("en/topics.md", {}, (), "section"),
        ("en/newsletters.md", {}, ("_posts/en/newsletters/2020-01-01-x.md", "_posts/de/2020-01-01-x.md"), "section"),
        ("en/newsletters.md", {}, (), "page"),
        ("archive.html", {}, (), "section"),
        ("tags/index.html", {}, (), "section"),
        ("page2/index.html", {}, (), "section"),
        ("notes-on-tags.md", {}, (), "page"),
        ("all-ferries.md", {"layout": "archive"}, (), "section"),
        ("ferries.md", {"pagination": {"enabled": True}}, (), "section"),
        ("_posts/2020-01-01-archive.md", {"layout": "archive"}, (), "page"),
        ("_topics/index.md", {}, ("_topics/x.md",), "page"),
        ("moved.md", {"redirect_to": "/x"}, (), "redirect"),
    ],
)
def test_lists_are_no_pages(path: str, front_matter: dict[str, Any], others: tuple[str, ...], kind: str) -> None:
    facts = _facts(path, front_matter, {}, *others)
    assert facts.kind == kind
    assert (facts.excluded is None) == (kind == "page")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("{% for post in site.posts %}", "section"),
        ("{%- assign years = site.posts | group_by_exp: 'p', 'x' -%}", "section"),
        ("{% for post in paginator.posts %}", "section"),
        ("{%- for topic in site.topics -%}", "section"),
        ("Our site.posts are many. {% if site.posts %}", "page"),
        ("{% for x in page.list %}", "page"),
        ("{%" + " " * 100_000 + "{% for", "page"),
    ],
)
def test_a_page_that_goes_over_all_pages_is_a_list(body: str, kind: str) -> None:
    site = JekyllSite(JekyllSettings.from_values(_COLLECTIONS))
    assert site.page("ferries.md", {}, NOW, body).kind == kind


_BESIDE = (
    "_posts/en/2020-01-01-x.md",
    "_posts/de/2020-01-01-x.md",
    "_posts/zh-Hans/2020-01-01-x.md",
    "_posts/news/2020-01-01-y.md",
)


@pytest.mark.parametrize(
    ("path", "front_matter", "config", "language"),
    [
        ("_posts/de/2020-01-01-x.md", {}, {}, "de"),
        ("_posts/zh-Hans/2020-01-01-x.md", {}, {}, "zh-Hans"),
        ("_posts/news/2020-01-01-y.md", {}, {}, None),
        ("en/about.md", {}, {}, "en"),
        ("it/about.md", {}, {}, None),
        ("it/about.md", {}, {"languages": ["en", "it"]}, "it"),
        ("it/about.md", {}, {"languages": [{"code": "it", "name": "Italian"}]}, "it"),
        ("pt-br/about.md", {}, {"languages": {"pt-BR": {"title": "x"}}}, "pt-BR"),
        ("blog/_posts/de/2020-01-01-x.md", {}, {}, "de"),
        ("de/_posts/2020-01-01-x.md", {}, {}, "de"),
        ("_topics/en/x.md", {}, {}, "en"),
        ("about.md", {}, {"lang": "sv-SE"}, "sv-SE"),
        ("about.de.md", {}, {}, "de"),
        ("about-de.md", {}, {}, None),
        ("de/about.md", {"lang": "fr"}, {}, "fr"),
        ("about.md", {"lang": False}, {}, "no"),
        ("about.md", {"language": "es"}, {}, "es"),
        ("about.md", {"language": "rust"}, {}, None),
        ("about.md", {"language": "css"}, {}, None),
        ("about.md", {"lang": "English"}, {}, None),
    ],
)
def test_the_language_is_of_the_page_else_of_its_path(
    path: str, front_matter: dict[str, Any], config: dict[str, Any], language: str | None
) -> None:
    assert _facts(path, front_matter, config, *_BESIDE).language == language


def test_folders_are_languages_where_english_or_that_of_the_site_is_beside_them() -> None:
    assert _facts("it/x.md", {}, {}, "ml/x.md").language is None  # subjects: information technology, machine learning
    assert _facts("it/x.md", {}, {}, "en/x.md").language == "it"
    assert _facts("fr/x.md", {}, {"lang": "de-CH"}, "de/x.md").language == "fr"


def test_a_folder_of_translations_beside_their_originals_is_a_language() -> None:
    pages = ("it/about.md", "about.md", "it/team.md", "team.md", "it/new.md", "index.md", "it/index.md")
    assert _facts("it/new.md", {}, {}, *pages).language == "it"
    assert _facts("about.md", {}, {"lang": "en-US"}, *pages).language == "en-US"
    assert _facts("about.md", {}, {}, *pages).translation_key == _facts("it/about.md", {}, {}, *pages).translation_key
    subject = ("it/linux.md", "it/unix.md", "it/about.md", "about.md", "index.md", "it/index.md")
    assert _facts("it/linux.md", {}, {}, *subject).language is None
    posts = ("_posts/2020-01-01-x.md", "_posts/fr/2020-01-01-x.md")
    assert _facts(posts[1], {}, {}, *posts).language == "fr"


def test_the_language_of_the_site_is_written_as_its_folder() -> None:
    assert _facts("about.md", {}, {"lang": "en-US"}, *_BESIDE).language == "en"
    assert _facts("about.md", {}, {"lang": "en_GB", "languages": ["en-GB", "de"]}).language == "en_GB"
    assert _facts("about.md", {}, {"lang": "sv-SE"}, *_BESIDE).language == "sv-SE"


@pytest.mark.parametrize(
    ("path", "front_matter", "same"),
    [
        ("_posts/de/2020-01-01-x.md", {}, True),
        ("_posts/2020-01-01-x.md", {}, True),
        ("_posts/de/2020-01-01-x-de.md", {"lang": "de"}, True),
        ("_posts/de/2020-01-01-x-de.md", {}, True),
        ("_posts/2020-01-01-x.de.md", {}, True),
        ("_posts/de/2020-01-01-y.md", {}, False),
        ("_posts/news/2020-01-01-x.md", {}, False),
        ("_topics/de/2020-01-01-x.md", {}, False),
        ("de/2020-01-01-x.md", {}, False),
    ],
)
def test_translations_share_a_key(path: str, front_matter: dict[str, Any], same: bool) -> None:
    ours = _facts("_posts/en/2020-01-01-x.md", {}, {}, *_BESIDE).translation_key
    assert (_facts(path, front_matter, {}, *_BESIDE).translation_key == ours) == same


@pytest.mark.parametrize("name", ["ref", "translation_id", "page_id", "lang-ref"])
def test_a_field_says_which_pages_are_translations(name: str) -> None:
    keys = [_facts(path, {name: "ferry"}).translation_key for path in ("a.md", "_posts/2020-01-01-b.md")]
    assert keys[0] == keys[1] != _facts("a.md", {}).translation_key


def test_polyglot_builds_each_language_into_a_folder_of_its_own() -> None:
    config = {
        "plugins": ["jekyll-polyglot"],
        "languages": ["en", "de"],
        "default_lang": "en",
        "url": "https://c.example",
    }
    german = _facts("about.de.md", {"lang": "de", "permalink": "/about/", "redirect_from": "/old"}, config)
    english = _facts("about.md", {"permalink": "/about/"}, config)
    assert (german.url, english.url) == ("https://c.example/de/about/", "https://c.example/about/")
    assert german.aliases == ("https://c.example/de/old",)
    assert german.translation_key == english.translation_key


def test_titles_and_dates_are_of_the_front_matter_else_of_the_name() -> None:
    post = _facts("_posts/2020-1-2-ferry-STRIKE.md", {}, {"timezone": "Europe/Berlin"})
    assert post.title == "Ferry Strike"
    assert post.published_at == datetime(2020, 1, 1, 23, tzinfo=UTC)
    assert _facts("_posts/2020-01-02-x.md", {"title": 2020, "date": "nonsense"}).title == "2020"
    assert _facts("_posts/2020-01-02-x.md", {"date": "nonsense"}).published_at == datetime(2020, 1, 2, tzinfo=UTC)
    assert _facts("about.md").title is None
    assert _facts("_topics/x.md").published_at is None


@pytest.mark.skipif(not jekyll_is_installed(), reason="Jekyll is not on this machine")
def test_three_languages_by_folder_are_built_as_we_say(tmp_path: Path) -> None:
    names = ("about.md", "index.html", "_posts/2020-01-02-strike.md", "_posts/ferries/2020-01-03-ünd.md")
    pages = {f"{language}/{name}": f"lang: {language}" for language in ("en", "fr", "ja") for name in names}
    posts = {f"_posts/{language}/2020-01-04-x.md": "" for language in ("en", "fr", "ja")}
    topics = {f"_topics/{language}/boats.md": "" for language in ("en", "fr", "ja")}
    config = "permalink: /:categories/:year/:title/\ncollections: {topics: {output: true}}\n"
    config += "defaults: [{scope: {path: _posts/fr}, values: {permalink: '/fr/:title/'}}]\n"
    folder = write_site(tmp_path, {**pages, **posts, **topics, "_config.yml": config})
    built, ours = build(folder), our_pages(folder)
    assert {path: facts.url for path, facts in ours.items()} == {
        path: page.absolute for path, page in built.pages.items()
    }
    languages = Counter(facts.language for facts in ours.values())
    assert languages == {"en": 6, "fr": 6, "ja": 6}
    groups = Counter(facts.translation_key for facts in ours.values())
    assert set(groups.values()) == {3}
    assert len({facts.id for facts in ours.values()}) == len(ours)
