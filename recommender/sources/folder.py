"""The files of a site: which of them may be articles, and the reading of all of these."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path, PurePosixPath

from joblib import Parallel, delayed

from recommender.core.errors import ArticleError
from recommender.core.runtime import collection_paused
from recommender.sources.cache import ParseCache
from recommender.sources.markdown import HTML, FrontMatterReader, Reading
from recommender.sources.outcomes import Outcome, raising_problems
from recommender.sources.records.fields import FieldMap
from recommender.sources.site_kinds import NEWS, NEWS_FOLDER, Site

MARKDOWN = (".md", ".markdown")
TEXTS = (*MARKDOWN, ".mdown", ".mkdown", ".mkdn", ".mkd", ".mdx", *HTML)
# What site generators keep beside the articles; hidden folders are left out as well.
NOT_WALKED = frozenset({"_data", "_includes", "_layouts", "_sass", "_site", "node_modules"})
SECTION_PAGE = "_index"

# Below this many files, starting other processes, which load all libraries anew, takes longer than it saves.
FEWEST_FOR_PROCESSES = 5000
_CHUNKS_PER_PROCESS = 2


@dataclass(frozen=True, slots=True)
class SiteFile:
    """A file that may be an article: its path as the user would write it, and its path inside the site.

    `problem` says why it is not opened; None for a file that is.
    """

    path: str
    inside: PurePosixPath
    problem: str | None = None


def site_files(site: Site) -> list[SiteFile]:
    """Return the files of a site that may be articles, in the order of their paths.

    Links to folders are followed, each folder once, so that loops end. Whoever writes a site is not who reads it: a
    link that leads out of the site is not opened, and one to a folder outside stands for the files in it.
    """
    if site.path.is_file():
        return [SiteFile(str(site.path), PurePosixPath(site.path.name))]
    start = "" if str(site.path) == "." else os.path.join(site.path, "")
    if site.generator is None:
        walk = _Walk(site, site.path, MARKDOWN)
        below = [PurePosixPath(path) for path in walk.paths]
        return [
            SiteFile(start + str(path), _content_path(path, site), walk.problem(str(path)))
            for path in below
            if path.stem != SECTION_PAGE
        ]
    prefix = site.path.absolute().relative_to(site.root.absolute()).as_posix()
    prefix = "" if prefix == "." else f"{prefix}/"
    walk = _Walk(site, site.root, TEXTS)
    pages = frozenset(site.generator.page_files(walk.paths))
    return [
        SiteFile(start + path.removeprefix(prefix), PurePosixPath(path), walk.problem(path))
        for path in walk.paths
        if path.startswith(prefix) and (path in pages or path in walk.folders_outside)
    ]


def _content_path(path: PurePosixPath, site: Site) -> PurePosixPath:
    """Return a file's path from the content folder; that of a further folder begins with the folder's name."""
    first, *others = path.parts
    if site.kind != NEWS or not others or not first.startswith("_"):
        return path
    return PurePosixPath(*others) if first == NEWS_FOLDER else PurePosixPath(first.removeprefix("_"), *others)


class _Walk:
    """The paths below a folder, in order: of files with these suffixes, and of links to folders outside."""

    def __init__(self, site: Site, top: Path, suffixes: tuple[str, ...]):
        self._top = os.path.join(top, "")
        # What the operator names may itself be a link.
        self._homes = tuple({os.path.join(os.path.realpath(folder), "") for folder in (site.root, site.path)})
        self._generated = site.generator is not None
        self.folders_outside: set[str] = set()
        self.paths = sorted([*self._files(suffixes), *self.folders_outside])

    def problem(self, path: str) -> str | None:
        """Return why a file is not opened; None where it may be."""
        if path in self.folders_outside or self._leads_out(self._top + path):
            return "leads out of the site; it is not read"
        if self._generated and not path.isascii() and not _is_text(path):
            return "has a name that is not UTF-8; rename it"
        return None

    def _files(self, suffixes: tuple[str, ...]) -> Iterator[str]:
        seen: set[tuple[int, int]] = set()
        for folder, subfolders, names in os.walk(self._top, followlinks=True):
            status = os.stat(folder)
            if (status.st_dev, status.st_ino) in seen:
                subfolders.clear()
                continue
            seen.add((status.st_dev, status.st_ino))
            prefix = folder[len(self._top) :].replace(os.sep, "/")
            prefix += "/" if prefix else ""
            entered = [name for name in subfolders if name not in NOT_WALKED and not name.startswith(".")]
            outside = {name for name in entered if self._leads_out(os.path.join(folder, name))}
            self.folders_outside.update(prefix + name for name in outside)
            # Real folders before links to them, each kind by name: the same on every file system.
            subfolders[:] = sorted(
                set(entered) - outside, key=lambda name: (os.path.islink(os.path.join(folder, name)), name)
            )
            yield from (prefix + name for name in names if name.lower().endswith(suffixes) and not name.startswith("."))

    def _leads_out(self, path: str) -> bool:
        return os.path.islink(path) and not os.path.join(os.path.realpath(path), "").startswith(self._homes)


def _is_text(name: str) -> bool:
    """Whether a name can be written in UTF-8."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def read_site_files(
    site: Site,
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
    all_files = site_files(site)
    files = [(file.path, file.inside) for file in all_files if file.problem is None]
    reader = partial(_read_chunk, fields, site.reading)
    if cache_folder is None or not site.path.is_dir():
        read = iter(_read_files(files, reader, n_jobs, strict, fewest_for_processes))
    else:
        cache = ParseCache(cache_folder, fields, site.reading)
        cached = cache.load(files)
        unknown = [file for file, outcome in zip(files, cached, strict=True) if outcome is None]
        new = _read_files(unknown, reader, n_jobs, False, fewest_for_processes)
        cache.store(unknown, new)
        remaining = iter(new)
        read = (outcome or next(remaining) for outcome in cached)
    outcomes = (next(read) if file.problem is None else _unopened(file, file.problem) for file in all_files)
    return list(raising_problems(outcomes, strict))


def _unopened(file: SiteFile, problem: str) -> Outcome:
    return Outcome(file.path, problem=ArticleError(problem, file.path))


_Files = Sequence[tuple[str, PurePosixPath]]
_Reader = Callable[[_Files, bool], list[Outcome]]


def _read_files(files: _Files, read: _Reader, n_jobs: int, strict: bool, fewest_for_processes: int) -> list[Outcome]:
    if n_jobs == 1 or len(files) < fewest_for_processes:
        return list(raising_problems(read(files, strict), strict))
    processes = n_jobs if n_jobs > 0 else (os.cpu_count() or 1)
    size = -(-len(files) // (processes * _CHUNKS_PER_PROCESS))
    chunks = [files[start : start + size] for start in range(0, len(files), size)]
    results = Parallel(n_jobs=n_jobs)(delayed(read)(chunk, strict) for chunk in chunks)
    return list(raising_problems(chain.from_iterable(results), strict))


def _read_chunk(fields: FieldMap, reading: Reading, files: _Files, strict: bool) -> list[Outcome]:
    """Read files one after another; where `strict`, the first with a problem is the last."""
    reader = FrontMatterReader(fields, reading)
    outcomes: list[Outcome] = []
    with collection_paused():
        for path, inside in files:
            outcomes.append(reader.read(Path(path), inside))
            if strict and outcomes[-1].problem is not None:
                break
    return outcomes
