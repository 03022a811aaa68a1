"""Inbound links: which articles should link to a target; the best of many sources, each scored with its candidates."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from recommender.core.records import Suggestion
from recommender.core.settings import SelectionSettings
from recommender.corpus.corpus import Corpus
from recommender.selection.eligibility import Eligibility
from recommender.selection.loose_relations import loosely_related
from recommender.selection.near_duplicates import repeats_source
from recommender.selection.scoring import BLOCK, ScoredCandidates, Scorer, SourceBatch
from recommender.selection.selection import Choice
from recommender.selection.suggestions import suggestions_of

SortKey = tuple[bool, float, str]
"""What the links to one target are sorted by: pinned ones first, then the highest score, then the source's id."""


@dataclass(frozen=True, order=True)
class InboundLink:
    """A link that a source could have to one of its candidates."""

    sort_key: SortKey
    candidates: ScoredCandidates = field(compare=False)
    position: int = field(compare=False)

    @property
    def target(self) -> int:
        """The row that the link leads to."""
        return self.candidates.row(self.position)

    def as_choice(self) -> Choice:
        """Return the link as a choice among the candidates of its source."""
        unpinned, *_ = self.sort_key
        repeats = repeats_source(self.candidates.source_query, self.candidates.source, self.target)
        return Choice(self.position, self.position, (), repeats, not unpinned)


class Targets:
    """The rows to which sources are sought, and the relations that lead to them already."""

    def __init__(self, corpus: Corpus, rows: Sequence[int]):
        self.rows = np.unique(np.array(rows, dtype=np.intp))
        self._are_targets = np.zeros(len(corpus), dtype=bool)
        self._are_targets[self.rows] = True
        links = corpus.links[self._are_targets[corpus.links[:, 1]]]
        self._linked = self._keys(links[:, 0], links[:, 1])

    def among(self, source_row: int, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Say which of these rows are targets that the source does not link to, ``(n_rows,)``."""
        wanted = self._are_targets[rows]
        wanted[wanted] = ~np.isin(self._keys(source_row, rows[wanted]), self._linked)
        return wanted

    def _keys(self, sources: NDArray[np.integer] | int, targets: NDArray[np.integer]) -> NDArray[np.int64]:
        """Return a number for each pair of rows, a different one for each."""
        return np.int64(len(self._are_targets)) * sources + targets


class InboundSearch:
    """Finds the sources that should link to some targets.

    A source is left out where it was removed, links to the target already, or a rule or decision forbids the link. A
    target has at most `k` sources; a link scores at least `threshold`, in [0, 1], unless it is pinned. With `older`, a
    source must come before the target in the order of the corpus.
    """

    def __init__(self, scorer: Scorer, settings: SelectionSettings, k: int, threshold: float, older: bool):
        self._scorer, self._index, self._settings = scorer, scorer.index, settings
        self._k, self._threshold, self._older = k, threshold, older
        self._pins = () if scorer.business_rules is None else scorer.business_rules.pins

    def sources_of(self, target: int) -> list[Suggestion]:
        """Return the best sources of one target, best first, as suggestions with that target.

        The target's own candidates are scored as its sources, and the articles for which it is pinned. Each is scored
        with the target beside its candidates, whether or not it is one of them, so that a score is that of `explain`.
        """
        targets = Targets(self._index.corpus, [target])
        rows = self._source_rows(targets)
        with_pins = np.isin(rows, [source for source, _ in self._pins])
        alone = (self._scorer.score_target(batch, target) for batch in self._batches(rows[~with_pins]))
        beside_pins = (self._scorer.score(batch, targets.rows) for batch in self._batches(rows[with_pins]))
        blocks = (self._links(scored, targets) for part in (alone, beside_pins) for scored in part)
        return self._best(targets, blocks)[target]

    def sources_of_each(self, rows: Sequence[int], n_jobs: int = 1) -> dict[int, list[Suggestion]]:
        """Return the best sources of each of some targets, by row.

        The candidates of all targets are scored as sources, each source once for all targets together. So a source
        counts only for the targets among its own candidates. A target for which no source was found is then searched
        by itself.
        """

        def links(batch: SourceBatch) -> list[InboundLink]:
            return self._links(self._scorer.score(batch), targets)

        targets = Targets(self._index.corpus, rows)
        pool = Parallel(n_jobs=n_jobs, prefer="threads", return_as="generator")
        best = self._best(targets, pool(delayed(links)(batch) for batch in self._batches(self._source_rows(targets))))
        return {target: suggestions or self.sources_of(target) for target, suggestions in best.items()}

    def _source_rows(self, targets: Targets) -> NDArray[np.intp]:
        """Return the rows of the sources to score: candidates of the targets, and what a target is pinned for."""
        candidates = self._scorer.candidate_rows(SourceBatch.of_rows(self._index, targets.rows))
        pinned = [source for source, target in self._pins if target in targets.rows]
        return np.unique(np.concatenate([np.array(pinned, dtype=np.intp), *candidates]))

    def _batches(self, rows: NDArray[np.intp]) -> Iterator[SourceBatch]:
        for start in range(0, len(rows), BLOCK):
            yield SourceBatch.of_rows(self._index, rows[start : start + BLOCK])

    def _links(self, scored: Sequence[ScoredCandidates], targets: Targets) -> list[InboundLink]:
        """Return all links that these sources may have to the targets."""
        links: list[InboundLink] = []
        for candidates in scored:
            if not candidates.source.is_target:
                continue
            source_query, rules = candidates.source_query, candidates.rules
            rows, scores = source_query.targets, candidates.scores
            pinned = np.isin(rows, [] if rules is None else rules.pinned)
            scores_enough = (scores >= self._threshold) & ~loosely_related(candidates)
            possible = targets.among(source_query.row, rows) & (scores_enough | pinned)
            if self._older:
                possible &= rows > source_query.row
            positions = np.flatnonzero(possible)
            eligibility = Eligibility(source_query, candidates.source, self._settings, rules)
            positions = positions[eligibility.of_rows(rows[positions])]
            for position in positions.tolist():
                sort_key = (not pinned[position], -float(scores[position]), candidates.source.id)
                links.append(InboundLink(sort_key, candidates, position))
        return links

    def _best(self, targets: Targets, blocks: Iterable[list[InboundLink]]) -> dict[int, list[Suggestion]]:
        """Return the best links to each target as suggestions, the same in whatever order the blocks come.

        Reasons are made at once for the links of a block that are among the best so far, not in the end for the
        best of all: that would need the candidates of every source kept, or retrieved again.
        """
        best: dict[int, list[Suggestion]] = {target: [] for target in targets.rows.tolist()}
        for links in blocks:
            better = self._better(links, best)
            made = suggestions_of(self._scorer, [(link.candidates, link.as_choice()) for link in better])
            for link, suggestion in zip(better, made, strict=True):
                best[link.target].append(suggestion)
            for target in {link.target for link in better}:
                best[target] = heapq.nsmallest(self._k, best[target], key=_sort_key)
        return {
            target: [replace(suggestion, rank=rank) for rank, suggestion in enumerate(suggestions, start=1)]
            for target, suggestions in best.items()
        }

    def _better(self, links: Sequence[InboundLink], best: Mapping[int, Sequence[Suggestion]]) -> list[InboundLink]:
        """Return the links that are among the best of their target, of these links and the best before."""
        of_targets: dict[int, list[InboundLink]] = defaultdict(list)
        for link in links:
            known = best[link.target]
            if len(known) < self._k or link.sort_key < _sort_key(known[-1]):
                of_targets[link.target].append(link)
        return [link for of_target in of_targets.values() for link in heapq.nsmallest(self._k, of_target)]


def _sort_key(suggestion: Suggestion) -> SortKey:
    return not suggestion.pinned, -suggestion.score, suggestion.source_id
