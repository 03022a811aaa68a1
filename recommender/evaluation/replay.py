"""The evaluation: learn from the past, then suggest for each held-out article as on its day, beside baselines."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.core.records import Article
from recommender.core.settings import Settings
from recommender.corpus.corpus import Corpus
from recommender.evaluation import ablation
from recommender.evaluation.baselines import Baseline, default_baselines
from recommender.evaluation.figures import ProtocolFigures, RankedLists
from recommender.evaluation.hold_outs import HeldOutParts, HoldOut
from recommender.evaluation.relation_kinds import BOTH, MeasuredRelations, with_relations_of
from recommender.evaluation.report import EvaluationReport
from recommender.evaluation.splits import AT_PUBLICATION, FOLDS, EvaluationSet, Protocol
from recommender.model.recommender import Recommender
from recommender.ranker import ShippedRanker
from recommender.retrieval.text import TextModel
from recommender.retrieval.vectorizer import publication_days
from recommender.selection.near_duplicates import LEAST_COSINE, same_text

ENGINE = "recommender"
DEPTH = 30  # of baselines' lists: more than the ten that count, as near-duplicates are taken out
DEFAULT_THRESHOLD = 0.5
_BLOCK = 256  # sources compared at once with all articles


def evaluate(
    articles: Iterable[Article],
    settings: Settings | None = None,
    newest: float = 0.25,
    threshold: float | None = None,
    random_state: int = 0,
    ablate: bool = False,
    shipped: ShippedRanker | None = None,
    relations: MeasuredRelations = BOTH,
) -> EvaluationReport:
    """Measure the engine on the newest articles, having learned from the older ones only.

    Vocabulary, rarity of terms, ranker and calibration come from the articles before the cut. The newer ones
    are then added without learning from them, and suggestions are made for each: *at publication*, knowing articles
    and relations up to its own publication, and *today*, knowing all but its own relations. Baselines get the same
    sources, candidates and targets.

    Where fewer than half of the articles have dates the split is by stories instead, in four *folds*: each story, all
    articles that relations join, is in one fold, at random. While the articles of a fold are sources, none of its
    relations is learned from or known. There is no figure at publication, and no baseline that needs dates.

    Parameters
    ----------
    newest
        Share of the dated articles, in (0, 1), that is held out; without effect in folds.
    threshold
        Probability at which precision is reported; the setting's, else the ranker's own, or 0.5 where that is 0. In
        folds, the mean of the rankers' own.
    random_state
        Of the random baseline, the bootstrap and the folds.
    ablate
        Also learn without each group of features, and from each alone, as the function of that name does; this takes
        many trainings.
    shipped
        As of `Recommender`: the ranker for a site with little to learn from. It must not have seen this site.

    relations
        Relations of which kind are read at all: ``related``, ``body`` or ``both``. Those of another kind are neither
        learned from, nor known, nor right.

    Raises
    ------
    SettingsError
        For unknown `relations`.
    ArticleError
        When there are no relations of that kind, no past to learn from, or no held-out article with a relation.
    """
    corpus = articles if isinstance(articles, Corpus) else Corpus.from_articles(articles)
    corpus = with_relations_of(corpus, relations)
    settings = settings or Settings()
    held_out = HeldOutParts.of(corpus, newest, random_state)
    replays = [_replay(part, settings, shipped, random_state) for part in held_out.parts]
    own = [replay.threshold for replay in replays if replay.threshold]
    threshold = threshold or (_mean(own) if own else DEFAULT_THRESHOLD)
    results = []
    for protocol in held_out.protocols:
        sets = [part.evaluation_sets[protocol] for part in held_out.parts]
        without_duplicates = [
            part_set.without(replay.duplicates[protocol]) for part_set, replay in zip(sets, replays, strict=True)
        ]
        names = replays[0].lists[protocol]
        lists = {name: RankedLists.joined([replay.lists[protocol][name] for replay in replays]) for name in names}
        results += [
            ProtocolFigures.from_lists(
                EvaluationSet.joined(variant), lists, engine=ENGINE, threshold=threshold, random_state=random_state
            )
            for variant in (sets, without_duplicates)
        ]
    worth = ablation.ablate(corpus, settings, newest, random_state, shipped) if ablate else None
    return EvaluationReport.from_figures(corpus, held_out.cut, results, worth, relations, held_out.folds)


def _mean(thresholds: list[float]) -> float:
    """Return the mean of the rankers' thresholds, of several with three places: it names columns of the report."""
    return thresholds[0] if len(thresholds) == 1 else round(float(np.mean(thresholds)), 3)


@dataclass(frozen=True)
class _Replay:
    """The answers of all models for one part, by protocol; and the default threshold of what the engine learned."""

    lists: dict[Protocol, dict[str, RankedLists]]
    duplicates: dict[Protocol, list[frozenset[int]]]
    threshold: float


def _replay(part: HoldOut, settings: Settings, shipped: ShippedRanker | None, random_state: int) -> _Replay:
    """Learn from what a part may learn from, and rank for its sources."""
    model = Recommender(settings.without_rules(), shipped=shipped).fit(part.learned)
    if part.known is not part.learned:
        model.renew(part.known)
    baselines = default_baselines(random_state, dated=FOLDS not in part.evaluation_sets)
    for baseline in baselines:
        baseline.fit(part.known, part.past)
    lists: dict[Protocol, dict[str, RankedLists]] = {}
    duplicates: dict[Protocol, list[frozenset[int]]] = {}
    for protocol, evaluation_set in part.evaluation_sets.items():
        lists[protocol] = {ENGINE: engine_lists(model, part.known, evaluation_set)}
        lists[protocol] |= {baseline.name: baseline_lists(baseline, evaluation_set) for baseline in baselines}
        duplicates[protocol] = near_duplicates(part.known, part.past, evaluation_set.sources)
    return _Replay(lists, duplicates, model.threshold or model.ranker.threshold)


def engine_lists(model: Recommender, corpus: Corpus, evaluation_set: EvaluationSet) -> RankedLists:
    """Return all candidates of the sources as a model ranks them, each as of the moment that the protocol sets."""
    articles = [corpus[int(row)] for row in evaluation_set.sources]
    at_publication = evaluation_set.protocol == AT_PUBLICATION
    as_of = [article.published_at if at_publication else None for article in articles]
    rows: list[list[int]] = []
    scores: list[tuple[float, ...]] = []
    for ranking in model.rank([article.id for article in articles], as_of):
        rows.append([corpus.row(target_id) for target_id in ranking.target_ids])
        scores.append(ranking.scores)
    return RankedLists(rows, scores, candidates=rows)


def baseline_lists(baseline: Baseline, evaluation_set: EvaluationSet, depth: int = DEPTH) -> RankedLists:
    """Return the best `depth` targets of the sources by a fitted baseline, among those known under the protocol."""
    ranked = baseline.rank_all(evaluation_set.sources, evaluation_set.known, depth)
    return RankedLists([rows.tolist() for rows in ranked])


def near_duplicates(
    corpus: Corpus, past: NDArray[np.int64], source_rows: NDArray[np.int64], least: float = LEAST_COSINE
) -> list[frozenset[int]]:
    """Return for each source the rows with the same text, as the selection defines it, without the source itself.

    Any measure of text similarity finds these copies of agency reports, so figures are given without them too. The IDF
    is taken from the `past` rows; `least` is a cosine of the TF-IDF vectors of the full texts, in [0, 1].
    """
    full = TextModel.fit([corpus[int(row)] for row in past]).transform(corpus.articles)["full"]
    days = publication_days(corpus.articles)
    titles = [article.title for article in corpus]
    duplicates: list[frozenset[int]] = []
    for start in range(0, len(source_rows), _BLOCK):
        rows = source_rows[start : start + _BLOCK]
        for row, cosines in zip(rows, (full[rows] @ full.T).toarray(), strict=True):
            same = same_text(titles[row], titles.__getitem__, cosines, np.abs(days - days[row]), least)
            same[row] = False
            duplicates.append(frozenset(np.flatnonzero(same).tolist()))
    return duplicates
