"""Which candidates of a source may be suggested at all, whatever they score, and what keeps the others out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.core.settings import SelectionSettings
from recommender.retrieval.query import SourceQuery
from recommender.selection.rules_and_decisions import SourceRules


class Eligibility:
    """Which articles may be suggested for one source, whatever they score: by settings, rules and decisions."""

    def __init__(self, source_query: SourceQuery, settings: SelectionSettings, rules: SourceRules | None = None):
        self._source_query, self._settings, self._rules = source_query, settings, rules
        links = source_query.index.corpus.links  # sorted by source, then target
        first, last = np.searchsorted(links[:, 0], [source_query.row, source_query.row + 1])
        self._curated = frozenset() if settings.repeat_curated else frozenset(links[first:last, 1].tolist())

    def obstacle(self, row: int) -> str | None:
        """Say why the article at a row must not be suggested; None where nothing forbids it."""
        index, rules = self._source_query.index, self._rules
        if row == self._source_query.row:
            return "it is the source itself"
        if not index.eligible[row]:
            return "it was removed"
        if self._settings.only_published and not index.corpus[row].published:
            return "it is not published, and selection.only_published is set"
        if row in self._curated:
            return "an editor has linked it already, and selection.repeat_curated is off"
        return None if rules is None else rules.refusal(row) or rules.rejection(row)

    def of_rows(self, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Say of each of these rows whether it may be suggested, ``(n_rows,)``."""
        eligible: NDArray[np.bool_] = self._source_query.index.eligible[rows] & (rows != self._source_query.row)
        if self._settings.only_published or self._curated or self._rules is not None:
            for position in np.flatnonzero(eligible).tolist():
                eligible[position] = self.obstacle(int(rows[position])) is None
        return eligible
