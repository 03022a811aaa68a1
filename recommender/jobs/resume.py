"""The work of a run that has not come to its end, from which the next run can go on after a kill."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from itertools import islice
from pathlib import Path

import msgspec

from recommender.core.model_folder import MANIFEST
from recommender.core.records import Reason, Suggestion
from recommender.corpus.corpus import Corpus
from recommender.model.recommender import Recommender
from recommender.selection.scoring import BLOCK

logger = logging.getLogger(__name__)

LISTS = "lists.jsonl"  # a line holds an article's id and its suggestions, without the articles that they suggest
_STORED = [field.name for field in fields(Suggestion) if field.name != "target"]


class ResumeFolder:
    """The model and the suggestion lists of one job, written as they are made.

    The lists are made once, and read as often as needed, also by a later run of the same job.
    """

    def __init__(self, folder: Path):
        self._folder, self._lists, self._digest = folder, folder / LISTS, folder / "key"
        self.model_folder = folder / "model"

    @property
    def has_model(self) -> bool:
        """Whether the model that the job trained is there."""
        return (self.model_folder / MANIFEST).is_file()

    def begin(self, digest: str, resume: bool) -> None:
        """Delete all earlier work, but for that of the same job, by its digest, where it is to be resumed."""
        if resume:
            if self._digest.is_file() and self._digest.read_text(encoding="utf-8") == digest:
                return
            logger.info("no run of this very job has left anything to resume; it starts from nothing")
        self.clear()
        self._folder.mkdir(parents=True)
        self._digest.write_text(digest, encoding="utf-8")

    def clear(self) -> None:
        """Delete all work."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def count(self, total: int) -> int:
        """Return how many of `total` lists are there: all, or a number of whole blocks; the rest is cut off."""
        # Whole, as a model scores a block at once: a score's last bits may depend on which articles share its block.
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
        """Yield what `model.suggest_all` would: first the lists that are there, then the rest, which are appended."""
        n_articles = len(model.corpus)
        n_stored = self.count(n_articles)
        if n_stored:
            with self._lists.open("rb") as file:
                for line in file:
                    yield _decoded(line, model.corpus)
        if n_stored < n_articles:
            yield from self._appended(model.suggest_all(k=k, n_jobs=n_jobs, start=n_stored))

    def _appended(self, lists: Iterable[tuple[str, list[Suggestion]]]) -> Iterator[tuple[str, list[Suggestion]]]:
        """Yield the lists, a block at a time, each block after it is written."""
        remaining = iter(lists)
        with self._lists.open("ab") as file:
            while block := list(islice(remaining, BLOCK)):
                file.write(b"".join(_encoded(source_id, suggestions) for source_id, suggestions in block))
                file.flush()
                yield from block


def _encoded(source_id: str, suggestions: Sequence[Suggestion]) -> bytes:
    # msgspec writes the shortest text of a number that gives back every bit of it.
    stored = [{name: getattr(suggestion, name) for name in _STORED} for suggestion in suggestions]
    return msgspec.json.encode((source_id, stored)) + b"\n"


def _decoded(line: bytes, corpus: Corpus) -> tuple[str, list[Suggestion]]:
    source_id, stored = msgspec.json.decode(line)
    suggestions: list[Suggestion] = []
    for values in stored:
        values["reasons"] = tuple(Reason(**reason) for reason in values["reasons"])
        values["duplicates"] = tuple(values["duplicates"])
        suggestions.append(Suggestion(**values, target=corpus[corpus.row(values["target_id"])]))
    return source_id, suggestions
