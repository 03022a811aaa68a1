"""The nightly job: a whole site in, a line of JSON for each suggestion out."""

from __future__ import annotations

import logging
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from recommender.corpus import Corpus
from recommender.errors import RecommenderError
from recommender.kept_lists import KeptLists
from recommender.model import Recommender
from recommender.records import Suggestion
from recommender.settings import Settings
from recommender.sinks.entries import EntryShape
from recommender.sinks.json_lines import write_file, write_lines
from recommender.sinks.write_back import Plan, Wish, Written
from recommender.sources import article_files, cache_folder, read_articles
from recommender.sources.fields import FORBIDDEN, FieldMap
from recommender.workers import cluster

logger = logging.getLogger(__name__)

Progress = Callable[[Iterable[tuple[str, list[Suggestion]]], int], Iterable[tuple[str, list[Suggestion]]]]


@dataclass(frozen=True)
class Summary:
    """What a job did, in numbers; everything that was read is accounted for.

    Attributes
    ----------
    corpus
        What was read; its report says what was skipped.
    ranker
        Kind of the ranker that scored.
    sources, suggestions
        Articles with at least one suggestion, and lines written.
    kinds
        Suggestions by kind.
    duplicates
        Articles that are listed under a suggestion as the same text.
    files
        What became of the articles' files; None where they are not written into.
    """

    corpus: Corpus
    ranker: str
    sources: int
    suggestions: int
    kinds: dict[str, int]
    duplicates: int = 0
    files: Written | None = None

    def lines(self) -> list[str]:
        """Return the summary as lines for a person."""
        corpus, report = self.corpus, self.corpus.report
        given = sum(len(article.relations) for article in corpus)
        resolved = given - len(corpus.externals)
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(self.kinds.items()))
        more = f"; {self.duplicates:,} more listed as the same text" if self.duplicates else ""
        return [
            f"read {report.read:,}: {len(corpus):,} articles, {len(report.skipped):,} skipped, "
            f"{len(corpus.merged):,} merged as duplicates",
            f"relations {given:,}: {resolved:,} resolved ({len(corpus.links):,} different), "
            f"{len(corpus.externals):,} to externals; {len(report.warnings):,} warnings",
            f"suggestions {self.suggestions:,} for {self.sources:,} of {len(corpus):,} articles "
            f"by the {self.ranker} ranker" + (f": {kinds}" if kinds else "") + more,
            *(self.files.lines() if self.files else ()),
        ]


@dataclass(frozen=True)
class WriteBack:
    """How articles are written into: `dry_run` shows a diff instead, more than `max_changed` files stop the job."""

    dry_run: bool = False
    max_changed: int | None = None


def open_model(corpus: Corpus, settings: Settings, folder: Path | None, name: str, n_jobs: int = 1) -> Recommender:
    """Return the model of a folder with this corpus as its articles, or, without a folder, a newly trained one."""
    if folder is None:
        return Recommender(settings, name).fit(corpus, n_jobs)
    model = Recommender.load(folder)
    model.settings = settings
    model.renew(corpus)
    return model


def suggest_site(
    site: Path,
    settings: Settings,
    output: Path | None = None,
    model_folder: Path | None = None,
    n_jobs: int = 1,
    progress: Progress | None = None,
    cache: str | bool | None = None,
    write_back: WriteBack | None = None,
    scheduler: str | None = None,
) -> Summary:
    """Read a site, learn from its relations unless a model is given, and write suggestions for every article.

    Parameters
    ----------
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
    scheduler
        Address of a Dask scheduler, as ``tcp://host:8786``, whose workers learn and suggest; this machine's for None.

    Raises
    ------
    RecommenderError
        When the site or the settings cannot be used, or more files would change than may; nothing is written then.
    """
    # What cannot be written into is told before the training, not after it.
    hand = _Hand(site, settings, write_back) if write_back is not None else None
    corpus = read_articles(site, settings.source, n_jobs=n_jobs, cache=cache)
    logger.info("read %s", corpus)
    with cluster(scheduler):
        model = open_model(corpus, settings, model_folder, site_name(site), n_jobs)
    logger.info("model %s, %s ranker", model.version, model.ranker.kind)
    folder = cache_folder(settings.source.cache if cache is None else cache)
    kept = KeptLists.of_site(folder, site) if folder is not None else None
    kinds: Counter[str] = Counter()
    sources = duplicates = 0

    def stream() -> Iterator[Suggestion]:
        nonlocal sources, duplicates
        lists: Iterable[tuple[str, list[Suggestion]]] = model.suggest_all(n_jobs=n_jobs, kept=kept)
        for article_id, suggestions in progress(lists, len(corpus)) if progress else lists:
            sources += bool(suggestions)
            kinds.update(suggestion.kind for suggestion in suggestions)
            duplicates += sum(len(suggestion.duplicates) for suggestion in suggestions)
            if hand is not None:
                hand.take(article_id, suggestions)
            yield from suggestions
        if hand is not None:  # before the output is in its place: where this fails, there is none either
            hand.plan(corpus, model.version)

    with cluster(scheduler):
        if output is not None:
            count = write_file(stream(), output, model.version)
        elif hand is not None:
            count = sum(1 for _ in stream())
        else:
            count = write_lines(stream(), sys.stdout, model.version)
    files = hand.carry_out() if hand is not None else None
    return Summary(corpus, model.ranker.kind, sources, count, dict(kinds), duplicates, files)


def unsuggest_site(site: Path, settings: Settings, dry_run: bool = False) -> Written:
    """Take everything out of a site's articles that `suggest_site` wrote into them, byte for byte.

    Files that are no articles, or no longer, are gone through as well.
    """
    hand = _Hand(site, settings, WriteBack(dry_run))
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
        self._plan = Plan.of((), self._shape)

    def take(self, article_id: str, suggestions: Iterable[Suggestion]) -> None:
        """Note what an article shall hold."""
        self._links[article_id] = [replace(one, reasons=()) for one in suggestions]  # reasons would fill the memory

    def plan(self, corpus: Corpus | None, model: str) -> None:
        """Plan for the files that a corpus was read from, or to clear every file; stop where too many would change."""
        wishes = map(Wish, self._files) if corpus is None else self._wishes(corpus, model)
        self._plan = Plan.of(wishes, self._shape)
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

    def _wishes(self, corpus: Corpus, model: str) -> Iterator[Wish]:
        """Yield what each file shall hold: of several files of one article, only its home gets something."""
        owners = {file.path: article_id for article_id, file in corpus.homes.items()}
        newest = corpus.newest
        for file in corpus.report.files:
            links = self._links.get(owners.get(file.path, ""), ())
            yield Wish(Path(file.path), [self._shape.entry(one, model, newest) for one in links], file.digest)

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
