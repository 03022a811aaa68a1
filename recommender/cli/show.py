"""The verb that shows the suggestions of a few articles to a person."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click
from rich.console import Console
from rich.table import Table

from recommender.cli.options import MODEL, SITE, SiteOptions, site_options
from recommender.core.records import Article, Suggestion


@click.command(epilog="Example: recommender show examples/newsroom --articles 3")
@SITE
@click.option("--articles", default=4, show_default=True, type=click.IntRange(min=1), help="How many articles to show.")
@click.option("-k", default=3, show_default=True, type=click.IntRange(min=1), help="Suggestions for each.")
@MODEL
@site_options
def show(options: SiteOptions, articles: int, k: int) -> None:
    """Print the suggestions of a few articles of SITE, spread over its time, as a table."""
    model = options.model()
    console = Console(width=None if sys.stdout.isatty() else 120)
    for article in _evenly_spaced(model.corpus, articles):
        console.print(_table(article.title, model.suggest(article.id, k=k)))


def _evenly_spaced(articles: Sequence[Article], count: int) -> Sequence[Article]:
    step = max(1, len(articles) // (count + 1))
    first = step if len(articles) > count else 0
    return articles[first::step][:count]


def _table(title: str, suggestions: Sequence[Suggestion]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", show_edge=False)
    for name in ("score", "kind", "suggestion", "because"):
        table.add_column(name, justify="right" if name == "score" else "left", overflow="fold")
    for suggestion in suggestions:
        reasons = "; ".join(reason.text for reason in suggestion.reasons[:2])
        n_duplicates = len(suggestion.duplicates)
        duplicates = f" (and {n_duplicates} with the same text)" if n_duplicates else ""
        table.add_row(f"{suggestion.score:.2f}", suggestion.kind, suggestion.target.title + duplicates, reasons)
    return table
