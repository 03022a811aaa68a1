"""What several verbs print: how far a job is, what could not be read, and articles with their scores."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import click
from rich.console import Console
from rich.progress import track

from recommender.core.records import Article, Suggestion
from recommender.corpus.corpus import Corpus

LEAST = 100  # articles between two lines: a smaller site is done before a line could be read

MOST_ALIKE = 3  # lines of one kind that are all printed
_VARYING = re.compile(r"""'[^']*'|"[^"]*"|\S*\d\S*|\S*/\S*""")

T = TypeVar("T")


def progress(steps: Iterable[T], total: int) -> Iterable[T]:
    """Show on stderr how many of `total` steps are done: a bar on a terminal, plain lines in a log."""
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


def report_skipped(corpus: Corpus) -> None:
    """Report on stderr what could not be read, and warnings; of many of one kind how many there are, and the first."""
    verbose = logging.getLogger().isEnabledFor(logging.INFO)
    for lines in (corpus.report.skipped, corpus.report.warnings):
        for line in lines if verbose else grouped(lines):
            click.echo(line, err=True)
    if verbose:
        for lost, remaining in corpus.merged:
            click.echo(f"{lost} is merged into {remaining}: they share an id or an address", err=True)


def grouped(lines: Iterable[str]) -> list[str]:
    """Return messages, those of many lines of one kind as the first of them and the number of the others.

    Messages are of one kind that differ in the file, the line, numbers and quoted values only.
    """
    groups: dict[str, list[str]] = {}
    for line in lines:
        groups.setdefault(_VARYING.sub("~", line.partition(": ")[2] or line), []).append(line)
    return [
        line
        for same in groups.values()
        for line in (same if len(same) <= MOST_ALIKE else [f"{same[0]} (and {len(same) - 1:,} more like it)"])
    ]


def echo_sources(corpus: Corpus, target: Article, suggestions: Sequence[Suggestion], none: str) -> None:
    """Print an article and the sources of these suggestions of it; `none` where there is none."""
    click.echo(f"{target.id}: {target.title}")
    for suggestion in suggestions:
        source = corpus[corpus.row(suggestion.source_id)]
        click.echo(f"  {suggestion.score:.3f}  {source.id}: {source.title}")
    if not suggestions:
        click.echo(f"  {none}")
