"""What a job did, in lines for a person."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from recommender.core.times import utc_text
from recommender.corpus.corpus import Corpus
from recommender.jobs.data_writer import DataWriter
from recommender.jobs.record import Record, changes_line
from recommender.sinks.write_back import Written

_VARYING = re.compile(r" (?:only )?(?:on \d{4}-\d\d-\d\d|to \S+|that of \S+)$")


def excluded_counts(corpus: Corpus) -> dict[str, int]:
    """Count the articles that are never targets, by the reason without what differs from one to the next."""
    reasons = Counter(article.excluded for article in corpus if article.excluded is not None)
    counts: Counter[str] = Counter()
    for reason, count in reasons.items():
        counts[_VARYING.sub("", reason)] += count
    return dict(sorted(counts.items()))


def _left_out(counts: Mapping[str, int]) -> str:
    return "".join(f", {count:,} {kind}s" for kind, count in counts.items())


def _excluded(counts: Mapping[str, int]) -> list[str]:
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in counts.items())
    return [f"never suggested: {reasons}"] if reasons else []


@dataclass(frozen=True)
class Summary:
    """What a job did; everything that was read is accounted for.

    There is a `record` of every run, written or not; `files` is None where the site is not written into.
    """

    corpus: Corpus
    record: Record
    files: Written | None

    def lines(self) -> list[str]:
        """Return the summary as lines for a person."""
        corpus, report, record, counts = self.corpus, self.corpus.report, self.record, self.record.counts
        n_relations, n_externals = sum(len(article.relations) for article in corpus), len(corpus.externals)
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(counts.kinds.items()))
        duplicates = f"; {counts.duplicates:,} more listed as the same text" if counts.duplicates else ""
        lines = [
            *record.warnings,
            report.site,
            f"read {report.read:,}: {len(corpus):,} articles, {len(report.skipped):,} skipped, "
            f"{len(corpus.merged):,} merged as duplicates{_left_out(report.left_out)}",
            *_excluded(excluded_counts(corpus)),
            f"relations {n_relations:,}: {n_relations - n_externals:,} resolved ({len(corpus.links):,} different), "
            f"{n_externals:,} to externals; {len(report.warnings):,} warnings",
            f"suggestions {counts.suggestions:,} for {counts.sources:,} of {len(corpus):,} articles "
            f"by the {record.model['ranker']} ranker" + (f": {kinds}" if kinds else "") + duplicates,
        ]
        if counts.exposure is not None:
            lines.append(counts.exposure.line())
        if counts.inbound is not None:
            lines.append(f"inbound {counts.inbound:,} links from older articles to new ones")
        if record.unchanged_since is not None:
            lines.append(f"nothing changed since {utc_text(record.unchanged_since)}; the output of that run stands")
        elif record.changes is not None:
            lines.append(changes_line(record.changes))
        if record.resumed:
            lines.append(f"resumed after {record.resumed:,} articles")
        if (data := record.outputs.get(DataWriter.output_name)) is not None:
            lines.append(f"data file {data.path}")
        return [*lines, *(self.files.lines() if self.files is not None else ())]
