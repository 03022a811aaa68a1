"""Facts about the curated relations that figures are measured against, and how far they leak into the articles."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.corpus.corpus import Corpus
from recommender.evaluation.measures import gini
from recommender.evaluation.records import Record
from recommender.evaluation.splits import AT_PUBLICATION, known_rows, relevant_targets, stories, story_slices
from recommender.evaluation.tables import number, percent, text_table

_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class SliceFacts(Record):
    """Stories of one range of sizes: how many, their articles, and their linked pairs."""

    stories: int
    articles: int
    pairs: int


@dataclass(frozen=True, slots=True)
class RelationAudit(Record):
    """Facts about a corpus and its relations. Shares are in [0, 1], nan where there is nothing to count.

    Attributes
    ----------
    pairs
        Linked pairs: relations read as undirected.
    reciprocity
        Share of relations whose reverse is a relation too.
    closure
        Transitivity: of all pairs of articles that share a neighbour, the share that is linked itself. Newman,
        "Networks", 2010, section 7.9.
    stories, largest_story
        Groups of two or more articles that relations join; articles in the largest.
    closed_stories, closed_pairs
        Share of the stories of three or more articles in which every article is linked with every other; share of all
        linked pairs that lie in these.
    in_degree_gini, largest_in_degree
        Of how often each article is a target.
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

    def table(self) -> str:
        """Return a plain-text table for people, warnings below it."""
        closed_pairs = percent(self.closed_pairs)
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
            ("  fully linked, of three or more", f"{percent(self.closed_stories)}, {closed_pairs} of links"),
        ]
        slices = [
            [name, str(facts.stories), str(facts.articles), percent(_share(facts.pairs, self.pairs))]
            for name, facts in self.slices.items()
        ]
        tables = [
            text_table(["fact", "value"], facts),
            text_table(["story size", "stories", "articles", "links"], slices),
        ]
        return "\n\n".join([*tables, *(f"Note: {warning}" for warning in self.warnings)])

    @property
    def _future_share(self) -> float:
        return _share(self.future_relations, self.relations)


@dataclass(frozen=True, slots=True)
class Leak(Record):
    """How well the number of an article's links alone tells curated targets from other articles.

    Attributes
    ----------
    sources
        How many articles were compared: those linked with an older one.
    today, at_publication
        Probability that a linked article has more links than one that is not linked, ties counted half (the area
        under the ROC curve), in [0, 1], as the mean over sources. 0.5 is chance. Today all links count, also the link
        in question; at publication only those with articles that were published before the source.
    """

    sources: int
    today: float
    at_publication: float


def audit_relations(corpus: Corpus) -> RelationAudit:
    """Count and describe the relations of a corpus.

    >>> from recommender.core.records import Article, Relation
    >>> pair = [Article("a", "Ferry", relations=(Relation(None, "b"),)), Article("b", "Ferry again")]
    >>> audit = audit_relations(Corpus.from_articles(pair))
    >>> audit.relations, audit.reciprocity, audit.largest_story
    (1, 0.0, 2)
    """
    removed = np.array([article.removed for article in corpus], dtype=bool)
    titles = Counter(" ".join(article.title.casefold().split()) for article in corpus)
    titles.pop("", None)
    times = corpus.times[corpus.links]
    dated = times[np.isfinite(times).all(axis=1)]
    days_apart = np.abs(dated[:, 1] - dated[:, 0]) / _DAY
    to_itself, repeated = _redundant_relations(corpus)
    audit = RelationAudit(
        articles=len(corpus),
        undated=int((~np.isfinite(corpus.times)).sum()),
        removed=int(removed.sum()),
        relations=len(corpus.links),
        external_relations=len(corpus.externals),
        removed_relations=int(removed[corpus.links[:, 1]].sum()),
        self_relations=to_itself,
        repeated_relations=repeated,
        merged_articles=len(corpus.merged),
        same_title_articles=sum(count for count in titles.values() if count > 1),
        future_relations=int((dated[:, 1] > dated[:, 0]).sum()),
        median_gap_days=float(np.median(days_apart)) if len(days_apart) else math.nan,
        **_graph_facts(corpus),
        **_story_facts(corpus),
    )
    return dataclasses.replace(audit, warnings=tuple(_warnings(audit)))


def degree_leak(corpus: Corpus, random_state: int = 0) -> Leak:
    """Compare the links of each linked article with those of a random article that the source is not linked with.

    Both are known at the source's publication. The distance from `today` down to `at_publication` is what a field that
    is written after the links gives away, such as a count of related articles: no model may see such a field. nan where
    there is nothing to compare.

    >>> degree_leak(Corpus.from_articles([])).sources
    0
    """
    degrees = np.diff(corpus.neighbours.indptr)
    random = np.random.default_rng(random_state)
    areas = []
    for row in range(len(corpus)):
        known = np.arange(known_rows(corpus, row, AT_PUBLICATION))
        linked = np.array(sorted(relevant_targets(corpus, row, len(known))), dtype=np.intp)
        unlinked = np.setdiff1d(known, [*linked, row])
        if len(linked) and len(unlinked):
            drawn = random.choice(unlinked, len(linked))
            before, drawn_before = _degrees_before(corpus, linked, row), _degrees_before(corpus, drawn, row)
            areas.append((_auc(degrees[linked], degrees[drawn]), _auc(before, drawn_before)))
    if not areas:
        return Leak(0, math.nan, math.nan)
    return Leak(len(areas), *(float(np.mean(values)) for values in zip(*areas, strict=True)))


def _redundant_relations(corpus: Corpus) -> tuple[int, int]:
    """Count relations of an article to itself, and those that its list gives more than once."""
    n_links = np.bincount(corpus.links[:, 0], minlength=len(corpus))
    n_external = Counter(row for row, _ in corpus.externals)
    to_itself = repeated = 0
    for row, article in enumerate(corpus):
        n_redundant = len(article.relations) - n_external[row] - int(n_links[row])
        if n_redundant:  # resolving is slow, and few lists need it
            n_to_itself = sum(corpus.resolve(relation) == row for relation in article.relations)
            to_itself += n_to_itself
            repeated += n_redundant - n_to_itself
        if n_external[row] > 1:
            externals = [relation for relation in article.relations if corpus.resolve(relation) is None]
            repeated += len(externals) - len({relation.target_id or relation.url for relation in externals})
    return to_itself, repeated


def _graph_facts(corpus: Corpus) -> dict[str, Any]:
    graph = corpus.neighbours.astype(np.float64)  # float32 cannot count more than 16 million triads
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
    labels = stories(corpus)
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
            name: SliceFacts(int(inside.sum()), int(sizes[inside].sum()), int(pairs[inside].sum()))
            for name, inside in story_slices(sizes).items()
        },
    }


def _warnings(audit: RelationAudit) -> list[str]:
    if not audit.relations:
        return ["there are no relations inside the corpus: nothing to learn from, and nothing to measure against."]
    warnings = []
    if audit.closure >= 0.8:
        warnings.append(
            f"{percent(audit.closure)} of the pairs that share a neighbour are linked themselves, so nearly all "
            "relations form closed groups, as a program writes them: a high figure partly means agreement with "
            "the tool that wrote them."
        )
    share_in_large = _share(audit.slices["more than 20"].pairs, audit.pairs)
    if share_in_large >= 0.5:
        warnings.append(
            f"{percent(share_in_large)} of the links lie in stories of more than 20 articles: "
            "read the means over stories, not only those over articles."
        )
    if audit._future_share >= 0.1 and 2 * audit.undated <= audit.articles:
        warnings.append(
            f"{percent(audit._future_share)} of the relations point to an article published later than their "
            "source: lists were written after publication, when more was known than a live system knows."
        )
    if audit.removed_relations:
        warnings.append(f"relations to removed articles: {audit.removed_relations}; they do not count as targets.")
    if audit.linked_articles < 50:
        warnings.append(f"articles with relations: only {audit.linked_articles}; expect wide intervals.")
    return warnings


def _share(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


def _degrees_before(corpus: Corpus, rows: NDArray[np.intp], until: int) -> NDArray[np.int64]:
    """Return how many neighbours before the row `until` each of `rows` has; neighbours are in ascending order."""
    graph = corpus.neighbours
    degrees = [np.searchsorted(graph.indices[graph.indptr[row] : graph.indptr[row + 1]], until) for row in rows]
    return np.array(degrees, dtype=np.int64)


def _auc(positives: NDArray[Any], negatives: NDArray[Any]) -> float:
    return float(np.mean(0.5 + 0.5 * np.sign(positives[:, np.newaxis] - negatives)))
