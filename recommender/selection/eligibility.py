"""Which candidates of a source may be suggested at all, whatever they score, and what keeps the others out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.core.records import BODY, Article
from recommender.core.settings import SelectionSettings
from recommender.retrieval.query import SourceQuery
from recommender.selection.rules_and_decisions import SourceRules


class Eligibility:
    """Which articles may be suggested for one source, whatever they score.

    Parameters
    ----------
    source_query
        The source and its candidates.
    source
        The source as it was given: what its text links already is not suggested.
    settings
        Whether unpublished articles, and those that a list of the source holds already, may be suggested.
    rules
        The business rules and decisions for this source; None for none.
    """

    def __init__(
        self,
        source_query: SourceQuery,
        source: Article,
        settings: SelectionSettings,
        rules: SourceRules | None = None,
    ):
        self._source_query, self._source, self._settings, self._rules = source_query, source, settings, rules
        corpus = source_query.index.corpus
        links = [link for link in source.relations if link.kind == BODY or not settings.repeat_curated]
        self._kinds = {row: link.kind for link in links if (row := corpus.resolve(link)) is not None}

    def obstacle(self, row: int) -> str | None:
        """Say why the article at a row must not be suggested; None where nothing forbids it."""
        index, rules = self._source_query.index, self._rules
        if row == self._source_query.row:
            return "it is the source itself"
        if not index.eligible[row]:
            excluded = index.corpus[row].excluded
            return "it was removed" if excluded is None else f"it is never suggested: {excluded}"
        if not self._source_query.is_readable(np.array([row]))[0]:
            return self._unreadable(index.corpus[row])
        if self._settings.only_published and not index.corpus[row].published:
            return "it is not published, and selection.only_published is set"
        if row in self._kinds:
            in_text = "its text links to it already"
            listed = "an editor has linked it already, and selection.repeat_curated is off"
            return in_text if self._kinds[row] == BODY else listed
        return None if rules is None else rules.refusal(row) or rules.rejection(row)

    def _unreadable(self, target: Article) -> str:
        if target.translation_key is not None and target.translation_key == self._source.translation_key:
            return "it is a translation of the source"
        return f"its language is {target.language}, not {self._source.language} (candidates.same_language)"

    def of_rows(self, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Say of each of these rows whether it may be suggested, ``(n_rows,)``."""
        eligible: NDArray[np.bool_] = self._source_query.index.eligible[rows] & (rows != self._source_query.row)
        eligible &= self._source_query.is_readable(rows)
        if self._settings.only_published or self._kinds or self._rules is not None:
            for position in np.flatnonzero(eligible).tolist():
                eligible[position] = self.obstacle(int(rows[position])) is None
        return eligible
