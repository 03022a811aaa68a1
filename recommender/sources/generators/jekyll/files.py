"""Which files of a Jekyll site are its pages, posts and documents, by their paths alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from posixpath import splitext

from recommender.sources.generators.jekyll.moments import dated_name
from recommender.sources.generators.jekyll.settings import Collection, JekyllSettings
from recommender.sources.generators.jekyll.wildcards import matches_name

_SPECIAL = (".", "_", "#", "~")
_POSTS, _DRAFTS = "_posts", "_drafts"


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file of a site, and what Jekyll takes it for.

    Parameters
    ----------
    kind
        ``page``, ``post``, ``draft`` or ``document``.
    path
        Relative to the site's source.
    relative_path
        As Jekyll has it: relative to the folder of the collections where the file is none of a page's.
    collection
        None for a page.
    """

    kind: str
    path: str
    relative_path: str
    collection: Collection | None = None

    @property
    def parts(self) -> list[str]:
        """The folders and the name of the file, as Jekyll sees it."""
        return self.relative_path.split("/")

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.rpartition("/")[2]

    @property
    def stem(self) -> str:
        """The file's name without its extension, and without dots at its end."""
        return splitext(self.name)[0].rstrip(".")

    @property
    def extension(self) -> str:
        """The extension with its dot."""
        return splitext(self.name)[1]

    @property
    def folder(self) -> str:
        """The folder of the file in the site's source, with a slash in front; ``""`` for the source itself."""
        folder = self.path.rpartition("/")[0]
        return f"/{folder}" if folder else ""

    @property
    def categories(self) -> list[str]:
        """The folders above that of the posts or drafts, which are categories of the post."""
        if self.kind not in {"post", "draft"}:
            return []
        special = _POSTS if self.kind == "post" else _DRAFTS
        if self.relative_path.startswith(special):
            return []
        above = self.relative_path.partition(special)[0].split("/")
        return [folder for folder in above if folder not in {"", special, self.name}]


class SiteFiles:
    """Tells the files of a site apart, as Jekyll's readers and their filter of entries do."""

    def __init__(self, settings: JekyllSettings):
        self._settings = settings
        self._above_collections = f"{settings.collections_folder}/" if settings.collections_folder else ""
        self._walked: dict[str, bool] = {"": True}

    def locate(self, path: str) -> PageFile | None:
        """Return what Jekyll takes a file for; None where it does not read it, or it is no Markdown and no HTML.

        Parameters
        ----------
        path
            Relative to the site's root, with slashes.
        """
        source = self._settings.source
        if source:
            if not path.startswith(f"{source}/"):
                return None
            path = path.removeprefix(f"{source}/")
        if not all(part not in {"", ".", ".."} for part in path.split("/")):
            return None
        if not self._settings.is_markup(splitext(path)[1]):
            return None
        return self._document(path) or self._post(path) or self._page(path)

    def _document(self, path: str) -> PageFile | None:
        for collection in self._settings.collections.values():
            folder = f"_{collection.label}"
            inside = f"{self._above_collections}{folder}/"
            if collection.label in {"posts", "data"} or not path.startswith(inside):
                continue
            if self._is_read(path.removeprefix(inside), folder):
                return PageFile("document", path, path.removeprefix(self._above_collections), collection)
        return None

    def _post(self, path: str) -> PageFile | None:
        parts = path.split("/")
        for depth, part in enumerate(parts[:-1]):
            if part not in {_POSTS, _DRAFTS}:
                continue
            entry = "/".join(parts[depth + 1 :])
            above = "/".join(parts[:depth])
            folder = f"/{above}" if above else ""
            inside = not self._above_collections or folder.startswith(f"/{self._settings.collections_folder}")
            hidden = any(name.startswith(".") for name in parts[depth + 1 :])
            dated = part == _DRAFTS or dated_name(entry) is not None
            if inside and dated and not hidden and self._is_walked(above) and self._is_read(entry, f"{folder}/{part}"):
                relative = path.removeprefix(self._above_collections)
                posts = self._settings.collections["posts"]
                return PageFile("post" if part == _POSTS else "draft", path, relative, posts)
        return None

    def _page(self, path: str) -> PageFile | None:
        folder, _, name = path.rpartition("/")
        named = any(pattern.strip("/") == path for pattern in self._settings.included)
        if named or (self._is_walked(folder) and self._is_read(name, folder)):
            return PageFile("page", path, path)
        return None

    def _is_walked(self, folder: str) -> bool:
        """Whether Jekyll looks for pages in a folder, which depends on those above it as well."""
        known = self._walked.get(folder)
        if known is not None:
            return known
        walked = True
        above = ""
        for part in folder.split("/"):
            inside = f"{above}/{part}" if above else part
            if inside not in self._walked:
                is_read = walked and self._is_read(part, above, is_folder=True)
                self._walked[inside] = is_read and inside != self._destination
            walked = self._walked[inside]
            above = inside
        return walked

    @property
    def _destination(self) -> str | None:
        """The folder that the site is built into, relative to its source; None where it lies elsewhere."""
        source, destination = self._settings.source, self._settings.destination
        if not source or destination is None:
            return destination
        return destination.removeprefix(f"{source}/") if destination.startswith(f"{source}/") else None

    def _is_read(self, entry: str, folder: str, is_folder: bool = False) -> bool:
        """Whether the filter lets an entry of a folder pass: included, or neither excluded nor special."""
        if entry.endswith("."):
            return False
        name = entry.rpartition("/")[2]
        included = _fits(self._settings.included, entry, is_folder) or _fits(self._settings.included, name, is_folder)
        if included:
            return True
        if _fits(self._settings.excluded, f"{folder}/{entry}", is_folder):
            return False
        return not (entry.startswith(_SPECIAL) or name.startswith(_SPECIAL) or entry.endswith("~"))


def _fits(patterns: Iterable[str], entry: str, is_folder: bool) -> bool:
    """Whether a pattern of ``include`` or ``exclude`` fits an entry, or begins like it."""
    path = f"/{entry.lstrip('/')}"
    for pattern in patterns:
        rooted = f"/{pattern.lstrip('/')}"
        if path.startswith(rooted) or (is_folder and rooted == f"{path}/") or matches_name(rooted, path):
            return True
    return False
