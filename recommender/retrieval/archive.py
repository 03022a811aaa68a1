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
from recommender.retrieval.text import N_BUCKETS
from recommender.retrieval.topics import N_BUCKETS as N_TOPICS
from recommender.retrieval.vectorizer import Vectorizer
from recommender.retrieval.vectors import Vectors

MATRICES = {"title": N_BUCKETS, "excerpt": N_BUCKETS, "full": N_BUCKETS, "characters": N_BUCKETS, "topics": N_TOPICS}
COLUMNS = {"providers": "int64", "languages": "int64", "translations": "int64", "days": "float64", "quality": "float64"}
INVERTED = "inverted"


def index_arrays(index: Index) -> dict[str, NDArray[Any]]:
    """Return what `open_index` needs, by file name."""
    vectors = index.vectors
    arrays: dict[str, NDArray[Any]] = {
        **{name: getattr(vectors, name) for name in COLUMNS},
        "words": vectors.words.ravel(),
        "eligible": index.eligible.view(np.uint8),
        "by_provider": index.by_provider[1].astype(np.int64, copy=False),
        "link_similarity": index.link_similarity,
        "spelling_values": whole(vectors.spelling).data,  # its columns are those of the characters
    }
    matrices = {name: whole(getattr(vectors, name)) for name in MATRICES} | {INVERTED: index.inverted.all_postings()}
    for name, matrix in matrices.items():
        arrays[f"{name}_starts"] = matrix.indptr.astype(np.int64)
        arrays[f"{name}_columns"] = matrix.indices.astype(np.int32, copy=False)
        arrays[f"{name}_values"] = matrix.data
    return {f"{name}.npy": np.ascontiguousarray(values) for name, values in arrays.items()}


def open_index(folder: ModelFolder, corpus: Corpus, vectorizer: Vectorizer) -> Index:
    """Return the index of a folder.

    Arrays that are missing, or do not fit each other or the corpus, are a ModelFormatError. They are checked here, as
    the libraries that use them do not check bounds.
    """
    n_articles = len(corpus)
    shapes = {name: (n_articles, width) for name, width in MATRICES.items()}
    shapes[INVERTED] = (len(SHARES) * N_BUCKETS, n_articles)
    with ThreadPoolExecutor(THREADS) as pool:  # numpy releases the interpreter's lock while it checks an array
        matrices = dict(zip(shapes, pool.map(partial(_open_matrix, folder), shapes, shapes.values()), strict=True))
    postings, characters = matrices.pop(INVERTED), matrices["characters"]
    spelling = finite(folder, "spelling_values.npy", "float32", characters.nnz)
    columns = {name: numbers(folder, f"{name}.npy", dtype, n_articles) for name, dtype in COLUMNS.items()}
    _check_days(columns["days"], corpus)
    vectors = Vectors(
        **matrices,
        **columns,
        spelling=sparse.csr_matrix((spelling, characters.indices, characters.indptr), shape=characters.shape),
        words=numbers(folder, "words.npy", "float64", 2 * n_articles).reshape(-1, 2),
    )
    eligible = rows(folder, "eligible.npy", 2, "uint8")
    check(len(eligible) == n_articles, "eligible.npy", "articles.jsonl")
    index = Index(corpus, vectors, vectorizer.text_)
    vars(index).update(  # what it would else compute when it is first asked for
        inverted=InvertedIndex.from_postings(postings, vectorizer.text_),
        eligible=eligible.view(np.bool_),
        by_provider=_open_by_provider(folder, vectors.providers),
        link_similarity=finite(folder, "link_similarity.npy", "float32", corpus.neighbours.nnz),
    )
    return index


def _open_by_provider(folder: ModelFolder, providers: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    ordered_rows = rows(folder, "by_provider.npy", len(providers), "int64")
    check(len(ordered_rows) == len(providers), "by_provider.npy", "providers.npy")
    ordered_providers = providers[ordered_rows]
    check(ascend(ordered_providers, ordered_rows), "by_provider.npy", "providers.npy")
    return ordered_providers, ordered_rows


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
