"""The work of a run that has not come to its end, from which the next run can go on after a kill."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import msgspec

from recommender.core.model_folder import MANIFEST
from recommender.core.records import Reason, Suggestion
from recommender.corpus.corpus import Corpus
from recommender.model.recommender import Recommender
from recommender.selection.scoring import BLOCK


class StoredSuggestion(NamedTuple):
    """A suggestion with the id of its target instead of the article; a reason is (feature, text, share, log-odds)."""

    target_id: str
    rank: int
    score: float
    kind: str
    reasons: tuple[tuple[str, str, float, float], ...]
    duplicates: tuple[str, ...]


class StoredList(NamedTuple):
    """The suggestions of one article: a line of ``lists.jsonl``."""

    source_id: str
    suggestions: tuple[StoredSuggestion, ...]


_ENCODER = msgspec.json.Encoder()  # writes the shortest text that gives back every bit of a number
_DECODER = msgspec.json.Decoder(StoredList)


class ResumeFolder:
    """The model and the suggestion lists of one job, written as they are made.

    The lists are made once, and read as often as needed, also by a later run of the same job.

    Attributes
    ----------
    model_folder : Path
        Where the job saves the model that it trained.
    """

    def __init__(self, folder: Path):
        self._folder = folder
        self._lists, self._digest = folder / "lists.jsonl", folder / "key"
        self.model_folder = folder / "model"

    @property
    def has_model(self) -> bool:
        """Whether the model of the job is there."""
        return (self.model_folder / MANIFEST).is_file()

    def belongs_to(self, digest: str) -> bool:
        """Whether an earlier run of the job with this digest left its work here."""
        return self._digest.is_file() and self._digest.read_text(encoding="utf-8") == digest

    def start(self, digest: str) -> None:
        """Begin a job from nothing; earlier work is deleted."""
        self.clear()
        self._folder.mkdir(parents=True)
        self._digest.write_text(digest, encoding="utf-8")

    def clear(self) -> None:
        """Delete all work."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def count(self, total: int) -> int:
        """Return how many of `total` lists are there: all, or a number of whole blocks.

        What a kill left of a line or a block is cut off. Blocks are whole because a model scores a block at once, and
        the last bits of a score may depend on which articles share its block.
        """
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
    stored = tuple(
        StoredSuggestion(
            suggestion.target_id,
            suggestion.rank,
            suggestion.score,
            suggestion.kind,
            tuple((reason.feature, reason.text, reason.share, reason.log_odds) for reason in suggestion.reasons),
            suggestion.duplicates,
        )
        for suggestion in suggestions
    )
    return _ENCODER.encode(StoredList(source_id, stored)) + b"\n"


def _decoded(line: bytes, corpus: Corpus) -> tuple[str, list[Suggestion]]:
    source_id, stored = _DECODER.decode(line)
    return source_id, [
        Suggestion(
            source_id=source_id,
            target_id=suggestion.target_id,
            rank=suggestion.rank,
            score=suggestion.score,
            kind=suggestion.kind,
            reasons=tuple(Reason(*reason) for reason in suggestion.reasons),
            target=corpus[corpus.row(suggestion.target_id)],
            duplicates=suggestion.duplicates,
        )
        for suggestion in stored
    ]
