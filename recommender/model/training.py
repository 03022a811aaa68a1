"""From curated relations to a ranker: each source asked as on the day it was published."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.core.settings import Settings
from recommender.core.workers import SharedPayload, map_blocks
from recommender.corpus.corpus import Corpus
from recommender.features.pair_features import feature_names, pair_features
from recommender.ranker import Ranker, ShippedRanker, fit_ranker
from recommender.ranker.default import shipped_ranker
from recommender.ranker.training_set import TrainingSet
from recommender.retrieval.candidates import searched_depth, with_candidates
from recommender.retrieval.query import Query, queries
from recommender.retrieval.vectorizer import Vectorizer
from recommender.retrieval.vectors import Index

BLOCK = 256  # sources that a worker judges at a time


def train_ranker(index: Index, settings: Settings, shipped: ShippedRanker | None = None, n_jobs: int = 1) -> Ranker:
    """Learn from every article that was linked with an older one, the newest `most_sources` of them.

    `shipped` stands in, or has a voice, where they are few; for None it is the one inside the package.
    """
    judged = pair_training_set(index, training_rows(index, settings.ranker.most_sources), settings, n_jobs=n_jobs)
    return fit_ranker(judged, settings.ranker, shipped or shipped_ranker())


def known_limits(index: Index, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return how many rows were known when each of these was published; for an undated one, all."""
    times = index.corpus.times
    limits: NDArray[np.intp] = np.searchsorted(times, times[rows], side="right").astype(np.intp, copy=False)
    return limits


def training_rows(index: Index, most: int) -> NDArray[np.intp]:
    """Return the newest rows, ascending, with a relation to an article known at their publication."""
    graph = index.corpus.neighbours
    rows = np.flatnonzero(np.diff(graph.indptr))
    limits = known_limits(index, rows)
    earliest = graph.indices[graph.indptr[rows]]  # neighbours are sorted
    teaching: NDArray[np.intp] = rows[earliest < limits]
    return teaching[-most:]


def train_shipped(corpus: Corpus, settings: Settings) -> ShippedRanker:
    """Learn a ranker for other sites from this one, both with its relations known and with none.

    Either way what its editors kept is what it learns from.
    """
    features = Vectorizer.fit(corpus)
    index = features.index(corpus)
    rows = training_rows(index, settings.ranker.most_sources)
    bare = features.index(corpus.without_relations())
    views = [pair_training_set(known, rows, settings, corpus) for known in (index, bare)]
    return ShippedRanker.fit(views, settings.ranker)


def pair_training_set(
    index: Index, rows: NDArray[np.intp], settings: Settings, truth: Corpus | None = None, n_jobs: int = 1
) -> TrainingSet:
    """Return the pair features of these sources at their publication, with what the editors kept.

    That is the relations of the corpus `truth`, of the same articles; of the index's own for None.
    """
    index.prepare()
    shared = (index, settings, (truth or index.corpus).neighbours)
    blocks = [rows[start : start + BLOCK] for start in range(0, len(rows), BLOCK)]
    parts = list(map_blocks(_judge, (shared,), blocks, n_jobs, len(rows)))
    names = feature_names(index)
    features = np.empty((sum(len(part[0]) for part in parts), len(names)), dtype=np.float32)
    start = 0
    for place, (found, *rest) in enumerate(parts):
        features[start : start + len(found)] = found
        start += len(found)
        parts[place] = (features[:0], *rest)  # two copies of all features would be much
    kept = np.concatenate([np.empty(0, dtype=bool), *(part[1] for part in parts)])
    sizes = np.concatenate([np.empty(0, dtype=np.intp), *(part[2] for part in parts)])
    return TrainingSet(features, kept, sizes, names)


def _judge(
    parcel: SharedPayload[tuple[Index, Settings, sparse.csr_matrix]], rows: NDArray[np.intp]
) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.intp]]:
    """Return what `TrainingSet` holds of some sources."""
    index, settings, graph = parcel.open()
    features: list[NDArray[np.float32]] = []
    kept: list[NDArray[np.bool_]] = []
    sizes: list[NDArray[np.intp]] = []
    for query in at_publication(index, rows, settings):
        features.append(pair_features(query)[0])
        links = graph[query.rows].tocoo()
        kept.append(np.isin(query.key(query.source_of, query.targets), query.key(links.row, links.col)))
        sizes.append(query.pairs.count())
    return np.vstack(features), np.concatenate(kept), np.concatenate(sizes)


def at_publication(index: Index, rows: NDArray[np.intp], settings: Settings) -> Iterator[Query]:
    """Yield the sources, in blocks, with their candidates, knowing what was published by then."""
    depth = searched_depth(settings.candidates)
    for query in queries(index, index.vectors.take(rows), rows, known_limits(index, rows), depth=depth):
        yield with_candidates(query, settings.candidates)
