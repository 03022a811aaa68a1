"""Texts to rows: as they lie on disk, by digests that are searched there, and in memory what was added since."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Digests = NDArray[np.uint64]
Places = NDArray[np.int32]


def digest(text: str) -> int:
    """Return 64 bits that stand for a text. Two texts may have the same: what they lead to is looked at."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


class RowTable:
    """Texts to rows; of one text the first row that was given.

    Parameters
    ----------
    digests : (n_stored,) uint64 array
        Of the texts on disk, ascending.
    rows : (n_stored,) int32 array
        Their rows; of equal digests ascending.
    is_of
        Says whether a row on disk is really one of a text; for None the digest decides.

    >>> table = RowTable()
    >>> table.add("a", 3), table.add("a", 5), table.find("a"), table.find("b")
    (None, None, 3, None)
    """

    def __init__(
        self,
        digests: Digests | None = None,
        rows: Places | None = None,
        is_of: Callable[[int, str], bool] | None = None,
    ):
        self._digests: Digests = np.empty(0, dtype=np.uint64) if digests is None else digests
        self._stored: Places = np.empty(0, dtype=np.int32) if rows is None else rows
        self._n_stored = len(self._digests)
        self._is_of = is_of
        self._added: dict[str, int] = {}

    def add(self, text: str, row: int) -> None:
        """Let a text lead to a row, unless it leads to one already."""
        if not self._n_stored or next(self._found(text), None) is None:
            self._added.setdefault(text, row)

    def find(self, text: str) -> int | None:
        """Return the row of a text, None where there is none."""
        row = self._added.get(text)
        return row if row is not None or not self._n_stored else next(self._found(text), None)

    def __getitem__(self, text: str) -> int:
        row = self.find(text)
        if row is None:
            raise KeyError(text)
        return row

    def _found(self, text: str) -> Iterator[int]:
        """Yield the rows on disk of a text."""
        wanted = np.uint64(digest(text))
        for place in range(int(self._digests.searchsorted(wanted)), self._n_stored):
            if self._digests[place] != wanted:
                return
            row = int(self._stored[place])
            if self._is_of is None or self._is_of(row, text):
                yield row

    def arrays(self, n_rows: int) -> tuple[Digests, Places]:
        """Return digests and rows of all texts that lead to one of the first rows, as they are written to disk."""
        added = {text: row for text, row in self._added.items() if row < n_rows}
        digests = np.concatenate([self._digests, np.array([*map(digest, added)], dtype=np.uint64)])
        rows = np.concatenate([self._stored, np.array([*added.values()], dtype=np.int32)])
        order = np.lexsort((rows, digests))
        return digests[order], rows[order]
