"""Unified diffs of articles, as `git apply` and `patch` read them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, takewhile

_CONTEXT = 3


def unified_diff(name: str, old: bytes | None, new: bytes | None) -> Iterator[bytes]:
    r"""Yield the diff of two contents of a file, without a line of `secured` as context; None where there is no file.

    Lines end in ``\n`` alone: a carriage return is a part of its line.
    """
    old_name = "--- /dev/null" if old is None else f"--- a/{name}"
    new_name = "+++ /dev/null" if new is None else f"+++ b/{name}"
    old_lines, new_lines = (re.findall(rb"[^\n]*\n|[^\n]+", data) for data in (old or b"", new or b""))
    first = _common_length(old_lines, new_lines)
    tail = _common_length(old_lines[first:][::-1], new_lines[first:][::-1])
    end, new_end = len(old_lines) - tail, len(new_lines) - tail
    secured = _secured_lines(old_lines)
    start = first - _context_length(reversed(range(first)), secured)
    stop = end + _context_length(range(end, len(old_lines)), secured)
    old_count, new_count = stop - start, stop - start + new_end - end
    yield f"{old_name}\n{new_name}\n".encode()
    # A range of no lines is named after the line before it, any other after its first line, from 1.
    yield f"@@ -{start + bool(old_count)},{old_count} +{start + bool(new_count)},{new_count} @@\n".encode()
    for line in [
        *(b" " + line for line in old_lines[start:first]),
        *_changed_lines(old_lines[first:end], new_lines[first:new_end]),
        *(b" " + line for line in old_lines[end:stop]),
    ]:
        yield line if line.endswith(b"\n") else line + b"\n\\ No newline at end of file\n"


def _changed_lines(old_lines: Sequence[bytes], new_lines: Sequence[bytes]) -> Iterator[bytes]:
    matcher = difflib.SequenceMatcher(None, old_lines, new_lines, autojunk=False)
    for kind, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        if kind == "equal":
            yield from (b" " + line for line in old_lines[old_start:old_end])
        else:
            yield from (b"-" + line for line in old_lines[old_start:old_end])
            yield from (b"+" + line for line in new_lines[new_start:new_end])


def _common_length(first: Sequence[bytes], second: Sequence[bytes]) -> int:
    """Return how many lines two lists have in common at their beginning."""
    pairs = zip(first, second, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _context_length(line_numbers: Iterable[int], secured: set[int]) -> int:
    """Return how many lines may be shown as context, given the numbers of the lines from the change outwards."""
    return sum(1 for _ in takewhile(lambda number: number not in secured, islice(line_numbers, _CONTEXT)))


def _secured_lines(lines: Sequence[bytes]) -> set[int]:
    """Return the numbers, from 0, of the lines of the field `secured`, which is nobody's to see."""
    secured: set[int] = set()
    for number, line in enumerate(lines):
        continued = number - 1 in secured and (line.startswith((b" ", b"\t")) or not line.strip())
        if continued or line.startswith(b"secured"):
            secured.add(number)
    return secured
