"""Plain-text tables, the same on a terminal, in a log and in a file."""

from __future__ import annotations

import math
from collections.abc import Sequence

from recommender.evaluation.bootstrap import Estimate


def text_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table with columns aligned by spaces: the first one to the left, the others to the right.

    >>> print(text_table(["model", "P@5"], [["random", "0.01"], ["engine", "0.5"]]))
    model    P@5
    ------  ----
    random  0.01
    engine   0.5
    """
    widths = [max(len(line[column]) for line in [headers, *rows]) for column in range(len(headers))]
    lines = [headers, ["-" * width for width in widths], *rows]
    return "\n".join(_line(line, widths) for line in lines)


def number(value: float | None, decimals: int = 3, sign: str = "") -> str:
    """Return a figure with so many decimal places, a dash where it is undefined; with `sign` "+" gains show a plus.

    >>> number(0.12345), number(float("nan"))
    ('0.123', '-')
    """
    if value is None or not math.isfinite(value):
        return "-"
    return f"{value:{sign}.{decimals}f}"


def interval(estimate: Estimate, sign: str = "") -> str:
    """Return a figure and, in brackets, its 95 % interval.

    >>> interval(Estimate(0.5, 0.25, 0.75))
    '0.500 [0.250, 0.750]'
    """
    value = number(estimate.value, sign=sign)
    return f"{value} [{number(estimate.low, sign=sign)}, {number(estimate.high, sign=sign)}]"


def percent(value: float) -> str:
    """Return a share as a whole percentage, a dash where it is undefined.

    >>> percent(0.914)
    '91 %'
    """
    return f"{100 * value:.0f} %" if math.isfinite(value) else "-"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [cells[0].ljust(widths[0])]
    padded += [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
    return "  ".join(padded).rstrip()
