"""How long reading a site of any kind takes, with nothing cached and with nothing changed, and what is found in it.

Usage: python benchmarks/reading.py SITE [--repeats 5] [--kind KIND]

Each way runs in a process of its own, by turns, so that the load of the machine is the same for all. Compare the ratios
of the medians. PyYAML parses the front matter alone, one file after another; ours is all of `read_articles`, to the
finished corpus: front matter, texts, links in them, addresses and languages.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import yaml

from recommender import Corpus, read_articles
from recommender.core.errors import RecommenderError
from recommender.core.settings import SourceSettings
from recommender.sources import article_files
from recommender.sources.markdown import decoded, read_bytes
from recommender.sources.records.front_matter import split_front_matter

WAYS = ("PyYAML in C", "not cached, 1 job", "not cached, 2 jobs", "filling the cache", "cached")


def by_pyyaml(site: Path, settings: SourceSettings) -> None:
    """Parse the front matter of every file of a folder."""
    for path in article_files(site, settings):
        try:
            matter = split_front_matter(decoded(read_bytes(path), path))
            if matter is not None:
                yaml.load(matter.header, yaml.CSafeLoader)
        except (yaml.YAMLError, ValueError, RecommenderError):
            continue


def run_one(way: str, site: Path, settings: SourceSettings, cache: Path) -> None:
    """Run one way and print its seconds of the wall clock and of processors, and MB resident at the most."""
    ways: dict[str, Callable[[], object]] = {
        "PyYAML in C": lambda: by_pyyaml(site, settings),
        "not cached, 1 job": lambda: read_articles(site, settings, cache=False),
        "not cached, 2 jobs": lambda: read_articles(site, settings, n_jobs=2, cache=False),
        "filling the cache": lambda: read_articles(site, settings, cache=cache),
        "cached": lambda: read_articles(site, settings, cache=cache),
    }
    started, used = time.perf_counter(), time.process_time()
    ways[way]()
    seconds = (time.perf_counter() - started, time.process_time() - used)
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    print(json.dumps([*seconds, megabytes]))


def measure(way: str, site: Path, kind: str | None, cache: Path) -> list[float]:
    """Run one way in another process."""
    command = [sys.executable, __file__, str(site), "--way", way, "--cache", str(cache)]
    command += ["--kind", kind] if kind else []
    return list(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))  # noqa: S603


def summary(corpus: Corpus) -> str:
    """Return what was found in a site."""
    kinds = Counter(relation.kind for article in corpus for relation in article.relations)
    languages = Counter(article.language or "unknown" for article in corpus)
    return "\n".join(
        (
            f"{corpus.report.site}: {corpus.report.read:,} files, {len(corpus):,} articles, "
            f"{len(corpus.report.skipped):,} skipped, {sum(corpus.report.left_out.values()):,} left out",
            f"relations {dict(sorted(kinds.items()))}, links to articles {len(corpus.links):,}",
            f"languages {dict(languages.most_common())}",
        )
    )


def main() -> None:
    """Measure all ways by turns and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("site", type=Path)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--kind", help="What kind of site it is; found out without.")
    parser.add_argument("--way", choices=WAYS, help="Run this one alone, once.")
    parser.add_argument("--cache", type=Path, help="Its cache.")
    arguments = parser.parse_args()
    settings = SourceSettings(kind=arguments.kind)
    if arguments.way:
        run_one(arguments.way, arguments.site, settings, arguments.cache)
        return
    ways = WAYS if arguments.site.is_dir() else ("not cached, 1 job",)
    figures: dict[str, list[list[float]]] = {way: [] for way in ways}
    for _ in range(arguments.repeats):
        with tempfile.TemporaryDirectory() as folder:
            for way in ways:
                figures[way].append(measure(way, arguments.site, arguments.kind, Path(folder)))
    medians = {way: [statistics.median(column) for column in zip(*rows, strict=True)] for way, rows in figures.items()}
    print(summary(read_articles(arguments.site, settings, cache=False)))
    print(f"{'':20} {'seconds':>8} {'ratio':>7} {'processor':>10} {'ratio':>7} {'MB':>5}")
    first = medians[ways[0]]
    for way, (wall, processor, megabytes) in medians.items():
        ratios = (f"1/{first[0] / wall:.1f}", f"1/{first[1] / processor:.1f}")
        print(f"{way:20} {wall:8.2f} {ratios[0]:>7} {processor:10.2f} {ratios[1]:>7} {megabytes:5.0f}")


if __name__ == "__main__":
    main()
