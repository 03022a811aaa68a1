"""Texts to places: as they lie on disk, by digests that are searched there, and in memory what was added since."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from itertools import chain
from typing import Self

import numpy as np
from numpy.typing import NDArray

Digests = NDArray[np.uint64]
Places = NDArray[np.int32]


def digest(text: str) -> int:
    """Return 64 bits that stand for a text. Two texts may have the same: what they lead to is looked at."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


class RowTable:
    """Texts to places, of which a text may have several.

    Parameters
    ----------
    digests : (n_stored,) uint64 array
        Of the texts on disk, ascending.
    places : (n_stored,) int32 array
        Their places; of equal digests ascending.
    is_of
        Says whether a place on disk is really one of a text; for None the digest decides.

    >>> table = RowTable()
    >>> table.add("a", 3), table.add("a", 5), list(table.places("a")), list(table.places("b"))
    (None, None, [3, 5], [])
    """

    def __init__(
        self,
        digests: Digests | None = None,
        places: Places | None = None,
        is_of: Callable[[int, str], bool] | None = None,
    ):
        self._digests: Digests = np.empty(0, dtype=np.uint64) if digests is None else digests
        self._stored: Places = np.empty(0, dtype=np.int32) if places is None else places
        self._n_stored = len(self._digests)
        self._is_of = is_of
        self._added: dict[str, int] = {}
        self._again: dict[str, list[int]] = {}
        self._below: RowTable | None = None
        self._end = 0

    def over(self, end: int) -> Self:
        """Return a table that may grow apart from this one, of whose places it sees those before `end`."""
        table = type(self)()
        table._below, table._end = self, end
        return table

    def add(self, text: str, place: int) -> None:
        """Let a text lead to a place, beside those that it leads to already; all of a place follow each other."""
        if self._added.setdefault(text, place) != place:
            again = self._again.setdefault(text, [])
            if place not in again[-1:]:
                again.append(place)

    def places(self, text: str) -> Iterable[int]:
        """Return the places of a text, those that were added last at the end."""
        added = self._added.get(text)
        new = () if added is None else (added, *self._again.get(text, ()))
        if not self._n_stored and self._below is None:
            return new
        below = () if self._below is None else (one for one in self._below.places(text) if one < self._end)
        return chain(below, self._found(text), new)

    def _found(self, text: str) -> Iterator[int]:
        """Yield the places on disk of a text."""
        wanted = np.uint64(digest(text))
        for entry in range(int(self._digests.searchsorted(wanted)), self._n_stored):
            if self._digests[entry] != wanted:
                return
            place = int(self._stored[entry])
            if self._is_of is None or self._is_of(place, text):
                yield place

    def entries(self) -> tuple[Digests, NDArray[np.intp]]:
        """Return the digests of all texts, and the places that these lead to, in no order."""
        digests, places = [self._digests], [self._stored.astype(np.intp)]
        if self._below is not None:
            below, theirs = self._below.entries()
            digests.append(below[theirs < self._end])
            places.append(theirs[theirs < self._end])
        added = list(self._added.items())  # at once, as others may add meanwhile
        added += [(text, place) for text, more in list(self._again.items()) for place in list(more)]
        digests.append(np.array([digest(text) for text, _ in added], dtype=np.uint64))
        places.append(np.array([place for _, place in added], dtype=np.intp))
        return np.concatenate(digests), np.concatenate(places)
