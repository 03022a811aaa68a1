"""The data file of a site: what is in it, where it lies, and that nothing else is touched."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.entries import TARGET

from recommender import Provider, SettingsError, Suggestion
from recommender.core.safe_yaml import parse_yaml
from recommender.sinks.data_file import (
    NAME,
    data_content,
    data_file,
    is_data_file,
    page_path,
    remove_data_file,
    write_data_file,
)

SUGGESTIONS = [
    Suggestion("ferry-1", "ferry-2", 1, 0.876543, "same-story", (), TARGET),
    Suggestion("ferry-1", "b", 2, 0.5, "background", (), replace(TARGET, id="b", url=None, provider=None)),
]


def test_the_links_of_a_page_have_what_a_template_needs_in_the_order_of_their_ranks(tmp_path: Path) -> None:
    target = tmp_path / "site" / "data" / NAME
    lists = [("ferry-2", []), ("ferry-1", SUGGESTIONS), ("of no file", SUGGESTIONS)]
    assert write_data_file(lists, {"ferry-1": "posts/ferry-1.md", "ferry-2": "posts/ferry-2.md"}, target)
    assert json.loads(target.read_text(encoding="utf-8")) == {
        "_made_by": "recommender",
        "posts/ferry-1.md": [
            {
                "url": "https://coast.example/ferry-2",
                "title": 'Ferry strike: "no boats", says union',
                "score": 0.8765,
                "kind": "same-story",
                "provider": "Coast Courier",
                "published_at": "2025-03-04T06:00:00Z",
            },
            {
                "url": None,
                "title": 'Ferry strike: "no boats", says union',
                "score": 0.5,
                "kind": "background",
                "provider": None,
                "published_at": "2025-03-04T06:00:00Z",
            },
        ],
    }
    assert target.stat().st_mode & 0o777 == 0o644


def test_a_provider_without_a_name_is_its_domain(tmp_path: Path) -> None:
    target = replace(TARGET, provider=Provider(domain="coast.example"))
    write_data_file([("a", [replace(SUGGESTIONS[0], target=target)])], {"a": "a.md"}, tmp_path / NAME)
    assert json.loads((tmp_path / NAME).read_text())["a.md"][0]["provider"] == "coast.example"


def test_the_same_links_in_any_order_are_the_same_bytes_and_are_not_written_again(tmp_path: Path) -> None:
    lists = [(f"a{number}", SUGGESTIONS[: number % 3]) for number in range(9)]
    paths = {name: f"posts/{name}.md" for name, _ in lists}
    target = tmp_path / NAME
    assert write_data_file(lists, paths, target)
    before, inode = target.read_bytes(), target.stat().st_ino
    assert not write_data_file(lists[::-1], paths, target)
    assert (target.read_bytes(), target.stat().st_ino) == (before, inode)
    keys = list(json.loads(before))
    assert keys == sorted(keys)
    assert len(before.splitlines()) == len(keys) + 2, "a page a line, for version control"


@given(st.text(), st.text(max_size=200))
def test_whatever_the_texts_json_and_yaml_read_them_alike(title: str, path: str) -> None:
    content = data_content([("a", [{"title": title}])], {"a": f"{path}.md"})
    assert json.loads(content) == {f"{path}.md": [{"title": title}], "_made_by": "recommender"}
    assert parse_yaml(content.decode()) == json.loads(content)  # as Jekyll reads it


def test_half_a_character_spoils_no_file() -> None:
    content = data_content([("a", [{"title": "\ud83d and \ud83d\ude00"}])], {"a": "a.md"})
    assert json.loads(content)["a.md"] == [{"title": "\ufffd and \U0001f600"}]


@pytest.mark.parametrize(
    ("kind", "file", "path", "data"),
    [
        ("hugo", "content/posts/a/index.md", "posts/a/index.md", "data/recommender.json"),
        ("hugo", "more/a.md", "more/a.md", "data/recommender.json"),
        ("jekyll", "_posts/2025-03-01-a.md", "_posts/2025-03-01-a.md", "_data/recommender.json"),
        ("eleventy", "posts/a.md", "./posts/a.md", "_data/recommender.json"),
        ("folder", "content/a.md", "content/a.md", "elsewhere.json"),
    ],
)
def test_each_kind_of_site_has_its_own_place_and_paths(kind: str, file: str, path: str, data: str) -> None:
    root = Path("site")
    assert page_path(kind, root, root / file) == path
    assert data_file(kind, root, root / "elsewhere.json") == root / data


@pytest.mark.parametrize("content", ["{}", "[]", "{", '{"_made_by": "an editor"}', '["_made_by"]', "[" * 100_000, ""])
def test_the_file_of_somebody_else_is_neither_written_nor_ours(tmp_path: Path, content: str) -> None:
    target = tmp_path / NAME
    target.write_text(content, encoding="utf-8")
    assert not is_data_file(target)
    with pytest.raises(SettingsError, match=r"recommender\.json was not written by recommender; rename or delete it"):
        write_data_file([("a", SUGGESTIONS)], {"a": "a.md"}, target)
    assert target.read_text(encoding="utf-8") == content


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    outside, root = tmp_path / "outside", tmp_path / "site"
    write_data_file([("a", SUGGESTIONS)], {"a": "a.md"}, outside / "ours.json")
    before = (outside / "ours.json").read_bytes()
    (root / "_data").mkdir(parents=True)
    (root / "_data" / NAME).symlink_to(outside / "ours.json")
    (root / "data").symlink_to(outside)
    arguments: list[Any] = [[("b", SUGGESTIONS)], {"b": "b.md"}]
    with pytest.raises(SettingsError, match="was not written by recommender"):
        write_data_file(*arguments, root / "_data" / NAME, root)
    with pytest.raises(SettingsError, match="outside the site"):
        write_data_file(*arguments, root / "data" / NAME, root)
    assert not is_data_file(root / "_data" / NAME)
    assert sorted(os.listdir(outside)) == ["ours.json"]
    assert (outside / "ours.json").read_bytes() == before


def test_a_file_that_comes_meanwhile_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / NAME
    fsync = os.fsync

    def meanwhile(handle: int) -> None:
        fsync(handle)
        target.write_text("by an editor", encoding="utf-8")

    monkeypatch.setattr(os, "fsync", meanwhile)
    with pytest.raises(SettingsError, match="was not written by recommender"):
        write_data_file([("a", SUGGESTIONS)], {"a": "a.md"}, target)
    assert {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()} == {NAME: "by an editor"}


def test_a_file_goes_and_its_folder_with_it_where_nothing_else_is_there(tmp_path: Path) -> None:
    for name in ("data", "_data"):
        write_data_file([], {}, tmp_path / name / NAME)
    (tmp_path / "_data" / "authors.yml").touch()
    for name in ("data", "_data"):
        remove_data_file(tmp_path / name / NAME)
    assert [path.relative_to(tmp_path).as_posix() for path in sorted(tmp_path.rglob("*"))] == [
        "_data",
        "_data/authors.yml",
    ]
