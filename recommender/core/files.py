"""Where the files of a site lie, what tells their contents apart, and how a file is replaced as a whole."""

from __future__ import annotations

import hashlib
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


def site_root(site: Path) -> Path:
    """Return the folder in which a site's own files lie.

    It is the folder itself, or the one that holds the file; for a folder of articles inside a site, as ``_news``
    and ``_posts`` are, the site's.

    >>> site_root(Path("/no/such/site/articles.jsonl")).as_posix()
    '/no/such/site'
    """
    folder = site.absolute() if site.is_dir() else site.absolute().parent
    return folder.parent if folder.name.startswith("_") else folder


def site_file(site: Path, name: str) -> Path | None:
    """Return a file of the site's own, None where there is none of this name."""
    file = site_root(site) / name
    return file if file.is_file() else None


def content_digest(data: bytes) -> bytes:
    """Return 16 bytes that tell one content of a file from another."""
    return hashlib.blake2b(data, digest_size=16).digest()


def file_sha256(path: Path) -> str:
    """Return the sha256 of a file, in hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
