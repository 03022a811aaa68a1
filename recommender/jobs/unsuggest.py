"""Taking a job's suggestions out of a site again, however they were written."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from recommender.core.errors import ArticleError, SettingsError
from recommender.core.settings import Settings, SourceSettings
from recommender.jobs.data_writer import OTHERWISE, DataWriter, kind_and_root
from recommender.jobs.folder import JobFolder
from recommender.jobs.record import Record
from recommender.sinks.data_file import FOLDERS, data_file, is_data_file, remove_data_file
from recommender.sinks.diff import unified_diff
from recommender.sinks.entries import EntryShape
from recommender.sinks.removal import holds_entries
from recommender.sinks.write_back import Plan, Written
from recommender.sources import article_files, root_of_site
from recommender.sources.records.fields import FORBIDDEN, PRESETS, FieldMap


def unsuggest_site(site: Path, settings: Settings, dry_run: bool = False, only_expired: bool = False) -> Written | None:
    """Take everything out of a site that `suggest_site` wrote into it, byte for byte: out of articles, and data files.

    It need not be known how it was written: what the record of the last run says of it counts as well as the settings,
    and entries with the names of fields of any preset are found. Files that are no articles, or no longer, are gone
    through as well. With `only_expired` nothing is done, and None returned, unless the suggestions of the last run on
    record no longer count.

    Returns
    -------
    Written
        The files that were changed or deleted. Its `remaining` are those in which entries of ours remain, because they
        were edited or cannot be written.
    """
    if dry_run and not only_expired:
        return _removal(site, settings).show()
    folder = JobFolder.of_site(site, settings)
    with folder.locked():
        if only_expired:
            record = Record.read(folder)
            if record is None or not record.expired(datetime.now(UTC)):
                return None
        removal = _removal(site, settings)
        return removal.show() if dry_run else removal.make()


@dataclass(frozen=True)
class _Removal:
    """What is to be taken out of a site: entries of articles, under any of the keys, and data files."""

    site: Path
    root: Path
    plan: Plan
    data_files: tuple[Path, ...]
    keys: frozenset[str]

    def show(self) -> Written:
        """Print the changes as a diff."""
        sys.stdout.flush()
        sys.stdout.buffer.writelines(self.plan.diff(self.site))
        root = self.root
        for file in self.data_files:
            name = os.path.relpath(file, root).replace(os.sep, "/")
            sys.stdout.buffer.writelines(unified_diff(name, file.read_bytes(), None))
        sys.stdout.buffer.flush()
        return self._outcome(self.plan.summary(), len(self.data_files), ())

    def make(self) -> Written:
        """Make the changes."""
        failed: list[ArticleError] = []
        for file in self.data_files:
            try:
                remove_data_file(file)
            except OSError as error:
                failed.append(ArticleError(f"cannot be deleted: {error.strerror or error}", file))
        return self._outcome(self.plan.write(), len(self.data_files) - len(failed), failed)

    def _outcome(self, written: Written, n_deleted: int, failed: Sequence[ArticleError]) -> Written:
        """Return what became of articles and data files together, with the files in which entries of ours remain."""
        paths = [Path(error.path) for error in written.left_alone if error.path is not None]
        remaining = [path for path in paths if self._holds_entries(path)]
        remaining += [Path(error.path) for error in failed if error.path is not None]
        return replace(
            written,
            written=written.written + n_deleted,
            left_alone=(*written.left_alone, *failed),
            remaining=tuple(remaining),
        )

    def _holds_entries(self, path: Path) -> bool:
        """Return whether entries of ours are in a file; a file that cannot be read may hold some."""
        try:
            data = path.read_bytes()
        except OSError:
            return True
        return any(holds_entries(data, key) for key in self.keys)


def _removal(site: Path, settings: Settings) -> _Removal:
    """Plan what is to be taken out, as settings and the record of the last run say."""
    record = Record.read(JobFolder(root_of_site(site) / settings.job.folder))
    shapes = _shapes(settings, _recorded_settings(record))
    # The files of the whole site, not of its content alone: the settings may have been others.
    plan = Plan.of_removal(article_files(site, settings.source), shapes)
    root = kind_and_root(site, settings.source)[1]
    data_files = tuple(_data_files(site, root, settings, record))
    return _Removal(site, root, plan, data_files, frozenset(shape.key for shape in shapes))


def _recorded_settings(record: Record | None) -> Settings | None:
    """Return the settings of a run; None where they can no longer be read."""
    try:
        return None if record is None else Settings.from_dict(record.settings)
    except SettingsError:
        return None


def _shapes(settings: Settings, recorded: Settings | None) -> list[EntryShape]:
    """Return the shapes that our entries may have: those of the settings first, so that an error is about them."""
    shapes = [_shape(settings.sink.key, settings.source)]
    own = [settings, recorded] if recorded is not None else [settings]
    presets = [SourceSettings(preset=preset) for preset in PRESETS]
    # A site's own names of fields count over those of any preset.
    overridden = [replace(known.source, preset=preset) for known in own for preset in PRESETS]
    for key in dict.fromkeys(known.sink.key for known in own):
        for source in [*(known.source for known in own), *overridden, *presets]:
            try:
                shape = _shape(key, source)
            except SettingsError:  # the key is a field of the articles of this preset: nothing was written so
                continue
            if shape not in shapes:
                shapes.append(shape)
    return shapes


def _shape(key: str, source: SourceSettings) -> EntryShape:
    return EntryShape.from_names(key, FieldMap.from_settings(source).names, FORBIDDEN)


def _data_files(site: Path, root: Path, settings: Settings, record: Record | None) -> Iterable[Path]:
    """Return the data files of ours that a site has: where any generator reads them, and the one on record."""
    files = [data_file(kind, root, root) for kind in FOLDERS]
    files.append(root_of_site(site) / settings.job.folder / OTHERWISE)
    output = record.outputs.get(DataWriter.output_name) if record is not None else None
    if output is not None and Path(output.path).resolve().is_relative_to(root.resolve()):
        # Whoever writes the site's files could name any file in the record: outside the site none is touched.
        files.append(Path(output.path))
    return [file for file in dict.fromkeys(map(Path, map(os.path.abspath, files))) if is_data_file(file)]
