"""How far a job is: a bar on a terminal, plain lines in a log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

import click
from rich.console import Console
from rich.progress import track

LEAST = 100  # articles between two lines: a smaller site is done before a line could be read

T = TypeVar("T")


def progress(steps: Iterable[T], total: int) -> Iterable[T]:
    """Show on stderr how many of `total` steps are done."""
    console = Console(stderr=True)
    if console.is_terminal:
        return track(steps, "suggesting", total=total, console=console)
    return progress_lines(steps, total)


def progress_lines(steps: Iterable[T], total: int) -> Iterator[T]:
    """Write a line after each tenth of the steps, but at most one for each hundred."""
    interval = max(LEAST, -(-total // 10))
    for count, step in enumerate(steps, start=1):
        yield step
        if count % interval == 0 or (count == total and total > interval):
            click.echo(f"suggesting: {count:,} of {total:,} articles", err=True)
