"""The replay: learn from the past, then ask for each held-out article as on its day, baselines beside."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from recommender.core.records import Article
from recommender.core.settings import Settings
from recommender.corpus.corpus import Corpus
from recommender.evaluation import ablation
from recommender.evaluation.baselines import default_baselines
from recommender.evaluation.duplicates import near_duplicates
from recommender.evaluation.figures import ProtocolFigures, Ranking
from recommender.evaluation.relation_audit import audit_relations
from recommender.evaluation.report import EvaluationReport
from recommender.evaluation.splits import (
    AT_PUBLICATION,
    PROTOCOLS,
    TODAY,
    Protocol,
    held_out_sources,
    known_rows,
    measurable_cut,
    past_corpus,
)
from recommender.model.recommender import Recommender
from recommender.ranker import ShippedRanker

ENGINE = "recommender"
DEPTH = 30  # deeper than the ten that count, so that lists without near-duplicates are full too
USUAL_THRESHOLD = 0.5


def evaluate(
    articles: Iterable[Article],
    settings: Settings | None = None,
    newest: float = 0.25,
    threshold: float | None = None,
    random_state: int = 0,
    ablate: bool = False,
    shipped: ShippedRanker | None = None,
) -> EvaluationReport:
    """Measure the engine on the newest articles, having learned from the older ones only.

    Vocabulary, rarity of terms, ranker and calibration come from the articles before the cut. The newer ones
    are then added, unlearned, and each is asked for: *at publication*, knowing articles and relations up
    to its own publication, and *today*, knowing all but its own relations. Baselines get the same sources,
    candidates and targets.

    Parameters
    ----------
    articles
        Any articles with relations.
    settings
        Of the engine; the defaults where None.
    newest
        Share of the dated articles, in (0, 1), that is held out.
    threshold
        Probability at which precision is reported; the setting's, else the ranker's own, or 0.5 where that is 0.
    random_state
        Of the random baseline and the bootstrap.
    ablate
        Also learn without each group of features, and from each alone, as the function `ablate` does; it takes
        many trainings.
    shipped
        As of `Recommender`: the ranker for a site with little to learn from. It must not have seen this site.

    Raises
    ------
    ArticleError
        When there is no past to learn from, or no held-out article with a relation.
    """
    corpus = articles if isinstance(articles, Corpus) else Corpus.from_articles(articles)
    cut = measurable_cut(corpus, newest, TODAY)
    settings = settings or Settings()
    model = Recommender(settings.without_rules(), shipped=shipped).fit(past_corpus(corpus, cut))
    model.renew(corpus)
    threshold = threshold or settings.selection.threshold or model.ranker.threshold or USUAL_THRESHOLD
    past = np.arange(cut)
    others = [baseline.fit(corpus, past) for baseline in default_baselines(random_state)]
    results = []
    for protocol in PROTOCOLS:
        sources = held_out_sources(corpus, cut, protocol)
        until = [known_rows(corpus, int(row), protocol) for row in sources]
        rankings = {ENGINE: engine_ranking(model, corpus, sources, protocol)}
        rankings |= {
            other.name: Ranking([rows.tolist() for rows in other.rank_all(sources, until, DEPTH)]) for other in others
        }
        results += [
            ProtocolFigures.from_rankings(
                corpus,
                protocol,
                sources,
                rankings,
                engine=ENGINE,
                threshold=threshold,
                left_out=left_out,
                random_state=random_state,
            )
            for left_out in (None, near_duplicates(corpus, past, sources))
        ]
    worth = ablation.ablate(corpus, settings, newest, random_state, shipped) if ablate else None
    return EvaluationReport.from_figures(corpus, cut, results, audit_relations(corpus), worth)


def engine_ranking(model: Recommender, corpus: Corpus, sources: NDArray[np.intp], protocol: Protocol) -> Ranking:
    """Ask a model for all candidates of these rows, each as of the moment that the protocol sets."""
    articles = [corpus[int(row)] for row in sources]
    moments = [article.published_at if protocol == AT_PUBLICATION else None for article in articles]
    rows: list[list[int]] = []
    scores: list[tuple[float, ...]] = []
    candidates: list[list[int]] = []
    for ranking in model.rank([article.id for article in articles], moments):
        targets = [corpus.row(target) for target in ranking.target_ids]
        candidates.append(targets)
        rows.append(targets)
        scores.append(ranking.scores)
    return Ranking(rows, scores, candidates)
