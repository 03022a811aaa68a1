"""Writes suggestions as JSON, one object a line; a file is written as a whole or not at all."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TextIO

from recommender.core.files import replacing
from recommender.core.records import Suggestion


def to_line(suggestion: Suggestion, model: str | None = None) -> str:
    """Return a suggestion as one line of JSON, without the line's end."""
    return json.dumps(suggestion.to_dict(model), ensure_ascii=False)


def write_lines(suggestions: Iterable[Suggestion], stream: TextIO, model: str | None = None) -> int:
    """Write a line for each suggestion; return the number of lines."""
    count = 0
    for suggestion in suggestions:
        stream.write(to_line(suggestion, model) + "\n")
        count += 1
    return count


def write_file(suggestions: Iterable[Suggestion], path: Path, model: str | None = None) -> int:
    """Write a file of suggestions; readers see the old file or the new one. Return the number of lines."""
    return write_rows((suggestion.to_dict(model) for suggestion in suggestions), path)


def write_rows(rows: Iterable[Mapping[str, Any]], path: Path) -> int:
    """Write a file of JSON-ready objects, one a line, as a whole or not at all. Return the number of lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with replacing(path) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8", newline="\n")
        for row in rows:
            text.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
        text.detach()
    return count
