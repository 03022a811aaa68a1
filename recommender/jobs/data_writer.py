"""Writing a job's suggestions into the one data file of a site, where its generator reads it."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from recommender.core.errors import ArticleError
from recommender.core.files import file_sha256, site_root
from recommender.core.records import Suggestion
from recommender.core.settings import Settings
from recommender.corpus.corpus import Corpus
from recommender.jobs.writer import SiteWriter, WriteBack
from recommender.sinks.data_file import (
    HUGO,
    JEKYLL,
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

logger = logging.getLogger(__name__)

FOLDER = "folder"  # the kind of a site that no generator is known of
OTHERWISE = "suggestions.json"  # in the job's folder
_CONFIG_FORMS = ("toml", "yaml", "yml", "json")


@dataclass(frozen=True)
class SiteKind:
    """Which generator builds a site, and the absolute path of the root of the site."""

    name: str
    root: Path

    @classmethod
    def of_site(cls, site: Path) -> SiteKind:
        """Find it out for a site, given by its root or by the folder of its content."""
        path = Path(os.path.abspath(site))
        folder = path if path.is_dir() else path.parent
        is_content = folder.name == "content" or folder.name.startswith("_")
        for root in (folder, folder.parent) if is_content else (folder,):
            configs = (
                root / f"{name}.{form}" for name in ("hugo", "config") for form in ("toml", "yaml", "yml", "json")
            )
            has_config = (root / "config" / "_default").is_dir() or any(config.is_file() for config in configs)
            if has_config and (root / "content").is_dir():
                return cls(HUGO, root)
            if (root / "_config.yml").is_file():
                return cls(JEKYLL, root)
        return cls(FOLDER, site_root(path))


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
        self._kind = SiteKind.of_site(site)
        own_file = site_root(site) / settings.job.folder / OTHERWISE
        self._file = data_file(self._kind.name, self._kind.root, output or own_file)
        # A file that the user or the settings name may lie anywhere.
        self._inside = self._kind.root if self._kind.name != FOLDER else None
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
        return self._kind.name == FOLDER

    def add(self, article_id: str, suggestions: Iterable[Suggestion]) -> None:
        """Note what a template needs of the suggestions of an article."""
        self._links[article_id] = [link(suggestion) for suggestion in suggestions]

    def plan(self, corpus: Corpus, _model_version: str) -> None:
        """Make the file's content for the pages that a corpus was read from."""
        self._content = data_content(self._links.items(), self._page_paths(corpus))
        old = self._old()
        is_changed = old != self._content
        name = os.path.relpath(self._file, self._kind.root).replace(os.sep, "/")
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
        kind = self._kind
        return {
            article_id: page_path(kind.name, kind.root, Path(os.path.abspath(file.path)))
            for article_id, file in files
            if file is not None
        }
