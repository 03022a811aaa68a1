"""Which candidates become suggestions: eligibility, near-duplicates, order; fewer than k rather than bad ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.core.records import Article
from recommender.core.settings import SelectionSettings
from recommender.corpus.corpus import Corpus
from recommender.corpus.sequences import Lazy
from recommender.retrieval.query import SourceQuery
from recommender.retrieval.similarity import cosines_with
from recommender.selection.business_rules import SourceRules
from recommender.selection.near_duplicates import same_text


@dataclass(frozen=True)
class Choice:
    """A read that is suggested, as positions among the candidates.

    Attributes
    ----------
    place
        Of the article that is shown.
    scored
        Of the one whose score, and whose reasons, are shown: the best of the article and its duplicates.
    duplicates
        Of its near-duplicates, listed under it: best quality first, then earliest, then by id.
    repeats_source
        Whether one of them is a near-duplicate of the source.
    pinned
        Whether a rule of the house put it here.
    """

    place: int
    scored: int
    duplicates: tuple[int, ...] = ()
    repeats_source: bool = False
    pinned: bool = False


def order(asked: SourceQuery, scores: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the positions of the candidates, best first; ties by the target's id."""
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    ends = np.append(np.flatnonzero(np.diff(ranked)) + 1, len(ranked))
    corpus, start = asked.index.corpus, 0
    for end in ends.tolist():
        if end - start > 1:
            order[start:end] = sorted(order[start:end], key=lambda place: corpus[int(asked.targets[place])].id)
        start = end
    return order


def obstacle(
    asked: SourceQuery, row: int, settings: SelectionSettings, orders: SourceRules | None = None
) -> str | None:
    """Say why an article must not be suggested whatever its score; None where nothing is in the way."""
    return _obstacle(asked, row, settings, _curated(asked, settings), orders)


def _obstacle(
    asked: SourceQuery, row: int, settings: SelectionSettings, curated: frozenset[int], orders: SourceRules | None
) -> str | None:
    if row == asked.row:
        return "it is the source itself"
    if not asked.index.eligible[row]:
        return "it was removed"
    if settings.only_published and not asked.index.corpus[row].published:
        return "it is not published, and selection.only_published is set"
    if row in curated:
        return "an editor has linked it already, and selection.repeat_curated is off"
    return (orders.refusal(row) or orders.rejection(row)) if orders is not None else None


def _eligible(
    asked: SourceQuery, settings: SelectionSettings, curated: frozenset[int], orders: SourceRules | None
) -> NDArray[np.bool_]:
    """Say of each candidate whether nothing is in its way."""
    may: NDArray[np.bool_] = asked.index.eligible[asked.targets] & (asked.targets != asked.row)
    if settings.only_published or curated or orders is not None:
        for place in np.flatnonzero(may).tolist():
            may[place] = _obstacle(asked, int(asked.targets[place]), settings, curated, orders) is None
    return may


def select(
    asked: SourceQuery,
    source: Article,
    scores: NDArray[np.float64],
    settings: SelectionSettings,
    k: int,
    threshold: float,
    orders: SourceRules | None = None,
) -> list[Choice]:
    """Return at most `k` suggestions, best first, each a read of its own.

    Near-duplicates among all that may be suggested fall into groups: those that are linked by a chain of them,
    the source included. A group stands where its best score stands, so a good read is not lost for a copy
    that scores less; it is shown as its canonical article, that of the best quality, then the earliest,
    then by id. Which groups there are depends neither on `k` nor on `threshold`.

    With ``settings.diversity`` the order is that of maximal marginal relevance: the next is the one of the highest
    ``(1 - diversity) * score - diversity * likeness``, the likeness being the highest cosine of its full
    text with one chosen before (Carbonell and Goldstein, "The use of MMR, diversity-based reranking for
    reordering documents and producing summaries", SIGIR 1998). Scores stay as they are.

    What `orders` pin stands first, in their order and whatever it scores; what they refuse is left out, and once a
    provider has as many suggestions as it may have, a read is shown as its next best copy of another one, or not.
    A read whose copy an editor rejected is rejected, unless it is pinned.
    """
    texts = CandidateTexts(asked, source)
    diversity = float(settings.diversity)
    curated = _curated(asked, settings)
    may = _eligible(asked, settings, curated, orders)
    rejected = _rejected_places(asked, orders)
    left = np.flatnonzero(may & (scores >= threshold))
    pinned = _pinned_places(asked, may, orders)
    waiting = list(pinned)
    providers = _Providers(orders)
    likeness = np.zeros(len(scores))
    taken = np.zeros(len(scores), dtype=bool)
    chosen: list[Choice] = []
    while len(chosen) < k and (waiting or len(left)):
        pin = bool(waiting)
        if pin:
            best = waiting.pop(0)
        else:
            worth = (1 - diversity) * scores[left] - diversity * likeness[left]
            best = texts.best(left[worth == worth.max()], scores)
        group = texts.group(best, may | rejected) if settings.collapse_duplicates else [best]
        taken[group] = True
        left = left[~taken[left]]
        if pin:
            group = [best, *(one for one in group if one not in pinned)]
        elif rejected[group].any():
            continue
        group = [one for one in group if may[one]]
        shown = best if pin else next((one for one in group if providers.allow(texts.article(one))), None)
        if shown is None:
            continue
        scored = texts.best(group, scores)
        others = tuple(one for one in group if one != shown)
        chosen.append(Choice(shown, scored, others, bool(texts.of_source[group].any()), pin))
        providers.count(texts.article(shown))
        if diversity:
            likeness = np.maximum(likeness, texts.cosines(shown))
    return chosen


def _rejected_places(asked: SourceQuery, orders: SourceRules | None) -> NDArray[np.bool_]:
    """Say of each candidate whether its copies must not be suggested either."""
    if orders is None or not orders.copies_too:
        return np.zeros(len(asked.targets), dtype=bool)
    return np.array([orders.rejection(int(row)) is not None for row in asked.targets], dtype=bool)


class _Providers:
    """How many suggestions each provider has in a list, held against the most it may have."""

    def __init__(self, orders: SourceRules | None):
        self._most = orders.most_per_provider if orders is not None else None
        self._counts: Counter[str] = Counter()

    def allow(self, article: Article) -> bool:
        return self._most is None or (key := _provider_key(article)) is None or self._counts[key] < self._most

    def count(self, article: Article) -> None:
        key = _provider_key(article)
        if key is not None:
            self._counts[key] += 1


def _provider_key(article: Article) -> str | None:
    return article.provider.key if article.provider else None


def _pinned_places(asked: SourceQuery, may: NDArray[np.bool_], orders: SourceRules | None) -> list[int]:
    """Return where the pinned rows stand among the candidates, in the order of the house."""
    rows = orders.pinned if orders is not None else []
    places = [int(np.searchsorted(asked.targets, row)) for row in rows]
    return [
        place
        for place, row in zip(places, rows, strict=True)
        if place < len(may) and asked.targets[place] == row and may[place]
    ]


class CandidateTexts:
    """The full texts of a source's candidates, and which of them are the same text."""

    def __init__(self, asked: SourceQuery, source: Article):
        self._corpus, self._rows = asked.index.corpus, asked.targets
        self._days = asked.index.vectors.days[asked.targets]
        alone = len(asked.query) == 1
        self._texts = asked.query.texts if alone else asked.query.texts[asked.pairs]
        cosines, gaps = asked.similarity("full", asked.targets), asked.days_apart(asked.targets)
        self.of_source = self._same(source.title, np.arange(len(asked.targets)), cosines, gaps)

    def article(self, place: int) -> Article:
        """Return the candidate at a place."""
        return self._corpus[int(self._rows[place])]

    def best(self, places: Sequence[int] | NDArray[np.intp], scores: NDArray[np.float64]) -> int:
        """Return the place of the highest score; of equals, that of the first id. Few ids are looked up so."""
        values = scores[places]
        equals = np.asarray(places)[values == values.max()].tolist()
        return int(equals[0] if len(equals) == 1 else min(equals, key=lambda place: self.article(place).id))

    def cosines(self, place: int) -> NDArray[np.float32]:
        """Return the cosine of the full text at a place with that at every place."""
        return cosines_with(self._texts, place)

    def group(self, place: int, among: NDArray[np.bool_]) -> list[int]:
        """Return the places of all that are the same text by any chain of those `among`: the canonical one first."""
        found, waiting = [place], [place]
        left = among.copy()
        left[place] = False
        while waiting and left.any():
            one = waiting.pop()
            rest = np.flatnonzero(left)  # what is found needs no second look, so that a rubric of hundreds stays cheap
            gaps = np.abs(self._days[rest] - self._days[one])
            same = self._same(self.article(one).title, rest, self.cosines(one)[rest], gaps)
            if self.of_source[one]:
                same |= self.of_source[rest]
            new = rest[same]
            left[new] = False
            found += new.tolist()
            waiting += new.tolist()
        return sorted(found, key=lambda one: _canonical_first(self.article(one))) if len(found) > 1 else found

    def _same(
        self, title: str, places: NDArray[np.intp], cosines: NDArray[np.floating], gaps: NDArray[np.floating]
    ) -> NDArray[np.bool_]:
        return same_text(title, _Titles(self._corpus, self._rows[places]), cosines, gaps)


class _Titles(Lazy[str]):
    """Titles of some rows, each looked up when it is asked for: few are, and a large corpus lies on disk."""

    def __init__(self, corpus: Corpus, rows: NDArray[np.intp]):
        self._corpus, self._rows = corpus, rows

    def at(self, place: int) -> str:
        return self._corpus[int(self._rows[place])].title

    def __len__(self) -> int:
        return len(self._rows)


def _canonical_first(article: Article) -> tuple[float, float, str]:
    quality = -np.inf if article.quality is None else article.quality
    moment = np.inf if article.published_at is None else article.published_at.timestamp()
    return -quality, moment, article.id


def _curated(asked: SourceQuery, settings: SelectionSettings) -> frozenset[int]:
    """Return the rows that must not be repeated, as the source's editors have linked them."""
    if settings.repeat_curated or asked.row < 0:
        return frozenset()
    links = asked.index.corpus.links
    return frozenset(links[links[:, 0] == asked.row, 1].tolist())
