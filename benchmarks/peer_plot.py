"""A plot of how figures grow: a line for each peer on two logarithmic axes, with its name at its end."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

# Okabe and Ito's colours, which most colour-blind readers tell apart; yellow is too pale for words
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b87a00", "#3b9fd6", "#000000")
GAP = 0.15  # between two names, in powers of ten of the vertical axis


def draw(medians: Mapping[str, Mapping[int, float]], stopped: Mapping[str, str], figure: str, path: Path) -> None:
    """Draw the figures of each name by number of articles, and write them as a PNG.

    Parameters
    ----------
    medians
        By name and number of articles.
    stopped
        By name, why its line ends early, in a few words.
    figure
        The measured quantity, with its unit.
    """
    from matplotlib.figure import Figure
    from matplotlib.patheffects import withStroke

    canvas = Figure(figsize=(9, 5.2), layout="constrained")
    axes = canvas.subplots()
    axes.set(xscale="log", yscale="log", xlabel="articles", ylabel=figure)
    sizes = sorted({size for by_size in medians.values() for size in by_size})
    # the names of lines that end at the larger sizes may overlap each other
    last = {name: by_size[max(by_size)] for name, by_size in medians.items() if max(by_size) >= sizes[len(sizes) // 2]}
    heights = spread(last)
    halo = [withStroke(linewidth=3, foreground="white")]  # keeps a name readable on another's line
    for number, ((name, by_size), colour) in enumerate(zip(medians.items(), COLOURS, strict=False)):
        width = 2 if number else 3.5  # the first is the engine
        axes.plot(list(by_size), list(by_size.values()), marker="o", markersize=4, linewidth=width, color=colour)
        end = max(by_size)
        text = f"{name}, then {stopped[name]}" if name in stopped else name
        label = axes.annotate(text, (end, heights.get(name, by_size[end])), xytext=(8, 0), textcoords="offset points")
        label.set(va="center", color=colour, fontsize=9, path_effects=halo)
    _scale(axes, sizes)
    path.parent.mkdir(parents=True, exist_ok=True)
    canvas.savefig(path, dpi=120, metadata={"Software": None})


def spread(values: Mapping[str, float], gap: float = GAP) -> dict[str, float]:
    """Return heights of names near their values, no two of them closer than `gap` powers of ten.

    >>> {name: round(height, 2) for name, height in spread({"a": 1.0, "b": 1.0, "c": 10.0}, gap=0.2).items()}
    {'a': 1.0, 'b': 1.58, 'c': 10.0}
    """
    heights: dict[str, float] = {}
    last = -math.inf
    for name in sorted(values, key=lambda name: values[name]):
        last = max(math.log10(values[name]), last + gap)
        heights[name] = 10**last
    return heights


def _scale(axes: Any, sizes: Sequence[int]) -> None:
    """Mark the measured sizes, leave room for names, and write plain numbers."""
    from matplotlib.ticker import NullLocator

    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlim(right=sizes[-1] * max((sizes[-1] / sizes[0]) ** 0.45, 1.5))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.grid(visible=True, which="major", color="#e4e4e4", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
