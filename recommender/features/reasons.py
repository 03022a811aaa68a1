"""Reasons for a score: the share of each group of features, in words that an editor understands."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import expit

from recommender.core.records import Article, Reason
from recommender.corpus.stored_articles import title_of
from recommender.features.pair_features import GROUPS
from recommender.retrieval.groups import Groups
from recommender.retrieval.query import Query
from recommender.retrieval.similarity import OVERALL
from recommender.retrieval.topics import shared_topics

BASE = "base_rate"
AGAINST = "against it: "
NAMED_NEIGHBOURS = 2


@dataclass(frozen=True)
class RuleWeight:
    """What a business rule adds to the log-odds of a pair: shown as a reason of its own, named `feature`, in words."""

    feature: str
    text: str
    log_odds: float


@dataclass(frozen=True)
class ExplainedPairs:
    """Sources of a query, each with a candidate; all are explained at once, as most of the price is one of calls.

    Attributes
    ----------
    source_of, rows : (n_pairs,) intp array
        Position of each pair's source in the query, and row of its candidate, which retrieval need not have found.
    sources, targets
        The articles of each pair; the source as it was given.
    """

    query: Query
    source_of: NDArray[np.intp]
    rows: NDArray[np.intp]
    sources: Sequence[Article]
    targets: Sequence[Article]

    def __len__(self) -> int:
        return len(self.rows)

    def shared_words(self, field: str, most: int = 5) -> list[list[str]]:
        """Return up to `most` words that the articles of each pair share in a field, rarest first."""
        index = self.query.index
        vectors: sparse.csr_matrix = getattr(index.vectors, field)[self.rows]
        columns = np.split(vectors.indices, vectors.indptr[1:-1])
        words: list[list[str]] = [[]] * len(self)
        for source in np.unique(self.source_of).tolist():
            positions = np.flatnonzero(self.source_of == source).tolist()
            targets = [self.targets[position] for position in positions]
            own_columns = [columns[position] for position in positions]
            shared = index.text_model.rarest_shared(self.sources[positions[0]], targets, field, own_columns, most)
            for position, own in zip(positions, shared, strict=True):
                words[position] = own
        return words

    @property
    def shared_topics(self) -> list[list[str]]:
        """The topics that both articles of each pair carry."""
        return list(map(shared_topics, self.sources, self.targets))


def explain_scores(
    pairs: ExplainedPairs,
    names: Sequence[str],
    contributions: NDArray[np.float64],
    log_odds: Sequence[float],
    rule_weights: Sequence[Sequence[RuleWeight]],
) -> list[tuple[Reason, ...]]:
    """Return, for each pair, a reason for each group of features and each rule.

    The largest share comes first, the base rate last. The parts of a score add up in log-odds. Shares add up in
    probability: the difference between the score and the base rate is divided among the reasons in proportion to their
    log-odds, so that a share has the sign of these.

    The text of what speaks against the pair says so: it begins with "against it: ".

    Parameters
    ----------
    names
        Names of the features, each as ``group.feature``.
    contributions : (n_pairs, n_features) float64 array
        Each feature's part of the log-odds.
    log_odds
        The whole scores, rules included. The part of no feature and no rule is the base rate, from which every
        candidate of the source starts.
    rule_weights
        What rules add to each pair.
    """
    groups, group_of = _groups(tuple(names))
    cells = np.arange(len(pairs))[:, np.newaxis] * len(groups) + group_of
    sums = np.bincount(
        cells.ravel(), weights=contributions[:, : len(names)].ravel(), minlength=len(pairs) * len(groups)
    ).reshape(len(pairs), len(groups))
    texts = zip(*(WORDS[group](pairs) for group in groups), strict=True)
    explained = zip(texts, sums.tolist(), rule_weights, log_odds, strict=True)
    return [_reasons(groups, words, parts, weights, whole) for words, parts, weights, whole in explained]


def _reasons(
    groups: Sequence[str],
    words: Sequence[str],
    parts: Sequence[float],
    rule_weights: Sequence[RuleWeight],
    log_odds: float,
) -> tuple[Reason, ...]:
    """Return the reasons of one pair, given the words and the log-odds of each group of features."""
    contributors = [*zip(groups, words, parts, strict=True)]
    contributors += [(weight.feature, weight.text, weight.log_odds) for weight in rule_weights]
    total = sum(value for _, _, value in contributors)
    base = log_odds - total
    base_share = float(expit(base))
    score = float(expit(log_odds))
    # Probability for each unit of log-odds; where the parts cancel out, the slope of the logistic function at the base.
    slope = (score - base_share) / total if abs(total) > 1e-9 else base_share * (1 - base_share)
    reasons = [
        Reason(feature, text if value >= 0 else AGAINST + text, value * slope, value)
        for feature, text, value in contributors
    ]
    reasons.sort(key=lambda reason: (-reason.share, reason.feature))
    return (*reasons, Reason(BASE, "what every candidate of this article starts from", base_share, base))


@lru_cache(maxsize=8)
def _groups(names: tuple[str, ...]) -> tuple[tuple[str, ...], NDArray[np.intp]]:
    """Return the groups of features, in order, and the position of each feature's group among them."""
    group_names = [name.partition(".")[0] for name in names]
    groups = tuple(dict.fromkeys(group_names))
    return groups, np.array([groups.index(name) for name in group_names], dtype=np.intp)


def _word_texts(texts: str, field: str, pairs: ExplainedPairs) -> list[str]:
    common = f"{texts} share common words at most"
    return [f"{texts} share: {', '.join(words)}" if words else common for words in pairs.shared_words(field)]


def _topic_texts(pairs: ExplainedPairs) -> list[str]:
    return [f"same topics: {', '.join(topics)}" if topics else "no topic in common" for topics in pairs.shared_topics]


def _provider_texts(pairs: ExplainedPairs) -> list[str]:
    return list(map(_provider_text, pairs.sources, pairs.targets))


def _provider_text(source: Article, target: Article) -> str:
    own, other = source.provider, target.provider
    if own is None or other is None or own.key is None or other.key is None:
        return "provider unknown"
    name = other.name or other.domain
    return f"both from {name}" if own.key == other.key else f"from another provider, {name}"


def _time_texts(pairs: ExplainedPairs) -> list[str]:
    return [_time_text(days) for days in pairs.query.days_apart(pairs.source_of, pairs.rows).tolist()]


def _time_text(days_apart: float) -> str:
    if math.isnan(days_apart):
        return "date unknown"
    return "published within a day" if days_apart < 1 else f"published {_plural(round(days_apart), 'day')} apart"


def _quality_texts(pairs: ExplainedPairs) -> list[str]:
    qualities = (target.quality for target in pairs.targets)
    return ["no quality known" if quality is None else f"quality {quality:g}" for quality in qualities]


def _length_texts(pairs: ExplainedPairs) -> list[str]:
    return [_plural(count, "word") for count in pairs.query.index.vectors.words[pairs.rows, 1].astype(int).tolist()]


def _relation_texts(pairs: ExplainedPairs) -> list[str]:
    query, articles = pairs.query, pairs.query.index.corpus.articles
    links = query.known_links(pairs.source_of, pairs.rows)
    similarity = query.similarity(OVERALL, pairs.source_of[links.group_of], links.neighbour)
    # The neighbours of each pair, the most similar to the source first.
    neighbours = links.neighbour[np.lexsort((links.neighbour, -similarity, links.group_of))].tolist()
    groups = Groups(links.group_of, len(pairs))
    texts: list[str] = []
    for start, count in zip(groups.starts.tolist(), groups.count().tolist(), strict=True):
        nearest = neighbours[start : start + min(count, NAMED_NEIGHBOURS)]
        titles = " and ".join(f"“{title_of(articles, row)}”" for row in nearest)
        linked = f"linked with {_plural(count, 'article')}, nearest {titles}"
        texts.append(linked if count else "not linked with any known article")
    return texts


def _neighbourhood_texts(pairs: ExplainedPairs) -> list[str]:
    nearest = pairs.query.nearest_by_text()
    is_linked = pairs.query.known_degrees(*nearest) > 0
    n_nearest = np.bincount(nearest.source_of, minlength=len(pairs.query)).tolist()
    n_linked = np.bincount(nearest.source_of[is_linked], minlength=len(pairs.query)).tolist()
    texts = [
        f"{linked} of the {_plural(count, 'article')} most like the source are linked" if count else "alone"
        for count, linked in zip(n_nearest, n_linked, strict=True)
    ]
    return [texts[source] for source in pairs.source_of.tolist()]


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


WORDS: dict[str, Callable[[ExplainedPairs], list[str]]] = {
    "title_terms": partial(_word_texts, "titles", "title"),
    "text_terms": partial(_word_texts, "texts", "full"),
    "topics": _topic_texts,
    "provider": _provider_texts,
    "time": _time_texts,
    "quality": _quality_texts,
    "length": _length_texts,
    "relations": _relation_texts,
    "neighbourhood": _neighbourhood_texts,
}
if WORDS.keys() != GROUPS.keys():
    raise RuntimeError("every group of features needs words, and no others")
