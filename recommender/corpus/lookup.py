"""Where ids and addresses lead: to slots, and from these to the rows of a corpus."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from recommender.core.records import Article
from recommender.corpus.names import FurtherNames, title_key
from recommender.corpus.row_map import Ints
from recommender.corpus.slot_table import SlotTable
from recommender.corpus.urls import canonical_url, host_of, split_fragment


def shared_pages(articles: Iterable[Article]) -> frozenset[str]:
    """Return the pages, in canonical form, that hold several articles, told apart by the fragments of their addresses.

    These are the pages with two ids and two fragments or more: elsewhere a fragment is but a part of an article.
    """
    parts: dict[str, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for article in articles:
        for page, fragment in fragments_of(article):
            ids, fragments = parts[page]
            ids.add(article.id)
            fragments.add(fragment)
    return frozenset(page for page, (ids, fragments) in parts.items() if len(ids) > 1 and len(fragments) > 1)


def fragments_of(article: Article) -> Iterator[tuple[str, str]]:
    """Yield the canonical page and the fragment of each address that has one."""
    for address in article.addresses:
        if "#" in address:
            page, fragment = split_fragment(address)
            if fragment:
                yield page, fragment


def hosts_of(articles: Iterable[Article]) -> dict[str, None]:
    """Return the hosts of all addresses of articles, each once, as an ordered set."""
    addresses = (address for article in articles for address in article.addresses)
    return {host: None for address in addresses if (host := host_of(canonical_url(address)))}


def address_key(address: str, pages: frozenset[str]) -> str:
    """Return the form in which two addresses of one article are equal; only on shared `pages` the fragment counts."""
    page, fragment = _parts(address)
    return f"{page}#{fragment}" if fragment and page in pages else page


def index_keys(address: str) -> tuple[str, ...]:
    """Return the keys under which an address is indexed, the same whether or not its page is shared.

    An address with a fragment has two: its own, and ``page#``, which finds all articles at fragments of the page.
    No page contains ``#``, so that no key is mistaken for another.
    """
    page, fragment = _parts(address)
    return (f"{page}#{fragment}", f"{page}#") if fragment else (page,)


def _parts(address: str) -> tuple[str, str]:
    return split_fragment(address) if "#" in address else (canonical_url(address), "")


class ArticleLookup:
    """Finds articles by id or address, and the articles whose relations wait for a new one.

    Every article of a corpus has a slot. When the corpus is edited, articles that stay keep their slots although their
    rows change, and new articles get the next slots: nothing in the tables needs to change.

    Attributes
    ----------
    pages
        Those that several articles share; see `shared_pages`.
    rows : (n_slots,) intp array
        Row of the article in each slot; -1 where the article is gone, or has a newer slot.
    ids, addresses, awaited
        Slots by id; by `index_keys`; and those of articles with relations by the ids and pages to which these lead,
        where there is no article yet.
    names
        Slots by the name of the file and by title; None until somebody asks for one, as all articles are looked at
        for it.
    hosts
        Those of the addresses, in the order of the articles; None until somebody asks for an address without one.
    """

    def __init__(self, pages: frozenset[str], rows: Ints, ids: SlotTable, addresses: SlotTable, awaited: SlotTable):
        self.pages, self.rows = pages, rows
        self.ids, self.addresses, self.awaited = ids, addresses, awaited
        self.names: FurtherNames | None = None
        self.hosts: dict[str, None] | None = None

    @classmethod
    def from_articles(cls, articles: Sequence[Article], pages: frozenset[str]) -> ArticleLookup:
        """Index articles, the row of each its slot."""
        lookup = cls(pages, np.arange(len(articles)), SlotTable(), SlotTable(), SlotTable())
        for row, article in enumerate(articles):
            lookup.add(article, row)
        return lookup

    def edited(self, pages: frozenset[str]) -> ArticleLookup:
        """Return the same lookup with other shared pages, which can be added to without changing this one."""
        tables = (table.extended() for table in (self.ids, self.addresses, self.awaited))
        lookup = ArticleLookup(pages, self.rows, *tables)
        lookup.names = None if self.names is None else self.names.extended()
        lookup.hosts = None if self.hosts is None else dict(self.hosts)
        return lookup

    def add(self, article: Article, slot: int) -> None:
        """Index an article under its id, its addresses and, where these are known, its other names."""
        self.add_id(article.id, slot, article.title)
        for address in article.addresses:
            for key in index_keys(address):
                self.addresses.add(key, slot)
        if self.hosts is not None:
            self.hosts |= hosts_of([article])

    def add_id(self, article_id: str, slot: int, title: str | None = None) -> None:
        """Index an article under its id, or, without a title, under one that was merged into it."""
        self.ids.add(article_id, slot)
        if self.names is not None:
            self.names.add(article_id, slot, title)

    def row_of_id(self, name: str) -> int | None:
        """Return the row of an id, its own or one that was merged into it; None where there is none."""
        return min(self._rows(self.ids.slots(name)), default=None)

    def row_of_address(self, address: str) -> int | None:
        """Return the row of an address; None where there is none."""
        return min(self.rows_of_address(address, self.pages), default=None)

    def rows_of_path(self, path: str, hosts: Iterable[str]) -> list[int]:
        """Return the rows of all articles with an address of this path, on none or any of these hosts, ascending."""
        addresses = (path, *(f"https://{host}{path}" for host in hosts))
        return sorted({row for address in addresses for row in self.rows_of_address(address, self.pages)})

    def rows_of_address(self, address: str, pages: frozenset[str]) -> list[int]:
        """Return the rows of all articles with an address equal to this one, were these the shared pages."""
        page, fragment = _parts(address)
        if page not in pages:
            return self.rows_on_page(page)
        return self._rows(self.addresses.slots(f"{page}#{fragment}" if fragment else page))

    def rows_on_page(self, page: str) -> list[int]:
        """Return the rows of all articles on a page, at whatever fragment."""
        return self._rows([*self.addresses.slots(page), *self.addresses.slots(f"{page}#")])

    def rows_awaiting(self, article: Article) -> list[int]:
        """Return the rows of articles with relations that may lead to a new article."""
        names = [article.id, *map(awaited_key, article.addresses)]
        return [row for name in names for row in self._rows(self.awaited.slots(name))]

    def entries(self, table: SlotTable) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
        """Return digests and rows of all entries of a table, ascending."""
        digests, slots = table.entries()
        rows = self.rows[slots]
        digests, rows = digests[rows >= 0], rows[rows >= 0]
        order = np.lexsort((rows, digests))
        return digests[order], rows[order].astype(np.int32)

    def rows_of_file(self, name: str, names: FurtherNames) -> list[int]:
        """Return the rows of all articles with a file of this name, ascending."""
        return sorted(set(self._rows(names.files.slots(name))))

    def rows_of_title(self, title: str, names: FurtherNames) -> list[int]:
        """Return the rows of all articles with this title, ascending, whatever its case and spaces."""
        return sorted(set(self._rows(names.titles.slots(title_key(title)))))

    def _rows(self, slots: Iterable[int]) -> list[int]:
        return [row for slot in slots if (row := int(self.rows[slot])) >= 0]


def awaited_key(address: str) -> str:
    """Return the form in which a relation's address waits for an article: its page, which may come to be shared."""
    return _parts(address)[0]
