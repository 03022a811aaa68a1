"""Cosines and shared terms against dense products and plain loops."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps
from scipy import sparse

from recommender.retrieval.similarity import (
    SHARES,
    SharedColumns,
    SimilarityCache,
    column_numbers,
    cosines_with,
    overlap,
)

FIELDS = (*SHARES, "spelling")
WEIGHTS = st.sampled_from([0.0, 0.0, 0.25, 0.5, 1.0])  # many zeros: sparse


def random_fields(n_rows: int, seed: int) -> dict[str, sparse.csr_matrix]:
    """Return a random matrix for each field; the spelling has the columns of the characters, with other values."""
    rng = np.random.default_rng(seed)
    random = {field: sparse.random(n_rows, 50, 0.2, "csr", np.float32, rng) for field in SHARES}
    fields = {field: sparse.csr_matrix(matrix) for field, matrix in random.items()}
    characters = fields["characters"]
    values = rng.random(characters.nnz, dtype=np.float32)
    shape = characters.shape
    return fields | {"spelling": sparse.csr_matrix((values, characters.indices, characters.indptr), shape=shape)}


def products(sources: sparse.csr_matrix, rows: sparse.csr_matrix) -> np.ndarray:
    return SharedColumns(sources, rows).products(sources.data, rows.data)


@given(st.lists(st.lists(st.integers(0, 29), max_size=9), min_size=1, max_size=4), st.integers(0, 5))
def test_cosines_are_the_dense_product_in_whatever_order_rows_are_computed(calls: list[list[int]], seed: int) -> None:
    articles, sources, source_rows = random_fields(30, seed), random_fields(3, seed + 100), np.array([4, -1, 7])
    cache = SimilarityCache(articles, sources, source_rows)
    for rows in calls:
        cache.compute(np.array(rows, dtype=np.intp))
    all_rows = np.arange(30)
    for source in range(3):
        slots = cache.pair_slots(source, all_rows)
        overall = np.zeros(30)
        for field in FIELDS:
            expected = articles[field].toarray() @ sources[field].toarray()[source]
            if source_rows[source] >= 0:
                expected[source_rows[source]] = 0
            overall += SHARES.get(field, 0) * expected
            np.testing.assert_allclose(cache.values_at(field, slots), expected, atol=1e-5)
        np.testing.assert_allclose(cache.values_at("overall", slots), overall, atol=1e-5)


def test_a_pair_has_the_same_value_to_the_last_bit_in_whatever_block() -> None:
    articles, sources = random_fields(30, 1), random_fields(5, 2)
    block = SimilarityCache(articles, sources, np.full(5, -1))
    for source in range(5):
        alone = SimilarityCache(
            articles, {field: matrix[[source]] for field, matrix in sources.items()}, np.array([-1])
        )
        for row in range(0, 30, 7):
            rows = np.array([row])
            value = alone.values_at("overall", alone.pair_slots(0, rows))
            assert value == block.values_at("overall", block.pair_slots(source, rows))


def test_slots_stay_valid_when_further_rows_are_computed() -> None:
    cache = SimilarityCache(random_fields(30, 1), random_fields(2, 2), np.array([-1, -1]))
    slots = cache.pair_slots(1, np.array([3, 4]))
    before = cache.values_at("full", slots)
    cache.compute(np.array([5, 1]))
    assert cache.values_at("full", slots).tolist() == before.tolist()
    assert cache.values_at("full", cache.pair_slots(1, np.array([3, 4]))).tolist() == before.tolist()


def test_pairs_are_told_from_others() -> None:
    cache = SimilarityCache(random_fields(30, 1), random_fields(2, 2), np.array([-1, -1]))
    cache.compute(np.arange(9))
    test_pairs = cache.pair_slots(np.array([0, 1]), np.array([3, 4]))
    pairs = cache.pair_slots(np.array([0, 0, 1, 1]), np.array([3, 4, 3, 4]))
    assert cache.isin(pairs, test_pairs).tolist() == [True, False, False, True]


def test_sources_without_words_are_similar_to_nothing() -> None:
    no_words = sparse.csr_matrix((2, 50), dtype=np.float32)
    rows = random_fields(3, 1)["full"]
    assert products(no_words, rows).tolist() == [[0.0] * 2] * 3
    assert products(no_words[:0], rows).shape == (3, 0)


def test_cosines_with_a_row_are_a_row_of_the_dense_product() -> None:
    matrix = random_fields(9, 3)["full"]
    for row in (0, 4, 0):  # the scratch array is zero again after each call
        np.testing.assert_allclose(cosines_with(matrix, row), matrix.toarray() @ matrix.toarray()[row], atol=1e-5)


@given(st.sets(st.integers(0, 10**6), max_size=9), st.lists(st.integers(0, 10**6), max_size=9))
def test_columns_are_numbered_in_order(columns: set[int], others: list[int]) -> None:
    ordered = sorted(columns)
    wanted = [*others, *ordered]
    expected = [ordered.index(column) + 1 if column in columns else 0 for column in wanted]
    assert column_numbers(np.array(ordered, dtype=int), np.array(wanted, dtype=int)).tolist() == expected


@given(
    nps.arrays(np.float32, (3, 7), elements=WEIGHTS),
    st.integers(0, 5).flatmap(lambda n: nps.arrays(np.float32, (n, 7), elements=WEIGHTS)),
    st.lists(st.integers(0, 2), min_size=5, max_size=5),
)
def test_an_overlap_is_that_of_a_loop(sources: np.ndarray, targets: np.ndarray, source_of: list[int]) -> None:
    ordered = np.sort(source_of[: len(targets)]).astype(np.intp)
    shared = overlap(sparse.csr_matrix(sources), sparse.csr_matrix(targets), ordered)
    pairs = list(zip(sources[ordered], targets, strict=True))
    columns = [[column for column in range(7) if source[column] > 0 and target[column] > 0] for source, target in pairs]
    assert shared.groups.count().tolist() == [len(of_pair) for of_pair in columns]
    assert shared.columns.tolist() == [column for of_pair in columns for column in of_pair]
    both = list(zip(pairs, columns, strict=True))
    expected = {
        "cosine": [sum(source[c] * target[c] for c in of_pair) for (source, target), of_pair in both],
        "source_coverage": [sum(source[c] ** 2 for c in of_pair) for (source, _), of_pair in both],
        "target_coverage": [sum(target[c] ** 2 for c in of_pair) for (_, target), of_pair in both],
    }
    for name, values in expected.items():
        np.testing.assert_allclose(getattr(shared, name)(), values, atol=1e-6, err_msg=name)


def test_a_source_without_terms_shares_none() -> None:
    shared = overlap(sparse.csr_matrix((1, 4)), sparse.csr_matrix(np.eye(3, 4)), np.zeros(3, dtype=np.intp))
    assert shared.groups.count().tolist() == [0, 0, 0]
    assert shared.cosine().tolist() == [0, 0, 0]
    assert shared.groups.maximum(np.empty(0)).tolist() == [0, 0, 0]
