"""The report of an evaluation, as text and as JSON: figures with intervals, and the facts of the data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from recommender.core.errors import RecommenderError
from recommender.core.times import utc_text
from recommender.corpus.corpus import Corpus
from recommender.evaluation.ablation import Ablation
from recommender.evaluation.figures import ModelFigures, ProtocolFigures
from recommender.evaluation.measures import PRIMARY
from recommender.evaluation.records import Record
from recommender.evaluation.relation_audit import RelationAudit, audit_relations
from recommender.evaluation.relation_kinds import BOTH, MeasuredRelations, count_by_kind
from recommender.evaluation.splits import ALL_TARGETS, dated_rows
from recommender.evaluation.tables import MEANS, interval, intervals, number, percent, text_table

_PLAIN = ("P@5", "Recall@10", "MRR", "coverage")
_EXTRA = ("P@threshold", "coverage@threshold", "candidate recall")
_DATA = ("articles", "past_articles", "new_articles", "cut", "folds", "audit", "relations", "relation_counts")
_TOTALS = ("catalogue reach", "Gini", "calibration error")


@dataclass(frozen=True)
class EvaluationReport(Record):
    """Figures of an engine and of baselines beside it, with the facts of the data and of its curated relations.

    Attributes
    ----------
    articles, past_articles, new_articles
        Articles of the corpus; those before the cut, which models learned from; dated ones from the cut on.
    cut
        Time of the first article of the new side, ISO 8601; None where nothing is new.
    relations, relation_counts
        Which relations were read at all: of kind ``related``, ``body`` or ``both``; and how many of each kind lead to
        an article of the corpus.
    ablation
        The worth of each group of features; None where it was not measured.
    folds
        In how many folds of stories a site without dates was measured, which has no cut, no past and nothing new; None
        where it was measured by time.

    >>> report = EvaluationReport.from_figures(Corpus.from_articles([]), 0, [])
    >>> report.articles, report.cut
    (0, None)
    """

    articles: int
    past_articles: int
    new_articles: int
    cut: str | None
    results: tuple[ProtocolFigures, ...]
    audit: RelationAudit
    relations: MeasuredRelations = BOTH
    relation_counts: Mapping[str, int] = field(default_factory=dict)
    ablation: Ablation | None = None
    folds: int | None = None

    @classmethod
    def from_figures(
        cls,
        corpus: Corpus,
        cut: int,
        results: Iterable[ProtocolFigures],
        ablation: Ablation | None = None,
        relations: MeasuredRelations = BOTH,
        folds: int | None = None,
    ) -> Self:
        """Build the report from the figures of the protocols and the facts of their corpus; `cut` as of `time_cut`."""
        dated = dated_rows(corpus)
        moment = corpus[cut].published_at if cut < dated and folds is None else None
        return cls(
            articles=len(corpus),
            past_articles=cut,
            new_articles=max(0, dated - cut) if folds is None else 0,
            cut=utc_text(moment) if moment else None,
            results=tuple(results),
            audit=audit_relations(corpus),
            relations=relations,
            relation_counts=count_by_kind(corpus),
            ablation=ablation,
            folds=folds,
        )

    def _split_line(self) -> str:
        if self.folds is not None:
            dated = self.articles - self.audit.undated
            largest = self.audit.largest_story / max(self.audit.linked_articles, 1)
            note = f" The largest story has {percent(largest)} of the articles with relations." if largest > 0.5 else ""
            folds = "1 fold" if self.folds == 1 else f"{self.folds} folds"
            return (
                f"{self.articles} articles, {dated} of them with a date: too few to split by time. Measured in {folds} "
                f"of stories, at random; no relation of a fold is known while it is asked.{note}"
            )
        sides = f"{self.past_articles} before the cut to learn from, {self.new_articles} after it"
        return f"{self.articles} articles; {sides}{f'; cut at {self.cut}' if self.cut else ''}."

    def _relations_line(self) -> str:
        counts = ", ".join(f"{count:,} of kind {kind}" for kind, count in self.relation_counts.items()) or "none"
        others = "" if self.relations == BOTH else "; those of other kinds are left out"
        return f"Relations between articles: {counts}{others}."

    def result(self, protocol: str, variant: str = ALL_TARGETS) -> ProtocolFigures:
        """Return the figures of one protocol and variant; `RecommenderError` where the report has none."""
        for result in self.results:
            if (result.protocol, result.variant) == (protocol, variant):
                return result
        known = "; ".join(f"{result.protocol}, {result.variant}" for result in self.results) or "none"
        raise RecommenderError(f"the report has no figures for {protocol!r}, {variant!r}; it has: {known}")

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values; floats rounded to six places, None where undefined."""
        values = super().to_dict()
        data = {name: values.pop(name) for name in _DATA}
        if self.ablation is None:
            del values["ablation"]
        return {"data": data, **values}

    def table(self, full: bool = False) -> str:
        """Return the report as plain text for people.

        With `full` every figure, also by size of story, without near-duplicates, and as paired differences.
        """
        parts = [self._split_line(), self._relations_line()]
        for result in self.results:
            if full or result.variant == ALL_TARGETS:
                parts += _heading(result)
                if result.sources:
                    parts += _full(result) if full else _brief(result)
        parts.append(
            "In brackets: 95 % intervals, by bootstrap over stories. nDCG@10 | articles is the mean over articles, "
            "nDCG@10 | stories counts each story once; all other figures are means over articles."
        )
        parts += [f"Note: {warning}" for warning in self.audit.warnings]
        if self.ablation is not None:
            parts.append(self.ablation.table().rstrip())
        return "\n\n".join(parts) + "\n"


def _heading(result: ProtocolFigures) -> list[str]:
    title = f"{result.protocol}, {result.variant}: {result.sources} articles in {result.stories} stories"
    if not result.sources:
        return [title, "No held-out article has a relation that counts here: nothing to measure."]
    return [title.capitalize()]


def _brief(result: ProtocolFigures) -> list[str]:
    parts = [_main_table(result, ("P@5", "MRR"), ())]
    if result.engine is not None:
        engine = result.models[result.engine]
        figures = [
            f"{_header(name, result)} {_mean(engine, name)}" for name in (*_PLAIN, *_EXTRA) if name in engine.figures
        ]
        figures += [f"{name} {number(engine.totals[name])}" for name in _TOTALS if name in engine.totals]
        parts.append(f"{result.engine}: {', '.join(figures)}")
    return parts


def _full(result: ProtocolFigures) -> list[str]:
    models = result.models.values()
    extra = [name for name in _EXTRA if any(name in model.figures for model in models)]
    totals = [name for name in _TOTALS if any(name in model.totals for model in models)]
    parts = [_main_table(result, (*_PLAIN, *extra), totals), _slice_table(result)]
    if result.differences:
        rows = []
        for name, figures in result.differences.items():
            rest = [interval(figures[figure].over_articles, "+") for figure in ("P@5", "MRR")]
            rows.append([name, *intervals(figures[PRIMARY], "+"), *rest])
        parts.append(text_table([f"{result.engine} minus", *MEANS, "P@5", "MRR"], rows))
    return parts


def _main_table(result: ProtocolFigures, plain: Sequence[str], totals: Sequence[str]) -> str:
    rows = []
    for name, model in result.models.items():
        means = [_mean(model, figure) for figure in plain]
        rest = [number(model.totals.get(total)) for total in totals]
        rows.append([name, *intervals(model.figures[PRIMARY]), *means, *rest])
    return text_table(["model", *MEANS, *(_header(name, result) for name in plain), *totals], rows)


def _slice_table(result: ProtocolFigures) -> str:
    slices = {name: facts for model in result.models.values() for name, facts in model.slices.items()}
    headers = [f"{PRIMARY} by story size"]
    for name, facts in slices.items():
        headers += [f"{name} ({facts.sources} in {facts.stories}) | articles", "stories"]
    rows = [
        [name, *(cell for slice_name in slices for cell in intervals(model.slices[slice_name].ndcg))]
        for name, model in result.models.items()
    ]
    return text_table(headers, rows)


def _header(name: str, result: ProtocolFigures) -> str:
    return name.replace("threshold", f"{result.threshold:g}") if result.threshold is not None else name


def _mean(model: ModelFigures, name: str) -> str:
    return number(model.figures[name].over_articles.value if name in model.figures else None)
