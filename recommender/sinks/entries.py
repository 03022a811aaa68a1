"""Suggestions as entries of a front matter, in the shape of `related`, and what tells ours from an editor's."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from textwrap import shorten
from typing import Any, Self

from recommender.core.errors import SettingsError
from recommender.core.records import Suggestion
from recommender.core.times import utc_text

Entry = dict[str, Any]

LONGEST_EXCERPT = 1000

# What only our entries have; the rest has the names that the site itself uses.
_OWN = ("score", "kind", "model", "date")
_DESCRIBING = ("title", "excerpt", "published_at", "url", "target_id", "type")
_NOT_TEXTS = frozenset({"yes", "no", "on", "off", "true", "false", "null"})
# Printable for JSON, but not for YAML, which reads some of these as the end of a line.
_UNFIT = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


@dataclass(frozen=True)
class EntryShape:
    """How our entries look at one site.

    Attributes
    ----------
    key
        The name of the field in the front matter that is ours.
    names
        Our names of an article's fields to the site's; a dot reaches into a mapping.
    own
        `score`, `kind`, `model` and `date` to their names here; one that the site uses for a field of an
        article is told apart by the key: ``suggested_date``.
    """

    key: str
    names: Mapping[str, str]
    own: Mapping[str, str]

    @classmethod
    def from_names(cls, key: str, names: Mapping[str, Sequence[str]], reserved: Iterable[str] = ()) -> Self:
        """Build the shape from our key and a site's names for each of our fields, best first.

        Raises
        ------
        SettingsError
            When the key cannot be a key of ours: no plain name, `reserved`, or a field that the site's articles have.

        >>> shape = EntryShape.from_names("suggested", {"title": ["title"], "published_at": ["date", "pubdate"]})
        >>> shape.own["date"]
        'suggested_date'
        """
        if not is_plain(key):
            raise SettingsError(
                f"sink.key must be a name of letters, digits, - and _, and no word of YAML, got {key!r}"
            )
        if key in {*reserved, *(name.partition(".")[0] for theirs in names.values() for name in theirs)}:
            raise SettingsError(f"sink.key is {key!r}, a field of the articles themselves; choose another")
        wanted = (*_DESCRIBING, "provider", "provider_name", "provider_domain")
        first = {ours: names[ours][0] for ours in wanted if names.get(ours)}
        taken = {name.partition(".")[0] for name in first.values()}
        return cls(key, first, {name: f"{key}_{name}" if name in taken else name for name in _OWN})

    def entry(self, suggestion: Suggestion, model: str, moment: datetime | None) -> Entry:
        """Return the entry of a suggestion; `model` made it, knowing the site up to `moment`.

        An id stands in it where the target has no address. A long excerpt is cut at a word.
        """
        target, entry = suggestion.target, Entry()
        provider = target.provider
        self._put(entry, "title", target.title)
        self._put(entry, "excerpt", _cut(target.excerpt))
        self._put(entry, "published_at", target.published_at)
        self._put(entry, "url", target.url)
        self._put(entry, "target_id", None if target.url else target.id)
        self._put(entry, "type", target.type)
        if provider is not None and {"provider_name", "provider_domain"} & self.names.keys():
            self._put(entry, "provider_name", provider.name)
            self._put(entry, "provider_domain", provider.domain)
        elif provider is not None:
            known = {"name": provider.name, "domain": provider.domain}
            self._put(entry, "provider", {name: value for name, value in known.items() if value})
        values = (round(suggestion.score, 3), suggestion.kind, model, moment)
        entry |= {self.own[name]: value for name, value in zip(_OWN, values, strict=True) if value is not None}
        return entry

    def _put(self, entry: Entry, ours: str, value: Any) -> None:
        if not value or ours not in self.names:
            return
        *folders, name = self.names[ours].split(".")
        for folder in folders:
            inner = entry.setdefault(folder, {})
            if not isinstance(inner, dict):  # the site reads one field as a text and as a mapping
                return
            entry = inner
        entry[name] = value

    def is_ours(self, value: Any) -> bool:
        """Say whether a value under our key is a list of our entries and of nothing else."""
        return isinstance(value, list) and bool(value) and all(map(self._is_entry, value))

    def _is_entry(self, entry: Any) -> bool:
        if not isinstance(entry, dict):
            return False
        score, kind, model, day = (entry.get(self.own[name]) for name in _OWN)
        names = {name.partition(".")[0] for name in self.names.values()}
        return (
            entry.keys() <= names | set(self.own.values())
            and isinstance(score, int | float)
            and not isinstance(score, bool)
            and 0 <= score <= 1
            and isinstance(kind, str)
            and isinstance(model, str)
            and (day is None or isinstance(day, date))
        )

    def carried(self, entries: Sequence[Entry], old: Sequence[Entry]) -> list[Entry]:
        """Return entries with the model and date of an old one that says the same.

        So a file changes when its links do, not whenever the site has a newer article or the model another name.
        """
        dated = [self.own["model"], self.own["date"]]
        known = [(_without(one, dated), one) for one in old if _is_moment(one.get(dated[1]))]
        return [
            next((_like(entry, one) for said, one in known if said == _without(entry, dated)), entry)
            for entry in entries
        ]

    def block(self, entries: Sequence[Entry], newline: str = "\n") -> str:
        r"""Return entries as lines of YAML under our key; nothing for no entries.

        >>> EntryShape.from_names("suggested", {}).block([{"title": "A"}])
        'suggested:\n  - title: "A"\n'
        """
        if not entries:
            return ""
        lines = [f"{self.key}:"]
        for entry in entries:
            inner = list(_lines(entry))
            lines += [f"  - {inner[0]}", *(f"    {line}" for line in inner[1:])]
        return "".join(line + newline for line in lines)


def _like(entry: Entry, other: Entry) -> Entry:
    return {name: other[name] for name in entry if name in other}


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_EXCERPT else shorten(text, LONGEST_EXCERPT, placeholder=" …")


def _is_moment(value: Any) -> bool:
    return value is None or (isinstance(value, datetime) and value.tzinfo is not None)


def _without(entry: Entry, names: Sequence[str]) -> Entry:
    return {name: value for name, value in entry.items() if name not in names}


def _lines(mapping: Mapping[str, Any]) -> Iterator[str]:
    for name, value in mapping.items():
        if isinstance(value, Mapping):
            yield f"{_name(name)}:"
            yield from (f"  {line}" for line in _lines(value))
        else:
            yield f"{_name(name)}: {_scalar(value)}"


def _name(name: str) -> str:
    return name if is_plain(name) else _quoted(name)


def is_plain(name: str) -> bool:
    """Say whether YAML reads a name as this text where it stands without quotes.

    >>> is_plain("suggested"), is_plain("no"), is_plain("a: b")
    (True, False, False)
    """
    return bool(re.fullmatch(r"[A-Za-z_][\w-]+", name, re.ASCII)) and name.lower() not in _NOT_TEXTS


def _scalar(value: Any) -> str:
    if isinstance(value, datetime):
        return utc_text(value)
    return _quoted(value) if isinstance(value, str) else repr(value)


def _quoted(text: str) -> str:
    return _UNFIT.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))
