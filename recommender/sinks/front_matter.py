"""Writes suggestions under a key of their own into the YAML front matter of an article; no other byte changes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from recommender.core.errors import ArticleError
from recommender.sinks.entries import Entry, EntryShape
from recommender.sources.records.front_matter import FrontMatter, HeaderError, parse_yaml_header, split_front_matter

_MARK = b"\xef\xbb\xbf"
_END = r"(?:\r\n|\r|\n)"
_START = r"(?:^|(?<=[\r\n]))"
_OPENING = re.compile(rf"\s*---[^\S\r\n]*({_END})")
_CLOSING = re.compile(rf"{_START}(?:---|[.]{{3}})[ \t]*(?=[\r\n]|\Z)")
_LINE = re.compile(rf"[^\r\n]*(?:{_END}|\Z)")
_FLOW = re.compile(rf"(?:[ \t]*(?:#[^\r\n]*)?{_END})*[ \t]*\{{")


def rewrite(data: bytes, shape: EntryShape, entries: Sequence[Entry]) -> bytes:
    r"""Return a file's content with these entries under our key, instead of older ones of ours.

    A new block goes to the end of the front matter, with the line ends of its first line. A file that has equal
    entries already, in whatever style, is returned as it came. Without entries our key is removed; a file that does
    not have it is returned as it came, whatever else it holds.

    Raises
    ------
    ArticleError
        When the file cannot be edited safely; the message says why, without the file.

    >>> shape = EntryShape.from_names("suggested", {"title": ["title"]})
    >>> rewrite(b"---\ntitle: A # the first\n---\nText", shape, [{"title": "B"}])
    b'---\ntitle: A # the first\nsuggested:\n  - title: "B"\n---\nText'
    """
    if not entries and not _names_key(data, shape.key):
        return data
    page = _Page.from_bytes(data, shape)
    if page.block is None:
        if not entries:
            return data
        return page.replaced(page.end, page.end, shape.block(entries, page.newline))
    start, end, old_entries = page.block
    new_entries = shape.with_old_dates(entries, old_entries)
    if new_entries == old_entries:
        return data
    return page.replaced(start, end, shape.block(new_entries, page.newline))


def prove(old: bytes, new: bytes, shape: EntryShape, entries: Sequence[Entry]) -> None:
    """Check that a rewritten file differs from the old one in nothing but our key, and that this can be undone.

    Both are read as YAML: all fields but ours must be equal, and ours must hold these entries. With our key removed,
    both must be the same bytes. Where one of these does not hold, an ArticleError says so.
    """
    before = _record(_matter(_text(old)[1]))
    if shape.key in before and not shape.is_ours(before.pop(shape.key)):
        raise _not_ours(shape)
    try:
        after = _record(_matter(_text(new)[1]))
    except ArticleError as error:
        raise ArticleError("its front matter cannot take another field; it is left alone") from error
    written = after.pop(shape.key, [])
    if not isinstance(written, list) or shape.with_old_dates(entries, written) != written:
        raise ArticleError("what would be written does not read as it should; it is left alone")
    try:
        equal = before == after
    except RecursionError:  # a mapping that holds itself
        equal = False
    if not equal:
        raise ArticleError("another field would read differently than before; it is left alone")
    if rewrite(new, shape, ()) != rewrite(old, shape, ()):
        raise ArticleError("what would be written could not be taken out again; it is left alone")


@dataclass(frozen=True, slots=True)
class _Page:
    """A file's text, with its line ends as they are, and the position of our block in it.

    `mark` is the byte order mark, if any. `end` is where the front matter ends and a new block goes. `block` is the
    start, end and entries of our block, None where there is none. Positions count characters of the text.
    """

    mark: bytes
    text: str
    end: int
    newline: str
    block: tuple[int, int, list[Entry]] | None

    @classmethod
    def from_bytes(cls, data: bytes, shape: EntryShape) -> _Page:
        mark, text = _text(data)
        matter = _matter(text)
        opening = _OPENING.match(text)
        closing = _CLOSING.search(text, opening.end()) if opening else None
        if opening is None or closing is None or _with_newlines(text[opening.end() : closing.start()]) != matter.header:
            raise ArticleError("where its front matter ends can be read in two ways; it is left alone")
        if _FLOW.match(text, opening.end()):
            raise ArticleError("its front matter is in flow style, { }; only a line for each field is written into")
        block = _find_block(text, opening.end(), closing.start(), shape)
        return cls(mark, text, closing.start(), opening[1], block)

    def replaced(self, start: int, end: int, block: str) -> bytes:
        """Return the file's content with a block instead of the text from start to end."""
        return self.mark + (self.text[:start] + block + self.text[end:]).encode()


def _text(data: bytes) -> tuple[bytes, str]:
    mark = _MARK if data.startswith(_MARK) else b""
    try:
        return mark, data[len(mark) :].decode()
    except UnicodeDecodeError as error:
        raise ArticleError(f"is not UTF-8 (byte 0x{error.object[error.start]:02x}); save it as UTF-8") from error


def _with_newlines(text: str) -> str:
    r"""Return a text with ``\n`` as line ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _matter(text: str) -> FrontMatter:
    try:
        matter = split_front_matter(_with_newlines(text))
    except HeaderError as error:
        raise ArticleError(f"{error}; it is left alone") from error
    if matter is None or matter.form != "yaml":
        form = "no" if matter is None else matter.form.upper()
        raise ArticleError(f"has {form} front matter; only YAML is written into")
    return matter


def _record(matter: FrontMatter) -> dict[Any, Any]:
    try:
        return dict(parse_yaml_header(matter.header, matter.first_line, unique=True))
    except HeaderError as error:
        raise ArticleError(f"{error}; it is left alone") from error


def _names_key(data: bytes, key: str) -> bool:
    """Return whether a line of the file, of its body too, begins with our key, with or without quotes."""
    name = key.encode()
    return name in data and bool(re.search(rb"(?:^|[\r\n])[\"']?" + re.escape(name) + rb"[\"']?[ \t]*:", data))


def _not_ours(shape: EntryShape) -> ArticleError:
    return ArticleError(
        f"has a field {shape.key} that was not written by recommender, or was edited since; "
        "rename it, or choose another with --key"
    )


def _find_block(text: str, start: int, end: int, shape: EntryShape) -> tuple[int, int, list[Entry]] | None:
    """Find our block between two positions of a text; None where no line there begins with our key.

    Where there is such a line, but what follows is not ours, this is an ArticleError.
    """
    key = re.escape(shape.key)
    lines = list(re.compile(rf"{_START}([\"']?){key}\1[ \t]*:").finditer(text, start, end))
    if not lines:
        return None
    first = re.compile(rf"{key}:[ \t]*{_END}").match(text, lines[0].start(), end)
    if len(lines) > 1 or first is None:
        raise _not_ours(shape)
    last = position = first.end()
    while position < end and (line := _LINE.match(text, position, end)):
        if line[0].strip() and not re.match(r"[ \t]|-[ \t\r\n]", line[0]):
            break
        position = line.end()
        last = position if line[0].strip() else last  # blank lines after the block are not a part of it
    return first.start(), last, _entries(_with_newlines(text[first.start() : last]), shape)


def _entries(block: str, shape: EntryShape) -> list[Entry]:
    """Return the entries of our block, also where another program rewrote it in its style.

    They may be not ours, or somebody may have added comments, anchors or tags, which rewriting would lose: that is an
    ArticleError.
    """
    try:
        record: Mapping[Any, Any] = parse_yaml_header(block, 1, unique=True)
    except HeaderError as error:
        raise _not_ours(shape) from error
    entries = record.get(shape.key)
    if len(record) != 1 or not shape.is_ours(entries):
        raise _not_ours(shape)
    our_entries: list[Entry] = list(entries or ())
    if not _is_rendered(block, our_entries, shape) and _has_additions(block):
        raise _not_ours(shape)
    return our_entries


def _is_rendered(block: str, entries: Sequence[Entry], shape: EntryShape) -> bool:
    """Return whether a block is as we would write these entries."""
    try:
        return shape.block(entries) == block
    except (OverflowError, ValueError):  # a date near the year 1 or 9999
        return False


def _has_additions(block: str) -> bool:
    """Return whether there are comments, anchors, aliases or tags in a block of YAML."""
    end = 0
    for token in yaml.scan(block, Loader=yaml.SafeLoader):
        # Tokens leave out comments: a # between two of them is one.
        if "#" in block[end : token.start_mark.index]:
            return True
        if isinstance(token, yaml.AnchorToken | yaml.AliasToken | yaml.TagToken):
            return True
        end = max(end, token.end_mark.index)
    return "#" in block[end:]
