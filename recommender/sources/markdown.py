"""Reads one Markdown file with front matter into an article."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from recommender.core.errors import ArticleError
from recommender.core.files import content_digest
from recommender.core.markup import TemplateLanguage, plain_text, read_markup
from recommender.core.records import Article
from recommender.core.safe_yaml import YamlError, parse_yaml
from recommender.sources.generators.page_facts import SitePage
from recommender.sources.languages import detected_language
from recommender.sources.outcomes import Outcome
from recommender.sources.records.builder import ArticleBuilder, FileDefaults, RecordLocation, Related
from recommender.sources.records.fields import FORBIDDEN, FieldMap
from recommender.sources.records.front_matter import (
    FrontMatter,
    HeaderError,
    parse_header,
    parse_yaml_header,
    split_front_matter,
)
from recommender.sources.records.values import LONGEST_NAME, LONGEST_TEXT, json_values

HTML = (".html", ".htm")
MOST_BYTES = 32 * 2**20
# Related entries are remembered up to this many characters; a site of 4,000 articles needs a twentieth of it.
_MOST_REMEMBERED = 64 * 2**20

_SECURED = re.compile(r"^secured[ \t]*:.*\n(?:(?:[ \t].*)?\n)*", re.MULTILINE)
_KEY = re.compile(r"^([A-Za-z_][\w-]*)[ \t]*:", re.MULTILINE)
_FIRST_ENTRY = re.compile(r"(?:[ \t]*(?:#.*)?\n)*( *)-[ ]")
_AFTER_BLOCK = re.compile(r"\n(?=[^ \t#\n-])")
_DATED_NAME = re.compile(r"(\d{4}-\d{1,2}-\d{1,2})-")
_HEADING = re.compile(r"#[ \t]+([^\n]+?)[ \t#]*(?:\n|\Z)|([^\n]+)\n=+[ \t]*(?:\n|\Z)")
_LIQUID_TAG = re.compile(r"\{%[^%]{1,200}%\}")
_MODULE_LINE = re.compile(r"^(?:import|export)\s.*\n?", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _RelatedBlock:
    """A header with its list of related articles cut out.

    `name` is the list's field, `entries` the lines of its entries; `rest` is the header with the field set to null,
    and `first_line` the header's first line in the file.
    """

    name: str
    entries: str
    rest: str
    first_line: int


@dataclass(frozen=True, slots=True)
class Reading:
    """How the files of a site are read.

    Parameters
    ----------
    templates
        Whose tags stand in the texts.
    generated
        Whether a generator makes a page of every file, also of one without front matter or title.
    """

    templates: TemplateLanguage = "none"
    generated: bool = False


PLAIN = Reading()


class FrontMatterReader:
    """Reads the Markdown files of one site, and each related entry that several files repeat only once.

    A site that keeps lists of related articles describes an article in full wherever it is related, a dozen times on
    a real site, and a parser of YAML takes most of the time of reading. So entries are cut apart by their lines,
    without a parser, and what one text was parsed to is remembered.
    """

    def __init__(self, fields: FieldMap, reading: Reading = PLAIN):
        self._fields, self._reading = fields, reading
        self._builder = ArticleBuilder(fields, plain_text)
        # By what stands before an entry, a line's end, its indent and a dash, for its lines mean nothing without.
        self._related_by_text: dict[str, dict[str, Related]] = {}
        self._remembered_characters = 0
        self._opening_of = {
            name: re.compile(rf"{re.escape(name)}:[ \t]*(?:#.*)?\n") for name in fields.names["relations"]
        }

    def read(self, path: Path, relative: PurePosixPath) -> Outcome:
        """Read one file; `relative` is its path inside the site. A problem is returned in the outcome, not raised."""
        name = str(path)
        location = RecordLocation(name)
        digest: bytes | None = None
        try:
            data = read_bytes(name)
            digest = content_digest(data)
            article, page = self._read(decoded(data, name), relative, location)
        except ArticleError as error:
            return Outcome(name, problem=error, warnings=tuple(location.warnings), digest=digest)
        return Outcome(name, article, warnings=tuple(location.warnings), digest=digest, page=page, date=location.date)

    def _read(self, text: str, relative: PurePosixPath, location: RecordLocation) -> tuple[Article, SitePage | None]:
        if not text.strip() and not self._reading.generated:
            raise location.error("is empty")
        try:
            # Jekyll copies a file as it is that does not begin with front matter.
            copied = self._reading.templates == "jekyll" and not text.startswith("---")
            matter = None if copied else split_front_matter(text)
            if matter is None:
                return self._without_front_matter(text, relative, location)
            location.line_of = lambda name: line_of(matter, name)
            record, related = self._parse(matter, location)
        except HeaderError as error:
            raise ArticleError(str(error), location.path, error.line) from error
        return self._article(record, related, relative, matter.body, location)

    def _without_front_matter(
        self, text: str, relative: PurePosixPath, location: RecordLocation
    ) -> tuple[Article, SitePage | None]:
        if not self._reading.generated:
            raise location.error("has no front matter; an article begins with a line ---")
        return self._article(None, None, relative, text, location)

    def _article(
        self,
        record: Mapping[Any, Any] | None,
        related: tuple[str, list[Related]] | None,
        relative: PurePosixPath,
        body: str,
        location: RecordLocation,
    ) -> tuple[Article, SitePage | None]:
        page = self._page(record, relative, body) if body or self._reading.generated else None
        dated = _DATED_NAME.match(relative.name)
        heading = _HEADING.match(_without_modules(body, relative).lstrip())
        title = plain_text(heading[1] or heading[2]) if heading else ""
        defaults = FileDefaults(
            id=id_of(relative),
            title=title or (title_of(relative) if self._reading.generated else None),
            date=dated[1] if dated and self._fields.preset != "hugo" else None,
        )
        text = page.text.text if page else ""
        article = self._builder.article(record or {}, location, defaults=defaults, body=text, related=related)
        return replace(article, published=False) if "_drafts" in relative.parts else article, page

    def _page(self, record: Mapping[Any, Any] | None, relative: PurePosixPath, body: str) -> SitePage:
        markup: Literal["html", "markdown"] = "html" if relative.suffix.lower() in HTML else "markdown"
        text = read_markup(_without_modules(body, relative), markup, self._reading.templates)
        tags = _LIQUID_TAG.findall(body, 0, LONGEST_TEXT) if self._reading.templates == "jekyll" else ()
        without = {*FORBIDDEN, *self._fields.names["relations"]}
        return SitePage(
            path=relative.as_posix(),
            front_matter=None if record is None else json_values(record, without),
            text=replace(text, text=text.text[:LONGEST_TEXT], code=""),
            template_tags="".join(tags)[:LONGEST_NAME],
            language=detected_language(text.text) if self._reading.generated else None,
        )

    def _parse(
        self, matter: FrontMatter, location: RecordLocation
    ) -> tuple[Mapping[Any, Any], tuple[str, list[Related]] | None]:
        """Return the record, and the name and entries of its related list where that could be read by itself."""
        if matter.form != "yaml":
            return parse_header(matter), None
        block = self._related_block(matter)
        for name in _repeated_names(block.rest if block else matter.header):
            location.warn(f"names {name} more than once; the last one counts", name)
        parsed = self._parse_in_parts(block) if block else None
        return parsed or (_parse_without_secured(matter), None)

    def _related_block(self, matter: FrontMatter) -> _RelatedBlock | None:
        """Find the list of related articles; None where there is not exactly one that stands by itself."""
        header = matter.header
        blocks = [
            (name, opening)
            for name, pattern in self._opening_of.items()
            for start in _starts_of_lines(header, name)
            if (opening := pattern.match(header, start))
        ]
        if len(blocks) != 1:
            return None
        name, opening = blocks[0]
        after = _AFTER_BLOCK.search(header, opening.end() - 1)
        end = after.end() if after else len(header)
        rest = f"{header[: opening.start()]}{name}: ~\n{header[end:]}"
        return _RelatedBlock(name, header[opening.end() : end], rest, matter.first_line)

    def _parse_in_parts(self, block: _RelatedBlock) -> tuple[Mapping[Any, Any], tuple[str, list[Related]]] | None:
        """Read the related entries one by one, and the rest without them.

        None where the parts may mean something else than the whole, as where an anchor of one is used in another, and
        where one of them is no YAML: the whole is read then, also for the right line of the error.
        """
        rest = _SECURED.sub(_null_secured, block.rest) if "secured" in block.rest else block.rest
        try:
            record = parse_yaml_header(rest, block.first_line)
            # What was cut out by its lines must have been a field, not lines of some longer text.
            cut_out = [block.name] if rest == block.rest else [block.name, "secured"]
            if any(name not in record or record[name] is not None for name in cut_out):
                return None
            if self._fields.first("relations", record)[1] is not None:
                return None
            entries = self._related_entries(block.entries)
        except (HeaderError, YamlError):
            return None
        return None if entries is None else (record, (block.name, entries))

    def _related_entries(self, text: str) -> list[Related] | None:
        """Return the entries of a block sequence; None where they cannot be told apart by their lines."""
        first = _FIRST_ENTRY.match(text)
        if not first:
            return None
        dash = f"\n{first[1]}- "
        related_by_text = self._related_by_text.setdefault(dash, {})
        entries: list[Related] = []
        for entry in text[first.end() :].rstrip("\n").split(dash):
            related = related_by_text.get(entry) or self._parse_entry(dash, entry)
            if related is None:
                return None
            entries.append(related)
        return entries

    def _parse_entry(self, dash: str, text: str) -> Related | None:
        """Read an entry for the first time, and remember it by its text; None where it is not exactly one entry."""
        lines = text.rstrip("\n")
        values = parse_yaml(f"{dash[1:]}{lines}\n")
        if not isinstance(values, list) or len(values) != 1:
            return None
        self._remembered_characters += len(text)
        if self._remembered_characters > _MOST_REMEMBERED:
            self._related_by_text.clear()
            self._remembered_characters = len(text)
        related = self._builder.related(values[0])
        self._related_by_text.setdefault(dash, {})[text] = related
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


def id_of(relative: PurePosixPath) -> str:
    """Return the id of a file: its path without extension; a folder's index stands for the folder.

    >>> id_of(PurePosixPath("posts/ferry/index.md"))
    'posts/ferry'
    """
    bare = relative.with_suffix("")
    return (bare.parent if bare.name == "index" and len(bare.parts) > 1 else bare).as_posix()


def title_of(relative: PurePosixPath) -> str:
    """Return a title made of a file's name.

    >>> title_of(PurePosixPath("_posts/2026-01-09-ferry-strike-ends.md"))
    'Ferry strike ends'
    """
    words = re.split(r"[-_\s]+", _DATED_NAME.sub("", PurePosixPath(id_of(relative)).name))
    title = " ".join(filter(None, words))
    return title[:1].upper() + title[1:]


def _without_modules(body: str, relative: PurePosixPath) -> str:
    """Return a text of MDX without the modules that it imports and exports."""
    return _MODULE_LINE.sub("", body) if relative.suffix.lower() == ".mdx" else body


def line_of(matter: FrontMatter, name: str | None) -> int | None:
    """Return the line of a field in the file, given the site's name for it; None where it is not found."""
    if not name:
        return None
    key = re.escape(name.partition(".")[0])
    position = re.search(rf"^[ \t]*[\"']?{key}[\"']?[ \t]*[:=]", matter.header, re.MULTILINE)
    return matter.first_line + matter.header.count("\n", 0, position.start()) if position else None


def _parse_without_secured(matter: FrontMatter) -> Mapping[Any, Any]:
    """Read front matter in one piece, but not its `secured`, unless that is a part of another text."""
    rest = _SECURED.sub(_null_secured, matter.header)
    try:
        record = parse_yaml_header(rest, matter.first_line)
    except HeaderError as error:
        if rest == matter.header:
            raise
        try:
            return parse_header(matter)
        except HeaderError:
            raise error from None  # the error of the text without `secured`, which cannot show anything of it
    if rest != matter.header and ("secured" not in record or record["secured"] is not None):
        return parse_header(matter)
    return record


def _null_secured(field: re.Match[str]) -> str:
    """Set the field to null and keep the number of lines, for errors further down."""
    return "secured: ~\n" + "\n" * (field[0].count("\n") - 1)


def _starts_of_lines(text: str, beginning: str) -> Iterator[int]:
    """Yield the start of each line that begins so."""
    if text.startswith(beginning):
        yield 0
    start = text.find(f"\n{beginning}")
    while start >= 0:
        yield start + 1
        start = text.find(f"\n{beginning}", start + 1)


def _repeated_names(header: str) -> list[str]:
    names = _KEY.findall(header)
    return [] if len(set(names)) == len(names) else sorted({name for name in names if names.count(name) > 1})
