"""A folder of Markdown files: which of them may be articles, and the reading of all of these."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path, PurePosixPath

from joblib import Parallel, delayed

from recommender.core.runtime import collection_paused
from recommender.sources.cache import ParseCache
from recommender.sources.markdown import FrontMatterReader
from recommender.sources.outcomes import Outcome, raising_problems
from recommender.sources.records.fields import FieldMap

MARKDOWN = (".md", ".markdown")
# What site generators keep beside the articles; hidden folders are left out as well.
NOT_WALKED = frozenset({"_data", "_includes", "_layouts", "_sass", "_site", "node_modules"})
SECTION_PAGE = "_index"

# Below this many files, starting other processes, which load all libraries anew, takes longer than it saves.
FEWEST_FOR_PROCESSES = 5000
_CHUNKS_PER_PROCESS = 2


@dataclass(frozen=True, slots=True)
class SiteFile:
    """A file that may be an article: its path as the user would write it, and its path below the folder."""

    path: str
    below: PurePosixPath


def content_root(root: Path, preset: str) -> Path:
    """Return the folder of a site under which its articles are."""
    return root / "content" if preset == "hugo" and (root / "content").is_dir() else root


def markdown_files(root: Path) -> list[SiteFile]:
    """Return the files of a site that may be articles, in the order of their paths.

    Links to folders are followed, each folder once, so that loops end.
    """
    if root.is_file():
        return [SiteFile(str(root), PurePosixPath(root.name))]
    start = "" if str(root) == "." else os.path.join(root, "")
    return [SiteFile(start + os.sep.join(parts), PurePosixPath(*parts)) for parts in sorted(_walk(root))]


def _walk(root: Path) -> Iterator[tuple[str, ...]]:
    """Yield the parts of each file's path below the root."""
    seen: set[tuple[int, int]] = set()
    for folder, subfolders, names in os.walk(root, followlinks=True):
        status = os.stat(folder)
        if (status.st_dev, status.st_ino) in seen:
            subfolders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        # Real folders before links to them, each kind by name: the same on every file system.
        subfolders[:] = sorted(
            (name for name in subfolders if name not in NOT_WALKED and not name.startswith(".")),
            key=lambda name: (Path(folder, name).is_symlink(), name),
        )
        parts = Path(folder).relative_to(root).parts
        for name in names:
            stem, suffix = os.path.splitext(name)
            if suffix.lower() in MARKDOWN and stem != SECTION_PAGE and not name.startswith("."):
                yield (*parts, name)


def read_markdown_folder(
    root: Path,
    fields: FieldMap,
    n_jobs: int,
    strict: bool,
    cache_folder: Path | None = None,
    fewest_for_processes: int = FEWEST_FOR_PROCESSES,
) -> list[Outcome]:
    """Read every file that may be an article, in the order of their paths, whatever the number of processes.

    With a `cache_folder`, only the files that its cache does not know are read, and are added to it. Below
    `fewest_for_processes` files to read, this process reads all of them.

    Raises
    ------
    ArticleError
        The first problem, where `strict`.
    """
    root = content_root(root, fields.preset)
    files = [(file.path, _path_in_site(file, fields.preset)) for file in markdown_files(root)]
    if cache_folder is None or not root.is_dir():
        return _read_files(files, fields, n_jobs, strict, fewest_for_processes)
    cache = ParseCache(cache_folder, fields)
    cached = cache.load(files)
    unknown = [file for file, outcome in zip(files, cached, strict=True) if outcome is None]
    new = _read_files(unknown, fields, n_jobs, False, fewest_for_processes)
    cache.store(unknown, new)
    remaining = iter(new)
    return list(raising_problems((outcome or next(remaining) for outcome in cached), strict))


_Files = Sequence[tuple[str, PurePosixPath]]


def _read_files(files: _Files, fields: FieldMap, n_jobs: int, strict: bool, fewest_for_processes: int) -> list[Outcome]:
    if n_jobs == 1 or len(files) < fewest_for_processes:
        return list(raising_problems(_read_chunk(files, fields, strict), strict))
    processes = n_jobs if n_jobs > 0 else (os.cpu_count() or 1)
    size = -(-len(files) // (processes * _CHUNKS_PER_PROCESS))
    chunks = [files[start : start + size] for start in range(0, len(files), size)]
    results = Parallel(n_jobs=n_jobs)(delayed(_read_chunk)(chunk, fields, strict) for chunk in chunks)
    return list(raising_problems(chain.from_iterable(results), strict))


def _read_chunk(files: _Files, fields: FieldMap, strict: bool) -> list[Outcome]:
    """Read files one after another; where `strict`, the first with a problem is the last."""
    reader = FrontMatterReader(fields)
    outcomes: list[Outcome] = []
    with collection_paused():
        for path, relative in files:
            outcomes.append(reader.read(Path(path), relative))
            if strict and outcomes[-1].problem is not None:
                break
    return outcomes


def _path_in_site(file: SiteFile, preset: str) -> PurePosixPath:
    """Return a file's path inside its site; a site of Hugo begins at `content`, also where a part of it is read."""
    if preset == "hugo":
        parts = Path(file.path).absolute().parts
        if "content" in parts[:-1]:
            return PurePosixPath(*parts[len(parts) - parts[::-1].index("content") :])
    return file.below
