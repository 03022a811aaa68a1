"""The configuration of a Jekyll site: found, read within bounds, and never fatal."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from support.jekyll_sites import NOW, write_site

from recommender.sources.generators.jekyll import JekyllSite
from recommender.sources.generators.jekyll.settings import JekyllSettings


def _site(folder: Path) -> JekyllSite:
    site = JekyllSite.from_folder(folder)
    assert site is not None
    return site


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("_config.yml", "url: https://coast.example\nbaseurl: sea"),
        ("_config.yaml", "url: https://coast.example/\nbaseurl: /sea/"),
        ("_config.toml", 'url = "https://coast.example"\nbaseurl = "/sea"'),
    ],
)
def test_every_form_of_the_configuration_is_read(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    site = _site(tmp_path)
    assert site.page("about.md", {}, NOW).url == "https://coast.example/sea/about.html"
    assert site.config_files == (name,)
    assert site.warnings == ()


def test_the_first_configuration_counts(tmp_path: Path) -> None:
    write_site(tmp_path, {"_config.yml": "baseurl: /first", "_config.yaml": "baseurl: /second"})
    assert _site(tmp_path).page("a.md", {}, NOW).url == "/first/a.html"


def test_posts_alone_make_a_site(tmp_path: Path) -> None:
    assert JekyllSite.from_folder(tmp_path) is None
    write_site(tmp_path, {"_posts/2020-01-02-x.md": ""})
    assert _site(tmp_path).page("_posts/2020-01-02-x.md", {}, NOW).url == "/2020/01/02/x.html"


def test_sites_of_other_generators_are_left_to_them(tmp_path: Path) -> None:
    hexo = write_site(tmp_path / "hexo", {"_config.yml": "source_dir: source\nnew_post_name: :title.md"})
    book = write_site(tmp_path / "book", {"_config.yml": "title: A book", "_toc.yml": "RAW"})
    assert JekyllSite.from_folder(hexo) is None
    assert JekyllSite.from_folder(book) is None


@pytest.mark.parametrize(
    ("content", "warning"),
    [
        (b"a: [", "_config.yml:2: the configuration is no YAML"),
        (b"- a\n- b", "the configuration must be a mapping"),
        (b"a: \xff", "is not UTF-8 at byte 3"),
        (b"#" * 1_000_001, "is larger than 1,000,000 bytes"),
        (b"url: coast.example", "url is 'coast.example', which is no address"),
        (b"timezone: Nowhere", "timezone is 'Nowhere', which is no time zone"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_warned_of(tmp_path: Path, content: bytes, warning: str) -> None:
    (tmp_path / "_config.yml").write_bytes(content)
    site = _site(tmp_path)
    assert len(site.warnings) == 1
    assert warning in site.warnings[0]
    assert "\n" not in site.warnings[0]
    assert site.page("about.md", {}, NOW).url == "/about.html"


def test_a_configuration_that_leads_out_of_the_site_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.yml").write_text("baseurl: /secret")
    (tmp_path / "site").mkdir()
    os.symlink(tmp_path / "secret.yml", tmp_path / "site" / "_config.yml")
    site = _site(tmp_path / "site")
    assert "leads out of the site" in site.warnings[0]
    assert site.page("a.md", {}, NOW).url == "/a.html"


@pytest.mark.parametrize(
    "text",
    [
        "collections: 5", "collections: {a: 5, [b]: x, c: {permalink: [1], output: [2]}}", "collections: [[a], {b: c}]",
        "defaults: {a: b}",
        "defaults: [1, {values: 3}, {scope: 4, values: {permalink: 5}}, {values: {categories: {a: b}}}]",
        "include: x\nexclude: 7", "exclude: [1, null, '', '[', '*']", "permalink: [a]", "permalink: 5", "baseurl: [a]",
        "markdown_ext: [1]", "source: ../..\ndestination: /\ncollections_dir: ../x", "url: {a: b}\nlanguages: 5",
        "languages: [{a: b}, 5, [x]]\nlang: [en]", "plugins: jekyll-polyglot\ndefault_lang: 5", "? {a: b}\n: c",
    ],
)  # fmt: skip
def test_no_configuration_is_fatal(tmp_path: Path, text: str) -> None:
    (tmp_path / "_config.yml").write_text(text)
    site = _site(tmp_path)
    for path in site.page_files(["about.md", "_posts/2020-01-01-x.md", "_a/x.md", "_c/x.md", "en/index.html"]):
        facts = site.page(path, {"title": [1], "categories": {"a": 1}, "lang": 5, "permalink": {"a": 1}, 7: 8}, NOW)
        assert facts.id


def test_a_bomb_of_aliases_does_not_go_off(tmp_path: Path) -> None:
    levels = "\n".join(f"l{n + 1}: &l{n + 1} {{a: *l{n}, b: *l{n}, c: *l{n}}}" for n in range(60))
    sets = "\n".join("- {scope: {path: ''}, values: *l60}" for _ in range(50))
    write_site(tmp_path, {"_config.yml": f"l0: &l0 {{x: y}}\n{levels}\nlanguages: *l60\ndefaults:\n{sets}\n"})
    start = time.perf_counter()
    assert _site(tmp_path).page("a.md", {"categories": {"a": 1}}, NOW).url == "/a.html"
    assert time.perf_counter() - start < 2


def test_no_front_matter_makes_an_address_of_any_length() -> None:
    config = {"permalink": "/:title" * 1000, "collections": {"topics": {"output": True, "permalink": ":path" * 1000}}}
    site = JekyllSite(JekyllSettings.from_values(config))
    long = {"permalink": ":title" * 100_000, "slug": "x" * 1_000_000, "redirect_from": ":path" * 1_000_000}
    post = site.page("_posts/2020-01-02-x.md", long, NOW)
    assert post.url == f"/2020/01/02/{'x' * 2000}.html"
    assert len(post.aliases[0]) < 3000
    assert site.page("a.md", long, NOW).url == "/a.html"
    assert site.page("_topics/a.md", {}, NOW).url is None


def test_a_date_made_to_take_forever_takes_no_time() -> None:
    site = JekyllSite(JekyllSettings.from_values({}))
    start = time.perf_counter()
    site.page("_posts/2020-01-02-x.md", {"date": "1" + " " * 1_000_000 + "x", "lang": "a-" * 500_000}, NOW)
    assert time.perf_counter() - start < 1


def test_permalink_styles_of_collections_follow_that_of_the_site() -> None:
    settings = JekyllSettings.from_values({"permalink": "pretty", "collections": {"Topics!": None}})
    assert settings.collections["posts"].template == "/:categories/:year/:month/:day/:title/"
    assert settings.collections["Topics"].template == "/:collection/:path/"
    assert not settings.collections["Topics"].written
    listed = JekyllSettings.from_values({"collections": ["topics"]}).collections
    assert {label: collection.written for label, collection in listed.items()} == {"posts": True, "topics": False}
