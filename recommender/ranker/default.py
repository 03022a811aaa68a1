"""The ranker inside the package, for sites with little or nothing to learn from."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from recommender.core.errors import ModelFormatError
from recommender.core.model_folder import ModelFolder, read_model_folder
from recommender.ranker import ShippedRanker, load_ranker

FOLDER = Path(__file__).parent / "default"
RANKER = "ranker.json"


@cache
def shipped_ranker() -> ShippedRanker:
    """Return the ranker that ships.

    Raises
    ------
    ModelFormatError
        When the installed package is damaged.
    """
    return ranker_of(read_model_folder(FOLDER))


def ranker_of(folder: ModelFolder) -> ShippedRanker:
    """Return the ranker of a folder that holds a shipped one."""
    ranker = load_ranker(json.loads(folder.text(RANKER)))
    if not isinstance(ranker, ShippedRanker):
        raise ModelFormatError(f"the folder must hold a ranker of kind {ShippedRanker.kind!r}, got {ranker.kind!r}")
    return ranker
