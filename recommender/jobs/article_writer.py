"""Writing a job's suggestions into the front matter of a site's articles."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from recommender.core.records import Suggestion
from recommender.core.settings import Settings
from recommender.corpus.corpus import Corpus, SourceFile
from recommender.jobs.digest import files_digest
from recommender.jobs.writer import SiteWriter, WriteBack
from recommender.sinks.entries import EntryShape
from recommender.sinks.write_back import FileEntries, Plan, Written
from recommender.sources import article_files, find_site
from recommender.sources.records.fields import FORBIDDEN

logger = logging.getLogger(__name__)


class ArticleWriter(SiteWriter):
    """Writes each article's suggestions into its own file.

    A site or a key that cannot be written is a RecommenderError at once.
    """

    output_name = "front_matter"

    def __init__(self, site: Path, settings: Settings, write_back: WriteBack):
        super().__init__(write_back)
        self._site = site
        article_files(site, settings.source)  # so that what has no front matter is refused
        names = find_site(site, settings.source).fields(settings.source).names
        self._shape = EntryShape.from_names(settings.sink.key, names, FORBIDDEN)
        self._suggestions: dict[str, list[Suggestion]] = {}
        self._plan = Plan.from_entries((), self._shape)

    @property
    def path(self) -> str:
        """The site."""
        return str(self._site.absolute())

    def add(self, article_id: str, suggestions: Iterable[Suggestion]) -> None:
        """Note the suggestions of an article, without their reasons."""
        self._suggestions[article_id] = [replace(suggestion, reasons=()) for suggestion in suggestions]

    def plan(self, corpus: Corpus, model_version: str) -> None:
        """Plan the changes of the files that a corpus was read from; a RecommenderError where these are too many."""
        self._plan = Plan.from_entries(self._entries(corpus, model_version), self._shape)
        self._announce(self._plan.diff(self._site), len(self._plan.edits))

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

    def unchanged(self, corpus: Corpus) -> Written:
        """Return what `write` would return where every file has its entries."""
        return Written(0, len(corpus.source_files), ())

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
