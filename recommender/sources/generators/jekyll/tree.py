"""What the names of a site's files tell: languages beside each other, names of lists, which folders hold what."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from posixpath import splitext

from recommender.sources.generators.jekyll.settings import JekyllSettings

_NOT_WALKED = frozenset({"node_modules", "_site"})
_MOST_FILES = 500_000


@dataclass(frozen=True, slots=True)
class SiteTree:
    """A site's folders, seen by the files in them.

    Parameters
    ----------
    company
        How many pages lie in a folder or below it, its own index left out.
    siblings
        The names of folders beside each other, where a site may keep its languages: in the site's source, in folders
        of posts and in collections.
    mirrors
        The names of those of them at least half of whose files are named like files beside the folder, as translations
        of the pages of a site's first language are.
    post_folders
        The names of all folders below those of posts.
    """

    company: Counter[str] = field(default_factory=Counter)
    siblings: dict[str, set[str]] = field(default_factory=dict)
    mirrors: set[str] = field(default_factory=set)
    post_folders: set[str] = field(default_factory=set)

    @classmethod
    def from_paths(cls, paths: Iterable[str], settings: JekyllSettings) -> SiteTree:
        """Look at the files of a site that can be pages, by their paths relative to its root."""
        tree = cls()
        inside = f"{settings.source}/" if settings.source else ""
        files = {
            path.removeprefix(inside)
            for path in paths
            if path.startswith(inside) and settings.is_markup(splitext(path)[1])
        }
        for path in files:
            tree._add(path)
        tree.mirrors.update(_mirrors(files))
        return tree

    def _add(self, path: str) -> None:
        *folders, name = path.split("/")
        is_index = name.partition(".")[0] == "index"
        for depth in range(len(folders) + (0 if is_index else 1)):
            self.company["/".join(folders[:depth])] += 1
        for depth in _language_depths(folders):
            self.siblings.setdefault("/".join(folders[:depth]), set()).add(folders[depth])
        if "_posts" in folders:
            self.post_folders.update(folders[folders.index("_posts") + 1 :])


def _language_depths(folders: Sequence[str]) -> list[int]:
    """Return which folders of a path may be that of a language: the first one, and the first of its collection."""
    return [depth for depth in range(len(folders)) if depth == 0 or folders[depth - 1].startswith("_")]


def _mirrors(files: Set[str]) -> Iterator[str]:
    """Yield the names of folders that hold files named like those beside the folder; indexes say nothing."""
    counts: Counter[tuple[str, str]] = Counter()
    mirrored: Counter[tuple[str, str]] = Counter()
    for path in files:
        *folders, name = path.split("/")
        if name.partition(".")[0] == "index":
            continue
        for depth in _language_depths(folders):
            key = "/".join(folders[:depth]), folders[depth]
            counts[key] += 1
            mirrored[key] += "/".join([*folders[:depth], *folders[depth + 1 :], name]) in files
    for key, count in counts.items():
        if 2 * mirrored[key] >= count:
            yield key[1]


def markup_files(root: Path, settings: JekyllSettings) -> Iterator[str]:
    """Yield the paths of the files below a folder that can be pages, relative to it; links are not followed."""
    count = 0
    for folder, folders, names in os.walk(root):
        below = Path(folder).relative_to(root).as_posix()
        prefix = "" if below == "." else f"{below}/"
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".") and name not in _NOT_WALKED and prefix + name != settings.destination
        ]
        for name in names:
            if settings.is_markup(splitext(name)[1]):
                count += 1
                if count > _MOST_FILES:
                    return
                yield prefix + name
