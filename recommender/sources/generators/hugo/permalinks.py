"""Hugo's permalinks: which pattern a page's address follows, and what the pattern's tokens stand for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from recommender.sources.generators.hugo.dates import date_token
from recommender.sources.generators.hugo.paths import HugoVersion, from_query, glob_matches, has_new_paths
from recommender.sources.generators.site_config import mapping_at, text_at

_KINDS = ("page", "section", "taxonomy", "term")
_TOKEN = re.compile(r":(\w+)(\[[^\]\n]{1,40}\])?", re.ASCII)
_MOST_RULES = 500  # every page is compared with each
_COLON = "\x00"  # stands for an escaped colon while tokens are looked for
# Since then a slash in a title is no longer one of the address.
_TITLE_IN_ONE_PART: HugoVersion = (0, 162, 0)


@dataclass(frozen=True, slots=True)
class PermalinkPage:
    """What the tokens of a permalink are taken from.

    Parameters
    ----------
    sections
        The names of the folders down to the page's section, the topmost first.
    section_titles
        Of the same sections: the slug, else the title.
    file_name
        Without extension and language; of a bundle the folder's; empty for a section's page.
    date
        In its own time zone; None where the page has none.
    """

    title: str
    slug: str
    file_name: str
    sections: tuple[str, ...]
    section_titles: tuple[str, ...]
    date: datetime | None


@dataclass(frozen=True, slots=True)
class _Rule:
    kinds: tuple[str, ...]
    section: tuple[str, ...]
    glob: str
    pattern: str

    def applies(self, kind: str, sections: tuple[str, ...], path: str) -> bool:
        if self.glob:
            return kind in self.kinds and glob_matches(self.glob, path)
        # The rule of the root is for the pages that lie in no section.
        of_section = sections[: len(self.section)] == self.section if self.section else not sections
        return kind in self.kinds and of_section


class Permalinks:
    """The permalinks of a configuration, in each of the forms that Hugo has had.

    Parameters
    ----------
    configured
        A mapping of sections to patterns, one of kinds to such mappings, or a list of targets and patterns.
    clean
        Makes a text fit for a path.
    """

    def __init__(self, configured: Any, version: HugoVersion, clean: Callable[[str], str]):
        self._version = version
        self._clean = clean
        self._rules = _rules_of(configured)
        self.warnings = tuple(
            f"permalink {rule.pattern!r} has the token {token}, which Hugo does not have; the pattern is left out"
            for rule in self._rules
            if (token := self._unknown_token(rule.pattern)) is not None
        )
        self._rules = [rule for rule in self._rules if self._unknown_token(rule.pattern) is None]

    def pattern_for(self, kind: str, sections: tuple[str, ...], path: str) -> str | None:
        """Return the pattern that a page's address follows; None where it follows the page's path.

        Parameters
        ----------
        kind
            ``page``, ``section``, ``taxonomy`` or ``term``.
        sections
            Of the page, in lower case.
        path
            Of the page in the content, from the root, in lower case.
        """
        return next((rule.pattern for rule in self._rules if rule.applies(kind, sections, path)), None)

    def expand(self, pattern: str, page: PermalinkPage) -> str:
        """Return a pattern with its tokens replaced, as a path that is still to be cleaned."""
        hidden = pattern.replace("\\:", _COLON)
        expanded = _TOKEN.sub(lambda token: self._value(token, page) or "", hidden)
        return from_query(expanded.replace(_COLON, ":"))

    def _unknown_token(self, pattern: str) -> str | None:
        page = PermalinkPage("", "", "", (), (), None)
        tokens = _TOKEN.finditer(pattern.replace("\\:", _COLON))
        return next((token[0] for token in tokens if self._value(token, page) is None), None)

    def _value(self, token: re.Match[str], page: PermalinkPage) -> str | None:
        name, part = token[1], token[2]
        if part is not None:
            many = {"sections": page.sections, "sectionslugs": tuple(map(self._title, page.section_titles))}.get(name)
            return None if many is None else "/".join(self._sliced(many, part[1:-1]))
        plain = {
            "section": lambda: page.sections[0] if page.sections else "",
            "sections": lambda: "/".join(page.sections),
            "sectionslug": lambda: self._title(page.section_titles[0]) if page.section_titles else "",
            "sectionslugs": lambda: "/".join(map(self._title, page.section_titles)),
            "title": lambda: self._title(page.title),
            "slug": lambda: self._clean(page.slug) if page.slug else self._title(page.title),
            "filename": lambda: self._clean(page.file_name),
            "contentbasename": lambda: self._clean(page.file_name),
            "slugorfilename": lambda: self._clean(page.slug or page.file_name),
            "slugorcontentbasename": lambda: self._clean(page.slug or page.file_name),
        }.get(name)
        return plain() if plain else date_token(name, page.date)

    def _title(self, title: str) -> str:
        return self._clean(title.replace("/", "-") if self._version >= _TITLE_IN_ONE_PART else title)

    def _sliced(self, names: tuple[str, ...], part: str) -> tuple[str, ...]:
        """Return the names that a part such as ``1:``, ``:2``, ``last`` or ``0`` stands for; nothing out of bounds."""
        low, colon, high = part.strip().lower().partition(":")
        if len(names) == 1 and not has_new_paths(self._version):
            # Before 0.123 the last of a single section was out of bounds.
            low, high = ("9" if low == "last" else low), ("" if high == "last" else high)
        start = _index(low, 0, len(names))
        return names[start : _index(high, len(names), len(names))] if colon else names[start : start + 1]


def _index(text: str, default: int, count: int) -> int:
    if not text:
        return default
    if text == "last":
        return max(count - 1, 0)
    return int(text) if text.isdecimal() and len(text) < 6 else 0


def _rules_of(configured: Any) -> list[_Rule]:
    if isinstance(configured, list):
        return [rule for member in configured[:_MOST_RULES] if (rule := _rule_of_target(member)) is not None]
    rules: list[_Rule] = []
    for name, value in configured.items() if isinstance(configured, Mapping) else ():
        if isinstance(value, str):
            rules.append(_rule_of_section(name, value, ("page", "term")))
        elif isinstance(value, Mapping) and name in _KINDS:
            sections = [(section, pattern) for section, pattern in value.items() if isinstance(pattern, str)]
            rules.extend(_rule_of_section(section, pattern, (name,)) for section, pattern in sections)
    return sorted(rules, key=lambda rule: -len(rule.section))


def _rule_of_section(section: str, pattern: str, kinds: tuple[str, ...]) -> _Rule:
    names = tuple(name for name in section.strip(" /").lower().split("/") if name)
    return _Rule(kinds, names, "", pattern)


def _rule_of_target(member: Any) -> _Rule | None:
    if not isinstance(member, Mapping) or not (pattern := text_at(member, "pattern")):
        return None
    target = mapping_at(member, "target")
    kinds = (text_at(target, "kind") or "").lower()
    matching = tuple(kind for kind in _KINDS if not kinds or glob_matches(kinds, kind))
    return _Rule(matching, (), (text_at(target, "path") or "").lower() or "**", pattern)
