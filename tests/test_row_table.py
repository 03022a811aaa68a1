"""Texts lead to rows, in memory and by digests, and never to a wrong one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender import row_table
from recommender.row_table import RowTable

texts = st.text(st.characters(), max_size=3)


@pytest.mark.parametrize("bits", [64, 1, 0])
@given(st.lists(texts, max_size=8, unique=True), st.lists(texts, max_size=4), st.integers(0, 12))
def test_it_is_a_dictionary_wherever_its_texts_lie(bits: int, stored: list[str], added: list[str], end: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        whole = row_table.digest
        patch.setattr(row_table, "digest", lambda text: whole(text) % 2**bits)
        memory, wanted = RowTable(), {}
        for row, text in enumerate(stored):
            memory.add(text, row)
        opened = RowTable(*memory.arrays(len(stored)), lambda row, text: stored[row] == text)
        for row, text in enumerate([*stored, *added]):
            wanted.setdefault(text, row)
            memory.add(text, row)
            opened.add(text, row)
        for text in [*stored, *added, "else", "\ud800"]:
            assert opened.find(text) == memory.find(text) == wanted.get(text)
        for one, other in zip(opened.arrays(max(end, len(stored))), memory.arrays(max(end, len(stored))), strict=True):
            np.testing.assert_array_equal(one, other)


def test_without_a_judge_the_digest_decides() -> None:
    memory = RowTable()
    memory.add("a", 5)
    opened = RowTable(*memory.arrays(6))
    assert (opened.find("a"), opened.find("b")) == (5, None)


def test_what_is_not_there_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="unheard-of"):
        RowTable()["unheard-of"]


def test_a_digest_stays_what_it_is() -> None:
    """It is written to disk."""
    assert row_table.digest("2020-10-02-detroit") == 0x5FA4BDF5AAB30ECB
