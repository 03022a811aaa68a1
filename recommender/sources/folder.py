"""A folder of Markdown files: which of them may be articles, and the reading of them all."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from joblib import Parallel, delayed

from recommender.core.runtime import collection_paused
from recommender.sources.cache import ParseCache
from recommender.sources.fields import FieldMap
from recommender.sources.markdown import FrontMatterReader
from recommender.sources.outcomes import Outcome, until_problem

MARKDOWN = (".md", ".markdown")
# What site generators keep beside the articles; hidden folders are left out as well.
NOT_WALKED = frozenset({"_data", "_includes", "_layouts", "_sass", "_site", "node_modules"})
SECTION_PAGE = "_index"

# Below this many files the start of other processes, which load all libraries anew, takes longer than it saves.
_FEWEST_FOR_PROCESSES = 5000
_CHUNKS_PER_PROCESS = 2


@dataclass(frozen=True, slots=True)
class SiteFile:
    """A file that may be an article: its path as the user would write it, and its place below the folder."""

    path: str
    below: str


def content_root(root: Path, preset: str) -> Path:
    """Return the folder of a site under which its articles are."""
    return root / "content" if preset == "hugo" and (root / "content").is_dir() else root


def markdown_files(root: Path) -> list[SiteFile]:
    """Return the files of a site that may be articles, in the order of their paths.

    Links to folders are followed, each folder once, so that loops end.
    """
    if root.is_file():
        return [SiteFile(str(root), root.name)]
    start = "" if str(root) == "." else os.path.join(root, "")
    found = sorted(_walk(root))
    return [SiteFile(start + os.sep.join(parts), "/".join(parts)) for parts in found]


def _walk(root: Path) -> Iterator[tuple[str, ...]]:
    """Yield the parts of each file's path below the root."""
    seen: set[tuple[int, int]] = set()
    for place, folders, names in os.walk(root, followlinks=True):
        status = os.stat(place)
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        # Real folders before links to them, each kind by name: the same on every file system.
        folders[:] = sorted(
            (name for name in folders if name not in NOT_WALKED and not name.startswith(".")),
            key=lambda name: (Path(place, name).is_symlink(), name),
        )
        parts = Path(place).relative_to(root).parts
        for name in names:
            stem, suffix = os.path.splitext(name)
            if suffix.lower() in MARKDOWN and stem != SECTION_PAGE and not name.startswith("."):
                yield (*parts, name)


def read_markdown_folder(
    root: Path, fields: FieldMap, n_jobs: int, strict: bool, cache_folder: Path | None = None
) -> list[Outcome]:
    """Read every file that may be an article, in the order of their paths, whatever the number of processes.

    With a `cache_folder`, only what the cache there does not know is read, and the cache is brought up to date.

    Raises
    ------
    ArticleError
        The first problem, where `strict`.
    """
    root = content_root(root, fields.preset)
    files = markdown_files(root)
    if cache_folder is None or not root.is_dir():
        return _read_files(files, fields, n_jobs, strict)
    cache = ParseCache(cache_folder, root, fields)
    known = cache.find([(file.path, file.below) for file in files])
    unknown = [file for file, outcome in zip(files, known, strict=True) if outcome is None]
    read = iter(_read_files(unknown, fields, n_jobs, strict=False))
    outcomes = [outcome or next(read) for outcome in known]
    cache.keep([file.below for file in files], outcomes)
    return list(until_problem(outcomes, strict))


def _read_files(files: Sequence[SiteFile], fields: FieldMap, n_jobs: int, strict: bool) -> list[Outcome]:
    if n_jobs == 1 or len(files) < _FEWEST_FOR_PROCESSES:
        with collection_paused():
            return list(until_problem(_each(files, fields), strict))
    processes = n_jobs if n_jobs > 0 else (os.cpu_count() or 1)
    size = -(-len(files) // (processes * _CHUNKS_PER_PROCESS))
    chunks = [files[start : start + size] for start in range(0, len(files), size)]
    read = Parallel(n_jobs=n_jobs)(delayed(_read_chunk)(chunk, fields, strict) for chunk in chunks)
    return list(until_problem((outcome for chunk in read for outcome in chunk), strict))


def _read_chunk(files: Sequence[SiteFile], fields: FieldMap, strict: bool) -> list[Outcome]:
    """Read in another process; the problem that ends a strict reading is the last outcome."""
    outcomes: list[Outcome] = []
    with collection_paused():
        for outcome in _each(files, fields):
            outcomes.append(outcome)
            if strict and outcome.problem is not None:
                break
    return outcomes


def _each(files: Sequence[SiteFile], fields: FieldMap) -> Iterator[Outcome]:
    reader = FrontMatterReader(fields)
    for file in files:
        path = Path(file.path)
        yield reader.read(path, _relative(path, file.below, fields.preset))


def _relative(path: Path, below: str, preset: str) -> PurePosixPath:
    """Return a file's path inside the site; Hugo's sites begin at `content`, also where a part of one is read."""
    if preset == "hugo":
        parts = path.absolute().parts
        if "content" in parts[:-1]:
            return PurePosixPath(*parts[len(parts) - parts[::-1].index("content") :])
    return PurePosixPath(below)
