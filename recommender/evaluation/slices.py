"""The same figures on parts of the sources, or of the pairs, that share a label."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recommender.corpus.corpus import Corpus
from recommender.evaluation.bootstrap import Estimate, StoryBootstrap
from recommender.evaluation.figures import SliceFigures
from recommender.evaluation.judgements import Judgements

#: Days between two articles, as label to the most of them; what is more is `LONGER`.
GAP_SLICES: dict[str, float] = {"up to a day": 1, "2-7 days": 7, "8-30 days": 30, "31-180 days": 180}
LONGER = "longer"
UNDATED = "undated"
NO_LABEL = "none"

Labels = Sequence[tuple[str, ...]]

_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class PairFigures:
    """Figures of the pairs of one label, each with a 95 % interval by bootstrap over stories.

    Attributes
    ----------
    suggested, linked
        How many pairs were among the first `k`, and how many curated links there are.
    precision
        Share of the suggested that is linked.
    recall
        Share of the linked that was suggested.
    mean_score
        Of the suggested; beside the precision it shows whether the score is right here too. nan for none.
    """

    suggested: int
    linked: int
    precision: Estimate
    recall: Estimate
    mean_score: float


def slice_sources(
    judgements: Judgements, labels: Labels, model: str, most: int | None = None
) -> dict[str, SliceFigures]:
    """Return a model's nDCG@10 on the sources of each label, labels with the most sources first.

    Parameters
    ----------
    labels
        For each source its labels, as of `labels_of`, or any others.
    model
        A name in ``judgements.ndcg``.
    most
        Leave out all but so many labels.
    """
    if len(labels) != len(judgements.sources):
        raise ValueError(f"labels must be given for each of {len(judgements.sources)} sources, got {len(labels)}")
    values = judgements.ndcg[model]
    return {
        name: SliceFigures.from_values(values[places], judgements.stories[places])
        for name, places in group_by_label(labels, most).items()
    }


def group_by_label(labels: Labels, most: int | None = None) -> dict[str, NDArray[np.intp]]:
    """Return the places that have each label, the largest groups first, then by name.

    Parameters
    ----------
    labels
        A place of several labels is in each of their groups; one without any in that of `NO_LABEL`.
    most
        Leave out all but so many groups.

    >>> {name: places.tolist() for name, places in group_by_label([("Rail",), (), ("Sea", "Rail")]).items()}
    {'Rail': [0, 2], 'Sea': [2], 'none': [1]}
    """
    members: dict[str, list[int]] = defaultdict(list)
    for place, names in enumerate(labels):
        for name in dict.fromkeys(names or (NO_LABEL,)):
            members[name].append(place)
    largest = sorted(members, key=lambda name: (-len(members[name]), name))[:most]
    return {name: np.array(members[name], dtype=np.intp) for name in largest}


def slice_pairs_by_gap(judgements: Judgements, corpus: Corpus, k: int = 5) -> dict[str, PairFigures]:
    """Return figures of the best `k` suggestions by the time between source and target, shortest first.

    Links that were no candidates count as not suggested. Labels without any pair are left out.
    """
    places = np.concatenate([judgements.places, judgements.missed[:, 0]])
    targets = np.concatenate([judgements.targets, judgements.missed[:, 1]])
    unseen = np.zeros(len(judgements.missed), dtype=bool)
    suggested = np.concatenate([judgements.ranks <= k, unseen])
    linked = np.concatenate([judgements.kept, ~unseen])
    scores = np.concatenate([judgements.scores, unseen.astype(np.float64)])
    bootstrap = StoryBootstrap(judgements.stories[places])
    labels = np.array(gap_labels(corpus, judgements.sources[places], targets))
    found = {}
    for label in (*GAP_SLICES, LONGER, UNDATED):
        ours, links = suggested & (labels == label), linked & (labels == label)
        if ours.any() or links.any():
            found[label] = PairFigures(
                suggested=int(ours.sum()),
                linked=int(links.sum()),
                precision=bootstrap.over_articles(linked, ours),
                recall=bootstrap.over_articles(suggested, links),
                mean_score=float(scores[ours].mean()) if ours.any() else float("nan"),
            )
    return found


def gap_labels(corpus: Corpus, sources: ArrayLike, targets: ArrayLike) -> list[str]:
    """Return the label in `GAP_SLICES` of the time between two rows, either way; `LONGER`, or `UNDATED`."""
    ends = corpus.times[np.asarray(sources, np.intp)], corpus.times[np.asarray(targets, np.intp)]
    dated = np.isfinite(ends[0]) & np.isfinite(ends[1])
    days: NDArray[np.float64] = np.abs(np.subtract(*ends, out=np.zeros(len(dated)), where=dated)) / _DAY
    names = [*GAP_SLICES, LONGER]
    slots = np.searchsorted(np.array(list(GAP_SLICES.values())), days)
    return [names[slot] if known else UNDATED for slot, known in zip(slots, dated, strict=True)]


def labels_of(corpus: Corpus, rows: ArrayLike, kind: Literal["topic", "provider"]) -> list[tuple[str, ...]]:
    """Return the topics of each row, or its provider, by name, else by domain; nothing where it is unknown."""
    articles = [corpus[int(row)] for row in np.asarray(rows)]
    if kind == "topic":
        return [article.topics for article in articles]
    names = [(one.provider.name or one.provider.domain) if one.provider else None for one in articles]
    return [(name,) if name else () for name in names]
