"""Read-only sequences that make their elements when these are asked for."""

from __future__ import annotations

import operator
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import TypeVar, overload

import numpy as np

from recommender.corpus.row_map import Ints, RowMap

T = TypeVar("T")


class Lazy(Sequence[T]):
    """A sequence whose elements are made when they are asked for; equal to any sequence of equal elements.

    A slice of it is a tuple.
    """

    __hash__ = None  # type: ignore[assignment]  # as of a list

    @abstractmethod
    def _at(self, position: int) -> T:
        """Return the element at a position, counted from 0."""

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[T, ...]: ...
    def __getitem__(self, index: int | slice) -> T | tuple[T, ...]:
        if isinstance(index, slice):
            return tuple(map(self._at, range(*index.indices(len(self)))))
        position, length = operator.index(index), len(self)
        if position < 0:
            position += length
        if not 0 <= position < length:
            raise IndexError(f"index out of range: {index} of {length}")
        return self._at(position)

    def __iter__(self) -> Iterator[T]:
        return map(self._at, range(len(self)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or isinstance(other, str | bytes):
            return NotImplemented
        return len(self) == len(other) and all(map(operator.eq, self, other))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)} elements)"


class Edited(Lazy[T]):
    """The elements of a stored sequence and of what was added to it, in an order of their own.

    `positions`, ``(n_elements,)``, are those of the elements among the stored and the added ones.
    """

    def __init__(self, stored: Sequence[T], added: tuple[T, ...], positions: Ints):
        self.stored, self.added, self.positions = stored, added, positions

    @classmethod
    def of(cls, values: Sequence[T], row_map: RowMap, new: Sequence[T]) -> Edited[T]:
        """Return a sequence after an edit, without a copy of what is stored.

        >>> list(Edited.of("abcd", RowMap.of(4, [1], [2, 4]), "xy"))
        ['a', 'x', 'c', 'd', 'y']
        """
        before = values if isinstance(values, Edited) else cls(values, (), np.arange(len(values)))
        n_known = len(before.stored) + len(before.added)
        positions = row_map.values(before.positions, n_known + np.arange(len(new)))
        return cls(before.stored, (*before.added, *new), positions)

    def _at(self, position: int) -> T:
        known = int(self.positions[position])
        n_stored = len(self.stored)
        return self.stored[known] if known < n_stored else self.added[known - n_stored]

    def __len__(self) -> int:
        return len(self.positions)
