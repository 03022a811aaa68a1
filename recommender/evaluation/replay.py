"""The evaluation: learn from the past, then suggest for each held-out article as on its day, beside baselines."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from recommender.core.records import Article
from recommender.core.settings import Settings
from recommender.corpus.corpus import Corpus
from recommender.evaluation import ablation
from recommender.evaluation.baselines import Baseline, default_baselines
from recommender.evaluation.figures import ProtocolFigures, RankedLists
from recommender.evaluation.relation_kinds import BOTH, MeasuredRelations, with_relations_of
from recommender.evaluation.report import EvaluationReport
from recommender.evaluation.splits import AT_PUBLICATION, PROTOCOLS, EvaluationSet, measurable_cut, past_corpus
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

    Parameters
    ----------
    newest
        Share of the dated articles, in (0, 1), that is held out.
    threshold
        Probability at which precision is reported; the setting's, else the ranker's own, or 0.5 where that is 0.
    random_state
        Of the random baseline and the bootstrap.
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
    cut = measurable_cut(corpus, newest)
    settings = settings or Settings()
    model = Recommender(settings.without_rules(), shipped=shipped).fit(past_corpus(corpus, cut))
    model.renew(corpus)
    threshold = threshold or settings.selection.threshold or model.ranker.threshold or DEFAULT_THRESHOLD
    past = np.arange(cut)
    baselines = [baseline.fit(corpus, past) for baseline in default_baselines(random_state)]
    results = []
    for protocol in PROTOCOLS:
        evaluation_set = EvaluationSet.held_out(corpus, cut, protocol)
        lists = {ENGINE: engine_lists(model, corpus, evaluation_set)}
        lists |= {baseline.name: baseline_lists(baseline, evaluation_set) for baseline in baselines}
        without_duplicates = evaluation_set.without(near_duplicates(corpus, past, evaluation_set.sources))
        results += [
            ProtocolFigures.from_lists(variant, lists, engine=ENGINE, threshold=threshold, random_state=random_state)
            for variant in (evaluation_set, without_duplicates)
        ]
    worth = ablation.ablate(corpus, settings, newest, random_state, shipped) if ablate else None
    return EvaluationReport.from_figures(corpus, cut, results, worth, relations)


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
