"""The verb that looks at the links which editors curated, for a person or for a site's own CI."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from recommender.cli.options import MODEL, SITE, open_site, source_options
from recommender.evaluation.link_audit import KINDS, WEAK, audit_links


def _limits(command: Callable[..., Any]) -> Callable[..., Any]:
    for kind in reversed(KINDS):
        name = kind.replace("-", "_")
        said = f"Exit 1 where there are more {kind} ones."
        command = click.option(f"--max-{kind}", f"most_{name}", type=click.IntRange(min=0), metavar="N", help=said)(
            command
        )
    return command


@click.command(
    epilog="\b\nExample: recommender audit examples/newsroom --show 2\n"
    "Example: recommender audit examples/newsroom --max-dead 0 --max-itself 0 --json"
)
@SITE
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--show", default=3, show_default=True, type=click.IntRange(min=0), help="How many of a kind to list.")
@click.option("--weak", default=WEAK, show_default=True, type=click.FloatRange(0, 1), help="Scores below are weak.")
@_limits
@MODEL
@source_options
def audit(site: Path, as_json: bool, show: int, weak: float, model_folder: Path | None, **source: Any) -> None:
    """Look at the links of SITE that its editors curated, one by one and as a whole.

    Found are those that lead nowhere, to removed articles or to themselves, doubled ones, weak ones with a better
    alternative, one-way ones, and lists that a good later article is not in. Nothing is changed. Without --model
    the ranker is trained first, on these links.
    """
    given = {kind: source.pop(f"most_{kind.replace('-', '_')}") for kind in KINDS}
    found = audit_links(open_site(site, model_folder, source), weak, source["n_jobs"])
    click.echo(json.dumps(found.to_dict(), ensure_ascii=False, indent=2) if as_json else found.text(show))
    over = found.over({kind: most for kind, most in given.items() if most is not None})
    for line in over:
        click.echo(f"recommender: {line}", err=True)
    if over:
        click.get_current_context().exit(1)
