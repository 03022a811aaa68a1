"""All articles of a site in time order; ids and addresses resolve to rows, relations to rows or externals."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import overload

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.core.errors import UnknownArticleError
from recommender.core.records import Article, Relation
from recommender.core.times import seconds_since_epoch
from recommender.corpus.addresses import AddressBook, awaited_key
from recommender.corpus.merging import Merges, in_time_order, merged_article, same_article
from recommender.corpus.row_table import RowTable
from recommender.corpus.stored_articles import Externals, ids_of


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that holds one article: where it is, the article as it was read, and `content_digest` of its bytes."""

    path: str
    article: Article
    digest: bytes


@dataclass(frozen=True, slots=True)
class ReadReport:
    """What became of everything that was read: ``read == articles + skipped + merged``.

    `files` are those that hold one article each, in the order of their paths; none for JSON Lines.
    """

    read: int = 0
    skipped: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    files: tuple[SourceFile, ...] = ()


@dataclass(frozen=True)
class CorpusParts:
    """What a corpus is made of; see there."""

    articles: Sequence[Article]
    originals: Sequence[Article]
    folds: Merges
    merged: Sequence[tuple[str, str]]
    times: NDArray[np.float64]
    book: AddressBook
    links: NDArray[np.int32]
    neighbours: sparse.csr_matrix
    externals: Externals


class Corpus(Sequence[Article]):
    """A read-only sequence of articles, ordered by publication, then id; undated ones come last.

    Build it with `from_articles`. A position in the sequence is a *row*.

    Attributes
    ----------
    articles : sequence of Article
        A tuple, or read from a model folder one by one, with what was edited since.
    originals : sequence of Article
        The articles as they were given, before those of one id or address were folded; in time order.
    folds : Merges
        Which of `originals` were folded into which row.
    topic_parents : dict of str to str
        A topic's parent in the site's topic tree.
    times : (n_articles,) float64 array
        Publication in seconds since 1970, UTC; infinity where unknown.
    links : (n_links, 2) int32 array
        Resolved relations as (source row, target row), each once, sorted.
    neighbours : (n_articles, n_articles) csr_matrix of float32
        The same relations read as undirected: 1 where two articles are linked either way.
    externals : Externals, a sequence of (int, Relation)
        Relations whose target is no article of the corpus, with their source's row.
    merged : sequence of (str, str)
        Ids that were folded into another article of the same id or address, and that article's id.
    report : ReadReport
        What the source saw while reading.
    book : AddressBook
        Ids and addresses to places.
    rows_of : (n_places,) intp array
        The row of each place in the book, -1 where this corpus has none; None where every place is its row.

    >>> corpus = Corpus.from_articles([Article("b", "Second"), Article("a", "First")])
    >>> [article.id for article in corpus]
    ['a', 'b']
    """

    def __init__(
        self,
        articles: Sequence[Article],
        merged: Sequence[tuple[str, str]] = (),
        topic_parents: Mapping[str, str] | None = None,
        report: ReadReport | None = None,
    ):
        self.articles: Sequence[Article] = tuple(articles)
        self.originals: Sequence[Article] = self.articles
        self.merged: Sequence[tuple[str, str]] = tuple(merged)
        self.folds = Merges.of([])
        self.topic_parents = dict(topic_parents or {})
        self.report = report or ReadReport(read=len(self.articles) + len(self.merged))
        self.times = np.array(
            [seconds_since_epoch(article.published_at) for article in self.articles], dtype=np.float64
        )
        self.book = AddressBook.of(self.articles, self.merged)
        self.rows_of: NDArray[np.intp] | None = None
        self.links, rows, places = self.resolved((row, row, one) for row, one in enumerate(self.articles))
        self.externals = Externals(self.articles, rows, places)
        self.neighbours = undirected(self.links, len(self.articles))

    @classmethod
    def from_articles(
        cls,
        articles: Iterable[Article],
        topic_parents: Mapping[str, str] | None = None,
        report: ReadReport | None = None,
    ) -> Corpus:
        """Order the articles by time and fold those of one id or one address into the earliest of them.

        The one that stays keeps its own fields and takes over the addresses and relations of the others;
        if any of them is removed, it is removed.
        """
        ordered = in_time_order(articles)
        groups = same_article(ordered)
        merged = [(ordered[place].id, ordered[group[0]].id) for group in groups for place in group[1:]]
        corpus = cls(
            [merged_article([ordered[place] for place in group]) for group in groups], merged, topic_parents, report
        )
        if merged:
            corpus.originals = tuple(ordered)
            corpus.folds = Merges.of(groups)
        return corpus

    @classmethod
    def opened(cls, parts: CorpusParts, topic_parents: Mapping[str, str]) -> Corpus:
        """Return a corpus whose parts were made before."""
        corpus = cls.__new__(cls)
        vars(corpus).update({field.name: getattr(parts, field.name) for field in fields(parts)})
        corpus.rows_of = None
        corpus.topic_parents = dict(topic_parents)
        corpus.report = ReadReport(read=len(corpus.originals))
        return corpus

    def without_relations(self) -> Corpus:
        """Return the same articles in the same rows, as if no editor had ever linked one."""
        bare = [replace(one, relations=()) if one.relations else one for one in self.articles]
        return Corpus(bare, self.merged, self.topic_parents, self.report)

    def in_memory(self) -> Corpus:
        """Return the same corpus with every article read."""
        if isinstance(self.articles, tuple):
            return self
        corpus, originals = copy.copy(self), tuple(self.originals)
        lines = map(self.folds.lines, range(len(self)))
        folds = (merged_article([originals[line] for line in group]) for group in lines)
        corpus.originals, corpus.articles = originals, tuple(folds) if len(self.folds) else originals
        return corpus

    @overload
    def __getitem__(self, index: int) -> Article: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Article, ...]: ...
    def __getitem__(self, index: int | slice) -> Article | tuple[Article, ...]:
        return tuple(self.articles[index]) if isinstance(index, slice) else self.articles[index]

    def __len__(self) -> int:
        return len(self.articles)

    def __iter__(self) -> Iterator[Article]:
        return iter(self.articles)

    def __contains__(self, value: object) -> bool:
        if isinstance(value, str):
            return self.find(value) is not None
        row = self.row_of_id(value.id) if isinstance(value, Article) else None
        return row is not None and self.articles[row] == value

    def __repr__(self) -> str:
        return f"Corpus({len(self)} articles, {len(self.links)} relations, {len(self.externals)} to externals)"

    @property
    def merged_ids(self) -> tuple[str, ...]:
        """Ids of articles that were folded into another."""
        return tuple(lost for lost, _ in self.merged)

    @property
    def newest(self) -> datetime | None:
        """The latest publication; None where no article has a date."""
        n_dated = int(np.searchsorted(self.times, np.inf))
        return self.articles[n_dated - 1].published_at if n_dated else None

    @property
    def files_by_id(self) -> dict[str, SourceFile]:
        """Each article's id and file; of several files of one article, that of the one whose fields it keeps."""
        files = {id(file.article): file for file in self.report.files}
        if not files:
            return {}
        kept = {article.id for article in self.articles}
        first: dict[str, Article] = {}
        for article in self.originals:  # in the order in which they were folded: into the first of an id
            if article.id in kept:
                first.setdefault(article.id, article)
        return {name: files[id(article)] for name, article in first.items() if id(article) in files}

    def find(self, name: str) -> int | None:
        """Return the row of an id or an address, None where there is none."""
        row = self.row_of_id(name)
        return self._row_of_address(name) if row is None and "/" in name else row

    def row_of_id(self, name: str) -> int | None:
        """Return the row of an id, its own or one that was folded into it; None where there is none."""
        return self._first(self.book.ids.places(name))

    def _row_of_address(self, address: str) -> int | None:
        return self._first(self.book.addresses.places(self.book.key(address)))

    def _first(self, places: Iterable[int]) -> int | None:
        if self.rows_of is None:  # so that they ascend
            place = next(iter(places), None)
            return place if place is None or place < len(self.articles) else None
        return min((row for row in map(self.row_at, places) if row >= 0), default=None)

    def row_at(self, place: int) -> int:
        """Return the row of a place of the book; -1 for one that is not of this corpus."""
        if place >= self.n_places:
            return -1
        return place if self.rows_of is None else int(self.rows_of[place])

    @property
    def n_places(self) -> int:
        """How many places of the book this corpus may know: those behind are of others that share it."""
        return len(self) if self.rows_of is None else len(self.rows_of)

    def entries_of(self, table: RowTable) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
        """Return digests and rows of all texts of a table of the book, ascending."""
        digests, places = table.entries()
        known = np.flatnonzero(places < self.n_places)
        rows = places[known] if self.rows_of is None else self.rows_of[places[known]]
        ours = known[rows >= 0]
        order = np.lexsort((rows[rows >= 0], digests[ours]))
        return digests[ours][order], rows[rows >= 0][order].astype(np.int32)

    def row(self, name: str) -> int:
        """Return the row of an id or an address.

        Raises
        ------
        UnknownArticleError
            Naming the nearest known ids.
        """
        row = self.find(name)
        if row is None:
            raise UnknownArticleError.naming_nearest(name, dict.fromkeys([*ids_of(self.articles), *self.merged_ids]))
        return row

    def row_of(self, article: Article) -> int | None:
        """Return the row that this article stands for, by id, else by any address; None for a new one."""
        row = self.row_of_id(article.id)
        if row is not None:
            return row
        found = map(self._row_of_address, article.addresses)
        return next((row for row in found if row is not None), None)

    def resolve(self, relation: Relation) -> int | None:
        """Return the row of a relation's target, None for an external."""
        row = self.row_of_id(relation.target_id) if relation.target_id is not None else None
        return self._row_of_address(relation.url) if row is None and relation.url else row

    def rows_as_of(self, moment: datetime | None) -> int:
        """Return how many rows, from the first, were published on or before `moment`; all of them for None."""
        if moment is None:
            return len(self)
        return int(np.searchsorted(self.times, moment.timestamp(), side="right"))

    def resolved(
        self, articles: Iterable[tuple[int, int, Article]]
    ) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
        """Return the relations of articles, and note in the book what they wait for.

        Parameters
        ----------
        articles
            With their rows, ascending, and their places in the book.

        Returns
        -------
        links : (n_links, 2) int32 array
            As pairs of rows, each once, sorted.
        rows, places : (n_externals,) int32 array
            Of those to externals, and which of the row's relations each is.
        """
        found: dict[int, int] = {}  # by identity: a source shares one relation among all articles that hold it
        waits: dict[int, tuple[str, ...]] = {}
        pairs: list[int] = []
        rows: list[int] = []
        places: list[int] = []
        size = len(self)
        for row, place, article in articles:
            for number, relation in enumerate(article.relations):
                key = id(relation)
                target = found.get(key)
                if target is None:
                    resolved = self.resolve(relation)
                    target = found[key] = -1 if resolved is None else resolved
                    if target < 0 or relation.target_id:
                        waits[key] = self._awaited(relation, resolved)
                for name in waits.get(key, ()):
                    self.book.awaited.add(name, place)
                if target < 0:
                    rows.append(row)
                    places.append(number)
                elif target != row:
                    pairs.append(row * size + target)
        ordered = np.sort(np.array(pairs, dtype=np.int64))
        ordered = ordered[np.diff(ordered, prepend=-1) > 0]
        links = np.column_stack(np.divmod(ordered, max(size, 1))).astype(np.int32)
        return links, np.array(rows, dtype=np.int32), np.array(places, dtype=np.int32)

    def _awaited(self, relation: Relation, target: int | None) -> tuple[str, ...]:
        """Return the id and the address of a new article that would change a relation's target."""
        name, url = relation.target_id, relation.url
        by_id = (name,) if name and self.row_of_id(name) is None else ()
        by_address = (awaited_key(url),) if url and target is None else ()
        return by_id + by_address


def undirected(links: NDArray[np.int32], size: int) -> sparse.csr_matrix:
    """Return relations, each once and sorted, read as undirected."""
    starts = np.append(0, np.cumsum(np.bincount(links[:, 0], minlength=size)))
    ones = np.ones(len(links), dtype=np.float32)
    forward = sparse.csr_matrix((ones, links[:, 1].copy(), starts), shape=(size, size))
    graph = forward + forward.T.tocsr()
    graph.data[:] = 1.0
    return graph
