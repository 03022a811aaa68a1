"""Read-only sequences that are no tuple: elements made when they are asked for, more behind, or in another order."""

from __future__ import annotations

import operator
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from recommender.corpus.row_map import RowMap

T = TypeVar("T")


class Lazy(Sequence[T]):
    """A sequence whose elements are made when they are asked for; equal to any sequence of equal elements.

    A slice of it is a tuple.
    """

    __hash__ = None  # type: ignore[assignment]  # as of a list

    @abstractmethod
    def at(self, place: int) -> T:
        """Return the element at a place, counted from 0."""

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[T, ...]: ...
    def __getitem__(self, index: int | slice) -> T | tuple[T, ...]:
        if isinstance(index, slice):
            return tuple(map(self.at, range(*index.indices(len(self)))))
        place = operator.index(index)
        if place < 0:
            place += len(self)
        if not 0 <= place < len(self):
            raise IndexError(f"index out of range: {index} of {len(self)}")
        return self.at(place)

    def __iter__(self) -> Iterator[T]:
        return map(self.at, range(len(self)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or isinstance(other, str | bytes):
            return NotImplemented
        return len(self) == len(other) and all(map(operator.eq, self, other))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)} elements)"


class Grown(Lazy[T]):
    """A sequence with more behind it, made by `grown`.

    All that grew from one another share the list of what is new, and each looks no further than its own end.

    Attributes
    ----------
    first : sequence
        What was there at the beginning.
    """

    def __init__(self, first: Sequence[T], more: list[T], count: int):
        self.first, self._more, self._count = first, more, count

    @property
    def newer(self) -> tuple[T, ...]:
        """What came behind it."""
        return tuple(islice(self._more, self._count))

    def at(self, place: int) -> T:
        """Return the element at a place, counted from 0."""
        n_first = len(self.first)
        return self.first[place] if place < n_first else self._more[place - n_first]

    def __len__(self) -> int:
        return len(self.first) + self._count

    def __iter__(self) -> Iterator[T]:
        return chain(self.first, islice(self._more, self._count))

    def grown(self, more: Sequence[T]) -> Grown[T]:
        """Return this with more behind it, at the cost of what is new unless another grew from this before."""
        if len(self._more) > self._count:
            return Grown(self.first, [*self.newer, *more], self._count + len(more))
        self._more.extend(more)
        return Grown(self.first, self._more, self._count + len(more))

    def __reduce__(self) -> tuple[object, ...]:
        return Grown, (self.first, list(self.newer), self._count)


def grown(values: Sequence[T], more: Sequence[T]) -> Grown[T]:
    """Return a sequence with more behind it, without a copy of what it holds.

    >>> both = grown(grown(("a",), ["b"]), ["c"])
    >>> both == ("a", "b", "c"), both[-1], both[1:]
    (True, 'c', ('b', 'c'))
    """
    return values.grown(more) if isinstance(values, Grown) else Grown(values, list(more), len(more))


class Arranged(Lazy[T]):
    """Some elements of a sequence, in an order of their own; see `edited`.

    Attributes
    ----------
    stored : sequence
    places : (n_elements,) intp array
        Which of those that are stored each is.
    """

    def __init__(self, stored: Sequence[T], places: NDArray[np.intp]):
        self.stored, self.places = stored, places

    def at(self, place: int) -> T:
        """Return the element at a place, counted from 0."""
        return self.stored[int(self.places[place])]

    def __len__(self) -> int:
        return len(self.places)

    def __iter__(self) -> Iterator[T]:
        return map(self.stored.__getitem__, self.places.tolist())


def edited(values: Sequence[T], moves: RowMap, more: Sequence[T], aside: bool = False) -> Sequence[T]:
    """Return a sequence as it is after some moves, without a copy of its elements.

    Parameters
    ----------
    more
        What is new, in the order in which it is numbered.
    aside
        Whether nothing is to be shared with what else grows from this.

    >>> list(edited("abcd", RowMap.of(4, [1], [2, 4]), "xy"))
    ['a', 'x', 'c', 'd', 'y']
    """
    stored, places = (values.stored, values.places) if isinstance(values, Arranged) else (values, None)
    places = moves.places(places, len(stored))
    if more:
        stored = Grown(stored, list(more), len(more)) if aside else grown(stored, more)
    return stored if places is None else Arranged(stored, places)
