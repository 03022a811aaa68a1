"""The folder in which a site's job keeps its record, its lock and what a killed run had done."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from recommender.core.errors import RecommenderError, SettingsError
from recommender.core.files import replacing, site_root
from recommender.core.settings import Settings
from recommender.core.times import utc_text

OFF = "RECOMMENDER_OFF"
_ON = frozenset({"", "0", "false", "no", "off"})  # the values of `OFF` that leave the job on


def switched_off(settings: Settings) -> str | None:
    """Say what switches the job off, None where nothing does."""
    if os.environ.get(OFF, "").strip().lower() not in _ON:
        return f"the environment variable {OFF} is set"
    return None if settings.job.enabled else "job.enabled is false in the settings"


@dataclass(frozen=True)
class JobFolder:
    """A folder of the job's own, by default ``.recommender`` at the site's root."""

    path: Path

    @classmethod
    def of_site(cls, site: Path, settings: Settings) -> JobFolder:
        """Make the folder of a site, which git ignores.

        Raises
        ------
        SettingsError
            When it cannot be made.
        """
        folder = cls(site_root(site) / settings.job.folder)
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
        """Keep every other job of this site out.

        The lock is the system's and ends with the process that holds it, however it ends, so that none is ever stale.

        Raises
        ------
        RecommenderError
            When another job holds it, naming that job.
        """
        lock = FileLock(self.path / "lock", timeout=0)
        try:
            lock.acquire()
        except Timeout as error:
            raise RecommenderError(
                f"another job is at work on this site: {self._holder()}; wait for its end, or end it"
            ) from error
        try:
            started = utc_text(datetime.now(UTC), "seconds")
            self.write_json("holder.json", {"process": os.getpid(), "host": socket.gethostname(), "started": started})
            yield
        finally:
            (self.path / "holder.json").unlink(missing_ok=True)
            lock.release()

    def read_json(self, name: str) -> dict[str, Any] | None:
        """Return what a file of the folder holds; None where there is none, or it holds no object."""
        try:
            values = json.loads((self.path / name).read_bytes())
        except (OSError, ValueError, RecursionError):
            return None
        return values if isinstance(values, dict) else None

    def write_json(self, name: str, values: dict[str, Any]) -> None:
        """Write a file of the folder, as a whole or not at all."""
        with replacing(self.path / name) as stream:
            stream.write((json.dumps(values, ensure_ascii=False, indent=1) + "\n").encode())

    def _holder(self) -> str:
        values = self.read_json("holder.json")
        if values is None:
            return "it has not said which"
        return f"process {values.get('process')} on {values.get('host')}, since {values.get('started')}"
