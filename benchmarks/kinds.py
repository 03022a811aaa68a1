"""How right the kinds of suggestions are, which similar articles are the same text, and what diversity costs.

Usage: python benchmarks/kinds.py SITE [--sources 600]
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from recommender import Corpus, Recommender, read_articles
from recommender.evaluation.measures import ndcg_at_k, precision_at_k
from recommender.evaluation.replay import near_duplicates
from recommender.evaluation.splits import (
    AT_PUBLICATION,
    dated_rows,
    held_out_sources,
    known_rows,
    relevant_targets,
    stories,
    time_cut,
)
from recommender.retrieval.text import TextModel
from recommender.selection.near_duplicates import LEAST_COSINE
from recommender.selection.suggestions import SAME_STORY, STORY_DAYS

DIVERSITIES = (0, 0.1, 0.2, 0.3, 0.5, 0.7)


def main() -> None:
    """Learn from all but the newest quarter of a site, and suggest for the newest articles as on their day."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("site", type=Path)
    parser.add_argument("--sources", type=int, default=600)
    arguments = parser.parse_args()
    corpus = read_articles(arguments.site)
    cut = time_cut(corpus)
    model = Recommender().fit(Corpus(corpus.articles[:cut], topic_parents=corpus.topic_parents))
    model.renew(corpus)
    report_pairs(corpus)
    newest = np.arange(cut, dated_rows(corpus))
    sample = np.random.default_rng(0).choice(newest, min(arguments.sources, len(newest)), replace=False)
    report_kinds(model, corpus, np.sort(sample).tolist())
    report_diversity(model, corpus, held_out_sources(corpus, cut).tolist())


def report_pairs(corpus: Corpus) -> None:
    """Print how many pairs of articles are similar, and how many of them are the same text."""
    rows = np.arange(len(corpus))
    vectors = TextModel.fit(corpus.articles).transform(corpus.articles)["full"]
    similar = sum((vectors[row] @ vectors[:row].T >= LEAST_COSINE).nnz for row in rows[1:].tolist())
    same = sum(map(len, near_duplicates(corpus, rows, rows))) // 2
    print(f"pairs with a cosine of {LEAST_COSINE} or more: {similar:,}; the same text: {same:,}")


def report_kinds(model: Recommender, corpus: Corpus, sources: Sequence[int]) -> None:
    """Print share, precision and recall of `same-story`, and of an earlier rule for it."""
    labels = stories(corpus)
    facts = []
    for row in sources:
        until = known_rows(corpus, row, AT_PUBLICATION)
        days_apart = np.abs(corpus.times - corpus.times[row]) / 86_400
        for suggestion in model.suggest(corpus[row].id, k=5, threshold=0, as_of=corpus[row].published_at):
            target = corpus.row(suggestion.target_id)
            linked = [neighbour for neighbour in relevant_targets(corpus, target, until) if neighbour != row]
            same_story = days_apart[target] <= STORY_DAYS and labels[target] == labels[row]
            by_earlier_rule = bool((days_apart[[target, *linked]] <= STORY_DAYS).any())
            facts.append((same_story, by_earlier_rule, suggestion.kind == SAME_STORY))
    truth, *rules = np.array(facts, dtype=bool).T
    for name, predicted in zip(("before", "now"), rules, strict=True):
        right = (predicted & truth).sum()
        print(
            f"{SAME_STORY} {name}: {predicted.mean():.2f} of {len(predicted):,} suggestions, "
            f"precision {right / max(predicted.sum(), 1):.2f}, recall {right / max(truth.sum(), 1):.2f}"
        )


def report_diversity(model: Recommender, corpus: Corpus, sources: Sequence[int]) -> None:
    """Print nDCG@10, P@5 and the mean cosine of the first five, at several diversities."""
    vectors = TextModel.fit(corpus.articles).transform(corpus.articles)["full"]
    labels = stories(corpus)[sources]
    for diversity in DIVERSITIES:
        selection = replace(model.settings.selection, collapse_duplicates=False, diversity=diversity)
        model.settings = replace(model.settings, selection=selection)
        values = []
        for row in sources:
            article = corpus[row]
            relevant = relevant_targets(corpus, row, known_rows(corpus, row, AT_PUBLICATION))
            suggestions = model.suggest(article.id, k=10, threshold=0, as_of=article.published_at)
            rows = [corpus.row(suggestion.target_id) for suggestion in suggestions]
            cosines = (vectors[rows[:5]] @ vectors[rows[:5]].T).toarray()[np.triu_indices(len(rows[:5]), 1)]
            mean_cosine = cosines.mean() if len(cosines) else 0
            values.append((ndcg_at_k(rows, relevant, k=10), precision_at_k(rows, relevant, k=5), mean_cosine))
        ndcg, precision, mean_cosines = np.array(values).T
        over_stories = np.mean([ndcg[labels == label].mean() for label in np.unique(labels)])
        print(
            f"diversity {diversity}: nDCG@10 {ndcg.mean():.3f} | {over_stories:.3f}, P@5 {precision.mean():.3f}, "
            f"mean cosine of the first five {mean_cosines.mean():.2f}"
        )


if __name__ == "__main__":
    main()
