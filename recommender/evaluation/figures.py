"""Figures of models under one protocol, computed from their ranked lists, each with its interval."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from recommender.core.errors import RecommenderError
from recommender.evaluation import measures
from recommender.evaluation.bootstrap import Figure, StoryBootstrap
from recommender.evaluation.judgements import Judgements
from recommender.evaluation.measures import PRIMARY
from recommender.evaluation.records import Record
from recommender.evaluation.slices import SliceFigures
from recommender.evaluation.splits import EvaluationSet, Protocol, story_slices

DEPTH = 10
SHOWN = 5

Values = NDArray[np.float64]
SourceValues = tuple[Values, ...]
"""One figure's value for each source and, where sources do not all weigh the same, their weights."""


@dataclass(frozen=True)
class RankedLists:
    """The answers of one model: target rows for each source, best first; more than ten, as duplicates are taken out.

    Without `scores`, their probabilities, there is no calibration and no figure at the threshold. `candidates` are the
    rows that were scored at all, for the recall of the candidates.
    """

    rows: Sequence[Sequence[int]]
    scores: Sequence[Sequence[float]] | None = None
    candidates: Sequence[Collection[int]] | None = None

    def __post_init__(self) -> None:
        for name in ("scores", "candidates"):
            lists = getattr(self, name)
            if lists is not None and len(lists) != len(self.rows):
                raise RecommenderError(f"{name} must hold one list for each of {len(self.rows)}, got {len(lists)}")

    @classmethod
    def joined(cls, parts: Sequence[RankedLists]) -> RankedLists:
        """Return the lists of one model for several sets of sources, one set after the other."""
        if len(parts) == 1:
            return parts[0]
        rows, scores, candidates = (
            [entry for part in parts for entry in getattr(part, name) or ()]
            for name in ("rows", "scores", "candidates")
        )
        first = parts[0]
        return cls(rows, None if first.scores is None else scores, None if first.candidates is None else candidates)

    def select(self, positions: Sequence[int], excluded: Sequence[Collection[int]] | None = None) -> RankedLists:
        """Return the lists of the sources at these positions, as plain numbers, without each source's excluded rows."""
        rows: list[list[int]] = []
        scores: list[list[float]] = []
        for position in positions:
            ranked, left_out = self.rows[position], () if excluded is None else excluded[position]
            ranks = [rank for rank, row in enumerate(ranked) if row not in left_out]
            rows.append([int(ranked[rank]) for rank in ranks])
            if self.scores is not None:
                scores.append([float(self.scores[position][rank]) for rank in ranks])
        candidates = None if self.candidates is None else [self.candidates[position] for position in positions]
        return RankedLists(rows, None if self.scores is None else scores, candidates)


@dataclass(frozen=True)
class ModelFigures(Record):
    """All figures of one model.

    Attributes
    ----------
    figures
        Means over sources; MRR is of the first ten, precision at the threshold over all suggestions shown.
    totals
        Figures of the whole run, without interval: catalogue reach and in-degree Gini, both of the first five
        suggestions of each source; calibration error, of the first ten.
    slices
        nDCG@10 by size of story, where there is a source.
    """

    figures: dict[str, Figure]
    totals: dict[str, float]
    slices: dict[str, SliceFigures]


@dataclass(frozen=True)
class ProtocolFigures(Record):
    """All models under one protocol, on the same sources and the same resampled stories.

    Attributes
    ----------
    threshold
        The probability at which figures "at the threshold" are taken.
    differences
        Engine minus each other model, paired, for every figure that both have.
    judgements
        The pairs that the engine's figures were made from; None without an engine that gives scores. Not in `to_dict`.
    """

    protocol: Protocol
    variant: str
    sources: int
    stories: int
    engine: str | None
    threshold: float | None
    models: dict[str, ModelFigures]
    differences: dict[str, dict[str, Figure]] = field(default_factory=dict)
    judgements: Judgements | None = field(default=None, repr=False, compare=False)

    @classmethod
    def from_lists(
        cls,
        evaluation_set: EvaluationSet,
        lists: Mapping[str, RankedLists],
        *,
        engine: str | None = None,
        threshold: float | None = None,
        random_state: int = 0,
    ) -> Self:
        """Measure every model's lists, by its name, of the held-out sources, in their order.

        Sources without any right target are dropped; targets that the evaluation set excludes are taken out of the
        lists. `RecommenderError` where a model has not one list for each source, or `engine` is none of the models.
        """
        _check_lists(evaluation_set, lists, engine)
        positions = [position for position, relevant in enumerate(evaluation_set.relevant) if relevant]
        measured = evaluation_set.take(positions)
        bootstrap = StoryBootstrap(measured.stories, random_state=random_state)
        selected = {name: ranked.select(positions, evaluation_set.excluded) for name, ranked in lists.items()}
        values = {name: _source_values(measured, ranked, threshold) for name, ranked in selected.items()}
        judgements = None
        if engine is not None and (scores := selected[engine].scores) is not None:
            ndcg = {name: of_model[PRIMARY][0] for name, of_model in values.items()}
            judgements = Judgements.from_lists(
                measured.sources, measured.stories, ndcg, selected[engine].rows, scores, measured.relevant
            )
        return cls(
            protocol=measured.protocol,
            variant=measured.variant,
            sources=len(positions),
            stories=bootstrap.n_stories,
            engine=engine,
            threshold=threshold,
            models={
                name: _model_figures(measured, ranked, values[name], bootstrap) for name, ranked in selected.items()
            },
            differences={} if engine is None else _differences(values, engine, bootstrap),
            judgements=judgements,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values; floats but for the threshold rounded to six places, None where undefined."""
        values = super().to_dict() | {"threshold": self.threshold}
        del values["judgements"]
        return values


def _check_lists(evaluation_set: EvaluationSet, lists: Mapping[str, RankedLists], engine: str | None) -> None:
    n_sources = len(evaluation_set.sources)
    for name, ranked in lists.items():
        if len(ranked.rows) != n_sources:
            raise RecommenderError(
                f"{name!r} must have one list for each of {n_sources} sources, got {len(ranked.rows)}"
            )
    if engine is not None and engine not in lists:
        raise RecommenderError(f"engine must be one of {', '.join(lists) or 'no models'}, got {engine!r}")


def _source_values(measured: EvaluationSet, ranked: RankedLists, threshold: float | None) -> dict[str, SourceValues]:
    """Return the values of every figure of one model, by name of the figure."""
    pairs = list(zip(ranked.rows, measured.relevant, strict=True))
    values: dict[str, SourceValues] = {
        PRIMARY: (_array(measures.ndcg_at_k(*pair, k=DEPTH) for pair in pairs),),
        "P@5": (_array(measures.precision_at_k(*pair, k=SHOWN) for pair in pairs),),
        "Recall@10": (_array(measures.recall_at_k(*pair, k=DEPTH) for pair in pairs),),
        "MRR": (_array(measures.reciprocal_rank(*pair, k=DEPTH) for pair in pairs),),
        "coverage": (_array(len(rows) > 0 for rows in ranked.rows),),
    }
    if ranked.scores is not None and threshold is not None:
        shown = [
            [row for row, score in zip(rows[:SHOWN], scores[:SHOWN], strict=True) if score >= threshold]
            for rows, scores in zip(ranked.rows, ranked.scores, strict=True)
        ]
        n_shown = _array(map(len, shown))
        n_right = _array(map(_n_right, shown, measured.relevant))
        values["P@threshold"] = (n_right / np.maximum(n_shown, 1), n_shown)
        values["coverage@threshold"] = ((n_shown > 0).astype(np.float64),)
    if ranked.candidates is not None:
        n_relevant = _array(map(len, measured.relevant))
        values["candidate recall"] = (_array(map(_n_right, ranked.candidates, measured.relevant)) / n_relevant,)
    return values


def _model_figures(
    measured: EvaluationSet, ranked: RankedLists, values: Mapping[str, SourceValues], bootstrap: StoryBootstrap
) -> ModelFigures:
    shown = [list(rows[:SHOWN]) for rows in ranked.rows]
    suggested = np.array([row for rows in shown for row in rows], dtype=np.int64)
    totals = {
        "catalogue reach": measures.catalogue_reach(shown, measured.n_articles),
        "Gini": measures.gini(np.bincount(suggested, minlength=measured.n_articles)),
    }
    if ranked.scores is not None:
        scores = [score for source_scores in ranked.scores for score in source_scores[:DEPTH]]
        pairs = zip(ranked.rows, measured.relevant, strict=True)
        labels = [row in relevant for rows, relevant in pairs for row in rows[:DEPTH]]
        totals["calibration error"] = measures.calibration_error(scores, labels)
    ndcg = values[PRIMARY][0]
    slices = {
        name: SliceFigures.from_values(ndcg[inside], measured.stories[inside], bootstrap.random_state)
        for name, inside in story_slices(measured.story_sizes).items()
        if inside.any()
    }
    return ModelFigures({name: bootstrap.figure(*of_figure) for name, of_figure in values.items()}, totals, slices)


def _differences(
    values: Mapping[str, Mapping[str, SourceValues]], engine: str, bootstrap: StoryBootstrap
) -> dict[str, dict[str, Figure]]:
    """Return the engine's figures minus those of each other model.

    Weighted figures are left out: their weights differ between models, so that their difference is no mean of
    differences.
    """
    of_engine = values[engine]
    return {
        name: {
            figure: bootstrap.figure(of_engine[figure][0] - of_model[figure][0])
            for figure in of_model
            if figure in of_engine and len(of_model[figure]) == 1
        }
        for name, of_model in values.items()
        if name != engine
    }


def _n_right(rows: Collection[int], relevant: frozenset[int]) -> int:
    return len(relevant.intersection(rows))


def _array(values: Iterable[float]) -> Values:
    return np.array(list(values), dtype=np.float64)
