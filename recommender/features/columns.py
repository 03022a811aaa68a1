"""The few columns of a wide sparse matrix that matter at the moment, numbered from 1."""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

_scratch = threading.local()  # a table as wide as the widest matrix, zero between two calls; too dear to make anew


def numbered(columns: NDArray[np.integer], asked: NDArray[np.integer]) -> NDArray[np.int32]:
    """Return the place, from 1, that each column asked for has among some different columns; 0 for none.

    >>> numbered(np.array([7, 9]), np.array([9, 8, 7, 9])).tolist()
    [2, 0, 1, 2]
    """
    table = _table(int(max(columns.max(initial=0), asked.max(initial=0))) + 1)
    table[columns] = np.arange(1, len(columns) + 1, dtype=np.int32)
    places: NDArray[np.int32] = table[asked]
    table[columns] = 0
    return places


def _table(width: int) -> NDArray[np.int32]:
    table: NDArray[np.int32] | None = getattr(_scratch, "table", None)
    if table is None or len(table) < width:
        table = _scratch.table = np.zeros(max(width, 2**20), dtype=np.int32)
    return table
