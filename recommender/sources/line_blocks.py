"""The lines of a file in blocks that are cut by content, so that an edit leaves the blocks around it as they were."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from recommender.core.errors import ArticleError
from recommender.core.files import content_digest

MEAN_LINES = 64  # of a block: a changed line has so many read anew, and each block costs a query of the cache
MOST_BLOCK_BYTES = 2**20  # unless one line is longer
BATCH_BYTES = 2**22


@dataclass(frozen=True, slots=True)
class LineBlock:
    """Consecutive lines of the file at `path`; `first` is the number of the first, counted from 1."""

    path: str
    first: int
    lines: tuple[bytes, ...]

    @property
    def digest(self) -> bytes:
        """The digest of the content of all lines."""
        return content_digest(b"".join(self.lines))

    def numbered(self) -> Iterator[tuple[int, bytes]]:
        """Yield each line with its number in the file."""
        return enumerate(self.lines, self.first)


class LineReader:
    """Reads a file of lines, plain or gzipped.

    Parameters
    ----------
    path
        The file; it is gzipped where its name ends in ``.gz``.
    longest
        Bytes of a line; of a longer one the rest is left out, but so that it stays longer than this.

    Attributes
    ----------
    problem
        Why the file ended early; None where it did not.
    """

    def __init__(self, path: Path, longest: int):
        self._path, self._longest = path, longest
        self._n_lines = 0
        self.problem: ArticleError | None = None

    def batches(self) -> Iterator[list[LineBlock]]:
        """Yield all lines, some blocks at a time; an OSError says that the file cannot be read."""
        batch: list[LineBlock] = []
        n_bytes = 0
        for block in self._blocks():
            batch.append(block)
            n_bytes += sum(map(len, block.lines))
            if n_bytes >= BATCH_BYTES:
                yield batch
                batch, n_bytes = [], 0
        if batch:
            yield batch

    def _blocks(self) -> Iterator[LineBlock]:
        """Yield blocks that end where a line's checksum says so: wherever the line stands, as in rsync and restic."""
        path, lines, n_bytes = str(self._path), [], 0
        for line in self._lines():
            lines.append(line)
            n_bytes += len(line)
            if zlib.crc32(line) % MEAN_LINES == 0 or n_bytes >= MOST_BLOCK_BYTES:
                yield LineBlock(path, self._n_lines - len(lines) + 1, tuple(lines))
                lines, n_bytes = [], 0
        if lines:
            yield LineBlock(path, self._n_lines - len(lines) + 1, tuple(lines))

    def _lines(self) -> Iterator[bytes]:
        try:
            with self._opened() as stream:
                while line := stream.readline(self._longest + 1):
                    part = line
                    while len(part) > self._longest and not part.endswith(b"\n"):
                        part = stream.readline(self._longest + 1)
                    self._n_lines += 1
                    yield line.removeprefix(b"\xef\xbb\xbf") if self._n_lines == 1 else line
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            reason = "the compressed data ends early" if isinstance(error, EOFError) else "is no sound gzip file"
            message = f"{reason}; what follows is lost, write the file anew"
            self.problem = ArticleError(message, self._path, self._n_lines + 1)

    def _opened(self) -> IO[bytes]:
        if self._path.suffix.lower() == ".gz":
            return cast(IO[bytes], gzip.open(self._path, "rb"))
        return self._path.open("rb")
