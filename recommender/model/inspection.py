"""What a model folder holds, in words."""

from __future__ import annotations

from pathlib import Path

from recommender.core.errors import ModelFormatError
from recommender.core.model_folder import read_model_folder
from recommender.model.archive import MAPPED


def describe_model(path: Path | str) -> str:
    """Return a few lines on a model folder, every file of which was checked.

    Raises
    ------
    ModelFormatError
        As of `read_model_folder`, or when the manifest lacks a fact.
    """
    folder = read_model_folder(Path(path), mapped=MAPPED)
    facts = folder.facts
    try:
        corpus = facts["corpus"]
        lines = [
            f"{facts['version']}",
            f"ranker      {facts['ranker']}",
            f"articles    {corpus['articles']:,}",
            f"relations   {corpus['relations']:,}",
            f"corpus      sha256 {corpus['sha256']}",
            f"libraries   {', '.join(f'{name} {version}' for name, version in sorted(facts['libraries'].items()))}",
        ]
        changed = {stage: values for stage, values in facts["settings"].items() if values}
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ModelFormatError(f"the manifest of {path} lacks {error}; train the model again") from error
    lines += [f"settings    {stage}: {values}" for stage, values in sorted(changed.items())]
    sizes = {**{name: len(text) for name, text in folder.texts.items()}}
    sizes |= {name: values.nbytes for name, values in folder.arrays.items()}
    lines += [f"file        {size:>12,} bytes  {name}" for name, size in sorted(sizes.items())]
    return "\n".join(lines)
