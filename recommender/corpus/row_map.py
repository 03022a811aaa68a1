"""Rows before and after an edit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.intp]


@dataclass(frozen=True)
class RowMap:
    """Which rows stay when a sequence is edited, in the order that they had, and where new ones come between them.

    Attributes
    ----------
    before : (n_after,) intp array
        The row that each was before the edit; new rows are numbered on from `n_before`.
    n_before, n_new : int
        How many rows there were, and how many are new.

    >>> row_map = RowMap.of(4, [1], [2, 4])
    >>> row_map.before.tolist(), row_map.values(list("abcd"), list("xy")).tolist()
    ([0, 4, 2, 3, 5], ['a', 'x', 'c', 'd', 'y'])
    """

    before: Ints
    n_before: int
    n_new: int

    @classmethod
    def of(cls, n_before: int, removed: Sequence[int] | Ints, inserted: Sequence[int] | Ints) -> Self:
        """Return the map where some rows are removed and each new one is inserted before a row; both ascend."""
        gone, at = np.array(removed, dtype=np.intp), np.array(inserted, dtype=np.intp)
        if not len(gone) and (at == n_before).all():  # new articles mostly come last, at a fraction of the cost
            row_map = cls(np.arange(n_before + len(at)), n_before, len(at))
            vars(row_map)["only_appends"] = True
            return row_map
        stay = np.delete(np.arange(n_before), gone)
        return cls(np.insert(stay, at - np.searchsorted(gone, at), n_before + np.arange(len(at))), n_before, len(at))

    @cached_property
    def after(self) -> Ints:
        """``(n_before + n_new + 1,)``: the row that each is after the edit; -1 where it is removed, and for row -1."""
        if self.only_appends:
            return np.append(self.before, -1)
        after = np.full(self.n_before + self.n_new + 1, -1, dtype=np.intp)
        after[self.before] = np.arange(len(self.before))
        return after

    @property
    def new(self) -> Ints:
        """``(n_new,)``: the new rows."""
        return self.after[self.n_before : -1]

    @cached_property
    def only_appends(self) -> bool:
        """Whether every row stays what it was, and the new ones follow."""
        return np.array_equal(self.before, np.arange(self.n_before + self.n_new))

    def values(self, old: Any, new: Any) -> NDArray[Any]:
        """Return an array with a value for each row, given those of the rows before and of the new rows."""
        both: NDArray[Any] = np.concatenate([old, new])
        return both if self.only_appends else both[self.before]
