"""Which candidates become suggestions: eligibility, near-duplicates, order; fewer than k rather than bad ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.duplicates import same_text
from recommender.features import Asked
from recommender.records import Article
from recommender.settings import SelectionSettings


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
    """

    place: int
    scored: int
    duplicates: tuple[int, ...] = ()
    repeats_source: bool = False


def order(asked: Asked, scores: NDArray[np.float64]) -> NDArray[np.intp]:
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


def obstacle(asked: Asked, row: int, settings: SelectionSettings) -> str | None:
    """Say why an article must not be suggested whatever its score; None where nothing is in the way."""
    return _obstacle(asked, row, settings, _curated(asked, settings))


def _obstacle(asked: Asked, row: int, settings: SelectionSettings, curated: frozenset[int]) -> str | None:
    article = asked.index.corpus[row]
    if row == asked.row:
        return "it is the source itself"
    if article.removed:
        return "it was removed"
    if settings.only_published and not article.published:
        return "it is not published, and selection.only_published is set"
    if row in curated:
        return "an editor has linked it already, and selection.repeat_curated is off"
    return None


def select(
    asked: Asked, source: Article, scores: NDArray[np.float64], settings: SelectionSettings, k: int, threshold: float
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
    """
    texts = CandidateTexts(asked, source)
    diversity = float(settings.diversity)
    places = order(asked, scores)
    curated = _curated(asked, settings)
    may = np.array([_obstacle(asked, int(row), settings, curated) is None for row in asked.targets], dtype=bool)
    left = places[may[places] & (scores[places] >= threshold)]
    likeness = np.zeros(len(scores))
    chosen: list[Choice] = []
    while len(chosen) < k and len(left):
        best = int(left[np.argmax((1 - diversity) * scores[left] - diversity * likeness[left])])
        group = texts.group(best, may) if settings.collapse_duplicates else [best]
        scored = next(int(place) for place in places if place in group)
        chosen.append(Choice(group[0], scored, tuple(group[1:]), bool(texts.of_source[group].any())))
        left = left[~np.isin(left, group)]
        if diversity:
            likeness = np.maximum(likeness, texts.cosines(group[0]))
    return chosen


class CandidateTexts:
    """The full texts of a source's candidates, and which of them are the same text."""

    def __init__(self, asked: Asked, source: Article):
        index = asked.index
        self.articles = [index.corpus[int(row)] for row in asked.targets]
        self._titles = np.array([article.title for article in self.articles], dtype=object)
        self._days = index.vectors.days[asked.targets]
        self._matrix = index.vectors.text.full[asked.targets]
        self._buffer = np.zeros(self._matrix.shape[1], dtype=np.float32)
        cosines, gaps = asked.like("full", asked.targets), asked.gap(asked.targets)
        self.of_source = same_text(source.title, self._titles, cosines, gaps)

    def cosines(self, place: int) -> NDArray[np.float32]:
        """Return the cosine of the full text at a place with that at every place."""
        own = slice(*self._matrix.indptr[place : place + 2])
        columns = self._matrix.indices[own]
        self._buffer[columns] = self._matrix.data[own]
        cosines: NDArray[np.float32] = self._matrix @ self._buffer
        self._buffer[columns] = 0
        return cosines

    def group(self, place: int, among: NDArray[np.bool_]) -> list[int]:
        """Return the places of all that are the same text by any chain of those `among`: the canonical one first."""
        found, waiting = [place], [place]
        left = among.copy()
        left[place] = False
        while waiting and left.any():
            one = waiting.pop()
            rest = np.flatnonzero(left)  # what is found needs no second look, so that a rubric of hundreds stays cheap
            gaps = np.abs(self._days[rest] - self._days[one])
            same = same_text(self._titles[one], self._titles[rest], self.cosines(one)[rest], gaps)
            if self.of_source[one]:
                same |= self.of_source[rest]
            new = rest[same]
            left[new] = False
            found += new.tolist()
            waiting += new.tolist()
        return sorted(found, key=lambda one: _canonical_first(self.articles[one]))


def _canonical_first(article: Article) -> tuple[float, float, str]:
    quality = -np.inf if article.quality is None else article.quality
    moment = np.inf if article.published_at is None else article.published_at.timestamp()
    return -quality, moment, article.id


def _curated(asked: Asked, settings: SelectionSettings) -> frozenset[int]:
    """Return the rows that must not be repeated, as the source's editors have linked them."""
    if settings.repeat_curated or asked.row < 0:
        return frozenset()
    links = asked.index.corpus.links
    return frozenset(links[links[:, 0] == asked.row, 1].tolist())
