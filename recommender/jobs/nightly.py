"""The nightly job: reads a site, gets its model, makes the lists, writes them, and records the run."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path

from recommender.core.errors import SettingsError
from recommender.core.files import file_sha256
from recommender.core.records import Suggestion
from recommender.core.settings import JobSettings, Settings
from recommender.core.workers import cluster
from recommender.corpus.corpus import Corpus
from recommender.jobs.article_writer import ArticleWriter, WriteBack
from recommender.jobs.backfill import BackFill, inbound_rows, new_articles
from recommender.jobs.digest import corpus_digest, job_digest
from recommender.jobs.exposure import Progress, SiteSuggestions
from recommender.jobs.folder import JobFolder, switched_off
from recommender.jobs.record import (
    FORMAT,
    FRONT_MATTER,
    INBOUND,
    SUGGESTIONS,
    Changes,
    InputsRecord,
    Known,
    LastRun,
    ModelRecord,
    Output,
    Record,
    Stopwatch,
    expiry,
    whole_seconds,
    write_record,
)
from recommender.jobs.resume import ResumeFolder
from recommender.jobs.summary import Summary, Tally
from recommender.model.recommender import Recommender
from recommender.selection.decisions import Decisions
from recommender.sinks.json_lines import write_file, write_lines, write_rows
from recommender.sinks.write_back import Written
from recommender.sources import read_articles

logger = logging.getLogger(__name__)


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

    Where nothing that the output depends on has changed since the last run on record, and what that run wrote is still
    there, nothing is trained or scored: the output stands.

    Parameters
    ----------
    settings
        Of every stage, the business rules among them; those of the site's ``recommender.yaml`` for None.
    output
        The file to write, as a whole or not at all; for None standard output, unless articles are written into.
    model_folder
        A trained model; its ranker and term weights are used as they are.
    n_jobs
        Workers that read, learn and suggest; the result does not depend on it.
    progress
        Wraps the stream of suggestion lists; gets their number.
    cache
        As of `read_articles`.
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
    # Made first, so that a site which cannot be written into is reported before the training.
    writer = ArticleWriter(site, settings, write_back) if write_back is not None else None
    job = _NightlyJob(site, settings, output, model_folder, n_jobs, progress, cache, writer, back_fill, scheduler)
    if output is None and back_fill is None and (writer is None or writer.dry_run):
        if resume:
            raise SettingsError("there is nothing to resume for a job that writes no file; name one to write")
        return job.run(None, False)
    try:
        folder = JobFolder.of_site(site, settings)
    except SettingsError as error:
        if writer is not None or resume or settings.job.folder != JobSettings().folder:
            raise
        # A site that may only be read gets its suggestions all the same: they are written elsewhere.
        logger.warning("%s; this run keeps no record", error)
        return job.run(None, False)
    with folder.locked():
        return job.run(folder, resume)


def unsuggest_site(site: Path, settings: Settings, dry_run: bool = False, only_expired: bool = False) -> Written | None:
    """Take everything out of a site's articles that `suggest_site` wrote into them, byte for byte.

    Files that are no articles, or no longer, are gone through as well. With `only_expired` nothing is done, and None
    returned, unless the suggestions of the last run on record no longer count.
    """
    writer = ArticleWriter(site, settings, WriteBack(dry_run))
    if dry_run and not only_expired:
        writer.plan_removal()
        return writer.write()
    folder = JobFolder.of_site(site, settings)
    with folder.locked():
        if only_expired:
            record = Record.read(folder)
            if record is None or not record.expired(datetime.now(UTC)):
                return None
        writer.plan_removal()
        return writer.write()


def site_name(site: Path) -> str:
    """Return what a site is called in its model's version: the name of its folder or file, without suffixes."""
    name = site.resolve().name.partition(".")[0]
    return site.resolve().parent.name if name.startswith("_") else name or "site"


@dataclass(frozen=True)
class _SiteInputs:
    """What a run reads, and the digests of the corpus and of the whole job; these are empty where none is recorded."""

    corpus: Corpus
    decisions: Decisions
    sha256: str = ""
    digest: str = ""


@dataclass(frozen=True)
class _NightlyJob:
    """One run over a site, with the arguments of `suggest_site`."""

    site: Path
    settings: Settings
    output: Path | None
    model_folder: Path | None
    n_jobs: int
    progress: Progress | None
    cache: str | bool | None
    writer: ArticleWriter | None
    back_fill: BackFill | None
    scheduler: str | None

    def run(self, folder: JobFolder | None, resume: bool) -> Summary:
        """Do the whole job; without a folder nothing is recorded, and nothing can be resumed."""
        clock = Stopwatch()
        inputs = self._read(with_digests=folder is not None)
        clock.lap("read")
        if folder is None:
            return self._suggest(inputs, clock)[0]
        last = LastRun.of(folder)
        work = ResumeFolder(folder.path / "resume")
        if last is not None and self._stands(last.record, inputs):
            summary, known = self._repeat(last.record, inputs.corpus), last.known
            clock.lap("inbound")
        else:
            summary, known = self._suggest(inputs, clock, last, work, resume)
        write_record(folder, self._record(summary, inputs, clock, known.run), known)
        work.clear()
        return summary

    def _read(self, with_digests: bool) -> _SiteInputs:
        corpus = read_articles(self.site, self.settings.source, n_jobs=self.n_jobs, cache=self.cache)
        logger.info("read %s", corpus)
        decisions = Decisions.of_site(self.site)
        if not with_digests:
            return _SiteInputs(corpus, decisions)
        sha256 = corpus_digest(corpus)
        since = self.back_fill.since if self.back_fill is not None else None
        digest = job_digest(sha256, self.settings, decisions, self.model_folder, site_name(self.site), since)
        return _SiteInputs(corpus, decisions, sha256, digest)

    def _stands(self, record: Record, inputs: _SiteInputs) -> bool:
        """Whether this run would write what the last one wrote, and all of that is still there."""
        outputs = record.outputs
        if record.digest != inputs.digest:
            return False
        if self.output is not None and not _is_intact(self.output, outputs.get(SUGGESTIONS)):
            return False
        inbound = self.back_fill
        if inbound is not None and inbound.since is not None and not _is_intact(inbound.output, outputs.get(INBOUND)):
            return False
        if self.writer is None:
            return True
        files = outputs.get(FRONT_MATTER)
        return not self.writer.dry_run and files is not None and files.sha256 == self.writer.digest(inputs.corpus)

    def _repeat(self, record: Record, corpus: Corpus) -> Summary:
        """Return the summary of a last run whose output stands."""
        inbound = None
        if self.back_fill is not None:
            # Without a date, new is what the last run did not know: nothing.
            since = self.back_fill.since
            inbound = write_rows((), self.back_fill.output) if since is None else record.counts.inbound
        files = Written(0, len(corpus.source_files), ()) if self.writer is not None else None
        return replace(Summary.of_record(corpus, record), inbound=inbound, files=files)

    def _suggest(
        self,
        inputs: _SiteInputs,
        clock: Stopwatch,
        last: LastRun | None = None,
        work: ResumeFolder | None = None,
        resume: bool = False,
    ) -> tuple[Summary, Known]:
        """Get the model, make the lists and write them."""
        corpus, decisions = inputs.corpus, inputs.decisions
        with cluster(self.scheduler):
            model, resumed = self._model(inputs, work, resume)
            logger.info("model %s, %s ranker", model.version, model.ranker.kind)
            clock.lap("model")
            make_lists = None if work is None else partial(work.lists, model, n_jobs=self.n_jobs)
            lists = SiteSuggestions(model, self.n_jobs, self.progress, make_lists)
            summary, targets = self._write(model, corpus, lists)
        clock.lap("suggest")
        inbound = self._write_inbound(model, last)
        clock.lap("inbound")
        known = Known.of(corpus, targets)
        changes = Changes.between(last.known, known, last.finished) if last is not None else None
        warnings = (*decisions.problems, *model.rule_warnings())
        return replace(summary, warnings=warnings, inbound=inbound, changes=changes, resumed=resumed), known

    def _model(self, inputs: _SiteInputs, work: ResumeFolder | None, resume: bool) -> tuple[Recommender, int]:
        """Return the model, and how many lists of the same job are there already."""
        folder = self.model_folder
        if work is not None:
            if resume and work.belongs_to(inputs.digest):
                folder = work.model_folder if folder is None and work.has_model else folder
            else:
                if resume:
                    logger.info("no run of this very job has left anything to resume; it starts from nothing")
                work.start(inputs.digest)
        name = site_name(self.site)
        model = open_model(inputs.corpus, self.settings, folder, name, inputs.decisions, self.n_jobs)
        if work is None:
            return model, 0
        if folder is None:
            model.save(work.model_folder)
        return model, work.count(len(inputs.corpus))

    def _write(
        self, model: Recommender, corpus: Corpus, lists: SiteSuggestions
    ) -> tuple[Summary, dict[str, list[str]]]:
        """Write the suggestions to the output and into the articles; return the summary and each article's targets."""
        tally = Tally()

        def stream() -> Iterator[Suggestion]:
            for article_id, suggestions in lists:
                tally.add(article_id, suggestions)
                if self.writer is not None:
                    self.writer.add(article_id, suggestions)
                yield from suggestions
            if self.writer is not None:  # within the stream: where the plan fails, no output file appears either
                self.writer.plan(corpus, model.version)

        if self.output is not None:
            count = write_file(stream(), self.output, model.version)
        elif self.writer is not None or self.back_fill is not None:
            count = sum(1 for _ in stream())
        else:
            count = write_lines(stream(), sys.stdout, model.version)
        files = self.writer.write() if self.writer is not None else None
        summary = Summary(
            corpus,
            model.version,
            model.ranker.kind,
            tally.sources,
            count,
            dict(tally.kinds),
            tally.duplicates,
            files,
            exposure=lists.exposure,
        )
        return summary, tally.targets

    def _write_inbound(self, model: Recommender, last: LastRun | None) -> int | None:
        if self.back_fill is None:
            return None
        new = new_articles(model, self.back_fill.since, last.known.articles if last is not None else None)
        return write_rows(inbound_rows(model, new, self.n_jobs), self.back_fill.output)

    def _record(self, summary: Summary, inputs: _SiteInputs, clock: Stopwatch, run: str) -> Record:
        corpus, changes = inputs.corpus, summary.changes
        return Record(
            format=FORMAT,
            run=run,
            site=str(self.site.absolute()),
            recommender=version("recommender"),
            started=whole_seconds(clock.started),
            finished=whole_seconds(clock.finished),
            expires=expiry(clock.finished, self.settings),
            seconds=clock.seconds,
            inputs=InputsRecord.of(corpus, inputs.sha256, len(inputs.decisions)),
            model=ModelRecord(
                summary.model, summary.ranker, None if self.model_folder is None else str(self.model_folder)
            ),
            settings=self.settings.to_dict(),
            counts=summary.counts,
            outputs=self._outputs(summary, corpus),
            changes=None if changes is None else changes.to_dict(),
            resumed=summary.resumed,
            digest=inputs.digest,
            unchanged_since=summary.unchanged_since,
            warnings=summary.warnings,
        )

    def _outputs(self, summary: Summary, corpus: Corpus) -> dict[str, Output]:
        """Return what was written; files of articles only where all of them hold what they should."""
        paths = {SUGGESTIONS: self.output, INBOUND: self.back_fill.output if self.back_fill else None}
        outputs = {name: Output(str(path), file_sha256(path)) for name, path in paths.items() if path}
        if (
            self.writer is not None
            and summary.files is not None
            and not (self.writer.dry_run or summary.files.left_alone)
        ):
            outputs[FRONT_MATTER] = Output(str(self.site.absolute()), self.writer.digest(corpus))
        return outputs


def _is_intact(file: Path, recorded: Output | None) -> bool:
    """Whether a file holds what the last run wrote."""
    # The recorded path is not looked at: whoever writes the site's files could make the job read any file by it.
    return recorded is not None and file.is_file() and file_sha256(file) == recorded.sha256
