"""The nightly job: a whole site in, a line of JSON for each suggestion out."""

from __future__ import annotations

import logging
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from recommender.corpus import Corpus
from recommender.model import Recommender
from recommender.records import Suggestion
from recommender.settings import Settings
from recommender.sinks.json_lines import write_file, write_lines
from recommender.sources import read_articles

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
    """

    corpus: Corpus
    ranker: str
    sources: int
    suggestions: int
    kinds: dict[str, int]
    duplicates: int = 0

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
        ]


def open_model(corpus: Corpus, settings: Settings, folder: Path | None, name: str) -> Recommender:
    """Return the model of a folder with this corpus as its articles, or, without a folder, a newly trained one."""
    if folder is None:
        return Recommender(settings, name).fit(corpus)
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
) -> Summary:
    """Read a site, learn from its relations unless a model is given, and write suggestions for every article.

    Parameters
    ----------
    output
        The file to write, as a whole or not at all; standard output for None.
    model_folder
        A trained model; its ranker and term weights are used as they are.
    n_jobs
        Processes that read and threads that suggest; the result does not depend on it.
    progress
        Wraps the stream of suggestion lists, of which it is told the length.
    cache
        As of `read_articles`.
    """
    corpus = read_articles(site, settings.source, n_jobs=n_jobs, cache=cache)
    logger.info("read %s", corpus)
    model = open_model(corpus, settings, model_folder, site_name(site))
    logger.info("model %s, %s ranker", model.version, model.ranker.kind)
    kinds: Counter[str] = Counter()
    sources = duplicates = 0

    def stream() -> Iterator[Suggestion]:
        nonlocal sources, duplicates
        lists: Iterable[tuple[str, list[Suggestion]]] = model.suggest_all(n_jobs=n_jobs)
        for _, suggestions in progress(lists, len(corpus)) if progress else lists:
            sources += bool(suggestions)
            kinds.update(suggestion.kind for suggestion in suggestions)
            duplicates += sum(len(suggestion.duplicates) for suggestion in suggestions)
            yield from suggestions

    if output is None:
        count = write_lines(stream(), sys.stdout, model.version)
    else:
        count = write_file(stream(), output, model.version)
    return Summary(corpus, model.ranker.kind, sources, count, dict(kinds), duplicates)


def site_name(site: Path) -> str:
    """Return what a site is called in its model's version: the name of its folder or file, without suffixes."""
    name = site.resolve().name.partition(".")[0]
    return site.resolve().parent.name if name.startswith("_") else name or "site"
