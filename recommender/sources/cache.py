"""The parse cache: what reading made of files and blocks of lines, found by their content, in one SQLite database."""

from __future__ import annotations

import logging
import os
import platform
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
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
from recommender.sources.line_blocks import LineBlock
from recommender.sources.markdown import PLAIN, Reading, read_bytes
from recommender.sources.outcomes import Outcome
from recommender.sources.records.dates import NumericDate
from recommender.sources.records.fields import FieldMap

logger = logging.getLogger(__name__)

FILE_NAME = "articles.sqlite"
LIBRARIES = ("PyYAML", "python-dateutil", "markdown-it-py", "msgspec", "py3langid")  # that what is read depends on
MOST_BYTES = 2**30

_Row = tuple[bytes, int, bytes]

_DIGEST_SIZE = 16
_LINES = b"\0lines"  # in a key in place of a file's path, which it can never be
_FILES_PER_TRANSACTION = 500  # so that jobs at the same time wait for each other only shortly
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class CachedOutcome(msgspec.Struct, array_like=True, frozen=True, gc=False, forbid_unknown_fields=True):
    """The outcome of a file without anything of its path, or of a line without anything of where it stands.

    `article` is without its relations, which are encoded one by one: those that many articles share are decoded once.
    `problem` is a message and a line; `warnings` follow after the location.
    """

    article: Article | None
    relations: tuple[bytes, ...]
    problem: tuple[str, int | None] | None
    warnings: tuple[str, ...]
    page: SitePage | None
    date: NumericDate | None


class CachedLines(msgspec.Struct, array_like=True, frozen=True, gc=False, forbid_unknown_fields=True):
    """The outcomes of a block of lines; `numbers` are those of their lines, counted from the block's first as 0."""

    numbers: tuple[int, ...]
    outcomes: tuple[CachedOutcome, ...]


class ParseCache:
    """The outcomes of files of any sites, and of blocks of lines, each under a digest of what it depends on.

    These are the content, a file's path inside the site, the mapping of fields, how the site is read, the package's
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
        self._usable = self._has_room = True
        self._today = int(time.time() // 86400)
        libraries = [platform.python_version(), *map(version, LIBRARIES)]
        reading_of_files = [code_digest(), *libraries, fields.preset, fields.names, reading]
        self._reading_digest = content_digest(msgspec.json.encode(reading_of_files))

    def load(self, files: Sequence[tuple[str, PurePosixPath]]) -> list[Outcome | None]:
        """Return the outcome of each file, given its path and its path inside the site; None where there is none."""
        outcomes: list[Outcome | None] = [None] * len(files)
        relations: dict[bytes, Relation] = {}
        digests = [_digest_of(path) for path, _ in files]
        keys = [self._key(os.fsencode(relative), digest) for (_, relative), digest in zip(files, digests, strict=True)]
        for position, record in enumerate(self._records(keys)):
            path, digest = files[position][0], digests[position]
            outcomes[position] = _file_outcome(_payload(keys[position], record), path, digest, relations)
        return outcomes

    def store(self, files: Sequence[tuple[str, PurePosixPath]], outcomes: Sequence[Outcome]) -> None:
        """Add the outcomes of files that `load` did not return; those that are not of a file's content are left out."""
        pairs = list(zip(files, outcomes, strict=True))
        for start in range(0, len(files), _FILES_PER_TRANSACTION):
            part = pairs[start : start + _FILES_PER_TRANSACTION]
            rows = [row for (_, relative), outcome in part if (row := self._file_row(relative, outcome))]
            if not self._add(rows, f"{len(files) - start} files are"):
                return

    def load_blocks(self, blocks: Sequence[LineBlock]) -> list[list[Outcome] | None]:
        """Return the outcomes of the lines of each block; None for a block that is not there."""
        outcomes: list[list[Outcome] | None] = [None] * len(blocks)
        relations: dict[bytes, Relation] = {}  # of these blocks alone, as a file may be of any size
        keys = [self._key(_LINES, block.digest) for block in blocks]
        for position, record in enumerate(self._records(keys)):
            outcomes[position] = _line_outcomes(_payload(keys[position], record), blocks[position], relations)
        return outcomes

    def store_blocks(self, blocks: Sequence[LineBlock], outcomes: Sequence[Sequence[Outcome]]) -> None:
        """Add the outcomes of the lines of blocks that `load_blocks` did not return, in one transaction."""
        pairs = zip(blocks, outcomes, strict=True)
        rows = [row for block, of_lines in pairs if (row := self._block_row(block, of_lines))]
        if rows:
            self._add(rows, f"{blocks[0].path} from line {blocks[0].first} on is")

    def _records(self, keys: Iterable[bytes]) -> Iterator[object]:
        """Yield the record of each key, None where there is none, and end early where the cache cannot be used.

        The records count as used today once all of them were asked for.
        """
        if not self._usable:
            return
        used: list[bytes] = []
        try:
            with closing(self._connect()) as connection:
                for key in keys:
                    row = connection.execute("SELECT used, record FROM records WHERE key = ?", (key,)).fetchone()
                    used += [key] if row is not None and row[0] != self._today else []
                    yield None if row is None else row[1]
                with connection:
                    marks = ((self._today, key) for key in used)
                    connection.executemany("UPDATE records SET used = ? WHERE key = ?", marks)
        except (OSError, sqlite3.DatabaseError) as error:
            self._give_up(error)

    def _add(self, rows: Sequence[_Row], what: str) -> bool:
        """Add rows in one transaction; False where that cannot be, after a warning that `what` is not cached."""
        if not (self._usable and self._has_room):
            return False
        try:
            with closing(self._connect()) as connection:
                self._has_room = self._insert(connection, rows)
        except (OSError, sqlite3.DatabaseError) as error:
            self._give_up(error)
            return False
        if not self._has_room:
            logger.warning("the cache %s is full; %s not cached", self._file, what)
        return self._has_room

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

    def _key(self, name: bytes, digest: bytes) -> bytes:
        return content_digest(self._reading_digest + digest + name)

    def _file_row(self, relative: PurePosixPath, outcome: Outcome) -> _Row | None:
        """Return the row of a file's outcome; None for one that cannot be cached."""
        if outcome.digest is None or not _is_of_location(outcome):
            return None
        return self._row(self._key(os.fsencode(relative), outcome.digest), lambda: _cached(outcome))

    def _block_row(self, block: LineBlock, outcomes: Sequence[Outcome]) -> _Row | None:
        """Return the row of the outcomes of a block's lines; None for one that cannot be cached."""
        numbers = tuple(int(outcome.location[len(block.path) + 1 :]) - block.first for outcome in outcomes)
        if not all(map(_is_of_location, outcomes)):
            return None
        return self._row(self._key(_LINES, block.digest), lambda: CachedLines(numbers, tuple(map(_cached, outcomes))))

    def _row(self, key: bytes, contents: Callable[[], CachedOutcome | CachedLines]) -> _Row | None:
        try:
            payload = msgspec.msgpack.encode(contents())
        except UnicodeEncodeError:  # an id from a file's name that is no text
            return None
        return key, self._today, content_digest(key + payload) + payload

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
_LINES_DECODER = msgspec.msgpack.Decoder(CachedLines)
_RELATION_DECODER = msgspec.msgpack.Decoder(Relation)
_DAMAGES = (msgspec.MsgspecError, ArticleError, ValueError)


def _is_of_location(outcome: Outcome) -> bool:
    """Whether problem and warnings begin with the location of an outcome, which is not cached with them."""
    problem = outcome.problem
    texts = outcome.warnings if problem is None else (str(problem), *outcome.warnings)
    return all(text.startswith(outcome.location) for text in texts)


def _cached(outcome: Outcome) -> CachedOutcome:
    article, problem = outcome.article, outcome.problem
    # That of a line of a file depends on where the line stands.
    line = problem.line if problem is not None and outcome.digest is not None else None
    return CachedOutcome(
        article and replace(article, relations=()),
        tuple(map(msgspec.msgpack.encode, article.relations if article else ())),
        None if problem is None else (problem.message, line),
        tuple(warning[len(outcome.location) :] for warning in outcome.warnings),
        outcome.page,
        outcome.date,
    )


def _payload(key: bytes, record: object) -> bytes | None:
    """Return what a record holds; None for a damaged record, and for none."""
    if not isinstance(record, bytes) or record[:_DIGEST_SIZE] != content_digest(key + record[_DIGEST_SIZE:]):
        return None
    return record[_DIGEST_SIZE:]


def _file_outcome(payload: bytes | None, path: str, digest: bytes, relations: dict[bytes, Relation]) -> Outcome | None:
    """Return the outcome of the file at `path`; None for a damaged one. `relations` holds those decoded so far."""
    try:
        cached = None if payload is None else _DECODER.decode(payload)
        if cached is None:
            return None
        article = _article(cached, relations)
    except _DAMAGES:
        return None
    problem = None if cached.problem is None else ArticleError(cached.problem[0], path, cached.problem[1])
    warnings = tuple(path + text for text in cached.warnings)
    return Outcome(path, article, problem, warnings, digest, cached.page, date=cached.date)


def _line_outcomes(payload: bytes | None, block: LineBlock, relations: dict[bytes, Relation]) -> list[Outcome] | None:
    """Return the outcomes of the lines of a block, as `_file_outcome` does that of a file."""
    outcomes: list[Outcome] = []
    try:
        lines = None if payload is None else _LINES_DECODER.decode(payload)
        if lines is None:
            return None
        for number, cached in zip(lines.numbers, lines.outcomes, strict=True):
            line = block.first + number
            location = f"{block.path}:{line}"
            article = _article(cached, relations)
            problem = None if cached.problem is None else ArticleError(cached.problem[0], block.path, line)
            warnings = tuple(location + text for text in cached.warnings)
            outcomes.append(Outcome(location, article, problem, warnings, None, cached.page, date=cached.date))
    except _DAMAGES:
        return None
    return outcomes


def _article(cached: CachedOutcome, relations: dict[bytes, Relation]) -> Article | None:
    """Return the article with its relations; equal ones are one object, and are decoded once."""
    if cached.article is None or not cached.relations:
        return cached.article
    for encoded in cached.relations:
        if encoded not in relations:
            relations[encoded] = _RELATION_DECODER.decode(encoded)
    return replace(cached.article, relations=tuple(map(relations.__getitem__, cached.relations)))
