"""All articles of a site in time order; ids and addresses resolve to rows, relations to rows or externals."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from hashlib import blake2b
from typing import overload

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.address_book import AddressBook
from recommender.errors import UnknownArticleError
from recommender.folding import Folds, folded, in_time_order, moment_and_id, same_article, seconds
from recommender.records import Article, Relation
from recommender.sequences import grown
from recommender.stored_articles import ids_of


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


def content_digest(data: bytes) -> bytes:
    """Return what tells one content of a file from another."""
    return blake2b(data, digest_size=16).digest()


@dataclass(frozen=True)
class CorpusParts:
    """What a corpus is made of; see there."""

    articles: Sequence[Article]
    originals: Sequence[Article]
    folds: Folds
    merged: Sequence[tuple[str, str]]
    times: NDArray[np.float64]
    book: AddressBook
    links: NDArray[np.int32]
    neighbours: sparse.csr_matrix
    externals: Sequence[tuple[int, Relation]]


class Corpus(Sequence[Article]):
    """A read-only sequence of articles, ordered by publication, then id; undated ones come last.

    Build it with `from_articles`. A position in the sequence is a *row*.

    Attributes
    ----------
    articles : sequence of Article
        A tuple, or read from a model folder one by one.
    originals : sequence of Article
        The articles as they were given, before those of one id or address were folded; in time order.
    folds : Folds
        Which of `originals` were folded into which row.
    topic_parents : dict of str to str
        A topic's parent in the site's topic tree.
    times : (n_articles,) float64 array
        Publication in seconds since 1970, UTC; infinity where unknown.
    links : (n_links, 2) int32 array
        Resolved relations as (source row, target row), each once, sorted.
    neighbours : (n_articles, n_articles) csr_matrix of float32
        The same relations read as undirected: 1 where two articles are linked either way.
    externals : sequence of (int, Relation)
        Relations whose target is no article of the corpus, with their source's row.
    merged : sequence of (str, str)
        Ids that were folded into another article of the same id or address, and that article's id.
    report : ReadReport
        What the source saw while reading.
    book : AddressBook
        Ids and addresses to rows.

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
        self.folds = Folds.of([])
        self.topic_parents = dict(topic_parents or {})
        self.report = report or ReadReport(read=len(self.articles) + len(self.merged))
        self.times = np.array([seconds(article.published_at) for article in self.articles], dtype=np.float64)
        self.book = AddressBook.of(self.articles, self.merged)
        self.links, externals = self._resolved(enumerate(self.articles))
        self.externals: Sequence[tuple[int, Relation]] = tuple(externals)
        self.neighbours = _graph(self.links, len(self.articles))

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
        corpus = cls([folded([ordered[place] for place in group]) for group in groups], merged, topic_parents, report)
        if merged:
            corpus.originals = tuple(ordered)
            corpus.folds = Folds.of(groups)
        return corpus

    @classmethod
    def opened(cls, parts: CorpusParts, topic_parents: Mapping[str, str]) -> Corpus:
        """Return a corpus whose parts were made before."""
        corpus = cls.__new__(cls)
        vars(corpus).update({field.name: getattr(parts, field.name) for field in fields(parts)})
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
        folds = (folded([originals[line] for line in group]) for group in lines)
        corpus.originals, corpus.articles = originals, tuple(folds) if len(self.folds) else originals
        return corpus

    def with_newer(self, articles: Iterable[Article]) -> Corpus | None:
        """Return the corpus with some articles more, at the cost of these; None where it must be made anew.

        That is where one is not newer than all others, shares an id or an address, or is what older articles link to.
        """
        newer = sorted(articles, key=moment_and_id)
        grown_elsewhere = self.book.size != len(self)  # it is that of a newer corpus by now
        if not newer or not len(self) or grown_elsewhere or self.book.touched_by(newer):
            return None
        if moment_and_id(newer[0]) <= moment_and_id(self.originals[-1]):
            return None
        corpus, first = copy.copy(self), len(self)
        corpus.articles, corpus.originals = grown(self.articles, newer), grown(self.originals, newer)
        corpus.times = np.append(self.times, [seconds(article.published_at) for article in newer])
        self.book.add(newer)  # shared with the older corpus, which looks no further
        pairs, externals = corpus._resolved(enumerate(newer, start=first))
        corpus.externals = grown(self.externals, externals) if externals else self.externals
        if len(pairs):
            corpus.links = np.vstack([self.links, pairs])
            corpus.neighbours = _graph(corpus.links, len(corpus))
        else:
            corpus.neighbours = _with_rows(self.neighbours, len(newer))
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
        row = self._known(self.book.ids.find(value.id)) if isinstance(value, Article) else None
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
    def homes(self) -> dict[str, SourceFile]:
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
        row = self._known(self.book.ids.find(name))
        return self._known(self.book.of_address(name)) if row is None and "/" in name else row

    def _known(self, row: int | None) -> int | None:
        """Return a row of this corpus; None for one of a later corpus that shares its tables."""
        return row if row is None or row < len(self) else None

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
        row = self._known(self.book.ids.find(article.id))
        if row is not None:
            return row
        found = (self._known(self.book.of_address(address)) for address in article.addresses)
        return next((row for row in found if row is not None), None)

    def resolve(self, relation: Relation) -> int | None:
        """Return the row of a relation's target, None for an external."""
        row = self._known(self.book.ids.find(relation.target_id)) if relation.target_id is not None else None
        if row is not None:
            return row
        return self._known(self.book.of_address(relation.url)) if relation.url else None

    def rows_as_of(self, moment: datetime | None) -> int:
        """Return how many rows, from the first, were published on or before `moment`; all of them for None."""
        if moment is None:
            return len(self)
        return int(np.searchsorted(self.times, moment.timestamp(), side="right"))

    def _resolved(
        self, articles: Iterable[tuple[int, Article]]
    ) -> tuple[NDArray[np.int32], list[tuple[int, Relation]]]:
        """Return the relations of articles as pairs of rows, each once, sorted; and those to externals."""
        found: dict[int, int] = {}  # by identity: a source shares one relation among all articles that hold it
        pairs: list[int] = []
        externals: list[tuple[int, Relation]] = []
        size = len(self)
        for row, article in articles:
            for relation in article.relations:
                target = found.get(id(relation))
                if target is None:
                    resolved = self.resolve(relation)
                    target = found[id(relation)] = -1 if resolved is None else resolved
                    self.book.wait_for(relation, row, resolved)
                if target < 0:
                    externals.append((row, relation))
                elif target != row:
                    pairs.append(row * size + target)
        ordered = np.sort(np.array(pairs, dtype=np.int64))
        ordered = ordered[np.diff(ordered, prepend=-1) > 0]
        return np.column_stack(np.divmod(ordered, max(size, 1))).astype(np.int32), externals


def _graph(links: NDArray[np.int32], size: int) -> sparse.csr_matrix:
    """Return the relations read as undirected."""
    both = np.vstack([links, links[:, ::-1]])
    graph = sparse.csr_matrix((np.ones(len(both), dtype=np.float32), (both[:, 0], both[:, 1])), shape=(size, size))
    graph.sum_duplicates()
    graph.data[:] = 1.0
    return graph


def _with_rows(graph: sparse.csr_matrix, count: int) -> sparse.csr_matrix:
    """Return a graph with some more articles that nothing is linked with."""
    indptr = np.append(graph.indptr, np.full(count, graph.indptr[-1], dtype=graph.indptr.dtype))
    size = graph.shape[0] + count
    return sparse.csr_matrix((graph.data, graph.indices, indptr), shape=(size, size))
