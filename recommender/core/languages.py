"""Which articles the readers of an article can read, and have not read yet in another language."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from recommender.core.records import Article

_TRADITIONAL = frozenset({"hant", "tw", "hk", "mo"})  # Chinese in traditional characters


def language_key(tag: str | None) -> str | None:
    """Return what the tags of texts share that the same people read: the language, and the script of Chinese.

    >>> language_key("en-US"), language_key("zh_TW"), language_key(None)
    ('en', 'zh-hant', None)
    """
    if not tag:
        return None
    primary, *others = tag.lower().replace("_", "-").split("-")
    return "zh-hant" if primary == "zh" and _TRADITIONAL & set(others) else primary


def is_readable(source: Article, target: Article) -> bool:
    """Whether a target is new to readers of a source: no translation of it, and not in another language."""
    if source.translation_key is not None and source.translation_key == target.translation_key:
        return False
    languages = {language_key(source.language), language_key(target.language)}
    return None in languages or len(languages) == 1


def key_numbers(keys: Iterable[str | None]) -> NDArray[np.int64]:
    """Return a number for each key, equal for equal ones, 0 for None: ``(n_keys,)``."""
    return np.array([zlib.crc32(key.encode()) + 1 if key else 0 for key in keys], dtype=np.int64)


def language_numbers(articles: Iterable[Article]) -> NDArray[np.int64]:
    """Return a number for each article's language, equal where the same people read it; 0 where it is unknown."""
    return key_numbers(language_key(article.language) for article in articles)


def translation_numbers(articles: Iterable[Article]) -> NDArray[np.int64]:
    """Return a number for the translations of each article, its own among them; 0 where it belongs to no group."""
    return key_numbers(article.translation_key for article in articles)
