"""An index as plain arrays, opened as they lie on disk: nothing is computed again, and processes share the pages."""

from __future__ import annotations

from collections.abc import Mapping
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
from recommender.retrieval.permuted_rows import whole
from recommender.retrieval.similarity import SHARES
from recommender.retrieval.text import N_BUCKETS, TextVectors
from recommender.retrieval.topics import N_BUCKETS as N_TOPICS
from recommender.retrieval.vectorizer import Vectorizer
from recommender.retrieval.vectors import Index, Vectors

MATRICES = {"title": N_BUCKETS, "excerpt": N_BUCKETS, "full": N_BUCKETS, "characters": N_BUCKETS, "topics": N_TOPICS}
COLUMNS = {"providers": "int64", "days": "float64", "quality": "float64", "title_words": "float64", "words": "float64"}
INVERTED = "inverted"


def index_arrays(index: Index) -> dict[str, NDArray[Any]]:
    """Return what `open_index` needs, by file name."""
    vectors, text = index.vectors, index.vectors.text
    arrays: dict[str, NDArray[Any]] = {}
    for name in MATRICES:
        arrays |= _of_matrix(name, whole(vectors.topics if name == "topics" else getattr(text, name)))
    arrays |= _of_matrix(INVERTED, index.inverted.all_turned())
    arrays["spelling_values.npy"] = whole(text.spelling).data  # its columns are those of the characters
    title, words = vectors.words.T
    columns: dict[str, NDArray[Any]] = {
        "providers": vectors.providers,
        "days": vectors.days,
        "quality": vectors.quality,
    }
    columns |= {"title_words": title, "words": words}
    columns |= {"eligible": index.eligible.view(np.uint8), "link_similarity": index.link_similarity}
    columns["by_provider"] = index.by_provider[1].astype(np.int64, copy=False)
    return arrays | {f"{name}.npy": np.ascontiguousarray(values) for name, values in columns.items()}


def open_index(folder: ModelFolder, corpus: Corpus, features: Vectorizer) -> Index | None:
    """Return the index of a folder; None for a folder that was written without one.

    Raises
    ------
    ModelFormatError
        When its parts do not fit each other or the corpus. What is out of bounds here would be so in the libraries.
    """
    if f"{INVERTED}_values.npy" not in folder.arrays:
        return None
    n_articles = len(corpus)
    shapes = {name: (n_articles, width) for name, width in MATRICES.items()}
    shapes[INVERTED] = (len(SHARES) * N_BUCKETS, n_articles)
    with ThreadPoolExecutor(THREADS) as pool:  # numpy lets go of the lock where it looks through an array
        matrices = pool.map(partial(_matrix, folder), shapes, shapes.values())
        found = dict(zip(shapes, matrices, strict=True))
    characters = found["characters"]
    values = finite(folder, "spelling_values.npy", "float32", characters.nnz)
    spelling = sparse.csr_matrix((values, characters.indices, characters.indptr), shape=characters.shape)
    columns = {name: numbers(folder, f"{name}.npy", dtype, n_articles) for name, dtype in COLUMNS.items()}
    _check_days(columns["days"], corpus)
    vectors = Vectors(
        TextVectors(found["title"], found["excerpt"], found["full"], characters, spelling),
        found["topics"],
        columns["providers"],
        columns["days"],
        columns["quality"],
        np.column_stack([columns["title_words"], columns["words"]]),
    )
    return Index.opened(
        corpus, vectors, features.text_, found[INVERTED], **_ready(folder, corpus, columns["providers"])
    )


def _ready(folder: ModelFolder, corpus: Corpus, providers: NDArray[np.int64]) -> dict[str, Any]:
    """Return what an index would else make of all articles, or all relations, when it is first asked."""
    if "eligible.npy" not in folder.arrays:  # as in older folders
        return {}
    n_articles = len(corpus)
    eligible = rows(folder, "eligible.npy", 2, "uint8")
    ordered = rows(folder, "by_provider.npy", n_articles, "int64")
    check(len(eligible) == n_articles, "eligible.npy", "articles.jsonl")
    check(len(ordered) == n_articles, "by_provider.npy", "providers.npy")
    by_provider = providers[ordered]
    check(ascend(by_provider, ordered), "by_provider.npy", "providers.npy")
    return {
        "eligible": eligible.view(np.bool_),
        "by_provider": (by_provider, ordered),
        "link_similarity": finite(folder, "link_similarity.npy", "float32", corpus.neighbours.nnz),
    }


def _of_matrix(name: str, matrix: sparse.csr_matrix) -> dict[str, NDArray[Any]]:
    parts: Mapping[str, NDArray[Any]] = {
        "starts": matrix.indptr.astype(np.int64),
        "columns": matrix.indices.astype(np.int32, copy=False),
        "values": matrix.data,
    }
    return {f"{name}_{part}.npy": values for part, values in parts.items()}


def _matrix(folder: ModelFolder, name: str, shape: tuple[int, int]) -> sparse.csr_matrix:
    columns = rows(folder, f"{name}_columns.npy", shape[1])
    begins = starts(folder, name, shape[0], f"{name}_columns.npy", len(columns))
    values = finite(folder, f"{name}_values.npy", "float32", len(columns))
    dtype = np.int32 if len(columns) <= np.iinfo(np.int32).max else np.int64
    matrix = sparse.csr_matrix((values, columns, begins.astype(dtype)), shape=shape)
    matrix.has_sorted_indices = True  # as it was written; to look would cost a pass, and nothing relies on it but speed
    return matrix


def _check_days(days: NDArray[Any], corpus: Corpus) -> None:
    dated = np.isfinite(corpus.times)
    if not np.array_equal(np.isnan(days), ~dated) or not np.allclose(days[dated] * 86_400.0, corpus.times[dated]):
        raise ModelFormatError("days.npy is not of the articles of articles.jsonl; train the model again")
