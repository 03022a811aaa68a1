"""HTML read as a stream of tags, in pieces if need be.

No tree is built: what an article says and links needs none, and a tree takes time and memory that grow with the square
of the length where a hostile text nests (half a megabyte of ``<div>`` takes lexbor 23 seconds).
"""

from __future__ import annotations

import re
from functools import cache
from html import unescape

from recommender.core.markup.prose import ProseWriter

_START = re.compile(r"<(?=[a-zA-Z/!?])")
_COMMENT = re.compile(r"<!--(?:-?>|.*?(?:--!?>|\Z))|<(?:[!?]|/(?![a-zA-Z]))[^>]*+>?", re.DOTALL)
# As in the standard, `>` inside a quoted value ends no tag; every group is possessive, so nothing is read twice.
_TAG = re.compile(
    r"""<(/?)([a-zA-Z][^\s/>]*+)((?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+'|[^\s"'>][^\s>]*+)?+)*+)>""",
)
_PLAIN_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*+)([^>]*+)>")
_ATTRIBUTE = re.compile(r"""([^\s=/>"']++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>][^\s>]*+)))?+""")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][\da-fA-F]{1,6}|[a-zA-Z]\w{1,31});")

# Elements whose content nobody reads, or is no prose.
_HIDDEN = re.compile(
    "audio|canvas|head|iframe|math|noscript|object|script|select|style|svg|template|textarea|title|video"
)
_BLOCK = re.compile(
    "address|article|aside|blockquote|body|caption|center|d[dlt]|details|dialog|dir|div|fieldset|figcaption|figure|"
    "footer|form|h[1-6r]|header|hgroup|html|li|main|menu|nav|[ou]l|p|section|summary|table|t[dhr]|tbody|tfoot|thead"
)


class HtmlReader:
    """Writes the prose, code and links of HTML; remembers between pieces what is open."""

    def __init__(self, writer: ProseWriter):
        self._writer = writer
        self._hidden = ""  # the open element whose content nobody reads
        self._code: list[str] | None = None  # the content of the open element of code
        self._code_element = ""

    def feed(self, html: str) -> None:
        """Read a piece, which begins and ends outside of tags."""
        tag_pattern = _TAG
        position = start = 0
        while True:
            if self._hidden:
                end = _end_of(self._hidden).search(html, position)
                if end is None:
                    return
                position = start = end.start()
            opening = _START.search(html, position)
            if opening is None:
                break
            match = _COMMENT.match(html, opening.start()) or tag_pattern.match(html, opening.start())
            if match is None and tag_pattern is _TAG:
                # A quote that is never closed. Tried once a piece, for each attempt may go to the piece's end.
                tag_pattern = _PLAIN_TAG
                match = tag_pattern.match(html, opening.start())
            if match is None:
                break
            self.text(unescape(html[start : match.start()]))
            position = start = match.end()
            if match.re is not _COMMENT:
                self._tag(match[2].lower(), bool(match[1]), match[3])
        self.text(unescape(html[start:]))

    def text(self, text: str) -> None:
        """Read text in which entities are decoded."""
        if self._hidden or not text:
            return
        if self._code is not None:
            self._code.append(text)
        else:
            self._writer.words(text)

    def end_block(self) -> None:
        """End what ends with a block of Markdown, so that an element that is never closed swallows no more."""
        self._hidden = ""
        self._end_code()
        self._writer.end_block()

    def _tag(self, name: str, closes: bool, attributes: str) -> None:
        if self._hidden:
            self._hidden = "" if closes and name == self._hidden else self._hidden
        elif name == "a":
            self._link(closes, attributes)
        elif name in ("pre", "code"):
            self._code_tag(name, closes)
        elif name == "br":
            self.text(" ")
        elif _BLOCK.fullmatch(name):
            self._end_inline_code()
            self._writer.end_block()
        elif name == "img":
            self._writer.image(attribute(attributes, "alt") or "")
        elif not closes and _HIDDEN.fullmatch(name) and not attributes.endswith("/"):
            self._hidden = name

    def _link(self, closes: bool, attributes: str) -> None:
        if closes:
            self._writer.close_link()
        else:
            self._writer.open_link(attribute(attributes, "href") or "")

    def _code_tag(self, name: str, closes: bool) -> None:
        if closes and name == self._code_element:
            self._end_code()
        elif not closes and (self._code is None or name == "pre"):
            self._end_code()
            self._code, self._code_element = [], name

    def _end_inline_code(self) -> None:
        if self._code_element == "code":
            self._end_code()

    def _end_code(self) -> None:
        if self._code is None:
            return
        text, element = "".join(self._code), self._code_element
        self._code, self._code_element = None, ""
        if element == "pre":
            self._writer.code(text)
        else:
            self._writer.inline_code(text)


@cache
def _end_of(element: str) -> re.Pattern[str]:
    return re.compile(rf"</{element}(?![\w-])", re.IGNORECASE)


def attribute(attributes: str, name: str) -> str | None:
    """Return an attribute's value with entities decoded; None where there is none."""
    for match in _ATTRIBUTE.finditer(attributes):
        if match[1].lower() == name:
            return decoded(match[2] or match[3] or match[4] or "")
    return None


def decoded(text: str) -> str:
    """Return text with those entities decoded that end as they should: in ``?a=1&copy=2`` there is none."""
    return _ENTITY.sub(lambda entity: unescape(entity[0]), text) if "&" in text else text
