"""The generated sections of RESULTS.md: tables, the conditions of measurement, and the markers around them."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS.md")


def replaced(text: str, name: str, content: str) -> str:
    r"""Return a document with new content in one generated section; all else stays the same.

    Raises
    ------
    ValueError
        Where the document does not have exactly one such section.

    >>> replaced("Before. <!-- sum -->3<!-- /sum --> After.", "sum", "4")
    'Before. <!-- sum -->\n\n4\n\n<!-- /sum --> After.'
    """
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    if text.count(start) != 1 or text.count(end) != 1 or text.index(start) > text.index(end):
        raise ValueError(f"one section {start} ... {end} is needed; put these two lines where the figures should be")
    before, rest = text.split(start)
    after = rest.split(end)[1]
    return f"{before}{start}\n\n{content.strip()}\n\n{end}{after}"


def write_section(name: str, content: str, path: Path = RESULTS) -> None:
    """Put content into one generated section of a file."""
    # bytes, so that line ends outside stay what they are
    text = path.read_bytes().decode()
    path.write_bytes(replaced(text, name, content).encode())


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table, its first column to the left, the others to the right.

    >>> print(markdown_table(["", "100"], [["fit, s", "0.5"]]))
    |  | 100 |
    |---|---:|
    | fit, s | 0.5 |
    """
    rule = "|---|" + "---:|" * (len(header) - 1)
    return "\n".join([_line(header), rule, *map(_line, rows)])


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def conditions() -> str:
    """Return one sentence on the machine, now."""
    load = f", load {os.getloadavg()[1]:.1f}" if hasattr(os, "getloadavg") else ""
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d} with Python {platform.python_version()} "
        f"on {os.cpu_count()} cores{load} at the end."
    )
