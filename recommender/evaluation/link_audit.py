"""The curated links that exist, one by one: weak, dead, doubled, one-way or overtaken by what came later."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from recommender.core.records import Article, Relation, Suggestion
from recommender.corpus.corpus import Corpus, SourceFile
from recommender.corpus.urls import canonical_url
from recommender.evaluation.relation_audit import RelationAudit, audit_relations
from recommender.evaluation.tables import number, text_table
from recommender.model.recommender import Recommender

WEAK = 0.2  # probability; below it, a link is weak
GOOD = 0.5  # from here on, an editor would rather link something than not
DEPTH = 20  # suggestions among which alternatives are looked for: more than a list of links has

KINDS = {
    "dead": "lead to the site itself, where no article is",
    "unresolved": "lead to no article that is known here",
    "removed": "lead to an article that was removed",
    "itself": "lead to the article that they stand in",
    "duplicate": "are given more than once in a list",
    "weak": "score low, and a better one is not linked",
    "one-way": "are not answered by a link back",
    "stale": "lists that a good later article is not in",
}
"""What a finding may be, and what is said of the links of that kind."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about one curated link, or, for ``stale``, about a whole list.

    Attributes
    ----------
    kind
        One of `KINDS`.
    source, target
        The article that holds the link, and the id of its target; its address where it is no article.
    score
        Of the link, in [0, 1]; None where there is none.
    better, better_score
        Id of the best article that is not linked, and what it scores; None where that is not the matter.
    file
        Where the source was read from; None for JSON Lines.
    """

    kind: str
    source: str
    target: str | None
    score: float | None = None
    better: str | None = None
    better_score: float | None = None
    file: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as JSON-ready values; scores rounded to six places."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return {name: round(value, 6) if isinstance(value, float) else value for name, value in values.items()}

    def line(self) -> str:
        """Return the finding as a line for a person."""
        parts = [self.source]
        if self.target is not None:
            parts.append(f"-> {self.target}" + ("" if self.score is None else f" ({self.score:.2f})"))
        if self.better is not None:
            parts.append(f"rather {self.better} ({self.better_score:.2f})")
        return " ".join(parts)


@dataclass(frozen=True)
class LinkAudit:
    """What is to be said of a site's curated links, and of their worth as a ground truth.

    Attributes
    ----------
    links
        Curated links that lead to an article.
    findings
        In the order of `KINDS`, then of the corpus.
    mean_score
        Of the links, as the model sees them today; nan for no links.
    relations
        What the relations are like as a whole.
    """

    links: int
    findings: tuple[Finding, ...]
    mean_score: float
    relations: RelationAudit

    @property
    def counts(self) -> dict[str, int]:
        """How many findings there are of each kind."""
        found = Counter(finding.kind for finding in self.findings)
        return {kind: found[kind] for kind in KINDS}

    def over(self, limits: Mapping[str, int]) -> list[str]:
        """Return a line for each kind of which there are more findings than the limit.

        >>> LinkAudit(0, (Finding("dead", "a", "/b"),), 0.0, None).over({"dead": 0, "weak": 3})
        ['dead: 1, more than the limit of 0']
        """
        counts = self.counts
        return [
            f"{kind}: {counts[kind]:,}, more than the limit of {most:,}"
            for kind, most in limits.items()
            if counts[kind] > most
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON-ready values."""
        return {
            "links": self.links,
            "mean_score": None if math.isnan(self.mean_score) else round(self.mean_score, 6),
            "counts": self.counts,
            "findings": [finding.to_dict() for finding in self.findings],
            "relations": self.relations.to_dict(),
        }

    def text(self, show: int = 3) -> str:
        """Return tables for people, with the first `show` findings of each kind."""
        counts = self.counts
        rows = [[f"{kind}: {said}", f"{counts[kind]:,}"] for kind, said in KINDS.items()]
        parts = [text_table([f"of {self.links:,} links, of mean score {number(self.mean_score, 2)}", "number"], rows)]
        for kind in KINDS:
            some = [finding.line() for finding in self.findings if finding.kind == kind][:show]
            if some:
                parts.append("\n".join([f"{kind}:", *(f"  {line}" for line in some)]))
        return "\n\n".join([*parts, self.relations.table()])


def audit_links(model: Recommender, weak: float = WEAK, n_jobs: int = 1) -> LinkAudit:
    """Look at every curated link of a model's corpus.

    Scores are those of the ranker, without the house's rules, knowing all that is known today; alternatives are
    suggestions, by the rules. A link is `weak` below that score, where an article that is not linked scores twice as
    much and more than that. A list is stale where a good article came after it and everything in it.

    Parameters
    ----------
    weak
        Probability, in [0, 1].
    """
    corpus = model.corpus
    scores = _scores(model)
    found = [*_targets(corpus), *_one_way(corpus, scores), *_by_alternatives(model, scores, weak, n_jobs)]
    order = list(KINDS)
    found.sort(key=lambda one: (order.index(one.kind), corpus.row(one.source), one.source, one.target or ""))
    located = tuple(replace(one, file=one.file or _path(corpus.source_file(corpus.row(one.source)))) for one in found)
    mean = sum(scores.values()) / len(scores) if scores else math.nan
    return LinkAudit(len(corpus.links), located, mean, audit_relations(corpus))


def _scores(model: Recommender) -> dict[tuple[int, int], float]:
    """Return the score of every link inside the corpus, by the rows of its ends."""
    corpus = model.corpus
    linked: dict[int, list[int]] = defaultdict(list)
    for source, target in corpus.links.tolist():
        linked[source].append(target)
    names = [corpus[row].id for row in linked]
    scores: dict[tuple[int, int], float] = {}
    for (row, targets), ranking in zip(linked.items(), model.rank(names, [None] * len(names)), strict=True):
        known = dict(zip(ranking.target_ids, ranking.scores, strict=True))
        for target in targets:
            name = corpus[target].id
            scores[(row, target)] = known[name] if name in known else model.score(corpus[row].id, name)
    return scores


def _targets(corpus: Corpus) -> Iterator[Finding]:
    """Yield what is odd about where links lead, whatever they score."""
    host = own_host(corpus)
    files = corpus.source_files or [None] * len(corpus.originals)
    for article, source_file in zip(corpus.originals, files, strict=True):  # two files of one article have two lists
        row, file = corpus.row(article.id), _path(source_file)
        seen: Counter[str] = Counter()
        for relation in article.relations:
            target = corpus.resolve(relation)
            if target is None:
                address = relation.url or relation.target_id or ""
                kind: str | None = _lost(relation, host)
            else:
                address, kind = corpus[target].id, _known(corpus[target], row == target)
            seen[canonical_url(address)] += 1
            what = "duplicate" if seen[canonical_url(address)] > 1 else kind
            if what is not None:
                yield Finding(what, article.id, address, file=file)


def _path(file: SourceFile | None) -> str | None:
    return None if file is None else file.path


def _known(target: Article, itself: bool) -> str | None:
    return "itself" if itself else "removed" if target.removed else None


def _lost(relation: Relation, host: str | None) -> str:
    """Tell a link that leads nowhere from one that leads out: by the site's own host, no host, or an id alone."""
    if relation.url is None:
        return "dead"
    lead = urlsplit(canonical_url(relation.url)).hostname
    return "dead" if lead in {None, host} else "unresolved"


def own_host(corpus: Corpus) -> str | None:
    """Return the host under which more than half of the articles have an address, None where there is none."""
    hosts: Counter[str] = Counter()
    for article in corpus:
        hosts.update({host for url in article.addresses if (host := urlsplit(canonical_url(url)).hostname)})
    host, count = next(iter(hosts.most_common(1)), (None, 0))
    return host if 2 * count > len(corpus) else None


def _one_way(corpus: Corpus, scores: Mapping[tuple[int, int], float]) -> Iterator[Finding]:
    for (source, target), score in scores.items():
        if (target, source) not in scores and not corpus[target].removed:
            yield Finding("one-way", corpus[source].id, corpus[target].id, score)


def _by_alternatives(
    model: Recommender, scores: Mapping[tuple[int, int], float], weak: float, n_jobs: int
) -> Iterator[Finding]:
    """Yield weak links and stale lists: those for which a suggestion that is not linked would be better."""
    corpus = model.corpus
    linked: dict[int, set[int]] = defaultdict(set)
    for source, target in scores:
        linked[source].add(target)
    for row, (name, suggestions) in enumerate(model.suggest_all(k=DEPTH, threshold=0.0, n_jobs=n_jobs)):
        own = linked.get(row)
        if not own:
            continue
        fresh = [one for one in suggestions if not _rows(corpus, one) & own]
        best = max(fresh, key=lambda one: one.score, default=None)
        for target in sorted(own):
            score = scores[(row, target)]
            if best is not None and score < weak and best.score >= max(weak, 2 * score) and not corpus[target].removed:
                yield Finding("weak", name, corpus[target].id, score, best.target_id, best.score)
        latest = max(float(corpus.times[one]) for one in (row, *own))
        later = [one for one in fresh if one.score >= GOOD and _moment(one) > latest]
        if later:
            yield Finding("stale", name, None, None, later[0].target_id, later[0].score)


def _rows(corpus: Corpus, suggestion: Suggestion) -> set[int]:
    """Return the rows of what is suggested and of what has the same text."""
    return {corpus.row(name) for name in (suggestion.target_id, *suggestion.duplicates)}


def _moment(suggestion: Suggestion) -> float:
    published = suggestion.target.published_at
    return -math.inf if published is None else published.timestamp()
