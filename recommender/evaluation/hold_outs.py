"""What an evaluation holds out: a site's newest articles or, where it has no dates, one fold of stories at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.core.errors import ArticleError
from recommender.corpus.corpus import Corpus
from recommender.evaluation.splits import (
    FOLDS,
    PROTOCOLS,
    EvaluationSet,
    Protocol,
    hide_relations,
    measurable_cut,
    past_corpus,
    relevant_targets,
    stories,
)

N_FOLDS = 4
NO_FOLD = -1


@dataclass(frozen=True, eq=False)
class HoldOut:
    """One part of an evaluation: what is learned, what is known when the held-out sources are asked, and who they are.

    Attributes
    ----------
    learned
        The articles and relations that models learn from.
    known
        All articles, in the rows of the whole corpus, with the relations that may be known.
    past : (n_past,) array
        Rows that baselines take their statistics from.
    evaluation_sets
        The held-out sources with their right targets, by protocol.
    """

    learned: Corpus
    known: Corpus
    past: NDArray[np.int64]
    evaluation_sets: dict[Protocol, EvaluationSet]


@dataclass(frozen=True, eq=False)
class HeldOutParts:
    """All parts of an evaluation, which are measured together.

    Attributes
    ----------
    cut
        The row as of `time_cut`; 0 where the split is by folds.
    folds
        How many folds have a source; None where the split is by time.
    """

    parts: tuple[HoldOut, ...]
    protocols: tuple[Protocol, ...]
    cut: int = 0
    folds: int | None = None

    @classmethod
    def of(cls, corpus: Corpus, newest: float, random_state: int = 0) -> HeldOutParts:
        """Split by time; by folds of stories where fewer than half of the articles have dates.

        Raises
        ------
        ArticleError
            Where there is nothing to measure.
        """
        if corpus.is_dated:
            cut = measurable_cut(corpus, newest)
            sets = {protocol: EvaluationSet.held_out(corpus, cut, protocol) for protocol in PROTOCOLS}
            return cls((HoldOut(past_corpus(corpus, cut), corpus, np.arange(cut), sets),), PROTOCOLS, cut)
        parts = _folds(corpus, random_state)
        if not parts:
            raise ArticleError(
                f"nothing to measure: none of {len(corpus)} articles has a relation to another one that may be "
                "suggested; give more articles with relations"
            )
        return cls(parts, (FOLDS,), folds=len(parts))


def story_folds(corpus: Corpus, n_folds: int = N_FOLDS, random_state: int = 0) -> NDArray[np.int64]:
    """Return the fold of each row, from 0, ``(n_articles,)``; -1 for an article without relations.

    Stories come in an order by chance, each whole into the fold that has the fewest articles by then, so that folds are
    about equal.
    """
    story_of = stories(corpus)
    sizes = np.bincount(story_of, minlength=1)
    fold_of_story = np.full(len(sizes), NO_FOLD, dtype=np.int64)
    filled = np.zeros(n_folds, dtype=np.int64)
    for story in np.random.default_rng(random_state).permutation(len(sizes)).tolist():
        if sizes[story] > 1:
            fold_of_story[story] = int(np.argmin(filled))
            filled[fold_of_story[story]] += sizes[story]
    folds: NDArray[np.int64] = fold_of_story[story_of]
    return folds


def _folds(corpus: Corpus, random_state: int) -> tuple[HoldOut, ...]:
    """Return a part for each fold that has a source: all articles are known, but not the fold's relations."""
    fold_of = story_folds(corpus, random_state=random_state)
    parts = []
    for fold in range(N_FOLDS):
        rows = np.flatnonzero(fold_of == fold).tolist()
        sources = [row for row in rows if relevant_targets(corpus, row, len(corpus))]
        if sources:
            known = hide_relations(corpus, len(corpus), fold_of == fold)
            sets = {FOLDS: EvaluationSet.from_corpus(corpus, sources, FOLDS)}
            parts.append(HoldOut(known, known, np.arange(len(corpus)), sets))
    return tuple(parts)
