"""A picture of how figures grow: a line for each peer on two logarithmic axes, its name at its end."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

# Okabe and Ito's colours, which most colour-blind readers tell apart
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
GAP = 0.15  # between two names, in powers of ten of the vertical axis


def draw(medians: Mapping[str, Mapping[int, float]], figure: str, path: Path) -> None:
    """Draw the figures of each name by number of articles, and write them as a PNG."""
    from matplotlib.figure import Figure

    canvas = Figure(figsize=(9, 5.2), layout="constrained")
    axes = canvas.subplots()
    axes.set(xscale="log", yscale="log", xlabel="articles", ylabel=figure)
    ends = [(max(of), of[max(of)]) for of in medians.values()]
    heights = spread([value for _, value in ends])
    for (name, of), (size, _), height, colour in zip(medians.items(), ends, heights, COLOURS, strict=False):
        axes.plot(list(of), list(of.values()), marker="o", markersize=4, linewidth=2, color=colour)
        axes.annotate(
            name, (size, height), xytext=(8, 0), textcoords="offset points", va="center", color=colour, fontsize=9
        )
    _scale(axes, sorted({size for of in medians.values() for size in of}))
    path.parent.mkdir(parents=True, exist_ok=True)
    canvas.savefig(path, dpi=130, metadata={"Software": None})


def spread(values: Sequence[float], gap: float = GAP) -> list[float]:
    """Return heights of names near their values, no two of them closer than a gap in powers of ten.

    >>> [round(height, 2) for height in spread([1.0, 1.0, 10.0], gap=0.2)]
    [1.0, 1.58, 10.0]
    """
    heights = [0.0] * len(values)
    last = -math.inf
    for place in sorted(range(len(values)), key=lambda place: values[place]):
        last = heights[place] = max(math.log10(values[place]), last + gap)
    return [10**height for height in heights]


def _scale(axes: Any, sizes: Sequence[int]) -> None:
    """Mark the sizes that were measured, leave room for names, and write plain numbers."""
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.xaxis.set_minor_locator(_no_ticks())
    axes.set_xlim(right=sizes[-1] * (sizes[-1] / sizes[0]) ** 0.45)
    axes.yaxis.set_major_formatter("{x:g}")
    axes.grid(visible=True, which="major", color="#dddddd", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _no_ticks() -> Any:
    from matplotlib.ticker import NullLocator

    return NullLocator()
