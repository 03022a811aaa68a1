"""The verb that shows the suggestions of a few articles to a person."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from recommender.cli.options import MODEL, SITE, THRESHOLD, SiteOptions, site_options
from recommender.core.records import Article, Suggestion
from recommender.core.settings_checks import Threshold

MOST_ASKED = 30  # articles that are asked until one has suggestions
WIDEST = 60  # characters of the column with the ids, where these are longer


@click.command(epilog="Example: recommender show examples/newsroom --articles 3")
@SITE
@click.option("--articles", default=4, show_default=True, type=click.IntRange(min=1), help="How many articles to show.")
@click.option("-k", default=3, show_default=True, type=click.IntRange(min=1), help="Suggestions for each.")
@THRESHOLD
@MODEL
@site_options
def show(options: SiteOptions, articles: int, k: int, threshold: Threshold | None) -> None:
    """Print the suggestions of a few articles of SITE, spread over its time, as a table.

    They are articles that have suggestions, where there are some.
    """
    model = options.model()
    console = Console(width=None if sys.stdout.isatty() else 120)
    for stretch in _stretches([article for article in model.corpus if article.is_source], articles):
        lists = ((article, model.suggest(article.id, k=k, threshold=threshold)) for article in stretch[:MOST_ASKED])
        answered = ((article, suggestions) for article, suggestions in lists if suggestions)
        article, suggestions = next(answered, (stretch[0], []))
        if suggestions:
            console.print(_table(article, suggestions))
        else:
            click.echo(f"{_names(article)}\n  no suggestion scores enough; --threshold 0 shows the best\n")


def _stretches(articles: Sequence[Article], count: int) -> Iterator[Sequence[Article]]:
    """Yield as many parts of the articles as are to be shown, of equal length."""
    step = max(1, len(articles) // (count + 1))
    first = step if len(articles) > count else 0
    for start in range(first, len(articles), step)[:count]:
        yield articles[start : start + step]


def _table(article: Article, suggestions: Sequence[Suggestion]) -> Table:
    table = Table(title=escape(_names(article)), title_justify="left", title_style="bold", show_edge=False)
    names = [_suggestion(suggestion) for suggestion in suggestions]
    longest = max((len(line) for text in names for line in text.splitlines()), default=0)
    for name in ("score", "kind", "suggestion", "because"):
        # An id in one piece can be copied.
        width = min(longest, WIDEST) if name == "suggestion" else None
        table.add_column(name, justify="right" if name == "score" else "left", overflow="fold", width=width)
    for suggestion, text in zip(suggestions, names, strict=True):
        reasons = "; ".join(reason.text for reason in suggestion.reasons[:2])
        table.add_row(f"{suggestion.score:.2f}", suggestion.kind, escape(text), escape(reasons))
    return table


def _suggestion(suggestion: Suggestion) -> str:
    n_duplicates = len(suggestion.duplicates)
    duplicates = f"\n(and {n_duplicates} with the same text)" if n_duplicates else ""
    return _names(suggestion.target) + duplicates


def _names(article: Article) -> str:
    """Return the names by which an editor finds an article, a line each: title, id and address."""
    return "\n".join([article.title, article.id, *([article.url] if article.url else [])])
