"""Bulk scoring: suggestions for every article of a corpus, in blocks that are spread over workers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from recommender.core.records import Article, Suggestion
from recommender.core.settings import SelectionSettings
from recommender.core.workers import SharedPayload, map_blocks
from recommender.selection.scoring import BLOCK, Scorer, SourceBatch
from recommender.selection.suggestions import suggestions

_PLACEHOLDER = Article("-", "")  # instead of a target's article, which need not travel between processes


def suggest_in_bulk(
    scorer: Scorer, settings: SelectionSettings, k: int, threshold: float, start: int = 0, n_jobs: int = 1
) -> Iterator[tuple[str, list[Suggestion]]]:
    """Yield each article's id and its suggestions, in the order of the corpus, from the article at row `start` on.

    They are the same for any number of workers, `n_jobs`, which is counted as joblib does.
    """
    scorer.index.prepare()
    corpus = scorer.index.corpus
    rows = np.arange(start, len(corpus))
    blocks = [rows[first : first + BLOCK] for first in range(0, len(rows), BLOCK)]
    lists_of_blocks = map_blocks(_lists_of_block, ((scorer, settings, k, threshold),), blocks, n_jobs, len(rows))
    for block, lists in zip(blocks, lists_of_blocks, strict=True):
        for row, targeted in zip(block.tolist(), lists, strict=True):
            yield corpus[row].id, [replace(suggestion, target=corpus[target]) for target, suggestion in targeted]


def _lists_of_block(
    payload: SharedPayload[tuple[Scorer, SelectionSettings, int, float]], rows: NDArray[np.intp]
) -> list[list[tuple[int, Suggestion]]]:
    """Return the suggestions of each source, each with the row of its target in place of the article."""
    scorer, settings, k, threshold = payload.open()
    corpus = scorer.index.corpus
    is_source = np.array([corpus[row].is_source for row in rows.tolist()], dtype=bool)
    scored = scorer.score(SourceBatch.of_rows(scorer.index, rows[is_source])) if is_source.any() else []
    made = iter(suggestions(scorer, scored, settings, k, threshold))
    return [
        [(corpus.row(suggestion.target_id), replace(suggestion, target=_PLACEHOLDER)) for suggestion in next(made)]
        if asked
        else []
        for asked in is_source.tolist()
    ]
