"""Everything an answer is made from, as it stands at one moment."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from recommender.core.errors import SettingsError
from recommender.core.records import Article
from recommender.core.runtime import LIBRARIES, code_digest, collection_paused, library_versions
from recommender.core.settings import Settings
from recommender.corpus.corpus import Corpus
from recommender.corpus.editing import edited
from recommender.ranker import Ranker
from recommender.retrieval.vectorizer import Vectorizer
from recommender.retrieval.vectors import Index, Vectors


@dataclass(frozen=True)
class Snapshot:
    """Everything an answer is made from; replaced as a whole, so that an answer is of one state."""

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
        """Return the same without articles, by id or address, and without those that were merged into them.

        Raises
        ------
        UnknownArticleError
            For one that the corpus does not hold.
        """
        corpus = self.index.corpus
        rows = {corpus.row(name) for name in names}
        positions = [position for row in rows for position in corpus.merges.positions_of(row)]
        return self._edited({corpus.originals[position].id for position in positions}, ())._compacted()

    def knowing(self, target: str | Article) -> Snapshot:
        """Return the same with a target that the corpus does not hold, to answer one question about it."""
        if isinstance(target, str) or self.index.corpus.row_of(target) is not None:
            return self
        return self._edited((), [target])

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
            return replace(self, index=self.features.index(corpus, like=old))

    def _compacted(self) -> Snapshot:
        return replace(self, index=self.index.compacted())

    def question(
        self, source: str | Article, as_of: datetime | None
    ) -> tuple[Vectors, NDArray[np.intp], NDArray[np.intp]]:
        """Return a source's vectors, row and limit, as arrays of one."""
        corpus = self.index.corpus
        if as_of is not None and as_of.tzinfo is None:
            raise SettingsError(f"as_of must have a time zone, got {as_of!r}; add one")
        limits = np.array([corpus.rows_as_of(as_of)])
        if isinstance(source, str):
            rows = np.array([corpus.row(source)])
            return self.index.vectors.take(rows), rows, limits
        row = corpus.row_of(source)
        vectors = self.features.transform([source])
        if source.published_at is None:
            days = self.index.vectors.days
            # A draft is written now, as far as the model may know; a known article keeps its date, or its lack of one.
            day = np.fmax.reduce(days[: limits[0]], initial=np.nan) if row is None else days[row]
            vectors = replace(vectors, days=np.array([day]))
        return vectors, np.array([-1 if row is None else row]), limits

    def row_of(self, target: str | Article) -> int:
        """Return the row of an article of the corpus, by id, address or itself."""
        corpus = self.index.corpus
        row = corpus.row_of(target) if isinstance(target, Article) else corpus.row(target)
        return corpus.row(target.id) if row is None and isinstance(target, Article) else int(row or 0)

    def key(self, settings: Settings, k: int, threshold: float) -> bytes:
        """Return the digest, 16 bytes, of all that a list depends on beside what its fingerprint is of."""
        text, topics = self.features.text_, self.features.topics_
        told = [k, threshold, settings.to_dict(), self.ranker.to_dict(), text.n_articles_]
        told += [self.index.corpus.topic_parents, topics.parents_, code_digest(), library_versions(LIBRARIES)]
        digest = blake2b(json.dumps(told, sort_keys=True).encode(), digest_size=16)
        for counts in (*text.document_frequency_.values(), topics.document_frequency_):
            digest.update(counts.tobytes())
        return digest.digest()
