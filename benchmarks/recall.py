"""What the search's budget costs: how much of the top 10, and of the candidates, is still there.

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
    found = [list(ranking.target_ids) for ranking in model.rank(ids, [None] * len(ids))]
    return found, (time.process_time() - started) / len(ids)


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
    wanted, seconds = ranked(model, ids, EVERYTHING)
    rows = [["none", "1.0000", "1.0000", f"{seconds * 1000:.1f}"]]
    for budget in arguments.budgets:
        found, seconds = ranked(model, ids, budget)
        top, all_ = (
            np.mean([len({*one[:k]} & {*other[:k]}) / len(one[:k]) for one, other in zip(wanted, found, strict=True)])
            for k in (10, None)
        )
        rows.append([f"{budget:,}", f"{top:.4f}", f"{all_:.4f}", f"{seconds * 1000:.1f}"])
    text = markdown_table(["budget, postings", "top 10", "candidates", "ms a source"], rows)
    text += (
        f"\n\nThe shares of what is found without a budget: {len(model.corpus):,} articles, {len(ids)} sources, "
        f"{model.ranker.kind} ranker. {conditions()}"
    )
    print(text)
    if arguments.write:
        write_section("recall", text)


if __name__ == "__main__":
    main()
