"""Ids and addresses to rows, and what relations wait for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from recommender.addresses import address_key, pages_of_many
from recommender.records import Article, Relation
from recommender.row_table import RowTable


class AddressBook:
    """Where ids and addresses lead. A corpus shares it with those that grew from it.

    So a row may be one that the corpus which asks has not got.

    Attributes
    ----------
    pages : frozenset of str
        Those on which several articles stand; see `address_key`.
    size : int
        How many articles are in it.
    ids, addresses, awaited : RowTable
        Ids, addresses as they are looked up, and ids and addresses that lead to nothing yet, with the first row
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
            book.ids.add(lost, book.ids[kept])
        return book

    def add(self, articles: Iterable[Article]) -> None:
        """Write down articles in the next rows."""
        add_id, add_address = self.ids.add, self.addresses.add
        for article in articles:
            add_id(article.id, self.size)
            for address in article.addresses:
                add_address(address_key(address, self.pages), self.size)
            self.size += 1

    def of_address(self, address: str) -> int | None:
        """Return the row of an address, however it is written."""
        return self.addresses.find(address_key(address, self.pages))

    def wait_for(self, relation: Relation, row: int, target: int | None) -> None:
        """Note which newer articles would change the target of a row's relation."""
        if relation.target_id and self.ids.find(relation.target_id) is None:
            self.awaited.add(relation.target_id, row)
        if relation.url and target is None:
            self.awaited.add(address_key(relation.url, frozenset()), row)

    def touched_by(self, articles: Sequence[Article]) -> bool:
        """Say whether articles are more than new ones: known by id or address, waited for, or told by fragments."""
        addresses = [address for article in articles for address in article.addresses]
        names = {article.id for article in articles}
        if len(names) < len(articles) or any("#" in address for address in addresses):
            return True
        keys = {address_key(address, frozenset()) for address in addresses}
        if len(keys) < len(addresses):
            return True
        taken = any(self.ids.find(name) is not None for name in names)
        taken = taken or any(self.addresses.find(key) is not None for key in keys)
        return taken or any(self.awaited.find(name) is not None for name in names | keys)
