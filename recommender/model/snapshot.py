"""All that suggestions are made from, as it stands at one moment."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from recommender.core.errors import SettingsError
from recommender.core.records import Article
from recommender.core.runtime import collection_paused
from recommender.corpus.corpus import Corpus
from recommender.corpus.editing import edited
from recommender.ranker import Ranker
from recommender.retrieval.index import Index
from recommender.retrieval.vectorizer import Vectorizer
from recommender.selection.scoring import SourceBatch


@dataclass(frozen=True)
class Snapshot:
    """All that suggestions are made from; replaced as a whole, so that each call sees one consistent state.

    Attributes
    ----------
    features : Vectorizer
    ranker : Ranker
    index : Index
        All articles.
    """

    features: Vectorizer
    ranker: Ranker
    index: Index

    def in_memory(self) -> Snapshot:
        """Return the same with every article read, for what looks at all of them."""
        with collection_paused():
            return replace(self, index=replace(self.index, corpus=self.index.corpus.in_memory()))

    def restated(self, without: Collection[str], more: Iterable[Article]) -> Snapshot:
        """Return the same without some ids and with more articles; what stands unchanged is taken over."""
        old = self.in_memory().index
        with collection_paused():
            articles = [one for one in old.corpus.originals if one.id not in without]
            corpus = Corpus.from_articles([*articles, *more], old.corpus.topic_parents, old.corpus.report)
            return replace(self, index=self.features.index(corpus, previous=old))

    def with_articles(self, new: Mapping[str, Article]) -> Snapshot:
        """Return the same with more articles, by id; one of a known id replaces the old."""
        rows = {self.index.corpus.row_of_id(name) for name in new}
        return self._edited([row for row in rows if row is not None], new.values()) or self.restated(new, new.values())

    def without(self, names: Iterable[str]) -> Snapshot:
        """Return the same without articles, by id or address.

        Raises
        ------
        UnknownArticleError
            For one that the corpus does not hold.
        """
        corpus = self.index.corpus
        rows = {corpus.row(name) for name in names}
        quick = self._edited(rows, ())
        if quick is not None:
            return quick
        gone = {corpus[row].id for row in rows}
        return self.restated(gone | {lost for lost, kept in corpus.merged if kept in gone}, ())

    def knowing(self, target: str | Article) -> Snapshot:
        """Return the state, with a target that it does not hold added for this one question."""
        if isinstance(target, str) or self.index.corpus.row_of(target) is not None:
            return self
        return self._edited((), [target], aside=True) or self.restated((), [target])

    def _edited(self, gone: Collection[int], new: Collection[Article], aside: bool = False) -> Snapshot | None:
        """Return the same without some rows and with more articles; None where all must be restated."""
        if not gone and not new:
            return self
        found = edited(self.index.corpus, gone, new, aside)
        if found is None:
            return None
        corpus, moves = found
        vectors = self.features.transform([corpus[row] for row in moves.new.tolist()])
        return replace(self, index=self.index.edited(corpus, moves, vectors, aside))

    def source_batch(self, source: str | Article, as_of: datetime | None) -> SourceBatch:
        """Return an article, or the one of an id or address, as a source that knows what was published by a moment.

        Raises
        ------
        UnknownArticleError
            For an id that the corpus does not hold.
        SettingsError
            For a naive `as_of`.
        """
        corpus = self.index.corpus
        if as_of is not None and as_of.tzinfo is None:
            raise SettingsError(f"as_of must have a time zone, got {as_of!r}; add one")
        limits = np.array([corpus.rows_as_of(as_of)])
        if isinstance(source, str):
            row = corpus.row(source)
            rows = np.array([row])
            return SourceBatch(self.index.vectors.take(rows), rows, limits, [corpus[row]])
        known_row = corpus.row_of(source)
        vectors = self.features.transform([source])
        if source.published_at is None:
            days = self.index.vectors.days
            # A draft counts as written when the newest article was; a known article keeps its date, or its lack of one.
            newest = np.fmax.reduce(days[: limits[0]], initial=np.nan)
            vectors = replace(vectors, days=np.array([newest if known_row is None else days[known_row]]))
        return SourceBatch(vectors, np.array([-1 if known_row is None else known_row]), limits, [source])

    def row_of(self, target: str | Article) -> int:
        """Return the row of an article of the corpus, by id, address or itself."""
        corpus = self.index.corpus
        if isinstance(target, str):
            return corpus.row(target)
        row = corpus.row_of(target)
        return corpus.row(target.id) if row is None else row
