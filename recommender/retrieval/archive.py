"""The index in a model folder: plain arrays, used as they lie on disk, so that processes share their pages."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.core.arrays import ascend, check, finite, numbers, rows, starts
from recommender.core.errors import ModelFormatError
from recommender.core.model_folder import THREADS, ModelFolder
from recommender.corpus.corpus import Corpus
from recommender.retrieval.index import Index
from recommender.retrieval.inverted_index import InvertedIndex
from recommender.retrieval.permuted_rows import whole
from recommender.retrieval.similarity import SHARES
from recommender.retrieval.text import N_BUCKETS, TextVectors
from recommender.retrieval.topics import N_BUCKETS as N_TOPICS
from recommender.retrieval.vectorizer import Vectorizer
from recommender.retrieval.vectors import Vectors

MATRICES = {"title": N_BUCKETS, "excerpt": N_BUCKETS, "full": N_BUCKETS, "characters": N_BUCKETS, "topics": N_TOPICS}
COLUMNS = {"providers": "int64", "days": "float64", "quality": "float64", "title_words": "float64", "words": "float64"}
INVERTED = "inverted"


def index_arrays(index: Index) -> dict[str, NDArray[Any]]:
    """Return what `open_index` needs, by file name."""
    vectors, text = index.vectors, index.vectors.text
    title_words, words = vectors.words.T
    by_provider = index.by_provider[1].astype(np.int64, copy=False)
    arrays: dict[str, NDArray[Any]] = {
        "providers": vectors.providers,
        "days": vectors.days,
        "quality": vectors.quality,
        "title_words": title_words,
        "words": words,
        "eligible": index.eligible.view(np.uint8),
        "by_provider": by_provider,
        "link_similarity": index.link_similarity,
        "spelling_values": whole(text.spelling).data,  # its columns are those of the characters
    }
    for name in MATRICES:
        arrays |= _matrix_arrays(name, whole(vectors.topics if name == "topics" else getattr(text, name)))
    arrays |= _matrix_arrays(INVERTED, index.inverted.all_postings())
    return {f"{name}.npy": np.ascontiguousarray(values) for name, values in arrays.items()}


def open_index(folder: ModelFolder, corpus: Corpus, vectorizer: Vectorizer) -> Index:
    """Return the index of a folder.

    Raises
    ------
    ModelFormatError
        When an array is missing, or its parts do not fit each other or the corpus. It is checked here, as the
        libraries that use the arrays do not check bounds.
    """
    n_articles, text = len(corpus), vectorizer.text_
    shapes = {name: (n_articles, width) for name, width in MATRICES.items()}
    shapes[INVERTED] = (len(SHARES) * N_BUCKETS, n_articles)
    with ThreadPoolExecutor(THREADS) as pool:  # numpy releases the interpreter's lock while it checks an array
        matrices = dict(zip(shapes, pool.map(partial(_open_matrix, folder), shapes, shapes.values()), strict=True))
    characters = matrices["characters"]
    values = finite(folder, "spelling_values.npy", "float32", characters.nnz)
    spelling = sparse.csr_matrix((values, characters.indices, characters.indptr), shape=characters.shape)
    columns = {name: numbers(folder, f"{name}.npy", dtype, n_articles) for name, dtype in COLUMNS.items()}
    _check_days(columns["days"], corpus)
    vectors = Vectors(
        TextVectors(matrices["title"], matrices["excerpt"], matrices["full"], characters, spelling),
        matrices["topics"],
        columns["providers"],
        columns["days"],
        columns["quality"],
        np.column_stack([columns["title_words"], columns["words"]]),
    )
    eligible = rows(folder, "eligible.npy", 2, "uint8")
    check(len(eligible) == n_articles, "eligible.npy", "articles.jsonl")
    return Index.opened(
        corpus,
        vectors,
        text,
        inverted=InvertedIndex.from_postings(matrices[INVERTED], text.document_frequency_, text.n_articles_),
        eligible=eligible.view(np.bool_),
        by_provider=_open_by_provider(folder, columns["providers"]),
        link_similarity=finite(folder, "link_similarity.npy", "float32", corpus.neighbours.nnz),
    )


def _open_by_provider(folder: ModelFolder, providers: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    ordered_rows = rows(folder, "by_provider.npy", len(providers), "int64")
    check(len(ordered_rows) == len(providers), "by_provider.npy", "providers.npy")
    ordered_providers = providers[ordered_rows]
    check(ascend(ordered_providers, ordered_rows), "by_provider.npy", "providers.npy")
    return ordered_providers, ordered_rows


def _matrix_arrays(name: str, matrix: sparse.csr_matrix) -> dict[str, NDArray[Any]]:
    return {
        f"{name}_starts": matrix.indptr.astype(np.int64),
        f"{name}_columns": matrix.indices.astype(np.int32, copy=False),
        f"{name}_values": matrix.data,
    }


def _open_matrix(folder: ModelFolder, name: str, shape: tuple[int, int]) -> sparse.csr_matrix:
    columns = rows(folder, f"{name}_columns.npy", shape[1])
    row_starts = starts(folder, name, shape[0], f"{name}_columns.npy", len(columns))
    values = finite(folder, f"{name}_values.npy", "float32", len(columns))
    dtype = np.int32 if len(columns) <= np.iinfo(np.int32).max else np.int64
    matrix = sparse.csr_matrix((values, columns, row_starts.astype(dtype)), shape=shape)
    # So it was written. To verify it would cost a pass over the file, and only speed relies on it.
    matrix.has_sorted_indices = True
    return matrix


def _check_days(days: NDArray[Any], corpus: Corpus) -> None:
    dated = np.isfinite(corpus.times)
    if not np.array_equal(np.isnan(days), ~dated) or not np.allclose(days[dated] * 86_400.0, corpus.times[dated]):
        raise ModelFormatError("days.npy is not of the articles of articles.jsonl; train the model again")
