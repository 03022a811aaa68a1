"""The verb that lists the articles which nothing points at."""

from __future__ import annotations

import json

import click

from recommender.cli.options import MODEL, SITE, SiteOptions, site_options
from recommender.corpus.corpus import Corpus
from recommender.jobs.backfill import ORPHAN_SOURCES, Orphan
from recommender.jobs.backfill import orphans as find_orphans
from recommender.jobs.exposure import SiteSuggestions


@click.command(epilog="Example: recommender orphans examples/newsroom")
@SITE
@click.option("-k", default=ORPHAN_SOURCES, show_default=True, type=click.IntRange(min=1), help="Sources for each.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object a line.")
@MODEL
@site_options
def orphans(options: SiteOptions, k: int, as_json: bool) -> None:
    """List the articles of SITE that nothing points at, neither an editor nor a suggestion, and who best might.

    Suggestions are those that the verb suggest would make; sources may be older or later than the orphan.
    """
    model = options.model()
    lists = SiteSuggestions(model, options.n_jobs)
    targets = {source_id: [suggestion.target_id for suggestion in suggestions] for source_id, suggestions in lists}
    count = 0
    for orphan in find_orphans(model, targets, k, options.n_jobs):
        count += 1
        if as_json:
            click.echo(json.dumps(orphan.to_dict(), ensure_ascii=False))
        else:
            _print_orphan(model.corpus, orphan)
    click.echo(f"{count:,} of {len(model.corpus):,} articles are orphans", err=True)


def _print_orphan(corpus: Corpus, orphan: Orphan) -> None:
    click.echo(f"{orphan.article.id}: {orphan.article.title}")
    for suggestion in orphan.sources:
        source = corpus[corpus.row(suggestion.source_id)]
        click.echo(f"  {suggestion.score:.3f}  {source.id}: {source.title}")
    if not orphan.sources:
        click.echo("  business rules let nothing point at it")
