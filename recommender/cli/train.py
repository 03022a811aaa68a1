"""The verb that trains a model and writes its folder."""

from __future__ import annotations

from pathlib import Path

import click

from recommender.cli.options import PATH, SITE, SiteOptions, site_options
from recommender.model.versions import save_keeping_previous


@click.command(epilog="Example: recommender train examples/newsroom --model models/newsroom")
@SITE
@click.option("--model", "new_folder", type=PATH, required=True, help="Folder to write.")
@site_options
def train(options: SiteOptions, new_folder: Path) -> None:
    """Learn from the relations of SITE, and from what its editors accepted, and write a model folder."""
    model = options.model()
    has_previous = save_keeping_previous(model, new_folder)
    ending = ", the one before is kept for recommender rollback" if has_previous else ""
    ranker = f"{model.ranker.kind} ranker of {len(model.corpus):,} articles"
    click.echo(f"{model.version}: {ranker}, in {new_folder}{ending}", err=True)
