"""Every error that this package raises on purpose: one small tree under `RecommenderError`."""

from __future__ import annotations

import difflib
import heapq
from collections.abc import Iterable, Sequence
from pathlib import Path

MOST_COMPARED = 500  # names that are compared with a wanted one letter by letter


class RecommenderError(Exception):
    """Base of all errors of this package; the message is one line, fit for a person."""


class SettingsError(RecommenderError):
    """A setting is unknown, or its value cannot be used."""


class ArticleError(RecommenderError):
    """An article, or the file that it came from, cannot be used.

    Parameters
    ----------
    message
        What is wrong, the value that came, and what to do.
    path
        The file that the article came from; None for none.
    line
        Line in that file, counted from 1.
    """

    def __init__(self, message: str, path: Path | str | None = None, line: int | None = None):
        self.message = message
        self.path = path
        self.line = line
        super().__init__(message, path, line)

    def __str__(self) -> str:
        if self.path is None:
            return self.message
        origin = f"{self.path}:{self.line}" if self.line is not None else str(self.path)
        return f"{origin}: {self.message}"


class UnknownArticleError(RecommenderError):
    """No article of the corpus has this name, or several have it."""

    @classmethod
    def naming_nearest(cls, wanted: str, known: Iterable[str]) -> UnknownArticleError:
        """Build the error with up to three known ids that look like `wanted`."""
        return cls(f"no article has the id {wanted!r}; {nearest(wanted, known)}")

    @classmethod
    def naming_all(cls, wanted: str, ids: Sequence[str]) -> UnknownArticleError:
        """Build the error for a name that all articles of some ids have; up to three of them are named."""
        more = f" or {len(ids) - 3:,} more" if len(ids) > 3 else ""
        return cls(f"{len(ids):,} articles are called {wanted!r}: {' or '.join(ids[:3])}{more}; give the id of one")


class NotFittedError(RecommenderError):
    """The model was used before `fit` or `load`."""


class ModelFormatError(RecommenderError):
    """A model folder is damaged, of another version, or no model folder at all."""


def nearest(wanted: str, known: Iterable[str], count: int = 3) -> str:
    """Say in words which of `known` come nearest to `wanted`; a part of an error message.

    >>> nearest("titel", ["title", "topics"])
    'did you mean title?'
    """
    names = list(known)
    # Ids often begin with a date; a substring is a better guide than edit distance there.
    close = [name for name in names if wanted and wanted.lower() in name.lower()][:count]
    close = close or difflib.get_close_matches(wanted, _with_common_parts(wanted, names), n=count, cutoff=0.5)
    if not close:
        return "nothing known comes near it"
    return f"did you mean {' or '.join(close)}?"


def _with_common_parts(wanted: str, names: list[str]) -> list[str]:
    """Return, of very many names, those with most three-letter parts of a text: to compare all would take seconds."""
    if len(names) <= MOST_COMPARED:
        return names
    folded = wanted.lower()
    parts = {folded[start : start + 3] for start in range(max(1, len(folded) - 2))}
    counts = [sum(part in name for part in parts) for name in map(str.lower, names)]
    best = heapq.nlargest(MOST_COMPARED, range(len(names)), key=lambda position: (counts[position], -position))
    return [names[position] for position in sorted(best)]
