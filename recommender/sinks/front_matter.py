"""Suggestions under a key of their own in the YAML front matter of articles; not one other byte changes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from recommender.core.errors import ArticleError
from recommender.sinks.entries import Entry, EntryShape
from recommender.sources.front_matter import FrontMatter, HeaderError, parse_yaml_header, split_front_matter

_MARK = b"\xef\xbb\xbf"
_END = r"(?:\r\n|\r|\n)"
_START = r"(?:^|(?<=[\r\n]))"
_OPENING = re.compile(rf"\s*---[^\S\r\n]*({_END})")
_CLOSING = re.compile(rf"{_START}(?:---|[.]{{3}})[ \t]*(?=[\r\n]|\Z)")
_LINE = re.compile(rf"[^\r\n]*(?:{_END}|\Z)")
_FLOW = re.compile(rf"(?:[ \t]*(?:#[^\r\n]*)?{_END})*[ \t]*\{{")


def rewrite(data: bytes, shape: EntryShape, entries: Sequence[Entry]) -> bytes:
    r"""Return a file's bytes with these entries under our key, where they take the place of older ones of ours.

    A new block goes to the end of the front matter, in the line ends of its first line. A file that says the same
    already, in whatever style, stays as it is. No entries take our key out again; a file that has none of it is
    returned as it came, whatever it holds.

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
    page = _Page.of(data, shape)
    if page.block is None:
        if not entries:
            return data
        return page.joined(page.end, page.end, shape.block(entries, page.newline))
    start, end, old = page.block
    kept = shape.carried(entries, old)
    return data if kept == old else page.joined(start, end, shape.block(kept, page.newline))


def prove(old: bytes, new: bytes, shape: EntryShape, entries: Sequence[Entry]) -> None:
    """Hold a rewritten file against the old one, as a YAML reader and byte for byte.

    Both are read with the safe loader: all but our key must be equal, and under our key must be these entries.
    Without our key, both must be the same bytes.

    Raises
    ------
    ArticleError
        Saying what does not hold; the new bytes must not be written then.
    """
    before = _record(_matter(_text(old)[1]))
    if shape.key in before and not shape.is_ours(before.pop(shape.key)):
        raise _not_ours(shape)
    try:
        after = _record(_matter(_text(new)[1]))
    except ArticleError as error:
        raise ArticleError("its front matter cannot take another field; it is left alone") from error
    written = after.pop(shape.key, [])
    if not isinstance(written, list) or shape.carried(entries, written) != written:
        raise ArticleError("what would be written does not read as it should; it is left alone")
    try:
        same = before == after
    except RecursionError:
        same = False
    if not same:
        raise ArticleError("another field would read differently than before; it is left alone")
    if rewrite(new, shape, ()) != rewrite(old, shape, ()):
        raise ArticleError("what would be written could not be taken out again; it is left alone")


@dataclass(frozen=True, slots=True)
class _Page:
    """A file's text, its line ends as they are, with the place where our block is, or would go.

    `end` is where the front matter ends; `block` is from where to where ours goes, and its entries.
    """

    mark: bytes
    text: str
    end: int
    newline: str
    block: tuple[int, int, list[Entry]] | None

    @classmethod
    def of(cls, data: bytes, shape: EntryShape) -> _Page:
        mark, text = _text(data)
        matter = _matter(text)
        opening = _OPENING.match(text)
        closing = _CLOSING.search(text, opening.end()) if opening else None
        if opening is None or closing is None or _plain(text[opening.end() : closing.start()]) != matter.header:
            raise ArticleError("where its front matter ends can be read in two ways; it is left alone")
        if _FLOW.match(text, opening.end()):
            raise ArticleError("its front matter is in flow style, { }; only a line for each field is written into")
        block = _block(text, opening.end(), closing.start(), shape)
        return cls(mark, text, closing.start(), opening[1], block)

    def joined(self, start: int, end: int, block: str) -> bytes:
        """Return the file's bytes with a text in the place of another."""
        return self.mark + (self.text[:start] + block + self.text[end:]).encode()


def _text(data: bytes) -> tuple[bytes, str]:
    mark = _MARK if data.startswith(_MARK) else b""
    try:
        return mark, data[len(mark) :].decode()
    except UnicodeDecodeError as error:
        raise ArticleError(f"is not UTF-8 (byte 0x{error.object[error.start]:02x}); save it as UTF-8") from error


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _matter(text: str) -> FrontMatter:
    try:
        matter = split_front_matter(_plain(text))
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
    """Say whether a line begins with our key, be it quoted, and be it in the body."""
    name = key.encode()
    return name in data and bool(re.search(rb"(?:^|[\r\n])[\"']?" + re.escape(name) + rb"[\"']?[ \t]*:", data))


def _not_ours(shape: EntryShape) -> ArticleError:
    return ArticleError(
        f"has a field {shape.key} that was not written by recommender, or was edited since; "
        "rename it, or choose another with --key"
    )


def _block(text: str, start: int, end: int, shape: EntryShape) -> tuple[int, int, list[Entry]] | None:
    """Find our block between two places of a text; None where no line begins with our key.

    Raises
    ------
    ArticleError
        When there is such a line, but what follows is not ours.
    """
    key = re.escape(shape.key)
    lines = list(re.compile(rf"{_START}([\"']?){key}\1[ \t]*:").finditer(text, start, end))
    if not lines:
        return None
    first = re.compile(rf"{key}:[ \t]*{_END}").match(text, lines[0].start(), end)
    if len(lines) > 1 or first is None:
        raise _not_ours(shape)
    last = place = first.end()
    while place < end and (line := _LINE.match(text, place, end)):
        if line[0].strip() and not re.match(r"[ \t]|-[ \t\r\n]", line[0]):
            break
        place = line.end()
        last = place if line[0].strip() else last
    return first.start(), last, _entries(_plain(text[first.start() : last]), shape)


def _entries(block: str, shape: EntryShape) -> list[Entry]:
    """Read our block; one that another program wrote anew in its own style is still ours, comments in it are not."""
    try:
        record: Mapping[Any, Any] = parse_yaml_header(block, 1, unique=True)
    except HeaderError as error:
        raise _not_ours(shape) from error
    entries = record.get(shape.key)
    if len(record) != 1 or not shape.is_ours(entries):
        raise _not_ours(shape)
    found: list[Entry] = list(entries or ())
    if not _is_rendered(block, found, shape) and _holds_more(block):
        raise _not_ours(shape)
    return found


def _is_rendered(block: str, entries: Sequence[Entry], shape: EntryShape) -> bool:
    try:
        return shape.block(entries) == block
    except (OverflowError, ValueError):  # a date near the year 1 or 9999
        return False


def _holds_more(block: str) -> bool:
    """Say whether there are comments, anchors, aliases or tags in a block that can be read."""
    end = 0
    for token in yaml.scan(block, Loader=yaml.SafeLoader):
        if "#" in block[end : token.start_mark.index]:
            return True
        if isinstance(token, yaml.AnchorToken | yaml.AliasToken | yaml.TagToken):
            return True
        end = max(end, token.end_mark.index)
    return "#" in block[end:]
