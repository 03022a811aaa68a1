"""The sites that the shipped ranker learns from, which of them are kindred, and what it learns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from recommender import Corpus, Settings, read_articles
from recommender.core.settings import RankerSettings
from recommender.evaluation.splits import past_corpus, time_cut
from recommender.model.training import pooled_site
from recommender.ranker import PooledFit, fit_pooled

# Groups of kindred sites, by the names of their folders; every other site is a group of its own.
KINDRED = {
    "optech": "optech",
    "jekyll-optech": "optech",
    "eips": "proposals",
    "peps": "proposals",
    "devchrome": "devchrome",
    "devchrome_ja": "devchrome",
    "tldr_en": "tldr",
    "tldr_es": "tldr",
    "tldr_ko": "tldr",
}
# The only news site is two groups of half the weight: so its newest half is ranked by what its oldest half and all
# other sites taught.
HALVED = "azure"
# At most so many sources of each site: more did not rank other sites better.
SETTINGS = Settings(ranker=RankerSettings(trees=150, leaves=16, most_sources=100))
N_JOBS = 2


@dataclass(frozen=True)
class Site:
    """A site of the pool: its name, its kindred group, its articles, and from which row on they are its sources.

    A part of a site that only teaches is not measured.
    """

    name: str
    kindred: str
    corpus: Corpus
    first_row: int = 0
    is_measured: bool = True
    weight: float = 1.0


def read_sites(corpora: Path) -> list[Site]:
    """Read the sites below a folder of corpora, whole sites and files of articles, in the order of their names."""
    paths = {
        HALVED: corpora / HALVED,
        "optech": corpora / "optech" / "articles.jsonl.gz",
        "digitalgov": corpora / "raw" / "hugo-digitalgov",
        "jekyll-optech": corpora / "raw" / "jekyll-optech",
    }
    paths |= {path.parent.name: path for path in (corpora / "sites").glob("*/articles.jsonl.gz")}
    sites = []
    for name, path in sorted(paths.items()):
        corpus = read_articles(path, n_jobs=N_JOBS)
        if name == HALVED:
            half = time_cut(corpus, 0.5)
            sites += [
                Site(
                    f"{name}, oldest half",
                    f"{name}, oldest half",
                    past_corpus(corpus, half),
                    is_measured=False,
                    weight=0.5,
                ),
                Site(name, name, corpus, half, weight=0.5),
            ]
        else:
            sites.append(Site(name, KINDRED.get(name, name), corpus))
    return sites


def learn(sites: list[Site]) -> PooledFit:
    """Learn from all sites, and from all but each group."""
    pooled = []
    for site in sites:
        views = pooled_site(site.corpus, site.kindred, SETTINGS, site.first_row, N_JOBS)
        pooled.append(replace(views, weight=site.weight))
    return fit_pooled(pooled, SETTINGS.ranker, N_JOBS)
