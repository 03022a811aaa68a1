"""What reading made of each file of a site, kept between jobs in one file: found again by content, never trusted."""

from __future__ import annotations

import errno
import logging
import os
import platform
import stat
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from hashlib import blake2b
from importlib import resources
from importlib.metadata import version
from pathlib import Path

import msgspec
import yaml

from recommender.core.errors import ArticleError
from recommender.core.files import content_digest
from recommender.sources.fields import FieldMap
from recommender.sources.kept import CachedFile, CachedSite, Stamp, Tables, can_be_cached, from_kept, to_cached
from recommender.sources.outcomes import Outcome

logger = logging.getLogger(__name__)

MOST_BYTES = 2**30
SUFFIX = ".articles"

_MAGIC = b"recommender parse cache 2\n"
_DIGEST_SIZE = 32
# A file changed this shortly before it was looked at may change once more within the same tick of its clock.
_RACY = 2 * 10**9
_FORGOTTEN = 24 * 3600


def default_cache_folder() -> Path | None:
    """Return the folder in which this user's programs keep what they can make anew; None for a user without a home."""
    if sys.platform == "darwin":
        base = "~/Library/Caches"
    elif sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    else:
        named = os.environ.get("XDG_CACHE_HOME", "")
        base = named if os.path.isabs(named) else "~/.cache"
    base = os.path.expanduser(base)
    return Path(base) / "recommender" if os.path.isabs(base) else None


class ParseCache:
    """The cache of one folder of articles, read by one mapping of fields.

    A file is known again by its size, times and inode; where these changed, or are too young to be told apart, by
    the digest of its bytes. What cannot be read, is damaged, or was made by another version counts as nothing.
    Anything that stands in the way is one warning in the log, and no more.

    Parameters
    ----------
    folder
        Where the cache lies; made on the first use.
    root
        The folder of articles.
    most_bytes
        What all caches in `folder` may take together; those used longest ago go first.
    """

    def __init__(self, folder: Path, root: Path, fields: FieldMap, *, most_bytes: int = MOST_BYTES):
        whole = os.fsencode(os.path.abspath(root)).decode(errors="backslashreplace")
        self._key = msgspec.json.encode([whole, fields.preset, fields.names, _version()]).decode()
        name = blake2b(msgspec.json.encode([whole, fields.preset, fields.names]), digest_size=12).hexdigest()
        self._file = folder / f"{name}{SUFFIX}"
        self._most_bytes = most_bytes
        self._looked_at = 0
        self._kept: dict[str, CachedFile] = {}
        self._stamps: dict[str, Stamp] = {}
        self._usable = True
        self._known: set[str] = set()
        self._renewed = False

    def find(self, files: Sequence[tuple[str, str]]) -> list[Outcome | None]:
        """Return what is known of each file, given its path and its place below the root; None for the rest."""
        self._looked_at = time.time_ns()
        self._stamps = dict(_stamps(files))
        site = self._load()
        try:
            tables = Tables.of(site) if site else Tables()
            found: list[Outcome | None] = []
            for path, below in files:
                kept = self._unchanged(path, below, site.looked_at if site else 0)
                found.append(from_kept(kept, path, tables) if kept else None)
        except (ArticleError, ValueError, LookupError) as error:
            logger.warning("the cache %s is damaged and is made anew: %s", self._file, error)
            self._kept.clear()
            found = [None] * len(files)
        self._known = {below for (_, below), outcome in zip(files, found, strict=True) if outcome}
        return found

    def keep(self, places: Sequence[str], outcomes: Sequence[Outcome]) -> None:
        """Write what was made of each file; files that are no more are left out. Nothing new: nothing is written."""
        if not self._usable:
            return
        stamped = [pair for pair in zip(places, outcomes, strict=True) if pair[0] in self._stamps]
        able = [(below, outcome) for below, outcome in stamped if can_be_cached(outcome, below)]
        as_before = len(self._kept) == len(self._known) and all(below in self._known for below, _ in able)
        if as_before and not self._renewed:
            _touch(self._file)
            return
        tables = Tables()
        files = [to_cached(outcome, below, self._stamps[below], tables) for below, outcome in able]
        site = CachedSite(self._key, self._looked_at, tables.providers, tables.relations, files)
        try:
            self._write(msgspec.msgpack.encode(site))
        except (OSError, UnicodeEncodeError) as error:
            _warn(self._file, error)

    def _load(self) -> CachedSite | None:
        try:
            data = self._file.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            _warn(self._file, error)
            self._usable = False
            return None
        start = len(_MAGIC) + _DIGEST_SIZE
        payload = memoryview(data)[start:]
        if data[:start] != _MAGIC + blake2b(payload, digest_size=_DIGEST_SIZE).digest():
            return None
        try:
            site = _DECODER.decode(payload)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return None
        if site.key != self._key:
            return None
        self._kept = {kept.below: kept for kept in site.files}
        return site

    def _unchanged(self, path: str, below: str, before: int) -> CachedFile | None:
        """Return what is kept of a file where it is still true."""
        kept, stamp = self._kept.get(below), self._stamps.get(below)
        if kept is None or stamp is None:
            return None
        if stamp == kept.stamp and is_settled(stamp, before):
            return kept
        if stamp[0] != kept.stamp[0]:  # another size, so another content, and perhaps too much to look at
            return None
        try:
            with open(path, "rb", buffering=0) as stream:
                digest = content_digest(stream.read())
        except OSError:
            return None
        if digest != kept.digest:
            return None
        self._renewed = self._renewed or stamp != kept.stamp or is_settled(stamp, self._looked_at)
        return kept

    def _write(self, payload: bytes) -> None:
        """Write to a file beside it and rename: another job sees the old cache or the new one, both whole."""
        if len(payload) > self._most_bytes:
            logger.warning("the cache of this site would take %d MB, too much to keep", len(payload) // 2**20)
            return
        folder = self._file.parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(suffix=f"{SUFFIX}.tmp", dir=folder)
        try:
            with open(handle, "wb") as stream:
                stream.write(_MAGIC + blake2b(payload, digest_size=_DIGEST_SIZE).digest())
                stream.write(payload)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(name, self._file)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        _evict(folder, self._file, self._most_bytes)


_DECODER = msgspec.msgpack.Decoder(CachedSite)


def stamp_of(path: str) -> Stamp:
    """Return what changes when a file is written: size, time of change, time of any change of its entry, inode.

    Raises
    ------
    OSError
        When there is no such file, or it is none that can be read twice.
    """
    status = os.stat(path)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "is no regular file", path)
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def _stamps(files: Sequence[tuple[str, str]]) -> Iterator[tuple[str, Stamp]]:
    for path, below in files:
        with suppress(OSError):  # whoever reads the file will say what is wrong with it
            yield below, stamp_of(path)


def is_settled(stamp: Stamp, looked_at: int) -> bool:
    """Say whether a file with this stamp, looked at then (ns since 1970), cannot have changed without a new stamp."""
    return max(stamp[1], stamp[2]) + _RACY < looked_at


def _warn(file: Path, error: Exception) -> None:
    reason = getattr(error, "strerror", None) or error
    logger.warning("the cache %s cannot be used, reading goes on without it: %s", file, reason)


def _touch(file: Path) -> None:
    """Note that a cache was used."""
    try:
        os.utime(file)
    except OSError as error:
        logger.info("the cache %s could not be marked as used: %s", file, error)


def _evict(folder: Path, newest: Path, most_bytes: int) -> None:
    """Delete the caches used longest ago until the rest keep to the limit, and what killed jobs left behind."""
    caches = []
    for file in folder.iterdir():
        if not file.name.endswith((SUFFIX, f"{SUFFIX}.tmp")):
            continue
        try:
            status = file.stat()
        except FileNotFoundError:  # another job was quicker
            continue
        if file.suffix == ".tmp":
            if status.st_mtime < time.time() - _FORGOTTEN:
                file.unlink(missing_ok=True)
        else:
            caches.append((file != newest, -status.st_mtime_ns, status.st_size, file))
    total = 0
    for _, _, size, file in sorted(caches):
        total += size
        if total > most_bytes:
            file.unlink(missing_ok=True)


@lru_cache(maxsize=1)
def _version() -> str:
    """Return what the result of reading depends on beside the file: this code, and what it reads with."""
    digest = blake2b(digest_size=16)
    package = resources.files("recommender")
    code = [*package.joinpath("sources").iterdir(), *package.iterdir()]
    for entry in sorted(code, key=lambda entry: entry.name):
        if entry.name.endswith(".py"):
            digest.update(entry.read_bytes())
    return f"{digest.hexdigest()} {platform.python_version()} {yaml.__version__} {version('python-dateutil')}"
