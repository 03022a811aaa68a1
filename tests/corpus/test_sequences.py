"""Sequences that make their elements when asked for them behave like tuples."""

from __future__ import annotations

import pickle
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.corpus.row_map import RowMap
from recommender.corpus.sequences import Edited, Lazy


class Squares(Lazy[int]):
    def __init__(self, size: int):
        self._size = size

    def _at(self, position: int) -> int:
        return position * position

    def __len__(self) -> int:
        return self._size


def test_a_lazy_sequence_is_a_sequence() -> None:
    squares = Squares(4)
    assert (squares[0], squares[-1], squares[1:3], squares[::-1]) == (0, 9, (1, 4), (9, 4, 1, 0))
    assert list(squares) == [0, 1, 4, 9]
    assert squares == (0, 1, 4, 9) == squares
    assert squares == [0, 1, 4, 9]
    assert squares != (0, 1, 4)
    assert squares != (0, 1, 4, 8)
    assert squares != 4
    assert Squares(0) != ""
    assert (4 in squares, 5 in squares, squares.index(9)) == (True, False, 3)
    assert not Squares(0)
    for index in (4, -5):
        with pytest.raises(IndexError, match=f"index out of range: {index} of 4"):
            squares[index]
    with pytest.raises(TypeError, match="unhashable"):
        hash(squares)


@given(st.lists(st.integers(), max_size=4), st.data())
def test_an_edited_sequence_is_the_edited_list(values: list[int], data: st.DataObject) -> None:
    versions: list[tuple[Sequence[int], list[int]]] = [(tuple(values), values)]
    for _ in range(data.draw(st.integers(1, 4))):
        sequence, expected = versions[data.draw(st.integers(0, len(versions) - 1))]
        removed = sorted(data.draw(st.sets(st.sampled_from(range(len(expected))))) if expected else [])
        inserted = sorted(data.draw(st.lists(st.integers(0, len(expected)), max_size=3)))
        new = data.draw(st.lists(st.integers(), min_size=len(inserted), max_size=len(inserted)))
        edited = Edited.of(sequence, RowMap.of(len(expected), removed, inserted), new)
        versions.append((edited, edited_list(expected, removed, inserted, new)))
    for sequence, expected in versions:
        assert list(sequence) == expected
        assert [sequence[index] for index in range(-len(expected), len(expected))] == expected + expected
        assert list(pickle.loads(pickle.dumps(sequence))) == expected  # noqa: S301 - our own


def edited_list(values: list[int], removed: list[int], inserted: list[int], new: list[int]) -> list[int]:
    edited = []
    for position in range(len(values) + 1):
        edited += [value for value, at in zip(new, inserted, strict=True) if at == position]
        edited += values[position : position + 1] if position not in removed else []
    return edited


def test_stored_elements_are_never_copied() -> None:
    stored = tuple(range(1000))
    first = Edited.of(stored, RowMap.of(1000, [], [1000]), [1])
    second = Edited.of(first, RowMap.of(1001, [3], [4]), [2])
    assert second.stored is first.stored is stored
    assert (first.added, second.added) == ((1,), (1, 2))
