"""What the ways of writing suggestions into a site have in common: collect, plan all changes, then make them."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from recommender.core.errors import RecommenderError
from recommender.core.records import Suggestion
from recommender.corpus.corpus import Corpus
from recommender.sinks.write_back import Written

FRONT_MATTER, DATA = "front-matter", "data"
SINKS = (FRONT_MATTER, DATA)


@dataclass(frozen=True)
class WriteBack:
    """How a site is written into: `sink` is one of `SINKS`, the articles themselves or a data file.

    `dry_run` shows a diff instead, more than `max_changed` changed files stop the job.
    """

    dry_run: bool = False
    max_changed: int | None = None
    sink: str = FRONT_MATTER


class SiteWriter(ABC):
    """Collects the suggestions of every article, plans all changes of the site's files, then makes them.

    `output_name` is what `Record.outputs` calls the files.
    """

    output_name: ClassVar[str]

    def __init__(self, write_back: WriteBack):
        self.dry_run = write_back.dry_run
        self._max_changed = write_back.max_changed

    @property
    @abstractmethod
    def path(self) -> str:
        """What is written: a file, or the site whose articles are."""

    @abstractmethod
    def add(self, article_id: str, suggestions: Iterable[Suggestion]) -> None:
        """Note the suggestions of an article; not their reasons, which are not written and would fill the memory."""

    @abstractmethod
    def plan(self, corpus: Corpus, model_version: str) -> None:
        """Plan the changes for the site of a corpus; a RecommenderError where these are too many."""

    @abstractmethod
    def write(self) -> Written:
        """Make the planned changes, unless this is a dry run."""

    @abstractmethod
    def digest(self, corpus: Corpus) -> str:
        """Return a sha256 of the files with all planned changes; of the files as they are before a plan."""

    @abstractmethod
    def unchanged(self, corpus: Corpus) -> Written:
        """Return what `write` would return where every file is as it should be."""

    def _announce(self, diff: Iterable[bytes], count: int) -> None:
        """Print the planned changes on a dry run; refuse them where more files would change than may."""
        if self.dry_run:
            sys.stdout.flush()
            sys.stdout.buffer.writelines(diff)
            sys.stdout.buffer.flush()
        most = self._max_changed
        if most is not None and count > most:
            raise RecommenderError(
                f"{count:,} files would change, more than --max-changed {most}; nothing was written, "
                "look with --dry-run"
            )
