"""The verb that lists the older articles which should point at one."""

from __future__ import annotations

import json

import click

from recommender.cli.options import MODEL, SITE, THRESHOLD, SiteOptions, site_options
from recommender.cli.output import echo_sources
from recommender.core.settings_checks import Threshold
from recommender.jobs.backfill import inbound_row


@click.command(epilog="Example: recommender inbound examples/newsroom TARGET")
@SITE
@click.argument("article_id", metavar="ID")
@click.option("-k", type=click.IntRange(min=1), help="Most articles.  [default: 5]")
@THRESHOLD
@click.option("--any-age", is_flag=True, help="Later articles too.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object a line.")
@MODEL
@site_options
def inbound(
    options: SiteOptions, article_id: str, k: int | None, threshold: Threshold | None, any_age: bool, as_json: bool
) -> None:
    """List the older articles of SITE that should now point at the one of this ID.

    It is an id, an address, a path, or a title that one article alone has. Those that link to it already are left
    out; business rules and the editors' decisions hold.
    """
    model = options.model()
    corpus = model.corpus
    article = corpus[corpus.row(article_id)]
    suggestions = model.inbound(article.id, k=k, threshold=threshold, older=not any_age)
    if as_json:
        for suggestion in suggestions:
            click.echo(json.dumps(inbound_row(model, suggestion), ensure_ascii=False))
    else:
        echo_sources(corpus, article, suggestions, "nothing should point at it that does not already")
