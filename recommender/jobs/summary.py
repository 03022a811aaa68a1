"""What a job did, in lines for a person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from recommender.core.times import utc_text
from recommender.corpus.corpus import Corpus
from recommender.jobs.record import Record
from recommender.sinks.write_back import Written


@dataclass(frozen=True)
class Summary:
    """What a job did; everything that was read is accounted for.

    Attributes
    ----------
    corpus
        What was read; its report says what was skipped.
    record
        Of the run, also of one that writes no record.
    files
        What became of the articles' files; None where they are not written into.
    """

    corpus: Corpus
    record: Record
    files: Written | None

    def lines(self) -> list[str]:
        """Return the summary as lines for a person."""
        return [*self.record.warnings, *self._input_lines(), *self._output_lines(), *self._run_lines()]

    def _input_lines(self) -> Iterator[str]:
        corpus, report = self.corpus, self.corpus.report
        n_relations = sum(len(article.relations) for article in corpus)
        n_externals = len(corpus.externals)
        yield (
            f"read {report.read:,}: {len(corpus):,} articles, {len(report.skipped):,} skipped, "
            f"{len(corpus.merged):,} merged as duplicates"
        )
        yield (
            f"relations {n_relations:,}: {n_relations - n_externals:,} resolved ({len(corpus.links):,} different), "
            f"{n_externals:,} to externals; {len(report.warnings):,} warnings"
        )

    def _output_lines(self) -> Iterator[str]:
        counts = self.record.counts
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(counts.kinds.items()))
        yield (
            f"suggestions {counts.suggestions:,} for {counts.sources:,} of {len(self.corpus):,} articles "
            f"by the {self.record.model.ranker} ranker"
            + (f": {kinds}" if kinds else "")
            + (f"; {counts.duplicates:,} more listed as the same text" if counts.duplicates else "")
        )
        if counts.exposure is not None:
            yield counts.exposure.line()
        if counts.inbound is not None:
            yield f"inbound {counts.inbound:,} links from older articles to new ones"

    def _run_lines(self) -> Iterator[str]:
        record, changes = self.record, self.record.changes
        if record.unchanged_since is not None:
            yield f"nothing changed since {utc_text(record.unchanged_since)}; the output of that run stands"
        elif changes is not None:
            number = {name: f"{changes[name]['number']:,}" for name in ("added", "gone", "changed", "lists")}
            yield (
                f"since {changes['since']}: {number['added']} articles new, {number['gone']} gone, "
                f"{number['changed']} changed; {number['lists']} lists changed, "
                f"{changes['links_added']:,} links new, {changes['links_gone']:,} gone"
            )
        if record.resumed:
            yield f"resumed after {record.resumed:,} articles"
        if self.files is not None:
            yield from self.files.lines()
