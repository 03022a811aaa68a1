"""The contents of a model folder: how a model is packed into one, built from one, and described."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from recommender.core.errors import ModelFormatError, RecommenderError
from recommender.core.model_folder import ModelFolder, read_model_folder
from recommender.core.settings import Settings
from recommender.corpus.archive import ARTICLES, add_corpus, open_corpus
from recommender.corpus.corpus import Corpus
from recommender.features.pair_features import feature_names
from recommender.ranker import Ranker, load_ranker
from recommender.retrieval.archive import index_arrays, open_index
from recommender.retrieval.index import Index
from recommender.retrieval.text import N_BUCKETS as N_TERMS
from recommender.retrieval.text import WEIGHTED, TextModel
from recommender.retrieval.topics import N_BUCKETS as N_TOPICS
from recommender.retrieval.topics import TopicModel
from recommender.retrieval.vectorizer import Vectorizer

RANKER, CARD = "ranker.json", "README.md"
MAPPED = (ARTICLES,)


def pack(features: Vectorizer, ranker: Ranker, index: Index, settings: Settings) -> ModelFolder:
    """Return the contents of a model folder."""
    corpus = index.corpus
    folder = ModelFolder()
    add_corpus(folder, corpus)
    folder.facts = {
        "settings": settings.to_dict(),
        "corpus": {
            "articles": len(corpus),
            "relations": len(corpus.links),
            "sha256": hashlib.sha256(folder.text(ARTICLES)).hexdigest(),
            "topic_parents": corpus.topic_parents,
        },
        "features": {
            "articles": features.text_.n_articles_,
            "topic_parents": features.topics_.parents_,
        },
        "ranker": ranker.kind,
    }
    folder.texts |= {
        RANKER: json.dumps(ranker.to_dict(), sort_keys=True).encode(),
        CARD: _card(ranker, corpus).encode(),
    }
    for name, counts in [*features.text_.document_frequency_.items(), ("topics", features.topics_.document_frequency_)]:
        used = np.flatnonzero(counts)
        folder.arrays[f"{name}_terms.npy"] = used.astype(np.int32)
        folder.arrays[f"{name}_counts.npy"] = counts[used]
    folder.arrays |= index_arrays(index)
    return folder


def unpack(folder: ModelFolder) -> tuple[Vectorizer, Ranker, Index, Settings]:
    """Build features, ranker, index and settings from a folder's contents; a ModelFormatError says what is wrong."""
    try:
        return _unpack(folder)
    except ModelFormatError:
        raise
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        RecursionError,
        TypeError,
        ValueError,
        RecommenderError,
        msgspec.MsgspecError,
    ) as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelFormatError(f"the model folder cannot be used ({reason}); train the model again") from error


def describe_model(path: Path | str) -> str:
    """Return a few lines about a model folder; errors as of `read_model_folder`, or when the manifest lacks a fact."""
    folder = read_model_folder(Path(path), mapped=MAPPED)
    facts = folder.facts
    try:
        corpus = facts["corpus"]
        lines = [
            f"{facts['version']}",
            f"ranker      {facts['ranker']}",
            f"articles    {corpus['articles']:,}",
            f"relations   {corpus['relations']:,}",
            f"corpus      sha256 {corpus['sha256']}",
            f"libraries   {', '.join(f'{name} {version}' for name, version in sorted(facts['libraries'].items()))}",
        ]
        changed = {stage: values for stage, values in facts["settings"].items() if values}
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ModelFormatError(f"the manifest of {path} lacks {error}; train the model again") from error
    lines += [f"settings    {stage}: {values}" for stage, values in sorted(changed.items())]
    sizes = {name: len(text) for name, text in folder.texts.items()}
    sizes |= {name: values.nbytes for name, values in folder.arrays.items()}
    lines += [f"file        {size:>12,} bytes  {name}" for name, size in sorted(sizes.items())]
    return "\n".join(lines)


def _unpack(folder: ModelFolder) -> tuple[Vectorizer, Ranker, Index, Settings]:
    facts = folder.facts
    n_articles = int(facts["features"]["articles"])
    if n_articles < 1:
        raise ModelFormatError(f"the model learned from {n_articles} articles, says its manifest; train it again")
    text = TextModel(n_articles, {field: _frequency(folder, field, N_TERMS, n_articles) for field in WEIGHTED})
    frequency = _frequency(folder, "topics", N_TOPICS, n_articles)
    topics = TopicModel(n_articles, frequency, facts["features"]["topic_parents"])
    features = Vectorizer(text, topics)
    corpus = open_corpus(folder, facts["corpus"]["topic_parents"])
    index = open_index(folder, corpus, features)
    ranker = load_ranker(json.loads(folder.text(RANKER)))
    if len(corpus) and ranker.names != feature_names(index):
        raise ModelFormatError("the ranker was trained on other features than this version has; train the model again")
    if not np.isfinite(ranker.log_odds(np.zeros((1, len(ranker.names)), dtype=np.float32), np.array([1]))).all():
        raise ModelFormatError("the ranker gives scores that are no numbers; train the model again")
    return features, ranker, index, Settings.from_dict(facts["settings"])


def _frequency(folder: ModelFolder, name: str, size: int, most: int) -> np.ndarray[Any, np.dtype[np.int32]]:
    used = folder.array(f"{name}_terms.npy", "int32")
    counts = folder.array(f"{name}_counts.npy", "int32")
    if len(used) != len(counts) or (len(used) and not 0 <= used.min() <= used.max() < size):
        raise ModelFormatError(f"{name}_terms.npy and {name}_counts.npy do not fit; train the model again")
    if len(counts) and not 1 <= counts.min() <= counts.max() <= most:
        raise ModelFormatError(f"{name}_counts.npy must hold numbers of articles, 1 to {most}; train the model again")
    frequency = np.zeros(size, dtype=np.int32)
    frequency[used] = counts
    return frequency


def _card(ranker: Ranker, corpus: Corpus) -> str:
    return f"""# A recommender model

Scores related links among {len(corpus):,} articles of one site, learned from {len(corpus.links):,} curated relations.

- Ranker: {ranker.kind}.
- Files: `manifest.json` lists every file with its sha256. `articles.jsonl` holds the articles, a line each,
  `ranker.json` the trees and their calibration, `*_terms.npy` and `*_counts.npy` in how many articles each term and
  topic occurs. The other arrays hold where each article's line begins, its ids and addresses, its relations and its
  vectors. All files are used where they lie, without a copy in memory.
- Nothing here can execute. `Recommender.load` refuses a folder that differs from its manifest.
- Made with `recommender train`; inspect it with `recommender inspect`.
"""
