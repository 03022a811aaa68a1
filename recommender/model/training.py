"""Training: from curated relations to a ranker, each source with what was known on the day of its publication."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.core.settings import Settings
from recommender.core.workers import SharedPayload, map_blocks
from recommender.corpus.corpus import Corpus
from recommender.corpus.relations import stories
from recommender.features.pair_features import feature_names, pair_features
from recommender.ranker import PooledSite, Ranker, ShippedRanker, fit_ranker, shipped_ranker
from recommender.ranker.training_set import TrainingSet
from recommender.retrieval.candidates import searched_depth, with_candidates
from recommender.retrieval.index import Index
from recommender.retrieval.query import Query, queries
from recommender.retrieval.vectorizer import Vectorizer

LARGE_STORY = 0.1  # of the sources: a story of more is not held out for calibration, nor is it split where others do
SOURCES_A_BLOCK = 256  # sources whose pairs a worker computes at a time


def train_ranker(index: Index, settings: Settings, shipped: ShippedRanker | None = None, n_jobs: int = 1) -> Ranker:
    """Learn from the newest `most_sources` articles that are linked with an older one.

    Where these are few, `shipped` is used instead or blended in; for None it is the ranker inside the package.
    """
    rows = training_rows(index, settings.ranker.most_sources, settings.ranker.random_state)
    if index.corpus.is_dated:
        training_set = pair_training_set(index, rows, settings, n_jobs=n_jobs)
    else:
        training_set = _undated_training_set(index, rows, settings, n_jobs)
    return fit_ranker(training_set, settings.ranker, shipped or shipped_ranker())


def _undated_training_set(index: Index, rows: NDArray[np.intp], settings: Settings, n_jobs: int) -> TrainingSet:
    """Return every other source with all relations known, and the others with none, story by story.

    Without dates nothing says which article of a story came first, when no relation of the story was known yet: a
    ranker that always sees the whole story would lean on its relations too much.
    """
    without_relations = Index(index.corpus.without_relations(), index.vectors, index.text_model)
    first = pair_training_set(index, rows[::2], settings, n_jobs=n_jobs)
    second = pair_training_set(without_relations, rows[1::2], settings, labelled=index.corpus, n_jobs=n_jobs)
    order = np.argsort(np.append(np.arange(0, len(rows), 2), np.arange(1, len(rows), 2)))
    return TrainingSet.joined([first, second]).take(order)


def known_limits(index: Index, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return how many rows were known when each of these was published; for an undated one, all."""
    times = index.corpus.times
    limits: NDArray[np.intp] = np.searchsorted(times, times[rows], side="right").astype(np.intp, copy=False)
    return limits


def training_rows(index: Index, most: int, random_state: int = 0) -> NDArray[np.intp]:
    """Return the newest rows, at most so many, ascending, with a relation to an article known at their publication.

    On a site without dates they come story by story, in an order by chance.
    """
    graph = index.corpus.neighbours
    rows = np.flatnonzero(np.diff(graph.indptr))
    limits = known_limits(index, rows)
    oldest_neighbours = graph.indices[graph.indptr[rows]]  # the first of each row, as neighbours are sorted
    rows_to_learn_from: NDArray[np.intp] = rows[oldest_neighbours < limits]
    if not index.corpus.is_dated:
        rows_to_learn_from = _by_story(rows_to_learn_from, stories(graph), random_state)
    return rows_to_learn_from[-most:]


def _by_story(rows: NDArray[np.intp], story_of: NDArray[np.int32], random_state: int) -> NDArray[np.intp]:
    """Return rows by chance, those of a story together; large stories first, so that the last ones can be held out."""
    rng = np.random.default_rng(random_state)
    rows = rng.permutation(rows)
    turn = rng.permutation(int(story_of.max(initial=-1)) + 1)[story_of[rows]]
    is_small = np.bincount(story_of[rows], minlength=1)[story_of[rows]] <= LARGE_STORY * len(rows)
    ordered: NDArray[np.intp] = rows[np.lexsort((turn, is_small))]
    return ordered


def pooled_site(corpus: Corpus, kindred: str, settings: Settings, first_row: int = 0, n_jobs: int = 1) -> PooledSite:
    """Return what the shipped ranker learns from a site: once with no relation known, and once with all.

    The labels are the curated relations both times. The sources are `most_sources` of the rows from `first_row` on, by
    chance, or all of them; in time order.
    """
    features = Vectorizer.fit(corpus)
    index = features.index(corpus)
    rows = np.sort(training_rows(index, len(corpus)))
    rows = rows[rows >= first_row]
    chosen = np.random.default_rng(settings.ranker.random_state).permutation(len(rows))
    rows = rows[np.sort(chosen[: settings.ranker.most_sources])]
    without_relations, with_relations = (
        pair_training_set(known, rows, settings, labelled=corpus, n_jobs=n_jobs)
        for known in (features.index(corpus.without_relations()), index)
    )
    return PooledSite(kindred, without_relations, with_relations)


def pair_training_set(
    index: Index, rows: NDArray[np.intp], settings: Settings, labelled: Corpus | None = None, n_jobs: int = 1
) -> TrainingSet:
    """Return the pair features of these sources at their publication, with the curated relations as labels.

    The relations are those of the corpus `labelled`, which holds the same articles; of the index's own for None.
    """
    index.prepare()
    shared = (index, settings, (labelled or index.corpus).neighbours)
    blocks = [rows[start : start + SOURCES_A_BLOCK] for start in range(0, len(rows), SOURCES_A_BLOCK)]
    parts = list(map_blocks(_labelled_pairs, (shared,), blocks, n_jobs, len(rows)))
    names = feature_names(index)
    features = np.empty((sum(len(part[0]) for part in parts), len(names)), dtype=np.float32)
    start = 0
    for number, (part_features, *rest) in enumerate(parts):
        features[start : start + len(part_features)] = part_features
        start += len(part_features)
        parts[number] = (features[:0], *rest)  # frees the copy: two of all features would take much memory
    labels = np.concatenate([np.empty(0, dtype=bool), *(part[1] for part in parts)])
    group_sizes = np.concatenate([np.empty(0, dtype=np.intp), *(part[2] for part in parts)])
    story_of = None if index.corpus.is_dated else stories((labelled or index.corpus).neighbours)[rows]
    return TrainingSet(features, labels, group_sizes, names, story_of)


def _labelled_pairs(
    payload: SharedPayload[tuple[Index, Settings, sparse.csr_matrix]], rows: NDArray[np.intp]
) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.intp]]:
    """Return features, labels and group sizes of some sources, as of `TrainingSet`."""
    index, settings, graph = payload.open()
    features: list[NDArray[np.float32]] = []
    labels: list[NDArray[np.bool_]] = []
    group_sizes: list[NDArray[np.intp]] = []
    for query in at_publication(index, rows, settings):
        features.append(pair_features(query)[0])
        links = graph[query.rows].tocoo()
        labels.append(np.isin(query.pair_keys(*query.candidates), query.pair_keys(links.row, links.col)))
        group_sizes.append(query.groups.count())
    return np.vstack(features), np.concatenate(labels), np.concatenate(group_sizes)


def at_publication(index: Index, rows: NDArray[np.intp], settings: Settings) -> Iterator[Query]:
    """Yield the sources, in blocks, with their candidates, each with what was published by its own publication."""
    return with_known_rows(index, rows, known_limits(index, rows), settings)


def with_known_rows(
    index: Index, rows: NDArray[np.intp], limits: NDArray[np.intp], settings: Settings
) -> Iterator[Query]:
    """Yield the sources, in blocks, with their candidates, each among the first rows up to its own limit."""
    depth = searched_depth(settings.candidates)
    for query in queries(index, index.vectors.take(rows), rows, limits, depth=depth):
        yield with_candidates(query, settings.candidates)
