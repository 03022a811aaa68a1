"""Measure the ranker that ships: on a site that it never saw, and on the newer half of one whose older half it saw.

    python benchmarks/shipped.py ../shared/corpora/optech/articles.jsonl.gz --halved ../shared/corpora/azure

For each SITE: the shipped ranker, the site's own and their blend beside the baselines, newest quarter held out; then
the same with ever fewer past relations to learn from. For --halved: a ranker for other sites is trained on the oldest
half, and asked about the newest half, none of whose relations it knows.
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
from recommender.evaluation.figures import PRIMARY, ProtocolFigures
from recommender.evaluation.learning import hide_relations
from recommender.evaluation.replay import engine_ranking
from recommender.evaluation.splits import AT_PUBLICATION, held_out_sources, known_rows, past_corpus, time_cut
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
    rows = [[name, interval(one.over_articles), interval(one.over_stories)] for name, one in ndcg.items()]
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
    """Print the figures of the newest half of a site, by a ranker for other sites that learned from the oldest."""
    corpus = read_articles(site)
    cut = time_cut(corpus, 0.5)
    past = past_corpus(corpus, cut)
    shipped = train_shipped(past, replace(Settings(), ranker=SMALL))
    known = hide_relations(corpus, len(corpus), np.arange(len(corpus)) >= cut)
    sources = held_out_sources(corpus, cut, AT_PUBLICATION)
    until = [known_rows(corpus, int(row), AT_PUBLICATION) for row in sources]
    answers: dict[str, object] = {}
    for name, of in (
        ("shipped, past relations known", known),
        ("shipped, no relation known", known.without_relations()),
    ):
        model = Recommender(learning(SHIPPED), shipped=shipped).fit(past_corpus(of, cut))
        model.renew(of)
        answers[name] = engine_ranking(model, of, sources, AT_PUBLICATION)
    for baseline in default_baselines():
        fitted = baseline.fit(corpus.without_relations(), np.arange(cut))
        answers[baseline.name] = [rows.tolist() for rows in fitted.rank_all(sources, until, 10)]
    print(f"\n{site}, newest half, {len(sources)} articles\n")
    print(table(ProtocolFigures.from_rankings(corpus, AT_PUBLICATION, sources, answers)))  # type: ignore[arg-type]


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sites", type=Path, nargs="*", metavar="SITE")
    parser.add_argument("--halved", type=Path, metavar="SITE")
    given = parser.parse_args()
    for site in given.sites:
        measure(site)
    if given.halved:
        measure_halved(given.halved)


if __name__ == "__main__":
    main()
