"""Articles as they lie on disk, a line of JSON each, decoded when they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache, partial
from typing import TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from recommender.core.errors import ModelFormatError, RecommenderError
from recommender.core.records import Article, Relation
from recommender.corpus.address_keys import address_key
from recommender.corpus.merging import Merges, merged_article
from recommender.corpus.row_map import runs_of
from recommender.corpus.row_table import Places
from recommender.corpus.sequences import Arranged, Grown, Lazy

T = TypeVar("T")

KEPT = 8192  # articles that were decoded last
BLOCK = 1 << 24  # bytes that are looked through at once


class _Named(msgspec.Struct):
    id: str


_ARTICLE = msgspec.json.Decoder(Article)
_NAMED = msgspec.json.Decoder(_Named)


class Lines(Lazy[Article]):
    """Articles as lines of JSON.

    Parameters
    ----------
    data : (n_bytes,) uint8 array
    starts : (n_articles + 1,) int64 array
        Where each line begins, ascending; the last one is ``n_bytes``.

    Raises
    ------
    ModelFormatError
        When a line that is asked for is no article.
    """

    def __init__(self, data: NDArray[np.uint8], starts: NDArray[np.int64]):
        self._data, self._starts = data, starts
        self._bytes = memoryview(data)  # type: ignore[arg-type]  # numpy says so from 2.3 on
        self._kept = lru_cache(KEPT)(partial(_decoded, _ARTICLE, self._bytes, starts))

    def at(self, place: int) -> Article:
        """Return the article of a line."""
        return self._kept(place)

    def id_at(self, place: int) -> str:
        """Return the id of an article at a fraction of the cost."""
        return _decoded(_NAMED, self._bytes, self._starts, place).id

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __iter__(self) -> Iterator[Article]:
        return map(partial(_decoded, _ARTICLE, self._bytes, self._starts), range(len(self)))

    @property
    def decoded(self) -> int:
        """How many articles were decoded because they were asked for one by one."""
        return self._kept.cache_info().misses

    @property
    def encoded(self) -> bytes:
        """The lines as they are."""
        return self._bytes.tobytes()

    def __reduce__(self) -> tuple[object, ...]:
        return Lines, (self._data, self._starts)


class Rows(Lazy[Article]):
    """The articles of a corpus, each made of the line of it, and of those that are folded into it.

    Parameters
    ----------
    lines : Lines
    folds
        Which of the lines are folded into which row.
    """

    def __init__(self, lines: Lines, folds: Merges):
        self._lines, self._folds = lines, folds

    def at(self, place: int) -> Article:
        """Return the article of a row."""
        return merged_article([self._lines.at(line) for line in self._folds.lines(place)])

    def ids_at(self, row: int) -> list[str]:
        """Return the ids of a row, its own first, at a fraction of the cost."""
        return [self._lines.id_at(line) for line in self._folds.lines(row)]

    def has_id(self, row: int, name: str) -> bool:
        """Say whether a row is of an id, its own or one that was folded into it."""
        return name in self.ids_at(row)

    def has_address(self, pages: frozenset[str], row: int, key: str) -> bool:
        """Say whether a row has an address of this form; see `address_key`."""
        return any(address_key(address, pages) == key for address in self.at(row).addresses)

    def __len__(self) -> int:
        return len(self._lines) - len(self._folds)

    def __iter__(self) -> Iterator[Article]:
        return super().__iter__() if len(self._folds) else iter(self._lines)


class Merged(Lazy[tuple[str, str]]):
    """Ids of articles that were folded into another, and that article's id.

    Parameters
    ----------
    lines, folds
        Of the corpus.
    """

    def __init__(self, lines: Lines, folds: Merges):
        self._lines, self._folds = lines, folds

    def at(self, place: int) -> tuple[str, str]:
        """Return both ids of a line that was folded."""
        row, line = int(self._folds.rows[place]), int(self._folds.places[place])
        return self._lines.id_at(line), self._lines.id_at(self._folds.line(row))

    def __len__(self) -> int:
        return len(self._folds)


class Externals(Lazy[tuple[int, Relation]]):
    """Relations to externals, with the row that has them.

    Parameters
    ----------
    articles
        Of the corpus.
    rows, places : (n_externals,) int32 array
        Which row, ascending, and which of its relations.
    """

    def __init__(self, articles: Sequence[Article], rows: Places, places: Places):
        self._articles, self.rows, self.places = articles, rows, places

    def at(self, place: int) -> tuple[int, Relation]:
        """Return a row and the relation."""
        row, relation = int(self.rows[place]), int(self.places[place])
        relations = self._articles[row].relations
        if relation >= len(relations):
            raise _damaged(f"the article in row {row} has no relation {relation}")
        return row, relations[relation]

    def __len__(self) -> int:
        return len(self.rows)


def to_lines(articles: Sequence[Article]) -> bytes:
    """Return articles as lines of JSON; what is of lines is taken over as it is."""
    if isinstance(articles, Lines):
        return articles.encoded
    if isinstance(articles, Grown):
        return to_lines(articles.first) + to_lines(articles.newer)
    if isinstance(articles, Arranged):
        lines = to_lines(articles.stored)
        starts = line_starts(lines).tolist()
        return b"".join(lines[starts[begin] : starts[end]] for begin, end in runs_of(articles.places))
    return msgspec.json.Encoder().encode_lines(articles)


def line_starts(lines: bytes) -> NDArray[np.int64]:
    r"""Return where each line begins, and where the last one ends.

    >>> line_starts(b"1\n22\n").tolist()
    [0, 2, 5]
    """
    data = np.frombuffer(lines, dtype=np.uint8)
    parts = [np.flatnonzero(data[at : at + BLOCK] == ord("\n")) + at + 1 for at in range(0, len(data), BLOCK)]
    return np.concatenate([np.zeros(1, dtype=np.int64), *parts]).astype(np.int64)


def ids_of(articles: Sequence[Article]) -> Iterable[str]:
    """Return all ids in their order."""
    if isinstance(articles, Rows):
        return (articles.ids_at(row)[0] for row in range(len(articles)))
    if isinstance(articles, Lines):
        return map(articles.id_at, range(len(articles)))
    if isinstance(articles, Arranged):
        every = [*ids_of(articles.stored)]
        return map(every.__getitem__, articles.places.tolist())
    if isinstance(articles, Grown):
        return [*ids_of(articles.first), *ids_of(articles.newer)]
    return [article.id for article in articles]


def _decoded(decoder: msgspec.json.Decoder[T], lines: memoryview, starts: NDArray[np.int64], place: int) -> T:
    try:
        return decoder.decode(lines[starts[place] : starts[place + 1]])
    except (msgspec.MsgspecError, RecommenderError, ArithmeticError, RecursionError, TypeError, ValueError) as error:
        raise _damaged(f"line {place + 1} of its articles is none: {' '.join(str(error).split())[:200]}") from error


def _damaged(what: str) -> ModelFormatError:
    return ModelFormatError(f"the model folder cannot be used ({what}); train the model again")
