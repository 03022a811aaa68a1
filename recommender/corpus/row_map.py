"""Which rows stay when a corpus is edited, and where new ones come between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.intp]

MOST_RUNS = 256  # beyond, to copy each run costs more than to look every row up


@dataclass(frozen=True)
class RowMap:
    """Rows before and after an edit; those that stay keep their order.

    What lies somewhere else than in the order of rows has *places* there: new ones are added at its end only.

    Attributes
    ----------
    rows : (n_after,) intp array
        Which each row was before; new ones are numbered behind all that were there.
    n_before, n_new : int
        How many rows there were, and how many are new.

    >>> moves = RowMap.of(4, [1], [2, 4])
    >>> moves.rows.tolist(), moves.values(list("abcd"), list("xy")).tolist()
    ([0, 4, 2, 3, 5], ['a', 'x', 'c', 'd', 'y'])
    """

    rows: Ints
    n_before: int
    n_new: int

    @classmethod
    def of(cls, n_before: int, gone: Sequence[int] | Ints, before: Sequence[int]) -> Self:
        """Return the moves where rows, ascending, are gone, and each new one comes before a row that was there."""
        at = np.asarray(before, dtype=np.intp)
        if len(gone) == 0 and (at == n_before).all():
            return cls(np.arange(n_before + len(at)), n_before, len(at))
        kept = np.delete(np.arange(n_before), np.asarray(gone, dtype=np.intp))
        at = at - np.searchsorted(np.asarray(gone, dtype=np.intp), at)
        return cls(np.insert(kept, at, n_before + np.arange(len(at))), n_before, len(at))

    @cached_property
    def appends(self) -> bool:
        """Whether all stay where they were, with the new ones behind them."""
        n_after, last = self.n_before + self.n_new, self.rows[: self.n_before][-1:]
        return len(self.rows) == n_after and bool((last == self.n_before - 1).all())

    @cached_property
    def after(self) -> Ints:
        """``(n_before + n_new + 1,)``: the row that each is now, -1 for one that is gone, and for row -1."""
        if self.appends:
            return np.append(self.rows, -1)
        after = np.full(self.n_before + self.n_new + 1, -1, dtype=np.intp)
        after[self.rows] = np.arange(len(self.rows))
        return after

    @cached_property
    def _runs(self) -> list[tuple[int, int]]:
        return runs_of(self.rows)

    @property
    def new(self) -> Ints:
        """``(n_new,)``: the rows of those that are new."""
        return self.after[self.n_before : -1]

    def values(self, old: Any, new: Any) -> NDArray[Any]:
        """Return an array of a value a row, of those before and those that are new."""
        both: NDArray[Any] = np.concatenate([old, new]) if self.n_new else np.asarray(old)
        if self.appends:
            return both
        if len(self._runs) > MOST_RUNS:
            return both[self.rows]
        return np.concatenate([both[:0], *(both[begin:end] for begin, end in self._runs)])

    def places(self, places: Ints | None, n_stored: int) -> Ints | None:
        """Return where each row lies, of where each lay among so many; None where a row is its place."""
        if places is None and self.appends:
            return None
        old = np.arange(self.n_before) if places is None else places
        return self.values(old, n_stored + np.arange(self.n_new))

    def rows_of(self, rows: Ints | None, *more: Ints) -> Ints | None:
        """Return the row of each place, of what it was, with those of new places; None where a row is its place."""
        if rows is None and self.appends and not any(map(len, more)):
            return None
        old = self.after[: self.n_before] if rows is None else rows if self.appends else self.after[rows]
        return np.concatenate([old, self.new, *more])


def runs_of(places: Ints) -> list[tuple[int, int]]:
    """Return where each run of places that follow each other begins and ends.

    >>> runs_of(np.array([4, 5, 6, 2, 3, 9]))
    [(4, 7), (2, 4), (9, 10)]
    """
    first = np.append(0, np.flatnonzero(np.diff(places) != 1) + 1)[: len(places)]
    last = np.append(first[1:], len(places))[: len(first)] - 1
    return list(zip(places[first].tolist(), (places[last] + 1).tolist(), strict=True))
