"""Addresses of Eleventy, Astro, MkDocs and Docusaurus, as their documentation says that they are made."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from recommender.sources.generators.page_facts import PageFacts, SitePage
from recommender.sources.generators.path_site import RULES, PathSite
from recommender.sources.markup import MarkupText

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
BASES = {
    "eleventy": 'module.exports = { url: "https://coast.example" }',
    "astro": "export default {\n  site: 'https://coast.example',\n}",
    "mkdocs": "site_name: Coast\nsite_url: https://coast.example/\n",
    "docusaurus": "const config = {\n  title: 'Coast',\n  url: 'https://coast.example',\n  baseUrl: '/help/',\n};",
}


def facts_of(kind: str, path: str, matter: Mapping[str, object] | None = None, config: str | None = None) -> PageFacts:
    site = PathSite(RULES[kind], BASES[kind] if config is None else config)
    assert site.page_files([path]) == [path]
    return site.facts([SitePage(path, matter or {}, MarkupText("", "", ()))], NOW)[0]


@pytest.mark.parametrize(
    ("kind", "path", "url"),
    [
        ("eleventy", "posts/ferry.md", "/posts/ferry/"),
        ("eleventy", "posts/2026-01-09-ferry.md", "/posts/2026-01-09-ferry/"),
        ("eleventy", "posts/ferry/index.md", "/posts/ferry/"),
        ("eleventy", "posts/ferry/ferry.md", "/posts/ferry/"),
        ("eleventy", "01-ferry.md", "/01-ferry/"),
        ("astro", "src/pages/about.md", "/about/"),
        ("astro", "src/pages/posts/ferry.mdx", "/posts/ferry/"),
        ("astro", "src/content/blog/ferry.md", "/blog/ferry/"),
        ("astro", "src/content/blog/2026-01-09-ferry/index.md", "/blog/2026-01-09-ferry/"),
        ("mkdocs", "docs/ferry.md", "/ferry/"),
        ("mkdocs", "docs/guide/index.md", "/guide/"),
        ("mkdocs", "docs/guide/README.md", "/guide/"),
        ("mkdocs", "docs/2026-02-30-a.md", "/2026-02-30-a/"),
        ("mkdocs", "docs/Über uns.md", "/%C3%9Cber%20uns/"),
        ("docusaurus", "docs/ferry.md", "/help/docs/ferry/"),
        ("docusaurus", "docs/01-guide/02-ferry.md", "/help/docs/guide/ferry/"),
        ("docusaurus", "docs/guide/guide.md", "/help/docs/guide/"),
        ("docusaurus", "docs/2026-01-09-ferry.md", "/help/docs/2026-01-09-ferry/"),
        ("docusaurus", "blog/2026-01-09-ferry.md", "/help/blog/2026/01/09/ferry/"),
        ("docusaurus", "blog/2026-01-09-ferry/index.mdx", "/help/blog/2026/01/09/ferry/"),
        ("docusaurus", "blog/ferry.md", "/help/blog/ferry/"),
    ],
)
def test_an_address_follows_the_path(kind: str, path: str, url: str) -> None:
    assert facts_of(kind, path).url == f"https://coast.example{url}"


@pytest.mark.parametrize(
    ("kind", "path", "matter", "url"),
    [
        ("eleventy", "posts/ferry.md", {"permalink": "/news/strike.html"}, "/news/strike.html"),
        ("eleventy", "posts/ferry.md", {"permalink": "news/strike/"}, "/news/strike/"),
        ("docusaurus", "docs/guide/ferry.md", {"slug": "strike"}, "/help/docs/guide/strike/"),
        ("docusaurus", "docs/guide/ferry.md", {"slug": "/strike"}, "/help/docs/strike/"),
        ("docusaurus", "blog/2026-01-09-ferry.md", {"slug": "strike"}, "/help/blog/strike/"),
        ("docusaurus", "blog/2026-01-09-ferry.md", {"slug": "/a/strike"}, "/help/blog/a/strike/"),
    ],
)
def test_front_matter_names_the_address(kind: str, path: str, matter: Mapping[str, object], url: str) -> None:
    assert facts_of(kind, path, matter).url == f"https://coast.example{url}"


def test_an_address_that_only_the_generator_knows_is_none() -> None:
    assert facts_of("eleventy", "a.md", {"permalink": "/{{ title | slugify }}/"}).url is None
    assert facts_of("eleventy", "a.md", {"permalink": "/{{ title | slugify }}/"}).excluded is None
    unwritten = facts_of("eleventy", "a.md", {"permalink": False})
    assert (unwritten.url, unwritten.excluded) == (None, "not written (permalink: false)")


@pytest.mark.parametrize(
    ("matter", "reason"),
    [
        ({"draft": True}, "draft"),
        ({"published": False}, "draft"),
        ({"unlisted": True}, "not listed (unlisted: true)"),
        ({"date": "2027-01-02"}, "published only on 2027-01-02"),
        ({"pubDate": "2026-11-27T00:00:00Z"}, "published only on 2026-11-27"),
        ({"date": "2026-11-26"}, None),
        ({"date": "soon", "draft": False}, None),
        ({}, None),
    ],
)
def test_what_is_no_target(matter: Mapping[str, object], reason: str | None) -> None:
    assert facts_of("astro", "src/content/blog/a.md", matter).excluded == reason


def test_ids_are_paths_in_the_content_folder() -> None:
    ids = {
        ("eleventy", "posts/ferry.md"): "posts/ferry",
        ("astro", "src/content/blog/ferry/index.mdx"): "blog/ferry",
        ("astro", "src/pages/ferry.md"): "pages/ferry",
        ("mkdocs", "docs/guide/README.md"): "guide",
        ("docusaurus", "docs/01-ferry.md"): "01-ferry",
        ("docusaurus", "blog/2026-01-09-ferry.md"): "blog/2026-01-09-ferry",
    }
    assert {key: facts_of(*key).id for key in ids} == ids


def test_the_home_page_is_no_article() -> None:
    home = facts_of("mkdocs", "docs/index.md")
    assert (home.kind, home.is_list, home.url) == ("home", True, "https://coast.example/")


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("mkdocs", "README.md"),
        ("mkdocs", "docs/a.txt"),
        ("astro", "README.md"),
        ("astro", "src/content/blog/_draft.md"),
        ("astro", "src/layouts/a.md"),
        ("docusaurus", "docs/_partials/a.mdx"),
        ("docusaurus", "docs/_a.mdx"),
        ("docusaurus", "static/a.md"),
    ],
)
def test_what_is_no_page(kind: str, path: str) -> None:
    assert PathSite(RULES[kind], BASES[kind]).page_files([path]) == []


def test_the_configuration_names_the_content_folder() -> None:
    eleventy = 'return {\n  dir: { input: "src/site", output: "dist" },\n};'
    assert facts_of("eleventy", "src/site/posts/ferry.md", config=eleventy).url == "/posts/ferry/"
    assert facts_of("mkdocs", "pages/ferry.md", config="docs_dir: pages\n").url == "/ferry/"
    assert PathSite(RULES["mkdocs"], "docs_dir: pages\n").page_files(["docs/a.md", "pages/b.md"]) == ["pages/b.md"]


@pytest.mark.parametrize("folder", ["../secret", "a/../../secret", "/..", "~"])
def test_a_content_folder_outside_of_the_site_is_not_taken(folder: str) -> None:
    paths = ["docs/a.md", "secret/b.md"]
    assert "secret/b.md" not in PathSite(RULES["mkdocs"], f"docs_dir: {folder}\n").page_files(paths)


@pytest.mark.parametrize("base", ["", "''", "javascript:alert(1)", "http://[", "5"])
def test_without_a_base_address_paths_begin_at_the_root(base: str) -> None:
    assert facts_of("mkdocs", "docs/ferry.md", config=f"site_url: {base}").url == "/ferry/"


@pytest.mark.parametrize("permalink", ["http://[", "//[", "/a\nb", "../../x", "%zz", "a:b"])
def test_a_hostile_permalink_is_an_address_of_the_site(permalink: str) -> None:
    url = facts_of("eleventy", "a.md", {"permalink": permalink, "slug": permalink}).url
    assert url is not None
    assert url.startswith("https://coast.example/")


def test_configurations_are_read_as_text_and_never_run(tmp_path: Path) -> None:
    config = "require('fs').writeFileSync('ran', ''); throw 1;\nmodule.exports = {\n  url: 'https://coast.example',\n"
    (tmp_path / ".eleventy.js").write_text(config, encoding="utf-8")
    found = PathSite.from_folder(tmp_path)
    assert found is not None
    kind, site = found
    assert kind == "eleventy"
    assert site.facts([SitePage("a.md", {}, MarkupText("", "", ()))], NOW)[0].url == "https://coast.example/a/"
    assert [path.name for path in tmp_path.iterdir()] == [".eleventy.js"]


@pytest.mark.parametrize("name", [name for rules in RULES.values() for name in rules.files])
def test_a_site_is_known_by_its_configuration_inside_it(name: str, tmp_path: Path) -> None:
    site, outside = tmp_path / "site", tmp_path / name
    site.mkdir()
    outside.write_text("", encoding="utf-8")
    (site / name).symlink_to(outside)
    assert PathSite.from_folder(site) is None
    (site / name).unlink()
    (site / name).mkdir()
    assert PathSite.from_folder(site) is None
    (site / name).rmdir()
    (site / name).write_bytes(b"\xff\x00" * 200_000)
    found = PathSite.from_folder(site)
    assert found is not None
    assert name in RULES[found[0]].files
