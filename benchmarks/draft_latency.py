"""How long a loaded model takes to suggest for a draft that it has never seen.

Usage: python benchmarks/draft_latency.py SITE [--drafts 500]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from recommender import Recommender, read_articles


def main() -> None:
    """Train on a site, save, load, and time suggestions for copies of its articles under new ids."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("site", type=Path)
    parser.add_argument("--drafts", type=int, default=500)
    arguments = parser.parse_args()
    articles = read_articles(arguments.site)
    with tempfile.TemporaryDirectory() as folder:
        Recommender().fit(articles).save(Path(folder) / "model")
        model = Recommender.load(Path(folder) / "model")
    chosen = np.random.default_rng(0).choice(len(articles), min(arguments.drafts, len(articles)), replace=False)
    drafts = [replace(articles[int(row)], id=f"draft-{row}", url=None, aliases=(), relations=()) for row in chosen]
    model.suggest(drafts[0], threshold=0)
    seconds = []
    for draft in drafts:
        started = time.perf_counter()
        model.suggest(draft, threshold=0)
        seconds.append(time.perf_counter() - started)
    p50, p95, p99 = np.percentile(np.array(seconds) * 1000, [50, 95, 99])
    print(f"{len(articles):,} articles, {len(drafts)} drafts: p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms")


if __name__ == "__main__":
    main()
