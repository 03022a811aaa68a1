"""Digests that tell whether anything changed: of a corpus, of the files of a site, and of a whole job."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import msgspec

from recommender.core.model_folder import MANIFEST
from recommender.core.runtime import LIBRARIES, code_digest, library_versions
from recommender.core.settings import Settings
from recommender.core.times import utc_text
from recommender.corpus.corpus import Corpus
from recommender.ranker.shipped import FOLDER as SHIPPED_RANKER
from recommender.selection.decisions import Decisions


def corpus_digest(corpus: Corpus) -> str:
    """Return a sha256 of a corpus's content: of all its articles, as they were read, and its topic tree."""
    digest = hashlib.sha256(json.dumps(sorted(corpus.topic_parents.items())).encode())
    digest.update(msgspec.json.Encoder().encode_lines(corpus.originals))
    return digest.hexdigest()


def files_digest(site: Path, files: Iterable[tuple[str, bytes]]) -> str:
    """Return a sha256 of a site's files, given the path and the content digest of each."""
    digest = hashlib.sha256()
    for path, content in sorted((os.path.relpath(path, site), content) for path, content in files):
        digest.update(json.dumps([path, content.hex()]).encode())
    return digest.hexdigest()


def job_digest(
    corpus_sha256: str,
    settings: Settings,
    decisions: Decisions,
    model_folder: Path | None = None,
    name: str = "site",
    since: datetime | None = None,
) -> str:
    """Return a sha256 of everything that the output of a job depends on: two jobs of one digest write the same bytes.

    That is what is read (articles, settings, decisions), the model or what it is trained with, what the site is called
    in the model's version, since when an article is new to inbound links, and what runs: this package's code, Python
    and the libraries. `corpus_sha256` is as of `corpus_digest`; `model_folder` is None where the job trains a model.
    """
    # The manifest of a model holds the sha256 of every file of it.
    manifest = (SHIPPED_RANKER if model_folder is None else model_folder) / MANIFEST
    facts = {
        "corpus": corpus_sha256,
        "settings": settings.to_dict(),
        "decisions": hashlib.sha256(decisions.to_bytes()).hexdigest(),
        "problems": decisions.problems,
        "trains": model_folder is None,
        "model": hashlib.sha256(manifest.read_bytes()).hexdigest() if manifest.is_file() else None,
        "name": name,
        "since": None if since is None else utc_text(since),
        "code": code_digest(),
        "python": platform.python_version(),
        "libraries": library_versions(LIBRARIES),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
