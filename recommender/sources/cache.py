"""The parse cache: what reading made of each file, found again by the file's content, in one SQLite database."""

from __future__ import annotations

import logging
import os
import platform
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path, PurePosixPath

import msgspec
import platformdirs

from recommender.core.errors import ArticleError
from recommender.core.files import content_digest
from recommender.core.records import Article, Relation
from recommender.core.runtime import code_digest
from recommender.sources.generators.page_facts import SitePage
from recommender.sources.markdown import PLAIN, Reading, read_bytes
from recommender.sources.outcomes import Outcome
from recommender.sources.records.dates import NumericDate
from recommender.sources.records.fields import FieldMap

logger = logging.getLogger(__name__)

FILE_NAME = "articles.sqlite"
LIBRARIES = ("PyYAML", "python-dateutil", "markdown-it-py", "py3langid")  # that what is read depends on
MOST_BYTES = 2**30

_Row = tuple[bytes, int, bytes]

_DIGEST_SIZE = 16
_FILES_PER_TRANSACTION = 500  # so that jobs at the same time wait for each other only shortly
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class CachedOutcome(msgspec.Struct, array_like=True, frozen=True, gc=False, forbid_unknown_fields=True):
    """The outcome of a file without anything of its path.

    `article` is without its relations, which are encoded one by one: those that many articles share are decoded once.
    `problem` is a message and a line; `warnings` follow after the file's path.
    """

    article: Article | None
    relations: tuple[bytes, ...]
    problem: tuple[str, int | None] | None
    warnings: tuple[str, ...]
    page: SitePage | None
    date: NumericDate | None


class ParseCache:
    """The outcomes of files of any sites, each under a digest of what it depends on.

    These are the file's content, its path inside the site, the mapping of fields, how the site is read, the package's
    code and the libraries that read. A record is checked against a digest of its own. Whatever goes wrong is one
    warning in the log, and the files are read as without a cache.

    Parameters
    ----------
    folder
        Where the database lies; both are made with the first use, private to the user.
    most_bytes
        The limit of the database's size. Above it, the records of the days go whose last use is longest ago.
    timeout
        Seconds to wait for another job that writes.
    """

    def __init__(
        self,
        folder: Path,
        fields: FieldMap,
        reading: Reading = PLAIN,
        *,
        most_bytes: int = MOST_BYTES,
        timeout: float = 10,
    ):
        self._file = folder / FILE_NAME
        self._most_bytes = most_bytes
        self._timeout = timeout
        self._usable = True
        self._today = int(time.time() // 86400)
        libraries = [platform.python_version(), *map(version, LIBRARIES)]
        reading_of_files = [code_digest(), *libraries, fields.preset, fields.names, reading]
        self._reading_digest = content_digest(msgspec.json.encode(reading_of_files))

    def load(self, files: Sequence[tuple[str, PurePosixPath]]) -> list[Outcome | None]:
        """Return the outcome of each file, given its path and its path inside the site; None where there is none."""
        outcomes: list[Outcome | None] = [None] * len(files)
        relations: dict[bytes, Relation] = {}
        used: list[bytes] = []
        try:
            with closing(self._connect()) as connection:
                for position, (path, relative) in enumerate(files):
                    digest = _digest_of(path)
                    key = self._key(relative, digest)
                    row = connection.execute("SELECT used, record FROM records WHERE key = ?", (key,)).fetchone()
                    if row is not None:
                        outcomes[position] = _from_record(key, row[1], path, digest, relations)
                        used += [key] if row[0] != self._today else []
                with connection:
                    marks = ((self._today, key) for key in used)
                    connection.executemany("UPDATE records SET used = ? WHERE key = ?", marks)
        except (OSError, sqlite3.DatabaseError) as error:
            self._give_up(error)
        return outcomes

    def store(self, files: Sequence[tuple[str, PurePosixPath]], outcomes: Sequence[Outcome]) -> None:
        """Add the outcomes of files that `load` did not return; those that are not of a file's content are left out."""
        if not self._usable:
            return
        pairs = list(zip(files, outcomes, strict=True))
        try:
            with closing(self._connect()) as connection:
                for start in range(0, len(files), _FILES_PER_TRANSACTION):
                    part = pairs[start : start + _FILES_PER_TRANSACTION]
                    rows = [row for (_, relative), outcome in part if (row := self._row(relative, outcome))]
                    if not self._insert(connection, rows):
                        logger.warning("the cache %s is full; %d files are not cached", self._file, len(files) - start)
                        return
        except (OSError, sqlite3.DatabaseError) as error:
            self._give_up(error)

    def _connect(self) -> sqlite3.Connection:
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # SQLite would make a file that others may read. Its journal gets the permissions of the file.
        os.close(os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600))
        connection = sqlite3.connect(self._file, timeout=self._timeout)
        try:
            # A power failure may damage the database, which is noticed and made anew: no need to wait for the disk.
            connection.execute("PRAGMA synchronous = OFF")
            # `used` comes first: SQLite reads a row from its beginning, and the records are large.
            connection.execute("CREATE TABLE IF NOT EXISTS records (key BLOB PRIMARY KEY, used INTEGER, record BLOB)")
        except BaseException:
            connection.close()
            raise
        return connection

    def _give_up(self, error: Exception) -> None:
        """Warn about what stands in the way; a damaged database is deleted, so that `store` makes it anew."""
        if getattr(error, "sqlite_errorcode", None) in _DAMAGED:
            logger.warning("the cache %s is damaged and is made anew: %s", self._file, error)
            with suppress(OSError):
                self._file.unlink()
                return
        reason = getattr(error, "strerror", None) or error
        logger.warning("the cache %s cannot be used, reading goes on without it: %s", self._file, reason)
        self._usable = False

    def _key(self, relative: PurePosixPath, digest: bytes) -> bytes:
        return content_digest(self._reading_digest + digest + os.fsencode(relative))

    def _row(self, relative: PurePosixPath, outcome: Outcome) -> _Row | None:
        """Return the row of an outcome; None for one that cannot be cached."""
        if outcome.digest is None or not all(text.startswith(outcome.location) for text in outcome.warnings):
            return None
        key = self._key(relative, outcome.digest)
        try:
            return key, self._today, _to_record(key, outcome)
        except UnicodeEncodeError:  # an id from a file's name that is no text
            return None

    def _insert(self, connection: sqlite3.Connection, rows: Sequence[_Row]) -> bool:
        """Add rows in one transaction; where there is no room, the records of the days longest ago go first.

        False where there is no room without the records of today; then nothing is added.
        """
        n_bytes = sum(len(record) for _, _, record in rows)
        oldest = "SELECT MIN(used) FROM records WHERE used <> ?"
        with connection:
            while _stored_bytes(connection) + n_bytes > self._most_bytes:
                deleted = connection.execute(f"DELETE FROM records WHERE used = ({oldest})", (self._today,))  # noqa: S608
                if not deleted.rowcount:
                    return False
            connection.executemany("INSERT OR REPLACE INTO records VALUES (?, ?, ?)", rows)
        return True


def cache_folder(cache: str | os.PathLike[str] | bool | None) -> Path | None:
    """Return the folder that a setting of a cache names: true is the user's own, false and None are none."""
    if cache is True:
        try:
            return platformdirs.user_cache_path("recommender", appauthor=False, opinion=False)
        except RuntimeError:  # a user without a home
            logger.warning("there is no home to keep a cache in; name a folder for it, by source.cache or --cache")
            return None
    return Path(os.path.expanduser(cache)) if cache else None


def _digest_of(path: str) -> bytes:
    """Return the digest of a file's content; of nothing where it cannot be read: whoever reads it says why."""
    try:
        return content_digest(read_bytes(path))
    except ArticleError:
        return b""


def _stored_bytes(connection: sqlite3.Connection) -> int:
    """Return the size of the database without its free pages, which new records take before the file grows."""
    names = ("page_count", "freelist_count", "page_size")
    pages, free, size = (int(connection.execute(f"PRAGMA {name}").fetchone()[0]) for name in names)
    return (pages - free) * size


_DECODER = msgspec.msgpack.Decoder(CachedOutcome)
_RELATION_DECODER = msgspec.msgpack.Decoder(Relation)


def _to_record(key: bytes, outcome: Outcome) -> bytes:
    article, problem = outcome.article, outcome.problem
    cached = CachedOutcome(
        article and replace(article, relations=()),
        tuple(map(msgspec.msgpack.encode, article.relations if article else ())),
        None if problem is None else (problem.message, problem.line),
        tuple(warning[len(outcome.location) :] for warning in outcome.warnings),
        outcome.page,
        outcome.date,
    )
    payload = msgspec.msgpack.encode(cached)
    return content_digest(key + payload) + payload


def _from_record(
    key: bytes, record: object, path: str, digest: bytes, relations: dict[bytes, Relation]
) -> Outcome | None:
    """Return the outcome of the file at `path`; None for a damaged record. `relations` holds those decoded so far."""
    if not isinstance(record, bytes) or record[:_DIGEST_SIZE] != content_digest(key + record[_DIGEST_SIZE:]):
        return None
    try:
        cached = _DECODER.decode(memoryview(record)[_DIGEST_SIZE:])
        for encoded in cached.relations:
            if encoded not in relations:
                relations[encoded] = _RELATION_DECODER.decode(encoded)
    except (msgspec.MsgspecError, ArticleError, UnicodeDecodeError):
        return None
    article = cached.article
    if article is not None and cached.relations:
        article = replace(article, relations=tuple(map(relations.__getitem__, cached.relations)))
    problem = None if cached.problem is None else ArticleError(cached.problem[0], path, cached.problem[1])
    warnings = tuple(path + text for text in cached.warnings)
    return Outcome(path, article, problem, warnings, digest, cached.page, date=cached.date)
