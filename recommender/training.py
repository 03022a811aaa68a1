"""From curated relations to a ranker: each source asked as on the day it was published."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from recommender.candidates import with_candidates
from recommender.corpus import Corpus
from recommender.default import shipped_ranker
from recommender.features import FeatureModel, Index, Query, feature_names, pair_features, queries
from recommender.ranker import Judged, Ranker, ShippedRanker, fit_ranker
from recommender.settings import Settings


def train_ranker(index: Index, settings: Settings, shipped: ShippedRanker | None = None) -> Ranker:
    """Learn from every article that was linked with an older one, the newest `most_sources` of them.

    `shipped` stands in, or has a voice, where they are few; for None it is the one inside the package.
    """
    judged = judge(index, teaching_rows(index, settings.ranker.most_sources), settings)
    return fit_ranker(judged, settings.ranker, shipped or shipped_ranker())


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


def train_shipped(corpus: Corpus, settings: Settings) -> ShippedRanker:
    """Learn a ranker for other sites from this one, both with its relations known and with none.

    Either way what its editors kept is what it learns from.
    """
    features = FeatureModel.fit(corpus)
    index = features.index(corpus)
    rows = teaching_rows(index, settings.ranker.most_sources)
    bare = features.index(corpus.without_relations())
    views = [judge(known, rows, settings, corpus) for known in (index, bare)]
    return ShippedRanker.fit(views, settings.ranker)


def judge(index: Index, rows: NDArray[np.intp], settings: Settings, truth: Corpus | None = None) -> Judged:
    """Return the pair features of these sources at their publication, with what the editors kept.

    That is the relations of the corpus `truth`, of the same articles; of the index's own for None.
    """
    graph = (truth or index.corpus).neighbours
    blocks: list[NDArray[np.float32]] = []
    kept: list[NDArray[np.bool_]] = []
    for query in at_publication(index, rows, settings):
        features = pair_features(query)[0]
        blocks.append(features)
        kept.append(np.isin(query.targets, graph.indices[graph.indptr[query.row] : graph.indptr[query.row + 1]]))
    names = feature_names(index)
    if not blocks:
        nothing = np.empty((0, len(names)), dtype=np.float32)
        return Judged(nothing, np.empty(0, dtype=bool), np.empty(0, dtype=np.intp), names)
    return Judged(np.vstack(blocks), np.concatenate(kept), np.array([len(block) for block in blocks]), names)


def at_publication(index: Index, rows: NDArray[np.intp], settings: Settings) -> Iterator[Query]:
    """Yield each source with its candidates, knowing what was published by then."""
    for query in queries(index, index.vectors.take(rows), rows, known_limits(index, rows)):
        yield with_candidates(query, settings.candidates)
