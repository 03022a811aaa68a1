"""The folder in which a site's job keeps its record, its lock and the work of a killed run."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import msgspec
from filelock import FileLock, Timeout

from recommender.core.errors import RecommenderError, SettingsError
from recommender.core.files import replacing
from recommender.core.settings import Settings
from recommender.core.times import utc_text
from recommender.sources import root_of_site

OFF = "RECOMMENDER_OFF"
LOCK, HOLDER = "lock", "holder.json"
_ON = frozenset({"", "0", "false", "no", "off"})  # the values of `OFF` that leave the job on

T = TypeVar("T")


def switched_off(settings: Settings) -> str | None:
    """Return what switches the job off, in words; None where nothing does."""
    if os.environ.get(OFF, "").strip().lower() not in _ON:
        return f"the environment variable {OFF} is set"
    return None if settings.job.enabled else "job.enabled is false in the settings"


@dataclass(frozen=True)
class JobFolder:
    """The job's own folder, by default ``.recommender`` at the site's root."""

    path: Path

    @classmethod
    def of_site(cls, site: Path, settings: Settings) -> JobFolder:
        """Make the folder of a site, which git ignores; a SettingsError where it cannot be made."""
        folder = cls(root_of_site(site) / settings.job.folder)
        try:
            folder.path.mkdir(parents=True, exist_ok=True)
            ignore = folder.path / ".gitignore"
            if not ignore.exists():
                ignore.write_text("# made by recommender\n*\n", encoding="utf-8")
        except OSError as error:
            raise SettingsError(
                f"{folder.path} cannot be made ({error.strerror}), and a job keeps its lock and record there; "
                "name another folder by job.folder"
            ) from error
        return folder

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other job of this site out; a RecommenderError names the job that holds the lock already.

        The lock is the operating system's and ends with the process that holds it, so that it is never stale.
        """
        lock = FileLock(self.path / LOCK, timeout=0)
        try:
            lock.acquire()
        except Timeout as error:
            holder = self.read(HOLDER, str) or "its name is not known"
            raise RecommenderError(
                f"another job is at work on this site: {holder}; wait for its end, or end it"
            ) from error
        try:
            started = utc_text(datetime.now(UTC), "seconds")
            self.write(HOLDER, f"process {os.getpid()} on {socket.gethostname()}, since {started}")
            yield
        finally:
            (self.path / HOLDER).unlink(missing_ok=True)
            lock.release()

    def read(self, name: str, kind: type[T]) -> T | None:
        """Return the JSON in a file of the folder, as a value of this type; None where it is absent or does not fit."""
        try:
            return msgspec.json.decode((self.path / name).read_bytes(), type=kind)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None

    def write(self, name: str, value: object) -> None:
        """Write a file of the folder as indented JSON, as a whole or not at all."""
        with replacing(self.path / name) as stream:
            stream.write(msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n")
