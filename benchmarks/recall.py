"""The cost of the search's budget: how much of the top 10, and of all candidates, is still found.

Usage: python benchmarks/recall.py ARTICLES [--sources 300] [--budgets 10000 20000 40000 80000] [--write]
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from results import conditions, markdown_table, write_section

from recommender import Recommender, read_articles

EVERYTHING = 2**40


def ranked(model: Recommender, ids: list[str], budget: int) -> tuple[list[list[str]], float]:
    """Return every source's candidates, best first, and the seconds a source took."""
    vars(model.index)["inverted"] = replace(model.index.inverted, budget=budget)
    started = time.process_time()
    rankings = [list(ranking.target_ids) for ranking in model.rank(ids, [None] * len(ids))]
    return rankings, (time.process_time() - started) / len(ids)


def recall(complete: list[list[str]], within_budget: list[list[str]], k: int | None) -> float:
    """Return the share of the first `k` of the complete lists, or of all, that the others have too; the mean."""
    pairs = zip(complete, within_budget, strict=True)
    return float(np.mean([len({*full[:k]} & {*partial[:k]}) / len(full[:k]) for full, partial in pairs]))


def main() -> None:
    """Rank with and without a budget, and print the shares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("articles", type=Path)
    parser.add_argument("--sources", type=int, default=300)
    parser.add_argument("--budgets", type=int, nargs="+", default=[10_000, 20_000, 40_000, 80_000])
    parser.add_argument("--write", action="store_true", help="Put the table into RESULTS.md.")
    arguments = parser.parse_args()
    model = Recommender().fit(read_articles(arguments.articles))
    rows = np.random.default_rng(0).choice(len(model.corpus), min(arguments.sources, len(model.corpus)), replace=False)
    ids = [model.corpus[int(row)].id for row in rows]
    complete, seconds = ranked(model, ids, EVERYTHING)
    rows = [["none", "1.0000", "1.0000", f"{seconds * 1000:.1f}"]]
    for budget in arguments.budgets:
        within_budget, seconds = ranked(model, ids, budget)
        top, candidates = (recall(complete, within_budget, k) for k in (10, None))
        rows.append([f"{budget:,}", f"{top:.4f}", f"{candidates:.4f}", f"{seconds * 1000:.1f}"])
    text = markdown_table(["budget, postings", "top 10", "candidates", "ms a source"], rows)
    text += (
        f"\n\nShares of what is found without a budget: {len(model.corpus):,} articles, {len(ids)} sources, "
        f"{model.ranker.kind} ranker. {conditions()}"
    )
    print(text)
    if arguments.write:
        write_section("recall", text)


if __name__ == "__main__":
    main()
