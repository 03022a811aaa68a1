"""All articles of a site in time order; ids and addresses resolve to rows, relations to rows or externals."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import overload

import numpy as np

from recommender.core.errors import UnknownArticleError
from recommender.core.records import Article, Relation
from recommender.core.times import seconds_since_epoch
from recommender.corpus.lookup import ArticleLookup, hosts_of, shared_pages
from recommender.corpus.merging import Merges, merged_article, same_article, time_order
from recommender.corpus.names import FurtherNames, bare_name, ids_of_path
from recommender.corpus.relations import resolve_relations, undirected
from recommender.corpus.stored_articles import Externals, MergedArticles, id_of, ids_and_titles


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that holds one article: its path, and the `content_digest` of its bytes."""

    path: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class ReadReport:
    """What became of everything that was read: ``read == articles + skipped + merged + sum(left_out.values())``.

    `left_out` counts the pages that are no articles, by what they are: ``section page``, ``home page``, ...; `site`
    says what kind of site it is, for a person.
    """

    read: int = 0
    skipped: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    site: str = ""


class Corpus(Sequence[Article]):
    """A read-only sequence of articles, ordered by publication, then id; undated ones come last.

    Build it with `from_articles`. A position in the sequence is a *row*.

    Attributes
    ----------
    articles : sequence of Article
        A tuple; where it comes from a model folder, each article is decoded when it is asked for.
    originals : sequence of Article
        The articles as they were given, before those of one id or address were merged; in time order.
    source_files : tuple of (SourceFile or None)
        The file that each of `originals` was read from; empty where none was, and after an edit.
    merges : Merges
        Which of `originals` were merged into which row.
    merged : sequence of (str, str)
        Ids of articles that were merged into another one, and that article's id.
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
    report : ReadReport
        What the source counted while reading.
    lookup : ArticleLookup
        Finds articles by id or address.

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
        pages: frozenset[str] | None = None,
    ):
        self.articles: Sequence[Article] = tuple(articles)
        self.originals: Sequence[Article] = self.articles
        self.source_files: tuple[SourceFile | None, ...] = ()
        self.merged: Sequence[tuple[str, str]] = tuple(merged)
        self.merges = Merges.of([])
        self.topic_parents = dict(topic_parents or {})
        self.report = report or ReadReport(read=len(self.articles) + len(self.merged))
        self.times = np.array(
            [seconds_since_epoch(article.published_at) for article in self.articles], dtype=np.float64
        )
        self.lookup = ArticleLookup.from_articles(
            self.articles, shared_pages(self.articles) if pages is None else pages
        )
        for lost, remaining in self.merged:
            self.lookup.add_id(lost, self.lookup.ids.slots(remaining)[0])
        every_article = ((row, row, article) for row, article in enumerate(self.articles))
        self.links, rows, numbers = resolve_relations(self, every_article)
        self.externals = Externals(self.articles, rows, numbers)
        self.neighbours = undirected(self.links, len(self.articles))

    @classmethod
    def from_articles(
        cls,
        articles: Iterable[Article],
        topic_parents: Mapping[str, str] | None = None,
        report: ReadReport | None = None,
        source_files: Sequence[SourceFile | None] = (),
    ) -> Corpus:
        """Order the articles by time and merge those of one id or one address into the earliest of them.

        The earliest keeps its own fields and takes over the addresses and relations of the others; if any of them is
        removed, it is removed.

        Parameters
        ----------
        source_files
            The file of each article, in the same order; empty for none.
        """
        articles = list(articles)
        order = time_order(articles)
        ordered = [articles[position] for position in order]
        pages = shared_pages(ordered)
        groups = same_article(ordered, pages)
        merged = [(ordered[position].id, ordered[group[0]].id) for group in groups for position in group[1:]]
        rows = [merged_article([ordered[position] for position in group]) for group in groups]
        corpus = cls(rows, merged, topic_parents, report, pages)
        corpus.source_files = tuple(source_files[position] for position in order) if source_files else ()
        if merged:
            corpus.originals = tuple(ordered)
            corpus.merges = Merges.of(groups)
        return corpus

    def without_relations(self) -> Corpus:
        """Return the same articles in the same rows, as if no editor had ever linked one."""
        bare = [replace(article, relations=()) if article.relations else article for article in self.articles]
        return Corpus(bare, self.merged, self.topic_parents, self.report)

    def in_memory(self) -> Corpus:
        """Return the same corpus with every article decoded."""
        if isinstance(self.articles, tuple):
            return self
        corpus, originals = copy.copy(self), tuple(self.originals)
        corpus.originals = originals
        corpus.articles = tuple(MergedArticles(originals, self.merges)) if len(self.merges) else originals
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
            return self._row_of_id_or_address(value) is not None
        row = self.lookup.row_of_id(value.id) if isinstance(value, Article) else None
        return row is not None and self.articles[row] == value

    def __repr__(self) -> str:
        return f"Corpus({len(self)} articles, {len(self.links)} relations, {len(self.externals)} to externals)"

    @property
    def newest(self) -> datetime | None:
        """The latest publication; None where no article has a date."""
        n_dated = int(np.searchsorted(self.times, np.inf))
        return self.articles[n_dated - 1].published_at if n_dated else None

    @property
    def is_dated(self) -> bool:
        """Whether at least half of the articles have a date: else nothing can be said of before and after."""
        return 2 * int(np.isfinite(self.times).sum()) >= len(self)

    def source_file(self, row: int) -> SourceFile | None:
        """Return the file of a row: of several that were merged, the one whose fields the article has."""
        return self.source_files[self.merges.first_position(row)] if self.source_files else None

    def find(self, name: str) -> int | None:
        """Return the row of an article by its id, an address, its path, or the name of its file; None for none.

        An address may lack the host, as ``/blog/x/`` does, where one article alone has this path. The path of a file
        may have ``./``, the content folder and the extension. The name of a file counts if one article alone has it: so
        what was noted when ids were names of files is understood.
        """
        rows = self._rows_called(name)
        return rows[0] if len(rows) == 1 else None

    def row(self, name: str) -> int:
        """Return the row of an article that a person names: as of `find`, or by a title that it alone has.

        Raises
        ------
        UnknownArticleError
            Naming the nearest known ids, or all articles of the name where there are several.
        """
        rows = self._rows_called(name) or self.lookup.rows_of_title(name, self._names())
        if len(rows) > 1:
            raise UnknownArticleError.naming_all(name, [self._id(row) for row in rows])
        if not rows:
            with_titles = " " in name  # then it is more likely a title than an id
            known = [text for names in ids_and_titles(self.originals) for text in (names if with_titles else names[:1])]
            raise UnknownArticleError.naming_nearest(name, dict.fromkeys([*known, *(lost for lost, _ in self.merged)]))
        return rows[0]

    def row_of_title(self, title: str) -> int | None:
        """Return the row of the only article with this title, whatever its case and spaces; None for none."""
        rows = self.lookup.rows_of_title(title, self._names())
        return rows[0] if len(rows) == 1 else None

    def _rows_called(self, name: str) -> list[int]:
        """Return the rows of a name other than a title; all articles are looked at only where nothing else helps."""
        row = self._row_of_id_or_address(name)
        if row is None and name.startswith("/") and (rows := self.lookup.rows_of_path(name, self._hosts())):
            return rows
        if row is None:
            rows_of_ids = map(self.lookup.row_of_id, ids_of_path(name))
            row = next((row for row in rows_of_ids if row is not None), None)
        if row is not None:
            return [row]
        bare = bare_name(name)
        return [] if bare is None else self.lookup.rows_of_file(bare, self._names())

    def _row_of_id_or_address(self, name: str) -> int | None:
        row = self.lookup.row_of_id(name)
        return self.lookup.row_of_address(name) if row is None and "/" in name else row

    def _id(self, row: int) -> str:
        return id_of(self.originals, self.merges.first_position(row))

    def _hosts(self) -> dict[str, None]:
        """Return the hosts of the addresses; later edits only add to them."""
        if self.lookup.hosts is None:
            self.lookup.hosts = hosts_of(self.originals)
        return self.lookup.hosts

    def _names(self) -> FurtherNames:
        """Return the names of files and the titles; later edits only add to them."""
        if self.lookup.names is None:
            rows = self.lookup.rows
            slots = np.empty(len(self), dtype=np.intp)
            slots[rows[rows >= 0]] = np.flatnonzero(rows >= 0)
            slot_of_each = slots[self.merges.row_of_each(len(self.originals))].tolist()
            merged, names = set(self.merges.positions.tolist()), FurtherNames()
            for position, (article_id, title) in enumerate(ids_and_titles(self.originals)):
                names.add(article_id, slot_of_each[position], None if position in merged else title)
            for lost, remaining in () if len(self.merges) else self.merged:
                names.add(lost, self.lookup.ids.slots(remaining)[0])
            self.lookup.names = names
        return self.lookup.names

    def row_of(self, article: Article) -> int | None:
        """Return the row that this article stands for, by id, else by any address; None for a new one."""
        row = self.lookup.row_of_id(article.id)
        if row is not None:
            return row
        rows = map(self.lookup.row_of_address, article.addresses)
        return next((row for row in rows if row is not None), None)

    def resolve(self, relation: Relation) -> int | None:
        """Return the row of a relation's target, None for an external."""
        row = self.lookup.row_of_id(relation.target_id) if relation.target_id is not None else None
        return self.lookup.row_of_address(relation.url) if row is None and relation.url else row

    def rows_as_of(self, moment: datetime | None) -> int:
        """Return how many rows, from the first, were published on or before `moment`; all of them for None."""
        if moment is None:
            return len(self)
        return int(np.searchsorted(self.times, moment.timestamp(), side="right"))
