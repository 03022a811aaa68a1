"""The nearest articles of every article, by what a user would pick instead; interleaved, medians of several rounds.

Peers find text that is alike, and no more: they neither learn nor say why. What is not installed is left out.

Usage: python benchmarks/peers.py HEADLINES [--sizes 2500 5000 10000] [--rounds 3] [--json build/peers.json]
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.neighbors import NearestNeighbors

from recommender import Article, Recommender, read_articles

K = 10
SOURCES = 640  # of the engine and of BM25, which take the same for each


def engine(articles: Sequence[Article], _: Sequence[str]) -> float:
    """Return the seconds of suggestions with reasons, on one core, of some sources as of all."""
    started = time.process_time()
    model = Recommender().fit(articles)
    model.index.prepare()
    fitted = time.process_time()
    some = min(SOURCES, len(articles))
    model.answers(np.arange(some), K, 0.0)
    return (time.process_time() - fitted) * len(articles) / some + fitted - started


def nearest_neighbours(_: Sequence[Article], texts: Sequence[str]) -> float:
    """Return the seconds of scikit-learn's exact search."""
    started = time.process_time()
    X = TfidfVectorizer(dtype=np.float32).fit_transform(texts)
    NearestNeighbors(n_neighbors=K + 1, metric="cosine", algorithm="brute", n_jobs=1).fit(X).kneighbors(X)
    return time.process_time() - started


def dense_matrix(_: Sequence[Article], texts: Sequence[str]) -> float:
    """Return the seconds of the whole n by n matrix, sorted, as Microsoft recommenders' TF-IDF makes it."""
    started = time.process_time()
    X = TfidfVectorizer(dtype=np.float32, ngram_range=(1, 3)).fit_transform(texts)
    np.argsort(-(X @ X.T).toarray(), axis=1)
    return time.process_time() - started


def bm25(_: Sequence[Article], texts: Sequence[str]) -> float:
    """Return the seconds of bm25s."""
    import bm25s

    started = time.process_time()
    index = bm25s.BM25()
    index.index(bm25s.tokenize(list(texts), show_progress=False), show_progress=False)
    fitted = time.process_time()
    some = min(SOURCES, len(texts))
    asked = bm25s.tokenize(list(texts[:some]), show_progress=False)
    index.retrieve(asked, k=K, show_progress=False, n_threads=1)
    return (time.process_time() - fitted) * len(texts) / some + fitted - started


PEERS: dict[str, Callable[[Sequence[Article], Sequence[str]], float]] = {
    "recommender, ranked, with reasons": engine,
    "scikit-learn, NearestNeighbors brute": nearest_neighbours,
    "dense n by n, as Microsoft recommenders": dense_matrix,
}
if importlib.util.find_spec("bm25s"):
    PEERS["bm25s"] = bm25


def main() -> None:
    """Measure every peer at every size, and print milliseconds of one core an article."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("headlines", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=[2_500, 5_000, 10_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    every = read_articles(arguments.headlines).articles
    found: dict[str, dict[int, list[float]]] = {name: {size: [] for size in arguments.sizes} for name in PEERS}
    for _ in range(arguments.rounds):
        for size in arguments.sizes:
            articles = every[-size:]
            texts = [f"{article.title} {article.excerpt}" for article in articles]
            for name, peer in PEERS.items():
                found[name][size].append(peer(articles, texts) / size * 1000)
    medians = {name: {size: float(np.median(of)) for size, of in sizes.items()} for name, sizes in found.items()}
    print("| ms of a core an article | " + " | ".join(f"{size:,}" for size in arguments.sizes) + " |")
    print("|---|" + "---:|" * len(arguments.sizes))
    for name, sizes in medians.items():
        print(f"| {name} | " + " | ".join(f"{value:.2f}" for value in sizes.values()) + " |")
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(medians, indent=2) + "\n")


if __name__ == "__main__":
    main()
