"""The fast reader of plain YAML against PyYAML: the same value, of the same types, or a refusal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from recommender.core.plain_yaml import NotPlainError, parse_plain_yaml
from recommender.sources.front_matter import HeaderError, _parse_by_pyyaml, parse_yaml

PLAIN = [
    'title: "Ferry strike ends"',
    "title: 'It''s over'",
    'title: "a \\" and a \\\\"',
    "title: Ferry strike ends, at last (really)",
    "title: at http://coast.example/a:b",
    "when: 2020-10-01T19:44:00Z",
    "when: 2020-10-01 19:44:00",
    "when: 2020-10-01T19:44:00.5Z",
    "when: 2020-10-01",
    "when: 2020-02-31",
    "when: 2020-10-01T25:00:00Z",
    "when: 2020-10-01T24:00:00Z",
    "a: 0\nb: -5\nc: 1.50\nd: -0.0\ne: 100000000000000000",
    "a: true\nb: false\nc: null\nd: ~\ne:\nf: []",
    "a: y\nb: n\nc: nobody\nd: online\ne: nULLs",
    'a: "\\r\\n\\tx\\\\n"',
    "a: 1\na: 2",
    "a:\n- b\n- c\nd: e",
    "a:\n  - b: 1\n    c:\n      - d\n      - e: f\n  - g\nh:\n  i:\n    j: k\n  l: m",
    "a:\n  - b:\n    - c\n    d: 1",
    "- a\n- b: c",
    "a:\n\n  - b\n\n",
    "",
    'provider:\n  name: Coast Courier \n  images:\n    - url: "https://coast.example/a.jpg"\n      width: 50\n',
    "a: xé “quoted” 日本 \U0001f600",
]
NOT_PLAIN = [
    *("a: yes", "a: No", "a: ON", "a: True", "a: NULL", "yes: a", "on: a", "null: a"),
    *("a: 010", "a: 0o10", "a: 0x1F", "a: 1_000", "a: 1:30", "a: 12:30:45", "a: 1e3", "a: .5", "a: 5.", "a: +1"),
    *("a: .inf", "a: 1 2", "a: 08", "a: 2020-1-1", "a: 2020-10-01T19:44", "a: 2020-10-01 19:44:00 -0700"),
    *("a: &x b", "a: *x", "a: !!str 1", "a: !x y", "<<: {b: 1}", "b: &x {c: 1}\n<<: *x", "a: =", "? a\n: b"),
    *("a: |\n  x", "a: >-\n  x", 'a: "x\n  y"', "a: x\n  y", "a: 'x\n  y'", "a: [1, 2]", "a: {b: c}", "a: {}"),
    *("a: b #c", "#c\na: b", "a: b: c", "a: x:", "a: - b", "a:\tb", "\ta: b", "a : b", '"a": b', "[a]: b"),
    *('a: "\\u00e9"', 'a: "\\x41"', 'a: "x', "a: 'x", "a: 'x' y", 'a: "x"#c', "a: @x", "a: %x", "a: `x", "---\na: b"),
    *("a: x\u2028y", 'a: "x\x85y"', 'a: "x\ufeffy"', "a: x\x07", "%YAML 1.2\n---\na: b", "a: x\n...", "just a text"),
    *("a: 1\n  b: 2", "a: 1\n- b", "  a: 1\nb: 2", "a:\n    b: 1\n  c: 2", "- a\nb: 1", "- a:\n- - b", "-", "a:\n -b"),
    "\n".join(f"{' ' * depth}a:" for depth in range(60)),
]


def by_pyyaml(text: str) -> str:
    """Return what the careful reader makes of a text, types and all, or its refusal."""
    try:
        return repr(_parse_by_pyyaml(text, 1))
    except HeaderError as error:
        return f"{error.line}: {error}"


@pytest.mark.parametrize("text", PLAIN)
def test_plain_texts_mean_what_pyyaml_says(text: str) -> None:
    assert repr(parse_plain_yaml(text)) == by_pyyaml(text)


@pytest.mark.parametrize("text", NOT_PLAIN)
def test_what_is_not_plain_is_left_to_pyyaml(text: str) -> None:
    with pytest.raises(NotPlainError):
        parse_plain_yaml(text)
    try:
        read = repr(parse_yaml(text, 1))
    except HeaderError as error:
        read = f"{error.line}: {error}"
    assert read == by_pyyaml(text)


def test_the_example_site_is_written_in_plain_yaml() -> None:
    """What the fast reader is for; were it refused, the speed would be gone and no other test would tell."""
    texts = [file.read_text(encoding="utf-8") for file in Path("examples/newsroom/_news").glob("*.md")]
    headers = [text.split("\n---\n")[0].removeprefix("---\n") for text in texts]
    refused = 0
    for header in headers:
        try:
            assert repr(parse_plain_yaml(header)) == by_pyyaml(header)
        except NotPlainError:
            refused += 1
    assert refused <= len(headers) // 4


names = st.sampled_from(["a", "title", "b-c", "_d", "on", "yes", "E1", "null", "x y"])
odd = st.text(st.sampled_from("\"'\\#:-[]{}&*!|>?,%@`~ .+_0189TZxéyn\u2028\ufeff\xa0\t"), max_size=8)
fit = st.one_of(
    st.text("abz ,.()/-é“日'\"!?", max_size=12),
    st.integers(-(10**12), 10**12).map(str),
    st.floats(allow_nan=False).map(str),
    st.datetimes().map(lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%SZ")),
    st.dates().map(str),
    st.sampled_from(["true", "false", "yes", "Off", "null", "~", "[]", "010", "1:30", "2021-02-30", "0b1"]),
)
scalars = st.one_of(
    fit,
    odd,
    st.text(max_size=8),
    fit.map(lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'),
    odd.map(lambda text: f'"{text}"'),
    odd.map(lambda text: "'" + text.replace("'", "''") + "'"),
)
lines = st.tuples(st.sampled_from([0, 0, 0, 1, 2, 2, 4, 6]), st.sampled_from(["", "", "- ", "-  "]), names, scalars)


def written(line: tuple[int, str, str, str], bare: bool) -> str:
    indent, dash, name, value = line
    return " " * indent + dash + (value if bare else f"{name}: {value}".rstrip() if not value else f"{name}: {value}")


@given(st.lists(st.tuples(lines, st.booleans()), max_size=7))
def test_any_lines_are_read_as_pyyaml_reads_them_or_refused(generated: list[tuple[Any, bool]]) -> None:
    text = "\n".join(written(line, bare and bool(line[1])) for line, bare in generated)
    try:
        plain = parse_plain_yaml(text)
    except NotPlainError:
        return
    assert repr(plain) == by_pyyaml(text)


@given(scalars, scalars)
def test_any_value_is_read_as_pyyaml_reads_it_or_refused(first: str, second: str) -> None:
    text = f"a: {first}\nb:\n  - {second}\n  - c: {first}\n"
    try:
        plain = parse_plain_yaml(text)
    except NotPlainError:
        return
    assert repr(plain) == by_pyyaml(text)


trees = st.recursive(
    st.one_of(st.text(max_size=10), st.integers(), st.booleans(), st.none(), st.dates(), st.datetimes()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abcdxyz", min_size=1), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.text("abcdxyz", min_size=1), trees, max_size=5), st.sampled_from([None, '"', "'"]))
def test_what_a_program_writes_is_read_back(record: dict[str, Any], style: str | None) -> None:
    text = yaml.safe_dump(record, default_flow_style=False, default_style=style, allow_unicode=True, width=1000)
    try:
        plain = parse_plain_yaml(text)
    except NotPlainError:
        return
    assert repr(plain) == by_pyyaml(text)


@given(st.lists(st.text("abc ,.\"'éZ", max_size=20), min_size=1, max_size=4), st.integers(), st.datetimes())
def test_front_matter_in_double_quotes_is_always_plain(texts: list[str], number: int, moment: Any) -> None:
    quoted = ['"' + text.replace('"', '\\"') + '"' for text in texts]
    number = number % 10**15
    header = "\n".join(
        [
            f"title: {quoted[0]}",
            f"publishedDateTime: {moment:%Y-%m-%d}",
            f"quality: {number}",
            "related:",
            *(f"  - title: {text}\n    provider:\n      name: {text}" for text in quoted),
        ]
    )
    if moment.year < 1000:
        return
    assert parse_plain_yaml(header) == {
        "title": texts[0],
        "publishedDateTime": moment.date(),
        "quality": number,
        "related": [{"title": text, "provider": {"name": text}} for text in texts],
    }
