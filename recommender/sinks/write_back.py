"""Writes suggestions into the front matter of many articles: all edits are planned and proven before the first one."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from recommender.core.errors import ArticleError
from recommender.core.files import content_digest, leftovers, replacing, sync_folder
from recommender.sinks.diff import unified_diff
from recommender.sinks.entries import Entry, EntryShape
from recommender.sinks.front_matter import prove, rewrite
from recommender.sinks.removal import Removal

_CHANGED = "changed since it was read; it is left alone, run again"


@dataclass(frozen=True, slots=True)
class FileEntries:
    """The entries that a file shall have under our key; `digest` is that of its content as it was read, if it was."""

    path: Path
    entries: Sequence[Entry] = ()
    digest: bytes | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """A proven edit of one file, with the digests of its content before and after."""

    target: FileEntries
    old_digest: bytes
    new_digest: bytes


@dataclass(frozen=True)
class Written:
    """The numbers of files written (after a dry run: to be written) and unchanged, and those left alone.

    `left_alone` holds an error for each file that was left alone, which says why; `remaining` are those of these files
    in which entries of ours remain though all were to be taken out.
    """

    written: int
    unchanged: int
    left_alone: tuple[ArticleError, ...]
    dry_run: bool = False
    remaining: tuple[Path, ...] = ()

    def lines(self) -> list[str]:
        """Return lines for a person: why files were left alone, and the numbers."""
        verb = "to be written" if self.dry_run else "written"
        numbers = f"files {self.written:,} {verb}, {self.unchanged:,} unchanged, {len(self.left_alone):,} left alone"
        remaining = (f"{path}: entries of ours remain; take them out by hand" for path in self.remaining)
        return [*map(str, self.left_alone), *remaining, numbers]


@dataclass(frozen=True, slots=True)
class _Insertion:
    """Gives files entries of one shape."""

    shape: EntryShape

    def rewrite(self, data: bytes, entries: Sequence[Entry]) -> bytes:
        return rewrite(data, self.shape, entries)

    def prove(self, old: bytes, new: bytes, entries: Sequence[Entry]) -> None:
        prove(old, new, self.shape, entries)


@dataclass(frozen=True)
class Plan:
    """The edits of a site's files, each proven, none made yet.

    `editor` makes and proves them. `folders` are those of all the files, where a killed job may have left temporary
    files behind.
    """

    editor: _Insertion | Removal
    edits: tuple[Edit, ...]
    unchanged: int
    left_alone: tuple[ArticleError, ...]
    folders: tuple[Path, ...]

    @classmethod
    def from_entries(cls, targets: Iterable[FileEntries], shape: EntryShape) -> Plan:
        """Work out the edits that give each file its entries; nothing is written."""
        return cls._of(targets, _Insertion(shape))

    @classmethod
    def of_removal(cls, paths: Iterable[Path], shapes: Sequence[EntryShape]) -> Plan:
        """Work out the edits that take all entries of any of these shapes out of files; nothing is written."""
        return cls._of(map(FileEntries, paths), Removal(tuple(shapes)))

    @classmethod
    def _of(cls, targets: Iterable[FileEntries], editor: _Insertion | Removal) -> Plan:
        edits: list[Edit] = []
        left_alone: list[ArticleError] = []
        folders: dict[Path, None] = {}  # as an ordered set
        unchanged = 0
        for target in targets:
            folders[target.path.parent] = None
            try:
                edit = _planned_edit(target, editor)
            except ArticleError as error:
                left_alone.append(ArticleError(error.message, target.path))
                continue
            unchanged += edit is None
            edits += [edit] if edit else []
        return cls(editor, tuple(edits), unchanged, tuple(left_alone), tuple(folders))

    def summary(self) -> Written:
        """Return what `write` would do."""
        return Written(len(self.edits), self.unchanged, self.left_alone, dry_run=True)

    def diff(self, root: Path) -> Iterator[bytes]:
        """Yield each edit as a unified diff, with paths from `root`, for ``git apply`` or ``patch -p1``."""
        for edit in self.edits:
            path = edit.target.path
            name = path.name if path == root else path.relative_to(root).as_posix()
            old = _read(path)
            yield from unified_diff(name, old, self.editor.rewrite(old, edit.target.entries))

    def write(self) -> Written:
        """Replace each file as a whole, and clear away what killed jobs left behind.

        A file that changed since it was read, or that cannot be written, is left alone.
        """
        for folder in self.folders:
            for file in leftovers(folder):
                file.unlink(missing_ok=True)
        left_alone = list(self.left_alone)
        touched: dict[Path, None] = {}
        for edit in self.edits:
            path = edit.target.path
            try:
                self._replace(edit)
            except ArticleError as error:
                left_alone.append(ArticleError(error.message, path))
            except OSError as error:
                left_alone.append(ArticleError(f"cannot be written: {error.strerror or error}", path))
            else:
                touched[path.parent] = None
        for folder in touched:
            sync_folder(folder)
        failed = len(left_alone) - len(self.left_alone)
        return Written(len(self.edits) - failed, self.unchanged, tuple(left_alone))

    def _replace(self, edit: Edit) -> None:
        """Make an edit anew from the file's content: a plan of a large site would not fit into memory with contents."""
        path = edit.target.path
        old = _read(path)
        new = self.editor.rewrite(old, edit.target.entries) if content_digest(old) == edit.old_digest else b""
        if content_digest(new) != edit.new_digest:
            raise ArticleError(_CHANGED)

        def check_unchanged() -> None:
            if _read(path) != old:
                raise ArticleError(_CHANGED)

        with replacing(path, path.stat(), check_unchanged) as stream:
            stream.write(new)


def _planned_edit(target: FileEntries, editor: _Insertion | Removal) -> Edit | None:
    """Return the edit of a file, proven; None where the file has these entries already."""
    old = _read(target.path)
    digest = content_digest(old)
    if target.digest is not None and digest != target.digest:
        raise ArticleError(_CHANGED)
    new = editor.rewrite(old, target.entries)
    if new == old:
        return None
    if target.path.is_symlink():
        raise ArticleError("is a link to another file; it is left alone, as that may be written too")
    if not os.access(target.path, os.W_OK):
        raise ArticleError("is read-only; it is left alone")
    editor.prove(old, new, target.entries)
    return Edit(target, digest, content_digest(new))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ArticleError(f"cannot be read: {error.strerror or error}", path) from error
