"""Seconds of a core for all articles, of Python libraries that find the nearest articles and of the engine."""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Sequence
from types import ModuleType

import numpy as np

from recommender import Article, Recommender

K = 10
SOURCES = 640  # of the engine and of BM25, which take the same for each


def texts_of(articles: Sequence[Article]) -> list[str]:
    """Return the text of each article that libraries get: its title and its excerpt."""
    return [f"{article.title} {article.excerpt}" for article in articles]


def engine(articles: Sequence[Article]) -> float:
    """Return the seconds of a fit and of suggestions with reasons, extrapolated from `SOURCES` sources to all."""
    started = time.process_time()
    model = Recommender().fit(articles)
    next(model.suggest_all())  # makes ready what is made on first use
    fitted = time.process_time()
    n_sources = min(SOURCES, len(articles))
    first = (len(articles) - n_sources) // 2
    list(itertools.islice(model.suggest_all(k=K, threshold=0.0, start=first), n_sources))
    return (time.process_time() - fitted) * len(articles) / n_sources + fitted - started


def nearest_neighbours(articles: Sequence[Article]) -> float:
    """Return the seconds of scikit-learn's exact search."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.neighbors import NearestNeighbors

    texts = texts_of(articles)
    started = time.process_time()
    X = TfidfVectorizer(dtype=np.float32).fit_transform(texts)
    NearestNeighbors(n_neighbors=K + 1, metric="cosine", algorithm="brute", n_jobs=1).fit(X).kneighbors(X)
    return time.process_time() - started


def microsoft(articles: Sequence[Article]) -> float:
    """Return the seconds of Microsoft recommenders' TF-IDF, which sorts the whole n by n matrix."""
    # Its module imports `transformers` for the tokenizers of BERT alone, which are downloads and not needed here.
    sys.modules.setdefault("transformers", ModuleType("transformers")).BertTokenizer = None  # type: ignore[attr-defined]
    import pandas as pd
    from recommenders.models.tfidf.tfidf_utils import TfidfRecommender

    rows = [(article.id, article.title, article.excerpt) for article in articles]
    frame = pd.DataFrame(rows, columns=["id", "title", "excerpt"])
    started = time.process_time()
    model = TfidfRecommender("id", tokenization_method="none")
    cleaned = model.clean_dataframe(frame, ["title", "excerpt"])
    model.fit(*model.tokenize_text(cleaned))
    model.recommend_top_k_items(cleaned, K)
    return time.process_time() - started


def bm25(articles: Sequence[Article]) -> float:
    """Return the seconds of bm25s, extrapolated from `SOURCES` sources to all."""
    import bm25s

    texts = texts_of(articles)
    started = time.process_time()
    index = bm25s.BM25()
    index.index(bm25s.tokenize(texts, show_progress=False), show_progress=False)
    fitted = time.process_time()
    n_sources = min(SOURCES, len(texts))
    queries = bm25s.tokenize(texts[:n_sources], show_progress=False)
    index.retrieve(queries, k=K + 1, show_progress=False, n_threads=1)
    return (time.process_time() - fitted) * len(texts) / n_sources + fitted - started


def gensim_tfidf(articles: Sequence[Article]) -> float:
    """Return the seconds of gensim's TF-IDF and its sparse index, each article a query."""
    from gensim.corpora import Dictionary
    from gensim.models import TfidfModel
    from gensim.similarities import SparseMatrixSimilarity
    from gensim.utils import simple_preprocess

    texts = texts_of(articles)
    started = time.process_time()
    words = [simple_preprocess(text) for text in texts]
    dictionary = Dictionary(words)
    bags = [dictionary.doc2bow(article_words) for article_words in words]
    weighted = TfidfModel(bags)[bags]
    index = SparseMatrixSimilarity(weighted, num_features=len(dictionary), num_docs=len(bags), num_best=K + 1)
    for _ in index:  # it yields the best of each article that it holds
        pass
    return time.process_time() - started
