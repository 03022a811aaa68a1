"""Writing a job's suggestions into the articles of a site, and taking them out again."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from recommender.core.errors import RecommenderError
from recommender.core.records import Suggestion
from recommender.core.settings import Settings
from recommender.corpus.corpus import Corpus, SourceFile
from recommender.jobs.digest import files_digest
from recommender.sinks.entries import EntryShape
from recommender.sinks.write_back import FileEntries, Plan, Written
from recommender.sources import article_files
from recommender.sources.records.fields import FORBIDDEN, FieldMap

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class WriteBack:
    """How articles are written into: `dry_run` shows a diff instead, more than `max_changed` files stop the job."""

    dry_run: bool = False
    max_changed: int | None = None


class ArticleWriter:
    """Collects the suggestions of every article, plans all changes of the files, then makes them.

    A site or a key that cannot be written is a RecommenderError at once.
    """

    def __init__(self, site: Path, settings: Settings, write_back: WriteBack):
        self.dry_run = write_back.dry_run
        self._site, self._max_changed = site, write_back.max_changed
        self._files = article_files(site, settings.source)
        names = FieldMap.from_settings(settings.source).names
        self._shape = EntryShape.from_names(settings.sink.key, names, FORBIDDEN)
        self._suggestions: dict[str, list[Suggestion]] = {}
        self._plan = Plan.from_entries((), self._shape)

    def add(self, article_id: str, suggestions: Iterable[Suggestion]) -> None:
        """Note the suggestions of an article; their reasons are not written, and would fill the memory."""
        self._suggestions[article_id] = [replace(suggestion, reasons=()) for suggestion in suggestions]

    def plan(self, corpus: Corpus, model_version: str) -> None:
        """Plan the changes of the files that a corpus was read from; a RecommenderError where these are too many."""
        self._set_plan(self._entries(corpus, model_version))

    def remove(self) -> Written:
        """Take our entries out of every file, whether an article or not."""
        self._set_plan(map(FileEntries, self._files))
        return self.write()

    def write(self) -> Written:
        """Make the planned changes, unless this is a dry run."""
        if self.dry_run:
            return self._plan.summary()
        logger.info("writing %d files", len(self._plan.edits))
        return self._plan.write()

    def digest(self, corpus: Corpus) -> str:
        """Return the `files_digest` of a corpus's files with all planned changes; as they were read before a plan."""
        changed = {str(edit.target.path): edit.new_digest for edit in self._plan.edits}
        files = _files_by_path(corpus)
        return files_digest(self._site, ((file.path, changed.get(str(Path(file.path)), file.digest)) for file in files))

    def _set_plan(self, entries: Iterable[FileEntries]) -> None:
        self._plan = Plan.from_entries(entries, self._shape)
        if self.dry_run:
            sys.stdout.flush()
            sys.stdout.buffer.writelines(self._plan.diff(self._site))
            sys.stdout.buffer.flush()
        count, most = len(self._plan.edits), self._max_changed
        if most is not None and count > most:
            raise RecommenderError(
                f"{count:,} files would change, more than --max-changed {most}; nothing was written, "
                "look with --dry-run"
            )

    def _entries(self, corpus: Corpus, model_version: str) -> Iterator[FileEntries]:
        """Yield the entries of each file; where several files hold one article, the one it was read from gets them."""
        owners = {corpus.source_file(row): article.id for row, article in enumerate(corpus)}
        newest = corpus.newest
        for file in _files_by_path(corpus):
            suggestions = self._suggestions.get(owners.get(file, ""), ())
            entries = [self._shape.entry(suggestion, model_version, newest) for suggestion in suggestions]
            yield FileEntries(Path(file.path), entries, file.digest)


def _files_by_path(corpus: Corpus) -> list[SourceFile]:
    return sorted(filter(None, corpus.source_files), key=lambda file: file.path)
