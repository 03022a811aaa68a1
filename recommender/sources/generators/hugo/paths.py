"""How Hugo writes paths and links: which characters it keeps, what it escapes, and its patterns for paths.

The rules were changed in Hugo 0.123 (January 2024), which made the content's paths anew; `HugoVersion` says which hold.
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from urllib.parse import quote, unquote_plus, unquote_to_bytes

HugoVersion = tuple[int, ...]

# Taken where a site does not say its version: what holds for the most of those in use.
USUAL_VERSION: HugoVersion = (0, 152, 0)
# The content's paths were made anew: spaces become hyphens before anything else, each part is cleaned by itself.
_NEW_PATHS: HugoVersion = (0, 123, 0)

_KEPT = frozenset("./\\_#+~-@")
_CLEAN = re.compile(r"[A-Za-z0-9./\\_#+~@-]*")
_ESCAPE = re.compile("%[0-9A-Fa-f]{2}")
# What Go's net/url leaves unescaped in a path, beside letters and digits; and what it accepts if it came so.
_SAFE_IN_PATH = "/$&+,:;=@-_.~"
_ACCEPTED_IN_PATH = re.compile(r"[A-Za-z0-9/$&+,:;=@\-_.~!'()*\[\]%]*")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


def has_new_paths(version: HugoVersion) -> bool:
    """Whether a version makes paths by the rules since 0.123."""
    return version >= _NEW_PATHS


def clean_path(text: str, *, lower: bool = True, without_accents: bool = False) -> str:
    """Return a text as Hugo writes it in a path: only letters, digits, marks and a few signs, hyphens for spaces.

    >>> clean_path("Hello, World's Ferry & Bus")
    'hello-worlds-ferry-bus'
    """
    if _CLEAN.fullmatch(text):
        return text.lower() if lower else text
    if without_accents:
        decomposed = unicodedata.normalize("NFD", text)
        text = unicodedata.normalize("NFC", "".join(sign for sign in decomposed if unicodedata.category(sign) != "Mn"))
    kept: list[str] = []
    after_space = after_hyphen = False
    for position, sign in enumerate(text):
        if sign in _KEPT or _is_word(sign) or (sign == "%" and _ESCAPE.match(text, position)):
            after_hyphen = sign == "-"
            if after_space and not after_hyphen:
                kept.append("-")
            after_space = False
            kept.append(sign)
        elif kept and sign.isspace() and not after_hyphen:
            after_space = True
    cleaned = "".join(kept)
    return lower_case(cleaned) if lower else cleaned


def _is_word(sign: str) -> bool:
    """Whether a character is a letter, a mark or a decimal digit."""
    return unicodedata.category(sign)[0] in "LM" or sign.isdecimal()


def lower_case(text: str) -> str:
    """Return a text in lower case, every character by itself, as Go does: a final sigma stays an ordinary one."""
    if text.isascii():
        return text.lower()
    return "".join(sign.lower() if len(sign.lower()) == 1 else sign.lower()[0] for sign in text)


def from_query(text: str) -> str:
    """Undo the escapes of a query, where ``+`` stands for a space; what is badly escaped gives nothing, as in Hugo."""
    return "" if _BAD_ESCAPE.search(text) else unquote_plus(text)


def escape_link(link: str, version: HugoVersion = USUAL_VERSION) -> str:
    """Return a link with its path escaped as Go's ``net/url`` does.

    >>> escape_link("/straße/it's/")
    '/stra%C3%9Fe/it%27s/'
    """
    fragment = ""
    if has_new_paths(version):
        link = link.replace("#", "%23")
    else:
        link, sharp, rest = link.partition("#")
        fragment = sharp + quote(rest, safe="%/$&+,:;=@-_.~!'()*?")
    path, mark, query = link.partition("?")
    if _BAD_ESCAPE.search(path):
        return quote(path, safe=_SAFE_IN_PATH) + mark + query + fragment
    escaped = quote(unquote_to_bytes(path), safe=_SAFE_IN_PATH)
    if escaped != path and _ACCEPTED_IN_PATH.fullmatch(path):
        escaped = path
    return escaped + mark + query + fragment


def join_path(*parts: str) -> str:
    """Join the parts of a path and clean it of dots, as Go's ``path.Join`` does, from the root on.

    >>> join_path("posts", "../news//a")
    '/news/a'
    """
    joined = posixpath.normpath("/" + "/".join(part for part in parts if part))
    return "/" + joined.lstrip("/")


# A pattern for paths, cut into its parts: a character, or what stands for others.
_ANY, _ANY_IN_PART, _ONE, _ONE_IN_PART = "any", "any in part", "one", "one in part"
Pattern = tuple[str, ...]

_LONGEST_PATTERN = 300
_MOST_ALTERNATIVES = 64


@lru_cache(maxsize=256)
def glob_patterns(glob: str) -> tuple[Pattern, ...]:
    """Cut a glob such as ``/{posts,news}/**`` into one pattern for each of its alternatives; none where it is too long.

    >>> glob_matches("/{posts,news}/**", "/news/2020/a")
    True
    """
    if len(glob) > _LONGEST_PATTERN:
        return ()
    alternatives = [glob]
    while brace := next((braces for text in alternatives if (braces := re.search(r"\{([^{}]*)\}", text))), None):
        text = brace.string
        expanded = [text[: brace.start()] + choice + text[brace.end() :] for choice in brace[1].split(",")]
        alternatives.remove(text)
        alternatives.extend(expanded)
        if len(alternatives) > _MOST_ALTERNATIVES:
            return ()
    return tuple(tuple(_glob_parts(text)) for text in alternatives)


def _glob_parts(glob: str) -> Iterator[str]:
    position = 0
    while position < len(glob):
        if glob.startswith("**", position):
            yield _ANY
            position += 2
            continue
        sign = glob[position]
        yield {"*": _ANY_IN_PART, "?": _ONE_IN_PART}.get(sign, sign)
        position += 1


def glob_matches(glob: str, path: str) -> bool:
    """Whether a path matches a glob: ``*`` within a part of the path, ``**`` over parts, ``{a,b}`` for either."""
    return any(pattern_matches(pattern, path) for pattern in glob_patterns(glob))


def simple_pattern(expression: str) -> Pattern | None:
    r"""Translate a regular expression of literals, ``.``, ``.*``, ``^`` and ``$``; None for any other.

    A site's own expressions are never run: Go's cannot hang, Python's can.

    >>> pattern_matches(simple_pattern(r"\.draft\.md$"), "posts/a.draft.md")
    True
    >>> simple_pattern("(a+)+") is None
    True
    """
    if len(expression) > _LONGEST_PATTERN:
        return None
    parts: list[str] = [] if expression.startswith("^") else [_ANY]
    body = expression.removeprefix("^")
    at_end = body.endswith("$") and not body.endswith("\\$")
    body = body.removesuffix("$") if at_end else body
    for token in re.finditer(r"\.\*|\\(\W)|([^\\])|\\", body, re.DOTALL):
        if token[0] == ".*":
            parts.append(_ANY)
        elif token[0] == ".":
            parts.append(_ONE)
        elif token[0] == "\\" or (token[2] and token[2] in "*+?()[]{}|^$"):
            return None
        else:
            parts.append(token[1] or token[2])
    return tuple(parts) if at_end else (*parts, _ANY)


def pattern_matches(pattern: Pattern | None, text: str) -> bool:
    """Whether a pattern matches a whole text, in time proportional to the product of their lengths."""
    if pattern is None:
        return False
    states = set(_past_stars(pattern, [0]))
    for sign in text:
        reached = []
        for state in states:
            part = pattern[state] if state < len(pattern) else None
            if part == _ANY or (part == _ANY_IN_PART and sign != "/"):
                reached.append(state)
            elif part in (sign, _ONE) or (part == _ONE_IN_PART and sign != "/"):
                reached.append(state + 1)
        states = set(_past_stars(pattern, reached))
        if not states:
            return False
    return len(pattern) in states


def _past_stars(pattern: Pattern, states: Iterable[int]) -> Iterator[int]:
    """Yield states, and those that follow them because a star may stand for nothing."""
    for start in states:
        state = start
        yield state
        while state < len(pattern) and pattern[state] in (_ANY, _ANY_IN_PART):
            state += 1
            yield state
