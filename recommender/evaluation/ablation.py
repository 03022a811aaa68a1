"""What each group of features is worth: the same ranker learned without it, and from it alone."""

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
from recommender.evaluation.figures import PRIMARY, Figure, ProtocolFigures, Ranking
from recommender.evaluation.splits import AT_PUBLICATION, TODAY, held_out_sources, measurable_cut, past_corpus
from recommender.evaluation.tables import interval, number, text_table
from recommender.features.pair_features import GROUP_NAMES, pair_features
from recommender.model.training import at_publication, pair_training_set, training_rows
from recommender.ranker import BoostedRanker, Ranker, ShippedRanker, fit_ranker, scores
from recommender.ranker.default import shipped_ranker
from recommender.retrieval.index import Index
from recommender.retrieval.vectorizer import Vectorizer

ALL = "all features"


@dataclass(frozen=True)
class Trial:
    """A ranker that had some of the features only.

    Attributes
    ----------
    ndcg
        Its nDCG@10.
    lost
        That of all features minus this one, paired over the same sources: above 0 where the features left out help.
    """

    ndcg: Figure
    lost: Figure

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {PRIMARY: self.ndcg.to_dict(), "lost": self.lost.to_dict()}


@dataclass(frozen=True)
class GroupWorth:
    """One group of features: the ranker without it, and the ranker of it alone; `columns` is how many it has."""

    columns: int
    without: Trial
    alone: Trial

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {"columns": self.columns, "without": self.without.to_dict(), "alone": self.alone.to_dict()}


@dataclass(frozen=True)
class Ablation:
    """What each group of features is worth, at publication, on the held-out sources of an evaluation.

    Attributes
    ----------
    ranker
        ``boosted``, the site's own without the voice of the shipped one; or ``shipped`` where there is too little to
        learn from, and so nothing to take away: there are no groups then.
    learned_from
        How many past articles with relations there were to learn from.
    sources, stories
        How many held-out articles, and how many stories they belong to.
    columns
        How many features all groups have together.
    ndcg
        nDCG@10 of all features: that of the engine where it goes by the site's own ranker alone.
    candidate_recall
        The share of the right targets that were candidates. All rankers got the same candidates, so that nDCG@10 cannot
        rise above what these allow; None where there is no source.
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
        """Return the ablation as JSON: the same ablation gives the same bytes."""
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
        every = [ALL, str(self.columns), interval(self.ndcg.over_articles), interval(self.ndcg.over_stories)]
        without = [
            _row(f"without {name}", self.columns - one.columns, one.without) for name, one in self.groups.items()
        ]
        alone = [_row(f"{name} alone", one.columns, one.alone) for name, one in self.groups.items()]
        parts += [
            text_table(["learned without", "features", *means, *lost], [[*every, "", ""], *without]),
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

    Past, held-out sources, candidates and targets are those of `evaluate`, at publication. Features are computed
    once; every ranker learns anew, calibration included, from fewer columns of the same pairs. The candidates
    stay what they are, also those that are found by words or relations whose features are left out.

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
    features = Vectorizer.fit(past)
    index = features.index(past)
    judged = pair_training_set(index, training_rows(index, settings.ranker.most_sources), settings)
    asked = _Asked.at_publication(features.index(corpus, previous=index), sources, settings)
    members = {group: _members(judged.names, group) for group in GROUP_NAMES}
    members = {group: columns for group, columns in members.items() if columns.any()}
    every = np.ones(len(judged.names), dtype=bool)
    own = replace(settings.ranker, learn=OWN)
    full = fit_ranker(judged, own, shipped or shipped_ranker())
    if full.kind == ShippedRanker.kind:  # it learned nothing here: there is nothing to take away from it
        members = {}
    rankings = {ALL: asked.ranking(full, every)}
    for group, columns in members.items():
        for name, chosen in ((_without(group), ~columns), (_alone(group), columns)):
            rankings[name] = asked.ranking(BoostedRanker.fit(judged.columns(chosen), own), chosen)
    result = ProtocolFigures.from_rankings(
        corpus, AT_PUBLICATION, sources, rankings, engine=ALL, random_state=random_state
    )
    figures = result.models[ALL].figures
    return Ablation(
        ranker=full.kind,
        learned_from=len(judged.group_sizes),
        sources=result.sources,
        stories=result.stories,
        columns=len(judged.names),
        ndcg=figures[PRIMARY],
        candidate_recall=figures.get("candidate recall"),
        groups={
            group: GroupWorth(int(columns.sum()), _trial(result, _without(group)), _trial(result, _alone(group)))
            for group, columns in members.items()
        },
    )


@dataclass(frozen=True)
class _Asked:
    """Candidates of the held-out sources with all their features: what every ranker is asked about.

    `id_order` is the place of each row among the sorted ids, by which ties are broken.
    """

    targets: list[NDArray[np.intp]]
    features: NDArray[np.float32]
    id_order: NDArray[np.intp]

    @classmethod
    def at_publication(cls, index: Index, sources: NDArray[np.int64], settings: Settings) -> Self:
        """Ask for each source once, knowing what was published by then."""
        targets, blocks = [], []
        for query in at_publication(index, sources.astype(np.intp), settings):
            targets += np.split(query.targets, query.groups.starts[1:])
            blocks.append(pair_features(query)[0])
        ids = [article.id for article in index.corpus]
        id_order = np.empty(len(ids), dtype=np.intp)
        id_order[sorted(range(len(ids)), key=ids.__getitem__)] = np.arange(len(ids))
        return cls(targets, np.vstack(blocks) if blocks else np.empty((0, 0), dtype=np.float32), id_order)

    def ranking(self, ranker: Ranker, columns: NDArray[np.bool_]) -> Ranking:
        """Return every source's candidates, best first, as a ranker of these columns orders them."""
        if not self.targets:
            return Ranking([], candidates=[])
        sizes = np.array([len(rows) for rows in self.targets])
        found = scores(ranker.log_odds(np.ascontiguousarray(self.features[:, columns]), sizes))
        parts = np.split(found, np.cumsum(sizes)[:-1])
        ordered = [
            rows[np.lexsort((self.id_order[rows], -part))].tolist()
            for rows, part in zip(self.targets, parts, strict=True)
        ]
        return Ranking(ordered, candidates=ordered)


def _members(names: tuple[str, ...], group: str) -> NDArray[np.bool_]:
    return np.array([name.startswith(f"{group}.") for name in names], dtype=bool)


def _without(group: str) -> str:
    return f"without {group}"


def _alone(group: str) -> str:
    return f"{group} alone"


def _trial(result: ProtocolFigures, name: str) -> Trial:
    return Trial(result.models[name].figures[PRIMARY], result.differences[name][PRIMARY])


def _row(name: str, columns: int, trial: Trial) -> list[str]:
    both = (trial.ndcg.over_articles, trial.ndcg.over_stories)
    lost = (trial.lost.over_articles, trial.lost.over_stories)
    return [name, str(columns), *(interval(one) for one in both), *(interval(one, "+") for one in lost)]
