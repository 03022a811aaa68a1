"""Any number of made-up headlines, spliced from real ones: with the words of a real site, and few exact copies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

import numpy as np

from recommender import Article


def resampled(articles: Sequence[Article], count: int, random_state: int = 0) -> Iterator[Article]:
    """Yield articles that begin as one real article and end as another, both of one topic where there are topics.

    They are published at equal distances, as many a day as the real ones on average.
    """
    rng = np.random.default_rng(random_state)
    dated = [article for article in articles if article.published_at is not None]
    by_topic: dict[str, list[int]] = {}
    for position, article in enumerate(dated):
        by_topic.setdefault(article.topics[0] if article.topics else "", []).append(position)
    times = [article.published_at for article in dated if article.published_at is not None]
    start = min(times)
    step = (max(times) - start) / len(times)
    firsts, draws = rng.integers(0, len(dated), count), rng.random(count)
    for number, (position, draw) in enumerate(zip(firsts.tolist(), draws.tolist(), strict=True)):
        first = dated[position]
        same_topic = by_topic[first.topics[0] if first.topics else ""]
        second = dated[same_topic[int(draw * len(same_topic))]]
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
    words, end_words = first.split(), second.split()
    return " ".join(words[: (len(words) + 1) // 2] + end_words[len(end_words) // 2 :])
