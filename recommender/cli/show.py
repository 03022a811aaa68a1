"""The verbs that show a person the suggestions of a few articles, and explain the score of a link."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

import click
from rich.console import Console
from rich.table import Table

from recommender.cli.options import MODEL, SITE, SOURCE, TARGET, SiteOptions, site_options
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


@click.command(epilog="Example: recommender explain examples/newsroom SOURCE TARGET")
@SITE
@SOURCE
@TARGET
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@MODEL
@site_options
def explain(options: SiteOptions, source_id: str, target_id: str, as_json: bool) -> None:
    """Explain how the link from SOURCE to TARGET comes to its score, and what keeps it from being suggested.

    Both are ids or addresses of SITE.
    """
    corpus = options.read(report=False)
    for article_id in (source_id, target_id):
        corpus.row(article_id)  # so that an unknown id is reported before the training
    explanation = options.model(corpus).explain(source_id, target_id)
    if as_json:
        click.echo(json.dumps(explanation.to_dict(), ensure_ascii=False, indent=2))
        return
    click.echo(f"{explanation.source_id}\n  -> {explanation.target_id}")
    click.echo(f"score {explanation.score:.3f}, {explanation.verdict}")
    listed_under = [explanation.listed_under] if explanation.listed_under else []
    for article_id in (*explanation.outranked_by, *listed_under):
        click.echo(f"  {article_id}: {corpus[corpus.row(article_id)].title}")
    for reason in explanation.reasons:
        click.echo(f"  {reason.share:+.3f}  {reason.feature}: {reason.text}")


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
