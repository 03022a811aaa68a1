"""The tags of Hugo's shortcodes and Jekyll's Liquid, taken out of a text before Markdown or HTML is read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

TemplateLanguage = Literal["hugo", "jekyll", "none"]
LinkKind = Literal["address", "ref", "post_url", "link"]
SlotKind = Literal["address", "ref", "post_url", "link", "code", "literal"]

# Characters for private use, which Markdown takes for letters: what is left of a tag stays where the tag stood.
BLANK = "\ue000"  # a tag that comes to nothing, or to what only the generator knows
_SLOT_START, _SLOT_END = "\ue001", "\ue002"  # around the number of a slot
_PRIVATE = re.compile("[\ue000-\ue002]")
SLOT = re.compile(f"{_SLOT_START}([0-9]+){_SLOT_END}")

# A tag ends where its language's own reader ends it; another tag's beginning ends an attempt, so that many tags
# without an end take no more time than their length.
_SHORTCODE = re.compile(
    r'\{\{([<%])((?:[^"`>%{]++|"(?:[^"\\\n]|\\.)*+"|`[^`]*+`|(?![>%]\}\}|\{\{[<%]).)*+)[>%]\}\}', re.DOTALL
)
_ARGUMENT = re.compile(r'(?:([\w-]+)=)?(?:"((?:[^"\\]|\\.)*+)"|`([^`]*+)`|([^\s"`]+))')
_FILE = re.compile(r"\.(?:png|jpe?g|gif|svg|webp|avif|mp[34]|webm)$", re.IGNORECASE)
_LIQUID = re.compile(r"\{([{%])-?")
_QUOTED = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)')""")
_AS_ADDRESS = re.compile(r"\|\s*(?:(?:relative|absolute)_url|url|prepend:\s*site\.(?:base)?url)\b")
_SITE_ADDRESS = re.compile(r"site\.(?:base)?url(?![\w.])")
_ASSIGNED = re.compile(r"""\s*([\w-]+)\s*=\s*["']((?:https?://|/)[^"'|]*)["']\s*$""")
_BLOCK_ENDS = {
    name: re.compile(pattern)
    for name, pattern in {
        "{{highlight": r"\{\{[<%]\s*/\s*highlight\s*[>%]\}\}",
        "{{comment": r"\{\{[<%]\s*/\s*comment\s*[>%]\}\}",
        "{%highlight": r"\{%-?\s*endhighlight\s*-?%\}",
        "{%comment": r"\{%-?\s*endcomment\s*-?%\}",
        "{%raw": r"\{%-?\s*endraw\s*-?%\}",
    }.items()
}


@dataclass(frozen=True, slots=True)
class Slot:
    """What a tag stands for: the target of a link, a block of code, or a tag shown as an example of itself."""

    kind: SlotKind
    value: str


def expand(text: str, language: TemplateLanguage) -> tuple[str, list[Slot]]:
    """Return a text with marks in place of its tags, and the slots that some of the marks number."""
    opening = {"hugo": ("{{<", "{{%"), "jekyll": ("{{", "{%"), "none": ()}[language]
    if not any(tag in text for tag in opening):
        return text, []
    expansion = _Expansion(_PRIVATE.sub("", text))
    pieces = expansion.hugo() if language == "hugo" else expansion.jekyll()
    return "".join(pieces), expansion.slots


class _Expansion:
    """One pass over a text, from its beginning to its end."""

    def __init__(self, text: str):
        self.slots: list[Slot] = []
        self._text = text
        self._position = 0  # up to here all is done
        self._missing: set[str] = set()  # what is known not to come any more
        self._variables: dict[str, str] = {}

    def hugo(self) -> Iterator[str]:
        """Yield the pieces of a text of Hugo's."""
        while tag := _SHORTCODE.search(self._text, self._position):
            yield self._text[self._position : tag.start()]
            self._position = tag.end()
            yield self._shortcode(tag[2].strip(), tag[1])
        yield self._text[self._position :]

    def jekyll(self) -> Iterator[str]:
        """Yield the pieces of a text of Jekyll's."""
        while tag := _LIQUID.search(self._text, self._position):
            yield self._text[self._position : tag.start()]
            closing = "}}" if tag[1] == "{" else "%}"
            end = -1 if closing in self._missing else self._text.find(closing, tag.end())
            if end < 0:
                self._missing.add(closing)
                self._position = tag.end()
                yield tag[0]
                continue
            self._position = end + 2
            body = self._text[tag.end() : end].rstrip("-").strip()
            yield self._output(body) if tag[1] == "{" else self._tag(body)
        yield self._text[self._position :]

    def _slot(self, kind: SlotKind, value: str) -> str:
        self.slots.append(Slot(kind, value))
        return f"{_SLOT_START}{len(self.slots) - 1}{_SLOT_END}"

    def _inner(self, block: str) -> str | None:
        """Return the text up to the end of a block and go there; None where its end is missing."""
        end = None if block in self._missing else _BLOCK_ENDS[block].search(self._text, self._position)
        if end is None:
            self._missing.add(block)
            return None
        inner = self._text[self._position : end.start()]
        self._position = end.end()
        return inner

    def _shortcode(self, body: str, delimiter: str) -> str:
        if body.startswith("/*"):
            closing = ">" if delimiter == "<" else "%"
            return self._slot("literal", f"{{{{{delimiter}{body[2:].removesuffix('*/')}{closing}}}}}")
        name, _, rest = body.partition(" ")
        arguments = [(match[1], match[2] or match[3] or match[4] or "") for match in _ARGUMENT.finditer(rest)]
        if name in ("ref", "relref"):
            paths = [value for key, value in arguments if key in (None, "path")]
            return self._slot("ref", paths[0]) if paths else BLANK
        # Without a language `highlight` is no shortcode of Hugo's but the site's own, for prose to be marked.
        if name == "highlight" and arguments and (code := self._inner("{{highlight")) is not None:
            return self._slot("code", code)
        if name == "comment":
            self._inner("{{comment")
        targets = [value for key, value in arguments[:1] if key is None and value.startswith(("/", "http"))]
        targets += [value for key, value in arguments if key in ("href", "url", "link") and value]
        return self._slot("address", targets[0]) if targets and not _FILE.search(targets[0]) else BLANK

    def _tag(self, body: str) -> str:
        name, *rest = body.split(None, 1)[:2] or [""]
        argument = rest[0] if rest else ""
        match name:
            case "raw":
                return self._inner("{%raw") or ""
            case "comment":
                self._inner("{%comment")
            case "highlight":
                code = self._inner("{%highlight")
                return "" if code is None else self._slot("code", code)
            case "post_url" | "link":
                return self._slot("post_url" if name == "post_url" else "link", argument.strip("\"'"))
            case "assign" if assigned := _ASSIGNED.match(argument):
                self._variables[assigned[1]] = assigned[2]
            case "else" | "elsif" | "when":
                return " "
        return ""

    def _output(self, body: str) -> str:
        """Return what stands for ``{{ body }}``."""
        if body in self._variables:
            return self._slot("address", self._variables[body])
        if _SITE_ADDRESS.match(body):
            return self._slot("address", "")
        quoted = _QUOTED.match(body)
        if quoted and _AS_ADDRESS.search(body, quoted.end()):
            return self._slot("address", "/" + (quoted[1] or quoted[2] or "").lstrip("/"))
        return BLANK


def link_target(address: str, slots: list[Slot]) -> tuple[str, LinkKind] | None:
    """Return where a link leads and how that is written; None where only the generator knows.

    The site's own address before a path counts as its root.
    """
    if not slots:
        return None if BLANK in address else (address, "address")
    pieces = SLOT.split(address)
    parts: list[str] = pieces[:1]
    kind: LinkKind = "address"
    for number, after in zip(pieces[1::2], pieces[2::2], strict=True):
        slot = slots[int(number)]
        match slot.kind:
            case "code" | "literal":
                return None
            case "ref" | "post_url" | "link":
                kind, parts = slot.kind, []  # what stands before it is the address of the site
        parts += slot.value, after
    target = "".join(parts)
    if BLANK in target:
        return None
    if kind == "address" and not re.match(r"/|[a-z]+:", target):
        target = f"/{target}"
    return target, kind


def code_text(text: str, slots: list[Slot]) -> str:
    """Return code with what its marks stand for."""
    if slots:
        text = SLOT.sub(lambda mark: slots[int(mark[1])].value, text)
    return text.replace(BLANK, "")
