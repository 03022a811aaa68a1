"""The split by time: which articles are past, which sources are held out, and which targets are right for them."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from recommender.core.errors import ArticleError, SettingsError
from recommender.core.languages import is_readable
from recommender.corpus import relations
from recommender.corpus.corpus import Corpus

Protocol = Literal["at publication", "today", "folds"]
AT_PUBLICATION: Protocol = "at publication"
TODAY: Protocol = "today"
FOLDS: Protocol = "folds"
PROTOCOLS = (AT_PUBLICATION, TODAY)  # of a site with dates

ALL_TARGETS = "all targets"
WITHOUT_DUPLICATES = "without near-duplicates"

#: Slices of story size, in articles, as label to (least, most).
STORY_SLICES: dict[str, tuple[int, float]] = {"2-5": (2, 5), "6-20": (6, 20), "more than 20": (21, math.inf)}


@dataclass(frozen=True, eq=False)
class EvaluationSet:
    """Held-out sources under one protocol, with the right targets and the story of each.

    Attributes
    ----------
    variant
        Which targets count: all, or those that are no near-duplicates of their source.
    n_articles
        Of the whole corpus.
    sources, known : (n_sources,) arrays
        Rows of the corpus, and how many rows, from the first, each source may be linked with.
    relevant, excluded
        Rows of the right targets of each source, and of those that do not count; None where all count.
    stories, story_sizes : (n_sources,) arrays
        Label of each source's story, and how many articles that story has.
    """

    protocol: Protocol
    variant: str
    n_articles: int
    sources: NDArray[np.int64]
    known: NDArray[np.int64]
    relevant: tuple[frozenset[int], ...]
    stories: NDArray[Any]
    story_sizes: NDArray[np.int64]
    excluded: tuple[Collection[int], ...] | None = None

    @classmethod
    def from_corpus(cls, corpus: Corpus, sources: Sequence[int] | NDArray[np.int64], protocol: Protocol) -> Self:
        """Look up targets and stories of the sources, which are rows as of `held_out_sources`."""
        rows = np.asarray(sources, dtype=np.int64)
        known = np.array([known_rows(corpus, row, protocol) for row in rows.tolist()], dtype=np.int64)
        relevant = tuple(map(partial(relevant_targets, corpus), rows.tolist(), known.tolist()))
        story_of = stories(corpus)
        sizes = np.bincount(story_of)[story_of[rows]]
        return cls(protocol, ALL_TARGETS, len(corpus), rows, known, relevant, story_of[rows], sizes)

    @classmethod
    def held_out(cls, corpus: Corpus, cut: int, protocol: Protocol = AT_PUBLICATION) -> Self:
        """Return the sources of `held_out_sources`."""
        return cls.from_corpus(corpus, held_out_sources(corpus, cut, protocol), protocol)

    def without(self, excluded: Sequence[Collection[int]]) -> EvaluationSet:
        """Return the same sources with some targets of each left out, as of `near_duplicates`."""
        relevant = [targets.difference(rows) for targets, rows in zip(self.relevant, excluded, strict=True)]
        return replace(self, variant=WITHOUT_DUPLICATES, relevant=tuple(relevant), excluded=tuple(excluded))

    @classmethod
    def joined(cls, parts: Sequence[EvaluationSet]) -> EvaluationSet:
        """Return the sources of several sets of one corpus, protocol and variant, one set after the other."""
        if len(parts) == 1:
            return parts[0]
        excluded = [rows for part in parts for rows in part.excluded or ()]
        return replace(
            parts[0],
            sources=np.concatenate([part.sources for part in parts]),
            known=np.concatenate([part.known for part in parts]),
            stories=np.concatenate([part.stories for part in parts]),
            story_sizes=np.concatenate([part.story_sizes for part in parts]),
            relevant=tuple(targets for part in parts for targets in part.relevant),
            excluded=tuple(excluded) if parts[0].excluded is not None else None,
        )

    def take(self, positions: Sequence[int]) -> EvaluationSet:
        """Return only the sources at these positions."""
        indices = np.asarray(positions, dtype=np.intp)
        return replace(
            self,
            sources=self.sources[indices],
            known=self.known[indices],
            relevant=tuple(self.relevant[position] for position in positions),
            stories=self.stories[indices],
            story_sizes=self.story_sizes[indices],
            excluded=None if self.excluded is None else tuple(self.excluded[position] for position in positions),
        )


def time_cut(corpus: Corpus, newest: float = 0.25) -> int:
    """Return the row at which the newest share, by count and in (0, 1), of the dated articles begins.

    Rows before it are the past; dated rows from it on are the new side. Articles of the same time as the cut stay
    together, on the new side unless that leaves no past. Undated articles, which come last in a corpus, are on neither
    side.

    >>> from datetime import UTC, datetime
    >>> from recommender.core.records import Article
    >>> days = [Article(f"a-{day}", "", published_at=datetime(2025, 1, day, tzinfo=UTC)) for day in range(1, 9)]
    >>> time_cut(Corpus.from_articles(days))
    6
    """
    if not 0 < newest < 1:
        raise SettingsError(f"newest must be a share between 0 and 1, got {newest!r}")
    times = corpus.times[: dated_rows(corpus)]
    if len(times) == 0:
        return 0
    # The small step keeps 100 * 0.07 = 7.000000000000001 from becoming eight articles.
    cut = min(len(times) - math.ceil(len(times) * newest - 1e-9), len(times) - 1)
    first = int(np.searchsorted(times, times[cut], side="left"))
    return first or int(np.searchsorted(times, times[cut], side="right"))


def measurable_cut(corpus: Corpus, newest: float, protocol: Protocol = TODAY) -> int:
    """Return the row of `time_cut`; `ArticleError` where no past lies before it, or no held-out source from it on."""
    cut = time_cut(corpus, newest)
    if cut == 0 or len(held_out_sources(corpus, cut, protocol)) == 0:
        target = "an older one" if protocol == AT_PUBLICATION else "an article of the site"
        raise ArticleError(
            f"nothing to measure: of {len(corpus)} articles {cut} are past, and no newer one has a relation "
            f"to {target}; give more articles with relations and dates"
        )
    return cut


def past_corpus(corpus: Corpus, cut: int) -> Corpus:
    """Return the articles before the cut as a corpus of their own: those that a model may learn from."""
    return Corpus(corpus.articles[:cut], topic_parents=corpus.topic_parents)


def hide_relations(corpus: Corpus, cut: int, hidden: NDArray[np.bool_]) -> Corpus:
    """Return the corpus without the relations between two rows before `cut` of which at least one is `hidden`.

    All other relations stay, and articles keep their rows.
    """
    articles = list(corpus.articles)
    for row in range(cut):
        ends = [(relation, corpus.resolve(relation)) for relation in articles[row].relations]
        visible = [
            relation
            for relation, target in ends
            if target is None or target >= cut or not (hidden[row] or hidden[target])
        ]
        if len(visible) < len(ends):
            articles[row] = replace(articles[row], relations=tuple(visible))
    return Corpus(articles, corpus.merged, corpus.topic_parents, corpus.report)


def dated_rows(corpus: Corpus) -> int:
    """Return how many rows, from the first, have a date."""
    return int(np.isfinite(corpus.times).sum())


def known_rows(corpus: Corpus, row: int, protocol: Protocol) -> int:
    """Return how many rows, from the first, a source may be linked with: at publication those up to its own moment."""
    if protocol in (TODAY, FOLDS):
        return len(corpus)
    if protocol == AT_PUBLICATION:
        return corpus.rows_as_of(corpus[row].published_at)
    raise SettingsError(f"protocol must be one of {', '.join(map(repr, PROTOCOLS))}, got {protocol!r}")


def relevant_targets(corpus: Corpus, row: int, until: int) -> frozenset[int]:
    """Return the rows before `until` that are related with `row`, either way, and may be suggested for it."""
    neighbours = corpus.neighbours
    linked = neighbours.indices[neighbours.indptr[row] : neighbours.indptr[row + 1]]
    source = corpus[row]
    possible = ((target, corpus[target]) for target in linked[linked < until].tolist())
    return frozenset(row for row, target in possible if target.is_target and is_readable(source, target))


def held_out_sources(corpus: Corpus, cut: int, protocol: Protocol = AT_PUBLICATION) -> NDArray[np.int64]:
    """Return the rows of the new side, from the row `cut` on, that have at least one relevant target, in time order.

    Of a story that crosses the cut only the new sources are thereby scored, against all its targets that a model may
    know under the protocol.
    """
    rows = range(cut, dated_rows(corpus))
    sources = [row for row in rows if relevant_targets(corpus, row, known_rows(corpus, row, protocol))]
    return np.array(sources, dtype=np.int64)


def stories(corpus: Corpus) -> NDArray[np.int32]:
    """Return the story of each row: the articles that relations, read as undirected, join."""
    return relations.stories(corpus.neighbours)


def story_slices(sizes: NDArray[np.int64]) -> dict[str, NDArray[np.bool_]]:
    """Return for each of `STORY_SLICES` which of these stories, by their sizes, belong to it.

    >>> [name for name, inside in story_slices(np.array([7])).items() if inside[0]]
    ['6-20']
    """
    return {name: (sizes >= least) & (sizes <= most) for name, (least, most) in STORY_SLICES.items()}


def id_order(corpus: Corpus) -> NDArray[np.intp]:
    """Return the position of each row's id among the sorted ids, which breaks ties."""
    return np.argsort(np.argsort(np.array([article.id for article in corpus], dtype=object)))
