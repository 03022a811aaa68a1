"""The words that two articles are shown to share."""

from __future__ import annotations

from recommender import Article
from recommender.retrieval.text import TextModel


def shared_words(model: TextModel, source: Article, target: Article, field: str, most: int = 5) -> list[str]:
    """Return up to `most` words that two articles share in a field, rarest first."""
    columns = model.transform([target])[field].indices
    [words] = model.rarest_shared(source, [target], field, [columns], most)
    return words
