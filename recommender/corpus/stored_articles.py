"""Articles stored as lines of JSON, each decoded when it is asked for, and sequences made from them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import lru_cache, partial
from typing import TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from recommender.core.errors import ModelFormatError, RecommenderError
from recommender.core.records import Article, Relation
from recommender.corpus.lookup import index_keys
from recommender.corpus.merging import Merges, merged_article
from recommender.corpus.sequences import Edited, Lazy

T = TypeVar("T")

CACHED = 8192  # articles
BLOCK = 1 << 24  # bytes that are searched for line ends at once


class _Named(msgspec.Struct):
    id: str


class _Titled(_Named):
    title: str


# How this package writes a line, up to the end of the title; where a line begins otherwise, it is decoded as a whole.
_BEGINNING = re.compile(rb'\{"id":"(?:[^"\\]|\\.)*","title":"(?:[^"\\]|\\.)*"')

_ARTICLE = msgspec.json.Decoder(Article)
_NAMED = msgspec.json.Decoder(_Named)
_TITLED = msgspec.json.Decoder(_Titled)


class Lines(Lazy[Article]):
    """Articles as lines of JSON; those decoded last are cached. A ModelFormatError says that a line is no article.

    `starts`, ``(n_articles + 1,)``, says where each line begins in `data`; its last entry is where the last one ends.
    """

    def __init__(self, data: NDArray[np.uint8], starts: NDArray[np.int64]):
        self._data, self._starts = data, starts
        self._bytes = memoryview(data)  # type: ignore[arg-type]  # numpy says so from 2.3 on
        self._cached = lru_cache(CACHED)(partial(_decoded, _ARTICLE, self._bytes, starts))

    def _at(self, position: int) -> Article:
        return self._cached(position)

    def id_at(self, position: int) -> str:
        """Return the id of an article, at a fraction of the cost."""
        return _decoded(_NAMED, self._bytes, self._starts, position).id

    def title_at(self, position: int) -> str:
        """Return the title of an article, at a fraction of the cost."""
        return self._id_and_title(position, *self._starts[position : position + 2].tolist())[1]

    def ids_and_titles(self) -> list[tuple[str, str]]:
        """Return the id and the title of every article, without decoding the rest of them."""
        starts = self._starts.tolist()
        return [self._id_and_title(position, *starts[position : position + 2]) for position in range(len(self))]

    def _id_and_title(self, position: int, start: int, end: int) -> tuple[str, str]:
        beginning = _BEGINNING.match(self._bytes, start, end)
        with suppress(msgspec.MsgspecError, UnicodeDecodeError):
            if beginning is not None:
                titled = _TITLED.decode(beginning[0] + b"}")
                return titled.id, titled.title
        article = _decoded(_ARTICLE, self._bytes, self._starts, position)
        return article.id, article.title

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __iter__(self) -> Iterator[Article]:
        return map(partial(_decoded, _ARTICLE, self._bytes, self._starts), range(len(self)))

    @property
    def n_decoded(self) -> int:
        """How many articles were decoded because they were asked for one by one."""
        return self._cached.cache_info().misses

    @property
    def encoded(self) -> bytes:
        """The lines as they are."""
        return self._bytes.tobytes()

    def __reduce__(self) -> tuple[object, ...]:
        return Lines, (self._data, self._starts)


class MergedArticles(Lazy[Article]):
    """The articles of a corpus, each made of the original of its row and of those that were merged into it."""

    def __init__(self, originals: Sequence[Article], merges: Merges):
        self.originals, self.merges = originals, merges

    def _at(self, position: int) -> Article:
        return merged_article([self.originals[original] for original in self.merges.positions_of(position)])

    def has_id(self, row: int, name: str) -> bool:
        """Say whether an id is that of a row, or one that was merged into it."""
        return any(id_of(self.originals, position) == name for position in self.merges.positions_of(row))

    def has_key(self, row: int, key: str) -> bool:
        """Say whether a row has an address that is indexed under a key; see `index_keys`."""
        return any(key in index_keys(address) for address in self._at(row).addresses)

    def __len__(self) -> int:
        return len(self.originals) - len(self.merges)

    def __iter__(self) -> Iterator[Article]:
        return super().__iter__() if len(self.merges) else iter(self.originals)


class MergedIds(Lazy[tuple[str, str]]):
    """The id of each article that was merged into another, and that article's id."""

    def __init__(self, originals: Sequence[Article], merges: Merges):
        self._originals, self._merges = originals, merges

    def _at(self, position: int) -> tuple[str, str]:
        first = self._merges.first_position(int(self._merges.rows[position]))
        return id_of(self._originals, int(self._merges.positions[position])), id_of(self._originals, first)

    def __len__(self) -> int:
        return len(self._merges)


class Externals(Lazy[tuple[int, Relation]]):
    """Relations to externals, with the row that has them.

    Of each, `rows` holds the row, ascending, and `numbers` which of its relations it is, counted from 0.
    """

    def __init__(self, articles: Sequence[Article], rows: NDArray[np.int32], numbers: NDArray[np.int32]):
        self._articles, self.rows, self.numbers = articles, rows, numbers

    def _at(self, position: int) -> tuple[int, Relation]:
        row, number = int(self.rows[position]), int(self.numbers[position])
        relations = self._articles[row].relations
        if number >= len(relations):
            raise _damaged(f"the article in row {row} has no relation {number}")
        return row, relations[number]

    def __len__(self) -> int:
        return len(self.rows)


def to_lines(articles: Sequence[Article]) -> bytes:
    """Return articles as lines of JSON; stored lines are copied as they are."""
    if isinstance(articles, Lines):
        return articles.encoded
    if not isinstance(articles, Edited):
        return msgspec.json.Encoder().encode_lines(articles)
    lines = to_lines(articles.stored) + to_lines(articles.added)
    starts, positions = line_starts(lines).tolist(), articles.positions
    # Lines that followed each other before are copied at once.
    breaks = np.flatnonzero(np.diff(positions) != 1) + 1
    runs = np.split(positions, breaks) if len(positions) else []
    return b"".join(lines[starts[run[0]] : starts[run[-1] + 1]] for run in runs)


def line_starts(lines: bytes) -> NDArray[np.int64]:
    r"""Return where each line begins, and where the last one ends.

    >>> line_starts(b"1\n22\n").tolist()
    [0, 2, 5]
    """
    data = np.frombuffer(lines, dtype=np.uint8)
    parts = [np.flatnonzero(data[at : at + BLOCK] == ord("\n")) + at + 1 for at in range(0, len(data), BLOCK)]
    return np.concatenate([np.zeros(1, dtype=np.int64), *parts]).astype(np.int64)


def id_of(articles: Sequence[Article], position: int) -> str:
    """Return the id of an article; of a stored one without decoding the rest of it."""
    if isinstance(articles, Edited):
        known, n_stored = int(articles.positions[position]), len(articles.stored)
        return id_of(articles.stored, known) if known < n_stored else articles.added[known - n_stored].id
    return articles.id_at(position) if isinstance(articles, Lines) else articles[position].id


def title_of(articles: Sequence[Article], position: int) -> str:
    """Return the title of an article; of a stored one without decoding the rest of it."""
    if isinstance(articles, MergedArticles):
        return title_of(articles.originals, articles.merges.first_position(position))
    if isinstance(articles, Edited):
        known, n_stored = int(articles.positions[position]), len(articles.stored)
        return title_of(articles.stored, known) if known < n_stored else articles.added[known - n_stored].title
    return articles.title_at(position) if isinstance(articles, Lines) else articles[position].title


def ids_and_titles(articles: Sequence[Article]) -> list[tuple[str, str]]:
    """Return the id and the title of every article; of stored ones without decoding the rest of them."""
    if isinstance(articles, Edited):
        known = [*ids_and_titles(articles.stored), *ids_and_titles(articles.added)]
        return [known[position] for position in articles.positions.tolist()]
    if isinstance(articles, Lines):
        return articles.ids_and_titles()
    return [(article.id, article.title) for article in articles]


def _decoded(decoder: msgspec.json.Decoder[T], lines: memoryview, starts: NDArray[np.int64], position: int) -> T:
    try:
        return decoder.decode(lines[starts[position] : starts[position + 1]])
    except (msgspec.MsgspecError, RecommenderError, ArithmeticError, RecursionError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise _damaged(f"line {position + 1} of its articles is none: {reason}") from error


def _damaged(reason: str) -> ModelFormatError:
    return ModelFormatError(f"the model folder cannot be used ({reason}); train the model again")
