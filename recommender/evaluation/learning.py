"""The learning curve: how good suggestions are on a site with fewer curated relations to learn from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csgraph

from recommender.core.errors import SettingsError
from recommender.core.records import Article
from recommender.core.settings import Settings
from recommender.corpus.corpus import Corpus
from recommender.evaluation.figures import Figure, ProtocolFigures
from recommender.evaluation.replay import ENGINE, engine_ranking
from recommender.evaluation.splits import AT_PUBLICATION, held_out_sources, measurable_cut, past_corpus
from recommender.model.recommender import Recommender
from recommender.ranker import ShippedRanker

SHARES = (0.0, 0.1, 0.25, 0.5, 1.0)
PIECE = 20  # articles; the largest story can hold half of a site's links, and would make one step of the curve


@dataclass(frozen=True, slots=True)
class LearningPoint:
    """One point of the curve.

    Attributes
    ----------
    share
        What was asked for: the share of the past articles with relations whose stories kept theirs, in [0, 1].
    linked_articles
        How many past articles have a relation among them left: what there was to learn from.
    ranker
        The kind of ranker that the engine made of it.
    figures
        By name, at publication, on the same held-out sources at every point.
    """

    share: float
    linked_articles: int
    ranker: str
    figures: dict[str, Figure]


def learning_curve(
    articles: Iterable[Article] | Corpus,
    settings: Settings | None = None,
    shares: Sequence[float] = SHARES,
    newest: float = 0.25,
    random_state: int = 0,
    shipped: ShippedRanker | None = None,
) -> tuple[LearningPoint, ...]:
    """Measure the engine again and again, with the relations of ever more past stories to learn from.

    At each point the relations between past articles are hidden for a random part of the past stories, from learning
    and from the graph that is asked later; relations of newer articles stay, as they come in while the site goes
    on. What is right stays the same everywhere. A larger share keeps all that a smaller one kept.

    Parameters
    ----------
    shares
        Shares, in [0, 1], of the past articles with relations that keep them. Stories are kept or hidden as a
        whole, those of more than 20 articles in pieces of 20 that follow each other in time; a share ends with a
        whole piece.
    newest
        Share of the dated articles, in (0, 1), that is held out.
    random_state
        Of the order in which stories are kept.
    shipped
        As of `Recommender`.

    Raises
    ------
    ArticleError
        When there is no past to learn from, or no held-out article with a relation.
    SettingsError
        For a share outside [0, 1].
    """
    wrong = [share for share in shares if not 0 <= share <= 1]
    if wrong:
        raise SettingsError(f"shares must be in [0, 1], got {wrong[0]!r}")
    corpus = articles if isinstance(articles, Corpus) else Corpus.from_articles(articles)
    cut = measurable_cut(corpus, newest, AT_PUBLICATION)
    sources = held_out_sources(corpus, cut, AT_PUBLICATION)
    order = _kept_from(corpus, cut, random_state)
    points = []
    for share in shares:
        known = hide_relations(corpus, cut, order >= share)
        model = Recommender((settings or Settings()).without_rules(), shipped=shipped).fit(past_corpus(known, cut))
        model.renew(known)
        ranking = engine_ranking(model, known, sources, AT_PUBLICATION)
        result = ProtocolFigures.from_rankings(
            corpus, AT_PUBLICATION, sources, {ENGINE: ranking}, random_state=random_state
        )
        linked = int(np.count_nonzero(np.diff(known.neighbours[:cut, :cut].indptr)))
        points.append(LearningPoint(share, linked, model.ranker.kind, result.models[ENGINE].figures))
    return tuple(points)


def hide_relations(corpus: Corpus, cut: int, hidden: NDArray[np.bool_]) -> Corpus:
    """Return the corpus without the relations between two rows before `cut` of which one is hidden.

    Rows stay what they were, and so do relations to externals.

    Parameters
    ----------
    hidden : (n_past,) bool array
        For each row before `cut`.
    """
    articles = list(corpus.articles)
    for row in range(cut):
        kept = []
        for relation in articles[row].relations:
            target = corpus.resolve(relation)
            if target is None or target >= cut or not (hidden[row] or hidden[target]):
                kept.append(relation)
        if len(kept) < len(articles[row].relations):
            articles[row] = replace(articles[row], relations=tuple(kept))
    return Corpus(articles, corpus.merged, corpus.topic_parents, corpus.report)


def _kept_from(corpus: Corpus, cut: int, random_state: int) -> NDArray[np.float64]:
    """Return for each past row the share above which its story's relations are kept; infinity without relations."""
    graph = corpus.neighbours[:cut, :cut]
    rows = np.flatnonzero(np.diff(graph.indptr))
    order = np.full(cut, np.inf)
    if len(rows) == 0:
        return order
    _, labels = csgraph.connected_components(graph, directed=False)
    _, pieces = np.unique(_pieces(labels[rows]), axis=0, return_inverse=True)
    place = np.random.default_rng(random_state).permutation(int(pieces.max()) + 1)[pieces]
    before = np.concatenate([[0], np.cumsum(np.bincount(place))])
    order[rows] = before[place] / len(rows)
    return order


def _pieces(labels: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return for each article its story and which piece of it, as (n_articles, 2), articles in time order."""
    _, story, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    by_story = np.argsort(story, kind="stable")
    within = np.empty(len(labels), dtype=np.int64)
    within[by_story] = np.arange(len(labels)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return np.column_stack([story, within // PIECE])
