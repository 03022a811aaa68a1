"""Every error that this package raises on purpose: one small tree under `RecommenderError`."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path


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
    """No article of the corpus has this id or address."""

    @classmethod
    def naming_nearest(cls, wanted: str, known: Iterable[str]) -> UnknownArticleError:
        """Build the error with up to three known ids that look like `wanted`."""
        return cls(f"no article has the id {wanted!r}; {nearest(wanted, known)}")


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
    close = close or difflib.get_close_matches(wanted, names, n=count, cutoff=0.5)
    if not close:
        return "nothing known comes near it"
    return f"did you mean {' or '.join(close)}?"
