"""What a job did, in numbers and in lines for a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from recommender.core.records import Suggestion
from recommender.core.times import utc_text
from recommender.corpus.corpus import Corpus
from recommender.jobs.exposure import Exposure
from recommender.jobs.record import Changes, Counts, FileCounts, Record
from recommender.sinks.write_back import Written


@dataclass
class Tally:
    """Counts the suggestions of all articles as they are written.

    Attributes
    ----------
    kinds
        Suggestions by kind.
    targets
        The ids of the targets that each article got, by its id, best first.
    duplicates
        Articles that are listed under a suggestion as the same text.
    """

    kinds: Counter[str] = field(default_factory=Counter)
    targets: dict[str, list[str]] = field(default_factory=dict)
    duplicates: int = 0

    def add(self, article_id: str, suggestions: Sequence[Suggestion]) -> None:
        """Count the suggestions of an article."""
        self.targets[article_id] = [suggestion.target_id for suggestion in suggestions]
        self.kinds.update(suggestion.kind for suggestion in suggestions)
        self.duplicates += sum(len(suggestion.duplicates) for suggestion in suggestions)

    @property
    def sources(self) -> int:
        """Articles with at least one suggestion."""
        return sum(map(bool, self.targets.values()))


@dataclass(frozen=True)
class Summary:
    """What a job did, in numbers; everything that was read is accounted for.

    Attributes
    ----------
    corpus
        What was read; its report says what was skipped.
    model
        Version of the model.
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
    exposure
        How the suggestions are spread over the articles; None where there are none.
    inbound
        Lines on which older articles should point at new ones; None where these were not wanted.
    changes
        What is different from the run before; None where there is no record of one.
    unchanged_since
        When the run ended whose output stands, where nothing has changed since; None for a run that made its output.
    resumed
        Lists that a killed run of the same job had made already.
    warnings
        Lines of decisions that could not be read, and what may be slips in the business rules.
    """

    corpus: Corpus
    model: str
    ranker: str
    sources: int
    suggestions: int
    kinds: dict[str, int]
    duplicates: int = 0
    files: Written | None = None
    warnings: tuple[str, ...] = ()
    exposure: Exposure | None = None
    inbound: int | None = None
    changes: Changes | None = None
    unchanged_since: datetime | None = None
    resumed: int = 0

    @classmethod
    def of_record(cls, corpus: Corpus, record: Record) -> Summary:
        """Return the summary of a run whose output stands: what it read, made and warned of."""
        counts = record.counts
        return cls(
            corpus=corpus,
            model=record.model.version,
            ranker=record.model.ranker,
            sources=counts.sources,
            suggestions=counts.suggestions,
            kinds=counts.kinds,
            duplicates=counts.duplicates,
            warnings=record.warnings,
            exposure=counts.exposure,
            changes=Changes(utc_text(record.finished, "seconds")),
            unchanged_since=record.unchanged_since or record.finished,
        )

    @property
    def counts(self) -> Counts:
        """The numbers, as a record holds them."""
        files = self.files
        return Counts(
            sources=self.sources,
            suggestions=self.suggestions,
            kinds=dict(sorted(self.kinds.items())),
            duplicates=self.duplicates,
            inbound=self.inbound,
            files=None if files is None else FileCounts(files.written, files.unchanged, len(files.left_alone)),
            exposure=self.exposure if self.suggestions else None,  # the Gini of nothing is nan, which JSON lacks
        )

    def lines(self) -> list[str]:
        """Return the summary as lines for a person."""
        corpus, report = self.corpus, self.corpus.report
        n_relations = sum(len(article.relations) for article in corpus)
        resolved = n_relations - len(corpus.externals)
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(self.kinds.items()))
        duplicates = f"; {self.duplicates:,} more listed as the same text" if self.duplicates else ""
        return [
            *self.warnings,
            f"read {report.read:,}: {len(corpus):,} articles, {len(report.skipped):,} skipped, "
            f"{len(corpus.merged):,} merged as duplicates",
            f"relations {n_relations:,}: {resolved:,} resolved ({len(corpus.links):,} different), "
            f"{len(corpus.externals):,} to externals; {len(report.warnings):,} warnings",
            f"suggestions {self.suggestions:,} for {self.sources:,} of {len(corpus):,} articles "
            f"by the {self.ranker} ranker" + (f": {kinds}" if kinds else "") + duplicates,
            *([self.exposure.line()] if self.exposure and self.suggestions else ()),
            *([f"inbound {self.inbound:,} links from older articles to new ones"] if self.inbound is not None else ()),
            *self._change_lines(),
            *([f"resumed after {self.resumed:,} articles"] if self.resumed else ()),
            *(self.files.lines() if self.files else ()),
        ]

    def _change_lines(self) -> list[str]:
        if self.unchanged_since is not None:
            since = utc_text(self.unchanged_since, "seconds")
            return [f"nothing changed since {since}; the output of that run stands"]
        return [self.changes.line()] if self.changes is not None else []
