"""Articles made up for the purpose."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from recommender import Article, Provider, Relation

START = datetime(2025, 1, 1, tzinfo=UTC)
WORDS = [f"word{number}" for number in range(40)]


def article(number: int, *links: str, words: int | None = None, **more: object) -> Article:
    """Return an article of a few words by chance, a link by id each; seven hours after the one of the number before."""
    rng = np.random.default_rng(number if words is None else words)
    usual = {
        "id": f"a{number:03}",
        "published_at": START + timedelta(hours=7 * number),
        "url": f"https://example.org/{number}",
        "provider": [None, Provider("One"), Provider("Two")][number % 3],
        "topics": tuple(map(str, rng.choice(["rail", "wind", "ports"], number % 3, replace=False))),
        "relations": tuple(Relation(None, link) for link in links),
    }
    return Article(title=" ".join(rng.choice(WORDS, 4)), excerpt=" ".join(rng.choice(WORDS, 6)), **(usual | more))


def links_in_text(article: Article) -> tuple[Relation, ...]:
    """Return an article's relations of the kind `body`: it never gets suggestions that repeat these."""
    return tuple(relation for relation in article.relations if relation.kind == "body")
