"""Suggestions as rows of JSON Lines, JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.entries import TARGET

from recommender import Reason, Suggestion
from recommender.sinks.row_files import COLUMNS, FORMATS, format_of, write_file, write_rows

REASONS = (Reason("title_terms", "titles share: ferry", 0.4, 1.0), Reason("time", "two days apart", 0.1, 0.2))
ROW = Suggestion("ferry-1", "ferry-2", 1, 0.876543, "same-story", REASONS, TARGET, ("b", "c")).to_dict("coast@x")


def text_of(rows: list[dict[str, Any]], form: str) -> str:
    stream = io.StringIO(newline="")
    assert write_rows(rows, stream, form) == len(rows)
    return stream.getvalue()


@pytest.mark.parametrize("rows", [[], [ROW], [ROW, ROW | {"title": 'a "b",\n€'}]])
def test_every_format_holds_the_same_rows(rows: list[dict[str, Any]]) -> None:
    assert [json.loads(line) for line in text_of(rows, "jsonl").splitlines()] == rows
    assert json.loads(text_of(rows, "json")) == rows
    table = list(csv.DictReader(io.StringIO(text_of(rows, "csv"), newline="")))
    assert [line["title"] for line in table] == [row["title"] for row in rows]


def test_csv_has_a_column_for_each_key_and_joins_lists() -> None:
    header, cells = csv.reader(io.StringIO(text_of([ROW], "csv"), newline=""))
    assert tuple(header) == COLUMNS == tuple(ROW)
    line = dict(zip(header, cells, strict=True))
    assert line["reasons"] == "titles share: ferry; two days apart"
    assert line["duplicates"] == "b; c"
    assert (line["rank"], line["score"]) == ("1", "0.876543")
    assert text_of([], "csv") == ",".join(COLUMNS) + "\r\n"
    nothing = replace(TARGET, url=None, provider=None, published_at=None)
    bare = Suggestion("a", "b", 1, 0.5, "background", (), nothing).to_dict()
    [line] = csv.DictReader(io.StringIO(text_of([bare], "csv"), newline=""))
    assert [line[name] for name in ("reasons", "url", "provider", "published_at", "duplicates")] == [""] * 5


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "\uff1d", "\u00a0@"])
@pytest.mark.parametrize("column", ["source", "title", "url", "provider", "reasons", "duplicates"])
def test_no_text_is_a_formula(column: str, start: str) -> None:
    text = f'{start}HYPERLINK("https://evil.example")'
    value = {"reasons": [{"text": text}], "duplicates": [text]}.get(column, text)
    [line] = csv.DictReader(io.StringIO(text_of([ROW | {column: value}], "csv"), newline=""))
    assert line[column] == "'" + text


@given(st.text())
def test_any_text_comes_back_but_for_the_mark(title: str) -> None:
    [line] = csv.DictReader(io.StringIO(text_of([ROW | {"title": title}], "csv"), newline=""))
    assert line["title"] in (title, "'" + title)
    assert line["title"].strip()[:1] not in {"=", "+", "-", "@"} or not title.strip()


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.jsonl", "jsonl"),
        ("a.ndjson", "jsonl"),
        ("a", "jsonl"),
        ("a.JSON", "json"),
        ("a.b.csv", "csv"),
        (".csv", "jsonl"),
    ],
)
def test_the_extension_says_the_format(name: str, form: str) -> None:
    assert format_of(Path(name)) == form


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_that_fails_midway_leaves_the_old_one(tmp_path: Path, form: str) -> None:
    file = tmp_path / "build" / "out"
    assert write_file([ROW], file, form) == 1
    before = file.read_bytes()
    assert before == text_of([ROW], form).encode()

    def failing() -> Any:
        yield ROW
        raise RuntimeError("midway")

    with pytest.raises(RuntimeError, match="midway"):
        write_file(failing(), file, form)
    assert {path.name: path.read_bytes() for path in file.parent.iterdir()} == {"out": before}
