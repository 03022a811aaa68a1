"""Writes suggestions as JSON, one object a line; a file is written as a whole or not at all."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TextIO

from recommender.core.files import replacing


def write_lines(rows: Iterable[Mapping[str, Any]], stream: TextIO) -> int:
    """Write a line for each JSON-ready object; return the number of lines."""
    count = 0
    for row in rows:
        stream.write(json.dumps(row, ensure_ascii=False) + "\n")
        count += 1
    return count


def write_file(rows: Iterable[Mapping[str, Any]], path: Path) -> int:
    """Write a file of such lines; readers see the old file or the new one. Return the number of lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8", newline="\n")
        count = write_lines(rows, text)
        text.detach()
    return count
