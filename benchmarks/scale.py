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
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from resampled import resampled
from results import conditions, markdown_table, write_section

from recommender import Corpus, Recommender, read_articles

SAMPLE = 640  # sources that stand for all
DRAFTS = 300
ADDED = 100


def measured(headlines: Path, size: int) -> dict[str, Any]:
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
        command = [sys.executable, __file__, str(headlines), "--asked", str(Path(folder) / "model")]
        answered = subprocess.run(command, stdout=subprocess.PIPE, check=True)  # noqa: S603 - this script
        return figures | json.loads(answered.stdout)


def asked(folder: Path) -> dict[str, Any]:
    """Return what a loaded model takes."""
    started = time.perf_counter()
    model = Recommender.load(folder)
    figures: dict[str, Any] = {"load s": time.perf_counter() - started}
    rng = np.random.default_rng(0)
    rows = rng.choice(len(model.corpus), DRAFTS, replace=False)
    drafts = [replace(model.corpus[int(row)], id=f"draft-{row}", url=None) for row in rows]
    figures["first draft s"] = seconds(lambda: model.suggest(drafts[0]))
    of_drafts = [seconds(lambda one=draft: model.suggest(one)) for draft in drafts]
    figures["draft p50 ms"], figures["draft p99 ms"] = np.percentile(of_drafts, [50, 99]) * 1000
    start = len(model.corpus) // 2
    cpu = time.process_time()
    list(itertools.islice(model.suggest_all(k=5, threshold=0.0, start=start), SAMPLE))
    figures["batch ms an article, one core"] = (time.process_time() - cpu) / SAMPLE * 1000
    figures["resident MB"], figures["of which shared with other processes"] = resident()
    newest = model.corpus.newest
    new = [
        replace(draft, id=f"new-{place}", published_at=newest + timedelta(minutes=place + 1))
        for place, draft in enumerate(drafts[:ADDED])
    ]
    of_added = [seconds(lambda one=one: model.add([one])) for one in new]
    figures["add p50 ms"], figures["add p99 ms"] = np.percentile(of_added, [50, 99]) * 1000
    figures |= edited(model, rng)
    return figures


def edited(model: Recommender, rng: np.random.Generator) -> dict[str, float]:
    """Return what it takes to edit what stands: to add what is older, to replace, to remove, and to ask for once."""
    rows = rng.choice(len(model.corpus), (4, ADDED), replace=False)
    older, old, gone, outside = ([model.corpus[int(row)] for row in some] for some in rows)
    edits = {
        "older add": [lambda one=one: model.add([replace(one, id=f"older-{one.id}", url=None)]) for one in older],
        "replace": [lambda one=one: model.add([replace(one, title=f"{one.title}, updated")]) for one in old],
        "remove": [lambda one=one: model.remove([one.id]) for one in gone],
        "explain of an outsider": [
            lambda one=one: model.explain(old[0].id, replace(one, id="outside", url=None)) for one in outside
        ],
    }
    figures: dict[str, float] = {}
    for name, works in edits.items():
        taken = np.percentile([seconds(work) for work in works], [50, 99]) * 1000
        figures[f"{name} p50 ms"], figures[f"{name} p99 ms"] = taken
    return figures


def seconds(work: Any) -> float:
    """Return how long some work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def resident() -> tuple[float, float]:
    """Return the memory of this process, and the part of it that is pages of files, in MB."""
    pages = map(int, Path("/proc/self/statm").read_text().split()[1:3])
    whole, shared = (count * os.sysconf("SC_PAGE_SIZE") / 1e6 for count in pages)
    return whole, shared


def table(found: list[dict[str, Any]]) -> str:
    """Return the figures as Markdown, a column for each size."""
    header = [f"{one['articles']:,}" + (", resampled" if one["resampled"] else "") for one in found]
    names = [name for name in found[0] if name not in {"articles", "resampled"}]
    rows = [[name, *(_shown(name, one[name]) for one in found)] for name in names]
    hours = [one["batch ms an article, one core"] * one["articles"] / 3.6e6 for one in found]
    return markdown_table(
        ["", *header], [*rows, ["batch, all articles, hours of a core", *(f"{of:.2f}" for of in hours)]]
    )


def _shown(name: str, value: float) -> str:
    return f"{value:,.2f}" if name.endswith(" s") else f"{value:,.1f}"


def main() -> None:
    """Measure every size, print a table, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("headlines", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--write", action="store_true", help="Put the table into RESULTS.md.")
    parser.add_argument("--asked", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.asked:
        print(json.dumps(asked(arguments.asked)))
        return
    found = [measured(arguments.headlines, size) for size in arguments.group_sizes]
    text = f"{table(found)}\n\n{conditions()}"
    print(text)
    if arguments.write:
        write_section("scale", text)
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
