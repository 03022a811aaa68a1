"""The nightly job: reads a site, gets its model, makes the lists, writes them, and records the run."""

from __future__ import annotations

import logging
import sys
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from recommender.core.errors import SettingsError
from recommender.core.files import file_sha256
from recommender.core.settings import JobSettings, Settings
from recommender.core.workers import cluster
from recommender.corpus.corpus import Corpus
from recommender.jobs.article_writer import ArticleWriter
from recommender.jobs.backfill import BackFill, inbound_rows, new_articles
from recommender.jobs.data_writer import DataWriter
from recommender.jobs.digest import corpus_digest, job_digest
from recommender.jobs.exposure import Progress, SiteSuggestions
from recommender.jobs.folder import JobFolder, switched_off
from recommender.jobs.record import Counts, Known, Output, Record, RecordedRun, changes_between
from recommender.jobs.resume import ResumeFolder
from recommender.jobs.summary import Summary, excluded_counts
from recommender.jobs.writer import DATA, SiteWriter, WriteBack
from recommender.model.recommender import Recommender
from recommender.selection.decisions import Decisions
from recommender.sinks.row_files import JSON_LINES, format_of, write_file, write_rows
from recommender.sinks.write_back import Written
from recommender.sources import read_articles, root_of_site

logger = logging.getLogger(__name__)

SUGGESTIONS, INBOUND = "suggestions", "inbound"  # names in `Record.outputs`, beside those of writers


def open_model(
    corpus: Corpus, settings: Settings, folder: Path | None, name: str, decisions: Decisions, n_jobs: int
) -> Recommender:
    """Return the model of a folder with this corpus as its articles, or, without a folder, a newly trained one."""
    if folder is None:
        return Recommender(settings, name, decisions=decisions).fit(corpus, n_jobs)
    model = Recommender.load(folder)
    model.settings, model.decisions = settings, decisions
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
    now: datetime | None = None,
    output_format: str | None = None,
) -> Summary | None:
    """Read a site, learn from its relations unless a model is given, and write suggestions for every article.

    Where nothing that the output depends on has changed since the last run on record, and what that run wrote is still
    there, nothing is trained or scored: the output stands. Where the job is switched off, nothing is read or written,
    and None returned.

    Parameters
    ----------
    settings
        Those of the site's ``recommender.yaml`` for None.
    output
        The file to write, as a whole or not at all; for None standard output, unless the site is written into. It is
        the data file itself where one is to be written and the kind of site reads none.
    model_folder
        A trained model; its ranker and term weights are used as they are.
    n_jobs
        Workers that read, learn and suggest; the result does not depend on it.
    progress
        Wraps the stream of suggestion lists; gets their number.
    cache
        As of `read_articles`.
    write_back
        How to write into the site, its articles or a data file; not at all for None.
    back_fill
        Where to write which older articles should point at new ones; nowhere for None.
    resume
        Go on where a killed run of the same job stopped, to the same bytes; from the start where there is none.
    scheduler
        Address of a Dask scheduler, as ``tcp://host:8786``, whose workers learn and suggest; this machine's for None.
    now
        The moment that decides which pages are published; the present for None.
    output_format
        Of the output: ``jsonl``, ``json`` or ``csv``; as its extension says for None, ``jsonl`` for others.

    Raises
    ------
    RecommenderError
        When the site or the settings cannot be used, more files would change than may, or another job is at work on
        the site; nothing is written then.
    """
    settings = settings or Settings.of_site(root_of_site(site))
    if off := switched_off(settings):
        logger.info("switched off: %s", off)
        return None
    # Made first, so that a site which cannot be written into is reported before the training.
    writer = None if write_back is None else _writer(site, settings, write_back, output)
    if isinstance(writer, DataWriter) and writer.takes_output:
        if output_format is not None:
            raise SettingsError(f"a data file is JSON by page path, not {output_format}; leave out --format")
        output = None
    now = now or datetime.now(UTC)
    form = output_format or (JSON_LINES if output is None else format_of(output))
    job = _NightlyJob(
        site, settings, output, form, model_folder, n_jobs, progress, cache, writer, back_fill, scheduler, now
    )
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


def _writer(site: Path, settings: Settings, write_back: WriteBack, output: Path | None) -> SiteWriter:
    if write_back.sink == DATA:
        return DataWriter(site, settings, write_back, output)
    return ArticleWriter(site, settings, write_back)


def site_name(site: Path) -> str:
    """Return what a site is called in its model's version: the name of its folder or file, without suffixes."""
    name = site.resolve().name.partition(".")[0]
    return site.resolve().parent.name if name.startswith("_") else name or "site"


@dataclass(frozen=True)
class _NightlyJob:
    """One run over a site, with the arguments of `suggest_site`."""

    site: Path
    settings: Settings
    output: Path | None
    output_format: str
    model_folder: Path | None
    n_jobs: int
    progress: Progress | None
    cache: str | bool | None
    writer: SiteWriter | None
    back_fill: BackFill | None
    scheduler: str | None
    now: datetime

    def run(self, folder: JobFolder | None, resume: bool) -> Summary:
        """Do the whole job; without a folder nothing is recorded, and nothing can be resumed."""
        record = Record(
            site=str(self.site.absolute()),
            now=self.now.replace(microsecond=0),
            recommender=version("recommender"),
            model={"version": "", "ranker": "", "folder": str(self.model_folder) if self.model_folder else None},
            settings=self.settings.to_dict(),
        )
        with record.timed("read"):
            corpus = read_articles(self.site, self.settings.source, n_jobs=self.n_jobs, cache=self.cache, now=self.now)
            logger.info("read %s", corpus)
            decisions = Decisions.of_site(self.site)
            if folder is not None:
                self._note_inputs(record, corpus, decisions)
        if folder is None:
            return Summary(corpus, record, self._suggest(record, corpus, decisions)[0])
        last = RecordedRun.read(folder)
        work = ResumeFolder(folder.path / "resume")
        if last is not None and self._stands(last.record, record.digest, corpus):
            files, known = self._repeat(last.record, record, corpus), last.known
        else:
            work.begin(record.digest, resume)
            files, lists = self._suggest(record, corpus, decisions, last, work)
            known = Known.of(corpus, lists)
        if last is not None:
            record.changes = changes_between(last.known, known, last.record.finished)
        self._note_outputs(record, corpus, files)
        record.finish(self.settings.job.expire_days)
        RecordedRun(record, known).write(folder)
        work.clear()
        return Summary(corpus, record, files)

    def _note_inputs(self, record: Record, corpus: Corpus, decisions: Decisions) -> None:
        """Put on record what was read, and the digest of the whole job."""
        report, newest, sha256 = corpus.report, corpus.newest, corpus_digest(corpus)
        record.inputs = {
            "sha256": sha256,
            "site": report.site,
            "articles": len(corpus),
            "newest": None if newest is None else newest.replace(microsecond=0),
            "read": report.read,
            "skipped": len(report.skipped),
            "left_out": dict(report.left_out),
            "merged": [list(pair) for pair in corpus.merged],
            "excluded": excluded_counts(corpus),
            "relations": len(corpus.links),
            "decisions": len(decisions),
        }
        since = None if self.back_fill is None else self.back_fill.since
        record.digest = job_digest(sha256, self.settings, decisions, self.model_folder, site_name(self.site), since)

    def _stands(self, last: Record, digest: str, corpus: Corpus) -> bool:
        """Whether this run would write what the last one wrote, and all of that is still there."""
        if last.digest != digest:
            return False
        files = {SUGGESTIONS: self.output}
        if self.back_fill is not None and self.back_fill.since is not None:
            files[INBOUND] = self.back_fill.output
        if not all(_is_intact(file, last.outputs.get(name)) for name, file in files.items() if file is not None):
            return False
        if self.output is not None and last.outputs[SUGGESTIONS].format != self.output_format:
            return False
        if self.writer is None:
            return True
        written = last.outputs.get(self.writer.output_name)
        return not self.writer.dry_run and written is not None and written.sha256 == self.writer.digest(corpus)

    def _repeat(self, last: Record, record: Record, corpus: Corpus) -> Written | None:
        """Put on record what the last run made, whose output stands."""
        inbound = None
        if self.back_fill is not None:
            # Without a date, new is what the last run did not know: nothing.
            inbound = last.counts.inbound if self.back_fill.since else write_file((), self.back_fill.output)
        record.model |= last.model | {"folder": record.model["folder"]}
        record.counts = replace(last.counts, inbound=inbound, files=None)
        record.warnings, record.unchanged_since = last.warnings, last.unchanged_since or last.finished
        return None if self.writer is None else self.writer.unchanged(corpus)

    def _suggest(
        self,
        record: Record,
        corpus: Corpus,
        decisions: Decisions,
        last: RecordedRun | None = None,
        work: ResumeFolder | None = None,
    ) -> tuple[Written | None, dict[str, list[str]]]:
        """Get the model, make the lists and write them; return what became of files, and each article's targets."""
        with cluster(self.scheduler):
            with record.timed("model"):
                model = self._model(corpus, decisions, work)
            logger.info("model %s, %s ranker", model.version, model.ranker.kind)
            record.model |= {"version": model.version, "ranker": model.ranker.kind}
            record.warnings = (*decisions.problems, *model.rule_warnings())
            make_lists = None
            if work is not None:
                record.resumed = work.count(len(corpus))
                make_lists = partial(work.lists, model, n_jobs=self.n_jobs)
            lists = SiteSuggestions(model, self.n_jobs, self.progress, make_lists)
            with record.timed("suggest"):
                files = self._write(model, lists, record.counts)
        if self.back_fill is not None:
            with record.timed("inbound"):
                new = new_articles(model, self.back_fill.since, None if last is None else last.known.articles)
                rows = inbound_rows(model, new, self.n_jobs)
                record.counts.inbound = write_file(rows, self.back_fill.output)
        return files, lists.targets

    def _model(self, corpus: Corpus, decisions: Decisions, work: ResumeFolder | None) -> Recommender:
        """Return the model: the one that was given, that a killed run of this job trained, or a new one."""
        folder = self.model_folder
        if folder is None and work is not None and work.has_model:
            folder = work.model_folder
        model = open_model(corpus, self.settings, folder, site_name(self.site), decisions, self.n_jobs)
        if folder is None and work is not None:
            model.save(work.model_folder)
        return model

    def _write(self, model: Recommender, lists: SiteSuggestions, counts: Counts) -> Written | None:
        """Write the suggestions to the output and into the site, and count them."""
        is_output = self.output is not None or (self.writer is None and self.back_fill is None)

        def rows() -> Iterator[dict[str, Any]]:
            for article_id, suggestions in lists:
                counts.add(suggestions)
                if self.writer is not None:
                    self.writer.add(article_id, suggestions)
                if is_output:
                    yield from (suggestion.to_dict(model.version) for suggestion in suggestions)
            if self.writer is not None:  # within the stream: where the plan fails, no output file appears either
                self.writer.plan(model.corpus, model.version)

        if self.output is not None:
            write_file(rows(), self.output, self.output_format)
        elif is_output:
            write_rows(rows(), sys.stdout, self.output_format)
        else:
            deque(rows(), maxlen=0)
        counts.kinds = dict(sorted(counts.kinds.items()))
        if counts.suggestions:  # the Gini of nothing is nan, which JSON lacks
            counts.exposure = lists.exposure
        return None if self.writer is None else self.writer.write()

    def _note_outputs(self, record: Record, corpus: Corpus, files: Written | None) -> None:
        """Put on record what was written; files of the site only where all of them hold what they should."""
        paths = {SUGGESTIONS: self.output, INBOUND: self.back_fill.output if self.back_fill else None}
        forms = {SUGGESTIONS: self.output_format, INBOUND: JSON_LINES}
        record.outputs = {
            name: Output(str(path), file_sha256(path), forms[name]) for name, path in paths.items() if path
        }
        if self.writer is None or files is None:
            return
        n_left = len(files.left_alone)
        record.counts.files = {"written": files.written, "unchanged": files.unchanged, "left": n_left}
        if not (files.dry_run or n_left):
            record.outputs[self.writer.output_name] = Output(self.writer.path, self.writer.digest(corpus))


def _is_intact(file: Path, recorded: Output | None) -> bool:
    """Whether a file holds what the last run wrote."""
    # The recorded path is not looked at: whoever writes the site's files could make the job read any file by it.
    return recorded is not None and file.is_file() and file_sha256(file) == recorded.sha256
