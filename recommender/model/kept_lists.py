"""Lists of suggestions kept from one job to the next: found by their fingerprints, never trusted."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

import msgspec

from recommender.core.records import Article, Reason, Suggestion

logger = logging.getLogger(__name__)

SUFFIX = ".lists"
TABLES = (
    "CREATE TABLE IF NOT EXISTS lists (fingerprint BLOB PRIMARY KEY, digest BLOB, list BLOB) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS jobs (state BLOB PRIMARY KEY, fingerprints BLOB) WITHOUT ROWID",
)
WIDTH = 32  # bytes of a fingerprint


class KeptSuggestion(NamedTuple):
    """A suggestion, its target by its id."""

    target_id: str
    rank: int
    score: float
    kind: str
    reasons: tuple[tuple[str, str, float, float], ...]
    duplicates: tuple[str, ...]


_DECODER = msgspec.json.Decoder(list[KeptSuggestion])
_ENCODER = msgspec.json.Encoder()


class KeptLists:
    """Lists in one file, a database. One that is damaged, or cannot be written, is as good as none.

    Parameters
    ----------
    file
        Made on the first use, with its folder.
    """

    def __init__(self, file: Path):
        self._file = file
        self._open: sqlite3.Connection | None = None
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            self._open = self._opened()
        except (OSError, sqlite3.Error) as error:
            logger.warning("suggestions are not kept in %s: %s", file, error)

    @classmethod
    def of_site(cls, folder: Path, site: Path) -> KeptLists:
        """Return the lists of a site in a folder of caches."""
        name = blake2b(os.fsencode(os.path.abspath(site)), digest_size=12).hexdigest()
        return cls(folder / f"{name}{SUFFIX}")

    def find(self, fingerprint: bytes) -> list[KeptSuggestion] | None:
        """Return the list of a fingerprint; None for one that is not there, or not as it was written."""
        found = self._asked("SELECT digest, list FROM lists WHERE fingerprint = ?", fingerprint)
        if found is None or not all(isinstance(part, bytes) for part in found) or found[0] != _digest(found[1]):
            return None
        with suppress(msgspec.MsgspecError, UnicodeDecodeError):
            return _DECODER.decode(found[1])
        return None

    def any_of(self, key: bytes) -> bool:
        """Say whether there are lists whose fingerprints begin with a key."""
        first = self._asked("SELECT fingerprint FROM lists WHERE fingerprint >= ? ORDER BY fingerprint LIMIT 1", key)
        return first is not None and isinstance(first[0], bytes) and first[0].startswith(key)

    def has(self, fingerprints: Sequence[bytes]) -> list[bool]:
        """Say which lists are there, unread."""
        return [self._asked("SELECT 1 FROM lists WHERE fingerprint = ?", one) is not None for one in fingerprints]

    def keep(self, lists: Iterable[tuple[bytes, Sequence[Suggestion]]]) -> None:
        """Write some lists at once; those of a job that is killed later are there for the next."""
        rows = []
        for fingerprint, suggestions in lists:
            data = _ENCODER.encode([_kept(one) for one in suggestions])
            rows.append((fingerprint, _digest(data), data))
        if rows:
            self._change([("INSERT OR REPLACE INTO lists VALUES (?, ?, ?)", rows)])

    def of_job(self, state: bytes) -> list[bytes] | None:
        """Return the fingerprints of all sources, in order, of the job that saw this state last."""
        found = self._asked("SELECT fingerprints FROM jobs WHERE state = ?", state)
        if found is None or not isinstance(found[0], bytes) or len(found[0]) % WIDTH:
            return None
        return [found[0][start : start + WIDTH] for start in range(0, len(found[0]), WIDTH)]

    def finish(self, state: bytes, fingerprints: Sequence[bytes]) -> None:
        """Note what a job ended with, and forget all lists that are not of it."""
        self._change(
            [
                ("CREATE TEMP TABLE IF NOT EXISTS used (fingerprint BLOB PRIMARY KEY)", [()]),
                ("DELETE FROM used", [()]),
                ("INSERT OR IGNORE INTO used VALUES (?)", [(one,) for one in fingerprints]),
                ("DELETE FROM lists WHERE fingerprint NOT IN (SELECT fingerprint FROM used)", [()]),
                ("DELETE FROM jobs", [()]),
                ("INSERT INTO jobs VALUES (?, ?)", [(state, b"".join(fingerprints))]),
            ]
        )

    def close(self) -> None:
        """Let go of the file."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def _opened(self) -> sqlite3.Connection:
        try:
            return self._connected()
        except sqlite3.DatabaseError:
            self._file.unlink(missing_ok=True)
            return self._connected()

    def _connected(self) -> sqlite3.Connection:
        self._file.touch(mode=0o600)  # what the articles say is nobody else's business
        connection = sqlite3.connect(self._file, timeout=10, check_same_thread=False)
        try:
            with connection:
                for table in TABLES:
                    connection.execute(table)
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _asked(self, question: str, *values: object) -> tuple[bytes, ...] | None:
        if self._open is None:
            return None
        try:
            found: tuple[bytes, ...] | None = self._open.execute(question, values).fetchone()
        except sqlite3.Error as error:
            self._give_up(error)
            return None
        return found

    def _change(self, changes: Sequence[tuple[str, Sequence[tuple[object, ...]]]]) -> None:
        if self._open is None:
            return
        try:
            with self._open:
                for change, rows in changes:
                    self._open.executemany(change, rows) if rows != [()] else self._open.execute(change)
        except sqlite3.Error as error:
            self._give_up(error)

    def _give_up(self, error: sqlite3.Error) -> None:
        """Do without, and without the file too where it is damaged."""
        logger.warning("the lists in %s are not used: %s", self._file, error)
        self.close()
        if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
            with suppress(OSError):
                self._file.unlink(missing_ok=True)


def from_kept(source_id: str, target: Article, kept: KeptSuggestion) -> Suggestion:
    """Return a suggestion as it was."""
    reasons = tuple(Reason(*reason) for reason in kept.reasons)
    return Suggestion(
        source_id, kept.target_id, kept.rank, kept.score, kept.kind, reasons, target, tuple(kept.duplicates)
    )


def _kept(one: Suggestion) -> KeptSuggestion:
    reasons = tuple((each.feature, each.text, each.share, each.log_odds) for each in one.reasons)
    return KeptSuggestion(one.target_id, one.rank, one.score, one.kind, reasons, one.duplicates)


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=16).digest()
