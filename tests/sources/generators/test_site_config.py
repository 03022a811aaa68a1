"""Configurations are merged as Hugo merges them, and whatever they hold, reading ends in a result or in one line."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.sources.generators.site_config import (
    SiteConfigError,
    is_true,
    mapping_at,
    merge_into,
    read_config_file,
    read_hugo_config,
    text_at,
    texts_of,
)


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("c.toml", "BaseURL = 'x'\n[Params]\nFooBar = [{Inner = 1}]"),
        ("c.yaml", "BaseURL: x\nParams:\n  FooBar:\n  - Inner: 1\n"),
        ("c.yml", "\ufeffBaseURL: x\r\nParams: {FooBar: [{Inner: 1}]}\r\n"),
        ("c.json", '{"BaseURL": "x", "Params": {"FooBar": [{"Inner": 1}]}}'),
    ],
)
def test_every_form_is_read_with_names_in_lower_case(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(text.encode())
    assert read_config_file(tmp_path / name, tmp_path) == {"baseurl": "x", "params": {"foobar": [{"inner": 1}]}}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
        max_leaves=20,
    )
)
def test_values_come_as_they_are(value: object) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "c.json")
        path.write_text(json.dumps({"key": value}))
        assert json.dumps(read_config_file(path, path.parent)["key"]).lower() == json.dumps(_lower(value)).lower()


def _lower(value: object) -> object:
    if isinstance(value, dict):
        return {name.lower(): _lower(member) for name, member in value.items()}
    return [_lower(member) for member in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("c.toml", b"a = ", r"c\.toml:1: the configuration is no TOML"),
        ("c.yaml", b"a: 1\nb: [", r"c\.yaml:\d: the configuration is no YAML"),
        ("c.json", b"{", r"c\.json:1: the configuration is no JSON"),
        ("c.yaml", b"- a", r"c\.yaml:1: the configuration must be a mapping .* got a list"),
        ("c.toml", b"a = '\xff'", r"c\.toml is not UTF-8 at byte 5; save it as UTF-8"),
        ("c.ini", b"", r"c\.ini is no configuration; its extension must be one of"),
        ("c.json", b'{"a": ' + b"[" * 100 + b"]" * 100 + b"}", r"c\.json is nested more than 40 levels deep"),
        ("c.json", b'{"a": ' + b"[" * 9999 + b"]" * 9999 + b"}", r"c\.json:1: the configuration is no JSON"),
        ("c.yaml", b"a: " + b"[" * 5000 + b"]" * 5000, r"c\.yaml:1: the configuration is nested too deeply"),
        ("c.yaml", b"a: '" + b"x" * 1_000_000 + b"'", r"c\.yaml is larger than 1,000,000 bytes"),
    ],
)
def test_what_cannot_be_read_is_one_clear_error(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SiteConfigError, match=message) as caught:
        read_config_file(tmp_path / name, tmp_path)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(SiteConfigError, match=r"c\.yaml cannot be read: No such file"):
        read_config_file(tmp_path / "c.yaml", tmp_path)


def test_aliases_that_multiply_end_in_an_error_at_once(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    (tmp_path / "c.yaml").write_text("\n".join(lines))
    start = time.perf_counter()
    with pytest.raises(SiteConfigError, match=r"more than 100,000 values; does it repeat YAML aliases\?"):
        read_config_file(tmp_path / "c.yaml", tmp_path)
    assert time.perf_counter() - start < 5


def test_an_alias_that_holds_itself_ends_in_an_error(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("a: &a\n  b: *a\n")
    with pytest.raises(SiteConfigError, match="nested more than 40 levels deep"):
        read_config_file(tmp_path / "c.yaml", tmp_path)


def test_the_folders_are_merged_over_the_root_and_production_over_the_default(tmp_path: Path) -> None:
    write(
        tmp_path,
        **{
            "hugo.toml": "a = 'root'\nb = 'root'\n[params]\nx = 1\ny = 1",
            "config__" + "_default__hugo.yaml": "b: default\nc: default",
            "config__" + "_default__params.toml": "y = 2",
            "config__" + "production__config.json": '{"c": "production"}',
            "config__" + "staging__hugo.yaml": "c: staging",
        },
    )
    config = read_hugo_config(tmp_path)
    assert config.values == {"a": "root", "b": "default", "c": "production", "params": {"x": 1, "y": 2}}
    assert config.files[0] == "hugo.toml"
    assert len(config.files) == 4
    assert read_hugo_config(tmp_path, "staging").values["c"] == "staging"


def test_the_name_of_a_file_is_the_key_of_what_it_holds(tmp_path: Path) -> None:
    write(
        tmp_path,
        **{
            "config___default__languages.toml": "[en]\nweight = 1\n[de]\nweight = 2",
            "config___default__languages.de.yaml": "title: Küste",
            "config___default__params.de.yaml": "color: red",
            "config___default__menus.en.toml": "[[main]]\nname = 'x'",
            "config___default__deep__permalinks.yaml": "posts: /:slug",
        },
    )
    values = read_hugo_config(tmp_path).values
    assert values["languages"]["de"] == {"weight": 2, "title": "Küste", "params": {"color": "red"}}
    assert values["languages"]["en"] == {"weight": 1, "menus": {"main": [{"name": "x"}]}}
    assert values["permalinks"] == {"posts": "/:slug"}


def test_hugo_at_the_root_goes_before_config_and_toml_before_yaml(tmp_path: Path) -> None:
    write(tmp_path, **{"config.toml": "a = 1", "hugo.yaml": "a: 2", "hugo.json": '{"a": 3}'})
    assert read_hugo_config(tmp_path).values == {"a": 2}


def test_a_file_that_cannot_be_read_is_a_warning(tmp_path: Path) -> None:
    write(tmp_path, **{"hugo.toml": "a = 1", "config___default__params.toml": "b = "})
    config = read_hugo_config(tmp_path)
    assert config.values == {"a": 1}
    assert [warning for warning in config.warnings if "params.toml:1" in warning] == list(config.warnings)


def test_nothing_outside_of_the_site_is_read(tmp_path: Path) -> None:
    write(tmp_path, **{"secret.toml": "a = 1", "site__content__a.md": ""})
    (tmp_path / "site" / "hugo.toml").symlink_to(tmp_path / "secret.toml")
    config = read_hugo_config(tmp_path / "site")
    assert config.values == {}
    assert [warning for warning in config.warnings if "leads out of the site" in warning]


def test_merging_leaves_what_is_merged_as_it_was() -> None:
    source = {"a": {"b": 1}}
    target: dict[str, object] = {}
    merge_into(target, source)
    merge_into(target, {"a": {"b": 2}})
    assert (source, target) == ({"a": {"b": 1}}, {"a": {"b": 2}})


def test_values_of_other_kinds_are_none() -> None:
    values = {"text": "x", "number": 3, "list": ["a", 1, " ", None, {"b": 2}], "map": {"c": 1}, "none": None}
    assert [text_at(values, name) for name in values] == ["x", "3", None, None, None]
    assert texts_of(values["list"]) == ("a", "1")
    assert mapping_at(values, "map", "c") == mapping_at(values, "list") == {}
    assert [is_true(value) for value in (True, "True", 1, "0", "no", None, 0, {})] == [True] * 3 + [False] * 5
