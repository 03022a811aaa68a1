"""Ablation: the worth of each group of features, by rankers that learn without it, and from it alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from recommender.core.records import Article
from recommender.core.settings import OWN, RankerSettings, Settings
from recommender.corpus.corpus import Corpus
from recommender.evaluation.bootstrap import Figure
from recommender.evaluation.figures import ProtocolFigures, RankedLists
from recommender.evaluation.hold_outs import HeldOutParts, HoldOut
from recommender.evaluation.measures import PRIMARY
from recommender.evaluation.records import Record
from recommender.evaluation.splits import AT_PUBLICATION, FOLDS, EvaluationSet, Protocol, id_order
from recommender.evaluation.tables import MEANS, intervals, number, text_table
from recommender.features.pair_features import GROUP_NAMES, pair_features
from recommender.model.training import pair_training_set, training_rows, with_known_rows
from recommender.ranker import BoostedRanker, Ranker, ShippedRanker, fit_ranker, scores, shipped_ranker
from recommender.ranker.training_set import TrainingSet
from recommender.retrieval.index import Index
from recommender.retrieval.vectorizer import Vectorizer

ALL = "all features"


@dataclass(frozen=True)
class Trial(Record):
    """nDCG@10 of a ranker that learned from some of the features only.

    `lost` is that of all features minus this one, paired over the same sources; above 0 where the missing ones help.
    """

    ndcg: Figure
    lost: Figure


@dataclass(frozen=True)
class GroupWorth(Record):
    """One group of features: the number of its features, the ranker without it, and the ranker of it alone."""

    columns: int
    without: Trial
    alone: Trial


@dataclass(frozen=True)
class Ablation(Record):
    """The worth of each group of features on the held-out sources of an evaluation, at publication or in folds.

    `columns` counts the features of all groups.

    Attributes
    ----------
    ranker
        ``boosted``, the site's own ranker, not blended with the shipped one; or ``shipped`` where there is too little
        to learn from. Then no group can be taken away, and `groups` is empty.
    learned_from
        How many past articles with relations the ranker learned from; in folds, the fewest of a fold.
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
    protocol: Protocol = AT_PUBLICATION

    def table(self) -> str:
        """Return the ablation as plain text for people."""
        head = f"Ablation, {self.protocol}: {self.sources} articles in {self.stories} stories"
        if not self.sources:
            return f"{head}\n\nNo held-out article has a relation that counts here: nothing to measure.\n"
        recall = self.candidate_recall.over_articles.value if self.candidate_recall else None
        past = "" if self.protocol == FOLDS else "past "
        parts = [
            head,
            f"{self.ranker} ranker, {self.learned_from} {past}articles with relations to learn from; "
            f"candidate recall {number(recall)}, the same for all",
        ]
        if self.ranker == ShippedRanker.kind:
            too_few = "Too few articles with relations to learn from: no learned feature can be taken away."
            return "\n\n".join([*parts, too_few]) + "\n"
        without = [[ALL, str(self.columns), *intervals(self.ndcg), "", ""]]
        alone = []
        for name, worth in self.groups.items():
            without.append(_row(f"without {name}", self.columns - worth.columns, worth.without))
            alone.append(_row(f"{name} alone", worth.columns, worth.alone))
        headers = ["features", *MEANS, "lost | articles", "lost | stories"]
        parts += [
            text_table(["learned without", *headers], without),
            text_table(["learned from", *headers], alone),
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

    Parameters, errors, past, held-out sources, candidates and targets are those of `evaluate`, at publication or in
    folds. Features are computed once. Every ranker is fitted anew, calibration included, on fewer columns of the same
    pairs. The candidates stay the same, also those that were found by text or relations whose features are left out.
    """
    corpus = articles if isinstance(articles, Corpus) else Corpus.from_articles(articles)
    settings = settings or Settings()
    held_out = HeldOutParts.of(corpus, newest, random_state)
    protocol = held_out.protocols[0]
    learned = [_LearnedPart.of(part, protocol, settings, shipped or shipped_ranker()) for part in held_out.parts]
    # The shipped ranker learned nothing here, so there is nothing to take away from it.
    own = all(part.full.kind != ShippedRanker.kind for part in learned)
    groups = _group_columns(learned[0].training_set.names) if own else {}
    parts = [part.lists(groups, replace(settings.ranker, learn=OWN)) for part in learned]
    lists = {name: RankedLists.joined([part[name] for part in parts]) for name in parts[0]}
    evaluation_set = EvaluationSet.joined([part.evaluation_sets[protocol] for part in held_out.parts])
    result = ProtocolFigures.from_lists(evaluation_set, lists, engine=ALL, random_state=random_state)
    figures = result.models[ALL].figures
    return Ablation(
        ranker=learned[0].full.kind if own else ShippedRanker.kind,
        learned_from=min(len(part.training_set.group_sizes) for part in learned),
        sources=result.sources,
        stories=result.stories,
        columns=len(learned[0].training_set.names),
        ndcg=figures[PRIMARY],
        candidate_recall=figures.get("candidate recall"),
        groups={group: _worth(result, group, int(columns.sum())) for group, columns in groups.items()},
        protocol=protocol,
    )


@dataclass(frozen=True)
class _LearnedPart:
    """What was learned for one part of the evaluation, and the pairs that its rankers score."""

    training_set: TrainingSet
    pairs: _HeldOutPairs
    full: Ranker

    @classmethod
    def of(cls, part: HoldOut, protocol: Protocol, settings: Settings, shipped: ShippedRanker) -> _LearnedPart:
        vectorizer = Vectorizer.fit(part.learned)
        index = vectorizer.index(part.learned)
        rows = training_rows(index, settings.ranker.most_sources, settings.ranker.random_state)
        training_set = pair_training_set(index, rows, settings)
        known = index if part.known is part.learned else vectorizer.index(part.known, previous=index)
        pairs = _HeldOutPairs(known, part.evaluation_sets[protocol], settings)
        return cls(training_set, pairs, fit_ranker(training_set, replace(settings.ranker, learn=OWN), shipped))

    def lists(self, groups: dict[str, NDArray[np.bool_]], settings: RankerSettings) -> dict[str, RankedLists]:
        """Return the lists of the ranker of all features, and of those without each group and of it alone."""
        lists = {ALL: self.pairs.ranked_by(self.full)}
        for group, columns in groups.items():
            for name, selected in ((f"without {group}", ~columns), (f"{group} alone", columns)):
                ranker = BoostedRanker.fit(self.training_set.select_columns(selected), settings)
                lists[name] = self.pairs.ranked_by(ranker, selected)
        return lists


class _HeldOutPairs:
    """The candidates of the held-out sources with all their features, as of publication, which every ranker scores."""

    def __init__(self, index: Index, evaluation_set: EvaluationSet, settings: Settings):
        self._id_order = id_order(index.corpus)
        self._targets: list[NDArray[np.intp]] = []
        blocks = []
        for query in with_known_rows(
            index, evaluation_set.sources.astype(np.intp), evaluation_set.known.astype(np.intp), settings
        ):
            self._targets += np.split(query.targets, query.groups.starts[1:])
            blocks.append(pair_features(query)[0])
        self._features = np.vstack(blocks) if blocks else None

    def ranked_by(self, ranker: Ranker, columns: NDArray[np.bool_] | slice = slice(None)) -> RankedLists:
        """Return every source's candidates, best first, by a ranker of these columns."""
        if self._features is None:
            return RankedLists([], candidates=[])
        sizes = np.array([len(rows) for rows in self._targets])
        pair_scores = scores(ranker.log_odds(np.ascontiguousarray(self._features[:, columns]), sizes))
        ranked = [
            rows[np.lexsort((self._id_order[rows], -source_scores))].tolist()
            for rows, source_scores in zip(self._targets, np.split(pair_scores, np.cumsum(sizes)[:-1]), strict=True)
        ]
        return RankedLists(ranked, candidates=ranked)


def _group_columns(names: tuple[str, ...]) -> dict[str, NDArray[np.bool_]]:
    """Return for each group of features that has any, in order, the mask of its columns."""
    masks = {group: np.array([name.startswith(f"{group}.") for name in names], dtype=bool) for group in GROUP_NAMES}
    return {group: mask for group, mask in masks.items() if mask.any()}


def _worth(result: ProtocolFigures, group: str, n_columns: int) -> GroupWorth:
    names = (f"without {group}", f"{group} alone")
    return GroupWorth(
        n_columns, *(Trial(result.models[name].figures[PRIMARY], result.differences[name][PRIMARY]) for name in names)
    )


def _row(name: str, columns: int, trial: Trial) -> list[str]:
    return [name, str(columns), *intervals(trial.ndcg), *intervals(trial.lost, "+")]
