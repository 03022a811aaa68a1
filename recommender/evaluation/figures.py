"""Figures of models under one protocol, computed from their ranked lists, each with its interval."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from recommender.core.errors import RecommenderError
from recommender.corpus.corpus import Corpus
from recommender.evaluation import measures
from recommender.evaluation.bootstrap import Estimate, StoryBootstrap, rounded
from recommender.evaluation.judgements import Judgements
from recommender.evaluation.splits import STORY_SLICES, Protocol, known_rows, relevant_targets, stories

ALL_TARGETS = "all targets"
WITHOUT_DUPLICATES = "without near-duplicates"
PRIMARY = "nDCG@10"
DEPTH = 10
SHOWN = 5

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Ranking:
    """What one model answered, a list for each source.

    Parameters
    ----------
    rows
        Target rows, best first, for each source. More than ten of them where near-duplicates are left out later.
    scores
        Their probabilities; without them there is no calibration and no figure at the threshold.
    candidates
        The rows that were scored at all, for each source; for the recall of the candidates.
    """

    rows: Sequence[Sequence[int]]
    scores: Sequence[Sequence[float]] | None = None
    candidates: Sequence[Collection[int]] | None = None

    def __post_init__(self) -> None:
        for name in ("scores", "candidates"):
            given = getattr(self, name)
            if given is not None and len(given) != len(self.rows):
                raise RecommenderError(f"{name} must hold one list for each of {len(self.rows)}, got {len(given)}")


@dataclass(frozen=True)
class Figure:
    """One figure: its mean over articles, and over stories, each with a 95 % interval."""

    over_articles: Estimate
    over_stories: Estimate

    @classmethod
    def from_values(cls, bootstrap: StoryBootstrap, values: Values, weights: Values | None = None) -> Self:
        """Estimate both means of one value a source."""
        return cls(bootstrap.over_articles(values, weights), bootstrap.over_stories(values, weights))

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {"over_articles": self.over_articles.to_dict(), "over_stories": self.over_stories.to_dict()}


@dataclass(frozen=True)
class SliceFigures:
    """nDCG@10 on some of the sources: those whose story has a size in one range, or that share a label."""

    sources: int
    stories: int
    ndcg: Figure

    @classmethod
    def from_values(
        cls, ndcg: Values, story_labels: NDArray[Any], resamples: int = 1000, random_state: int = 0
    ) -> Self:
        """Estimate from the nDCG@10 and the story of each source of the slice."""
        bootstrap = StoryBootstrap(story_labels, resamples, random_state)
        return cls(len(ndcg), bootstrap.n_stories, Figure.from_values(bootstrap, ndcg))

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {"sources": self.sources, "stories": self.stories, PRIMARY: self.ndcg.to_dict()}


@dataclass(frozen=True)
class ModelFigures:
    """All figures of one model.

    Attributes
    ----------
    figures
        nDCG@10, P@5, Recall@10, MRR (of the first ten) and coverage; with scores and a threshold also precision at the
        threshold (over all suggestions shown) and coverage at the threshold; with candidates their recall.
    totals
        Figures of the whole run, without interval: catalogue reach and in-degree Gini, both of the
        first five suggestions of each source; calibration error, of the first ten. nan where undefined.
    slices
        nDCG@10 by size of story, where there is a source.
    """

    figures: dict[str, Figure]
    totals: dict[str, float]
    slices: dict[str, SliceFigures]

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {
            "figures": {name: figure.to_dict() for name, figure in self.figures.items()},
            "totals": {name: rounded(value) for name, value in self.totals.items()},
            "slices": {name: figures.to_dict() for name, figures in self.slices.items()},
        }


@dataclass(frozen=True)
class ProtocolFigures:
    """All models under one protocol, on the same sources and the same resampled stories.

    Attributes
    ----------
    protocol, variant
        Which protocol, and which targets count: all, or those that are no near-duplicate of their source.
    sources, stories
        How many held-out articles, and how many stories they belong to.
    engine
        The model that the others are compared with; None where there is none.
    threshold
        The probability at which figures "at the threshold" are taken.
    models
        Figures by name of the model, in the order given.
    differences
        Engine minus each other model, paired, for every figure that both have.
    judgements
        What the engine's figures were made from; None without an engine that gives scores. Not in `to_dict`.
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
    def from_rankings(
        cls,
        corpus: Corpus,
        protocol: Protocol,
        sources: Sequence[int] | NDArray[np.int64],
        rankings: Mapping[str, Ranking | Sequence[Sequence[int]]],
        *,
        engine: str | None = None,
        threshold: float | None = None,
        relevant: Sequence[Collection[int]] | None = None,
        story_labels: Sequence[int] | NDArray[np.int32] | None = None,
        left_out: Sequence[Collection[int]] | None = None,
        resamples: int = 1000,
        random_state: int = 0,
    ) -> Self:
        """Measure every model's ranked lists.

        Parameters
        ----------
        sources
            Rows of the held-out articles, as of `held_out_sources`.
        rankings
            By name of the model, its lists for these sources in this order: bare rows, or a `Ranking`.
        engine
            Name of the model that is compared with the others.
        relevant
            Right targets of each source; by default those of `relevant_targets` under the protocol.
        story_labels : (n_sources,) array, optional
            The story of each source; by default that of `stories`.
        left_out
            For each source, targets that do not count, as of `near_duplicates`: they are struck from the
            lists and from the right targets. Sources that have none left are dropped.

        Raises
        ------
        RecommenderError
            When a model has not one list for each source, or `engine` is none of the models.
        """
        rows = [int(row) for row in sources]
        answers = {name: _ranking(name, given, len(rows)) for name, given in rankings.items()}
        if engine is not None and engine not in answers:
            raise RecommenderError(f"engine must be one of {', '.join(answers) or 'no models'}, got {engine!r}")
        found = stories(corpus)
        truth = _truth(corpus, protocol, rows, relevant, left_out)
        kept = [place for place, targets in enumerate(truth) if targets]
        labels = np.asarray(found.labels[rows] if story_labels is None else story_labels)[kept]
        bootstrap = StoryBootstrap(labels, resamples, random_state)
        run = _Run(
            truth=[truth[place] for place in kept],
            labels=labels,
            sizes=found.sizes[[rows[place] for place in kept]],
            articles=len(corpus),
            threshold=threshold,
            bootstrap=bootstrap,
        )
        chosen = {name: _choose(answer, kept, left_out) for name, answer in answers.items()}
        values = {name: run.values(answer) for name, answer in chosen.items()}
        return cls(
            protocol=protocol,
            variant=ALL_TARGETS if left_out is None else WITHOUT_DUPLICATES,
            sources=len(kept),
            stories=bootstrap.n_stories,
            engine=engine,
            threshold=threshold,
            models={name: run.figures(answer, values[name]) for name, answer in chosen.items()},
            differences=run.differences(engine, values),
            judgements=run.judgements(engine, chosen, values, [rows[place] for place in kept]),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {
            "protocol": self.protocol,
            "variant": self.variant,
            "sources": self.sources,
            "stories": self.stories,
            "engine": self.engine,
            "threshold": self.threshold,
            "models": {name: figures.to_dict() for name, figures in self.models.items()},
            "differences": {
                name: {figure: value.to_dict() for figure, value in figures.items()}
                for name, figures in self.differences.items()
            },
        }


@dataclass(frozen=True)
class _Run:
    """The sources of one run, and what is right for them."""

    truth: Sequence[Collection[int]]
    labels: NDArray[Any]
    sizes: NDArray[np.int64]
    articles: int
    threshold: float | None
    bootstrap: StoryBootstrap

    def values(self, answer: Ranking) -> dict[str, tuple[Values, Values | None]]:
        """Return each figure's value, and its weight if not 1, for each source."""
        pairs = list(zip(answer.rows, self.truth, strict=True))
        found: dict[str, tuple[Values, Values | None]] = {
            PRIMARY: (_array(measures.ndcg_at_k(*pair, k=DEPTH) for pair in pairs), None),
            "P@5": (_array(measures.precision_at_k(*pair, k=SHOWN) for pair in pairs), None),
            "Recall@10": (_array(measures.recall_at_k(*pair, k=DEPTH) for pair in pairs), None),
            "MRR": (_array(measures.reciprocal_rank(*pair, k=DEPTH) for pair in pairs), None),
            "coverage": (_array(len(ranked) > 0 for ranked in answer.rows), None),
        }
        if answer.scores is not None and self.threshold is not None:
            shown = [
                [row for row, score in zip(ranked[:SHOWN], scores[:SHOWN], strict=True) if score >= self.threshold]
                for ranked, scores in zip(answer.rows, answer.scores, strict=True)
            ]
            counts = _array(len(ranked) for ranked in shown)
            hits = _array(len(set(ranked) & set(right)) for ranked, right in zip(shown, self.truth, strict=True))
            found["P@threshold"] = (hits / np.maximum(counts, 1), counts)
            found["coverage@threshold"] = ((counts > 0).astype(np.float64), None)
        if answer.candidates is not None:
            scored = zip(answer.candidates, self.truth, strict=True)
            found["candidate recall"] = (_array(len(set(c) & set(right)) / len(right) for c, right in scored), None)
        return found

    def figures(self, answer: Ranking, values: Mapping[str, tuple[Values, Values | None]]) -> ModelFigures:
        figures = {name: Figure.from_values(self.bootstrap, *value) for name, value in values.items()}
        return ModelFigures(figures, self._totals(answer), self._slices(values[PRIMARY][0]))

    def differences(
        self, engine: str | None, values: Mapping[str, Mapping[str, tuple[Values, Values | None]]]
    ) -> dict[str, dict[str, Figure]]:
        if engine is None:
            return {}
        ours = values[engine]
        # A weighted figure has another divisor in each model, so its difference is no mean of differences.
        return {
            name: {
                figure: Figure.from_values(self.bootstrap, ours[figure][0] - value)
                for figure, (value, weight) in theirs.items()
                if figure in ours and weight is None
            }
            for name, theirs in values.items()
            if name != engine
        }

    def judgements(
        self,
        engine: str | None,
        answers: Mapping[str, Ranking],
        values: Mapping[str, Mapping[str, tuple[Values, Values | None]]],
        sources: Sequence[int],
    ) -> Judgements | None:
        answer = answers[engine] if engine is not None else None
        if answer is None or answer.scores is None:
            return None
        ndcg = {name: figures[PRIMARY][0] for name, figures in values.items()}
        return Judgements.from_lists(sources, self.labels, ndcg, answer.rows, answer.scores, self.truth)

    def _totals(self, answer: Ranking) -> dict[str, float]:
        shown = [list(ranked[:SHOWN]) for ranked in answer.rows]
        degrees = np.bincount(np.array([row for ranked in shown for row in ranked], dtype=np.int64), minlength=1)
        everyone = np.zeros(max(self.articles, len(degrees)))
        everyone[: len(degrees)] = degrees
        totals = {"catalogue reach": measures.catalogue_reach(shown, self.articles), "Gini": measures.gini(everyone)}
        if answer.scores is not None:
            scores = [score for line in answer.scores for score in line[:DEPTH]]
            pairs = zip(answer.rows, self.truth, strict=True)
            kept = [row in right for ranked, right in pairs for row in ranked[:DEPTH]]
            totals["calibration error"] = measures.calibration_error(scores, kept)
        return totals

    def _slices(self, ndcg: Values) -> dict[str, SliceFigures]:
        found = {}
        for name, (least, most) in STORY_SLICES.items():
            chosen = (self.sizes >= least) & (self.sizes <= most)
            if chosen.any():
                resamples, random_state = self.bootstrap.resamples, self.bootstrap.random_state
                found[name] = SliceFigures.from_values(ndcg[chosen], self.labels[chosen], resamples, random_state)
        return found


def _ranking(name: str, given: Ranking | Sequence[Sequence[int]], sources: int) -> Ranking:
    ranking = given if isinstance(given, Ranking) else Ranking(given)
    if len(ranking.rows) != sources:
        raise RecommenderError(f"{name!r} must have one list for each of {sources} sources, got {len(ranking.rows)}")
    return ranking


def _truth(
    corpus: Corpus,
    protocol: Protocol,
    rows: Sequence[int],
    relevant: Sequence[Collection[int]] | None,
    left_out: Sequence[Collection[int]] | None,
) -> list[frozenset[int]]:
    if relevant is None:
        relevant = [relevant_targets(corpus, row, known_rows(corpus, row, protocol)) for row in rows]
    nothing: Sequence[Collection[int]] = [()] * len(rows)
    struck = nothing if left_out is None else left_out
    return [frozenset(right).difference(out) for right, out in zip(relevant, struck, strict=True)]


def _choose(answer: Ranking, kept: Sequence[int], left_out: Sequence[Collection[int]] | None) -> Ranking:
    """Return the lists of the sources that are kept, as plain ints, without the targets that are left out."""
    rows: list[list[int]] = []
    scores: list[list[float]] = []
    for place in kept:
        out = () if left_out is None else left_out[place]
        ranked = [int(row) for row in answer.rows[place]]
        stays = [position for position, row in enumerate(ranked) if row not in out]
        rows.append([ranked[position] for position in stays])
        if answer.scores is not None:
            scores.append([float(answer.scores[place][position]) for position in stays])
    candidates = None if answer.candidates is None else [answer.candidates[place] for place in kept]
    return Ranking(rows, None if answer.scores is None else scores, candidates)


def _array(values: Any) -> Values:
    return np.array(list(values), dtype=np.float64)
