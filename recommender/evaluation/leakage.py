"""What gives the answer away: numbers of a target that change once editors have linked it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.corpus.corpus import Corpus
from recommender.evaluation.splits import AT_PUBLICATION, known_rows, relevant_targets


@dataclass(frozen=True, slots=True)
class Leak:
    """How well the number of an article's links alone tells curated targets from others.

    Attributes
    ----------
    sources
        How many articles were looked at: those linked with an older one.
    today
        Probability that a linked article has more links than another one, ties counted half (the area under
        the ROC curve), in [0, 1], as the mean over sources; links counted today, the one in question among
        them. 0.5 tells nothing.
    at_publication
        The same, counting only links with articles that were published before the source.
    """

    sources: int
    today: float
    at_publication: float


def degree_leak(corpus: Corpus, random_state: int = 0) -> Leak:
    """Compare each linked article with others of the same moment that the source is not linked with, drawn at random.

    The distance from `today` down to `at_publication` is what a field written after the links gives away, such as a
    count of related articles: no model may see it. nan where there is nothing to compare.

    >>> degree_leak(Corpus.from_articles([])).sources
    0
    """
    graph = corpus.neighbours
    degrees = np.diff(graph.indptr)
    random = np.random.default_rng(random_state)
    today: list[float] = []
    before: list[float] = []
    for row in range(len(corpus)):
        known = np.arange(known_rows(corpus, row, AT_PUBLICATION))
        linked = np.array(sorted(relevant_targets(corpus, row, len(known))), dtype=np.intp)
        others = np.setdiff1d(known, [*linked, row])
        if len(linked) == 0 or len(others) == 0:
            continue
        drawn = random.choice(others, len(linked))
        today.append(_auc(degrees[linked], degrees[drawn]))
        before.append(_auc(_degrees_before(corpus, linked, row), _degrees_before(corpus, drawn, row)))
    if not today:
        return Leak(0, math.nan, math.nan)
    return Leak(len(today), float(np.mean(today)), float(np.mean(before)))


def _degrees_before(corpus: Corpus, rows: NDArray[np.intp], row: int) -> NDArray[np.int64]:
    graph = corpus.neighbours
    known = [np.searchsorted(graph.indices[graph.indptr[one] : graph.indptr[one + 1]], row) for one in rows]
    return np.array(known, dtype=np.int64)


def _auc(ours: NDArray[Any], others: NDArray[Any]) -> float:
    return float(np.mean(0.5 + 0.5 * np.sign(ours[:, np.newaxis] - others)))
