"""The verb that goes back to the model before."""

from __future__ import annotations

from pathlib import Path

import click

from recommender.cli.options import MODEL_FOLDER
from recommender.model.versions import roll_back


@click.command(epilog="Example: recommender rollback models/newsroom")
@MODEL_FOLDER
def rollback(model_folder: Path) -> None:
    """Put back the model that train had made before the one in the folder MODEL.

    The two change places, so that a second rollback undoes the first.
    """
    click.echo(f"{model_folder} is {roll_back(model_folder)} again", err=True)
