"""As many headlines as wanted, spliced from real ones: the words of a real site, and few exact copies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

import numpy as np

from recommender import Article


def resampled(articles: Sequence[Article], count: int, random_state: int = 0) -> Iterator[Article]:
    """Yield articles that begin as one real article and end as another, both of one topic where there are topics.

    They are published one after the other, as densely as the real ones.
    """
    rng = np.random.default_rng(random_state)
    dated = [article for article in articles if article.published_at is not None]
    by_topic: dict[str, list[int]] = {}
    for place, article in enumerate(dated):
        by_topic.setdefault(article.topics[0] if article.topics else "", []).append(place)
    moments = [article.published_at for article in dated if article.published_at is not None]
    start = min(moments)
    step = (max(moments) - start) / len(moments)
    firsts, draws = rng.integers(0, len(dated), count), rng.random(count)
    for number, (place, draw) in enumerate(zip(firsts.tolist(), draws.tolist(), strict=True)):
        first = dated[place]
        alike = by_topic[first.topics[0] if first.topics else ""]
        second = dated[alike[int(draw * len(alike))]]
        yield Article(
            f"r{number:07}",
            _spliced(first.title, second.title),
            _spliced(first.excerpt, second.excerpt),
            published_at=start + timedelta(seconds=round(step.total_seconds() * number)),
            provider=first.provider,
            topics=first.topics,
            url=f"https://example.org/{number}",
        )


def _spliced(first: str, second: str) -> str:
    one, other = first.split(), second.split()
    return " ".join(one[: (len(one) + 1) // 2] + other[len(other) // 2 :])
