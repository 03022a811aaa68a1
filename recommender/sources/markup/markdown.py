"""Markdown as CommonMark reads it, with tables, strikethrough, footnotes and kramdown's attribute lists."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from recommender.sources.markup.html import HtmlReader, decoded
from recommender.sources.markup.prose import ProseWriter
from recommender.sources.markup.templates import BLANK, SLOT, expand

# Blocks and emphasis may nest this deep; beyond it they are no markup. The parser calls itself for each level.
_DEEPEST = 40
# A paragraph is read in parts of so many characters: one has a token for every few of them.
_LONGEST_PART = 2**16

_ATTRIBUTE_LIST = re.compile(r"(?m)^[ \t]*(?:[*+-]|1\.) .*\n\{:toc\}|\{:[^{}\n]*\}|\{[#.]\w[^{}\n]*\}")
_FOOTNOTE = re.compile(r"(?m)^ {0,3}\[\^[^\]\s]{1,80}\]:(.*)((?:\n(?:[ \t]*+\n)*+(?: {4}|\t)[ \t]*+\S.*)*+)(\n(?=\[))?")
_INDENT = re.compile(r"(?m)^(?: {4}|\t)")
_FOOTNOTE_MARK = re.compile(r"\[\^[^\]\s]{1,80}\]")
_MARKDOWN_INSIDE = re.compile(r"(?m)^( {0,3}<[a-zA-Z][^>\n]{0,200}\smarkdown=[^>\n]{0,200}>)")

_NEEDS_READING = re.compile(r"[&<*_`\[\\~]|\{[{%]")
_TITLE_TAG = re.compile(
    r"<!--|</?(?:a|abbr|b|big|br|cite|code|del|em|font|i|img|ins|kbd|mark|p|q|s|small|span|strong|su[bp]|tt|u)\b",
    re.IGNORECASE,
)


class _Parser(MarkdownIt):
    """CommonMark without what is needed only to show it."""

    def __init__(self) -> None:
        super().__init__("commonmark", {"maxNesting": _DEEPEST})
        self.enable(["table", "strikethrough"])
        # Paragraphs are parsed when they are read, so that only the tokens of one are in memory.
        self.core.ruler.enableOnly(["normalize", "block"])

    def normalizeLink(self, url: str) -> str:  # noqa: N802
        """Return an address as its author wrote it."""
        return url

    def validateLink(self, url: str) -> bool:  # noqa: N802, ARG002
        """Accept every address: those that lead nowhere are left out later, and their words stay."""
        return True


@cache
def _parser() -> _Parser:
    return _Parser()


def read_markdown(text: str, writer: ProseWriter, *, last_definition_counts: bool = False) -> None:
    """Write the prose, code and links of Markdown, and of the HTML in it.

    A reference definition is no link by itself. Of several of one name the first counts, in kramdown the last.
    Lines of HTML that are indented below other HTML are read as HTML: CommonMark takes them for code where a blank
    line stands before them, and their authors never do.
    """
    html = HtmlReader(writer)
    parser = _parser()
    environment: dict[str, Any] = {}
    tokens = parser.parse(_without_extensions(text), environment)
    if last_definition_counts:
        environment.get("references", {}).update(
            {definition["label"]: definition for definition in environment.get("duplicate_refs", ())}
        )
    below_html = False
    for token in tokens:
        below_html = token.type == "html_block" or (
            below_html and token.type == "code_block" and token.content.lstrip().startswith("<")
        )
        if token.type == "inline":
            for part in _parts(token.content):
                children: list[Token] = []
                parser.inline.parse(part, parser, environment, children)
                _read_inline(children, writer, html)
            html.end_block()
        elif below_html:
            html.feed(token.content)
            html.end_block()
        elif token.type in ("fence", "code_block"):
            writer.code(token.content)


def plain_text(text: str) -> str:
    """Return a title or an excerpt without markup: what a reader of the page sees, on one line.

    Emphasis, links, inline HTML, shortcodes and Liquid go, their words stay; entities are decoded, and once more where
    they were encoded twice. What comes after 65,536 characters is cut off.

    >>> plain_text("The **ferry** strike &amp;mdash; day 2")
    'The ferry strike — day 2'
    """
    if not _NEEDS_READING.search(text):
        return " ".join(text[:_LONGEST_PART].split())
    text = expand(text[:_LONGEST_PART], "jekyll")[0]  # which takes a shortcode for a variable, and both go
    tokens: list[Token] = []
    parser = _parser()
    parser.inline.parse(SLOT.sub("", text).replace(BLANK, ""), parser, {}, tokens)
    words = "".join(_title_text(token) for token in tokens)
    return " ".join(decoded(words).split())


def _title_text(token: Token) -> str:
    if token.type in ("softbreak", "hardbreak"):
        return " "
    if token.type != "html_inline":
        return token.content
    # What only looks like a tag is a part of the title: Vec<T>.
    return "" if _TITLE_TAG.match(token.content) else token.content


def _without_extensions(text: str) -> str:
    """Return Markdown without what CommonMark would take for text."""
    if "{:" in text or "{#" in text or "{." in text:
        text = _ATTRIBUTE_LIST.sub("", text)
    if "[^" in text:
        text = _FOOTNOTE_MARK.sub("", _FOOTNOTE.sub(_footnote_text, text))
    if "markdown" in text:
        text = _MARKDOWN_INSIDE.sub(r"\1\n", text)
    return text


def _footnote_text(footnote: re.Match[str]) -> str:
    """Return a footnote's text as paragraphs of its own; definitions may follow it at once."""
    end = footnote[3] or ""
    return f"\n{footnote[1]}{_INDENT.sub('', footnote[2])}{end}{end}"


def _parts(text: str) -> Iterator[str]:
    """Yield a paragraph, in parts that end between words where it is very long."""
    start = 0
    while len(text) - start > _LONGEST_PART:
        end = max(text.rfind(" ", start, start + _LONGEST_PART), text.rfind("\n", start, start + _LONGEST_PART))
        end = end + 1 if end > start else start + _LONGEST_PART
        yield text[start:end]
        start = end
    yield text[start:] if start else text


def _read_inline(tokens: Sequence[Token], writer: ProseWriter, html: HtmlReader) -> None:
    run: list[str] = []  # text that only escapes and entities part
    skipped = False  # the text of an autolink is an address
    for token in tokens:
        kind = token.type
        if kind in ("text", "text_special"):
            if not skipped and token.content:
                run.append(token.content)
            continue
        if kind in ("softbreak", "hardbreak"):
            run.append("\n")
            continue
        if run:
            html.text("".join(run))
            run = []
        if kind == "link_open":
            writer.open_link(str(token.attrs["href"]))
            skipped = token.info == "auto"
        elif kind == "link_close":
            writer.close_link()
            skipped = False
        elif kind == "code_inline":
            writer.inline_code(token.content)
        elif kind == "html_inline":
            html.feed(token.content)
        elif kind == "image":
            writer.image("".join(child.content for child in token.children or ()))
    if run:
        html.text("".join(run))
