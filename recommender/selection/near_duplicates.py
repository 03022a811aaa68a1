"""Near-duplicates: the same text elsewhere. The one definition, for selection, kinds and evaluation alike."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from recommender.core.records import Article
from recommender.corpus.stored_articles import title_of
from recommender.retrieval.query import SourceQuery
from recommender.retrieval.similarity import cosines_with
from recommender.retrieval.text import terms

LEAST_COSINE = 0.9
SERIES_DAYS = 7.0  # a text that comes again this much later, under another title, is the next one of a series
_SLACK = 1e-6  # the cosine of two equal texts is not always exactly 1
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_ROMAN = re.compile(r"\b(?=[IVX]+\b)(X{0,3})(IX|IV|V?I{0,3})\b")  # 1 to 39: parts of a series are no more
_UNITS = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")
# English only; in other languages only the days between two articles and the numbers in their titles can tell.
_CALENDAR = frozenset(
    terms(
        "January February March April May June July August September October November December "
        "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
    )
)


def same_text(
    title: str,
    title_of: Callable[[int], str],
    cosines: NDArray[np.floating],
    days_apart: NDArray[np.floating],
    least: float = LEAST_COSINE,
) -> NDArray[np.bool_]:
    """Say which of some articles are near-duplicates of one article.

    Two articles are near-duplicates when the cosine of their full texts is `least` or more and their titles do not
    name two parts of a series. They name two parts where each has a number (Roman ones too), month or weekday that the
    other lacks ("June update", "July update"), or where the articles lie a week or more apart and the titles do not
    have the same words ("now in preview", "now available").

    Parameters
    ----------
    title_of
        Returns another article's title by its position; asked for those only whose cosine is high enough, as few are
        and the articles of a large corpus are on disk.
    cosines : (n_others,) array
        Of the article's full text with those of the others, in [0, 1].
    days_apart : (n_others,) array
        Days between the article and the others; NaN, where a date is unknown, counts as near.

    >>> titles = ["July update", "June update", "The update of June"]
    >>> days_apart, cosines = np.array([30.0, 30.0, 1.0]), np.array([0.95, 1.0, 0.95])
    >>> same_text("June update", titles.__getitem__, cosines, days_apart).tolist()
    [False, True, True]
    """
    return _of_no_series(_alike(cosines, least), title, title_of, days_apart)


def repeats_source(source_query: SourceQuery, article: Article, row: int) -> bool:
    """Say whether the article at a row is a near-duplicate of the source, which was given as `article`."""
    rows = np.array([row])
    cosines, days_apart = source_query.similarity("full", rows), source_query.days_apart(rows)
    target_title = title_of(source_query.index.corpus.articles, row)
    return bool(same_text(article.title, lambda _: target_title, cosines, days_apart)[0])


def _alike(cosines: NDArray[np.floating], least: float = LEAST_COSINE) -> NDArray[np.bool_]:
    """Say which cosines are those of near-duplicates, if their titles are."""
    return np.asarray(cosines) >= least - _SLACK


def _of_no_series(
    alike: NDArray[np.bool_], title: str, title_of: Callable[[int], str], days_apart: NDArray[np.floating]
) -> NDArray[np.bool_]:
    """Return which of the articles `alike` in their texts are no other part of a series by their titles."""
    same = alike.copy()
    for position in np.flatnonzero(alike).tolist():
        same[position] = not _are_a_series(title, title_of(position), float(days_apart[position]))
    return same


def _are_a_series(title: str, other_title: str, days_apart: float) -> bool:
    markers, other_markers = _markers(title), _markers(other_title)
    # Counters, not sets: "part 1 of 2" has a 1 of its own, and "part 2 of 2" a second 2.
    if markers - other_markers and other_markers - markers:
        return True
    same_words = markers == other_markers and sorted(terms(title)) == sorted(terms(other_title))
    return days_apart >= SERIES_DAYS and not same_words


def _markers(title: str) -> Counter[str]:
    """Count what distinguishes the parts of a series: numbers, without separators, months and weekdays."""
    numbers = [re.sub("[.,]", "", number) for number in _NUMBER.findall(title)]
    numbers += [str(10 * len(tens) + _UNITS.index(units)) for tens, units in _ROMAN.findall(title) if tens + units]
    return Counter(numbers + [word for word in terms(title) if word in _CALENDAR])


class CandidateTexts:
    """The full texts of a source's candidates, by position in ``source_query.targets``, and which are the same text.

    `repeat_source`, ``(n_candidates,)``, says which candidates are near-duplicates of the source.
    """

    def __init__(self, source_query: SourceQuery, source: Article):
        self._corpus, self._rows = source_query.index.corpus, source_query.targets
        self._days = source_query.index.vectors.days[self._rows]
        query = source_query.query
        # The query holds the candidates' texts of all its sources, so those of its only one need no copy.
        self._texts = query.texts if len(query) == 1 else query.texts[source_query.pairs]
        alike = _alike(source_query.similarity("full", self._rows))
        self.repeat_source = self._same_text(source.title, source_query.day, alike)

    def cosines(self, position: int) -> NDArray[np.float32]:
        """Return the cosine of a candidate's full text with that of every candidate, ``(n_candidates,)``."""
        return cosines_with(self._texts, position)

    def duplicates(self, position: int, among: NDArray[np.bool_]) -> list[int]:
        """Return a candidate and all that a chain of near-duplicates joins to it, the canonical one first.

        The chain goes through candidates `among` only, and through the source. The canonical article is that of the
        best quality, then the earliest, then the first by id.
        """
        group, unexplored = [position], [position]
        remaining = among.copy()
        remaining[position] = False
        while unexplored and remaining.any():
            current = unexplored.pop()
            # Only what is in no group yet is compared, so that a column of hundreds of copies stays cheap.
            same = _alike(self.cosines(current)) & remaining
            if same.any():  # otherwise no article is read
                same = self._same_text(self._title(current), self._days[current], same)
            if self.repeat_source[current]:
                same |= self.repeat_source & remaining
            remaining &= ~same
            new = np.flatnonzero(same).tolist()
            group += new
            unexplored += new
        if len(group) == 1:
            return group
        return sorted(group, key=lambda member: _canonical_first(self._corpus[int(self._rows[member])]))

    def _same_text(self, title: str, day: float, alike: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Say which of the candidates with `alike` texts are near-duplicates of an article of this title and day."""
        return _of_no_series(alike, title, self._title, np.abs(self._days - day))

    def _title(self, position: int) -> str:
        return title_of(self._corpus.articles, int(self._rows[position]))


def _canonical_first(article: Article) -> tuple[float, float, str]:
    quality = -np.inf if article.quality is None else article.quality
    moment = np.inf if article.published_at is None else article.published_at.timestamp()
    return -quality, moment, article.id
