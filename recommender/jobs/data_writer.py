"""Writing a job's suggestions into the one data file of a site, where its generator reads it."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from recommender.core.errors import ArticleError
from recommender.core.files import file_sha256, site_root
from recommender.core.records import Suggestion
from recommender.core.settings import Settings, SourceSettings
from recommender.corpus.corpus import Corpus
from recommender.jobs.writer import SiteWriter, WriteBack
from recommender.sinks.data_file import (
    Links,
    check_data_file,
    data_content,
    data_file,
    is_data_file,
    link,
    page_path,
    replace_data_file,
)
from recommender.sinks.diff import unified_diff
from recommender.sinks.write_back import Written
from recommender.sources import find_site, root_of_site
from recommender.sources.site_kinds import FOLDER

logger = logging.getLogger(__name__)

OTHERWISE = "suggestions.json"  # in the job's folder


def kind_and_root(site: Path, settings: SourceSettings) -> tuple[str, Path]:
    """Return which generator builds a site, ``folder`` for none, and the absolute path of the site's root."""
    path = Path(os.path.abspath(site))
    known = find_site(path, settings)
    return (FOLDER, site_root(path)) if known.generator is None else (known.kind, known.root)


class DataWriter(SiteWriter):
    """Writes the suggestions of all pages into one file: where the kind of site reads it, else the one of `output`.

    Where there is no `output` either it lies in the job's folder. A file that may not be written, or a site that is no
    folder of pages, is a RecommenderError at once.
    """

    output_name = "data"

    def __init__(self, site: Path, settings: Settings, write_back: WriteBack, output: Path | None = None):
        super().__init__(write_back)
        if site.exists() and not site.is_dir():
            raise ArticleError("is one file, and a data file holds all pages of a site; give its folder", site)
        self._kind, self._root = kind_and_root(site, settings.source)
        own_file = root_of_site(site) / settings.job.folder / OTHERWISE
        self._file = data_file(self._kind, self._root, output or own_file)
        # A file that the user or the settings name may lie anywhere.
        self._inside = self._root if self._kind != FOLDER else None
        check_data_file(self._file, self._inside)
        self._links: dict[str, Links] = {}
        self._content: bytes | None = None

    @property
    def path(self) -> str:
        """The data file."""
        return str(self._file)

    @property
    def takes_output(self) -> bool:
        """Whether an output that is named is the data file itself, as no generator reads one."""
        return self._kind == FOLDER

    def add(self, article_id: str, suggestions: Iterable[Suggestion]) -> None:
        """Note what a template needs of the suggestions of an article."""
        self._links[article_id] = [link(suggestion) for suggestion in suggestions]

    def plan(self, corpus: Corpus, _model_version: str) -> None:
        """Make the file's content for the pages that a corpus was read from."""
        self._content = data_content(self._links.items(), self._page_paths(corpus))
        old = self._old()
        is_changed = old != self._content
        name = os.path.relpath(self._file, self._root).replace(os.sep, "/")
        self._announce(unified_diff(name, old, self._content) if is_changed else (), int(is_changed))

    def write(self) -> Written:
        """Write the file, unless it has this content already, or this is a dry run."""
        content = self._content or b""
        if self.dry_run:
            is_changed = self._old() != content
        else:
            logger.info("writing %s", self._file)
            is_changed = replace_data_file(content, self._file, self._inside)
        return Written(int(is_changed), int(not is_changed), (), self.dry_run)

    def digest(self, corpus: Corpus) -> str:
        """Return the sha256 of the file, with the paths of the pages: other paths make another file."""
        content = file_sha256(self._file) if is_data_file(self._file) else ""
        paths = sorted(self._page_paths(corpus).items())
        return sha256(repr((content, paths)).encode()).hexdigest()

    def unchanged(self, _corpus: Corpus) -> Written:
        """Return what `write` would return where the file is as it should be."""
        return Written(0, 1, ())

    def _old(self) -> bytes | None:
        return self._file.read_bytes() if self._file.exists() else None

    def _page_paths(self, corpus: Corpus) -> dict[str, str]:
        """Return the path of each article's page, by the article's id."""
        files = ((article.id, corpus.source_file(row)) for row, article in enumerate(corpus))
        return {
            article_id: page_path(self._kind, self._root, Path(os.path.abspath(file.path)))
            for article_id, file in files
            if file is not None
        }
