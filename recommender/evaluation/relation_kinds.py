"""The kinds of relations that are measured: lists that editors keep, links in texts, or both."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Literal

from recommender.core.errors import ArticleError, SettingsError
from recommender.core.records import RELATION_KINDS
from recommender.corpus.corpus import Corpus

MeasuredRelations = Literal["related", "body", "both"]
BOTH: MeasuredRelations = "both"
MEASURED_RELATIONS: tuple[MeasuredRelations, ...] = ("related", "body", "both")


def count_by_kind(corpus: Corpus) -> dict[str, int]:
    """Return how many relations of each kind lead to an article of the corpus; kinds that it has none of left out."""
    given = Counter(relation.kind for article in corpus for relation in article.relations)
    external = Counter(relation.kind for _, relation in corpus.externals)
    return {kind: given[kind] - external[kind] for kind in RELATION_KINDS if given[kind] > external[kind]}


def with_relations_of(corpus: Corpus, relations: MeasuredRelations) -> Corpus:
    """Return the same articles in the same rows, as if the relations of other kinds were not there.

    Raises
    ------
    SettingsError
        For an unknown kind.
    ArticleError
        Where the corpus has relations, but none of this kind; it names those that there are.
    """
    if relations not in MEASURED_RELATIONS:
        raise SettingsError(f"relations must be one of {', '.join(MEASURED_RELATIONS)}, got {relations!r}")
    counts = count_by_kind(corpus)
    if relations == BOTH or list(counts) == [relations]:
        return corpus
    if relations not in counts:
        known = ", ".join(f"{kind} ({count:,})" for kind, count in counts.items()) or "none at all"
        raise ArticleError(f"there are no relations of the kind {relations!r} between articles; there are: {known}")
    articles = [
        replace(article, relations=tuple(link for link in article.relations if link.kind == relations))
        if any(link.kind != relations for link in article.relations)
        else article
        for article in corpus
    ]
    return Corpus(articles, corpus.merged, corpus.topic_parents, corpus.report)
