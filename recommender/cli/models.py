"""The verbs of model folders: train one, describe one, and go back to the one before."""

from __future__ import annotations

from pathlib import Path

import click

from recommender.cli.options import MODEL_FOLDER, PATH, SITE, SiteOptions, site_options
from recommender.model.archive import describe_model
from recommender.model.versions import roll_back, save_keeping_previous


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


@click.command(epilog="Example: recommender rollback models/newsroom")
@MODEL_FOLDER
def rollback(model_folder: Path) -> None:
    """Put back the model that train had made before the one in the folder MODEL.

    The two change places, so that a second rollback undoes the first.
    """
    click.echo(f"{model_folder} is {roll_back(model_folder)} again", err=True)


@click.command(epilog="Example: recommender inspect models/newsroom")
@MODEL_FOLDER
def inspect(model_folder: Path) -> None:
    """Describe what a model folder holds, having checked every file of it."""
    click.echo(describe_model(model_folder))
