"""Every article of a corpus asked: blocks of them over workers, and lists that cannot have changed kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from recommender.core.records import Article, Suggestion
from recommender.core.settings import Settings
from recommender.core.workers import SharedPayload, map_blocks
from recommender.model.fingerprints import Fingerprints
from recommender.model.kept_lists import KeptLists, from_kept
from recommender.retrieval.candidates import searched_depth
from recommender.retrieval.query import queries
from recommender.retrieval.vectors import Index
from recommender.selection.business_rules import BusinessRules
from recommender.selection.scoring import BLOCK

AT_ONCE = 2000  # lists that are written together
SOMEWHERE = Article("-", "")  # stands for a target on its way

Sent = tuple[int, Suggestion]
"""A row and a suggestion of it without its article, which need not travel."""


class Answering(Protocol):
    """A model that stands still while its articles are asked."""

    settings: Settings

    @property
    def index(self) -> Index:
        """All articles."""
        ...

    def answers(
        self, rows: NDArray[np.intp], k: int, threshold: float, marks: Fingerprints | None
    ) -> tuple[list[list[Suggestion]], list[bytes]]:
        """Return the suggestions of some rows, and, where there are marks, the fingerprints of the rows."""
        ...


class BulkScoring:
    """All articles of a model, asked once.

    Parameters
    ----------
    model, k, threshold
        Whom to ask, and for what.
    n_jobs
        Workers, as of joblib; their number changes nothing.
    """

    def __init__(self, model: Answering, k: int, threshold: float, n_jobs: int):
        model.index.prepare()
        self._model, self._k, self._threshold, self._n_jobs = model, k, threshold, n_jobs
        self._corpus = model.index.corpus

    def lists(self, start: int = 0) -> Iterator[tuple[str, list[Suggestion]]]:
        """Yield each article's id and suggestions, in the order of the corpus, from the one in row `start`."""
        rows = np.arange(start, len(self._corpus))
        for row, (suggestions, _) in zip(rows.tolist(), self._computed(rows, None), strict=True):
            yield self._corpus[row].id, suggestions

    def renewed(self, kept: KeptLists, key: bytes, house: BusinessRules) -> Iterator[tuple[str, list[Suggestion]]]:
        """Yield the same, taking from the kept lists what cannot have changed since, and keeping what is new.

        Parameters
        ----------
        key : 16 bytes
            Of all that a list depends on beside the articles and what the house says of them by name.
        """
        marks = Fingerprints.of(self._corpus, house)
        state = key + marks.whole
        known = self._known(kept, key, state, marks)
        missing = np.flatnonzero([one is None for one in known])
        computed = self._computed(missing, marks)
        new: list[tuple[bytes, list[Suggestion]]] = []
        seen: list[bytes] = []
        for row, fingerprint in enumerate(known):
            if fingerprint is None:
                suggestions, found = next(computed)
                new.append((key + found, suggestions))
            elif (stored := self._stored(kept, row, fingerprint)) is not None:
                suggestions = stored
            else:  # gone or damaged since
                suggestions, found = next(self._computed(np.array([row]), marks))
                new.append((key + found, suggestions))
            seen.append(fingerprint or new[-1][0])
            if len(new) >= AT_ONCE:
                kept.keep(new)
                new.clear()
            yield self._corpus[row].id, suggestions
        kept.keep(new)
        kept.finish(state, seen)

    def _known(self, kept: KeptLists, key: bytes, state: bytes, marks: Fingerprints) -> list[bytes | None]:
        """Return each row's fingerprint where its list is kept; all at once for a corpus that did not change."""
        as_before = kept.of_job(state)
        if as_before is not None and len(as_before) == len(self._corpus):
            return list(as_before)
        if not kept.any_of(key):
            return [None] * len(self._corpus)
        rows = np.arange(len(self._corpus))
        found = [key + one for part in self._spread(_fingerprints, rows, marks) for one in part]
        return [one if there else None for one, there in zip(found, kept.has(found), strict=True)]

    def _stored(self, kept: KeptLists, row: int, fingerprint: bytes) -> list[Suggestion] | None:
        stored = kept.find(fingerprint)
        if stored is None:
            return None
        targets = [self._corpus.find(one.target_id) for one in stored]
        if None in targets:
            return None
        source_id = self._corpus[row].id
        return [
            from_kept(source_id, self._corpus[target or 0], one) for target, one in zip(targets, stored, strict=True)
        ]

    def _computed(self, rows: NDArray[np.intp], marks: Fingerprints | None) -> Iterator[tuple[list[Suggestion], bytes]]:
        """Yield the list and the fingerprint of each of some rows."""
        for lists, fingerprints in self._spread(_answers, rows, marks, self._k, self._threshold):
            for sent, fingerprint in zip(lists, fingerprints, strict=True):
                yield [replace(one, target=self._corpus[target]) for target, one in sent], fingerprint

    def _spread(self, work: Callable[..., Any], rows: NDArray[np.intp], *more: Any) -> Iterator[Any]:
        """Yield what some work makes of each block of rows, in order."""
        blocks = [rows[start : start + BLOCK] for start in range(0, len(rows), BLOCK)]
        return map_blocks(work, (self._model, more), blocks, self._n_jobs, len(rows))


def _answers(
    parcel: SharedPayload[Answering],
    shared: SharedPayload[tuple[Fingerprints | None, int, float]],
    rows: NDArray[np.intp],
) -> tuple[list[list[Sent]], list[bytes]]:
    model, (marks, k, threshold) = parcel.open(), shared.open()
    lists, fingerprints = model.answers(rows, k, threshold, marks)
    row = model.index.corpus.row
    sent = [[(row(one.target_id), replace(one, target=SOMEWHERE)) for one in each] for each in lists]
    return sent, fingerprints or [b""] * len(rows)


def _fingerprints(
    parcel: SharedPayload[Answering], shared: SharedPayload[tuple[Fingerprints]], rows: NDArray[np.intp]
) -> list[bytes]:
    model, (marks,) = parcel.open(), shared.open()
    index, depth = model.index, searched_depth(model.settings.candidates)
    limits = np.full(len(rows), len(index.corpus))
    asked = queries(index, index.vectors.take(rows), rows, limits, BLOCK, depth)
    return [one for query in asked for one in marks.of_sources(query)]
