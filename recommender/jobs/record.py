"""The record of a run: what went in, what came out, when, and what changed since the run before."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from recommender.core.records import Suggestion
from recommender.core.times import utc_text
from recommender.corpus.corpus import Corpus
from recommender.jobs.exposure import Exposure
from recommender.jobs.folder import JobFolder

RECORD, KNOWN = "run.json", "known.json"
FORMAT = 1
FIRST_IDS = 10  # of each kind of change, which the record names
PARTS = ("read", "model", "suggest", "inbound")


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


@dataclass
class Counts:
    """What was made, in numbers; None is what was not wanted.

    `sources` are articles with at least one suggestion, `duplicates` articles that are listed under a suggestion as the
    same text, `inbound` links from older articles to new ones, and `files` those of articles that were ``written``,
    ``unchanged`` or ``left`` alone.
    """

    sources: int = 0
    suggestions: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    duplicates: int = 0
    inbound: int | None = None
    files: dict[str, int] | None = None
    exposure: Exposure | None = None

    def add(self, suggestions: Sequence[Suggestion]) -> None:
        """Count the suggestions of an article."""
        self.sources += bool(suggestions)
        self.suggestions += len(suggestions)
        for suggestion in suggestions:
            self.kinds[suggestion.kind] = self.kinds.get(suggestion.kind, 0) + 1
            self.duplicates += len(suggestion.duplicates)


@dataclass(frozen=True)
class Output:
    """A file that was written, its sha256, and the format of its rows where it has any.

    Of articles, it is the site, and the `files_digest` after the writing; of a data file, `sha256` is of the paths of
    its pages, too.
    """

    path: str
    sha256: str
    format: str | None = None


@dataclass(kw_only=True)
class Record:
    """The record of a run as it stands in ``run.json``; the run fills it in."""

    format: int = FORMAT
    run: str = ""  # the same in the ``known.json`` that belongs to it
    site: str
    recommender: str
    started: datetime = field(default_factory=_now)
    finished: datetime = field(default_factory=_now)
    expires: datetime | None = None
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(PARTS, 0.0))  # 0 for what was not needed
    inputs: dict[str, Any] = field(default_factory=dict)
    model: dict[str, str | None]  # its version, the kind of its ranker, and its folder, None where the job trained it
    settings: dict[str, Any]
    counts: Counts = field(default_factory=Counts)
    outputs: dict[str, Output] = field(default_factory=dict)
    changes: dict[str, Any] | None = None  # as of `changes_between`; None for the first run on record
    now: datetime | None = None  # the moment that decided which pages were published
    resumed: int = 0  # lists that a killed run of the same job had made already
    digest: str = ""  # as of `job_digest`; empty in the records of older versions
    unchanged_since: datetime | None = None  # the end of the run that made the output, where nothing changed since
    warnings: tuple[str, ...] = ()  # decisions that could not be read, and what may be slips in the business rules

    @classmethod
    def read(cls, folder: JobFolder) -> Record | None:
        """Read the record in a folder; None where there is none of this format."""
        record = folder.read(RECORD, cls)
        return record if record is not None and record.format == FORMAT else None

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Note how long a part of the run takes."""
        start = time.monotonic()
        yield
        self.seconds[part] = round(time.monotonic() - start, 3)

    def finish(self, expire_days: float | None) -> None:
        """Note that the run has ended, and for how many days its suggestions count; None for ever."""
        self.finished = _now()
        self.expires = None if expire_days is None else self.finished + timedelta(days=expire_days)

    def expired(self, now: datetime) -> bool:
        """Whether the suggestions of this run no longer count."""
        return self.expires is not None and self.expires <= now


@dataclass(frozen=True)
class Known:
    """What a run knew and made, as it stands in ``known.json``, by the id of each article.

    `articles` are digests of them, `lists` the ids of the targets that they got, best first.
    """

    articles: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, Sequence[str]] = field(default_factory=dict)
    run: str = ""

    @classmethod
    def of(cls, corpus: Corpus, lists: Mapping[str, Sequence[str]]) -> Known:
        """Return what is known of a corpus and its lists."""
        encode = msgspec.json.encode
        articles = {article.id: hashlib.blake2b(encode(article), digest_size=8).hexdigest() for article in corpus}
        return cls(articles, lists, hashlib.sha256(encode([articles, lists])).hexdigest()[:16])


@dataclass(frozen=True)
class RecordedRun:
    """A run that came to its end: its record, and what it knew."""

    record: Record
    known: Known

    @classmethod
    def read(cls, folder: JobFolder) -> RecordedRun | None:
        """Read both files in a folder; None where one is absent or damaged, or they do not belong together."""
        record, known = Record.read(folder), folder.read(KNOWN, Known)
        return cls(record, known) if record is not None and known is not None and record.run == known.run else None

    def write(self, folder: JobFolder) -> None:
        """Write both files; a kill between the two leaves none that counts."""
        self.record.run = self.known.run
        folder.write(KNOWN, self.known)
        folder.write(RECORD, self.record)


def changes_between(old: Known, new: Known, since: datetime) -> dict[str, Any]:
    """Return what is different from the run before, which ended at `since`: numbers, and the first few ids.

    The ids are in the order of the corpus.
    """
    lists = [source for source, targets in new.lists.items() if not _equal(targets, old.lists.get(source, ()))]
    ids = {
        "added": [article_id for article_id in new.articles if article_id not in old.articles],
        "gone": [article_id for article_id in old.articles if article_id not in new.articles],
        "changed": [name for name, digest in new.articles.items() if old.articles.get(name, digest) != digest],
        "lists": lists,
    }
    # Of most nights most lists are equal: sets of their targets would take longer than all the rest.
    sources = [*lists, *(source for source in old.lists if source not in new.lists)]
    targets = [(set(old.lists.get(source, ())), set(new.lists.get(source, ()))) for source in sources]
    return {
        "since": utc_text(since),
        **{name: {"number": len(names), "first": names[:FIRST_IDS]} for name, names in ids.items()},
        "links_added": sum(len(after - before) for before, after in targets),
        "links_gone": sum(len(before - after) for before, after in targets),
    }


def _equal(targets: Sequence[str], others: Sequence[str]) -> bool:
    return targets is others or list(targets) == list(others)


def changes_line(changes: Mapping[str, Any]) -> str:
    """Return what is different from the run before, as of `changes_between`, as a line for a person."""
    added, gone, changed, lists = (changes[name]["number"] for name in ("added", "gone", "changed", "lists"))
    return (
        f"since {changes['since']}: {added:,} articles new, {gone:,} gone, {changed:,} changed; "
        f"{lists:,} lists changed, {changes['links_added']:,} links new, {changes['links_gone']:,} gone"
    )
