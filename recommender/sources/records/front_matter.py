"""Splits front matter off a file's text and reads it as YAML, TOML or JSON, safely and with lines for errors."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recommender.core.safe_yaml import YamlError, parse_yaml

_FENCES = {"---": "yaml", "+++": "toml"}
_BLANKS_TO_END = re.compile(r"[ \t]*(?=\n|\Z)")
_TOML_LINE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)")


class HeaderError(ValueError):
    """Front matter that cannot be read; `line` counts from 1 in the file and is None where it is unknown."""

    def __init__(self, message: str, line: int | None):
        self.line = line
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """A file split in two: the text of its front matter, and the body below.

    `form` is ``yaml``, ``toml`` or ``json``; `first_line` is the number of the header's first line in the file, from 1.
    """

    form: str
    header: str
    first_line: int
    body: str


def split_front_matter(text: str) -> FrontMatter | None:
    r"""Split a text with ``\n`` as line ends; None where it has no front matter.

    Raises
    ------
    HeaderError
        When front matter begins and does not end.

    >>> split_front_matter("---\ntitle: A\n---\nBody").body
    'Body'
    """
    start = len(text) - len(text.lstrip())
    first = text[start:].partition("\n")[0]
    opening = text.count("\n", 0, start) + 1
    fence = first.rstrip()
    if fence in _FENCES:
        rest = text[start + len(first) :]
        closing = _find_line(rest, fence)
        if fence == "---":  # YAML may also end with three dots
            closing = _find_line(rest, "...", closing[0] if closing else None) or closing
        if not closing:
            raise HeaderError(f"front matter opens with {fence} and never ends; close it with a line {fence}", opening)
        return FrontMatter(_FENCES[fence], rest[1 : closing[0]], opening + 1, rest[closing[1] :].strip())
    if first.startswith("{") and not first.startswith(("{{", "{%", "{#", "{:")):
        return _split_json(text[start:], opening)
    return None


def _find_line(text: str, mark: str, before: int | None = None) -> tuple[int, int] | None:
    """Return start and end of the first line, but the text's very first, that holds the mark and at most blanks."""
    # str.find is many times as fast as a regular expression that looks at every line.
    start = text.find(f"\n{mark}", 0, before)
    while start >= 0:
        if rest_of_line := _BLANKS_TO_END.match(text, start + 1 + len(mark)):
            return start + 1, rest_of_line.end()
        start = text.find(f"\n{mark}", start + 1, before)
    return None


def _split_json(text: str, opening: int) -> FrontMatter:
    try:
        _, end = json.JSONDecoder().raw_decode(text)
    except json.JSONDecodeError as error:
        raise HeaderError(f"front matter is no JSON: {error.msg}", opening + error.lineno - 1) from error
    except (RecursionError, ValueError) as error:
        raise HeaderError("front matter is nested too deeply, or holds too long a number", opening) from error
    return FrontMatter("json", text[:end], opening, text[end:].strip())


def parse_header(matter: FrontMatter) -> Mapping[Any, Any]:
    """Read front matter of any form.

    Raises
    ------
    HeaderError
        When it cannot be read, or is no mapping.
    """
    if matter.form == "yaml":
        return parse_yaml_header(matter.header, matter.first_line)
    parse = _parse_toml if matter.form == "toml" else _parse_json
    return _as_mapping(parse(matter.header, matter.first_line), matter.first_line)


def parse_yaml_header(header: str, first_line: int, *, unique: bool = False) -> Mapping[Any, Any]:
    """Read front matter in YAML; an empty mapping for an empty text.

    `first_line` is the header's first line in its file, for errors; `unique` refuses a mapping that names a key twice.

    Raises
    ------
    HeaderError
        When it cannot be read, or is no mapping.
    """
    try:
        value = parse_yaml(header, first_line, unique=unique)
    except YamlError as error:
        raise HeaderError(f"front matter {error}", error.line) from error
    return _as_mapping(value, first_line)


def _as_mapping(value: Any, line: int) -> Mapping[Any, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise HeaderError(f"front matter must be a mapping of names to values, got a {type(value).__name__}", line)
    return value


def _parse_toml(text: str, first_line: int) -> Any:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        position = _TOML_LINE.search(str(error))
        last = text.count("\n", 0, len(text.rstrip()))
        line = first_line + (int(position[1]) - 1 if position and position[1] else last)
        raise HeaderError(f"front matter is no TOML: {_TOML_LINE.sub('', str(error))}", line) from error
    except (RecursionError, ValueError) as error:
        raise HeaderError("front matter is nested too deeply, or holds too long a number", first_line) from error


def _parse_json(text: str, first_line: int) -> Any:
    try:
        return json.loads(text)
    except (RecursionError, ValueError) as error:
        raise HeaderError("front matter is no JSON", first_line) from error
