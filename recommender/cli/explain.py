"""The verb that explains the score of a link."""

from __future__ import annotations

import json

import click

from recommender.cli.options import MODEL, SITE, SOURCE, TARGET, SiteOptions, site_options
from recommender.core.records import Article


@click.command(epilog="Example: recommender explain examples/newsroom SOURCE TARGET")
@SITE
@SOURCE
@TARGET
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@MODEL
@site_options
def explain(options: SiteOptions, source_id: str, target_id: str, as_json: bool) -> None:
    """Explain how the link from SOURCE to TARGET comes to its score, and what keeps it from being suggested.

    Each is an id, an address, a path, or a title that one article alone has.
    """
    corpus = options.read(report=False)
    for article_id in (source_id, target_id):
        corpus.row(article_id)  # so that an unknown id is reported before the training
    explanation = options.model(corpus).explain(source_id, target_id)
    if as_json:
        click.echo(json.dumps(explanation.to_dict(), ensure_ascii=False, indent=2))
        _echo_unless_source(corpus[corpus.row(source_id)], err=True)
        return
    click.echo(f"{explanation.source_id}\n  -> {explanation.target_id}")
    click.echo(f"score {explanation.score:.3f}, {explanation.verdict}")
    _echo_unless_source(corpus[corpus.row(source_id)])
    listed_under = [explanation.listed_under] if explanation.listed_under else []
    for article_id in (*explanation.outranked_by, *listed_under):
        click.echo(f"  {article_id}: {corpus[corpus.row(article_id)].title}")
    for reason in explanation.reasons:
        click.echo(f"  {reason.share:+.3f}  {reason.feature}: {reason.text}")


def _echo_unless_source(article: Article, err: bool = False) -> None:
    """Say of an article that gets no list of suggestions why that is so: the verdict is on the pair alone."""
    if not article.is_source:
        click.echo(f"but {article.id} gets no suggestions from the nightly job: {article.excluded}", err=err)
