"""Front matter: split off a file's text, and read as YAML, TOML or JSON, safely and with lines for errors."""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from recommender.core.plain_yaml import NotPlainError, parse_plain_yaml

_FENCES = {"---": "yaml", "+++": "toml"}
_BLANKS_TO_END = re.compile(r"[ \t]*(?=\n|\Z)")
_MOST_BRACKETS = 1000
_DEEP = re.compile(r"(?:[-?:][ \t]+){100}|^ {500}", re.MULTILINE)
_TOML_LINE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)")
_UNFIT_FOR_YAML = re.compile("[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class HeaderError(ValueError):
    """Front matter cannot be read; `line` counts from 1 in the file, None where it is unknown."""

    def __init__(self, message: str, line: int | None):
        self.line = line
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """A file in two: its front matter's text, and the body below.

    `form` is ``yaml``, ``toml`` or ``json``; `first_line` is the header's first line in the file, from 1.
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
        closing = _line_of_only(rest, fence)
        if fence == "---":
            closing = _line_of_only(rest, "...", closing[0] if closing else None) or closing
        if not closing:
            raise HeaderError(f"front matter opens with {fence} and never ends; close it with a line {fence}", opening)
        return FrontMatter(_FENCES[fence], rest[1 : closing[0]], opening + 1, rest[closing[1] :].strip())
    if first.startswith("{") and not first.startswith(("{{", "{%", "{#", "{:")):
        return _split_json(text[start:], opening)
    return None


def _line_of_only(text: str, mark: str, before: int | None = None) -> tuple[int, int] | None:
    """Return where the first line after a line's end begins and ends that holds a mark and, at most, blanks."""
    at = text.find(f"\n{mark}", 0, before)  # many times as fast as a regular expression that looks for lines
    while at >= 0:
        if found := _BLANKS_TO_END.match(text, at + 1 + len(mark)):
            return at + 1, found.end()
        at = text.find(f"\n{mark}", at + 1, before)
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
    parse = {"yaml": parse_yaml, "toml": _parse_toml, "json": _parse_json}[matter.form]
    return as_mapping(parse(matter.header, matter.first_line), matter.first_line)


def as_mapping(value: Any, line: int) -> Mapping[Any, Any]:
    """Return the mapping that a front matter must be; an empty one for nothing."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise HeaderError(f"front matter must be a mapping of names to values, got a {type(value).__name__}", line)
    return value


def parse_yaml(text: str, first_line: int, *, unique: bool = False) -> Any:
    """Read a YAML text with its safe types alone; a date that does not exist stays a text.

    `unique` refuses a mapping that names a key twice, where else the last one counts.

    Raises
    ------
    HeaderError
        With the line in the file, `first_line` being that of the text.
    """
    try:
        # PyYAML alone knows of a key that is named twice.
        return _parse_by_pyyaml(text, first_line, unique) if unique else parse_plain_yaml(text)
    except NotPlainError:
        return _parse_by_pyyaml(text, first_line)


def _parse_by_pyyaml(text: str, first_line: int, unique: bool = False) -> Any:
    try:
        return yaml.load(text, Loader=_loader_for(text, unique))  # noqa: S506 (all are safe loaders)
    except yaml.MarkedYAMLError as error:
        # A quote that is never closed is found at the end; where it opens is what a writer wants to know.
        unclosed = error.problem == "found unexpected end of stream"
        mark = (error.context_mark if unclosed else error.problem_mark) or error.context_mark
        line = first_line + mark.line if mark else None
        raise HeaderError(f"front matter is no YAML: {error.problem or error.context}", line) from error
    except yaml.YAMLError as error:
        found = _UNFIT_FOR_YAML.search(text)
        line = first_line + text.count("\n", 0, found.start()) if found else None
        unfit = f"U+{ord(found[0]):04X}" if found else "a character"
        raise HeaderError(f"front matter holds {unfit}, which YAML does not allow; delete it", line) from error
    except RecursionError as error:
        raise HeaderError("front matter is nested too deeply", first_line) from error
    except (ValueError, KeyError, AttributeError, TypeError, OverflowError) as error:
        # PyYAML's constructors let these escape, for `!!int x` or `0b_`.
        raise HeaderError("front matter holds a value that is not of the kind it is marked as", first_line) from error


def _parse_toml(text: str, first_line: int) -> Any:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _TOML_LINE.search(str(error))
        last = text.count("\n", 0, len(text.rstrip()))
        line = first_line + (int(found[1]) - 1 if found and found[1] else last)
        raise HeaderError(f"front matter is no TOML: {_TOML_LINE.sub('', str(error))}", line) from error
    except (RecursionError, ValueError) as error:
        raise HeaderError("front matter is nested too deeply, or holds too long a number", first_line) from error


def _parse_json(text: str, first_line: int) -> Any:
    try:
        return json.loads(text)
    except (RecursionError, ValueError) as error:
        raise HeaderError("front matter is no JSON", first_line) from error


class _Constructor(yaml.constructor.SafeConstructor):
    """Safe types alone, with dates that do not exist kept as texts."""

    def construct_yaml_timestamp(self, node: yaml.ScalarNode) -> Any:
        try:
            return super().construct_yaml_timestamp(node)
        except (ValueError, AttributeError, OverflowError):
            return node.value

    # PyYAML's table of constructors holds functions, not names: an override alone would not be called.
    yaml_constructors = {  # noqa: RUF012
        **yaml.constructor.SafeConstructor.yaml_constructors,
        "tag:yaml.org,2002:timestamp": construct_yaml_timestamp,
    }


class _PatientLoader(_Constructor, yaml.SafeLoader):
    """The loader in Python: slow, and stops at too deep a nesting."""


_Fastest: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _FastLoader(_Constructor, _Fastest):  # type: ignore[misc, valid-type]
    """The loader in C, which crashes the process at too deep a nesting: only for texts that cannot be deep."""


class _Unique:
    """Refuses a mapping that names a key twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> Any:
        named = [(key.tag, key.value) for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        twice = next((key for key, count in Counter(named).items() if count > 1), None)
        if twice is not None:
            raise yaml.constructor.ConstructorError(None, None, f"it names {twice[1]} more than once", node.start_mark)
        return super().construct_mapping(node, deep)  # type: ignore[misc]


class _PatientUniqueLoader(_Unique, _PatientLoader):
    pass


class _FastUniqueLoader(_Unique, _FastLoader):
    pass


def _loader_for(text: str, unique: bool) -> type[yaml.SafeLoader]:
    may_be_deep = text.count("[") + text.count("{") > _MOST_BRACKETS or _DEEP.search(text)
    if unique:
        return _PatientUniqueLoader if may_be_deep else _FastUniqueLoader
    return _PatientLoader if may_be_deep else _FastLoader
