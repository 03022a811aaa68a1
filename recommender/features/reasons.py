"""Reasons for a score: the share of each group of features, in words that an editor understands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from recommender.core.records import Article, Reason
from recommender.features.pair_features import GROUPS
from recommender.retrieval.query import SourceQuery
from recommender.retrieval.text import TextModel
from recommender.retrieval.topics import shared_topics

BASE = "base_rate"
AGAINST = "against it: "


@dataclass(frozen=True)
class RuleWeight:
    """What a business rule adds to the log-odds of a pair: shown as a reason of its own, named `feature`, in words."""

    feature: str
    text: str
    log_odds: float


@dataclass(frozen=True)
class Pair:
    """A source and one of its candidates, at a row of the corpus; `text` knows which shared words are rare."""

    source_query: SourceQuery
    row: int
    source: Article
    target: Article
    text: TextModel

    @property
    def shared_topics(self) -> list[str]:
        """The topics that both articles carry."""
        return shared_topics(self.source, self.target)


def explain_score(
    pair: Pair,
    names: Sequence[str],
    contributions: NDArray[np.float64],
    log_odds: float,
    rule_weights: Sequence[RuleWeight] = (),
) -> tuple[Reason, ...]:
    """Return a reason for each group of features and each rule, the largest share first, the base rate last.

    The parts of a score add up in log-odds. Shares add up in probability: the difference between the score and the
    base rate is divided among the reasons in proportion to their log-odds, so that a share has the sign of these.

    The text of what speaks against the pair says so: it begins with "against it: ".

    Parameters
    ----------
    names
        Names of the features, each as ``group.feature``.
    contributions : (n_features,) float64 array
        Each feature's part of the log-odds.
    log_odds
        The whole score, rules included. The part of no feature and no rule is the base rate, from which every
        candidate of the source starts.
    """
    groups, group_of = _groups(tuple(names))
    sums = np.bincount(group_of, weights=contributions[: len(names)], minlength=len(groups))
    log_odds_of = dict(zip(groups, sums.tolist(), strict=True))
    texts = {group: WORDS[group](pair) for group in groups}
    log_odds_of |= {weight.feature: weight.log_odds for weight in rule_weights}
    texts |= {weight.feature: weight.text for weight in rule_weights}
    total = sum(log_odds_of.values())
    base = log_odds - total
    base_share = float(expit(base))
    score = float(expit(log_odds))
    # Probability for each unit of log-odds; where the parts cancel out, the slope of the logistic function at the base.
    slope = (score - base_share) / total if abs(total) > 1e-9 else base_share * (1 - base_share)
    reasons = [
        Reason(feature, texts[feature] if value >= 0 else AGAINST + texts[feature], value * slope, value)
        for feature, value in log_odds_of.items()
    ]
    reasons.sort(key=lambda reason: (-reason.share, reason.feature))
    return (*reasons, Reason(BASE, "what every candidate of this article starts from", base_share, base))


@lru_cache(maxsize=8)
def _groups(names: tuple[str, ...]) -> tuple[tuple[str, ...], NDArray[np.intp]]:
    """Return the groups of features, in order, and the position of each feature's group among them."""
    group_names = [name.partition(".")[0] for name in names]
    groups = tuple(dict.fromkeys(group_names))
    return groups, np.array([groups.index(name) for name in group_names], dtype=np.intp)


def _shared_words(texts: str, field: str, pair: Pair) -> str:
    words = pair.text.rarest_shared(pair.source, pair.target, field)
    return f"{texts} share: {', '.join(words)}" if words else f"{texts} share common words at most"


def _topic_words(pair: Pair) -> str:
    shared = pair.shared_topics
    return f"same topics: {', '.join(shared)}" if shared else "no topic in common"


def _provider_words(pair: Pair) -> str:
    source, target = pair.source.provider, pair.target.provider
    if source is None or target is None or source.key is None or target.key is None:
        return "provider unknown"
    name = target.name or target.domain
    return f"both from {name}" if source.key == target.key else f"from another provider, {name}"


def _time_words(pair: Pair) -> str:
    days = pair.source_query.days_apart(np.array([pair.row]))[0]
    if np.isnan(days):
        return "date unknown"
    if days < 1:
        return "published within a day"
    return f"published {_plural(round(float(days)), 'day')} apart"


def _quality_words(pair: Pair) -> str:
    return "no quality known" if pair.target.quality is None else f"quality {pair.target.quality:g}"


def _length_words(pair: Pair) -> str:
    return _plural(int(pair.source_query.index.vectors.words[pair.row, 1]), "word")


def _relation_words(pair: Pair) -> str:
    count = int(pair.source_query.known_degrees(np.array([pair.row]))[0])
    if count == 0:
        return "not linked with any known article"
    nearest = pair.source_query.nearest_neighbours(pair.row, 2)
    titles = " and ".join(f"“{pair.source_query.index.corpus[int(row)].title}”" for row in nearest)
    return f"linked with {_plural(count, 'article')}, nearest {titles}"


def _neighbourhood_words(pair: Pair) -> str:
    n_nearest, n_linked = pair.source_query.linked_among_nearest
    if n_nearest == 0:
        return "alone"
    return f"{n_linked} of the {_plural(n_nearest, 'article')} most like the source are linked"


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


WORDS: dict[str, Callable[[Pair], str]] = {
    "title_terms": partial(_shared_words, "titles", "title"),
    "text_terms": partial(_shared_words, "texts", "full"),
    "topics": _topic_words,
    "provider": _provider_words,
    "time": _time_words,
    "quality": _quality_words,
    "length": _length_words,
    "relations": _relation_words,
    "neighbourhood": _neighbourhood_words,
}
if WORDS.keys() != GROUPS.keys():
    raise RuntimeError("every group of features needs words, and no others")
