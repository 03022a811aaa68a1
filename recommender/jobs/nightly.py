"""The nightly job: a whole site in, a line of JSON for each suggestion out."""

from __future__ import annotations

import logging
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from recommender.core.errors import RecommenderError, SettingsError
from recommender.core.files import file_sha256
from recommender.core.records import Suggestion
from recommender.core.settings import JobSettings, Settings
from recommender.core.workers import cluster
from recommender.corpus.corpus import Corpus
from recommender.jobs.backfill import BackFill, inbound_rows, new_articles
from recommender.jobs.exposure import Progress, Spread
from recommender.jobs.folder import JobFolder, switched_off
from recommender.jobs.record import RECORD, Changes, Known, LastRun, Stopwatch, expired, expiry, keep, moment_text
from recommender.jobs.resume import ResumeFolder, corpus_digest, job_key
from recommender.jobs.summary import Summary
from recommender.model.kept_lists import KeptLists
from recommender.model.recommender import Recommender
from recommender.selection.decisions import Decisions
from recommender.sinks.entries import EntryShape
from recommender.sinks.json_lines import write_file, write_lines, write_rows
from recommender.sinks.write_back import FileEntries, Plan, Written
from recommender.sources import article_files, cache_folder, read_articles
from recommender.sources.fields import FORBIDDEN, FieldMap

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class WriteBack:
    """How articles are written into: `dry_run` shows a diff instead, more than `max_changed` files stop the job."""

    dry_run: bool = False
    max_changed: int | None = None


def open_model(
    corpus: Corpus,
    settings: Settings,
    folder: Path | None,
    name: str,
    decisions: Decisions | None = None,
    n_jobs: int = 1,
) -> Recommender:
    """Return the model of a folder with this corpus as its articles, or, without a folder, a newly trained one."""
    if folder is None:
        return Recommender(settings, name, decisions=decisions).fit(corpus, n_jobs)
    model = Recommender.load(folder)
    model.settings = settings
    model.decisions = Decisions() if decisions is None else decisions
    model.renew(corpus)
    return model


def suggest_site(
    site: Path,
    settings: Settings | None = None,
    output: Path | None = None,
    model_folder: Path | None = None,
    n_jobs: int = 1,
    progress: Progress | None = None,
    cache: str | bool | None = None,
    write_back: WriteBack | None = None,
    back_fill: BackFill | None = None,
    resume: bool = False,
    scheduler: str | None = None,
) -> Summary | None:
    """Read a site, learn from its relations unless a model is given, and write suggestions for every article.

    Parameters
    ----------
    settings
        Of every stage, the rules of the house among them; those of the site's ``recommender.yaml`` for None.
    output
        The file to write, as a whole or not at all; for None standard output, unless articles are written into.
    model_folder
        A trained model; its ranker and term weights are used as they are.
    n_jobs
        Workers that read, learn and suggest; the result does not depend on it.
    progress
        Wraps the stream of suggestion lists, of which it is told the length.
    cache
        As of `read_articles`. Suggestions are kept there too, and those that cannot have changed are not made again.
    write_back
        How to write into the articles; not at all for None.
    back_fill
        Where to write which older articles should point at new ones; nowhere for None.
    resume
        Go on where a killed run of the same job stopped, to the same bytes; from the start where there is none.
    scheduler
        Address of a Dask scheduler, as ``tcp://host:8786``, whose workers learn and suggest; this machine's for None.

    Returns
    -------
    None where the job is switched off: nothing was read or written then.

    Raises
    ------
    RecommenderError
        When the site or the settings cannot be used, more files would change than may, or another job is at work on
        the site; nothing is written then.
    """
    settings = settings or Settings.of_site(site)
    off = switched_off(settings)
    if off is not None:
        logger.info("switched off: %s", off)
        return None
    # What cannot be written into is told before the training, not after it.
    hand = _Hand(site, settings, write_back) if write_back is not None else None
    job = _Job(site, settings, output, model_folder, n_jobs, progress, cache, hand, back_fill, scheduler)
    if output is None and back_fill is None and (write_back is None or write_back.dry_run):
        if resume:
            raise SettingsError("there is nothing to resume for a job that writes no file; name one to write")
        return job.run(None, False)
    try:
        folder = JobFolder.of_site(site, settings)
    except SettingsError as error:
        if hand is not None or resume or settings.job.folder != JobSettings().folder:
            raise
        # A site that may only be read is suggested for all the same: nothing of it is written.
        logger.warning("%s; this run keeps no record", error)
        return job.run(None, False)
    with folder.locked():
        return job.run(folder, resume)


@dataclass(frozen=True)
class _Job:
    """One run over a site, with what `suggest_site` was told."""

    site: Path
    settings: Settings
    output: Path | None
    model_folder: Path | None
    n_jobs: int
    progress: Progress | None
    cache: str | bool | None
    hand: _Hand | None
    back_fill: BackFill | None
    scheduler: str | None

    def run(self, folder: JobFolder | None, resume: bool) -> Summary:
        """Do everything; with a folder, keep there what is done so far, and at the end a record of it."""
        clock = Stopwatch()
        corpus = read_articles(self.site, self.settings.source, n_jobs=self.n_jobs, cache=self.cache)
        logger.info("read %s", corpus)
        clock.lap("read")
        decisions = Decisions.of_site(self.site)
        spool = ResumeFolder(folder.path / "resume") if folder is not None else None
        sha256 = corpus_digest(corpus) if spool is not None else ""
        with cluster(self.scheduler):
            model, resumed = self._model(corpus, decisions, spool, sha256, resume)
        logger.info("model %s, %s ranker", model.version, model.ranker.kind)
        clock.lap("model")
        last = LastRun.of(folder) if folder is not None else None
        make = model.suggest_all if spool is None else partial(spool.lists, model)
        lists = Spread(model, self.n_jobs, self.progress, partial(make, n_jobs=self.n_jobs, kept=self._kept()))
        with cluster(self.scheduler):
            summary, targets = self._write(model, corpus, lists)
        clock.lap("suggest")
        inbound = self._write_inbound(model, last)
        clock.lap("inbound")
        known = Known.of(corpus, targets)
        summary = replace(
            summary,
            warnings=(*decisions.problems, *model.rule_warnings()),
            inbound=inbound,
            changes=Changes.between(last.known, known, last.finished) if last is not None else None,
            resumed=resumed,
        )
        if folder is not None and spool is not None:
            keep(folder, self._record(summary, model, decisions, sha256, clock), known)
            spool.clear()
        return summary

    def _kept(self) -> KeptLists | None:
        """Return where lists stay from night to night, beside the parse cache; None where nothing is kept."""
        folder = cache_folder(self.settings.source.cache if self.cache is None else self.cache)
        return None if folder is None else KeptLists.of_site(folder, self.site)

    def _model(
        self, corpus: Corpus, decisions: Decisions, spool: ResumeFolder | None, sha256: str, resume: bool
    ) -> tuple[Recommender, int]:
        """Return the model, and how many lists of the same job are there already."""
        name = site_name(self.site)
        if spool is None:
            return open_model(corpus, self.settings, self.model_folder, name, decisions, self.n_jobs), 0
        key = job_key(sha256, self.settings, decisions, self.model_folder)
        if resume and spool.holds(key):
            trained = spool.model_folder if self.model_folder is None and spool.has_model else self.model_folder
            model = open_model(corpus, self.settings, trained, name, decisions, self.n_jobs)
        else:
            if resume:
                logger.info("nothing of this very job is left to resume; it starts anew")
            spool.start(key)
            model = open_model(corpus, self.settings, self.model_folder, name, decisions, self.n_jobs)
        if self.model_folder is None and not spool.has_model:
            model.save(spool.model_folder)
        return model, spool.done(len(corpus))

    def _write(self, model: Recommender, corpus: Corpus, lists: Spread) -> tuple[Summary, dict[str, list[str]]]:
        """Write suggestions where they shall go; return what was written, and each article's targets."""
        kinds: Counter[str] = Counter()
        targets: dict[str, list[str]] = {}
        duplicates = 0

        def stream() -> Iterator[Suggestion]:
            nonlocal duplicates
            for article_id, suggestions in lists:
                targets[article_id] = [one.target_id for one in suggestions]
                kinds.update(suggestion.kind for suggestion in suggestions)
                duplicates += sum(len(suggestion.duplicates) for suggestion in suggestions)
                if self.hand is not None:
                    self.hand.take(article_id, suggestions)
                yield from suggestions
            if self.hand is not None:  # before the output is in its place: where this fails, there is none either
                self.hand.plan(corpus, model.version)

        if self.output is not None:
            count = write_file(stream(), self.output, model.version)
        elif self.hand is not None or self.back_fill is not None:
            count = sum(1 for _ in stream())
        else:
            count = write_lines(stream(), sys.stdout, model.version)
        files = self.hand.carry_out() if self.hand is not None else None
        sources = sum(map(bool, targets.values()))
        summary = Summary(corpus, model.ranker.kind, sources, count, dict(kinds), duplicates, files)
        return replace(summary, exposure=lists.exposure), targets

    def _write_inbound(self, model: Recommender, last: LastRun | None) -> int | None:
        if self.back_fill is None:
            return None
        new = new_articles(model, self.back_fill.since, last.known.articles if last is not None else None)
        return write_rows(inbound_rows(model, new, self.n_jobs), self.back_fill.output)

    def _record(
        self, summary: Summary, model: Recommender, decisions: Decisions, sha256: str, clock: Stopwatch
    ) -> dict[str, Any]:
        corpus, files, report = summary.corpus, summary.files, summary.corpus.report
        outputs = {"suggestions": self.output, "inbound": self.back_fill.output if self.back_fill else None}
        return {
            "site": str(self.site.absolute()),
            "recommender": version("recommender"),
            "started": moment_text(clock.started),
            "finished": moment_text(clock.finished),
            "expires": moment_text(expiry(clock.finished, self.settings)),
            "seconds": clock.laps,
            "inputs": {
                "sha256": sha256,
                "articles": len(corpus),
                "newest": moment_text(corpus.newest),
                "read": report.read,
                "skipped": len(report.skipped),
                "relations": len(corpus.links),
                "decisions": len(decisions),
            },
            "model": {
                "version": model.version,
                "ranker": summary.ranker,
                "folder": None if self.model_folder is None else str(self.model_folder),
            },
            "settings": self.settings.to_dict(),
            "counts": {
                "sources": summary.sources,
                "suggestions": summary.suggestions,
                "kinds": dict(sorted(summary.kinds.items())),
                "duplicates": summary.duplicates,
                "inbound": summary.inbound,
                "files": None
                if files is None
                else {"written": files.written, "unchanged": files.unchanged, "left": len(files.left_alone)},
            },
            "outputs": {
                name: {"path": str(path), "sha256": file_sha256(path)} for name, path in outputs.items() if path
            },
            "changes": summary.changes.to_dict() if summary.changes is not None else None,
            "resumed": summary.resumed,
        }


def unsuggest_site(site: Path, settings: Settings, dry_run: bool = False, only_expired: bool = False) -> Written | None:
    """Take everything out of a site's articles that `suggest_site` wrote into them, byte for byte.

    Files that are no articles, or no longer, are gone through as well. With `only_expired` nothing is done, and None
    returned, unless the last run on record is so long ago that its suggestions no longer count.
    """
    hand = _Hand(site, settings, WriteBack(dry_run))
    if dry_run and not only_expired:
        hand.plan(None, "")
        return hand.carry_out()
    folder = JobFolder.of_site(site, settings)
    with folder.locked():
        if only_expired and not expired(folder.read_json(RECORD) or {}, datetime.now(UTC)):
            return None
        hand.plan(None, "")
        return hand.carry_out()


class _Hand:
    """Writes into the articles of a site: takes what they shall hold, plans all of it, then carries it out.

    A site or a key that cannot be written is a RecommenderError from the start.
    """

    def __init__(self, site: Path, settings: Settings, write_back: WriteBack):
        self._site, self._write_back = site, write_back
        self._files = article_files(site, settings.source)
        names = FieldMap.from_settings(settings.source).names
        self._shape = EntryShape.from_names(settings.sink.key, names, FORBIDDEN)
        self._links: dict[str, list[Suggestion]] = {}
        self._plan = Plan.from_entries((), self._shape)

    def take(self, article_id: str, suggestions: Iterable[Suggestion]) -> None:
        """Note what an article shall hold."""
        self._links[article_id] = [replace(one, reasons=()) for one in suggestions]  # reasons would fill the memory

    def plan(self, corpus: Corpus | None, model: str) -> None:
        """Plan for the files that a corpus was read from, or to clear every file; stop where too many would change."""
        targets = map(FileEntries, self._files) if corpus is None else self._file_entries(corpus, model)
        self._plan = Plan.from_entries(targets, self._shape)
        if self._write_back.dry_run:
            sys.stdout.flush()
            sys.stdout.buffer.writelines(self._plan.diff(self._site))
            sys.stdout.buffer.flush()
        count, most = len(self._plan.edits), self._write_back.max_changed
        if most is not None and count > most:
            raise RecommenderError(
                f"{count:,} files would change, more than --max-changed {most}; nothing was written, "
                "look with --dry-run"
            )

    def _file_entries(self, corpus: Corpus, model: str) -> Iterator[FileEntries]:
        """Yield what each file shall hold: of several files of one article, only its home gets something."""
        owners = {file.path: article_id for article_id, file in corpus.files_by_id.items()}
        newest = corpus.newest
        for file in corpus.report.files:
            links = self._links.get(owners.get(file.path, ""), ())
            yield FileEntries(Path(file.path), [self._shape.entry(one, model, newest) for one in links], file.digest)

    def carry_out(self) -> Written:
        """Write, unless this is a dry run."""
        if self._write_back.dry_run:
            return self._plan.summary()
        logger.info("writing %d files", len(self._plan.edits))
        return self._plan.write()


def site_name(site: Path) -> str:
    """Return what a site is called in its model's version: the name of its folder or file, without suffixes."""
    name = site.resolve().name.partition(".")[0]
    return site.resolve().parent.name if name.startswith("_") else name or "site"
