"""The content of Hugo sites: languages, mounts, ids, translations, and what is left out."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from support.hugo_sites import BASE, HUGO, LANGUAGES, NOW, differences, facts_of, needs_hugo, our_facts, write_hugo_site

from recommender.sources.generators.hugo import HugoSite
from recommender.sources.generators.site_config import SiteConfig


def by_suffix() -> dict[str, str]:
    return {
        "content/posts/ferry.md": "title: Fähre",
        "content/posts/ferry.en.md": "title: Ferry",
        "content/posts/ferry.zh-cn.md": "title: 渡輪",
        "content/posts/ferry.fr.md": "title: Ferry",
        "content/posts/unknown.xx.md": "title: X",
        "content/posts/bundle/index.en.md": "title: B",
        "content/posts/bundle/index.md": "title: B",
        "content/posts/bundle/notes.en.md": "title: a resource",
        "content/posts/own.en.md": "title: F\nurl: /custom/abs",
        "content/posts/own.zh-cn.md": "title: F\nurl: custom/rel",
        "content/dated/x.en.md": "title: F G\nslug: Hi\ndate: 2020-01-01",
        "content/dated/x.md": "title: F Ü\ndate: 2020-01-01",
        "content/root.en.md": "title: Root",
        "content/_index.en.md": "title: Home",
    }


@needs_hugo
@pytest.mark.parametrize(
    "top", ["", "defaultContentLanguageInSubdir = true", "uglyURLs = true", 'disableLanguages = ["zh-cn"]']
)
def test_languages_by_suffix_are_addressed_as_hugo_does(top: str, tmp_path: Path) -> None:
    config = BASE + LANGUAGES.format(top=top, en="", de="", zh="", fr="")
    assert differences(write_hugo_site(tmp_path, by_suffix(), config)) == []


@needs_hugo
@pytest.mark.parametrize("top", ["", "defaultContentLanguageInSubdir = true"])
@pytest.mark.parametrize("hosts", [False, True])
def test_languages_by_folder_are_addressed_as_hugo_does(top: str, hosts: bool, tmp_path: Path) -> None:
    def own(key: str) -> str:
        return f'contentDir = "content/{key}"\n' + (f'baseURL = "https://{key}.example/x"\n' if hosts else "")

    files = {f"content/{key}/{path}": f"title: T {key}{more}" for key in ("en", "de", "zh", "fr") for path, more in (
        ("posts/ferry.md", ""),
        ("posts/bundle/index.md", ""),
        ("dated/x.md", "\ndate: 2020-01-01"),
        ("posts/own.md", f"\nurl: custom/{key}"),
        ("posts/abs.md", f"\nurl: /abs/{key}"),
    )}  # fmt: skip
    files["content/de/posts/suffix.en.md"] = "title: S"
    en = own("en") + '[languages.en.permalinks]\ndated = "/only-en/:slug"'
    config = BASE + LANGUAGES.format(top=top, en=en, de=own("de"), zh=own("zh"), fr=own("fr"))
    site = write_hugo_site(tmp_path, files, config)
    assert differences(site) == []
    languages = {path: facts.language for path, facts in our_facts(site, HUGO).items()}
    assert languages["content/zh/posts/ferry.md"] == "zh-cn"
    assert languages["content/de/posts/suffix.en.md"] == "en"


@needs_hugo
@pytest.mark.skipif(HUGO is not None and HUGO >= (0, 153), reason="mounts name their languages otherwise")
def test_mounted_folders_are_content(tmp_path: Path) -> None:
    files = {
        "docs/guide.md": "title: G",
        "docs/draft-notes/x.md": "title: G",
        "articles/a.md": "title: A",
        "articles/sub/b.md": "title: A",
        "german/a.md": "title: A",
        "content/not-mounted.md": "title: N",
    }
    config = (
        BASE
        + """
[languages.en]
[languages.de]
[[module.mounts]]
source = "articles"
target = "content"
lang = "en"
[[module.mounts]]
source = "german"
target = "content"
lang = "de"
[[module.mounts]]
source = "docs"
target = "content/manual"
lang = "en"
excludeFiles = "draft-notes/**"
"""
    )
    site = write_hugo_site(tmp_path, files, config)
    assert differences(site) == []
    hugo = HugoSite.from_folder(site)
    assert hugo is not None
    assert hugo.content_folders == ("articles", "docs", "german")
    ids = {path: facts.id for path, facts in our_facts(site).items()}
    assert ids == {
        "articles/a.md": "a",
        "articles/sub/b.md": "sub/b",
        "docs/guide.md": "manual/guide",
        "german/a.md": "german/a",
    }


@needs_hugo
def test_files_that_the_configuration_ignores_are_no_pages(tmp_path: Path) -> None:
    files = {f"content/p/{name}": "title: x" for name in ("a.md", "b.draft.md", "c_files/d.md", "e.md")}
    config = f"{BASE}ignoreFiles = ['\\.draft\\.md$', '_files/', 'e\\.md']\n"
    site = write_hugo_site(tmp_path, files, config)
    assert differences(site) == []
    assert [facts.id for facts in our_facts(site).values()] == ["p/a"]


def test_ids_are_paths_from_the_content_folder() -> None:
    config: dict[str, object] = {"languages": {"en": {"contentdir": "content/en"}, "de": {"contentdir": "content/de"}}}
    assert facts_of(config, "content/en/posts/ferry.md").id == "posts/ferry"
    assert facts_of(config, "content/en/posts/ferry/index.md").id == "posts/ferry"
    assert facts_of(config, "content/de/posts/ferry.md").id == "de/posts/ferry"
    assert facts_of({"languages": {"en": {}, "de": {}}}, "content/posts/ferry.de.md").id == "posts/ferry.de"
    assert facts_of({"languages": {"en": {}, "de": {}}}, "content/posts/ferry/index.de.md").id == "posts/ferry.de"
    assert facts_of({}, "content/posts/dotted.name.md").id == "posts/dotted.name"


def test_translations_share_a_key_and_others_do_not() -> None:
    by_name: dict[str, object] = {"languages": {"en": {}, "de": {}}}
    by_folder: dict[str, object] = {"languages": {"en": {"contentdir": "en"}, "de": {"contentdir": "de"}}}

    def key(config: dict[str, object], path: str, **matter: object) -> str | None:
        return facts_of(config, path, **matter).translation_key

    assert key(by_name, "content/a/x.de.md") == key(by_name, "content/a/x.md") == key(by_name, "content/a/x/index.md")
    assert key(by_folder, "en/a/x.md") == key(by_folder, "de/a/x.md") != key(by_folder, "de/x.md")
    assert key(by_folder, "en/a/one.md", translationKey="k") == key(by_folder, "de/b/two.md", translationKey="k")
    assert key(by_name, "content/posts.md") != key(by_name, "content/posts/_index.md")


@pytest.mark.parametrize(
    ("config", "path", "language"),
    [
        ({}, "content/a.md", None),
        ({"languagecode": "de-AT"}, "content/a.md", "de-at"),
        ({"defaultcontentlanguage": "fr", "languagecode": "fr-CA"}, "content/a.md", "fr"),
        ({"languages": {"english": {"languagecode": "en-GB"}}}, "content/a.md", "en-gb"),
        ({"languages": {"en": {}, "zh-cn": {}}}, "content/a.zh-cn.md", "zh-cn"),
    ],
)
def test_the_language_is_the_configurations(config: dict[str, object], path: str, language: str | None) -> None:
    assert facts_of(config, path).language == language


@pytest.mark.parametrize("folder", ["../elsewhere", "/etc", "a/../../b", "C:/x"])
def test_content_outside_of_the_site_is_left_out(folder: str) -> None:
    site = HugoSite(SiteConfig({"contentdir": folder}))
    assert site.content_folders == ()
    assert [warning for warning in site.warnings if "outside of the site" in warning]


def test_a_pattern_that_could_hang_is_not_run() -> None:
    site = HugoSite(
        SiteConfig({"ignorefiles": ["(a+)+$"], "cascade": {"target": {"path": "{a,b}" * 40}, "draft": True}})
    )
    assert [warning for warning in site.warnings if "(a+)+$" in warning]
    assert site.page("content/" + "a" * 5000 + ".md", {}, NOW).excluded is None
    many_stars = HugoSite(SiteConfig({"cascade": {"target": {"path": "/" + "*a" * 100 + "b"}, "draft": True}}))
    assert many_stars.page("content/" + "a" * 5000 + ".md", {}, NOW).excluded is None


def test_front_matter_that_multiplies_by_aliases_is_left_out_at_once() -> None:
    bomb: dict[str, object] = {"draft": True}
    for _ in range(30):
        bomb = {f"k{number}": bomb for number in range(10)}
    site = HugoSite(SiteConfig({}))
    site.add_section("content/_index.md", {"cascade": bomb})
    start = time.perf_counter()
    assert site.page("content/a.md", {"build": bomb, "cascade": [bomb] * 10}, NOW).excluded is None
    assert time.perf_counter() - start < 5
