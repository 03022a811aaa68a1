"""The verb that measures suggestions against the links which editors made."""

from __future__ import annotations

from pathlib import Path

import click

from recommender.cli.options import PATH, SITE, SiteOptions, site_options
from recommender.evaluation import evaluate as evaluate_corpus
from recommender.evaluation.relation_kinds import BOTH, MEASURED_RELATIONS, MeasuredRelations

OPEN_SHARE = click.FloatRange(0, 1, min_open=True, max_open=True)


@click.command(
    epilog="\b\nExample: recommender evaluate examples/newsroom --json report.json\n"
    "Example: recommender evaluate examples/newsroom --ablate"
)
@SITE
@click.option(
    "--newest", default=0.25, show_default=True, type=OPEN_SHARE, help="Share of the articles that is held out."
)
@click.option(
    "--relations",
    default=BOTH,
    show_default=True,
    type=click.Choice(MEASURED_RELATIONS),
    help="Relations that are read: lists that editors keep, links in texts, or both.",
)
@click.option("--json", "json_file", type=PATH, help="Write all figures here too.")
@click.option("--full", is_flag=True, help="Print every figure, also by size of story and as paired differences.")
@click.option("--ablate", is_flag=True, help="Print what each group of features is worth; it takes many trainings.")
@site_options
def evaluate(
    options: SiteOptions,
    newest: float,
    relations: MeasuredRelations,
    json_file: Path | None,
    full: bool,
    ablate: bool,
) -> None:
    """Measure suggestions for the newest articles of SITE against its own relations, beside baselines.

    With --ablate the ranker also learns without each group of features, and from each group alone, on the same pairs;
    what is lost is printed last, and is under "ablation" in the file of --json.
    """
    report = evaluate_corpus(options.read(), options.settings, newest=newest, ablate=ablate, relations=relations)
    if json_file is not None:
        json_file.parent.mkdir(parents=True, exist_ok=True)
        json_file.write_text(report.to_json(), encoding="utf-8")
    click.echo(report.table(full))
