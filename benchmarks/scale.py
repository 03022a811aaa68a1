"""How the engine's figures grow with the number of articles; each size in a process of its own.

Usage: python benchmarks/scale.py HEADLINES [--sizes 10000 100000 1000000] [--json build/scale.json] [--write]
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from resampled import resampled
from results import conditions, markdown_table, write_section

from recommender import Corpus, Recommender, read_articles

SAMPLE = 640  # sources that stand for all
DRAFTS = 300
ADDED = 100


def measure_size(headlines: Path, size: int) -> dict[str, Any]:
    """Return the figures of one size; seconds are of this process unless they say milliseconds."""
    real = read_articles(headlines)
    started = time.perf_counter()
    articles = real.articles[-size:] if size <= len(real) else list(resampled(real, size))
    corpus = Corpus.from_articles(articles)
    figures: dict[str, Any] = {"articles": len(corpus), "resampled": size > len(real)}
    figures["corpus s"] = time.perf_counter() - started
    started = time.perf_counter()
    model = Recommender().fit(corpus)
    next(model.suggest_all())  # makes ready what is made on first use
    figures["fit s"] = time.perf_counter() - started
    del real, articles, corpus
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder) / "model")
        del model
        figures["folder MB"] = sum(file.stat().st_size for file in Path(folder).rglob("*")) / 1e6
        command = [sys.executable, __file__, str(headlines), "--loaded", str(Path(folder) / "model")]
        process = subprocess.run(command, stdout=subprocess.PIPE, check=True)  # noqa: S603 - this script
        return figures | json.loads(process.stdout)


def measure_loaded(folder: Path) -> dict[str, Any]:
    """Return the figures of a saved model: loading, drafts, a batch, memory and edits."""
    started = time.perf_counter()
    model = Recommender.load(folder)
    figures: dict[str, Any] = {"load s": time.perf_counter() - started}
    rng = np.random.default_rng(0)
    rows = rng.choice(len(model.corpus), DRAFTS, replace=False)
    drafts = [replace(model.corpus[int(row)], id=f"draft-{row}", url=None) for row in rows]
    figures["first draft s"] = seconds(lambda: model.suggest(drafts[0]))
    of_drafts = [seconds(lambda draft=draft: model.suggest(draft)) for draft in drafts]
    figures["draft p50 ms"], figures["draft p99 ms"] = np.percentile(of_drafts, [50, 99]) * 1000
    start = len(model.corpus) // 2
    cpu = time.process_time()
    list(itertools.islice(model.suggest_all(k=5, threshold=0.0, start=start), SAMPLE))
    figures["batch ms an article, one core"] = (time.process_time() - cpu) / SAMPLE * 1000
    figures["resident MB"], figures["of which shared with other processes"] = resident()
    newest = model.corpus.newest
    new = [
        replace(draft, id=f"new-{number}", published_at=newest + timedelta(minutes=number + 1))
        for number, draft in enumerate(drafts[:ADDED])
    ]
    of_added = [seconds(lambda article=article: model.add([article])) for article in new]
    figures["add p50 ms"], figures["add p99 ms"] = np.percentile(of_added, [50, 99]) * 1000
    return figures | measure_edits(model, rng)


def measure_edits(model: Recommender, rng: np.random.Generator) -> dict[str, float]:
    """Return the figures of edits: to add an older article, to replace, to remove, and to explain one outside."""
    rows = rng.choice(len(model.corpus), (4, ADDED), replace=False)
    added, replaced, removed, explained = ([model.corpus[int(row)] for row in part] for part in rows)
    older = [replace(article, id=f"older-{article.id}", url=None) for article in added]
    updated = [replace(article, title=f"{article.title}, updated") for article in replaced]
    outside = [replace(article, id="outside", url=None) for article in explained]
    edits: dict[str, list[Callable[[], object]]] = {
        "older add": [partial(model.add, [article]) for article in older],
        "replace": [partial(model.add, [article]) for article in updated],
        "remove": [partial(model.remove, [article.id]) for article in removed],
        "explain of an outsider": [partial(model.explain, replaced[0].id, article) for article in outside],
    }
    figures: dict[str, float] = {}
    for name, calls in edits.items():
        percentiles = np.percentile([seconds(call) for call in calls], [50, 99]) * 1000
        figures[f"{name} p50 ms"], figures[f"{name} p99 ms"] = percentiles
    return figures


def seconds(call: Callable[[], object]) -> float:
    """Return the seconds that a call takes by the clock."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def resident() -> tuple[float, float]:
    """Return the memory of this process, and the part of it that is pages of files, in MB."""
    pages = map(int, Path("/proc/self/statm").read_text().split()[1:3])
    whole, shared = (count * os.sysconf("SC_PAGE_SIZE") / 1e6 for count in pages)
    return whole, shared


def table(figures: list[dict[str, Any]]) -> str:
    """Return the figures as Markdown, a column for each size."""
    header = [f"{of_size['articles']:,}" + (", resampled" if of_size["resampled"] else "") for of_size in figures]
    names = [name for name in figures[0] if name not in {"articles", "resampled"}]
    rows = [[name, *(_rounded(name, of_size[name]) for of_size in figures)] for name in names]
    hours = [of_size["batch ms an article, one core"] * of_size["articles"] / 3.6e6 for of_size in figures]
    return markdown_table(
        ["", *header], [*rows, ["batch, all articles, hours of a core", *(f"{value:.2f}" for value in hours)]]
    )


def _rounded(name: str, value: float) -> str:
    return f"{value:,.2f}" if name.endswith(" s") else f"{value:,.1f}"


def main() -> None:
    """Measure every size, print a table, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("headlines", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--write", action="store_true", help="Put the table into RESULTS.md.")
    parser.add_argument("--loaded", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.loaded:
        print(json.dumps(measure_loaded(arguments.loaded)))
        return
    figures = [measure_size(arguments.headlines, size) for size in arguments.sizes]
    text = f"{table(figures)}\n\n{conditions()}"
    print(text)
    if arguments.write:
        write_section("scale", text)
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
