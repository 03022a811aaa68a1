"""Files replaced as a whole: whoever looks, and whenever we are killed, finds the old file or the new one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

# Hidden, and no Markdown: a file that a killed job leaves behind is never read as an article.
SUFFIX = ".recommender-tmp"


@contextmanager
def replacing(
    path: Path, like: os.stat_result | None = None, before_rename: Callable[[], None] | None = None
) -> Iterator[BinaryIO]:
    """Give a stream to a temporary file in the same folder, which takes the place of `path` where nothing fails.

    Parameters
    ----------
    like
        Whose permissions and owner the file gets; it may be read by all, and written by us, for None.
    before_rename
        Called when everything is on disk but the name; what it raises leaves the old file as it is.
    """
    handle, made = tempfile.mkstemp(prefix=f".{path.name[:40]}-", suffix=SUFFIX, dir=path.parent)
    try:
        with open(handle, "wb") as stream:
            yield stream
            stream.flush()
            if like is not None:
                _give(made, like)
            os.chmod(made, like.st_mode & 0o7777 if like else 0o644)
            os.fsync(stream.fileno())
        if before_rename is not None:
            before_rename()
        os.replace(made, path)
    finally:
        Path(made).unlink(missing_ok=True)


def _give(made: str, like: os.stat_result) -> None:
    """Let a job that runs as another user leave a file its owner, where it may."""
    status = os.stat(made)
    if (status.st_uid, status.st_gid) != (like.st_uid, like.st_gid) and hasattr(os, "chown"):
        with suppress(PermissionError):
            os.chown(made, like.st_uid, like.st_gid)


def sync_folder(folder: Path) -> None:
    """Make the new names in a folder last through a power failure, where the system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def leftovers(folder: Path) -> list[Path]:
    """Return the temporary files that killed jobs left in a folder."""
    with os.scandir(folder) as entries:
        return sorted(
            Path(entry.path)
            for entry in entries
            if entry.name.startswith(".") and entry.name.endswith(SUFFIX) and entry.is_file(follow_symlinks=False)
        )
