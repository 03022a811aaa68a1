"""Arrays of a model folder, checked before anything relies on them: a ModelFormatError says what does not fit."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.core.errors import ModelFormatError
from recommender.core.model_folder import ModelFolder


def numbers(folder: ModelFolder, file: str, dtype: str, count: int) -> NDArray[Any]:
    """Return an array of `count` numbers."""
    values = folder.array(file, dtype)
    if len(values) != count:
        raise ModelFormatError(f"{file} must hold {count} numbers, got {len(values)}; train the model again")
    return values


def finite(folder: ModelFolder, file: str, dtype: str, count: int) -> NDArray[Any]:
    """Return an array of `count` finite numbers."""
    values = numbers(folder, file, dtype, count)
    # A NaN is both the minimum and the maximum, and neither needs a second array as large as the first.
    if count and not np.isfinite([values.min(), values.max()]).all():
        raise ModelFormatError(f"{file} must hold finite numbers; train the model again")
    return values


def rows(folder: ModelFolder, file: str, below: int, dtype: str = "int32") -> NDArray[Any]:
    """Return an array of whole numbers, each at least 0 and less than `below`."""
    values = folder.array(file, dtype)
    if len(values) and not 0 <= values.min() <= values.max() < below:
        raise ModelFormatError(f"{file} must hold 0 to {below - 1}; train the model again")
    return values


def starts(folder: ModelFolder, name: str, count: int, of: str, total: int) -> NDArray[Any]:
    """Return where each of `count` parts of the file `of`, of `total` entries, begins, and where the last one ends."""
    values = numbers(folder, f"{name}_starts.npy", "int64", count + 1)
    check(values[0] == 0 and values[-1] == total and not (values[1:] < values[:-1]).any(), f"{name}_starts.npy", of)
    return values


def ascend(firsts: NDArray[Any], seconds: NDArray[Any]) -> bool:
    """Say whether pairs are sorted by their first number, then by their second, and no pair comes twice."""
    later, same = firsts[:-1] < firsts[1:], firsts[:-1] == firsts[1:]
    return bool((later | (same & (seconds[:-1] < seconds[1:]))).all())


def check(fit: bool | np.bool_, *files: str) -> None:
    """Refuse files that do not fit each other, or a file that is not sorted, where `fit` is false."""
    if not fit:
        reason = f"{' and '.join(files)} do not fit" if len(files) > 1 else f"{files[0]} is not in its order"
        raise ModelFormatError(f"the model folder cannot be used ({reason}); train the model again")
