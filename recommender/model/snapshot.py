"""All that suggestions are made from, as it stands at one moment."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
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
    """All that suggestions are made from; replaced as a whole, so that each call sees one consistent state."""

    features: Vectorizer
    ranker: Ranker
    index: Index

    def in_memory(self) -> Snapshot:
        """Return the same with every article read, for what looks at all of them."""
        with collection_paused():
            return replace(self, index=replace(self.index, corpus=self.index.corpus.in_memory()))

    def with_articles(self, new: Mapping[str, Article]) -> Snapshot:
        """Return the same with more articles, by id; one of a known id replaces the old."""
        return self._edited(new, new.values())._compacted()

    def without(self, names: Iterable[str]) -> Snapshot:
        """Return the same without articles, by id or address, and without those that were merged into them."""
        corpus = self.index.corpus
        rows = {corpus.row(name) for name in names}
        positions = [position for row in rows for position in corpus.merges.positions_of(row)]
        return self._edited({corpus.originals[position].id for position in positions}, ())._compacted()

    def knowing(self, target: str | Article) -> tuple[Snapshot, int]:
        """Return a snapshot that holds the target of one question, and the target's row."""
        corpus = self.index.corpus
        if isinstance(target, str):
            return self, corpus.row(target)
        row = corpus.row_of(target)
        if row is not None:
            return self, row
        snapshot = self._edited((), [target])
        return snapshot, snapshot.index.corpus.row(target.id)

    def _edited(self, removed_ids: Collection[str], new: Collection[Article]) -> Snapshot:
        """Return the same without the articles of some ids and with new ones, built anew only where that is better."""
        if not removed_ids and not new:
            return self
        edit = edited(self.index.corpus, removed_ids, new)
        if edit is not None:
            corpus, row_map = edit
            vectors = self.features.transform([corpus[row] for row in row_map.new.tolist()])
            return replace(self, index=self.index.edited(corpus, row_map, vectors))
        old = self.in_memory().index
        with collection_paused():
            stay = [article for article in old.corpus.originals if article.id not in removed_ids]
            corpus = Corpus.from_articles([*stay, *new], old.corpus.topic_parents, old.corpus.report)
            return replace(self, index=self.features.index(corpus, previous=old))

    def _compacted(self) -> Snapshot:
        return replace(self, index=self.index.compacted())

    def source_batch(self, sources: Sequence[str | Article], as_of: datetime | None) -> SourceBatch:
        """Return articles, or those of some names, as sources that know what was published by a moment."""
        corpus = self.index.corpus
        if as_of is not None and as_of.tzinfo is None:
            raise SettingsError(f"as_of must have a time zone, got {as_of!r}; add one")
        limit = corpus.rows_as_of(as_of)
        named = [position for position, source in enumerate(sources) if isinstance(source, str)]
        given = [position for position, source in enumerate(sources) if not isinstance(source, str)]
        batches = []
        if named:
            rows = np.array([corpus.row(name) for name in sources if isinstance(name, str)])
            batches.append(replace(SourceBatch.of_rows(self.index, rows), limits=np.full(len(rows), limit)))
        if given:
            batches.append(self._given([source for source in sources if not isinstance(source, str)], limit))
        if len(batches) == 1:
            return batches[0]
        return SourceBatch.stacked(batches).take(np.argsort([*named, *given]))

    def _given(self, articles: Sequence[Article], limit: int) -> SourceBatch:
        """Return articles, whether or not the corpus holds them, as sources that know so many of its rows."""
        known_rows = [self.index.corpus.row_of(article) for article in articles]
        rows = np.array([-1 if row is None else row for row in known_rows])
        vectors = self.features.transform(articles)
        days, undated = self.index.vectors.days, np.array([article.published_at is None for article in articles])
        if undated.any():
            # A draft counts as written when the newest article was; a known article keeps its date, or its lack of one.
            newest = np.fmax.reduce(days[:limit], initial=np.nan)
            vectors = replace(vectors, days=np.where(undated, np.where(rows < 0, newest, days[rows]), vectors.days))
        return SourceBatch(vectors, rows, np.full(len(articles), limit), articles)
