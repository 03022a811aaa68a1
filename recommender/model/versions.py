"""Two generations of a model folder: a new one takes the place of the old, which is kept to go back to."""

from __future__ import annotations

import shutil
from pathlib import Path

from recommender.core.errors import ModelFormatError
from recommender.core.model_folder import MANIFEST
from recommender.model.recommender import Recommender


def previous_folder(folder: Path) -> Path:
    """Return where the model before is kept.

    >>> previous_folder(Path("models/site")).name
    'site.previous'
    """
    return folder.with_name(folder.name + ".previous")


def save_keeping_previous(model: Recommender, folder: Path) -> bool:
    """Save a model, having seen that it can be loaded; a good one that was there before becomes the previous one.

    Returns
    -------
    Whether there is a previous one now.

    Raises
    ------
    ModelFormatError
        When `folder` holds something that is no model folder; nothing is touched then.
    """
    made = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(made, ignore_errors=True)
    if _is_model(folder):
        model.save(made)
        Recommender.load(made)
        if _loads(folder):
            shutil.rmtree(previous_folder(folder), ignore_errors=True)
            folder.rename(previous_folder(folder))
        else:
            shutil.rmtree(folder)
        made.rename(folder)
    else:
        model.save(folder)
    return _is_model(previous_folder(folder))


def roll_back(folder: Path) -> str:
    """Put the previous model in the place of the present one, which becomes the previous; return its version.

    So it undoes itself. Where a kill left no present one, the previous takes its place.

    Raises
    ------
    ModelFormatError
        When there is no previous model, or it is damaged; nothing is touched then.
    """
    previous = previous_folder(folder)
    if not _is_model(previous):
        raise ModelFormatError(f"{folder} has no previous model; recommender train keeps one when it trains again")
    version = Recommender.load(previous).version
    aside = folder.with_name(f".{folder.name}.aside")
    shutil.rmtree(aside, ignore_errors=True)
    if folder.exists():
        folder.rename(aside)
    previous.rename(folder)
    if aside.exists():
        aside.rename(previous)
    return version


def _is_model(folder: Path) -> bool:
    return (folder / MANIFEST).is_file()


def _loads(folder: Path) -> bool:
    try:
        Recommender.load(folder)
    except ModelFormatError:
        return False
    return True
