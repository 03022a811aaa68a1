"""Measure the blend of own and shipped ranker with few relations known, beside each of them and plain search.

    python benchmarks/few_relations.py ../shared/corpora [--sites optech peps] [--numbers 10 25 50] [--write]

Sites with dates only: the newest quarter is asked. The relations between past articles are hidden but for those of
about so many. The shipped ranker never saw a kindred site. With --write the table goes into RESULTS.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from day_one import SiteFigures
from pool import Site, learn, read_sites
from results import conditions, markdown_table, write_section

from recommender import Settings, evaluate
from recommender.core.settings import BLEND, OWN, SHIPPED, RankerSettings
from recommender.evaluation import learning_curve
from recommender.evaluation.measures import PRIMARY
from recommender.evaluation.splits import AT_PUBLICATION, measurable_cut
from recommender.ranker import ShippedRanker

NUMBERS = (0, 10, 25, 50, 100, 200)
HEADER = [
    "site",
    "linked articles",
    "ranker",
    "nDCG@10",
    "own",
    "shipped",
    "best baseline",
    "against the best of these",
]
Row = tuple[str, int, str, float, float, float, float, float]


def figures(site: Site, shipped: ShippedRanker, numbers: Sequence[int]) -> Iterator[Row]:
    """Yield a row for each number of linked articles, as far as whole stories allow, and one for all of them."""
    cut = measurable_cut(site.corpus, 0.25, AT_PUBLICATION)
    linked = max(int(np.count_nonzero(np.diff(site.corpus.neighbours[:cut, :cut].indptr))), 1)
    shares = [number / linked for number in numbers if number < linked] + [1.0]
    untrained = Settings(ranker=RankerSettings(learn=SHIPPED))  # only its baselines are looked at
    plain = SiteFigures(site.name, evaluate(site.corpus, untrained, shipped=shipped).result(AT_PUBLICATION)).best()[1]
    curves = [
        learning_curve(site.corpus, Settings(ranker=RankerSettings(learn=learn_by)), shares, shipped=shipped)
        for learn_by in (BLEND, OWN, SHIPPED)
    ]
    seen = set()
    for points in zip(*curves, strict=True):
        if points[0].linked_articles in seen:
            continue
        seen.add(points[0].linked_articles)
        blend, *others = (point.figures[PRIMARY].over_articles.value for point in points)
        others.append(plain.over_articles.value)
        yield site.name, points[0].linked_articles, points[0].ranker, blend, *others, blend - max(others)


def main() -> None:
    """Measure all dated sites, and print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--sites", nargs="+", metavar="NAME", help="Measure these sites only.")
    parser.add_argument("--numbers", nargs="+", type=int, default=NUMBERS, metavar="N", help="Of linked articles.")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    sites = read_sites(arguments.corpora)
    left_out = learn(sites).left_out
    rows = [
        row
        for site in sites
        if site.is_measured and site.corpus.is_dated and (not arguments.sites or site.name in arguments.sites)
        for row in figures(site, left_out[site.kindred], arguments.numbers)
    ]
    cells = [[name, str(linked), kind, *(f"{value:.3f}" for value in values)] for name, linked, kind, *values in rows]
    differences = np.array([row[-1] for row in rows])
    text = (
        f"{markdown_table(HEADER, cells)}\n\nMean difference {differences.mean():.3f}, least {differences.min():.3f}, "
        f"{np.mean(differences >= -0.01):.0%} at least -0.01."
    )
    print(f"{text}\n\n{conditions()}")
    if arguments.write:
        write_section("few relations", f"{text}\n\n{conditions()}")


if __name__ == "__main__":
    main()
