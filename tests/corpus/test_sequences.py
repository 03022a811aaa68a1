"""Sequences that are no tuple behave as one."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.corpus.sequences import Grown, Lazy, grown


class Squares(Lazy[int]):
    def __init__(self, size: int):
        self._size = size

    def at(self, place: int) -> int:
        return place * place

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


@given(st.lists(st.lists(st.integers(), max_size=3), max_size=5), st.data())
def test_each_that_grew_ends_where_it_ended(parts: list[list[int]], data: st.DataObject) -> None:
    known: list[tuple[Grown[int], list[int]]] = [(grown((7, 8), []), [7, 8])]
    for part in parts:
        older, values = known[data.draw(st.integers(0, len(known) - 1))]
        known.append((grown(older, part), [*values, *part]))
    for one, values in known:
        assert list(one) == values
        assert one == values
        assert [one[place] for place in range(-len(one), len(one))] == values + values
        again = pickle.loads(pickle.dumps(one))  # noqa: S301 - our own
        assert again == one
        assert list(grown(again, [1])) == [*values, 1]


def test_what_is_new_is_not_copied_again() -> None:
    one = grown(tuple(range(1000)), [1])
    two = grown(one, [2])
    assert two.first is one.first
    assert two._more is one._more
    assert (one.newer, two.newer) == ((1,), (1, 2))
