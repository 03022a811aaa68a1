"""The writing of many articles' front matter: planned and proven first, then each file replaced as a whole."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from recommender.core.errors import ArticleError
from recommender.core.files import content_digest, leftovers, replacing, sync_folder
from recommender.sinks.diff import unified
from recommender.sinks.entries import Entry, EntryShape
from recommender.sinks.front_matter import prove, rewrite

_CHANGED = "changed since it was read; it is left alone, run again"


@dataclass(frozen=True, slots=True)
class FileEntries:
    """What a file shall hold under our key; `digest` is that of the bytes that were read, None where none were."""

    path: Path
    entries: Sequence[Entry] = ()
    digest: bytes | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """A proven change of one file, with the digests of its bytes before and after."""

    wish: FileEntries
    old: bytes
    new: bytes


@dataclass(frozen=True)
class Written:
    """What became of every file: written (after a dry run: to be written), unchanged, or left alone.

    `left` says of each file that was left alone why.
    """

    written: int
    unchanged: int
    left: tuple[ArticleError, ...]
    dry_run: bool = False

    def lines(self) -> list[str]:
        """Return this as lines for a person: why files were left alone, and the numbers."""
        verb = "to be written" if self.dry_run else "written"
        numbers = f"files {self.written:,} {verb}, {self.unchanged:,} unchanged, {len(self.left):,} left alone"
        return [*map(str, self.left), numbers]


@dataclass(frozen=True)
class Plan:
    """All changes of a site's files, each proven, none made yet.

    `folders` are those that hold the files, where a killed job may have left something behind.
    """

    shape: EntryShape
    edits: tuple[Edit, ...]
    unchanged: int
    left: tuple[ArticleError, ...]
    folders: tuple[Path, ...]

    @classmethod
    def of(cls, wishes: Iterable[FileEntries], shape: EntryShape) -> Plan:
        """Work out what is to be changed; nothing is written."""
        edits: list[Edit] = []
        left: list[ArticleError] = []
        folders: dict[Path, None] = {}
        unchanged = 0
        for wish in wishes:
            folders[wish.path.parent] = None
            try:
                edit = _edit(wish, shape)
            except ArticleError as error:
                left.append(ArticleError(error.message, wish.path))
                continue
            unchanged += edit is None
            edits += [edit] if edit else []
        return cls(shape, tuple(edits), unchanged, tuple(left), tuple(folders))

    def summary(self) -> Written:
        """Return what would become of the files."""
        return Written(len(self.edits), self.unchanged, self.left, dry_run=True)

    def diff(self, root: Path) -> Iterator[bytes]:
        """Yield each change as a unified diff, with paths from `root`, for ``git apply`` or ``patch -p1``."""
        for edit in self.edits:
            path = edit.wish.path
            name = path.name if path == root else path.relative_to(root).as_posix()
            old = _read(path)
            yield from unified(name, old, rewrite(old, self.shape, edit.wish.entries))

    def write(self) -> Written:
        """Replace each file as a whole, and clear away what killed jobs left behind.

        A file that changed since it was read, or that cannot be written, is left alone.
        """
        for folder in self.folders:
            for file in leftovers(folder):
                file.unlink(missing_ok=True)
        left = list(self.left)
        touched: dict[Path, None] = {}
        for edit in self.edits:
            path = edit.wish.path
            try:
                self._replace(edit)
            except ArticleError as error:
                left.append(ArticleError(error.message, path))
            except OSError as error:
                left.append(ArticleError(f"cannot be written: {error.strerror or error}", path))
            else:
                touched[path.parent] = None
        for folder in touched:
            sync_folder(folder)
        failed = len(left) - len(self.left)
        return Written(len(self.edits) - failed, self.unchanged, tuple(left))

    def _replace(self, edit: Edit) -> None:
        path = edit.wish.path
        old = _read(path)
        new = rewrite(old, self.shape, edit.wish.entries) if content_digest(old) == edit.old else b""
        if content_digest(new) != edit.new:
            raise ArticleError(_CHANGED)

        def still_the_same() -> None:
            if _read(path) != old:
                raise ArticleError(_CHANGED)

        with replacing(path, path.stat(), still_the_same) as stream:
            stream.write(new)


def _edit(wish: FileEntries, shape: EntryShape) -> Edit | None:
    """Return the change of a file, proven; None where it is as it shall be."""
    old = _read(wish.path)
    digest = content_digest(old)
    if wish.digest is not None and digest != wish.digest:
        raise ArticleError(_CHANGED)
    new = rewrite(old, shape, wish.entries)
    if new == old:
        return None
    if wish.path.is_symlink():
        raise ArticleError("is a link to another file; it is left alone, as that may be written too")
    if not os.access(wish.path, os.W_OK):
        raise ArticleError("is read-only; it is left alone")
    prove(old, new, shape, wish.entries)
    return Edit(wish, digest, content_digest(new))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ArticleError(f"cannot be read: {error.strerror or error}", path) from error
