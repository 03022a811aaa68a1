"""Texts to slots: stored tables are searched by digest where they lie on disk, newer entries lie in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Digests = NDArray[np.uint64]
Int32s = NDArray[np.int32]


def digest(text: str) -> int:
    """Return 64 bits that stand for a text; two texts may share them, so that a stored slot must be verified."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


class SlotTable:
    """A table from texts to slots, of which a text may have several.

    Parameters
    ----------
    digests, slots : (n_stored,) arrays
        Of the stored texts, ascending by digest, then slot.
    is_of
        Whether a stored slot really belongs to a text; where it is None, the digest decides.

    >>> table = SlotTable()
    >>> table.add("a", 3), table.add("a", 5), table.slots("a"), table.slots("b")
    (None, None, [3, 5], [])
    """

    def __init__(
        self,
        digests: Digests | None = None,
        slots: Int32s | None = None,
        is_of: Callable[[int, str], bool] | None = None,
    ):
        self._digests: Digests = np.empty(0, dtype=np.uint64) if digests is None else digests
        self._stored: Int32s = np.empty(0, dtype=np.int32) if slots is None else slots
        self._n_stored = len(self._digests)
        self._is_of = is_of
        # Nearly every text has one slot: a list for each would take twice the memory.
        self._first: dict[str, int] = {}
        self._further: dict[str, list[int]] = {}
        self._base: SlotTable | None = None

    def extended(self) -> SlotTable:
        """Return a table with the same entries that can be added to without changing this one.

        Only entries that were added by earlier edits are copied; all others are shared, and never change again.
        """
        table = SlotTable()
        if self._base is None:
            table._base = self
        else:
            table._base, table._first = self._base, dict(self._first)
            table._further = {text: list(slots) for text, slots in self._further.items()}
        return table

    def add(self, text: str, slot: int) -> None:
        """Add a slot to those of a text; all texts of one slot must be added before the next slot."""
        if self._first.setdefault(text, slot) != slot:
            further = self._further.setdefault(text, [])
            if slot not in further[-1:]:
                further.append(slot)

    def slots(self, text: str) -> list[int]:
        """Return the slots of a text, ascending."""
        first = self._first.get(text)
        slots = [] if first is None else [first, *self._further.get(text, ())]
        if self._n_stored:
            slots = [*self._stored_slots(text), *slots]
        return slots if self._base is None else self._base.slots(text) + slots

    def _stored_slots(self, text: str) -> Iterator[int]:
        wanted = np.uint64(digest(text))
        for entry in range(int(self._digests.searchsorted(wanted)), self._n_stored):
            if self._digests[entry] != wanted:
                return
            slot = int(self._stored[entry])
            if self._is_of is None or self._is_of(slot, text):
                yield slot

    def entries(self) -> tuple[Digests, NDArray[np.intp]]:
        """Return the digest and the slot of every entry, in no order."""
        base: list[tuple[Digests, NDArray[np.intp]]] = [] if self._base is None else [self._base.entries()]
        added = [*self._first.items(), *((text, slot) for text, slots in self._further.items() for slot in slots)]
        digests = np.array([digest(text) for text, _ in added], dtype=np.uint64)
        slots = np.array([slot for _, slot in added], dtype=np.intp)
        parts = [*base, (self._digests, self._stored.astype(np.intp)), (digests, slots)]
        return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])
