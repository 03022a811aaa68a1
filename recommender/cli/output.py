"""What several verbs print: how far a job is, what could not be read, and articles with their scores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import click
from rich.console import Console
from rich.progress import track

from recommender.core.records import Article, Suggestion
from recommender.corpus.corpus import Corpus

LEAST = 100  # articles between two lines: a smaller site is done before a line could be read

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
    """Report on stderr what could not be read."""
    for line in (*corpus.report.skipped, *corpus.report.warnings):
        click.echo(line, err=True)


def echo_sources(corpus: Corpus, target: Article, suggestions: Sequence[Suggestion], none: str) -> None:
    """Print an article and the sources of these suggestions of it; `none` where there is none."""
    click.echo(f"{target.id}: {target.title}")
    for suggestion in suggestions:
        source = corpus[corpus.row(suggestion.source_id)]
        click.echo(f"  {suggestion.score:.3f}  {source.id}: {source.title}")
    if not suggestions:
        click.echo(f"  {none}")
