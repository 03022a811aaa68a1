"""The one YAML reader of the package: PyYAML with safe types alone, and errors that name a line."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import yaml

# libyaml, the parser in C, recurses without a limit: a text that nests a few ten thousand deep ends the process. What
# holds fewer brackets than this, and neither of the forms below, cannot nest deeply enough for that.
_MAX_BRACKETS = 1000
_MAY_NEST_DEEPLY = re.compile(r"(?:[-?:][ \t]+){100}|^ {500}", re.MULTILINE)
# The characters that YAML 1.1 does not allow in a text.
_FORBIDDEN_CHARACTER = re.compile("[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class YamlError(ValueError):
    """A text that cannot be read as YAML.

    The message goes on after the name of the text, as in "front matter" + "is no YAML: ...". `line` counts from 1;
    it is None where it is unknown.
    """

    def __init__(self, message: str, line: int | None):
        self.line = line
        super().__init__(message)


def parse_yaml(text: str, first_line: int = 1, *, unique: bool = False) -> Any:
    r"""Return the value of a YAML text, made of safe types alone.

    A date that does not exist, such as 2020-02-30, stays a text.

    A text that is no YAML, nests too deeply, or asks for any other type is a YamlError, as is, with `unique`, a mapping
    that names a key twice; else the last one counts. Errors count lines from `first_line`.

    >>> parse_yaml('title: "Ferry strike ends"\ntopics:\n  - Rail\nquality: 58\n')
    {'title': 'Ferry strike ends', 'topics': ['Rail'], 'quality': 58}
    """
    try:
        return yaml.load(text, Loader=_loader_for(text, unique))  # noqa: S506 (all are safe loaders)
    except yaml.MarkedYAMLError as error:
        # A quote that is never closed is noticed at the end of the text; a writer wants to know where it opens.
        unclosed = error.problem == "found unexpected end of stream"
        mark = (error.context_mark if unclosed else error.problem_mark) or error.context_mark
        line = first_line + mark.line if mark else None
        raise YamlError(f"is no YAML: {error.problem or error.context}", line) from error
    except yaml.YAMLError as error:  # without a mark: a character that YAML does not allow
        character = _FORBIDDEN_CHARACTER.search(text)
        line = first_line + text.count("\n", 0, character.start()) if character else None
        name = f"U+{ord(character[0]):04X}" if character else "a character"
        raise YamlError(f"holds {name}, which YAML does not allow; delete it", line) from error
    except RecursionError as error:
        raise YamlError("is nested too deeply", first_line) from error
    except (ValueError, KeyError, AttributeError, TypeError, OverflowError) as error:
        # PyYAML's constructors let these escape, for `!!int x` or `0b_`.
        raise YamlError("holds a value that is not of the kind it is marked as", first_line) from error


class _Constructor(yaml.constructor.SafeConstructor):
    """Safe types alone; dates that do not exist stay texts."""

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


class _UniqueKeys:
    """Refuses a mapping that names a key twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> Any:
        keys = Counter((key.tag, key.value) for key, _ in node.value if isinstance(key, yaml.ScalarNode))
        twice = next((name for (_, name), count in keys.items() if count > 1), None)
        if twice is not None:
            raise yaml.constructor.ConstructorError(None, None, f"it names {twice} more than once", node.start_mark)
        return super().construct_mapping(node, deep)  # type: ignore[misc]


_BaseInC: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _LoaderInC(_Constructor, _BaseInC):  # type: ignore[misc, valid-type]
    """The fast loader, which ends the process where a text nests too deeply: only for texts that cannot."""


class _LoaderInPython(_Constructor, yaml.SafeLoader):
    """The slow loader, which raises RecursionError where a text nests too deeply."""


class _UniqueLoaderInC(_UniqueKeys, _LoaderInC):
    pass


class _UniqueLoaderInPython(_UniqueKeys, _LoaderInPython):
    pass


def _loader_for(text: str, unique: bool) -> type[yaml.SafeLoader]:
    """Return the fastest loader that is safe for a text."""
    if text.count("[") + text.count("{") > _MAX_BRACKETS or _MAY_NEST_DEEPLY.search(text):
        return _UniqueLoaderInPython if unique else _LoaderInPython
    return _UniqueLoaderInC if unique else _LoaderInC
