"""The record of a run: what went in, what came out, when, and what changed since the run before."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from recommender.core.records import Article
from recommender.core.settings import Settings
from recommender.core.times import utc_text
from recommender.corpus.corpus import Corpus
from recommender.jobs.folder import JobFolder

RECORD, KNOWN = "run.json", "known.json"
FORMAT = 1
NAMED = 10  # articles of a kind that the record names


class Stopwatch:
    """When a run began and came to its end, and how many seconds each part of it took."""

    def __init__(self) -> None:
        self.started = self.finished = datetime.now(UTC)
        self.laps: dict[str, float] = {}
        self._last = time.monotonic()

    def lap(self, name: str) -> None:
        """Note that a part has come to its end."""
        now = time.monotonic()
        self.laps[name] = round(now - self._last, 3)
        self._last, self.finished = now, datetime.now(UTC)


@dataclass(frozen=True)
class Known:
    """What a run saw and made: a digest of each article, and the targets of each list, by id."""

    articles: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, corpus: Corpus, lists: Mapping[str, Sequence[str]]) -> Known:
        """Note a corpus and the lists that were made for it."""
        return cls({article.id: _digest(article) for article in corpus}, lists)


@dataclass(frozen=True)
class Changes:
    """What is different from the run before; ids in the order of the corpus."""

    since: str
    added: tuple[str, ...]
    gone: tuple[str, ...]
    changed: tuple[str, ...]
    lists: tuple[str, ...]
    links_added: int
    links_gone: int

    @classmethod
    def between(cls, old: Known, new: Known, since: str) -> Changes:
        """Compare two runs."""
        names = [*new.lists, *(name for name in old.lists if name not in new.lists)]
        both = [name for name in new.articles if name in old.articles]
        pairs = [(set(old.lists.get(name, ())), set(new.lists.get(name, ()))) for name in names]
        return cls(
            since=since,
            added=tuple(name for name in new.articles if name not in old.articles),
            gone=tuple(name for name in old.articles if name not in new.articles),
            changed=tuple(name for name in both if old.articles[name] != new.articles[name]),
            lists=tuple(name for name in new.lists if list(new.lists[name]) != list(old.lists.get(name, ()))),
            links_added=sum(len(after - before) for before, after in pairs),
            links_gone=sum(len(before - after) for before, after in pairs),
        )

    def line(self) -> str:
        """Return this as a line for a person."""
        return (
            f"since {self.since}: {len(self.added):,} articles new, {len(self.gone):,} gone, "
            f"{len(self.changed):,} changed; "
            f"{len(self.lists):,} lists changed, {self.links_added:,} links new, {self.links_gone:,} gone"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return this as JSON-ready values: numbers, and the first few names."""
        named = {name: getattr(self, name) for name in ("added", "gone", "changed", "lists")}
        values: dict[str, Any] = {"since": self.since}
        values |= {name: {"number": len(ids), "first": list(ids[:NAMED])} for name, ids in named.items()}
        return values | {"links_added": self.links_added, "links_gone": self.links_gone}


@dataclass(frozen=True)
class LastRun:
    """The run before, as its record tells it."""

    record: Mapping[str, Any]
    known: Known

    @property
    def finished(self) -> str:
        """When it ended, as text."""
        return str(self.record.get("finished"))

    @classmethod
    def of(cls, folder: JobFolder) -> LastRun | None:
        """Read the record in a folder; None where there is none, or its parts do not belong together."""
        record, known = folder.read_json(RECORD), folder.read_json(KNOWN)
        if record is None or known is None or record.get("format") != FORMAT or record.get("run") != known.get("run"):
            return None
        articles, lists = known.get("articles"), known.get("lists")
        if not isinstance(articles, dict) or not isinstance(lists, dict):
            return None
        return cls(record, Known(articles, lists))


def keep(folder: JobFolder, record: Mapping[str, Any], known: Known) -> None:
    """Write the record of a run that came to its end."""
    text = msgspec.json.encode([record, known.articles, known.lists])
    run = hashlib.sha256(text).hexdigest()[:16]
    folder.write_json(KNOWN, {"run": run, "articles": dict(known.articles), "lists": dict(known.lists)})
    folder.write_json(RECORD, {"format": FORMAT, "run": run, **record})


def expiry(finished: datetime, settings: Settings) -> datetime | None:
    """Return until when suggestions count that were renewed now; None where they do for ever."""
    days = settings.job.expire_days
    return None if days is None else finished + timedelta(days=days)


def expired(record: Mapping[str, Any], now: datetime) -> bool:
    """Whether the suggestions of a recorded run no longer count."""
    until = record.get("expires")
    return until is not None and datetime.fromisoformat(str(until)) <= now


def moment_text(moment: datetime | None) -> str | None:
    """Return a moment as it stands in a record."""
    return None if moment is None else utc_text(moment, "seconds")


def _digest(article: Article) -> str:
    return hashlib.blake2b(msgspec.json.encode(article), digest_size=8).hexdigest()
