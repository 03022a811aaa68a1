"""The verb that looks at the links which editors curated, for a person or for a site's own CI."""

from __future__ import annotations

import json

import click

from recommender.cli.options import MODEL, SITE, Command, SiteOptions, site_options
from recommender.evaluation.link_audit import KINDS, WEAK, audit_links


def _limit_options(command: Command) -> Command:
    """Add an option for each kind of finding: how many of them there may be."""
    for kind in reversed(KINDS):
        command = click.option(
            f"--max-{kind}", type=click.IntRange(min=0), metavar="N", help=f"Exit 1 where there are more {kind} ones."
        )(command)
    return command


@click.command(
    epilog="\b\nExample: recommender audit examples/newsroom --show 2\n"
    "Example: recommender audit examples/newsroom --max-dead 0 --max-itself 0 --json"
)
@SITE
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--show", default=3, show_default=True, type=click.IntRange(min=0), help="How many of a kind to list.")
@click.option("--weak", default=WEAK, show_default=True, type=click.FloatRange(0, 1), help="Scores below are weak.")
@_limit_options
@MODEL
@site_options
def audit(options: SiteOptions, as_json: bool, show: int, weak: float, **limits: int | None) -> None:
    """Look at the links of SITE that its editors curated, one by one and as a whole.

    It reports those that lead nowhere, to removed articles or to themselves, duplicate ones, weak ones with a better
    alternative, one-way ones, and lists that a good later article is missing from. Nothing is changed. Without --model
    the ranker is trained first, on these links.
    """
    links = audit_links(options.model(), weak, options.n_jobs)
    click.echo(json.dumps(links.to_dict(), ensure_ascii=False, indent=2) if as_json else links.text(show))
    most = {kind: limits[f"max_{kind.replace('-', '_')}"] for kind in KINDS}
    exceeded = links.over({kind: limit for kind, limit in most.items() if limit is not None})
    for line in exceeded:
        click.echo(f"recommender: {line}", err=True)
    if exceeded:
        click.get_current_context().exit(1)
