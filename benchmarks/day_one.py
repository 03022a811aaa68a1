"""Measure what a site may expect that the shipped ranker never saw, each kindred group of sites left out in turn.

    python benchmarks/day_one.py ../shared/corpora [--sites optech peps] [--sources 400] [--write]

Two tables. *No relation known*: beside all baselines. *Relations known*: learned from all but the newest 30 % of the
articles, or from three of four folds of stories, and measured on the rest; the shipped ranker, which takes part in the
blend, saw no kindred site. With --write the tables and the plot go into RESULTS.md. What lies between the two,
`few_relations.py` measures.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure as Canvas
from pool import Site, learn, read_sites
from results import conditions, markdown_table, write_section

from recommender import Recommender, Settings, evaluate
from recommender.core.settings import SHIPPED, RankerSettings
from recommender.evaluation.baselines import FULL_ARTICLE, Bm25, TfidfCosine, TimeDecay
from recommender.evaluation.bootstrap import Figure
from recommender.evaluation.figures import ModelFigures, ProtocolFigures
from recommender.evaluation.measures import PRIMARY
from recommender.evaluation.replay import ENGINE, baseline_lists, engine_lists
from recommender.evaluation.splits import AT_PUBLICATION, FOLDS, EvaluationSet, past_corpus
from recommender.evaluation.tables import interval
from recommender.ranker import ShippedRanker

SOURCES = 400  # of a site are asked where it has more
NEWEST = 0.3  # of the articles are held out where relations are known
PLOT = Path(__file__).parent / "results" / "day_one.png"
HEADER = [
    "site",
    "nDCG@10, articles",
    "stories",
    "best baseline",
    "its nDCG@10",
    "stories",
    "ratio, articles",
    "stories",
    "calibration error",
    "shown",
    "precision, of five",
    "of what is shown",
]


@dataclass(frozen=True)
class SiteFigures:
    """What was measured of one site."""

    name: str
    result: ProtocolFigures

    @property
    def engine(self) -> ModelFigures:
        """The figures of the engine."""
        return self.result.models[ENGINE]

    def best(self) -> tuple[str, Figure]:
        """Return the baseline with the highest nDCG@10 over articles, by hindsight."""
        figures = {name: model.figures[PRIMARY] for name, model in self.result.models.items() if name != ENGINE}
        return max(figures.items(), key=lambda item: item[1].over_articles.value)

    def values(self) -> list[float]:
        """Return the ratios to the best baseline, calibration error, coverage, and precision of five and of the shown.

        The ratio over stories is to the best baseline over stories.
        """
        own, figures = self.engine.figures[PRIMARY], self.engine.figures
        others = [model.figures[PRIMARY] for name, model in self.result.models.items() if name != ENGINE]
        return [
            own.over_articles.value / max(figure.over_articles.value for figure in others),
            own.over_stories.value / max(figure.over_stories.value for figure in others),
            self.engine.totals["calibration error"],
            *(figures[name].over_articles.value for name in ("coverage@threshold", "P@5", "P@threshold")),
        ]

    def row(self) -> list[str]:
        """Return the site's row of a table."""
        name, best = self.best()
        own = self.engine.figures[PRIMARY]
        intervals = [interval(figure) for figure in (own.over_articles, own.over_stories)]
        baseline = [name, *(f"{figure.value:.3f}" for figure in (best.over_articles, best.over_stories))]
        return [self.name, *intervals, *baseline, *(f"{value:.2f}" for value in self.values())]


def day_one(site: Site, shipped: ShippedRanker, n_sources: int = SOURCES) -> ProtocolFigures:
    """Measure a site of which no relation is known, by the shipped ranker alone, on so many sources by chance."""
    corpus, blind = site.corpus, site.corpus.without_relations()
    sources = np.flatnonzero(np.diff(corpus.neighbours.indptr))
    sources = sources[sources >= site.first_row]
    protocol = AT_PUBLICATION if corpus.is_dated else FOLDS
    everything = EvaluationSet.from_corpus(corpus, sources, protocol)
    linked = [position for position, relevant in enumerate(everything.relevant) if relevant]
    chosen = np.random.default_rng(0).permutation(linked)[:n_sources]
    evaluation_set = everything.take(sorted(chosen.tolist()))
    model = Recommender(Settings(ranker=RankerSettings(learn=SHIPPED)), shipped=shipped)
    model.fit(past_corpus(blind, site.first_row) if site.first_row else blind)
    model.renew(blind)
    lists = {ENGINE: engine_lists(model, blind, evaluation_set)}
    plain = [TfidfCosine(FULL_ARTICLE, "TF-IDF"), Bm25()]
    for baseline in (*plain, *(TimeDecay(one) for one in plain if corpus.is_dated)):
        baseline.fit(blind, np.arange(site.first_row or len(blind)))
        lists[baseline.name] = baseline_lists(baseline, evaluation_set)
    return ProtocolFigures.from_lists(evaluation_set, lists, engine=ENGINE, threshold=model.threshold)


def relations_known(site: Site, shipped: ShippedRanker) -> ProtocolFigures:
    """Measure a site that learns from its own relations, beside the shipped ranker."""
    report = evaluate(site.corpus, newest=NEWEST, shipped=shipped)
    return report.result(AT_PUBLICATION if site.corpus.is_dated else FOLDS)


def table(measured: Sequence[SiteFigures]) -> str:
    """Return a row a site, the mean of all and the least."""
    values = np.array([site.values() for site in measured])
    summary = [
        [name, "", "", "", "", "", *(f"{value:.2f}" for value in row)]
        for name, row in (("mean", values.mean(axis=0)), ("least", values.min(axis=0)))
    ]
    return markdown_table(HEADER, [*(site.row() for site in measured), *summary])


def draw(cold: Mapping[str, float], warm: Mapping[str, float], path: Path = PLOT) -> None:
    """Draw each site's ratio to its best baseline, by its name, with no relation known and with relations."""
    order = sorted(cold, key=lambda name: cold[name])
    canvas = Canvas(figsize=(8, 6), layout="constrained")
    axes = canvas.subplots()
    for ratios, colour, label in ((warm, "#0072b2", "relations known"), (cold, "#d55e00", "no relation known")):
        axes.scatter([ratios[name] for name in order], range(len(order)), color=colour, label=label, zorder=2)
    axes.axvline(1, color="#666666", linewidth=1)
    axes.set_yticks(range(len(order)), order)
    axes.set_xlabel("nDCG@10 over articles, times that of the best baseline of the site by hindsight")
    axes.grid(axis="x", alpha=0.3)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.legend(frameon=False, loc="lower right")
    path.parent.mkdir(parents=True, exist_ok=True)
    canvas.savefig(path, dpi=120, metadata={"Software": None})


def main() -> None:
    """Learn from all groups but one in turn, and measure the sites of that one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--sites", nargs="+", metavar="NAME", help="Measure these sites only.")
    parser.add_argument("--sources", type=int, default=SOURCES, metavar="N", help="Ask so many of a site, by chance.")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    sites = read_sites(arguments.corpora)
    left_out = learn(sites).left_out
    wanted = [site for site in sites if site.is_measured and (not arguments.sites or site.name in arguments.sites)]
    cold, warm = [], []
    for site in wanted:
        shipped = left_out[site.kindred]
        cold.append(SiteFigures(site.name, day_one(site, shipped, arguments.sources)))
        warm.append(SiteFigures(site.name, relations_known(site, shipped)))
        print(" | ".join([*cold[-1].row(), *warm[-1].row()[1:]]), flush=True)
    text = f"### No relation known\n\n{table(cold)}\n\n### Relations known\n\n{table(warm)}"
    print(f"\n{text}\n\n{conditions()}")
    if arguments.write:
        draw(*({site.name: site.values()[0] for site in measured} for measured in (cold, warm)))
        write_section(
            "day one", f"![Ratio to the best baseline, by site](results/day_one.png)\n\n{text}\n\n{conditions()}"
        )


if __name__ == "__main__":
    main()
