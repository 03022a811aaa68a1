"""Business rules and editors' decisions applied to a corpus: what they pin, forbid and weigh down, in words too."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from recommender.core.errors import SettingsError, nearest
from recommender.core.records import PINNED, Article, Provider, Reason
from recommender.core.rules import Rules
from recommender.corpus.corpus import Corpus
from recommender.features.reasons import RuleWeight
from recommender.retrieval.query import SourceQuery
from recommender.retrieval.topics import topic_key
from recommender.selection.decisions import REJECT, Decision, Decisions
from recommender.selection.named_articles import missing_line

_T = TypeVar("_T")

LOG_2 = math.log(2)
OFTEN = 2  # sources for which a target was rejected for one reason, from which on it counts as rejected often
OFTEN_REJECTED_WEIGHT = -math.log(4)  # a quarter of the odds, however often a target was rejected
HALF_LIFE, REJECTIONS = "rule_half_life", "editor_rejections"
PIN_REASON = Reason(PINNED, "a business rule pinned it here, whatever its score", 0.0, 0.0)


class BusinessRules:
    """The rules of a site and its editors' decisions, with the articles that they name looked up in a corpus.

    A rule or decision on an article that the corpus does not hold has no effect, and `warnings` says so. `pins` and
    `rejected` are by the rows of source and target, `often_rejected` says by row for how many sources, and why, a
    target was rejected often.

    >>> corpus = Corpus.from_articles([Article("a", "Ferry"), Article("b", "Harbor")])
    >>> BusinessRules(Rules(block_targets=("c",)), corpus).warnings()  # doctest: +ELLIPSIS
    ["1 of 1 names in the rules without effect, ... rules.block_targets: no article has the id 'c'; ..."]
    """

    def __init__(self, rules: Rules, corpus: Corpus, decisions: Decisions | None = None):
        self.rules, self.corpus = rules, corpus
        self.decisions = Decisions() if decisions is None else decisions
        self.rejected = self.decisions.in_rows(corpus, REJECT)
        self.often_rejected = _often_rejected(self.rejected)
        self.pins = tuple(dict.fromkeys(self._known_pairs((pin.source, pin.target) for pin in rules.pin)))
        self._blocked_sources = self._known_rows(rules.block_sources)
        self._blocked_targets = self._known_rows(rules.block_targets)
        self._never = frozenset(_both_ways(self._known_pairs(rules.never)))
        self._blocked_providers = frozenset(name.strip().casefold() for name in rules.block_providers)
        self._parents = {topic_key(topic): topic_key(parent) for topic, parent in corpus.topic_parents.items()}
        topics = [(topic_key(first), topic_key(second)) for first, second in rules.never_topics]
        self._never_topics = tuple(dict.fromkeys(_both_ways(topics)))

    @property
    def is_empty(self) -> bool:
        """Whether there is no rule and no decision at all."""
        return self.rules == Rules() and not self.decisions

    def check(self) -> None:
        """Raise a SettingsError where rules contradict each other: for a pin that is blocked, or of one article."""
        for source_row, target_row in self.pins:
            source, target = self.corpus[source_row], self.corpus[target_row]
            pin = f"rules.pin: {source.id} -> {target.id}"
            if source_row == target_row:
                raise SettingsError(f"{pin} is an article and itself; name two")
            rule = self.forbids(source_row, source, target_row)
            if rule is not None:
                raise SettingsError(f"{pin} contradicts another rule: {rule}; take one of them out")

    def warnings(self) -> list[str]:
        """Return what may be a slip: names, providers and topics that no article has, pins that an editor rejected."""
        warnings = [*self.decisions.warnings(self.corpus), *self._missing_articles(), *self._missing_kinds()]
        for decision in (self.rejected[pair] for pair in self.pins if pair in self.rejected):
            text = f"{decision.source} -> {decision.target} was {_rejection_text(decision)}"
            warnings.append(f"rules.pin: {text}; take out the pin, or accept it")
        return warnings

    def _missing_articles(self) -> list[str]:
        """Return a line on the articles that rules name and the corpus does not hold; no line for none."""
        named = list(dict.fromkeys(self._named_articles()))
        missing = [(f"rules.{rule}", name) for rule, name in named if self.corpus.find(name) is None]
        return missing_line(self.corpus, "names in the rules", missing, len(named))

    def _missing_kinds(self) -> list[str]:
        """Return a line on each provider and topic that rules name and no article has."""
        rules, warnings = self.rules, []
        if rules.block_providers:
            providers = {name for article in self.corpus for name in _provider_names(article.provider)}
            unknown = [name for name in rules.block_providers if name.strip().casefold() not in providers]
            no_provider = "rules.block_providers: no article is from"
            warnings += [f"{no_provider} {name!r}; {_nearest_name(name, providers)}" for name in unknown]
        if rules.never_topics:
            topics = {topic for article in self.corpus for topic in self._topics_and_ancestors(article)}
            names = dict.fromkeys(name for pair in rules.never_topics for name in pair)
            no_topic = "rules.never_topics: no article has the topic"
            unknown = [name for name in names if topic_key(name) not in topics]
            warnings += [f"{no_topic} {name!r}; {_nearest_name(name, topics)}" for name in unknown]
        return warnings

    def forbids(self, source_row: int, source: Article, row: int) -> str | None:
        """Say which rule forbids a link by the articles, the provider or the topics; None where none does."""
        if source_row in self._blocked_sources:
            return f"a business rule blocks all suggestions for {source.id} (rules.block_sources)"
        if (source_row, row) in self._never:
            return f"a business rule keeps {source.id} and {self.corpus[row].id} apart (rules.never)"
        if row in self._blocked_targets:
            return f"a business rule blocks {self.corpus[row].id} everywhere (rules.block_targets)"
        if self._blocked_providers or self._never_topics:  # only these rules need the target read from disk
            return self._forbids_kind(source, self.corpus[row])
        return None

    def _forbids_kind(self, source: Article, target: Article) -> str | None:
        """Say which rule forbids a link by the target's provider or the topics of the two."""
        provider = target.provider
        if provider is not None and self._blocked_providers & set(_provider_names(provider)):
            return f"a business rule blocks the provider {provider.name or provider.domain} (rules.block_providers)"
        if self._never_topics:
            source_topics, target_topics = self._topics_and_ancestors(source), self._topics_and_ancestors(target)
            for source_topic, target_topic in self._never_topics:
                if source_topic in source_topics and target_topic in target_topics:
                    topics = f"{source_topic} and {target_topic}"
                    return f"a business rule keeps the topics {topics} apart (rules.never_topics)"
        return None

    def _known_rows(self, names: Sequence[str]) -> frozenset[int]:
        return frozenset(row for row in map(self.corpus.find, names) if row is not None)

    def _known_pairs(self, pairs: Iterable[tuple[str, str]]) -> Iterator[tuple[int, int]]:
        for first, second in pairs:
            first_row, second_row = self.corpus.find(first), self.corpus.find(second)
            if first_row is not None and second_row is not None:
                yield first_row, second_row

    def _named_articles(self) -> Iterator[tuple[str, str]]:
        """Yield the setting and the article wherever a rule names an article."""
        rules = self.rules
        for pin in rules.pin:
            yield "pin", pin.source
            yield "pin", pin.target
        yield from (("never", name) for pair in rules.never for name in pair)
        yield from (("block_sources", name) for name in rules.block_sources)
        yield from (("block_targets", name) for name in rules.block_targets)

    def _topics_and_ancestors(self, article: Article) -> frozenset[str]:
        """Return the keys of an article's topics and of all topics above them in the site's tree."""
        keys: set[str] = set()
        for topic in article.topics:
            key: str | None = topic_key(topic)
            while key is not None and key not in keys:  # a tree with a cycle ends, too
                keys.add(key)
                key = self._parents.get(key)
        return frozenset(keys)


class SourceRules:
    """What the business rules and decisions say about the targets of one source, the article `source` as it was given.

    `pinned` are the rows that are pinned for it and known to it, in the order of the rules.
    """

    def __init__(self, business_rules: BusinessRules, source_query: SourceQuery, source: Article):
        self._business_rules, self._source_query, self._source = business_rules, source_query, source
        self.pinned = [
            target
            for pinned_source, target in business_rules.pins
            if pinned_source == source_query.row and target < source_query.limit
        ]
        self.most_per_provider = business_rules.rules.most_per_provider

    def rejection(self, row: int) -> str | None:
        """Say who rejected a target for this source, and why; None where nobody did."""
        decision = self._business_rules.rejected.get((self._source_query.row, row))
        return None if decision is None else _rejection_text(decision)

    def rejected(self, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Say of each of these rows whether an editor rejected it for this source, ``(n_rows,)``."""
        source_row, rejected = self._source_query.row, self._business_rules.rejected
        return np.array([(source_row, row) in rejected for row in rows.tolist()], dtype=bool)

    def refusal(self, row: int) -> str | None:
        """Say which rule forbids a target whatever its score; None for none. A pin is exempt from the limits."""
        rule = self._business_rules.forbids(self._source_query.row, self._source, row)
        return rule if rule is not None or row in self.pinned else self._exceeded_limit(row)

    def weights(self, row: int) -> list[RuleWeight]:
        """Return what rules and decisions add to a target's log-odds, a weight for each reason."""
        weights: list[RuleWeight] = []
        half_life = self._business_rules.rules.half_life_days
        by_age = float(self._half_life_log_odds(np.array([row]))[0])
        if half_life is not None and by_age:
            age = float(self._days_older([row])[0])
            text = f"published {_days(age)} before; a business rule halves the odds every {_days(half_life)}"
            weights.append(RuleWeight(HALF_LIFE, text, by_age))
        rejections = self._business_rules.often_rejected.get(row)
        if rejections is not None:
            weights.append(RuleWeight(REJECTIONS, rejections, OFTEN_REJECTED_WEIGHT))
        return weights

    def log_odds(self, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return what rules and decisions add to the log-odds of these targets, all together: ``(n_rows,)``."""
        often_rejected = self._business_rules.often_rejected
        by_rejections = np.where([row in often_rejected for row in rows.tolist()], OFTEN_REJECTED_WEIGHT, 0.0)
        log_odds: NDArray[np.float64] = self._half_life_log_odds(rows) + by_rejections
        return log_odds

    def _half_life_log_odds(self, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        half_life = self._business_rules.rules.half_life_days
        if half_life is None:
            return np.zeros(len(rows))
        return -LOG_2 * np.maximum(np.nan_to_num(self._days_older(rows), nan=0.0), 0.0) / half_life

    def _days_older(self, rows: NDArray[np.intp] | Sequence[int]) -> NDArray[np.float64]:
        """Return by how many days rows are older than the source; NaN where a date is unknown."""
        older: NDArray[np.float64] = self._source_query.day - self._source_query.index.vectors.days[np.asarray(rows)]
        return older

    def _exceeded_limit(self, row: int) -> str | None:
        """Say which limit a target is beyond; it is read from disk only where a limit is set that needs it."""
        rules, corpus = self._business_rules.rules, self._business_rules.corpus
        if rules.least_quality is not None:
            quality = corpus[row].quality
            if quality is not None and quality < rules.least_quality:
                return f"its quality of {quality:g} is below the least of {rules.least_quality:g} (rules.least_quality)"
        if rules.oldest_days is not None:
            age = float(self._days_older([row])[0])
            if age > rules.oldest_days:
                return f"it was published {_days(age)} before, more than {_days(rules.oldest_days)} (rules.oldest_days)"
        return None


def _often_rejected(rejected: Mapping[tuple[int, int], Decision]) -> dict[int, str]:
    """Return the rows that were rejected for several sources for one reason, with the most frequent such reason."""
    counts = Counter((target, decision.reason) for (_, target), decision in rejected.items() if decision.reason)
    frequent = sorted((-count, reason, row) for (row, reason), count in counts.items() if count >= OFTEN)
    texts: dict[int, str] = {}
    for negative_count, reason, row in frequent:
        texts.setdefault(row, f"rejected for {-negative_count} articles: {reason}")
    return texts


def _rejection_text(decision: Decision) -> str:
    text = f"rejected for {decision.source} by {decision.who} on {decision.when:%Y-%m-%d}"
    return f"{text}: {decision.why}" if decision.why.strip() else text


def _both_ways(pairs: Iterable[tuple[_T, _T]]) -> list[tuple[_T, _T]]:
    """Return the pairs, and then each of them the other way round."""
    forward = list(pairs)
    return [*forward, *((second, first) for first, second in forward)]


def _nearest_name(name: str, known: Iterable[str]) -> str:
    return nearest(name.strip().casefold(), sorted(known))


def _provider_names(provider: Provider | None) -> list[str]:
    """Return the names by which a rule may name a provider, in small letters."""
    if provider is None:
        return []
    return [name.strip().casefold() for name in (provider.name, provider.domain) if name]


def _days(days: float) -> str:
    return f"{days:.0f} day" + ("" if f"{days:.0f}" == "1" else "s")
