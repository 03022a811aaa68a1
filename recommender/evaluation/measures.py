"""Figures of ranked lists: pure functions that know nothing of this package.

`ranked` is a sequence of targets, best first; `relevant` the set of targets that are right. A target that
a list names twice counts at its first place only. `nan` means that a figure is not defined.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray


def ndcg_at_k(ranked: Sequence[Hashable], relevant: Collection[Hashable], k: int = 10) -> float:
    """Return the normalised discounted cumulative gain of the first `k` targets, in [0, 1].

    ``sum(hit_i / log2(i + 1)) / sum(1 / log2(i + 1))`` with ranks i from 1: above over the first `k` of the
    list, below over the first ``min(k, len(relevant))`` ranks, which is the best possible list. Gains are
    binary. 0 for no suggestions, nan for no relations. Järvelin and Kekäläinen, "Cumulated gain-based
    evaluation of IR techniques", ACM TOIS 20(4), 2002.

    >>> round(ndcg_at_k(["a", "x", "b"], {"a", "b"}), 3)
    0.92
    """
    if not relevant:
        return math.nan
    gain = sum(1 / math.log2(place + 2) for place, hit in enumerate(_hits(ranked, relevant, k)) if hit)
    best = sum(1 / math.log2(place + 2) for place in range(min(k, len(relevant))))
    return gain / best


def precision_at_k(ranked: Sequence[Hashable], relevant: Collection[Hashable], k: int = 5) -> float:
    """Return the relevant share of the first `k` places, in [0, 1].

    ``hits / k``. The divisor is `k` even where the list is shorter: an empty place is no success, so a
    model does not gain by saying less. 0 for no suggestions and for no relations.

    >>> precision_at_k(["a", "x"], {"a", "b"}, k=5)
    0.2
    """
    return sum(_hits(ranked, relevant, k)) / k


def recall_at_k(ranked: Sequence[Hashable], relevant: Collection[Hashable], k: int = 10) -> float:
    """Return the share of the relevant targets that stand among the first `k`, in [0, 1].

    ``hits / len(relevant)``; below 1 by necessity where there are more than `k` relevant targets.
    0 for no suggestions, nan for no relations.

    >>> recall_at_k(["a", "x"], {"a", "b"})
    0.5
    """
    hits = sum(_hits(ranked, relevant, k))
    return hits / len(relevant) if relevant else math.nan


def reciprocal_rank(ranked: Sequence[Hashable], relevant: Collection[Hashable], k: int = 10) -> float:
    """Return one over the rank of the first relevant target among the first `k`, in [0, 1].

    0 where there is none, so also for no suggestions and for no relations. Its mean over sources is the
    MRR. Voorhees, "The TREC-8 question answering track report", 1999.

    >>> reciprocal_rank(["x", "a"], {"a"})
    0.5
    """
    return next((1 / (place + 1) for place, hit in enumerate(_hits(ranked, relevant, k)) if hit), 0.0)


def coverage(lists: Sequence[Sequence[Hashable]]) -> float:
    """Return the share of sources with at least one suggestion, in [0, 1]; nan for no sources.

    >>> coverage([["a"], []])
    0.5
    """
    return sum(len(ranked) > 0 for ranked in lists) / len(lists) if lists else math.nan


def catalogue_reach(lists: Sequence[Sequence[Hashable]], n_articles: int) -> float:
    """Return how much of the catalogue is suggested anywhere: ``distinct targets / articles``, in [0, 1].

    0 for no suggestions, nan for no articles.

    >>> catalogue_reach([["a", "b"], ["b"]], n_articles=4)
    0.5
    """
    distinct = {target for ranked in lists for target in ranked}
    return len(distinct) / n_articles if n_articles else math.nan


def gini(degrees: ArrayLike) -> float:
    """Return the Gini coefficient of how often each article is suggested, zeros included, in [0, 1).

    ``2 * sum(i * x_i) / (n * sum(x)) - (n + 1) / n`` over the degrees in ascending order, i from 1. 0 means
    that all articles are suggested alike, near 1 that a few take everything. nan for no articles and
    where nothing was suggested. Gini, "Variabilità e mutabilità", 1912; the formula for sorted values is
    that of Sen, "On economic inequality", 1973.

    >>> gini([0, 0, 0, 4])
    0.75
    """
    ordered = np.sort(np.asarray(degrees, dtype=np.float64))
    n, total = len(ordered), float(ordered.sum())
    if total == 0:
        return math.nan
    weighted = float(np.arange(1, n + 1) @ ordered)
    return max(0.0, 2 * weighted / (n * total) - (n + 1) / n)


def calibration_error(scores: ArrayLike, kept: ArrayLike, bins: int = 15) -> float:
    """Return the expected calibration error of probabilities, in [0, 1]; lower is better.

    ``sum(n_b / n * |mean(kept in b) - mean(score in b)|)`` over bins of equal mass: their edges are quantiles
    of the scores, because scores crowd at the low end and bins of equal width would leave most of
    them in one. Equal scores always share a bin, so the order of the pairs does not matter, and there may be
    fewer bins than asked for. nan for no suggestions. Naeini, Cooper and Hauskrecht, "Obtaining well calibrated
    probabilities using Bayesian binning", AAAI 2015; equal mass after Nguyen and O'Connor, EMNLP 2015.

    >>> round(calibration_error([0.9, 0.9, 0.1, 0.1], [1, 0, 0, 0], bins=2), 6)
    0.25
    """
    probability = np.asarray(scores, dtype=np.float64)
    outcome = np.asarray(kept, dtype=np.float64)
    if probability.shape != outcome.shape:
        raise ValueError(f"scores and kept must be of one length, got {probability.shape} and {outcome.shape}")
    if len(probability) == 0:
        return math.nan
    gap = np.bincount(equal_mass_bins(probability, bins), outcome - probability)
    return float(np.abs(gap).sum() / len(probability))


def equal_mass_bins(scores: ArrayLike, bins: int = 15) -> NDArray[np.intp]:
    """Return the bin of each score, from 0, lower scores in lower bins; equal scores share one.

    A bin may stay empty where many scores are equal.

    >>> equal_mass_bins([0.9, 0.1, 0.9, 0.2], bins=2).tolist()
    [1, 0, 1, 0]
    """
    probability = np.asarray(scores, dtype=np.float64)
    if len(probability) == 0:
        return np.empty(0, dtype=np.intp)
    edges = np.quantile(probability, np.arange(1, bins) / bins, method="inverted_cdf")
    return np.searchsorted(edges, probability, side="left")


def precision_at_threshold(scores: ArrayLike, kept: ArrayLike, threshold: float) -> float:
    """Return the share of kept among the suggestions that score `threshold` or more, in [0, 1].

    All suggestions of all sources count alike. nan where no suggestion reaches the threshold.

    >>> precision_at_threshold([0.9, 0.5, 0.2], [True, False, True], threshold=0.5)
    0.5
    """
    shown = np.asarray(scores, dtype=np.float64) >= threshold
    return float(np.asarray(kept, dtype=np.float64)[shown].mean()) if shown.any() else math.nan


def _hits(ranked: Sequence[Hashable], relevant: Collection[Hashable], k: int) -> list[bool]:
    """Say for each of the first `k` places whether it holds a relevant target, for the first time."""
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k!r}")
    seen: set[Hashable] = set()
    hits = []
    for target in ranked[:k]:
        hits.append(target in relevant and target not in seen)
        seen.add(target)
    return hits
