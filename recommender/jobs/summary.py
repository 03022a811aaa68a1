"""What a job did, in numbers and in lines for a person."""

from __future__ import annotations

from dataclasses import dataclass

from recommender.corpus.corpus import Corpus
from recommender.jobs.exposure import Exposure
from recommender.jobs.record import Changes
from recommender.sinks.write_back import Written


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
    exposure
        How the suggestions are spread over the articles; None where there are none.
    inbound
        Lines on which older articles should point at new ones; None where these were not asked for.
    changes
        What is different from the run before; None where there is no record of one.
    resumed
        Lists that a killed run of the same job had made already.
    warnings
        What may be slips in the rules of the house, and lines of decisions that could not be read.
    """

    corpus: Corpus
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
    resumed: int = 0

    def lines(self) -> list[str]:
        """Return the summary as lines for a person."""
        corpus, report = self.corpus, self.corpus.report
        given = sum(len(article.relations) for article in corpus)
        resolved = given - len(corpus.externals)
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(self.kinds.items()))
        more = f"; {self.duplicates:,} more listed as the same text" if self.duplicates else ""
        return [
            *self.warnings,
            f"read {report.read:,}: {len(corpus):,} articles, {len(report.skipped):,} skipped, "
            f"{len(corpus.merged):,} merged as duplicates",
            f"relations {given:,}: {resolved:,} resolved ({len(corpus.links):,} different), "
            f"{len(corpus.externals):,} to externals; {len(report.warnings):,} warnings",
            f"suggestions {self.suggestions:,} for {self.sources:,} of {len(corpus):,} articles "
            f"by the {self.ranker} ranker" + (f": {kinds}" if kinds else "") + more,
            *([self.exposure.line()] if self.exposure and self.suggestions else ()),
            *([f"inbound {self.inbound:,} links from older articles to new ones"] if self.inbound is not None else ()),
            *([self.changes.line()] if self.changes else ()),
            *([f"resumed after {self.resumed:,} articles"] if self.resumed else ()),
            *(self.files.lines() if self.files else ()),
        ]
