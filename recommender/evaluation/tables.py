"""Plain-text tables, the same on a terminal, in a log and in a file."""

from __future__ import annotations

import math
from collections.abc import Sequence

from recommender.evaluation.bootstrap import Estimate, Figure
from recommender.evaluation.measures import PRIMARY

MEANS = (f"{PRIMARY} | articles", f"{PRIMARY} | stories")  # headers of the columns of `intervals`


def text_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table with columns aligned by spaces: the first one to the left, the others to the right.

    >>> print(text_table(["model", "P@5"], [["random", "0.01"], ["engine", "0.5"]]))
    model    P@5
    ------  ----
    random  0.01
    engine   0.5
    """
    widths = [max(map(len, cells)) for cells in zip(headers, *rows, strict=True)]
    lines = []
    for first, *cells in [headers, ["-" * width for width in widths], *rows]:
        padded = [cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True)]
        lines.append("  ".join([first.ljust(widths[0]), *padded]).rstrip())
    return "\n".join(lines)


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


def intervals(figure: Figure, sign: str = "") -> list[str]:
    """Return both means of a figure as of `interval`: over articles, and over stories."""
    return [interval(figure.over_articles, sign), interval(figure.over_stories, sign)]


def percent(value: float) -> str:
    """Return a share as a whole percentage, a dash where it is undefined.

    >>> percent(0.914)
    '91 %'
    """
    return f"{100 * value:.0f} %" if math.isfinite(value) else "-"
