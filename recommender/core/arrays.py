"""Arrays of a model folder, looked at before anything relies on them: what is out of bounds goes no further."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.core.errors import ModelFormatError
from recommender.core.model_folder import Folder


def numbers(folder: Folder, file: str, dtype: str, count: int) -> NDArray[Any]:
    """Return an array of so many numbers.

    Raises
    ------
    ModelFormatError
        As all of these do, where an array is missing or anything else than asked for.
    """
    values = folder.array(file, dtype)
    if len(values) != count:
        raise ModelFormatError(f"{file} must hold {count} numbers, got {len(values)}; train the model again")
    return values


def finite(folder: Folder, file: str, dtype: str, count: int) -> NDArray[Any]:
    """Return an array of so many finite numbers."""
    values = numbers(folder, file, dtype, count)
    # What is no number is both least and most; this way nothing as large as the array is made.
    if count and not np.isfinite([values.min(), values.max()]).all():
        raise ModelFormatError(f"{file} must hold finite numbers; train the model again")
    return values


def rows(folder: Folder, file: str, below: int, dtype: str = "int32") -> NDArray[Any]:
    """Return an array of whole numbers from 0 to below a bound."""
    values = folder.array(file, dtype)
    if len(values) and not 0 <= values.min() <= values.max() < below:
        raise ModelFormatError(f"{file} must hold 0 to {below - 1}; train the model again")
    return values


def starts(folder: Folder, name: str, count: int, of: str, total: int) -> NDArray[Any]:
    """Return where each of so many parts of a file begins, and where the last one ends."""
    values = numbers(folder, f"{name}_starts.npy", "int64", count + 1)
    check(values[0] == 0 and values[-1] == total and not (values[1:] < values[:-1]).any(), f"{name}_starts.npy", of)
    return values


def ascend(firsts: NDArray[Any], seconds: NDArray[Any]) -> bool:
    """Say whether pairs ascend, each once: by what is first in them, then by what is second."""
    later, same = firsts[:-1] < firsts[1:], firsts[:-1] == firsts[1:]
    return bool((later | (same & (seconds[:-1] < seconds[1:]))).all())


def check(fit: bool | np.bool_, *files: str) -> None:
    """Refuse files that do not fit each other, or are not in their order."""
    if not fit:
        said = f"{' and '.join(files)} do not fit" if len(files) > 1 else f"{files[0]} is not in its order"
        raise ModelFormatError(f"the model folder cannot be used ({said}); train the model again")
