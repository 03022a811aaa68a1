"""What the curated relations are like, before anything is measured against them."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.corpus.corpus import Corpus
from recommender.evaluation.bootstrap import rounded
from recommender.evaluation.measures import gini
from recommender.evaluation.splits import STORY_SLICES, stories
from recommender.evaluation.tables import number, percent, text_table

_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class SliceFacts:
    """Stories of one range of sizes: how many, their articles, and their linked pairs."""

    stories: int
    articles: int
    pairs: int


@dataclass(frozen=True, slots=True)
class RelationAudit:
    """Facts about a corpus and its relations. Shares are in [0, 1], nan where there is nothing to count.

    Attributes
    ----------
    articles, undated, removed
        Number of articles, of those without a date, and of those taken down.
    linked_articles
        Articles with at least one relation, either way.
    relations, external_relations
        Relations, as source to target, inside the corpus; and those whose target is not in it.
    pairs
        Linked pairs: relations read as undirected.
    reciprocity
        Share of relations whose reverse is a relation too.
    closure
        Transitivity: of all pairs of articles that share a neighbour, the share that is linked itself. nan
        where no article has two neighbours. Newman, "Networks", 2010, section 7.9.
    stories, largest_story
        Groups of two or more articles that relations join; articles in the largest.
    closed_stories
        Share of the stories of three or more articles in which every article is linked with every other.
    closed_pairs
        Share of all linked pairs that lie in such stories.
    slices
        Stories by size.
    future_relations
        Relations whose target was published after the source.
    removed_relations
        Relations to articles that are removed.
    self_relations, repeated_relations
        Relations of an article to itself; relations that the same list gives more than once.
    merged_articles, same_title_articles
        Articles folded into another of the same id or address; articles that share their title with another.
    in_degree_gini, largest_in_degree
        Skew of how often articles are targets, over all articles; and the largest such number.
    median_gap_days
        Median time between the two ends of a relation, days.
    warnings
        What a reader of figures should know, in words.
    """

    articles: int
    undated: int
    removed: int
    linked_articles: int
    relations: int
    external_relations: int
    pairs: int
    reciprocity: float
    closure: float
    stories: int
    largest_story: int
    closed_stories: float
    closed_pairs: float
    slices: dict[str, SliceFacts]
    future_relations: int
    removed_relations: int
    self_relations: int
    repeated_relations: int
    merged_articles: int
    same_title_articles: int
    in_degree_gini: float
    largest_in_degree: int
    median_gap_days: float
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values; floats rounded to six places, None where undefined."""
        values = dataclasses.asdict(self)
        return {
            name: rounded(value) if isinstance(value, float) else list(value) if name == "warnings" else value
            for name, value in values.items()
        }

    def table(self) -> str:
        """Return a plain-text table for people, warnings below it."""
        facts = [
            ("articles", str(self.articles)),
            ("  undated / removed / merged", f"{self.undated} / {self.removed} / {self.merged_articles}"),
            ("  with a title that another has", str(self.same_title_articles)),
            ("  with relations", f"{self.linked_articles} ({percent(_share(self.linked_articles, self.articles))})"),
            ("relations", str(self.relations)),
            ("  to externals", str(self.external_relations)),
            ("  repeated / to itself", f"{self.repeated_relations} / {self.self_relations}"),
            ("  to removed articles", str(self.removed_relations)),
            ("  to later articles", f"{self.future_relations} ({percent(self._future_share)})"),
            ("  answered by the reverse", percent(self.reciprocity)),
            ("  median gap, days", number(self.median_gap_days, 1)),
            ("transitive closure", percent(self.closure)),
            ("in-degree Gini / largest", f"{number(self.in_degree_gini, 2)} / {self.largest_in_degree}"),
            ("stories", f"{self.stories}, the largest of {self.largest_story} articles"),
            (
                "  fully linked, of three or more",
                f"{percent(self.closed_stories)}, {percent(self.closed_pairs)} of links",
            ),
        ]
        slices = [
            [name, str(facts.stories), str(facts.articles), percent(_share(facts.pairs, self.pairs))]
            for name, facts in self.slices.items()
        ]
        parts = [
            text_table(["fact", "value"], facts),
            text_table(["story size", "stories", "articles", "links"], slices),
            *(f"Note: {warning}" for warning in self.warnings),
        ]
        return "\n\n".join(parts)

    @property
    def _future_share(self) -> float:
        return _share(self.future_relations, self.relations)


def audit_relations(corpus: Corpus) -> RelationAudit:
    """Look at the relations of a corpus. Nothing is learned and nothing changed.

    >>> from recommender.core.records import Article, Relation
    >>> pair = [Article("a", "Ferry", relations=(Relation(None, "b"),)), Article("b", "Ferry again")]
    >>> audit = audit_relations(Corpus.from_articles(pair))
    >>> audit.relations, audit.reciprocity, audit.largest_story
    (1, 0.0, 2)
    """
    itself, repeated = _wasted_relations(corpus)
    removed = np.array([article.removed for article in corpus], dtype=bool)
    titles = Counter(_plain(article.title) for article in corpus)
    titles.pop("", None)
    audit = RelationAudit(
        articles=len(corpus),
        undated=int((~np.isfinite(corpus.times)).sum()),
        removed=int(removed.sum()),
        relations=len(corpus.links),
        external_relations=len(corpus.externals),
        removed_relations=int(removed[corpus.links[:, 1]].sum()),
        self_relations=itself,
        repeated_relations=repeated,
        merged_articles=len(corpus.merged),
        same_title_articles=sum(count for count in titles.values() if count > 1),
        **_graph_facts(corpus),
        **_story_facts(corpus),
        **_time_facts(corpus),
    )
    return dataclasses.replace(audit, warnings=tuple(_warnings(audit)))


def _wasted_relations(corpus: Corpus) -> tuple[int, int]:
    """Count relations of an article to itself, and those that its list gives more than once."""
    used = np.bincount(corpus.links[:, 0], minlength=len(corpus))
    external = Counter(row for row, _ in corpus.externals)
    itself = repeated = 0
    for row, article in enumerate(corpus):
        spare = len(article.relations) - external[row] - int(used[row])
        if spare:  # resolving is slow, and few lists need it
            own = sum(corpus.resolve(relation) == row for relation in article.relations)
            itself += own
            repeated += spare - own
        if external[row] > 1:
            outside = [r for r in article.relations if corpus.resolve(r) is None]
            repeated += len(outside) - len({relation.target_id or relation.url for relation in outside})
    return itself, repeated


def _graph_facts(corpus: Corpus) -> dict[str, Any]:
    graph = corpus.neighbours.astype(np.float64)  # float32 loses count of triads beyond 16 million
    degree = np.diff(graph.indptr).astype(np.int64)
    sources, targets = corpus.links.astype(np.int64).T
    forward, backward = sources * len(corpus) + targets, targets * len(corpus) + sources
    incoming = np.bincount(targets, minlength=len(corpus))
    closed = float((graph @ graph).multiply(graph).sum()) if graph.nnz else 0.0
    return {
        "linked_articles": int((degree > 0).sum()),
        "pairs": graph.nnz // 2,
        "reciprocity": _share(int(np.isin(forward, backward).sum()), len(forward)),
        "closure": _share(closed, float((degree * (degree - 1)).sum())),
        "in_degree_gini": gini(incoming),
        "largest_in_degree": int(incoming.max(initial=0)),
    }


def _story_facts(corpus: Corpus) -> dict[str, Any]:
    labels = stories(corpus).labels
    sizes = np.bincount(labels, minlength=1)
    pairs = np.bincount(labels, np.diff(corpus.neighbours.indptr), minlength=1).astype(np.int64) // 2
    large = sizes >= 3
    closed = large & (pairs == sizes * (sizes - 1) // 2)
    return {
        "stories": int((sizes >= 2).sum()),
        "largest_story": int(sizes[sizes >= 2].max(initial=0)),
        "closed_stories": _share(int(closed.sum()), int(large.sum())),
        "closed_pairs": _share(int(pairs[closed].sum()), int(pairs.sum())),
        "slices": {
            name: _slice_facts(sizes, pairs, (sizes >= least) & (sizes <= most))
            for name, (least, most) in STORY_SLICES.items()
        },
    }


def _slice_facts(sizes: NDArray[np.int64], pairs: NDArray[np.int64], chosen: NDArray[np.bool_]) -> SliceFacts:
    return SliceFacts(int(chosen.sum()), int(sizes[chosen].sum()), int(pairs[chosen].sum()))


def _time_facts(corpus: Corpus) -> dict[str, Any]:
    times = corpus.times[corpus.links]
    dated = times[np.isfinite(times).all(axis=1)]
    gaps = np.abs(dated[:, 1] - dated[:, 0]) / _DAY
    return {
        "future_relations": int((dated[:, 1] > dated[:, 0]).sum()),
        "median_gap_days": float(np.median(gaps)) if len(gaps) else math.nan,
    }


def _warnings(audit: RelationAudit) -> list[str]:
    if not audit.relations:
        return ["there are no relations inside the corpus: nothing to learn from, and nothing to measure against."]
    found = []
    if audit.closure >= 0.8:
        found.append(
            f"{percent(audit.closure)} of the pairs that share a neighbour are linked themselves, so nearly all "
            "relations form closed groups, as a program writes them: a high figure partly means agreement with "
            "the tool that wrote them."
        )
    crowded = _share(audit.slices["more than 20"].pairs, audit.pairs)
    if crowded >= 0.5:
        found.append(
            f"{percent(crowded)} of the links lie in stories of more than 20 articles: "
            "read the means over stories, not only those over articles."
        )
    if audit._future_share >= 0.1:
        found.append(
            f"{percent(audit._future_share)} of the relations point to an article published later than their "
            "source: lists were written after publication, when more was known than a live system knows."
        )
    if audit.removed_relations:
        found.append(f"relations to removed articles: {audit.removed_relations}; they do not count as targets.")
    if audit.linked_articles < 50:
        found.append(f"articles with relations: only {audit.linked_articles}; expect wide intervals.")
    return found


def _plain(title: str) -> str:
    return " ".join(title.casefold().split())


def _share(part: float, whole: float) -> float:
    return part / whole if whole else math.nan
