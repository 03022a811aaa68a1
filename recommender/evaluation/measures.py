"""Measures of ranked lists and of scores: pure functions that know nothing of this package.

`ranked` is a sequence of targets, best first; `relevant` is the set of right targets. A target that a list names twice
counts at its first rank only. nan means that a measure is not defined.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

PRIMARY = "nDCG@10"


def ndcg_at_k(ranked: Sequence[Hashable], relevant: Collection[Hashable], k: int = 10) -> float:
    """Return the normalised discounted cumulative gain of the first `k` targets, in [0, 1].

    ``sum(relevant_i / log2(i + 1)) / sum(1 / log2(i + 1))`` with ranks i from 1: the upper sum is over the first
    `k` of the list, the lower one over the first ``min(k, len(relevant))`` ranks, as in the best possible list. Gains
    are binary. 0 for no suggestions, nan for no relations. Järvelin and Kekäläinen, "Cumulated gain-based
    evaluation of IR techniques", ACM TOIS 20(4), 2002.

    >>> round(ndcg_at_k(["a", "x", "b"], {"a", "b"}), 3)
    0.92
    """
    if not relevant:
        return math.nan
    gain = sum(1 / math.log2(i + 2) for i, is_relevant in enumerate(_relevance(ranked, relevant, k)) if is_relevant)
    best = sum(1 / math.log2(i + 2) for i in range(min(k, len(relevant))))
    return gain / best


def precision_at_k(ranked: Sequence[Hashable], relevant: Collection[Hashable], k: int = 5) -> float:
    """Return the relevant share of the first `k` ranks, in [0, 1].

    The divisor is `k` even where the list is shorter, so that a model does not gain by suggesting less. 0 for no
    suggestions and for no relations.

    >>> precision_at_k(["a", "x"], {"a", "b"}, k=5)
    0.2
    """
    return sum(_relevance(ranked, relevant, k)) / k


def recall_at_k(ranked: Sequence[Hashable], relevant: Collection[Hashable], k: int = 10) -> float:
    """Return the share of the relevant targets that are among the first `k`, in [0, 1].

    It cannot reach 1 where there are more than `k` relevant targets. 0 for no suggestions, nan for no relations.

    >>> recall_at_k(["a", "x"], {"a", "b"})
    0.5
    """
    right = _relevance(ranked, relevant, k)
    return sum(right) / len(relevant) if relevant else math.nan


def reciprocal_rank(ranked: Sequence[Hashable], relevant: Collection[Hashable], k: int = 10) -> float:
    """Return one over the rank of the first relevant target among the first `k`, in [0, 1].

    0 where there is none, so also for no suggestions and for no relations. Its mean over sources is the
    MRR. Voorhees, "The TREC-8 question answering track report", 1999.

    >>> reciprocal_rank(["x", "a"], {"a"})
    0.5
    """
    relevance = _relevance(ranked, relevant, k)
    return 1 / (relevance.index(True) + 1) if any(relevance) else 0.0


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
    that all articles are suggested equally often, near 1 that few articles take all suggestions. nan for no articles
    and where nothing was suggested. Gini, "Variabilità e mutabilità", 1912; the formula for sorted values is
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


def calibration_error(scores: ArrayLike, labels: ArrayLike, bins: int = 15) -> float:
    """Return the expected calibration error of probabilities, in [0, 1]; lower is better.

    ``sum(n_b / n * |mean(label in b) - mean(score in b)|)`` over bins of equal mass: their edges are quantiles
    of the scores, because scores crowd at the low end and bins of equal width would leave most of
    them in one. Equal scores always share a bin, so the order of the pairs does not matter, and there may be
    fewer bins than asked for. nan for no suggestions. Naeini, Cooper and Hauskrecht, "Obtaining well calibrated
    probabilities using Bayesian binning", AAAI 2015; equal mass after Nguyen and O'Connor, EMNLP 2015.

    >>> round(calibration_error([0.9, 0.9, 0.1, 0.1], [1, 0, 0, 0], bins=2), 6)
    0.25
    """
    probability = np.asarray(scores, dtype=np.float64)
    outcome = np.asarray(labels, dtype=np.float64)
    if probability.shape != outcome.shape:
        raise ValueError(f"scores and labels must be of one length, got {probability.shape} and {outcome.shape}")
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


def _relevance(ranked: Sequence[Hashable], relevant: Collection[Hashable], k: int) -> list[bool]:
    """Return for each of the first `k` ranks whether its target is relevant and was not ranked above already."""
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k!r}")
    seen: set[Hashable] = set()
    relevance = []
    for target in ranked[:k]:
        relevance.append(target in relevant and target not in seen)
        seen.add(target)
    return relevance
