"""The audit of curated links one by one: which are dead, repeated, weak, one-way or out of date."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from recommender.corpus.corpus import Corpus, SourceFile
from recommender.corpus.urls import canonical_url, host_of
from recommender.evaluation.records import Record
from recommender.evaluation.relation_audit import RelationAudit, audit_relations
from recommender.evaluation.tables import number, text_table
from recommender.model.recommender import Recommender

WEAK = 0.2  # probability; below it, a link is weak
GOOD = 0.5  # probability from which on an editor is more likely to link an article than not
DEPTH = 20  # suggestions that are searched for alternatives: more than a list of links has

KINDS = {
    "dead": "lead to the site itself, where no article is",
    "unresolved": "lead to no article that is known here",
    "removed": "lead to an article that was removed",
    "excluded": "lead to an article that is not on the site: a draft, an expired one",
    "itself": "lead to the article that they stand in",
    "duplicate": "are given more than once in a list",
    "weak": "score low, and a better one is not linked",
    "one-way": "are not answered by a link back",
    "stale": "lists that a good later article is not in",
}
"""The kinds of findings, and what the links of each kind have in common."""


@dataclass(frozen=True, slots=True)
class Finding(Record):
    """One fault of one curated link, or, for ``stale``, of a whole list; its `kind` is one of `KINDS`.

    Source and target are ids, or the address where the target is no article. Better is the best article that is not
    linked, for kinds that compare. The file is the one that the source was read from; None for JSON Lines.
    """

    kind: str
    source: str
    target: str | None
    score: float | None = None
    better: str | None = None
    better_score: float | None = None
    file: str | None = None

    def line(self) -> str:
        """Return the finding as a line for a person."""
        parts = [self.source]
        if self.target is not None:
            parts.append(f"-> {self.target}" + ("" if self.score is None else f" ({self.score:.2f})"))
        if self.better is not None:
            parts.append(f"rather {self.better} ({self.better_score:.2f})")
        return " ".join(parts)


@dataclass(frozen=True)
class LinkAudit(Record):
    """The findings about a site's curated links, in the order of `KINDS`, then of the corpus; and facts about them all.

    `links` lead to an article. `mean_score` is theirs, knowing all that is known today; nan for no links.
    """

    links: int
    findings: tuple[Finding, ...]
    mean_score: float
    relations: RelationAudit

    @property
    def counts(self) -> dict[str, int]:
        """How many findings there are of each kind."""
        counts = Counter(finding.kind for finding in self.findings)
        return {kind: counts[kind] for kind in KINDS}

    def over(self, limits: Mapping[str, int]) -> list[str]:
        """Return a line for each kind of which there are more findings than the limit.

        >>> LinkAudit(0, (Finding("dead", "a", "/b"),), 0.0, None).over({"dead": 0, "weak": 3})
        ['dead: 1, more than the limit of 0']
        """
        exceeded = [(kind, self.counts[kind], most) for kind, most in limits.items() if self.counts[kind] > most]
        return [f"{kind}: {count:,}, more than the limit of {most:,}" for kind, count, most in exceeded]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON-ready values."""
        values = super().to_dict() | {"counts": self.counts}
        return {name: values[name] for name in ("links", "mean_score", "counts", "findings", "relations")}

    def text(self, show: int = 3) -> str:
        """Return tables for people, with the first `show` findings of each kind."""
        counts = self.counts
        rows = [[f"{kind}: {meaning}", f"{counts[kind]:,}"] for kind, meaning in KINDS.items()]
        parts = [text_table([f"of {self.links:,} links, of mean score {number(self.mean_score, 2)}", "number"], rows)]
        for kind in KINDS:
            lines = [finding.line() for finding in self.findings if finding.kind == kind][:show]
            if lines:
                parts.append("\n".join([f"{kind}:", *(f"  {line}" for line in lines)]))
        return "\n\n".join([*parts, self.relations.table()])


def audit_links(model: Recommender, weak: float = WEAK, n_jobs: int = 1) -> LinkAudit:
    """Check every curated link of a model's corpus.

    Scores are those of the ranker, without business rules, knowing all that is known today. Alternatives are
    suggestions, by the rules. A link is weak where it scores less than `weak` and an article that is not linked scores
    at least `weak` and at least twice as much. A list is stale where a good article, of a score of 0.5 or more, was
    published after its source and after all targets in it.

    Parameters
    ----------
    weak
        Probability, in [0, 1].
    n_jobs
        Processes that make the suggestions.
    """
    corpus = model.corpus
    scores = _scores(model)
    findings = [*_by_targets(corpus), *_by_scores(model, scores, weak, n_jobs)]
    kinds = list(KINDS)

    def order(finding: Finding) -> tuple[int, int, str, str]:
        return kinds.index(finding.kind), corpus.row(finding.source), finding.source, finding.target or ""

    located = tuple(
        replace(finding, file=finding.file or _path(corpus.source_file(corpus.row(finding.source))))
        for finding in sorted(findings, key=order)
    )
    values = [score for of_source in scores.values() for score in of_source.values()]
    mean = sum(values) / len(values) if values else math.nan
    return LinkAudit(len(corpus.links), located, mean, audit_relations(corpus))


def _scores(model: Recommender) -> dict[int, dict[int, float]]:
    """Return the score of every link inside the corpus, by the rows of its source and of its target."""
    corpus = model.corpus
    linked: dict[int, list[int]] = defaultdict(list)
    for source, target in corpus.links.tolist():
        linked[source].append(target)
    scores: dict[int, dict[int, float]] = {}
    rankings = model.rank([corpus[row].id for row in linked], [None] * len(linked))
    for (row, targets), ranking in zip(linked.items(), rankings, strict=True):
        candidate_scores = dict(zip(ranking.target_ids, ranking.scores, strict=True))
        ids = {target: corpus[target].id for target in targets}
        scores[row] = {
            target: candidate_scores[name] if name in candidate_scores else model.score(ranking.source_id, name)
            for target, name in ids.items()
        }
    return scores


def _by_targets(corpus: Corpus) -> Iterator[Finding]:
    """Yield findings about where links lead, whatever their scores."""
    host = own_host(corpus)
    files = corpus.source_files or [None] * len(corpus.originals)
    # Where two files were merged into one article, each has its own list.
    for article, source_file in zip(corpus.originals, files, strict=True):
        if not article.is_source:  # nobody reads its links
            continue
        seen: set[str] = set()
        for relation in article.relations:
            target, kind = corpus.resolve(relation), None
            if target is None:
                address = relation.url or relation.target_id or ""
                # Into the site leads an id, an address without host, or one of the site's own host.
                in_site = relation.url is None or host_of(canonical_url(address)) in {None, host}
                kind = "dead" if in_site else "unresolved"
            else:
                address = corpus[target].id
                if target == corpus.row(article.id):
                    kind = "itself"
                elif not corpus[target].is_target:
                    kind = "removed" if corpus[target].removed else "excluded"
            if canonical_url(address) in seen:
                kind = "duplicate"
            seen.add(canonical_url(address))
            if kind is not None:
                yield Finding(kind, article.id, address, file=_path(source_file))


def _path(source_file: SourceFile | None) -> str | None:
    return None if source_file is None else source_file.path


def own_host(corpus: Corpus) -> str | None:
    """Return the host of addresses of more than half of the articles; None where there is no such host."""
    hosts: Counter[str] = Counter()
    for article in corpus:
        hosts.update({host for url in article.addresses if (host := host_of(canonical_url(url)))})
    host, count = next(iter(hosts.most_common(1)), (None, 0))
    return host if 2 * count > len(corpus) else None


def _by_scores(
    model: Recommender, scores: Mapping[int, Mapping[int, float]], weak: float, n_jobs: int
) -> Iterator[Finding]:
    """Yield one-way links, and weak links and stale lists, for which there is a suggestion that is not linked."""
    corpus = model.corpus
    for row, (source_id, suggestions) in enumerate(model.suggest_all(k=DEPTH, threshold=0.0, n_jobs=n_jobs)):
        targets = scores.get(row)
        if not targets or not corpus[row].is_source:
            continue
        unlinked = [
            suggestion
            for suggestion in suggestions
            if targets.keys().isdisjoint(corpus.row(name) for name in (suggestion.target_id, *suggestion.duplicates))
        ]
        best = max(unlinked, key=lambda suggestion: suggestion.score, default=None)
        for target, score in targets.items():
            target_id = corpus[target].id
            if corpus[target].is_target and row not in scores.get(target, {}):
                yield Finding("one-way", source_id, target_id, score)
            if best is not None and score < weak and best.score >= max(weak, 2 * score) and corpus[target].is_target:
                yield Finding("weak", source_id, target_id, score, best.target_id, best.score)
        latest = max(float(corpus.times[end]) for end in (row, *targets))
        for suggestion in unlinked:
            time = float(corpus.times[corpus.row(suggestion.target_id)])
            if suggestion.score >= GOOD and latest < time < math.inf:
                yield Finding("stale", source_id, None, None, suggestion.target_id, suggestion.score)
                break
