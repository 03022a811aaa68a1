"""A score in words: what each group of features gave, and the terms, topics, days and links that made it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from recommender.core.records import Article, Reason
from recommender.features.pair_features import GROUPS
from recommender.retrieval.query import SourceQuery
from recommender.retrieval.text import TextModel
from recommender.retrieval.topics import shared_topics

BASE = "base_rate"


@dataclass(frozen=True)
class RuleWeight:
    """What the house adds to a pair's log-odds: shown as a reason called `feature`."""

    feature: str
    text: str
    log_odds: float


@dataclass(frozen=True)
class Pair:
    """A source and one of its candidates, with what is needed to put it into words."""

    asked: SourceQuery
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
    house: Sequence[RuleWeight] = (),
) -> tuple[Reason, ...]:
    """Return one reason a group of features, the largest share first, the base rate last.

    The parts of a score add up in log-odds. To add up in probability too, what lies between the base rate
    and the score is divided among the groups in proportion to their log-odds: the shares keep their signs.

    Parameters
    ----------
    pair
        What is explained.
    names
        Names of the features, each as ``group.feature``.
    contributions : (n_features,) float64 array
        Each feature's part of the log-odds.
    log_odds
        Of the score. What no feature gave is the base: what every candidate of the source starts from.
    house
        What the house adds to the log-odds, a reason each.
    """
    groups, of_group = _groups(tuple(names))
    sums = np.bincount(of_group, weights=contributions[: len(names)], minlength=len(groups))
    by_group = dict(zip(groups, sums.tolist(), strict=True))
    words = {group: WORDS[group](pair) for group in by_group}
    by_group |= {weight.feature: weight.log_odds for weight in house}
    words |= {weight.feature: weight.text for weight in house}
    total = sum(by_group.values())
    base = log_odds - total
    base_share = float(expit(base))
    score = float(expit(log_odds))
    slope = (score - base_share) / total if abs(total) > 1e-9 else base_share * (1 - base_share)
    reasons = [Reason(group, words[group], value * slope, value) for group, value in by_group.items()]
    reasons.sort(key=lambda reason: (-reason.share, reason.feature))
    return (*reasons, Reason(BASE, "what every candidate of this article starts from", base_share, base))


@lru_cache(maxsize=8)
def _groups(names: tuple[str, ...]) -> tuple[tuple[str, ...], NDArray[np.intp]]:
    """Return the groups of some features, and the place of each feature's among them."""
    of_feature = [name.partition(".")[0] for name in names]
    groups = tuple(dict.fromkeys(of_feature))
    return groups, np.array([groups.index(group) for group in of_feature], dtype=np.intp)


def _title_words(pair: Pair) -> str:
    return _shared("titles", pair.text.rarest_shared(pair.source, pair.target, "title"))


def _text_words(pair: Pair) -> str:
    return _shared("texts", pair.text.rarest_shared(pair.source, pair.target, "full"))


def _shared(where: str, words: Sequence[str]) -> str:
    return f"{where} share: {', '.join(words)}" if words else f"{where} share no telling word"


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
    days = pair.asked.days_apart(np.array([pair.row]))[0]
    if np.isnan(days):
        return "date unknown"
    if days < 1:
        return "published within a day"
    return f"published {_plural(round(float(days)), 'day')} apart"


def _quality_words(pair: Pair) -> str:
    return "no quality known" if pair.target.quality is None else f"quality {pair.target.quality:g}"


def _length_words(pair: Pair) -> str:
    return _plural(int(pair.asked.index.vectors.words[pair.row, 1]), "word")


def _relation_words(pair: Pair) -> str:
    count = int(pair.asked.known_degrees(np.array([pair.row]))[0])
    if count == 0:
        return "not linked with any known article"
    nearest = pair.asked.nearest_neighbours(pair.row, 2)
    titles = " and ".join(f"“{pair.asked.index.corpus[int(row)].title}”" for row in nearest)
    return f"linked with {_plural(count, 'article')}, nearest {titles}"


def _neighbourhood_words(pair: Pair) -> str:
    alike, linked = pair.asked.linked_among_nearest
    return f"{linked} of the {_plural(alike, 'article')} most like the source are linked" if alike else "alone"


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


WORDS: dict[str, Callable[[Pair], str]] = {
    "title_terms": _title_words,
    "text_terms": _text_words,
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
