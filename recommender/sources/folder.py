"""A folder of Markdown files: which of them may be articles, and the reading of them all."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from joblib import Parallel, delayed

from recommender.sources.fields import FieldMap
from recommender.sources.front_matter import FrontMatterReader
from recommender.sources.outcomes import Outcome, until_problem

MARKDOWN = (".md", ".markdown")
# What site generators keep beside the articles; hidden folders are left out as well.
NOT_WALKED = frozenset({"_data", "_includes", "_layouts", "_sass", "_site", "node_modules"})
SECTION_PAGE = "_index"

# Below this many files the start of other processes, which load all libraries anew, takes longer than it saves.
_FEWEST_FOR_PROCESSES = 5000
_CHUNKS_PER_PROCESS = 2


def content_root(root: Path, preset: str) -> Path:
    """Return the folder of a site under which its articles are."""
    return root / "content" if preset == "hugo" and (root / "content").is_dir() else root


def markdown_files(root: Path) -> list[Path]:
    """Return the files of a site that may be articles, in the order of their paths.

    Links to folders are followed, each folder once, so that loops end.
    """
    if root.is_file():
        return [root]
    return sorted(_walk(root), key=lambda path: path.relative_to(root).parts)


def _walk(root: Path) -> Iterator[Path]:
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
        for name in names:
            stem, suffix = os.path.splitext(name)
            if suffix.lower() in MARKDOWN and stem != SECTION_PAGE and not name.startswith("."):
                yield Path(place, name)


def read_folder(root: Path, fields: FieldMap, n_jobs: int, strict: bool) -> list[Outcome]:
    """Read every file that may be an article, in the order of their paths, whatever the number of processes.

    Raises
    ------
    ArticleError
        The first problem, where `strict`.
    """
    root = content_root(root, fields.preset)
    paths = markdown_files(root)
    if n_jobs == 1 or len(paths) < _FEWEST_FOR_PROCESSES:
        return _read_files(root, paths, fields, strict)
    processes = n_jobs if n_jobs > 0 else (os.cpu_count() or 1)
    size = -(-len(paths) // (processes * _CHUNKS_PER_PROCESS))
    chunks = [paths[start : start + size] for start in range(0, len(paths), size)]
    read = Parallel(n_jobs=n_jobs)(delayed(_read_chunk)(root, chunk, fields, strict) for chunk in chunks)
    return list(until_problem((outcome for chunk in read for outcome in chunk), strict))


def _read_chunk(root: Path, paths: Sequence[Path], fields: FieldMap, strict: bool) -> list[Outcome]:
    """Read in another process; the problem that ends a strict reading is the last outcome."""
    outcomes: list[Outcome] = []
    with without_collection():
        for outcome in _each(root, paths, fields):
            outcomes.append(outcome)
            if strict and outcome.problem is not None:
                break
    return outcomes


def _read_files(root: Path, paths: Sequence[Path], fields: FieldMap, strict: bool) -> list[Outcome]:
    with without_collection():
        return list(until_problem(_each(root, paths, fields), strict))


def _each(root: Path, paths: Sequence[Path], fields: FieldMap) -> Iterator[Outcome]:
    reader = FrontMatterReader(fields)
    for path in paths:
        yield reader.read(path, _relative(root, path, fields.preset))


def _relative(root: Path, path: Path, preset: str) -> PurePosixPath:
    """Return a file's path inside the site; Hugo's sites begin at `content`, also where a part of one is read."""
    if preset == "hugo":
        parts = path.absolute().parts
        if "content" in parts[:-1]:
            return PurePosixPath(*parts[len(parts) - parts[::-1].index("content") :])
    if path == root:
        return PurePosixPath(path.name)
    return PurePosixPath(path.relative_to(root).as_posix())


@contextmanager
def without_collection() -> Iterator[None]:
    """Hold the garbage collector: it would scan the growing corpus again and again, at half of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
