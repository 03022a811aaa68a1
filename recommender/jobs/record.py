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
from recommender.jobs.exposure import Exposure
from recommender.jobs.folder import JobFolder

RECORD, KNOWN = "run.json", "known.json"
FORMAT = 1
FIRST_IDS = 10  # of each kind of change, which the record names
PARTS = ("read", "model", "suggest", "inbound")

# Names in `Record.outputs`.
SUGGESTIONS, INBOUND, FRONT_MATTER = "suggestions", "inbound", "front_matter"


class Stopwatch:
    """When a run began and ended, and how many seconds each part of it took; 0 for what was not needed."""

    def __init__(self) -> None:
        self.started = self.finished = datetime.now(UTC)
        self.seconds = dict.fromkeys(PARTS, 0.0)
        self._last = time.monotonic()

    def lap(self, part: str) -> None:
        """Note that a part has ended."""
        now = time.monotonic()
        self.seconds[part] = round(now - self._last, 3)
        self._last, self.finished = now, datetime.now(UTC)


@dataclass(frozen=True)
class InputsRecord:
    """What was read; `sha256` is that of the corpus."""

    sha256: str
    articles: int
    newest: datetime | None
    read: int
    skipped: int
    relations: int
    decisions: int

    @classmethod
    def of(cls, corpus: Corpus, sha256: str, n_decisions: int) -> InputsRecord:
        """Note what is known of a corpus."""
        report, newest = corpus.report, corpus.newest
        return cls(
            sha256=sha256,
            articles=len(corpus),
            newest=None if newest is None else whole_seconds(newest),
            read=report.read,
            skipped=len(report.skipped),
            relations=len(corpus.links),
            decisions=n_decisions,
        )


@dataclass(frozen=True)
class ModelRecord:
    """The model: its version, the kind of its ranker, and its folder, None where the job trained it."""

    version: str
    ranker: str
    folder: str | None


@dataclass(frozen=True)
class FileCounts:
    """Files of articles that were written, were right already, or were left alone."""

    written: int
    unchanged: int
    left: int


@dataclass(frozen=True)
class Counts:
    """What was made, in numbers; those of a `Summary`."""

    sources: int
    suggestions: int
    kinds: dict[str, int]
    duplicates: int
    inbound: int | None = None
    files: FileCounts | None = None
    exposure: Exposure | None = None


@dataclass(frozen=True)
class Output:
    """A file that was written, and its sha256; of articles, the site, and the `files_digest` after the writing."""

    path: str
    sha256: str


@dataclass(frozen=True)
class Record:
    """The record of a run that came to its end, as it stands in ``run.json``.

    Attributes
    ----------
    run
        The same in the ``known.json`` that belongs to it.
    digest
        Of everything that the output depends on, as of `job_digest`; empty in the records of older versions.
    unchanged_since
        When the run ended that made the output, where nothing has changed since; None for a run that made it itself.
    seconds
        Of each part of the run.
    warnings
        Of the summary.
    changes
        As of `Changes.to_dict`; None where there is no record of a run before.
    """

    format: int
    run: str
    site: str
    recommender: str
    started: datetime
    finished: datetime
    expires: datetime | None
    seconds: dict[str, float]
    inputs: InputsRecord
    model: ModelRecord
    settings: dict[str, Any]
    counts: Counts
    outputs: dict[str, Output]
    changes: dict[str, Any] | None
    resumed: int
    digest: str = ""
    unchanged_since: datetime | None = None
    warnings: tuple[str, ...] = ()

    @classmethod
    def read(cls, folder: JobFolder) -> Record | None:
        """Read the record in a folder; None where there is none of this format."""
        record = folder.read(RECORD, cls)
        return record if record is not None and record.format == FORMAT else None

    def expired(self, now: datetime) -> bool:
        """Whether the suggestions of this run no longer count."""
        return self.expires is not None and self.expires <= now


@dataclass(frozen=True)
class Known:
    """What a run knew and made, as it stands in ``known.json``.

    Attributes
    ----------
    articles
        A digest of each article, by its id.
    lists
        The ids of the targets that each article got, by its id, best first.
    """

    articles: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, Sequence[str]] = field(default_factory=dict)
    run: str = ""

    @classmethod
    def of(cls, corpus: Corpus, lists: Mapping[str, Sequence[str]]) -> Known:
        """Return what is known of a corpus and its lists."""
        articles = {article.id: _digest(article) for article in corpus}
        run = hashlib.sha256(msgspec.json.encode([articles, lists])).hexdigest()[:16]
        return cls(articles, lists, run)


@dataclass(frozen=True)
class Changes:
    """What is different from the run before; ids in the order of the corpus."""

    since: str
    added: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    links_added: int = 0
    links_gone: int = 0

    @classmethod
    def between(cls, old: Known, new: Known, since: str) -> Changes:
        """Compare two runs."""
        sources = [*new.lists, *(source for source in old.lists if source not in new.lists)]
        in_both = [article_id for article_id in new.articles if article_id in old.articles]
        targets = [(set(old.lists.get(source, ())), set(new.lists.get(source, ()))) for source in sources]
        return cls(
            since=since,
            added=tuple(article_id for article_id in new.articles if article_id not in old.articles),
            gone=tuple(article_id for article_id in old.articles if article_id not in new.articles),
            changed=tuple(name for name in in_both if old.articles[name] != new.articles[name]),
            lists=tuple(source for source in new.lists if list(new.lists[source]) != list(old.lists.get(source, ()))),
            links_added=sum(len(after - before) for before, after in targets),
            links_gone=sum(len(before - after) for before, after in targets),
        )

    def line(self) -> str:
        """Return this as a line for a person."""
        return (
            f"since {self.since}: {len(self.added):,} articles new, {len(self.gone):,} gone, "
            f"{len(self.changed):,} changed; "
            f"{len(self.lists):,} lists changed, {self.links_added:,} links new, {self.links_gone:,} gone"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return this as JSON-ready values: numbers, and the first few ids."""
        ids = {name: getattr(self, name) for name in ("added", "gone", "changed", "lists")}
        values: dict[str, Any] = {"since": self.since}
        values |= {name: {"number": len(ids[name]), "first": list(ids[name][:FIRST_IDS])} for name in ids}
        return values | {"links_added": self.links_added, "links_gone": self.links_gone}


@dataclass(frozen=True)
class LastRun:
    """The run before: its record, and what it knew."""

    record: Record
    known: Known

    @property
    def finished(self) -> str:
        """When it ended, as text."""
        return utc_text(self.record.finished, "seconds")

    @classmethod
    def of(cls, folder: JobFolder) -> LastRun | None:
        """Read both files in a folder; None where one is absent or damaged, or they do not belong together."""
        record, known = Record.read(folder), folder.read(KNOWN, Known)
        return cls(record, known) if record is not None and known is not None and record.run == known.run else None


def write_record(folder: JobFolder, record: Record, known: Known) -> None:
    """Write the record of a run that came to its end; a kill between the two files leaves none that counts."""
    folder.write(KNOWN, known)
    folder.write(RECORD, record)


def expiry(finished: datetime, settings: Settings) -> datetime | None:
    """Return until when the suggestions of a run count; None where they do for ever."""
    days = settings.job.expire_days
    return None if days is None else whole_seconds(finished + timedelta(days=days))


def whole_seconds(moment: datetime) -> datetime:
    """Return a moment as precise as a record needs it."""
    return moment.replace(microsecond=0)


def _digest(article: Article) -> str:
    return hashlib.blake2b(msgspec.json.encode(article), digest_size=8).hexdigest()
