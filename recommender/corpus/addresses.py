"""Ids and addresses to places of articles, and what relations wait for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from recommender.core.records import Article
from recommender.corpus.address_keys import address_key, pages_of_many
from recommender.corpus.row_table import RowTable

_WHOLE: frozenset[str] = frozenset()


class AddressBook:
    """Where ids and addresses lead: to places in this book, which a corpus knows the rows of.

    A corpus shares it with those that are edited from it, so that a place may be one that the corpus which asks has
    not got. Nothing is ever struck out.

    Attributes
    ----------
    pages : frozenset of str
        Those on which several articles stand; see `address_key`.
    size : int
        How many places there are.
    ids, addresses, awaited : RowTable
        Ids, addresses as they are looked up, and the ids and addresses that lead to nothing yet, with every place
        that has a relation to them.
    """

    def __init__(self, pages: frozenset[str], size: int, ids: RowTable, addresses: RowTable, awaited: RowTable):
        self.pages, self.size = pages, size
        self.ids, self.addresses, self.awaited = ids, addresses, awaited

    @classmethod
    def of(cls, articles: Sequence[Article], merged: Iterable[tuple[str, str]]) -> AddressBook:
        """Write down all articles, and ids that were folded into one of them."""
        book = cls(pages_of_many(articles), 0, RowTable(), RowTable(), RowTable())
        book.add(articles)
        for lost, kept in merged:
            book.ids.add(lost, next(iter(book.ids.places(kept))))
        return book

    def over(self, size: int) -> AddressBook:
        """Return a book that sees so many places of this one, and in which more is written without touching it."""
        tables = (table.over(size) for table in (self.ids, self.addresses, self.awaited))
        return AddressBook(self.pages, size, *tables)

    def add(self, articles: Iterable[Article]) -> None:
        """Write down articles in the next places."""
        add_id, add_address = self.ids.add, self.addresses.add
        for article in articles:
            add_id(article.id, self.size)
            for address in article.addresses:
                add_address(self.key(address), self.size)
            self.size += 1

    def key(self, address: str) -> str:
        """Return the form under which an address is looked up."""
        return address_key(address, self.pages)

    def waiting_for(self, article: Article) -> Iterator[int]:
        """Yield the places of articles that have relations which may lead to a new article."""
        for name in (article.id, *(awaited_key(address) for address in article.addresses)):
            yield from self.awaited.places(name)


def awaited_key(address: str) -> str:
    """Return the form under which an address is waited for: its page, as articles may come to share one."""
    return address_key(address, _WHOLE)
