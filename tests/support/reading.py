"""What is read of a site, for tests of the parse cache."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from recommender.sources.markdown import FrontMatterReader
from recommender.sources.outcomes import Outcome


def note_parsed_files(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that gets the name of each file as it is parsed, rather than taken from the cache."""
    names: list[str] = []
    read = FrontMatterReader.read

    def noting(self: FrontMatterReader, path: Path, relative: PurePosixPath) -> Outcome:
        names.append(path.name)
        return read(self, path, relative)

    monkeypatch.setattr(FrontMatterReader, "read", noting)
    return names
