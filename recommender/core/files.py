"""Files: replaced as a whole, told apart by digests, and found inside a site."""

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
    """Open a temporary file in the same folder; it replaces `path` when the block ends without an error.

    It gets the permissions and owner of the file with the status `like`; for None all may read it and we may write it.
    `before_rename` is called when everything is on disk but the name; an error that it raises leaves the old file.
    """
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name[:40]}-", suffix=SUFFIX, dir=path.parent)
    try:
        with open(handle, "wb") as stream:
            yield stream
            stream.flush()
            if like is not None:
                _give_owner(temporary, like)
            os.chmod(temporary, like.st_mode & 0o7777 if like else 0o644)
            os.fsync(stream.fileno())
        if before_rename is not None:
            before_rename()
        os.replace(temporary, path)
    finally:
        Path(temporary).unlink(missing_ok=True)


def _give_owner(path: str, like: os.stat_result) -> None:
    """Give a file the owner of another one, where a job that runs as another user may do so."""
    status = os.stat(path)
    if (status.st_uid, status.st_gid) != (like.st_uid, like.st_gid) and hasattr(os, "chown"):
        with suppress(PermissionError):
            os.chown(path, like.st_uid, like.st_gid)


def sync_folder(folder: Path) -> None:
    """Write the new names in a folder to disk, where the system can, so that they outlast a power failure."""
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
    """Return the folder that holds a site's own files, such as its settings.

    This is the folder itself, or the one that holds the file `site`; for a folder of articles inside a site, such as
    ``_news`` or ``_posts``, it is the folder above.

    >>> site_root(Path("/no/such/site/articles.jsonl")).as_posix()
    '/no/such/site'
    """
    folder = site.absolute() if site.is_dir() else site.absolute().parent
    return folder.parent if folder.name.startswith("_") else folder


def site_file(site: Path, name: str) -> Path | None:
    """Return the file of this name in the site's own folder; None where there is none."""
    file = site_root(site) / name
    return file if file.is_file() else None


def content_digest(data: bytes) -> bytes:
    """Return 16 bytes that tell one content of a file from another."""
    return hashlib.blake2b(data, digest_size=16).digest()


def file_sha256(path: Path) -> str:
    """Return the sha256 of a file, in hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
