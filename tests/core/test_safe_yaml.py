"""The one YAML reader: what PyYAML's safe loader in Python reads, and one error for everything else."""

from __future__ import annotations

import contextlib
from datetime import UTC, date, datetime
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from recommender.core.safe_yaml import YamlError, parse_yaml

TEXTS = [
    "title: 'It''s over'",
    'title: "a \\" and a \\\\"',
    'a: "\\r\\n\\tx\\\\n \\u00e9 \\x41"',
    "title: Ferry strike ends, at last (really)",
    "title: at http://coast.example/a:b",
    "when: 2020-10-01T19:44:00Z",
    "when: 2020-10-01 19:44:00 -0700",
    "when: 2020-10-01",
    "a: 0\nb: -5\nc: 1.50\nd: -0.0\ne: 100000000000000000\nf: 010\ng: 0x1F\nh: 1_000\ni: 12:30:45\nj: 1e3\nk: .inf",
    "a: true\nb: No\nc: ON\nd: ~\ne:\nf: []\ng: y\nh: nobody\nyes: a",
    "a: 1\na: 2",
    "a:\n- b\n- c\nd: e",
    "a:\n  - b: 1\n    c:\n      - d\n      - e: f\n  - g\nh:\n  i:\n    j: k\n  l: m",
    "a: &x b\nc: *x\nd: &y {e: 1}\nf:\n  <<: *y\n  g: 2",
    "a: |\n  x\n  y\nb: >-\n  x\n  y",
    "a: [1, {b: c}]\nd: {}",
    "a: b #c\n#d\ne: f",
    "---\na: b",
    "a: xé “quoted” 日本 \U0001f600",
    "just a text",
    "",
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_means_what_pyyaml_says(text: str) -> None:
    assert repr(parse_yaml(text)) == repr(yaml.safe_load(text))


@pytest.mark.parametrize("text", ["2020-02-31", "2020-10-01T25:00:00Z", "2020-13-45"])
def test_a_date_that_does_not_exist_stays_a_text(text: str) -> None:
    assert parse_yaml(f"when: {text}") == {"when": text}


ERRORS = {
    "not closed": ('a: 1\nb: "x\nc: y\n', 12, "is no YAML: found unexpected end of stream"),
    "two documents": ("a: 1\n--- x\n", 12, "is no YAML: but found another document"),
    "a tag of Python": ("a: !!python/object/apply:os.getcwd []\n", 11, "is no YAML: could not determine a constructor"),
    "an undefined alias": ("a: *x\n", 11, "is no YAML: found undefined alias"),
    "a control character": ("a: 1\nb: x\x07\n", 12, "holds U+0007, which YAML does not allow; delete it"),
    "a wrong mark": ("a: !!int x\n", 11, "holds a value that is not of the kind it is marked as"),
    "deep flow": ("a: " + "[" * 200_000, 11, "is nested too deeply"),
    "deep blocks": ("a:\n " + "- " * 200_000, 11, "is nested too deeply"),
    "deep indents": ("\n".join(f"{' ' * depth}a:" for depth in range(5000)), 11, "is nested too deeply"),
}


@pytest.mark.parametrize("unique", [False, True])
@pytest.mark.parametrize(("text", "line", "message"), ERRORS.values(), ids=ERRORS)
def test_what_cannot_be_read_is_one_error_with_its_line(text: str, line: int, message: str, unique: bool) -> None:
    with pytest.raises(YamlError) as caught:
        parse_yaml(text, first_line=11, unique=unique)
    assert str(caught.value).startswith(message)
    assert caught.value.line == line


def test_a_key_given_twice_can_be_refused() -> None:
    text = "a: 1\nb:\n  - c: 1\n    d: 2\n    c: 3\n"
    assert parse_yaml(text) == {"a": 1, "b": [{"c": 3, "d": 2}]}
    for deep in ("", "e: [" + "[], " * 1500 + "]\n"):  # so many brackets are read by the other loader
        with pytest.raises(YamlError, match="is no YAML: it names c more than once") as caught:
            parse_yaml(deep + text, unique=True)
        assert caught.value.line == 3 + bool(deep)
        assert parse_yaml(deep + "1: a\n'1': b\n", unique=True)["1"] == "b"  # a number and a text


def test_both_loaders_read_the_same() -> None:
    flat = "a: 2020-02-30\nb: 2020-10-01\nc: 2020-10-01T19:44:00Z\n"
    wanted = {"a": "2020-02-30", "b": date(2020, 10, 1), "c": datetime(2020, 10, 1, 19, 44, tzinfo=UTC)}
    assert parse_yaml(flat) == wanted
    assert parse_yaml(f"{flat}d: [{'[], ' * 1500}]\n") == {**wanted, "d": [[]] * 1500}


@given(st.text(max_size=60) | st.text("[]{}&*!|>?-:,# \n'\"%@`ab01", max_size=60), st.booleans())
def test_nothing_gets_past_the_one_error(text: str, unique: bool) -> None:
    with contextlib.suppress(YamlError):
        parse_yaml(text, unique=unique)


trees = st.recursive(
    st.one_of(st.text(max_size=10), st.integers(), st.booleans(), st.none(), st.dates(), st.datetimes()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abcdxyz", min_size=1), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.text("abcdxyz", min_size=1), trees, max_size=5), st.sampled_from([None, '"', "'"]))
def test_what_a_program_writes_is_read_back(record: dict[str, Any], style: str | None) -> None:
    text = yaml.safe_dump(record, default_flow_style=False, default_style=style, allow_unicode=True)
    assert repr(parse_yaml(text, unique=True)) == repr(yaml.safe_load(text))
