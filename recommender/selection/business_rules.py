"""House rules and editors' decisions against one corpus: what they pin, refuse and weigh down, in words too."""

from __future__ import annotations

import copy
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from recommender.core.errors import SettingsError, UnknownArticleError, nearest
from recommender.core.records import PINNED, Article, Provider, Reason
from recommender.core.rules import Rules
from recommender.corpus.corpus import Corpus
from recommender.features.reasons import RuleWeight
from recommender.retrieval.query import SourceQuery
from recommender.retrieval.topics import topic_key
from recommender.selection.decisions import REJECT, Decision, Decisions

HALVED = math.log(2)
UNWANTED_WEIGHT = -math.log(4)  # a quarter of the odds, however often a target was rejected
UNWANTED_FROM = 2  # sources for which one reason was given
AGE, UNWANTED = "house_age", "house_rejections"
PIN = Reason(PINNED, "the house pinned it here, whatever its score", 0.0, 0.0)


class BusinessRules:
    """The rules of a house and its editors' decisions, with their articles found in a corpus.

    What the corpus does not hold has no effect.

    >>> corpus = Corpus.from_articles([Article("a", "Ferry"), Article("b", "Harbor")])
    >>> BusinessRules(Rules(block_targets=("c",)), corpus).check()  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    recommender.core.errors.UnknownArticleError: rules.block_targets: no article has the id 'c'; ...
    """

    def __init__(self, rules: Rules, corpus: Corpus, decisions: Decisions | None = None):
        self.rules, self.corpus = rules, corpus
        self.decisions = Decisions() if decisions is None else decisions
        self.rejected = self._rejected_rows()
        self.unwanted = _unwanted(self.rejected)
        pins = [(corpus.find(pin.source), corpus.find(pin.target)) for pin in rules.pin]
        self.pins = tuple(dict.fromkeys((one, other) for one, other in pins if one is not None and other is not None))
        self.blocked_sources = self._rows(rules.block_sources)
        self.blocked_targets = self._rows(rules.block_targets)
        never = [(corpus.find(one), corpus.find(other)) for one, other in rules.never]
        self.never = frozenset({*never, *((other, one) for one, other in never)})
        self.providers = frozenset(name.strip().casefold() for name in rules.block_providers)
        self._parents = {topic_key(topic): topic_key(parent) for topic, parent in corpus.topic_parents.items()}
        topics = [(topic_key(one), topic_key(other)) for one, other in rules.never_topics]
        self.never_topics = tuple(dict.fromkeys([*topics, *((other, one) for one, other in topics)]))

    @property
    def silent(self) -> bool:
        """Whether there is no rule and no decision at all."""
        return self.rules == Rules() and not self.decisions

    @property
    def pinned_sources(self) -> frozenset[int]:
        """Rows for which something is pinned."""
        return frozenset(source for source, _ in self.pins)

    def said_to(self) -> dict[int, str]:
        """Return all that is said to rows as sources, by name: beside the rules themselves, what a list depends on."""
        said: dict[int, list[object]] = {row: ["blocked"] for row in sorted(self.blocked_sources)}
        pairs = [(one, other) for one, other in self.never if one is not None and other is not None]
        for name, named in (("never", pairs), ("pinned", self.pins), ("rejected", self.rejected)):
            for source, target in named if name == "pinned" else sorted(named):
                said.setdefault(source, []).append((name, target))
        return {row: repr(orders) for row, orders in said.items()}

    def said_of(self) -> dict[int, str]:
        """Return all that is said of rows as targets of any source, by name."""
        return dict.fromkeys(self.blocked_targets, "blocked") | self.unwanted

    def check(self) -> None:
        """Hold the rules against the corpus.

        Raises
        ------
        UnknownArticleError
            For an article that the corpus does not hold, naming the nearest.
        SettingsError
            For a pin that another rule blocks, or of an article to itself.
        """
        for name, article in self._named():
            try:
                self.corpus.row(article)
            except UnknownArticleError as error:
                raise UnknownArticleError(f"rules.{name}: {error}") from error
        for one, other in self.pins:
            source, target = self.corpus[one], self.corpus[other]
            said = f"rules.pin: {source.id} -> {target.id}"
            if one == other:
                raise SettingsError(f"{said} is an article and itself; name two")
            against = self.block(one, source, other)
            if against is not None:
                raise SettingsError(f"{said} contradicts another rule: {against}; take one of them out")

    def warnings(self) -> list[str]:
        """Return what may be a slip: providers and topics that no article has, pins that an editor rejected."""
        providers = {name for article in self.corpus for name in _names(article.provider)}
        strangers = [name for name in self.rules.block_providers if name.strip().casefold() not in providers]
        topics = {topic for article in self.corpus for topic in self._topics(article)}
        unused = dict.fromkeys(
            name for pair in self.rules.never_topics for name in pair if topic_key(name) not in topics
        )
        return [
            *(f"rules.block_providers: no article is from {name!r}; {_near(name, providers)}" for name in strangers),
            *(f"rules.never_topics: no article has the topic {name!r}; {_near(name, topics)}" for name in unused),
            *(
                f"rules.pin: {one.source} -> {one.target} was {_said(one)}; take out the pin, or accept it"
                for one in (self.rejected[pair] for pair in self.pins if pair in self.rejected)
            ),
        ]

    def orders(self, asked: SourceQuery, source: Article) -> SourceRules:
        """Return what the house says on one source; `source` is the article as it was asked for."""
        return SourceRules(self, asked, source)

    def block(self, source_row: int, source: Article, row: int) -> str | None:
        """Say which rule forbids a link by name, by a list of the house; None for none of them."""
        if source_row in self.blocked_sources:
            return f"the house gives {source.id} no suggestions (rules.block_sources)"
        if (source_row, row) in self.never:
            return f"the house never puts {source.id} and {self.corpus[row].id} together (rules.never)"
        if row in self.blocked_targets:
            return f"the house never suggests {self.corpus[row].id} (rules.block_targets)"
        kinds = self.providers or self.never_topics
        return self._block_of_kind(source, self.corpus[row]) if kinds else None  # the article is read for these only

    def _block_of_kind(self, source: Article, target: Article) -> str | None:
        """Say which rule forbids a link by provider or topic."""
        if self.providers & set(_names(target.provider)):
            return f"the house suggests nothing from {_called(target.provider)} (rules.block_providers)"
        if self.never_topics:
            mine, theirs = self._topics(source), self._topics(target)
            for one, other in self.never_topics:
                if one in mine and other in theirs:
                    return f"the house never puts the topics {one} and {other} together (rules.never_topics)"
        return None

    def _rejected_rows(self) -> dict[tuple[int, int], Decision]:
        found: dict[tuple[int, int], Decision] = {}
        for one in self.decisions.in_force.values():
            source, target = self.corpus.find(one.source), self.corpus.find(one.target)
            if one.verdict == REJECT and source is not None and target is not None:
                found[(source, target)] = one
        return found

    def _rows(self, names: Sequence[str]) -> frozenset[int]:
        return frozenset(row for row in map(self.corpus.find, names) if row is not None)

    def _named(self) -> Iterator[tuple[str, str]]:
        rules = self.rules
        for pin in rules.pin:
            yield "pin", pin.source
            yield "pin", pin.target
        yield from (("never", name) for pair in rules.never for name in pair)
        yield from (("block_sources", name) for name in rules.block_sources)
        yield from (("block_targets", name) for name in rules.block_targets)

    def _topics(self, article: Article) -> frozenset[str]:
        """Return an article's topics and all above them in the site's tree."""
        found: set[str] = set()
        for topic in article.topics:
            key: str | None = topic_key(topic)
            while key is not None and key not in found:
                found.add(key)
                key = self._parents.get(key)
        return frozenset(found)


class SourceRules:
    """What the house says on one source, of any row that the source may know."""

    def __init__(self, house: BusinessRules, asked: SourceQuery, source: Article):
        self.house, self.asked, self.source = house, asked, source
        self.pinned = [other for one, other in house.pins if one == asked.row and other < asked.limit]
        rules = house.rules
        self.most_per_provider = rules.most_per_provider
        self.copies_too = True
        limits: list[tuple[object, Callable[[int], str | None]]] = [
            (rules.least_quality, self._too_poor),
            (rules.oldest_days, self._too_old),
            (rules.same_language and source.language, self._foreign),
        ]
        self._limits = [limit for value, limit in limits if value is not None and value is not False and value != ""]

    def without_providers(self) -> SourceRules:
        """Return the same orders, but for the most that a provider may have."""
        other = copy.copy(self)
        other.most_per_provider = None
        return other

    def without_copies(self) -> SourceRules:
        """Return the same orders, but for rejections that reach articles of the same text."""
        other = copy.copy(self)
        other.copies_too = False
        return other

    def rejection(self, row: int) -> str | None:
        """Say who rejected a row for this source, and why; None where nobody did."""
        decision = self.house.rejected.get((self.asked.row, row))
        return None if decision is None else _said(decision)

    def refusal(self, row: int) -> str | None:
        """Say which rule keeps a row from being suggested whatever its score; a pin is above the limits."""
        blocked = self.house.block(self.asked.row, self.source, row)
        if blocked is not None or row in self.pinned:
            return blocked
        return next(filter(None, (limit(row) for limit in self._limits)), None)

    def weights(self, row: int) -> list[RuleWeight]:
        """Return what the house adds to a row's log-odds, reason by reason."""
        found: list[RuleWeight] = []
        half_life, by_age = self.house.rules.half_life_days, float(self._by_age(np.array([row]))[0])
        if half_life is not None and by_age:
            age = float(self._ages([row])[0])
            text = f"published {_days(age)} before; the house halves the odds every {_days(half_life)}"
            found.append(RuleWeight(AGE, text, by_age))
        if row in self.house.unwanted:
            found.append(RuleWeight(UNWANTED, self.house.unwanted[row], UNWANTED_WEIGHT))
        return found

    def log_odds(self, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return what the house adds to the log-odds of these rows, all reasons together: ``(n_rows,)``."""
        unwanted = [UNWANTED_WEIGHT if int(row) in self.house.unwanted else 0.0 for row in rows]
        weights: NDArray[np.float64] = self._by_age(rows) + np.array(unwanted)
        return weights

    def _by_age(self, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        half_life = self.house.rules.half_life_days
        if half_life is None:
            return np.zeros(len(rows))
        return -HALVED * np.maximum(np.nan_to_num(self._ages(rows), nan=0.0), 0.0) / half_life

    def _ages(self, rows: NDArray[np.intp] | Sequence[int]) -> NDArray[np.float64]:
        """Return by how many days rows are older than the source; NaN where a date is unknown."""
        ages: NDArray[np.float64] = self.asked.day - self.asked.index.vectors.days[np.asarray(rows)]
        return ages

    def _too_poor(self, row: int) -> str | None:
        least, quality = self.house.rules.least_quality, self.house.corpus[row].quality
        if least is None or quality is None or quality >= least:
            return None
        return f"its quality of {quality:g} is below the least of {least:g} (rules.least_quality)"

    def _too_old(self, row: int) -> str | None:
        oldest, age = self.house.rules.oldest_days, float(self._ages([row])[0])
        if oldest is None or not age > oldest:
            return None
        return f"it was published {_days(age)} before, more than {_days(oldest)} (rules.oldest_days)"

    def _foreign(self, row: int) -> str | None:
        mine, theirs = self.source.language, self.house.corpus[row].language
        if not mine or not theirs or _language(mine) == _language(theirs):
            return None
        return f"its language is {theirs}, not {mine} (rules.same_language)"


def _unwanted(rejected: Mapping[tuple[int, int], Decision]) -> dict[int, str]:
    """Return the rows that were rejected for several sources for one reason, with that in words."""
    counts: Counter[tuple[int, str]] = Counter((target, decision.reason) for (_, target), decision in rejected.items())
    often = sorted((-count, reason, row) for (row, reason), count in counts.items() if count >= UNWANTED_FROM)
    found: dict[int, str] = {}
    for count, reason, row in often:
        found.setdefault(row, f"rejected for {-count} articles: {reason}")
    return found


def _said(decision: Decision) -> str:
    return f"rejected for {decision.source} by {decision.who} on {decision.when:%Y-%m-%d}: {decision.why}"


def with_pins(rows: NDArray[np.intp] | None, orders: SourceRules | None) -> NDArray[np.intp] | None:
    """Return rows, ascending, with those that the house pins among them."""
    if orders is None or not orders.pinned:
        return rows
    pinned = np.array(orders.pinned, dtype=np.intp)
    return np.unique(pinned if rows is None else np.concatenate([rows, pinned]))


def _near(name: str, known: Iterable[str]) -> str:
    return nearest(name.strip().casefold(), sorted(known))


def _names(provider: Provider | None) -> list[str]:
    if provider is None:
        return []
    return [name.strip().casefold() for name in (provider.name, provider.domain) if name]


def _called(provider: Provider | None) -> str:
    return (provider.name or provider.domain or "") if provider else ""


def _language(tag: str) -> str:
    return tag.replace("_", "-").partition("-")[0].strip().casefold()


def _days(days: float) -> str:
    return f"{days:.0f} day" + ("" if f"{days:.0f}" == "1" else "s")
