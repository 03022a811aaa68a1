"""All articles of a site in time order; ids and addresses resolve to rows, relations to rows or externals."""

from __future__ import annotations

import copy
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from hashlib import blake2b
from typing import overload

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.errors import UnknownArticleError
from recommender.records import Article, Relation
from recommender.urls import canonical_url, split_fragment

UNDATED = math.inf


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


class Corpus(Sequence[Article]):
    """A read-only sequence of articles, ordered by publication, then id; undated ones come last.

    Build it with `from_articles`. A position in the sequence is a *row*.

    Attributes
    ----------
    articles : tuple of Article
    originals : tuple of Article
        The articles as they were given, before those of one id or address were folded; in time order.
    topic_parents : dict of str to str
        A topic's parent in the site's topic tree.
    times : (n_articles,) float64 array
        Publication in seconds since 1970, UTC; infinity where unknown.
    links : (n_links, 2) int32 array
        Resolved relations as (source row, target row), each once, sorted.
    neighbours : (n_articles, n_articles) csr_matrix of float32
        The same relations read as undirected: 1 where two articles are linked either way.
    externals : tuple of (int, Relation)
        Relations whose target is no article of the corpus, with their source's row.
    merged : tuple of (str, str)
        Ids that were folded into another article of the same id or address, and that article's id.
    report : ReadReport
        What the source saw while reading.

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
        originals: Sequence[Article] | None = None,
    ):
        self.articles = tuple(articles)
        self.originals = tuple(articles if originals is None else originals)
        self.merged = tuple(merged)
        self.topic_parents = dict(topic_parents or {})
        self.report = report or ReadReport(read=len(self.articles) + len(self.merged))
        self.times = np.array([_seconds(article.published_at) for article in self.articles], dtype=np.float64)
        self._addresses = _AddressBook(self.articles)
        self._row_of_id = {article.id: row for row, article in enumerate(self.articles)}
        for lost, kept in self.merged:
            self._row_of_id.setdefault(lost, self._row_of_id[kept])
        self._resolve_relations()

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
        ordered = sorted(articles, key=_moment_and_id)
        counts = Counter(map(_moment_and_id, ordered))
        repeated = {key for key, count in counts.items() if count > 1} if len(counts) < len(ordered) else None
        if repeated:  # the order must not depend on which of two versions came first
            ordered.sort(key=lambda one: (*_moment_and_id(one), repr(one) if _moment_and_id(one) in repeated else ""))
        groups = _same_article(ordered)
        kept = [_merge(group) for group in groups]
        merged = [(other.id, group[0].id) for group in groups for other in group[1:]]
        return cls(kept, merged, topic_parents, report, ordered)

    def without_relations(self) -> Corpus:
        """Return the same articles in the same rows, as if no editor had ever linked one."""
        bare = [replace(one, relations=()) if one.relations else one for one in self.articles]
        return Corpus(bare, self.merged, self.topic_parents, self.report)

    def with_newer(self, articles: Iterable[Article]) -> Corpus | None:
        """Return the corpus with some articles more, at the cost of these; None where it must be made anew.

        That is where one is not newer than all others, shares an id or an address, or is what older articles link to.
        """
        newer = sorted(articles, key=_moment_and_id)
        grown_elsewhere = self._addresses.size != len(self)  # its tables are those of a newer corpus by now
        if not newer or not self.originals or grown_elsewhere or self._touches(newer):
            return None
        corpus = copy.copy(self)
        corpus.articles, corpus.originals = (*self.articles, *newer), (*self.originals, *newer)
        corpus._awaited |= {link.target_id for one in newer for link in one.relations if link.target_id}
        corpus._awaited |= {address_key(link.url, frozenset()) for one in newer for link in one.relations if link.url}
        corpus.times = np.append(self.times, [_seconds(article.published_at) for article in newer])
        self._addresses.size = len(corpus)
        for row, article in enumerate(newer, start=len(self)):  # shared with the older corpus, which looks no further
            self._row_of_id[article.id] = row
            self._addresses.add(article, row)
        found = [(row, link) for row, one in enumerate(newer, start=len(self)) for link in one.relations]
        resolved = [(row, corpus.resolve(link), link) for row, link in found]
        corpus.externals = (*self.externals, *((row, link) for row, target, link in resolved if target is None))
        own = sorted({(row, target) for row, target, _ in resolved if target is not None and target != row})
        corpus.links = np.vstack([self.links, np.array(own, dtype=np.int32).reshape(-1, 2)])
        corpus.neighbours = _graph(corpus.links, len(corpus)) if own else _with_rows(self.neighbours, len(newer))
        return corpus

    def _touches(self, newer: Sequence[Article]) -> bool:
        """Say whether some articles, in order, are more than new articles below all others."""
        addresses = [address for article in newer for address in article.addresses]
        names = {article.id for article in newer}
        taken = any(name in self._row_of_id for name in names) or any(map(self._addresses.find, addresses))
        if taken or len(names) < len(newer) or any("#" in address for address in addresses):
            return True
        keys = {address_key(address, frozenset()) for address in addresses}
        if len(keys) < len(addresses) or _moment_and_id(newer[0]) <= _moment_and_id(self.originals[-1]):
            return True
        return not self._awaited.isdisjoint(names | keys)

    @cached_property
    def _awaited(self) -> set[str]:
        """What relations to externals name, at least: ids, and addresses as they are looked up."""
        ids = {link.target_id for _, link in self.externals if link.target_id}
        return ids | {address_key(link.url, frozenset()) for _, link in self.externals if link.url}

    @overload
    def __getitem__(self, index: int) -> Article: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Article, ...]: ...
    def __getitem__(self, index: int | slice) -> Article | tuple[Article, ...]:
        return self.articles[index]

    def __len__(self) -> int:
        return len(self.articles)

    def __iter__(self) -> Iterator[Article]:
        return iter(self.articles)

    def __contains__(self, value: object) -> bool:
        return (isinstance(value, str) and self.find(value) is not None) or value in self.articles

    def __repr__(self) -> str:
        return f"Corpus({len(self)} articles, {len(self.links)} relations, {len(self.externals)} to externals)"

    @property
    def merged_ids(self) -> tuple[str, ...]:
        """Ids of articles that were folded into another."""
        return tuple(lost for lost, _ in self.merged)

    @property
    def newest(self) -> datetime | None:
        """The latest publication; None where no article has a date."""
        moments = (article.published_at for article in reversed(self.articles))
        return next((moment for moment in moments if moment is not None), None)

    @property
    def homes(self) -> dict[str, SourceFile]:
        """Each article's id and file; of several files of one article, that of the one whose fields it keeps."""
        files = {id(file.article): file for file in self.report.files}
        kept = {article.id for article in self.articles}
        first: dict[str, Article] = {}
        for article in self.originals:  # in the order in which they were folded: into the first of an id
            if article.id in kept:
                first.setdefault(article.id, article)
        return {name: files[id(article)] for name, article in first.items() if id(article) in files}

    def find(self, name: str) -> int | None:
        """Return the row of an id or an address, None where there is none."""
        row = self._known(self._row_of_id.get(name))
        return self._known(self._addresses.find(name)) if row is None and "/" in name else row

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
            raise UnknownArticleError.naming_nearest(name, list(self._row_of_id))
        return row

    def row_of(self, article: Article) -> int | None:
        """Return the row that this article stands for, by id, else by any address; None for a new one."""
        row = self._known(self._row_of_id.get(article.id))
        if row is not None:
            return row
        found = (self._known(self._addresses.find(address)) for address in article.addresses)
        return next((row for row in found if row is not None), None)

    def resolve(self, relation: Relation) -> int | None:
        """Return the row of a relation's target, None for an external."""
        row = self._known(self._row_of_id.get(relation.target_id)) if relation.target_id is not None else None
        if row is not None:
            return row
        return self._known(self._addresses.find(relation.url)) if relation.url else None

    def rows_as_of(self, moment: datetime | None) -> int:
        """Return how many rows, from the first, were published on or before `moment`; all of them for None."""
        if moment is None:
            return len(self)
        return int(np.searchsorted(self.times, moment.timestamp(), side="right"))

    def _resolve_relations(self) -> None:
        found: dict[int, int] = {}  # by identity: a source shares one relation among all articles that hold it
        pairs: list[int] = []
        externals: list[tuple[int, Relation]] = []
        size = len(self)
        for row, article in enumerate(self.articles):
            for relation in article.relations:
                target = found.get(id(relation))
                if target is None:
                    resolved = self.resolve(relation)
                    target = found[id(relation)] = -1 if resolved is None else resolved
                if target < 0:
                    externals.append((row, relation))
                elif target != row:
                    pairs.append(row * size + target)
        self.externals = tuple(externals)
        ordered = np.sort(np.array(pairs, dtype=np.int64))
        ordered = ordered[np.diff(ordered, prepend=-1) > 0]
        self.links = np.column_stack(np.divmod(ordered, max(size, 1))).astype(np.int32)
        self.neighbours = _graph(self.links, size)


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


class _AddressBook:
    """Addresses to rows. A fragment tells articles apart only where a page holds several of them."""

    def __init__(self, articles: Sequence[Article]):
        self._rows: dict[str, int] = {}
        self._shared = pages_of_many(articles)
        self.size = len(articles)
        for row, article in enumerate(articles):
            for address in article.addresses:
                self._rows.setdefault(address_key(address, self._shared), row)

    def add(self, article: Article, row: int) -> None:
        for address in article.addresses:
            self._rows.setdefault(address_key(address, self._shared), row)

    def find(self, address: str) -> int | None:
        return self._rows.get(address_key(address, self._shared))


def pages_of_many(articles: Iterable[Article]) -> frozenset[str]:
    """Return the pages, in canonical form, on which two or more articles stand, each at a fragment of its own."""
    fragments: dict[str, dict[str, str]] = defaultdict(dict)
    for article in articles:
        for address in article.addresses:
            if "#" in address:
                page, fragment = split_fragment(address)
                if fragment:
                    fragments[page].setdefault(fragment, article.id)
    return frozenset(page for page, owners in fragments.items() if len(set(owners.values())) > 1)


def address_key(address: str, shared_pages: frozenset[str]) -> str:
    """Return the form under which an address is looked up."""
    if "#" not in address:
        return canonical_url(address)
    page, fragment = split_fragment(address)
    return f"{page}#{fragment}" if fragment and page in shared_pages else page


def _moment_and_id(article: Article) -> tuple[float, str]:
    return _seconds(article.published_at), article.id


def _seconds(moment: datetime | None) -> float:
    return UNDATED if moment is None else moment.timestamp()


def _same_article(ordered: Sequence[Article]) -> list[list[Article]]:
    """Group articles that share an id or an address, each group in the order given."""
    shared = pages_of_many(ordered)
    keys = [address_key(address, shared) for article in ordered for address in article.addresses]
    if len(set(keys)) == len(keys) and len({article.id for article in ordered}) == len(ordered):
        return [[article] for article in ordered]
    owner_of_id: dict[str, int] = {}
    owner: dict[str, int] = {}
    parent = list(range(len(ordered)))

    def root(position: int) -> int:
        while parent[position] != position:
            parent[position] = parent[parent[position]]
            position = parent[position]
        return position

    for position, article in enumerate(ordered):
        owners = [owner_of_id.setdefault(article.id, position)]
        owners += [owner.setdefault(address_key(address, shared), position) for address in article.addresses]
        for other in owners:
            if other != position:
                first, second = sorted((root(other), root(position)))
                parent[second] = first
    groups: dict[int, list[Article]] = defaultdict(list)
    for position, article in enumerate(ordered):
        groups[root(position)].append(article)
    return list(groups.values())


def _merge(group: Sequence[Article]) -> Article:
    first = group[0]
    if len(group) == 1:
        return first
    addresses = dict.fromkeys(address for article in group for address in article.addresses)
    return replace(
        first,
        aliases=tuple(address for address in addresses if address != first.url),
        relations=tuple(dict.fromkeys(relation for article in group for relation in article.relations)),
        removed=any(article.removed for article in group),
    )
