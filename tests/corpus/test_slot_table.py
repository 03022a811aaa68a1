"""Texts lead to slots, in memory and by digests, and never to a wrong one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.corpus import slot_table
from recommender.corpus.slot_table import SlotTable

texts = st.text(st.characters(), max_size=3)


@pytest.mark.parametrize("bits", [64, 1, 0])
@given(st.lists(texts, max_size=8, unique=True), st.lists(texts, max_size=4), st.lists(texts, max_size=4))
def test_every_slot_of_a_text_is_found_wherever_it_is_stored(
    bits: int, stored: list[str], added: list[str], added_later: list[str]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        digest = slot_table.digest
        patch.setattr(slot_table, "digest", lambda text: digest(text) % 2**bits)
        in_memory = SlotTable()
        fill(in_memory, stored)
        opened = SlotTable(*sorted_entries(in_memory), lambda slot, text: stored[slot] == text)
        for table in (in_memory, opened):
            first = table.extended()
            fill(first, added, len(stored))
            second, sibling = first.extended(), first.extended()
            fill(second, added_later, len(stored) + len(added))
            sibling.add("sibling", 99)
            for version, known in {
                table: stored,
                first: [*stored, *added],
                second: [*stored, *added, *added_later],
            }.items():
                for text in [*stored, *added, *added_later, "else", "sibling", "\ud800"]:
                    assert version.slots(text) == [slot for slot, other in enumerate(known) if other == text]
                plain = SlotTable()
                fill(plain, known)
                for entries, expected in zip(sorted_entries(version), sorted_entries(plain), strict=True):
                    np.testing.assert_array_equal(entries, expected)


def fill(table: SlotTable, texts: list[str], first_slot: int = 0) -> None:
    for slot, text in enumerate(texts, first_slot):
        table.add(text, slot)
        table.add(text, slot)  # which changes nothing


def sorted_entries(table: SlotTable) -> tuple[np.ndarray, np.ndarray]:
    digests, slots = table.entries()
    order = np.lexsort((slots, digests))
    return digests[order], slots[order].astype(np.int32)


def test_without_a_check_the_digest_decides() -> None:
    in_memory = SlotTable()
    in_memory.add("a", 5)
    opened = SlotTable(*sorted_entries(in_memory))
    assert (opened.slots("a"), opened.slots("b")) == ([5], [])


def test_a_digest_stays_what_it_is() -> None:
    """It is written to disk."""
    assert slot_table.digest("2020-10-02-detroit") == 0x5FA4BDF5AAB30ECB
