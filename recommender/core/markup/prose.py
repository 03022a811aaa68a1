"""Prose as it is written piece by piece, with the code and the links that come by."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from recommender.core.markup.templates import BLANK, SLOT, LinkKind, Slot, code_text, link_target

# An address ends before the punctuation of Chinese and Japanese, which write no space after it.
_ADDRESS = re.compile(
    r"(?<![\w.+/-])(?:(?P<link>(?:[a-z][a-z\d+.-]*+://|www\.)[^\s<>\"\[\]\u3000-\u303f\uff00-\uff65]+)"
    r"|[\w.+-]++@[\w-]++(?:\.[\w-]+)+|(?:[a-z\d-]++\.)+[a-z]{2,}+/[^\s<>\"\[\]\u3000-\u303f\uff00-\uff65]+)",
    re.IGNORECASE,
)
_HOST_PATH = re.compile(r"\.[a-zA-Z]{2,}+/\w")
_PATH = re.compile(r"[/#?\w.=&-]*")
_AFTER_ADDRESS = "?!.,:;*_~'\u2019\u201d)"
_OTHER_SCHEME = re.compile(r"(?!https?:)[a-z][a-z0-9+.-]*:", re.IGNORECASE)
# What a reader of Markdown leaves where a definition is missing, or where emphasis stands beside Chinese punctuation.
_LEFT_OVER = re.compile(r"\]\[[^\[\]]{0,200}\]|\*\*+")
_FILE_NAME = re.compile(r"[_\d]|\.\w|-[^-]+-")
# Names such as SIGHASH_ANYPREVOUT, std::vector, getrawtransaction() or bitcoin-cli say what a text is about, and
# sentences are built around them. Paths, expressions, numbers and whole commands are code.
_IDENTIFIER = re.compile(r"-{0,2}[^\W\d]\w*(?:(?:[ .-]|::|->)[^\W\d]\w*){0,3}(?:\(\))?")


@dataclass(frozen=True, slots=True)
class TextLink:
    """A link in a text.

    `address` is as its author wrote it: an address or a path where `kind` is ``"address"`` (from the root of the
    site where a template put the site's own address before it), else the argument of ``ref``, ``post_url`` or
    ``link``, with the fragment that follows it. ``text[start:end]`` are its words; images and bare addresses have none.
    """

    address: str
    start: int
    end: int
    kind: LinkKind = "address"


@dataclass(frozen=True, slots=True)
class MarkupText:
    """What the body of an article says: its prose, a line a block; its code; its links by their place in the prose."""

    text: str
    code: str
    links: tuple[TextLink, ...]

    def without(self, links: Iterable[TextLink]) -> str:
        """Return the prose without the words of links."""
        pieces, position = [], 0
        for start, end in sorted((link.start, link.end) for link in links):
            pieces.append(self.text[position : max(start, position)])
            position = max(end, position)
        return "".join([*pieces, self.text[position:]])


class ProseWriter:
    """Collects the prose of one text with white space made normal, so that the places of links are final."""

    def __init__(self, slots: list[Slot]):
        self._slots = slots
        self._pieces: list[str] = []
        self._length = 0
        self._gap = ""  # what separates the next word from the last: nothing, a space or a line end
        self._code: list[str] = []
        self._links: list[TextLink] = []
        self._target: tuple[str, LinkKind] | None = None
        self._start = -1  # of the open link's words; -1 before the first
        self._block_end = -1  # where the block ended in which the open link began
        self.in_link = False

    def finish(self) -> MarkupText:
        """Return what was written."""
        self.close_link(at_block_end=True)
        return MarkupText("".join(self._pieces), "\n".join(self._code), tuple(self._links))

    def words(self, text: str) -> None:
        """Write running text; addresses in it become links."""
        if BLANK in text:
            text = text.replace(BLANK, "")
        position = 0
        if self._slots:
            for mark in SLOT.finditer(text):
                self._addresses(text[position : mark.start()])
                position = self._filled_slot(text, mark)
            text = text[position:]
        self._addresses(text)

    def end_block(self) -> None:
        """Begin a new line with the next word."""
        self._gap = "\n"
        if self._start >= 0 > self._block_end:
            self._block_end = self._length

    def code(self, text: str) -> None:
        """Keep a block of code apart."""
        self.end_block()
        if code := code_text(text, self._slots).strip("\n"):
            self._code.append(code)

    def inline_code(self, text: str) -> None:
        """Write code that stands in a sentence where it is a name, else keep it apart."""
        code = code_text(text, self._slots)
        if _IDENTIFIER.fullmatch(code.strip()):
            self._write(code)
        elif code.strip():
            self._code.append(code.strip())

    def image(self, alternative: str) -> None:
        """Write what is shown in place of an image where it is words, and no link stands for the image."""
        words = SLOT.sub("", alternative).replace(BLANK, "")
        is_file_name = words.isascii() and len(words.split()) == 1 and _FILE_NAME.search(words)
        if not self.in_link and not is_file_name:
            self._addresses(words)

    def open_link(self, address: str) -> None:
        """Begin a link. Links do not nest: the one that is open ends, at the end of its block at the latest."""
        self.close_link(at_block_end=True)
        self.in_link = True
        target = link_target(address.strip(), self._slots)
        leads_elsewhere = target and target[0] and target[0][0] != "#" and not _OTHER_SCHEME.match(target[0])
        self._target = target if leads_elsewhere else None

    def close_link(self, at_block_end: bool = False) -> None:
        """End the open link, if there is one; a link that was never closed has the words of its first block."""
        if self._target:
            start = self._length if self._start < 0 else self._start
            end = self._block_end if at_block_end and self._block_end >= 0 else self._length
            self._links.append(TextLink(self._target[0], start, max(start, end), self._target[1]))
        self._target, self._start, self._block_end, self.in_link = None, -1, -1, False

    def _filled_slot(self, text: str, mark: re.Match[str]) -> int:
        """Write what a slot stands for outside of a link's address; return where it ends, its path included."""
        slot = self._slots[int(mark[1])]
        if slot.kind == "code":
            self.code(slot.value)
        if slot.kind in ("code", "literal"):
            return mark.end()
        end = _PATH.match(text, mark.end()).end()  # type: ignore[union-attr]  # it matches nothing too
        self._bare_link(text[mark.start() : end])
        return end

    def _bare_link(self, address: str) -> None:
        if not self.in_link:
            self.open_link(address)
            self.close_link()

    def _addresses(self, text: str) -> None:
        """Write text without slots; the addresses in it become links without words."""
        if "][" in text or "**" in text:
            text = _LEFT_OVER.sub("", text)
        if "@" not in text and "://" not in text and "www." not in text and not _HOST_PATH.search(text):
            self._write(text)
            return
        position = 0
        for match in _ADDRESS.finditer(text):
            address = match[0].rstrip(_AFTER_ADDRESS)
            if match[0][len(address) :].startswith(")") and "(" in address:
                address += ")"
            self._write(text[position : match.start()])
            position = match.start() + len(address)
            if match["link"]:
                self._bare_link(address if "://" in address else f"http://{address}")
        self._write(text[position:])

    def _write(self, text: str) -> None:
        text = text.replace("\u00ad", "")  # a soft hyphen would part a word
        words = text.split()
        if not words:
            self._gap = self._gap or (text[:1] and " ")
            return
        if self._length and (self._gap or text[0].isspace()):
            gap = self._gap or " "
            self._pieces.append(gap)
            self._length += 1
        if self._target and self._start < 0:
            self._start = self._length
        line = " ".join(words)
        self._pieces.append(line)
        self._length += len(line)
        self._gap = " " if text[-1].isspace() else ""
