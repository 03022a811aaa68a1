"""Under which form an address of an article is looked up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from recommender.core.records import Article
from recommender.corpus.urls import canonical_url, split_fragment


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
    """Return the form under which an address is looked up.

    A fragment tells articles apart only where a page holds several of them.
    """
    if "#" not in address:
        return canonical_url(address)
    page, fragment = split_fragment(address)
    return f"{page}#{fragment}" if fragment and page in shared_pages else page
