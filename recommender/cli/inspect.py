"""The verb that describes a model folder."""

from __future__ import annotations

from pathlib import Path

import click

from recommender.cli.options import MODEL_FOLDER
from recommender.model.archive import describe_model


@click.command(epilog="Example: recommender inspect models/newsroom")
@MODEL_FOLDER
def inspect(model_folder: Path) -> None:
    """Describe what a model folder holds, having checked every file of it."""
    click.echo(describe_model(model_folder))
