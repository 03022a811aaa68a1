"""Suggestions as entries of front matter, in the shape of `related`, and how they are told from an editor's entries."""

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

# The fields that only our entries have; the others have the names that the site itself uses.
_OUR_FIELDS = ("score", "kind", "model", "date")
_ARTICLE_FIELDS = ("title", "excerpt", "published_at", "url", "target_id", "type")
_YAML_WORDS = frozenset({"yes", "no", "on", "off", "true", "false", "null"})
# JSON prints these characters as they are, but YAML reads some of them as the end of a line and refuses the others.
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


@dataclass(frozen=True)
class EntryShape:
    """How our entries look at one site: under `key`, the name of the field in the front matter that is ours.

    `names` are the site's for each field of an article; a dot reaches into a mapping. `our_names` are those of `score`,
    `kind`, `model` and `date`. Where the site has such a name for a field of an article, ours begins with the key:
    ``suggested_date``.
    """

    key: str
    names: Mapping[str, str]
    our_names: Mapping[str, str]

    @classmethod
    def from_names(cls, key: str, names: Mapping[str, Sequence[str]], reserved: Iterable[str] = ()) -> Self:
        """Build the shape from our key and a site's names for each field of an article, best first.

        A key that is no plain name, is among the `reserved` names, or is a field of the site's articles is a
        SettingsError.

        >>> shape = EntryShape.from_names("suggested", {"title": ["title"], "published_at": ["date", "pubdate"]})
        >>> shape.our_names["date"]
        'suggested_date'
        """
        if not is_plain(key):
            raise SettingsError(
                f"sink.key must be a name of letters, digits, - and _, and no word of YAML, got {key!r}"
            )
        site_names = (name for known_names in names.values() for name in known_names)
        if key in {*reserved, *(name.partition(".")[0] for name in site_names)}:
            raise SettingsError(f"sink.key is {key!r}, a field of the articles themselves; choose another")
        fields = (*_ARTICLE_FIELDS, "provider", "provider_name", "provider_domain")
        best = {field: names[field][0] for field in fields if names.get(field)}
        taken = {name.partition(".")[0] for name in best.values()}
        return cls(key, best, {name: f"{key}_{name}" if name in taken else name for name in _OUR_FIELDS})

    def entry(self, suggestion: Suggestion, model: str, moment: datetime | None) -> Entry:
        """Return the entry of a suggestion that `model` made, knowing the site up to `moment`.

        It has the target's id only where the target has no address. A long excerpt is cut at a word.
        """
        target, entry = suggestion.target, Entry()
        provider = target.provider
        self._put(entry, "title", target.title)
        is_long = len(target.excerpt) > LONGEST_EXCERPT
        excerpt = shorten(target.excerpt, LONGEST_EXCERPT, placeholder=" …") if is_long else target.excerpt
        self._put(entry, "excerpt", excerpt)
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
        ours = zip(_OUR_FIELDS, values, strict=True)
        entry |= {self.our_names[field]: value for field, value in ours if value is not None}
        return entry

    def _put(self, entry: Entry, field: str, value: Any) -> None:
        """Set a field of an article under the site's name for it."""
        if not value or field not in self.names:
            return
        *outer_names, name = self.names[field].split(".")
        for outer_name in outer_names:
            inner = entry.setdefault(outer_name, {})
            if not isinstance(inner, dict):  # the site's names use one field as a text and as a mapping
                return
            entry = inner
        entry[name] = value

    def is_ours(self, value: Any) -> bool:
        """Return whether a value under our key is a list of our entries and of nothing else."""
        return isinstance(value, list) and bool(value) and all(map(self._is_entry, value))

    def _is_entry(self, entry: Any) -> bool:
        if not isinstance(entry, dict):
            return False
        score, kind, model, moment = (entry.get(self.our_names[field]) for field in _OUR_FIELDS)
        names = {name.partition(".")[0] for name in self.names.values()}
        return (
            entry.keys() <= names | set(self.our_names.values())
            and isinstance(score, int | float)
            and not isinstance(score, bool)
            and 0 <= score <= 1
            and isinstance(kind, str)
            and isinstance(model, str)
            and (moment is None or isinstance(moment, date))
        )

    def with_old_dates(self, entries: Sequence[Entry], old_entries: Sequence[Entry]) -> list[Entry]:
        """Return entries, those that an old entry equals but for model and date with the old model and date.

        So a file changes when its links do, not whenever the site has a newer article or the model another name.
        """
        model_and_date = [self.our_names["model"], self.our_names["date"]]
        undated = [
            (_without(old, model_and_date), old) for old in old_entries if _is_moment(old.get(self.our_names["date"]))
        ]
        return [
            next((_in_order_of(entry, old) for rest, old in undated if rest == _without(entry, model_and_date)), entry)
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


def _in_order_of(entry: Entry, old: Entry) -> Entry:
    """Return an old entry with its fields in the order of a new one; another program may have sorted them."""
    return {name: old[name] for name in entry if name in old}


def _is_moment(value: Any) -> bool:
    return value is None or (isinstance(value, datetime) and value.tzinfo is not None)


def _without(entry: Entry, names: Sequence[str]) -> Entry:
    return {name: value for name, value in entry.items() if name not in names}


def _lines(mapping: Mapping[str, Any]) -> Iterator[str]:
    for name, value in mapping.items():
        quoted_name = name if is_plain(name) else _quoted(name)
        if isinstance(value, Mapping):
            yield f"{quoted_name}:"
            yield from (f"  {line}" for line in _lines(value))
        else:
            yield f"{quoted_name}: {_scalar(value)}"


def is_plain(name: str) -> bool:
    """Return whether YAML reads a name without quotes around it as this text.

    >>> is_plain("suggested"), is_plain("no"), is_plain("a: b")
    (True, False, False)
    """
    return bool(re.fullmatch(r"[A-Za-z_][\w-]+", name, re.ASCII)) and name.lower() not in _YAML_WORDS


def _scalar(value: Any) -> str:
    if isinstance(value, datetime):
        return utc_text(value)
    return _quoted(value) if isinstance(value, str) else repr(value)


def _quoted(text: str) -> str:
    return escape_for_yaml(json.dumps(text, ensure_ascii=False))


def escape_for_yaml(text: str) -> str:
    """Return a JSON text with what YAML does not read in its strings as escapes that both know."""
    return _ESCAPED.sub(lambda character: f"\\u{ord(character[0]):04x}", text)
