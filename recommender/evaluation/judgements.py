"""The engine's scored pairs with editors' labels, and the curves drawn from them: reliability and threshold."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recommender.evaluation.bootstrap import Estimate, StoryBootstrap
from recommender.evaluation.measures import equal_mass_bins
from recommender.evaluation.records import Record


@dataclass(frozen=True, slots=True)
class JudgedPair(Record):
    """A source and a target, as rows of the corpus. Rank and score are None where the pair was never scored.

    `label` says whether editors linked the two.
    """

    source: int
    target: int
    rank: int | None
    score: float | None
    label: bool


@dataclass(frozen=True, eq=False)
class Judgements:
    """The held-out sources of one run, and every pair that the engine scored for them.

    Pairs lie one source after the other, best first.

    Attributes
    ----------
    sources, stories : (n_sources,) arrays
        Rows of the corpus; the story of each.
    ndcg
        nDCG@10 of each model, ``(n_sources,)`` arrays by name.
    source_of, targets, ranks : (n_pairs,) arrays
        Position of the pair's source in `sources`, row of its target, and its rank, from 1.
    scores, labels : (n_pairs,) arrays
        Probabilities, and whether editors linked the two.
    missed : (n_missed, 2) array
        Curated links that were never scored, as position of the source in `sources` and row of the target.
    """

    sources: NDArray[np.int64]
    stories: NDArray[Any]
    ndcg: Mapping[str, NDArray[np.float64]]
    source_of: NDArray[np.int64]
    targets: NDArray[np.int64]
    ranks: NDArray[np.int64]
    scores: NDArray[np.float64]
    labels: NDArray[np.bool_]
    missed: NDArray[np.int64]

    @classmethod
    def from_lists(
        cls,
        sources: Sequence[int] | NDArray[np.int64],
        stories: NDArray[Any],
        ndcg: Mapping[str, NDArray[np.float64]],
        rows: Sequence[Sequence[int]],
        scores: Sequence[Sequence[float]],
        relevant: Sequence[Collection[int]],
    ) -> Self:
        """Join the engine's lists, best first, with the right targets of each source.

        >>> judgements = Judgements.from_lists([7], np.array([0]), {}, [[3, 5]], [[0.9, 0.4]], [{5, 6}])
        >>> judgements.labels.tolist(), judgements.ranks.tolist(), judgements.missed.tolist()
        ([False, True], [1, 2], [[0, 6]])
        """
        lengths = np.array([len(ranked) for ranked in rows], dtype=np.int64)
        missed = [
            (position, target)
            for position, (ranked, targets) in enumerate(zip(rows, relevant, strict=True))
            for target in sorted(set(targets).difference(ranked))
        ]
        labels = [row in targets for ranked, targets in zip(rows, relevant, strict=True) for row in ranked]
        return cls(
            sources=np.array(sources, dtype=np.int64),
            stories=np.asarray(stories),
            ndcg=dict(ndcg),
            source_of=np.repeat(np.arange(len(lengths)), lengths),
            targets=np.array([row for ranked in rows for row in ranked], dtype=np.int64),
            ranks=np.array([rank for length in lengths for rank in range(1, length + 1)], dtype=np.int64),
            scores=np.array([score for source_scores in scores for score in source_scores], dtype=np.float64),
            labels=np.array(labels, dtype=np.bool_),
            missed=np.array(missed, dtype=np.int64).reshape(-1, 2),
        )

    def surprises(self, most: int = 10) -> list[JudgedPair]:
        """Return the unlinked pairs of the highest scores, at most one a source, highest first."""
        return self._lowest(-self.scores, ~self.labels, most)

    def lost(self, most: int = 10) -> list[JudgedPair]:
        """Return the linked pairs of the lowest scores, at most one a source, lowest first."""
        return self._lowest(self.scores, self.labels, most)

    def never_scored(self, most: int = 10) -> list[JudgedPair]:
        """Return linked pairs that were no candidates, at most one a source, in time order."""
        _, first = np.unique(self.missed[:, 0], return_index=True)
        return [
            JudgedPair(int(self.sources[position]), int(target), None, None, True)
            for position, target in self.missed[first[:most]]
        ]

    def _lowest(self, values: NDArray[np.float64], wanted: NDArray[np.bool_], most: int) -> list[JudgedPair]:
        """Return the wanted pairs of the lowest values, at most one a source; ties by target."""
        pairs = np.flatnonzero(wanted)
        pairs = pairs[np.lexsort((self.targets[pairs], values[pairs]))]
        _, first = np.unique(self.source_of[pairs], return_index=True)
        columns = (self.sources[self.source_of], self.targets, self.ranks, self.scores, self.labels)
        return [JudgedPair(*(column[pair].item() for column in columns)) for pair in pairs[np.sort(first)[:most]]]


@dataclass(frozen=True, slots=True)
class ReliabilityBin(Record):
    """Suggestions of similar scores: their mean score, the share of them that editors linked, and their number."""

    mean_score: float
    linked: Estimate
    count: int


def reliability(
    scores: ArrayLike,
    labels: ArrayLike,
    stories: ArrayLike | None = None,
    bins: int = 15,
    random_state: int = 0,
) -> tuple[ReliabilityBin, ...]:
    """Return the bins of a reliability diagram, lowest scores first; no empty ones.

    Bins are those of `calibration_error`, of equal mass, so that ``sum(count * |linked - mean_score|) / n`` over them
    is that error. A calibrated score has ``linked == mean_score`` in every bin. DeGroot and Fienberg,
    "The comparison and evaluation of forecasters", The Statistician 32, 1983.

    Parameters
    ----------
    scores, labels : (n_pairs,) arrays
        Probabilities, and whether editors linked the two.
    stories : (n_pairs,) array, optional
        The story of each pair's source: gives the share its 95 % interval, by bootstrap over stories.

    >>> low, high = reliability([0.75, 0.75, 0.25, 0.25], [1, 1, 1, 0], bins=2)
    >>> (low.mean_score, low.linked.value, low.count), (high.mean_score, high.linked.value, high.count)
    ((0.25, 0.5, 2), (0.75, 1.0, 2))
    """
    probability, outcome = np.asarray(scores, dtype=np.float64), np.asarray(labels, dtype=np.float64)
    if probability.shape != outcome.shape:
        raise ValueError(f"scores and labels must be of one length, got {probability.shape} and {outcome.shape}")
    bin_of = equal_mass_bins(probability, bins)
    if stories is None:
        stories = np.zeros(len(probability))  # one story gives no interval
    bootstrap = StoryBootstrap(stories, random_state=random_state)
    return tuple(
        ReliabilityBin(float(probability[inside].mean()), bootstrap.over_articles(outcome, inside), int(inside.sum()))
        for inside in (bin_of == number for number in np.unique(bin_of))
    )


@dataclass(frozen=True, eq=False)
class ThresholdCurve:
    """Precision and coverage at every threshold that makes a difference.

    Attributes
    ----------
    thresholds : (n_thresholds,) array
        The distinct scores, ascending.
    precision, coverage, shown : (n_thresholds,) arrays
        Share of linked pairs among the suggestions that score the threshold or more; share of sources with at least
        one such suggestion; mean number of such suggestions for each source.
    """

    thresholds: NDArray[np.float64]
    precision: NDArray[np.float64]
    coverage: NDArray[np.float64]
    shown: NDArray[np.float64]

    @classmethod
    def from_pairs(cls, scores: ArrayLike, labels: ArrayLike, source_of: ArrayLike, n_sources: int) -> Self:
        """Compute the curve of some suggestions, as in `Judgements`, of all sources, those without any among them.

        >>> curve = ThresholdCurve.from_pairs([0.9, 0.6, 0.3], [1, 0, 1], [0, 0, 1], n_sources=4)
        >>> curve.thresholds.tolist(), curve.coverage.tolist()
        ([0.3, 0.6, 0.9], [0.5, 0.25, 0.25])
        """
        score, label = np.asarray(scores, np.float64), np.asarray(labels, bool)
        source = np.asarray(source_of, np.intp)
        thresholds = np.unique(score)
        n_shown = _count_at_least(score, thresholds)
        best = np.full(int(source.max(initial=-1)) + 1, -math.inf)
        np.maximum.at(best, source, score)
        return cls(
            thresholds=thresholds,
            precision=_count_at_least(score[label], thresholds) / n_shown,
            coverage=_count_at_least(best, thresholds) / n_sources,
            shown=n_shown / n_sources,
        )

    @classmethod
    def from_judgements(cls, judgements: Judgements, k: int = 5) -> Self:
        """Compute the curve of the best `k` suggestions of each source."""
        best = judgements.ranks <= k
        return cls.from_pairs(
            judgements.scores[best], judgements.labels[best], judgements.source_of[best], len(judgements.sources)
        )

    def lowest_threshold(self, precision: float) -> float | None:
        """Return the lowest threshold of at least this precision; None where there is none.

        It was chosen on the same suggestions that it is measured on: on newer ones expect a little less.

        >>> ThresholdCurve.from_pairs([0.9, 0.6, 0.3], [1, 1, 0], [0, 0, 1], n_sources=2).lowest_threshold(0.9)
        0.6
        """
        enough = np.flatnonzero(self.precision >= precision)
        return float(self.thresholds[enough[0]]) if len(enough) else None

    def at(self, threshold: float) -> tuple[float, float, float]:
        """Return precision, coverage and mean number shown at any threshold: nan, 0 and 0 above all scores."""
        position = int(np.searchsorted(self.thresholds, threshold))
        if position == len(self.thresholds):
            return math.nan, 0.0, 0.0
        return float(self.precision[position]), float(self.coverage[position]), float(self.shown[position])


def _count_at_least(values: NDArray[np.float64], thresholds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each threshold how many values reach it."""
    return np.asarray(len(values) - np.searchsorted(np.sort(values), thresholds), dtype=np.float64)
