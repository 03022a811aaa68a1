"""Two generations of a model folder: training keeps the model that it replaces, so that one can roll back to it."""

from __future__ import annotations

import shutil
from pathlib import Path

from recommender.core.errors import ModelFormatError
from recommender.core.model_folder import MANIFEST
from recommender.model.recommender import Recommender


def previous_folder(folder: Path) -> Path:
    """Return the folder of the previous model.

    >>> previous_folder(Path("models/site")).name
    'site.previous'
    """
    return folder.with_name(folder.name + ".previous")


def save_keeping_previous(model: Recommender, folder: Path) -> bool:
    """Save a model, after a check that it can be loaded; return whether there is a previous model now.

    The model that was in the folder becomes the previous one; if it cannot be loaded any more, it is dropped instead.
    Where `folder` holds something that is no model folder, a ModelFormatError is raised and nothing is touched.
    """
    new_folder = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(new_folder, ignore_errors=True)
    if _is_model(folder):
        model.save(new_folder)
        Recommender.load(new_folder)
        try:
            Recommender.load(folder)
        except ModelFormatError:
            shutil.rmtree(folder)
        else:
            shutil.rmtree(previous_folder(folder), ignore_errors=True)
            folder.rename(previous_folder(folder))
        new_folder.rename(folder)
    else:
        model.save(folder)
    return _is_model(previous_folder(folder))


def roll_back(folder: Path) -> str:
    """Swap the current and the previous model; return the version of the one that is current now.

    A second call undoes the first. Where a kill left no current model, the previous one becomes current. Where there is
    no previous model, or a damaged one, a ModelFormatError is raised and nothing is touched.
    """
    previous = previous_folder(folder)
    if not _is_model(previous):
        raise ModelFormatError(f"{folder} has no previous model; recommender train keeps one when it trains again")
    version = Recommender.load(previous).version
    swapped = folder.with_name(f".{folder.name}.swapped")
    shutil.rmtree(swapped, ignore_errors=True)
    if folder.exists():
        folder.rename(swapped)
    previous.rename(folder)
    if swapped.exists():
        swapped.rename(previous)
    return version


def _is_model(folder: Path) -> bool:
    return (folder / MANIFEST).is_file()
