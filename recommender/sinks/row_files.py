"""Writes suggestions as rows: a JSON object a line, one JSON array, or CSV; a file as a whole or not at all."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TextIO

from recommender.core.files import replacing

Row = Mapping[str, Any]

JSON_LINES, JSON, CSV = "jsonl", "json", "csv"
# As of `Suggestion.to_dict`; a file of no suggestions has them in its header, too.
COLUMNS = (
    *("source", "target", "rank", "score", "kind", "reasons"),
    *("title", "url", "provider", "published_at", "model", "source_url", "duplicates"),
)
# Spreadsheets take a text that begins so for a formula, some of them also with wide signs or after spaces.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def format_of(path: Path) -> str:
    """Return the format that the extension of a file says: ``json``, ``csv``, or ``jsonl`` for all others.

    >>> format_of(Path("build/suggestions.csv"))
    'csv'
    """
    suffix = path.suffix.lower().removeprefix(".")
    return suffix if suffix in FORMATS else JSON_LINES


def write_rows(rows: Iterable[Row], stream: TextIO, form: str = JSON_LINES) -> int:
    """Write JSON-ready objects in one of `FORMATS`; return their number.

    CSV has a column for each of `COLUMNS`, and no others may come.
    """
    return _WRITERS[form](rows, stream)


def write_file(rows: Iterable[Row], path: Path, form: str = JSON_LINES) -> int:
    """Write a file in one of `FORMATS`; readers see the old file or the new one. Return the number of rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8", newline="")
        count = write_rows(rows, text, form)
        text.detach()
    return count


def _write_lines(rows: Iterable[Row], stream: TextIO) -> int:
    count = 0
    for row in rows:
        stream.write(json.dumps(row, ensure_ascii=False) + "\n")
        count += 1
    return count


def _write_array(rows: Iterable[Row], stream: TextIO) -> int:
    """Write the array row by row: all rows of a large site would not fit into memory."""
    count = 0
    for row in rows:
        stream.write((",\n" if count else "[\n") + json.dumps(row, ensure_ascii=False))
        count += 1
    stream.write("\n]\n" if count else "[]\n")
    return count


def _write_csv(rows: Iterable[Row], stream: TextIO) -> int:
    table = csv.DictWriter(stream, COLUMNS, lineterminator="\r\n")
    table.writeheader()
    count = 0
    for row in rows:
        table.writerow({name: _cell(value) for name, value in row.items()})
        count += 1
    return count


def _cell(value: Any) -> Any:
    """Return a value for a cell: lists joined, and a text that a spreadsheet would compute marked as a text."""
    if isinstance(value, list):
        value = "; ".join(entry["text"] if isinstance(entry, Mapping) else str(entry) for entry in value)
    if isinstance(value, str) and (value.startswith(_FORMULA) or value.lstrip().startswith(_FORMULA)):
        return "'" + value
    return value


_WRITERS: Mapping[str, Callable[[Iterable[Row], TextIO], int]] = {
    JSON_LINES: _write_lines,
    JSON: _write_array,
    CSV: _write_csv,
}
FORMATS = tuple(_WRITERS)
