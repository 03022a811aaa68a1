"""Patterns of file names, matched as Ruby's ``File.fnmatch`` and ``Dir.glob`` match them, in bounded time."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

_SPECIAL = re.compile(r"[*?\[\\]")
_BRACES = re.compile(r"\{([^{}]*)\}")
_LONGEST = 500  # characters of a pattern; a longer one matches nothing
_MOST_ALTERNATIVES = 64

# A literal character, a test of a single character, or None for a star.
_Token = str | Callable[[str], bool] | None


def matches_name(pattern: str, name: str) -> bool:
    r"""Whether a pattern of ``*``, ``?``, ``[sets]`` and ``\`` fits a whole name; a star stands for slashes too.

    >>> matches_name("/docs/*.md", "/docs/a/b.md"), matches_name("/drafts", "/drafts/a.md")
    (True, False)
    """
    if not _SPECIAL.search(pattern):
        return pattern == name
    if len(pattern) > _LONGEST:
        return False
    tokens = _tokens(pattern)
    token = position = 0
    # Where the last star stands, and the first character that it does not cover: going back no further than to
    # the last star keeps the time within the product of both lengths.
    star, uncovered = -1, 0
    while position < len(name):
        if token < len(tokens) and tokens[token] is None:
            star, uncovered, token = token, position, token + 1
        elif token < len(tokens) and _fits(tokens[token], name[position]):
            token, position = token + 1, position + 1
        elif star >= 0:
            uncovered += 1
            token, position = star + 1, uncovered
        else:
            return False
    return all(rest is None for rest in tokens[token:])


def matches_path(pattern: str, parts: Sequence[str]) -> bool:
    """Whether ``Dir.glob`` would find the path of these parts: a star stays within a part, ``**`` covers folders.

    >>> matches_path("section/*/special-*.{md,html}", ("section", "a", "special-page.md"))
    True
    """
    if len(pattern) > _LONGEST:
        return False
    return any(_matches_parts(alternative.split("/"), parts) for alternative in _alternatives(pattern))


def _matches_parts(patterns: Sequence[str], parts: Sequence[str]) -> bool:
    """Match part by part; `ends` holds how many parts the patterns so far can cover."""
    ends = {0}
    for index, pattern in enumerate(patterns):
        if pattern == "**" and index < len(patterns) - 1:
            ends = {end for start in ends for end in _reach(parts, start)}
        else:
            ends = {end + 1 for end in ends if end < len(parts) and _matches_part(pattern, parts[end])}
    return len(parts) in ends


def _reach(parts: Sequence[str], start: int) -> list[int]:
    """Return how far ``**`` can reach from a part: over any number of folders that are not hidden."""
    reach = [start]
    for end in range(start, len(parts)):
        if parts[end].startswith("."):
            break
        reach.append(end + 1)
    return reach


def _matches_part(pattern: str, part: str) -> bool:
    hidden_by_star = part.startswith(".") and not pattern.startswith((".", "\\."))
    return not hidden_by_star and matches_name(pattern, part)


def _alternatives(pattern: str) -> list[str]:
    """Return the patterns that a pattern with ``{a,b}`` stands for."""
    complete: list[str] = []
    waiting = [pattern]
    while waiting and len(complete) + len(waiting) <= _MOST_ALTERNATIVES:
        text = waiting.pop()
        braces = _BRACES.search(text)
        if braces is None:
            complete.append(text)
        else:
            waiting += [text[: braces.start()] + word + text[braces.end() :] for word in braces[1].split(",")]
    return complete


def _fits(token: _Token, character: str) -> bool:
    return token == character if isinstance(token, str) else token is not None and token(character)


@lru_cache(maxsize=1024)
def _tokens(pattern: str) -> tuple[_Token, ...]:
    tokens: list[_Token] = []
    position = 0
    while position < len(pattern):
        character = pattern[position]
        end = pattern.find("]", position + 2) if character == "[" else -1
        if character == "*":
            tokens.append(None)
        elif character == "?":
            tokens.append(_is_any)
        elif end > 0:
            tokens.append(_set(pattern[position + 1 : end]))
            position = end
        elif character == "\\" and position + 1 < len(pattern):
            position += 1
            tokens.append(pattern[position])
        else:
            tokens.append(character)
        position += 1
    return tuple(tokens)


def _is_any(_: str) -> bool:
    return True


def _set(content: str) -> Callable[[str], bool]:
    """Return the test of a set such as ``a-z_`` or, negated, ``^0-9``."""
    negated = content.startswith(("^", "!"))
    content = content[1:] if negated else content
    ranges: list[tuple[str, str]] = []
    position = 0
    while position < len(content):
        is_range = content[position + 1 : position + 2] == "-" and position + 2 < len(content)
        last = position + 2 if is_range else position
        ranges.append((content[position], content[last]))
        position = last + 1
    return lambda character: any(low <= character <= high for low, high in ranges) != negated
