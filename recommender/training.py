"""From curated relations to a ranker: each source asked as on the day it was published."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from recommender.candidates import searched_depth, with_candidates
from recommender.features import Index, Query, feature_names, pair_features, queries
from recommender.parcel import Parcel
from recommender.ranker import Judged, Ranker, fit_ranker
from recommender.settings import Settings

BLOCK = 256  # sources that a worker judges at a time


def train_ranker(index: Index, settings: Settings, n_jobs: int = 1) -> Ranker:
    """Learn from every article that was linked with an older one, the newest `most_sources` of them."""
    rows = teaching_rows(index, settings.ranker.most_sources)
    return fit_ranker(judge(index, rows, settings, n_jobs), settings.ranker)


def known_limits(index: Index, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return how many rows were known when each of these was published; for an undated one, all."""
    times = index.corpus.times
    limits: NDArray[np.intp] = np.searchsorted(times, times[rows], side="right").astype(np.intp, copy=False)
    return limits


def teaching_rows(index: Index, most: int) -> NDArray[np.intp]:
    """Return the newest rows, ascending, with a relation to an article known at their publication."""
    graph = index.corpus.neighbours
    rows = np.flatnonzero(np.diff(graph.indptr))
    limits = known_limits(index, rows)
    earliest = graph.indices[graph.indptr[rows]]  # neighbours are sorted
    teaching: NDArray[np.intp] = rows[earliest < limits]
    return teaching[-most:]


def judge(index: Index, rows: NDArray[np.intp], settings: Settings, n_jobs: int = 1) -> Judged:
    """Return the pair features of these sources at their publication, with what the editors kept."""
    index.prepare()
    parcel = Parcel((index, settings))
    work = (delayed(_judge)(parcel, rows[start : start + BLOCK]) for start in range(0, max(len(rows), 1), BLOCK))
    prefer = "threads" if len(rows) < 2 * BLOCK else "processes"
    parts = Parallel(n_jobs=n_jobs, prefer=prefer)(work)
    features = np.empty((sum(len(part.features) for part in parts), len(parts[0].names)), dtype=np.float32)
    start = 0
    for place, part in enumerate(parts):
        features[start : start + len(part.features)] = part.features
        start += len(part.features)
        parts[place] = replace(part, features=features[:0])  # two copies of all features would be much
    kept, sizes = (np.concatenate([getattr(part, name) for part in parts]) for name in ("kept", "sizes"))
    return Judged(features, kept, sizes, parts[0].names)


def _judge(parcel: Parcel[tuple[Index, Settings]], rows: NDArray[np.intp]) -> Judged:
    index, settings = parcel.open()
    blocks: list[NDArray[np.float32]] = []
    kept: list[NDArray[np.bool_]] = []
    sizes: list[NDArray[np.intp]] = []
    for query in at_publication(index, rows, settings):
        features = pair_features(query)[0]
        blocks.append(features)
        curated = query.known_links(np.arange(len(query)), query.rows)
        kept.append(np.isin(query.key(query.owner, query.targets), query.key(curated.owner, curated.neighbour)))
        sizes.append(query.pairs.count())
    names = feature_names(index)
    if not blocks:
        nothing = np.empty((0, len(names)), dtype=np.float32)
        return Judged(nothing, np.empty(0, dtype=bool), np.empty(0, dtype=np.intp), names)
    return Judged(np.vstack(blocks), np.concatenate(kept), np.concatenate(sizes), names)


def at_publication(index: Index, rows: NDArray[np.intp], settings: Settings) -> Iterator[Query]:
    """Yield the sources, in blocks, with their candidates, knowing what was published by then."""
    depth = searched_depth(settings.candidates)
    for query in queries(index, index.vectors.take(rows), rows, known_limits(index, rows), depth=depth):
        yield with_candidates(query, settings.candidates)
