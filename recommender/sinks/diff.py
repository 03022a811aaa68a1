"""Unified diffs of articles, as `git apply` and `patch` read them."""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Iterator, Sequence

_CONTEXT = 3


def unified(name: str, old: bytes, new: bytes) -> Iterator[bytes]:
    r"""Yield the diff of two files that differ in one place, whose context never shows anything of `secured`.

    Lines end in ``\n`` alone: a carriage return is a part of its line.
    """
    before, after = (re.findall(rb"[^\n]*\n|[^\n]+", data) for data in (old, new))
    first = _common(before, after)
    last = _common(before[first:][::-1], after[first:][::-1])
    opaque = _secured(before)
    lead = list(itertools.takewhile(lambda row: row not in opaque, range(first - 1, max(-1, first - 1 - _CONTEXT), -1)))
    end = len(before) - last
    tail = list(itertools.takewhile(lambda row: row not in opaque, range(end, min(len(before), end + _CONTEXT))))
    start, more = first - len(lead), len(after) - len(before)
    old_rows, new_rows = end + len(tail) - start, end + len(tail) - start + more
    yield f"--- a/{name}\n+++ b/{name}\n".encode()
    yield f"@@ -{start + bool(old_rows)},{old_rows} +{start + bool(new_rows)},{new_rows} @@\n".encode()
    inner = _changed(before[first:end], after[first : len(after) - last])
    for line in [*(b" " + before[row] for row in reversed(lead)), *inner, *(b" " + before[row] for row in tail)]:
        yield line if line.endswith(b"\n") else line + b"\n\\ No newline at end of file\n"


def _changed(before: Sequence[bytes], after: Sequence[bytes]) -> Iterator[bytes]:
    for kind, *rows in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            yield from (b" " + line for line in before[rows[0] : rows[1]])
        else:
            yield from (b"-" + line for line in before[rows[0] : rows[1]])
            yield from (b"+" + line for line in after[rows[2] : rows[3]])


def _common(one: Sequence[bytes], other: Sequence[bytes]) -> int:
    """Return how many lines two lists have in common at their beginning."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))


def _secured(lines: Sequence[bytes]) -> set[int]:
    """Return the rows of the opaque field."""
    rows: set[int] = set()
    for row, line in enumerate(lines):
        if line.startswith(b"secured") or (row - 1 in rows and (line.startswith((b" ", b"\t")) or not line.strip())):
            rows.add(row)
    return rows
