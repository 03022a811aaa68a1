"""Ablation: the worth of each group of features, by rankers that learn without it, and from it alone."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from recommender.core.records import Article
from recommender.core.settings import OWN, Settings
from recommender.corpus.corpus import Corpus
from recommender.evaluation.bootstrap import Figure
from recommender.evaluation.figures import ProtocolFigures, RankedLists
from recommender.evaluation.measures import PRIMARY
from recommender.evaluation.splits import (
    AT_PUBLICATION,
    TODAY,
    EvaluationSet,
    held_out_sources,
    measurable_cut,
    past_corpus,
)
from recommender.evaluation.tables import interval, number, text_table
from recommender.features.pair_features import GROUP_NAMES, pair_features
from recommender.model.training import at_publication, pair_training_set, training_rows
from recommender.ranker import (
    BoostedRanker,
    Ranker,
    ShippedRanker,
    TrainingSet,
    fit_ranker,
    scores,
    shipped_ranker,
)
from recommender.retrieval.index import Index
from recommender.retrieval.vectorizer import Vectorizer

ALL = "all features"


@dataclass(frozen=True)
class Trial:
    """The figures of a ranker that learned from some of the features only.

    Attributes
    ----------
    ndcg
        Its nDCG@10.
    lost
        That of all features minus this one, paired over the same sources; above 0 where the missing features help.
    """

    ndcg: Figure
    lost: Figure

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {PRIMARY: self.ndcg.to_dict(), "lost": self.lost.to_dict()}


@dataclass(frozen=True)
class GroupWorth:
    """One group of features: the ranker without it, the ranker of it alone, and the number of its features."""

    columns: int
    without: Trial
    alone: Trial

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {"columns": self.columns, "without": self.without.to_dict(), "alone": self.alone.to_dict()}


@dataclass(frozen=True)
class Ablation:
    """The worth of each group of features, at publication, on the held-out sources of an evaluation.

    Attributes
    ----------
    ranker
        ``boosted``, the site's own ranker, not blended with the shipped one; or ``shipped`` where there is too little
        to learn from. Then no group can be taken away, and `groups` is empty.
    learned_from
        How many past articles with relations the ranker learned from.
    sources, stories
        How many held-out articles, and how many stories they belong to.
    columns
        How many features all groups have together.
    ndcg
        nDCG@10 of all features: that of the engine where it uses the site's own ranker alone.
    candidate_recall
        The share of the right targets that were candidates, which limits the nDCG@10 of all rankers, as they get the
        same candidates; None where there is no source.
    groups
        By name, in the order of the features.
    """

    ranker: str
    learned_from: int
    sources: int
    stories: int
    columns: int
    ndcg: Figure
    candidate_recall: Figure | None
    groups: dict[str, GroupWorth]

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values; floats rounded to six places, None where undefined."""
        return {
            "protocol": AT_PUBLICATION,
            "ranker": self.ranker,
            "learned_from": self.learned_from,
            "sources": self.sources,
            "stories": self.stories,
            "columns": self.columns,
            PRIMARY: self.ndcg.to_dict(),
            "candidate recall": self.candidate_recall.to_dict() if self.candidate_recall else None,
            "groups": {name: worth.to_dict() for name, worth in self.groups.items()},
        }

    def to_json(self) -> str:
        """Return the ablation as JSON; the same ablation gives the same bytes."""
        return json.dumps(self.to_dict(), sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    def table(self) -> str:
        """Return the ablation as plain text for people."""
        head = f"Ablation, {AT_PUBLICATION}: {self.sources} articles in {self.stories} stories"
        if not self.sources:
            return f"{head}\n\nNo held-out article has a relation that counts here: nothing to measure.\n"
        recall = self.candidate_recall.over_articles.value if self.candidate_recall else None
        parts = [
            head,
            f"{self.ranker} ranker, {self.learned_from} past articles with relations to learn from; "
            f"candidate recall {number(recall)}, the same for all",
        ]
        if self.ranker == ShippedRanker.kind:
            parts.append("Too few articles with relations to learn from: no learned feature can be taken away.")
            return "\n\n".join(parts) + "\n"
        means = [f"{PRIMARY} | articles", f"{PRIMARY} | stories"]
        lost = ["lost | articles", "lost | stories"]
        of_all = [ALL, str(self.columns), interval(self.ndcg.over_articles), interval(self.ndcg.over_stories), "", ""]
        without = [
            _row(_without(name), self.columns - worth.columns, worth.without) for name, worth in self.groups.items()
        ]
        alone = [_row(_alone(name), worth.columns, worth.alone) for name, worth in self.groups.items()]
        parts += [
            text_table(["learned without", "features", *means, *lost], [of_all, *without]),
            text_table(["learned from", "features", *means, *lost], alone),
            f"lost: {PRIMARY} of all features minus that of the line, paired over the same articles, with its 95 % "
            "interval. Features of different groups stand in for each other: what is lost without one group is what "
            "no other could make up for.",
        ]
        return "\n\n".join(parts) + "\n"


def ablate(
    articles: Iterable[Article],
    settings: Settings | None = None,
    newest: float = 0.25,
    random_state: int = 0,
    shipped: ShippedRanker | None = None,
) -> Ablation:
    """Measure the engine's ranker without each group of features, and with each group alone.

    Past, held-out sources, candidates and targets are those of `evaluate`, at publication. Features are computed once.
    Every ranker is fitted anew, calibration included, on fewer columns of the same pairs. The candidates stay the same,
    also those that were found by text or relations whose features are left out.

    Parameters
    ----------
    articles
        Any articles with relations.
    settings
        Of the engine; the defaults where None.
    newest
        Share of the dated articles, in (0, 1), that is held out.
    random_state
        Of the bootstrap.
    shipped
        As of `Recommender`.

    Raises
    ------
    ArticleError
        When there is no past to learn from, or no held-out article with a relation.
    """
    corpus = articles if isinstance(articles, Corpus) else Corpus.from_articles(articles)
    settings = settings or Settings()
    cut = measurable_cut(corpus, newest, TODAY)
    sources = held_out_sources(corpus, cut, AT_PUBLICATION)
    past = past_corpus(corpus, cut)
    vectorizer = Vectorizer.fit(past)
    past_index = vectorizer.index(past)
    rows = training_rows(past_index, settings.ranker.most_sources)
    training_set = pair_training_set(past_index, rows, settings)
    pairs = _HeldOutPairs.from_index(vectorizer.index(corpus, previous=past_index), sources, settings)
    site_only = replace(settings.ranker, learn=OWN)
    full = fit_ranker(training_set, site_only, shipped or shipped_ranker())
    groups = _group_columns(training_set.names)
    if full.kind == ShippedRanker.kind:  # it learned nothing here, so there is nothing to take away from it
        groups = {}
    lists = {ALL: pairs.ranked_by(full)}
    for group, columns in groups.items():
        for name, selected in ((_without(group), ~columns), (_alone(group), columns)):
            lists[name] = pairs.ranked_by(BoostedRanker.fit(training_set.select_columns(selected), site_only), selected)
    evaluation_set = EvaluationSet.from_corpus(corpus, sources, AT_PUBLICATION)
    result = ProtocolFigures.from_lists(evaluation_set, lists, engine=ALL, random_state=random_state)
    return _ablation(result, full.kind, training_set, groups)


def _ablation(
    result: ProtocolFigures, kind: str, training_set: TrainingSet, groups: dict[str, NDArray[np.bool_]]
) -> Ablation:
    figures = result.models[ALL].figures
    return Ablation(
        ranker=kind,
        learned_from=len(training_set.group_sizes),
        sources=result.sources,
        stories=result.stories,
        columns=len(training_set.names),
        ndcg=figures[PRIMARY],
        candidate_recall=figures.get("candidate recall"),
        groups={
            group: GroupWorth(int(columns.sum()), _trial(result, _without(group)), _trial(result, _alone(group)))
            for group, columns in groups.items()
        },
    )


@dataclass(frozen=True)
class _HeldOutPairs:
    """The candidates of the held-out sources with all their features, which every ranker scores.

    Attributes
    ----------
    targets
        Rows of the candidates of each source.
    features : (n_pairs, n_features) float32 array
    id_order : (n_articles,) array
        Position of each row's id among the sorted ids; it breaks ties.
    """

    targets: list[NDArray[np.intp]]
    features: NDArray[np.float32]
    id_order: NDArray[np.intp]

    @classmethod
    def from_index(cls, index: Index, sources: NDArray[np.int64], settings: Settings) -> Self:
        """Search candidates and compute features, for each source knowing what was published by then."""
        targets, blocks = [], []
        for query in at_publication(index, sources.astype(np.intp), settings):
            targets += np.split(query.targets, query.groups.starts[1:])
            blocks.append(pair_features(query)[0])
        ids = [article.id for article in index.corpus]
        id_order = np.empty(len(ids), dtype=np.intp)
        id_order[sorted(range(len(ids)), key=ids.__getitem__)] = np.arange(len(ids))
        return cls(targets, np.vstack(blocks) if blocks else np.empty((0, 0), dtype=np.float32), id_order)

    def ranked_by(self, ranker: Ranker, columns: NDArray[np.bool_] | None = None) -> RankedLists:
        """Return every source's candidates, best first, by a ranker of these columns; of all columns for None."""
        if not self.targets:
            return RankedLists([], candidates=[])
        features = self.features if columns is None else np.ascontiguousarray(self.features[:, columns])
        sizes = np.array([len(rows) for rows in self.targets])
        pair_scores = scores(ranker.log_odds(features, sizes))
        ranked = [
            rows[np.lexsort((self.id_order[rows], -source_scores))].tolist()
            for rows, source_scores in zip(self.targets, np.split(pair_scores, np.cumsum(sizes)[:-1]), strict=True)
        ]
        return RankedLists(ranked, candidates=ranked)


def _group_columns(names: tuple[str, ...]) -> dict[str, NDArray[np.bool_]]:
    """Return for each group of features that has any, in order, the mask of its columns."""
    masks = {group: np.array([name.startswith(f"{group}.") for name in names], dtype=bool) for group in GROUP_NAMES}
    return {group: mask for group, mask in masks.items() if mask.any()}


def _without(group: str) -> str:
    return f"without {group}"


def _alone(group: str) -> str:
    return f"{group} alone"


def _trial(result: ProtocolFigures, name: str) -> Trial:
    return Trial(result.models[name].figures[PRIMARY], result.differences[name][PRIMARY])


def _row(name: str, columns: int, trial: Trial) -> list[str]:
    ndcg = [interval(trial.ndcg.over_articles), interval(trial.ndcg.over_stories)]
    lost = [interval(trial.lost.over_articles, "+"), interval(trial.lost.over_stories, "+")]
    return [name, str(columns), *ndcg, *lost]
