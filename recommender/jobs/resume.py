"""What a run has done so far, kept so that the next one can go on where a kill stopped it."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from recommender.core.model_folder import MANIFEST
from recommender.core.records import Reason, Suggestion
from recommender.core.runtime import LIBRARIES, library_versions
from recommender.core.settings import Settings
from recommender.corpus.corpus import Corpus
from recommender.model.recommender import Recommender
from recommender.selection.decisions import Decisions
from recommender.selection.scoring import BLOCK


def corpus_digest(corpus: Corpus) -> str:
    """Return what tells one content of a corpus from another: a sha256 of its articles and its topic tree."""
    digest = hashlib.sha256(json.dumps(sorted(corpus.topic_parents.items())).encode())
    digest.update(msgspec.json.Encoder().encode_lines(corpus.originals))
    return digest.hexdigest()


def job_key(corpus_sha256: str, settings: Settings, decisions: Decisions, model_folder: Path | None) -> str:
    """Return what tells two jobs apart: equal ones write the same bytes."""
    model = (model_folder / MANIFEST).read_bytes() if model_folder and (model_folder / MANIFEST).is_file() else b""
    facts = [corpus_sha256, settings.to_dict(), library_versions(LIBRARIES), str(model_folder)]
    parts = [json.dumps(facts, sort_keys=True).encode(), decisions.to_bytes(), model]
    return hashlib.sha256(b"\0".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


class ResumeFolder:
    """The lists of suggestions of one job, made once and read as often as needed, also by a later run of the same job.

    Attributes
    ----------
    model_folder : Path
        Where the job keeps the model that it trained.
    """

    def __init__(self, folder: Path):
        self._folder = folder
        self._lists, self._key = folder / "lists.jsonl", folder / "key"
        self.model_folder = folder / "model"

    @property
    def has_model(self) -> bool:
        """Whether the model of the job is kept."""
        return (self.model_folder / MANIFEST).is_file()

    def holds(self, key: str) -> bool:
        """Whether an earlier run of this very job left something."""
        return self._key.is_file() and self._key.read_text(encoding="utf-8") == key

    def start(self, key: str) -> None:
        """Begin a job anew, whatever was left."""
        self.clear()
        self._folder.mkdir(parents=True)
        self._key.write_text(key, encoding="utf-8")

    def clear(self) -> None:
        """Forget everything."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def done(self, total: int) -> int:
        """Cut off what a kill tore, and return how many whole lists there are: all, or a number of whole blocks."""
        if not self._lists.is_file():
            return 0
        with self._lists.open("rb+") as file:
            ends = [0]
            for line in file:
                if line.endswith(b"\n"):
                    ends.append(ends[-1] + len(line))
            count = len(ends) - 1
            count = count if count >= total else count - count % BLOCK
            file.truncate(ends[count])
        return count

    def lists(self, model: Recommender, k: int, n_jobs: int) -> Iterator[tuple[str, list[Suggestion]]]:
        """Yield what `model.suggest_all` would: first what there is, then the rest, which is kept on the way."""
        start = self.done(len(model.corpus))
        if start:
            with self._lists.open("rb") as there:
                for line in there:
                    yield _decoded(json.loads(line), model)
        if start < len(model.corpus):
            with self._lists.open("ab") as file:
                lists = model.suggest_all(k=k, n_jobs=n_jobs, start=start)
                for place, (source, suggestions) in enumerate(lists, start=1):
                    file.write(json.dumps(_encoded(source, suggestions)).encode() + b"\n")
                    if place % BLOCK == 0:
                        file.flush()
                    yield source, suggestions


def _encoded(source: str, suggestions: list[Suggestion]) -> list[Any]:
    """Return a list as JSON that gives back every bit of a number."""
    return [
        source,
        [
            [
                one.target_id,
                one.rank,
                one.score,
                one.kind,
                [[reason.feature, reason.text, reason.share, reason.log_odds] for reason in one.reasons],
                list(one.duplicates),
            ]
            for one in suggestions
        ],
    ]


def _decoded(values: list[Any], model: Recommender) -> tuple[str, list[Suggestion]]:
    source, kept = values
    corpus = model.corpus
    return source, [
        Suggestion(
            source_id=source,
            target_id=target,
            rank=rank,
            score=score,
            kind=kind,
            reasons=tuple(Reason(*reason) for reason in reasons),
            target=corpus[corpus.row(target)],
            duplicates=tuple(duplicates),
        )
        for target, rank, score, kind, reasons, duplicates in kept
    ]
