"""What kind of site a folder is, from its root, from its content, and as the settings say."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from recommender import SettingsError, read_articles
from recommender.core.settings import SourceSettings
from recommender.sources.site_kinds import KINDS, Site, find_site, root_of_site

PAGE = "---\ntitle: Ferry\n---\nText.\n"
NEWS = "---\ntitle: Ferry\npublishedDateTime: 2026-01-09T06:00:00Z\nwebUrl: https://coast.example/ferry\n---\nText.\n"
SITES = {
    "hugo": ("content", {"hugo.toml": "baseURL = 'https://coast.example/'\n", "content/posts/ferry.md": PAGE}),
    "jekyll": ("_posts", {"_config.yml": "url: https://coast.example\n", "_posts/2026-01-09-ferry.md": PAGE}),
    "mkdocs": ("docs", {"mkdocs.yml": "site_name: Coast\n", "docs/ferry.md": PAGE}),
    "docusaurus": ("docs", {"docusaurus.config.ts": "export default {};\n", "docs/ferry.md": PAGE}),
    "astro": ("src/content", {"astro.config.mjs": "export default {};\n", "src/content/blog/ferry.md": PAGE}),
    "eleventy": ("posts", {".eleventy.js": "module.exports = {};\n", "posts/ferry.md": PAGE}),
    "news": ("_news", {"_news/ferry.md": NEWS}),
    "folder": ("posts", {"posts/ferry.md": PAGE}),
}


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def kind_of(path: Path, **settings: str) -> str:
    return find_site(path, SourceSettings(**settings)).kind


def test_every_kind_has_its_site_here() -> None:
    assert set(SITES) == set(KINDS)


@pytest.mark.parametrize("kind", SITES)
def test_a_kind_is_found_from_the_root_and_from_the_content(kind: str, tmp_path: Path) -> None:
    content, files = SITES[kind]
    root = write(tmp_path / "site", files)
    assert kind_of(root) == kind
    below = find_site(root / content, SourceSettings())
    assert below.kind == kind
    assert [article.title for article in read_articles(root / content)] == ["Ferry"]
    if below.generator is not None:
        assert below.root == root
        whole, part = read_articles(root), read_articles(root / content)
        assert [(article.id, article.url) for article in whole] == [(article.id, article.url) for article in part]
        assert f"read below {Path(content).name}/" in part.report.site


@pytest.mark.parametrize("kind", SITES)
def test_the_settings_win(kind: str, tmp_path: Path) -> None:
    root = write(tmp_path / "site", SITES["jekyll" if kind == "folder" else "folder"][1])
    assert kind_of(root, kind=kind) == kind


@pytest.mark.parametrize("preset", ["hugo", "jekyll"])
def test_a_preset_names_its_kind_and_a_kind_its_preset(preset: str, tmp_path: Path) -> None:
    root = write(tmp_path, {"a.md": PAGE})
    assert kind_of(root, preset=preset) == preset
    site = find_site(root, SourceSettings(kind=preset))
    assert site.fields(SourceSettings(kind=preset)).preset == preset
    assert site.fields(SourceSettings(kind=preset, preset="default")).preset == "default"


def test_an_unknown_kind_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"unknown setting source\.kind 'hugoo'.*hugo"):
        find_site(tmp_path, SourceSettings(kind="hugoo"))


@pytest.mark.parametrize("below", ["", "content", "content/blog", "content/news/content/deep"])
def test_a_folder_assumed_to_be_of_hugo_belongs_to_the_nearest_content(below: str, tmp_path: Path) -> None:
    root = write(tmp_path / "site", {"content/blog/a.md": PAGE, "content/news/content/deep/b.md": PAGE})
    site = find_site(root / below, SourceSettings(kind="hugo"))
    assert site.root == (root / "content/news" if below.endswith("deep") else root)


def test_a_folder_far_above_is_not_assumed_to_be_the_content(tmp_path: Path) -> None:
    folder = write(tmp_path / "content/servers/coast/www/articles", {"a.md": PAGE})
    assert find_site(folder, SourceSettings(kind="hugo")).root == folder


def test_the_root_of_a_jekyll_site_is_found_without_a_walk_through_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write(tmp_path / "site", SITES["jekyll"][1])

    walked: list[Path] = []

    def walk(root: Path, _settings: object) -> Iterator[str]:
        walked.append(root)
        yield from ()

    monkeypatch.setattr("recommender.sources.generators.jekyll.site.markup_files", walk)
    assert root_of_site(root / SITES["jekyll"][0]) == root
    assert walked == []
    read_articles(root)
    assert walked == [root]


def test_a_part_of_a_site_keeps_ids_and_addresses_of_the_whole(tmp_path: Path) -> None:
    files = {f"content/{name}.md": PAGE for name in ("posts/2026/ferry", "posts/wind", "about")}
    root = write(tmp_path, SITES["hugo"][1] | files)
    part = read_articles(root / "content" / "posts" / "2026")
    assert [(article.id, article.url) for article in part] == [
        ("posts/2026/ferry", "https://coast.example/posts/2026/ferry/")
    ]


def test_a_configuration_above_that_is_not_the_folders_own_is_not_taken(tmp_path: Path) -> None:
    write(tmp_path, SITES["hugo"][1] | SITES["mkdocs"][1])
    assert kind_of(write(tmp_path / "notes", {"a.md": PAGE})) == "folder"
    assert kind_of(write(tmp_path / "static" / "x" / "y" / "z", {"a.md": PAGE})) == "folder"


def test_a_configuration_far_above_is_not_looked_for(tmp_path: Path) -> None:
    root = write(tmp_path, SITES["mkdocs"][1] | {"docs/a/b/c/d.md": PAGE})
    assert kind_of(root / "docs" / "a" / "b") == "mkdocs"
    assert kind_of(root / "docs" / "a" / "b" / "c") == "folder"


def test_fields_of_the_news_site_are_known_without_its_folder(tmp_path: Path) -> None:
    assert kind_of(write(tmp_path / "a", {"ferry.md": NEWS})) == "news"
    assert kind_of(write(tmp_path / "b", {"ferry.md": PAGE + "webUrl: x\n".replace("webUrl", "my webUrl")})) == "folder"


def test_the_news_site_is_not_taken_for_the_jekyll_site_that_shows_it(tmp_path: Path) -> None:
    config = {"_config.yml": "collections: {news: {output: true}}\n"}
    assert kind_of(write(tmp_path / "news", SITES["news"][1] | config)) == "news"
    assert kind_of(write(tmp_path / "jekyll", {"_news/ferry.md": PAGE} | config)) == "jekyll"
    corpus = read_articles(tmp_path / "jekyll")
    assert [(article.id, article.url) for article in corpus] == [("news/ferry", "/news/ferry.html")]


@pytest.mark.parametrize("name", ["hugo.toml", "_config.yml", "mkdocs.yml", ".eleventy.js", "astro.config.mjs"])
@pytest.mark.parametrize("what", ["folder", "pipe", "link to nowhere"])
def test_what_is_only_named_like_a_configuration(name: str, what: str, tmp_path: Path) -> None:
    root = write(tmp_path, {"a.md": PAGE})
    if what == "folder":
        (root / name).mkdir()
    elif what == "pipe":
        os.mkfifo(root / name)
    else:
        (root / name).symlink_to(root / "nowhere")
    assert kind_of(root) == "folder"
    assert len(read_articles(root)) == 1


def test_a_pipe_among_the_articles_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(write(tmp_path, {"b.md": PAGE}) / "a.md")
    corpus = read_articles(tmp_path)
    assert corpus.report.skipped == (f"{tmp_path}/a.md: is no regular file",)


def test_a_single_file_is_a_site_of_its_own(tmp_path: Path) -> None:
    root = write(tmp_path, SITES["hugo"][1])
    path = root / "content" / "posts" / "ferry.md"
    assert find_site(path, SourceSettings()) == Site("folder", path.parent, path)


def test_most_articles_without_date_and_address_are_doubtful(tmp_path: Path) -> None:
    write(tmp_path, {f"{n}.md": PAGE for n in range(6)})
    [warning] = read_articles(tmp_path).report.warnings
    assert warning == (
        f"{tmp_path}: 6 of 6 articles have neither date nor address; it was read as a folder of articles: "
        "set source.kind, or source.fields.published_at and source.fields.url, if that is wrong"
    )
    write(tmp_path, {f"{n}.md": NEWS.replace("/ferry", f"/{n}") for n in range(3)})
    assert read_articles(tmp_path).report.warnings == ()
