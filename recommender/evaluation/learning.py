"""The learning curve: how good suggestions are with fewer curated relations to learn from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csgraph

from recommender.core.errors import SettingsError
from recommender.core.records import Article
from recommender.core.settings import Settings
from recommender.corpus.corpus import Corpus
from recommender.evaluation.bootstrap import Figure
from recommender.evaluation.figures import ProtocolFigures
from recommender.evaluation.records import Record
from recommender.evaluation.replay import ENGINE, engine_lists
from recommender.evaluation.splits import AT_PUBLICATION, EvaluationSet, hide_relations, measurable_cut, past_corpus
from recommender.model.recommender import Recommender
from recommender.ranker import ShippedRanker

SHARES = (0.0, 0.1, 0.25, 0.5, 1.0)
PIECE = 20  # articles of a story that are kept or hidden together: a whole story can hold half of a site's links


@dataclass(frozen=True, slots=True)
class LearningPoint(Record):
    """One point of the curve.

    Attributes
    ----------
    share
        The wanted share of the past articles with relations that keep them, in [0, 1].
    linked_articles
        How many past articles still have a relation with another past article: those that can be learned from.
    ranker
        The kind of ranker that the engine learned from them.
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
    """Measure the engine several times, each time with the relations of more past stories to learn from.

    At each point the relations between past articles are hidden for a random part of the past stories, both from
    learning and from the graph of relations that suggestions are made with. Relations of newer articles stay, as they
    come in while the site goes on. The right targets are the same at every point. A larger share keeps all relations
    that a smaller one keeps.

    Parameters
    ----------
    shares
        Shares, in [0, 1], of the past articles with relations that keep them. The relations of a story are kept or
        hidden together, those of a story of more than 20 articles in pieces of 20 that follow each other in time; so
        a share is rounded up to whole pieces.
    random_state
        Of the order in which stories keep their relations, and of the bootstrap.
    newest, shipped
        As of `evaluate`, and so are errors; besides `SettingsError` for a share outside [0, 1].
    """
    wrong = [share for share in shares if not 0 <= share <= 1]
    if wrong:
        raise SettingsError(f"shares must be in [0, 1], got {wrong[0]!r}")
    corpus = articles if isinstance(articles, Corpus) else Corpus.from_articles(articles)
    cut = measurable_cut(corpus, newest, AT_PUBLICATION)
    evaluation_set = EvaluationSet.held_out(corpus, cut)
    least_share = _least_shares(corpus, cut, random_state)
    points = []
    for share in shares:
        known = hide_relations(corpus, cut, least_share >= share)
        model = Recommender((settings or Settings()).without_rules(), shipped=shipped).fit(past_corpus(known, cut))
        model.renew(known)
        lists = {ENGINE: engine_lists(model, known, evaluation_set)}
        result = ProtocolFigures.from_lists(evaluation_set, lists, random_state=random_state)
        linked = int(np.count_nonzero(np.diff(known.neighbours[:cut, :cut].indptr)))
        points.append(LearningPoint(share, linked, model.ranker.kind, result.models[ENGINE].figures))
    return tuple(points)


def _least_shares(corpus: Corpus, cut: int, random_state: int) -> NDArray[np.float64]:
    """Return for each past row the share above which it keeps its relations; infinity where it has none.

    Pieces of stories are put in random order. The share of a row is that of the articles in earlier pieces.
    """
    graph = corpus.neighbours[:cut, :cut]
    rows = np.flatnonzero(np.diff(graph.indptr))
    least_share = np.full(cut, np.inf)
    if len(rows) == 0:
        return least_share
    _, labels = csgraph.connected_components(graph, directed=False)
    _, story, sizes = np.unique(labels[rows], return_inverse=True, return_counts=True)
    position_in_story = np.empty(len(rows), dtype=np.int64)
    position_in_story[np.argsort(story, kind="stable")] = np.concatenate([np.arange(size) for size in sizes])
    _, pieces = np.unique(np.column_stack([story, position_in_story // PIECE]), axis=0, return_inverse=True)
    turn = np.random.default_rng(random_state).permutation(int(pieces.max()) + 1)[pieces]
    n_before = np.concatenate([[0], np.cumsum(np.bincount(turn))])
    least_share[rows] = n_before[turn] / len(rows)
    return least_share
