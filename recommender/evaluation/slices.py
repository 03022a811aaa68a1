"""Figures of parts of the sources, or of the pairs, that share a label."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recommender.corpus.corpus import Corpus
from recommender.evaluation.bootstrap import Estimate, Figure, StoryBootstrap
from recommender.evaluation.judgements import Judgements
from recommender.evaluation.records import Record

#: The largest number of days between two articles by label.
GAP_SLICES = {"up to a day": 1.0, "2-7 days": 7.0, "8-30 days": 30.0, "31-180 days": 180.0, "longer": math.inf}
UNDATED = "undated"
NO_LABEL = "none"

Labels = Sequence[tuple[str, ...]]

_DAY = 86_400.0


@dataclass(frozen=True)
class SliceFigures(Record):
    """nDCG@10 of some of the sources: those whose story has a size in one range, or that share a label."""

    sources: int
    stories: int
    ndcg: Figure

    @classmethod
    def from_values(cls, ndcg: NDArray[np.float64], stories: NDArray[Any], random_state: int = 0) -> Self:
        """Estimate from the nDCG@10 and the story of each source of the slice."""
        bootstrap = StoryBootstrap(stories, random_state=random_state)
        return cls(len(ndcg), bootstrap.n_stories, bootstrap.figure(ndcg))


@dataclass(frozen=True, slots=True)
class PairFigures(Record):
    """Figures of the pairs of one label, each with a 95 % interval by bootstrap over stories.

    Attributes
    ----------
    suggested, linked
        How many pairs were among the first `k`, and how many curated links there are.
    precision, recall
        Share of the suggested pairs that is linked, and share of the linked pairs that was suggested.
    mean_score
        Of the suggested pairs; beside the precision it shows whether the score is calibrated here too. nan for none.
    """

    suggested: int
    linked: int
    precision: Estimate
    recall: Estimate
    mean_score: float


def slice_sources(
    judgements: Judgements, labels: Labels, model: str, most: int | None = None
) -> dict[str, SliceFigures]:
    """Return a model's nDCG@10 on the sources of each label, for the `most` labels with the most sources first.

    `labels` are those of each source, as of `labels_of`, or any others; `model` is a name in ``judgements.ndcg``.
    """
    if len(labels) != len(judgements.sources):
        raise ValueError(f"labels must be given for each of {len(judgements.sources)} sources, got {len(labels)}")
    values = judgements.ndcg[model]
    return {
        name: SliceFigures.from_values(values[positions], judgements.stories[positions])
        for name, positions in group_by_label(labels, most).items()
    }


def group_by_label(labels: Labels, most: int | None = None) -> dict[str, NDArray[np.intp]]:
    """Return the positions in `labels` that have each label, the `most` largest groups first, then by name.

    A position with several labels is in each of their groups; one without any in that of `NO_LABEL`.

    >>> groups = group_by_label([("Rail",), (), ("Sea", "Rail")])
    >>> {name: positions.tolist() for name, positions in groups.items()}
    {'Rail': [0, 2], 'Sea': [2], 'none': [1]}
    """
    members: dict[str, list[int]] = defaultdict(list)
    for position, names in enumerate(labels):
        for name in dict.fromkeys(names or (NO_LABEL,)):
            members[name].append(position)
    largest = sorted(members, key=lambda name: (-len(members[name]), name))[:most]
    return {name: np.array(members[name], dtype=np.intp) for name in largest}


def slice_pairs_by_gap(judgements: Judgements, corpus: Corpus, k: int = 5) -> dict[str, PairFigures]:
    """Return figures of the best `k` suggestions by the time between source and target, shortest first.

    Links that were no candidates count as not suggested. Labels without any pair are left out.
    """
    source_of = np.concatenate([judgements.source_of, judgements.missed[:, 0]])
    targets = np.concatenate([judgements.targets, judgements.missed[:, 1]])
    never_scored = np.zeros(len(judgements.missed), dtype=bool)
    suggested = np.concatenate([judgements.ranks <= k, never_scored])
    linked = np.concatenate([judgements.labels, ~never_scored])
    scores = np.concatenate([judgements.scores, never_scored.astype(np.float64)])
    bootstrap = StoryBootstrap(judgements.stories[source_of])
    gaps = gap_labels(corpus, judgements.sources[source_of], targets)
    figures = {}
    for label in (*GAP_SLICES, UNDATED):
        suggested_here, linked_here = suggested & (gaps == label), linked & (gaps == label)
        if suggested_here.any() or linked_here.any():
            figures[label] = PairFigures(
                suggested=int(suggested_here.sum()),
                linked=int(linked_here.sum()),
                precision=bootstrap.over_articles(linked, suggested_here),
                recall=bootstrap.over_articles(suggested, linked_here),
                mean_score=float(scores[suggested_here].mean()) if suggested_here.any() else float("nan"),
            )
    return figures


def gap_labels(corpus: Corpus, sources: ArrayLike, targets: ArrayLike) -> NDArray[np.str_]:
    """Return the label in `GAP_SLICES` of the time between two rows, either way; or `UNDATED`."""
    times = np.where(np.isfinite(corpus.times), corpus.times, np.nan)
    days = np.abs(times[np.asarray(sources, np.intp)] - times[np.asarray(targets, np.intp)]) / _DAY
    slots = np.searchsorted(np.array(list(GAP_SLICES.values())), days)  # nan comes after infinity
    labels: NDArray[np.str_] = np.array([*GAP_SLICES, UNDATED])[slots]
    return labels


def labels_of(corpus: Corpus, rows: ArrayLike, kind: Literal["topic", "provider"]) -> list[tuple[str, ...]]:
    """Return the topics of each row, or its provider, by name, else by domain; nothing where it is unknown."""
    articles = [corpus[int(row)] for row in np.asarray(rows)]
    if kind == "topic":
        return [article.topics for article in articles]
    names = [(article.provider.name or article.provider.domain) if article.provider else None for article in articles]
    return [(name,) if name else () for name in names]
