"""Suggestions as JSON, one object a line; a file is written as a whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from recommender.records import Suggestion


def to_line(suggestion: Suggestion, model: str | None = None) -> str:
    """Return a suggestion as one line of JSON, without the line's end."""
    return json.dumps(suggestion.to_dict(model), ensure_ascii=False)


def write_lines(suggestions: Iterable[Suggestion], stream: TextIO, model: str | None = None) -> int:
    """Write a line for each suggestion; return how many."""
    count = 0
    for suggestion in suggestions:
        stream.write(to_line(suggestion, model) + "\n")
        count += 1
    return count


def write_file(suggestions: Iterable[Suggestion], path: Path, model: str | None = None) -> int:
    """Write a file of suggestions; readers see the old file or the new one, never a part. Return the lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, made = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with open(handle, "w", encoding="utf-8", newline="\n") as stream:
            count = write_lines(suggestions, stream, model)
            stream.flush()
            os.fsync(handle)
        os.chmod(made, 0o644)
        os.replace(made, path)
    finally:
        Path(made).unlink(missing_ok=True)
    return count
