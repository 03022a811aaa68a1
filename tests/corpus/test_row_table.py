"""Texts lead to rows, in memory and by digests, and never to a wrong one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.corpus import row_table
from recommender.corpus.row_table import RowTable

texts = st.text(st.characters(), max_size=3)


@pytest.mark.parametrize("bits", [64, 1, 0])
@given(st.lists(texts, max_size=8, unique=True), st.lists(texts, max_size=4), st.integers(0, 12))
def test_every_place_of_a_text_is_found_wherever_it_lies(
    bits: int, stored: list[str], added: list[str], end: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        whole = row_table.digest
        patch.setattr(row_table, "digest", lambda text: whole(text) % 2**bits)
        memory, every = RowTable(), [*stored, *added]
        for place, text in enumerate(stored):
            memory.add(text, place)
        opened = RowTable(*on_disk(memory), lambda place, text: stored[place] == text)
        for place, text in enumerate(added, len(stored)):
            memory.add(text, place)
            opened.add(text, place)
            opened.add(text, place)
        above, fresh = memory.over(end), opened.over(end)
        for table in (above, fresh):
            table.add("mine", end)
        for text in [*every, "else", "\ud800"]:
            wanted = [place for place, other in enumerate(every) if other == text]
            assert list(opened.places(text)) == list(memory.places(text)) == wanted
            mine = [place for place in wanted if place < end] + [end] * (text == "mine")
            assert list(above.places(text)) == list(fresh.places(text)) == mine
        for one, other in ((opened, memory), (fresh, above)):
            for these, those in zip(on_disk(one), on_disk(other), strict=True):
                np.testing.assert_array_equal(these, those)


def on_disk(table: RowTable) -> tuple[np.ndarray, np.ndarray]:
    digests, places = table.entries()
    order = np.lexsort((places, digests))
    return digests[order], places[order].astype(np.int32)


def test_without_a_judge_the_digest_decides() -> None:
    memory = RowTable()
    memory.add("a", 5)
    opened = RowTable(*on_disk(memory))
    assert (list(opened.places("a")), list(opened.places("b"))) == ([5], [])


def test_a_digest_stays_what_it_is() -> None:
    """It is written to disk."""
    assert row_table.digest("2020-10-02-detroit") == 0x5FA4BDF5AAB30ECB
