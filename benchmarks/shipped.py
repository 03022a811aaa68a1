"""Measure the shipped ranker: on a site that it never saw, and on the newer half of one whose older half it saw.

    python benchmarks/shipped.py ../shared/corpora/optech/articles.jsonl.gz --halved ../shared/corpora/azure

For each SITE: the shipped ranker, the site's own and their blend beside the baselines, newest quarter held out; then
the same with ever fewer past relations to learn from. For --halved: a ranker is trained like the shipped one on the
oldest half, and measured on the newest half, none of whose relations it knows.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from recommender import Recommender, Settings, evaluate, read_articles
from recommender.core.settings import LEARN, SHIPPED
from recommender.evaluation import learning_curve
from recommender.evaluation.baselines import default_baselines
from recommender.evaluation.figures import ProtocolFigures
from recommender.evaluation.measures import PRIMARY
from recommender.evaluation.replay import baseline_lists, engine_lists
from recommender.evaluation.splits import AT_PUBLICATION, EvaluationSet, hide_relations, past_corpus, time_cut
from recommender.evaluation.tables import interval, text_table
from recommender.model.training import train_shipped

SHARES = (0.0, 0.1, 0.2, 0.4, 1.0)
SMALL = replace(Settings().ranker, trees=60, leaves=16)  # as in make_default.py


def learning(learn: str) -> Settings:
    """Return the settings of one way to learn."""
    return Settings(ranker=replace(Settings().ranker, learn=learn))


def table(figures: ProtocolFigures) -> str:
    """Return nDCG@10 of every model as text."""
    ndcg = {name: model.figures[PRIMARY] for name, model in figures.models.items()}
    rows = [[name, interval(figure.over_articles), interval(figure.over_stories)] for name, figure in ndcg.items()]
    return text_table(["model", f"{PRIMARY} | articles", f"{PRIMARY} | stories"], rows)


def measure(site: Path) -> None:
    """Print the figures of a site that the shipped ranker never saw."""
    corpus = read_articles(site)
    for learn in LEARN:
        print(f"\n{site}, ranker.learn: {learn}\n\n{table(evaluate(corpus, learning(learn)).result(AT_PUBLICATION))}")
    rows = []
    for learn in LEARN:
        for point in learning_curve(corpus, learning(learn), SHARES):
            ndcg = point.figures[PRIMARY]
            cells = [interval(ndcg.over_articles), interval(ndcg.over_stories)]
            rows.append([learn, str(point.linked_articles), point.ranker, *cells])
    print("\n" + text_table(["learn", "linked articles", "ranker", "articles", "stories"], rows))


def measure_halved(site: Path) -> None:
    """Print the figures of the newest half of a site, by a ranker like the shipped one that learned from the oldest."""
    corpus = read_articles(site)
    cut = time_cut(corpus, 0.5)
    past = past_corpus(corpus, cut)
    shipped = train_shipped(past, replace(Settings(), ranker=SMALL))
    known = hide_relations(corpus, len(corpus), np.arange(len(corpus)) >= cut)
    evaluation_set = EvaluationSet.held_out(corpus, cut)
    lists = {}
    for name, visible in (
        ("shipped, past relations known", known),
        ("shipped, no relation known", known.without_relations()),
    ):
        model = Recommender(learning(SHIPPED), shipped=shipped).fit(past_corpus(visible, cut))
        model.renew(visible)
        lists[name] = engine_lists(model, visible, evaluation_set)
    for baseline in default_baselines():
        fitted = baseline.fit(corpus.without_relations(), np.arange(cut))
        lists[baseline.name] = baseline_lists(fitted, evaluation_set, depth=10)
    print(f"\n{site}, newest half, {len(evaluation_set.sources)} articles\n")
    print(table(ProtocolFigures.from_lists(evaluation_set, lists)))


def main() -> None:
    """Measure the sites of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sites", type=Path, nargs="*", metavar="SITE")
    parser.add_argument("--halved", type=Path, metavar="SITE")
    arguments = parser.parse_args()
    for site in arguments.sites:
        measure(site)
    if arguments.halved:
        measure_halved(arguments.halved)


if __name__ == "__main__":
    main()
