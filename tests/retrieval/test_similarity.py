"""Cosines of the rows that are looked at, against dense products."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from recommender.retrieval.similarity import SHARES, SharedColumns, SimilarityCache, numbered

FIELDS = (*SHARES, "spelling")


def matrices(n_rows: int, seed: int) -> dict[str, sparse.csr_matrix]:
    rng = np.random.default_rng(seed)
    kinds = {field: sparse.random(n_rows, 50, 0.2, "csr", np.float32, rng) for field in SHARES}
    found = {field: sparse.csr_matrix(matrix) for field, matrix in kinds.items()}
    letters = found["characters"]
    values = rng.random(letters.nnz, dtype=np.float32)
    return found | {"spelling": sparse.csr_matrix((values, letters.indices, letters.indptr), shape=letters.shape)}


def products(sources: sparse.csr_matrix, rows: sparse.csr_matrix) -> np.ndarray:
    return SharedColumns(sources, rows).products(sources.data, rows.data)


@given(st.lists(st.lists(st.integers(0, 29), max_size=9), min_size=1, max_size=4), st.integers(0, 5))
def test_it_is_the_dense_product_in_whatever_order_rows_are_looked_at(looks: list[list[int]], seed: int) -> None:
    articles, sources, own = matrices(30, seed), matrices(3, seed + 100), np.array([4, -1, 7])
    likeness = SimilarityCache(articles, sources, own)
    for look in looks:
        likeness.compute(np.array(look, dtype=np.intp))
    rows = np.arange(30)
    for source in range(3):
        where = likeness.where(source, rows)
        overall = np.zeros(30)
        for field in FIELDS:
            wanted = articles[field].toarray() @ sources[field].toarray()[source]
            if own[source] >= 0:
                wanted[own[source]] = 0
            overall += SHARES.get(field, 0) * wanted
            np.testing.assert_allclose(likeness.at(field, where), wanted, atol=1e-5)
        np.testing.assert_allclose(likeness.at("overall", where), overall, atol=1e-5)


def test_a_pair_has_the_same_value_to_the_last_bit_whoever_else_is_asked_for() -> None:
    articles, sources = matrices(30, 1), matrices(5, 2)
    together = SimilarityCache(articles, sources, np.full(5, -1))
    for source in range(5):
        one = {field: matrix[[source]] for field, matrix in sources.items()}
        alone = SimilarityCache(articles, one, np.array([-1]))
        for row in range(0, 30, 7):
            pair = np.array([row])
            assert alone.at("overall", alone.where(0, pair)) == together.at("overall", together.where(source, pair))


def test_places_are_not_used_after_more_was_looked_at() -> None:
    likeness = SimilarityCache(matrices(30, 1), matrices(2, 2), np.array([-1, -1]))
    where = likeness.where(1, np.array([3, 4]))
    likeness.compute(np.array([3]))
    likeness.at("full", where)
    likeness.compute(np.array([5]))
    with pytest.raises(RuntimeError, match="look at all of them first"):
        likeness.at("full", where)


def test_pairs_are_found_among_others() -> None:
    likeness = SimilarityCache(matrices(30, 1), matrices(2, 2), np.array([-1, -1]))
    likeness.compute(np.arange(9))
    some = likeness.where(np.array([0, 1]), np.array([3, 4]))
    asked = likeness.where(np.array([0, 0, 1, 1]), np.array([3, 4, 3, 4]))
    assert likeness.among(asked, some).tolist() == [True, False, False, True]


def test_sources_without_words_are_like_nothing() -> None:
    nothing = sparse.csr_matrix((2, 50), dtype=np.float32)
    assert products(nothing, matrices(3, 1)["full"]).tolist() == [[0.0] * 3] * 2
    assert products(nothing[:0], matrices(3, 1)["full"]).shape == (0, 3)


@given(st.sets(st.integers(0, 10**6), max_size=9), st.lists(st.integers(0, 10**6), max_size=9))
def test_columns_are_numbered_in_order(columns: set[int], asked: list[int]) -> None:
    ordered = sorted(columns)
    wanted = [ordered.index(one) + 1 if one in columns else 0 for one in [*asked, *ordered]]
    assert numbered(np.array(ordered, dtype=int), np.array([*asked, *ordered], dtype=int)).tolist() == wanted
