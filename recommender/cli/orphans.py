"""The verb that lists the articles which nothing points at."""

from __future__ import annotations

import json
from collections import deque

import click

from recommender.cli.options import MODEL, SITE, SiteOptions, site_options
from recommender.cli.output import echo_sources
from recommender.jobs.backfill import ORPHAN_SOURCES, orphan_row
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
    deque(lists, maxlen=0)  # makes all of them, and keeps their targets only
    count = 0
    for orphan, suggestions in find_orphans(model, lists.targets, k, options.n_jobs):
        count += 1
        if as_json:
            click.echo(json.dumps(orphan_row(orphan, suggestions), ensure_ascii=False))
        else:
            echo_sources(model.corpus, orphan, suggestions, "business rules let nothing point at it")
    click.echo(f"{count:,} of {len(model.corpus):,} articles are orphans", err=True)
