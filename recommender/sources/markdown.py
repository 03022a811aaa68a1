"""One Markdown file with front matter made into an article."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from recommender.core.errors import ArticleError
from recommender.core.files import content_digest
from recommender.core.records import Article
from recommender.sources.builder import ArticleBuilder, Place, Related
from recommender.sources.fields import FieldMap
from recommender.sources.front_matter import (
    FrontMatter,
    HeaderError,
    as_mapping,
    parse_header,
    parse_yaml,
    split_front_matter,
)
from recommender.sources.outcomes import Outcome

MOST_BYTES = 32 * 2**20
# Related entries are remembered up to this many characters; a site of 4,000 articles needs a twentieth of it.
_MOST_REMEMBERED = 64 * 2**20

_SECURED = re.compile(r"^secured[ \t]*:.*\n(?:(?:[ \t].*)?\n)*", re.MULTILINE)
_KEY = re.compile(r"^([A-Za-z_][\w-]*)[ \t]*:", re.MULTILINE)
_FIRST_ENTRY = re.compile(r"(?:[ \t]*(?:#.*)?\n)*( *)-[ ]")
_AFTER_BLOCK = re.compile(r"\n(?=[^ \t#\n-])")
_DATED_NAME = re.compile(r"(\d{4}-\d{1,2}-\d{1,2})-")


@dataclass(frozen=True, slots=True)
class _Block:
    """A list of related articles: its name, its entries' lines, and the rest of its header, which has a first line."""

    name: str
    text: str
    rest: str
    first_line: int


class FrontMatterReader:
    """Reads Markdown files of one site; what it learns of related entries, it keeps for the files to come."""

    def __init__(self, fields: FieldMap):
        self._fields = fields
        self._builder = ArticleBuilder(fields)
        # An article is described in full wherever it is related: on a real site each entry comes a dozen times.
        self._known: dict[str, dict[str, Related]] = {}
        self._remembered = 0
        self._block = {name: re.compile(rf"{re.escape(name)}:[ \t]*(?:#.*)?\n") for name in fields.names["relations"]}

    def read(self, path: Path, relative: PurePosixPath) -> Outcome:
        """Read one file; `relative` is its path inside the site. What goes wrong is in the outcome."""
        name = str(path)
        place = Place(name)
        digest: bytes | None = None
        try:
            data = read_bytes(name)
            digest = content_digest(data)
            article, path_id = self._read(decoded(data, name), relative, place)
        except ArticleError as error:
            return Outcome(name, problem=error, warnings=tuple(place.warnings), digest=digest)
        return Outcome(name, article, warnings=tuple(place.warnings), path_id=path_id, digest=digest)

    def _read(self, text: str, relative: PurePosixPath, place: Place) -> tuple[Article, str | None]:
        if not text.strip():
            raise place.error("is empty")
        try:
            matter = split_front_matter(text)
            if matter is None:
                raise place.error("has no front matter; an article begins with a line ---")
            place.line_of = lambda name: line_of(matter, name)
            record, related = self._parse(matter, place)
        except HeaderError as error:
            raise ArticleError(str(error), place.path, error.line) from error
        article = self._article(record, related, relative, matter.body, place)
        return article, None if self._builder.has_id(record) else id_of(relative)[1]

    def _article(
        self,
        record: Mapping[Any, Any],
        related: tuple[str, list[Related]] | None,
        relative: PurePosixPath,
        body: str,
        place: Place,
    ) -> Article:
        dated = _DATED_NAME.match(relative.name) if self._fields.preset == "jekyll" else None
        article = self._builder.article(
            record,
            place,
            default_id=id_of(relative)[0],
            default_date=dated[1] if dated else None,
            default_url=_hugo_address(record, relative) if self._fields.preset == "hugo" else None,
            body=body,
            related=related,
        )
        return replace(article, published=False) if "_drafts" in relative.parts else article

    def _parse(self, matter: FrontMatter, place: Place) -> tuple[Mapping[Any, Any], tuple[str, list[Related]] | None]:
        """Return the record and, where they could be read one by one, the entries of its list of related articles."""
        if matter.form != "yaml":
            return parse_header(matter), None
        block = self._related_block(matter)
        rest = block.rest if block else matter.header
        for name in _named_twice(rest):
            place.warn(f"names {name} more than once; the last one counts", name)
        found = self._parse_in_parts(block) if block else None
        return found or (_without_secured(matter), None)

    def _related_block(self, matter: FrontMatter) -> _Block | None:
        """Find the list of related articles; None where there is not exactly one that stands by itself."""
        header = matter.header
        found = [
            (name, begins)
            for name, opening in self._block.items()
            for at in _line_starts(header, name)
            if (begins := opening.match(header, at))
        ]
        if len(found) != 1:
            return None
        name, begins = found[0]
        after = _AFTER_BLOCK.search(header, begins.end() - 1)
        end = after.end() if after else len(header)
        rest = f"{header[: begins.start()]}{name}: ~\n{header[end:]}"
        return _Block(name, header[begins.end() : end], rest, matter.first_line)

    def _parse_in_parts(self, block: _Block) -> tuple[Mapping[Any, Any], tuple[str, list[Related]]] | None:
        """Read the related entries one by one, and the rest without them; None where that may not be the same."""
        name = block.name
        without = _SECURED.sub(_blank, block.rest) if "secured" in block.rest else block.rest
        try:
            record = as_mapping(parse_yaml(without, block.first_line), block.first_line)
            blanked = [name] if without == block.rest else [name, "secured"]
            if any(key not in record or record[key] is not None for key in blanked):
                return None
            if self._fields.first("relations", record)[1] is not None:
                return None
            return record, (name, self._entries(block.text))
        except HeaderError:
            return None  # read it once more in one piece: for the right line, or because of an alias

    def _entries(self, block: str) -> list[Related]:
        """Return what each entry of a block sequence says; a HeaderError says that they cannot be told apart."""
        first = _FIRST_ENTRY.match(block)
        if not first:
            raise HeaderError("no sequence of entries", None)
        dash = f"\n{first[1]}- "
        known = self._known.setdefault(dash, {})
        parts = block[first.end() :].rstrip("\n").split(dash)
        return [known.get(part) or self._entry(dash, part) for part in parts]

    def _entry(self, dash: str, part: str) -> Related:
        """Read an entry that was not met before, and remember it by its text."""
        lines = part.rstrip("\n")
        entries = parse_yaml(f"{dash[1:]}{lines}\n", 1)
        if not isinstance(entries, list) or len(entries) != 1:
            raise HeaderError("no single entry", None)
        self._remembered += len(part)
        if self._remembered > _MOST_REMEMBERED:
            self._known.clear()
            self._remembered = len(part)
        related = self._builder.related(entries[0])
        self._known.setdefault(dash, {})[part] = related
        return related


def read_bytes(path: str | Path) -> bytes:
    """Return what a regular file holds.

    Raises
    ------
    ArticleError
        When it cannot be read or is too large.
    """
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            raise ArticleError("is no regular file", path)
        if status.st_size > MOST_BYTES:
            raise ArticleError(f"is larger than {MOST_BYTES // 2**20} MB; an article is not", path)
        with open(path, "rb", buffering=0) as stream:
            return stream.read()
    except OSError as error:
        raise ArticleError(f"cannot be read: {error.strerror or error}", path) from error


def decoded(data: bytes, path: str | Path) -> str:
    r"""Return a file's text in UTF-8, with ``\n`` as line ends and without a byte order mark.

    Raises
    ------
    ArticleError
        When it is in another encoding.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ArticleError(f"is not UTF-8 (byte 0x{data[error.start]:02x}); save it as UTF-8", path, line) from error
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def id_of(relative: PurePosixPath) -> tuple[str, str]:
    """Return the id of a file, its stem, and the longer one, its path; a bundle's index stands for its folder.

    >>> id_of(PurePosixPath("posts/ferry/index.md"))
    ('ferry', 'posts/ferry')
    """
    bare = relative.with_suffix("")
    if bare.name == "index" and len(bare.parts) > 1:
        bare = bare.parent
    return bare.name, bare.as_posix()


def line_of(matter: FrontMatter, name: str | None) -> int | None:
    """Return the line of a field in the file, given the site's name; None where it cannot be told."""
    if not name:
        return None
    key = re.escape(name.partition(".")[0])
    found = re.search(rf"^[ \t]*[\"']?{key}[\"']?[ \t]*[:=]", matter.header, re.MULTILINE)
    return matter.first_line + matter.header.count("\n", 0, found.start()) if found else None


def _without_secured(matter: FrontMatter) -> Mapping[Any, Any]:
    """Read front matter in one piece, without what looks like `secured`, unless it is a part of another text."""
    without = _SECURED.sub(_blank, matter.header)
    try:
        record = as_mapping(parse_yaml(without, matter.first_line), matter.first_line)
    except HeaderError as error:
        if without == matter.header:
            raise
        try:
            return parse_header(matter)
        except HeaderError:
            raise error from None  # the error that cannot show anything of `secured`
    if without != matter.header and ("secured" not in record or record["secured"] is not None):
        return parse_header(matter)
    return record


def _blank(found: re.Match[str]) -> str:
    return "secured: ~\n" + "\n" * (found[0].count("\n") - 1)


def _line_starts(text: str, beginning: str) -> Iterator[int]:
    """Yield where each line begins that begins so."""
    if text.startswith(beginning):
        yield 0
    at = text.find(f"\n{beginning}")
    while at >= 0:
        yield at + 1
        at = text.find(f"\n{beginning}", at + 1)


def _named_twice(header: str) -> list[str]:
    names = _KEY.findall(header)
    return [] if len(set(names)) == len(names) else sorted({name for name in names if names.count(name) > 1})


def _hugo_address(record: Mapping[Any, Any], relative: PurePosixPath) -> str:
    """Return where Hugo puts a page unless it is told otherwise: ``/section/slug/``."""
    section = PurePosixPath(id_of(relative)[1]).parts
    slug = record.get("slug")
    parts = [*section[:-1], slug if isinstance(slug, str) and slug else section[-1]]
    return "/" + "".join(f"{part.strip().lower().replace(' ', '-')}/" for part in parts)
