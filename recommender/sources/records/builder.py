"""Builds articles and relations from records: mappings of a site's own field names to values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from recommender.core.errors import ArticleError
from recommender.core.markup import decoded
from recommender.core.records import Article, Provider, Relation
from recommender.sources.records.dates import NumericDate, numeric_date, parse_date, shown
from recommender.sources.records.fields import FieldMap
from recommender.sources.records.values import (
    LONGEST_TEXT,
    UnusableValueError,
    address_of,
    flag_of,
    language_of,
    name_of,
    names_in,
    number_of,
    provider_of,
    text_of,
)

T = TypeVar("T")

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://|/|www\.", re.IGNORECASE)
_MARKDOWN = re.compile(r"\.(?:md|markdown)$", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"(?:^|/):[a-z_]")  # of Jekyll's permalinks: a pattern, no address


@dataclass
class RecordLocation:
    """Where a record comes from, with the warnings about it so far.

    `line_of` returns the line of one of the record's fields, given the site's name for it, or the record's own line,
    given None; it returns None where the line is unknown.
    """

    path: str | None
    line_of: Callable[[str | None], int | None] = lambda _: None
    warnings: list[str] = field(default_factory=list)
    date: NumericDate | None = None  # of the record, where its day and month are numbers

    def error(self, message: str, name: str | None = None) -> ArticleError:
        """Return an error with file and line, for the caller to raise."""
        return ArticleError(message, self.path, self.line_of(name))

    def warn(self, message: str, name: str | None = None) -> None:
        """Add a warning with file and line."""
        self.warnings.append(str(self.error(message, name)))


@dataclass(frozen=True, slots=True)
class FileDefaults:
    """What is known of an article beside its record; used for the fields that the record does not have."""

    id: str | None = None
    title: str | None = None
    date: str | None = None


@dataclass(frozen=True, slots=True)
class Related:
    """One entry of a list of related articles: its relation, None where it has none, and remarks for warnings."""

    relation: Relation | None
    remarks: tuple[str, ...] = ()


NO_DEFAULTS = FileDefaults()


class ArticleBuilder:
    """Builds articles from records, given the site's names for their fields.

    A record without a title is an ArticleError. An empty title is only a warning where the record has other text. Any
    other value that cannot be used is left out with a warning; an unusable `removed` counts as removed, for safety.

    Parameters
    ----------
    fields
        The site's names.
    plain
        Makes a title or an excerpt what readers of the page see, without markup and entities.
    """

    def __init__(self, fields: FieldMap, plain: Callable[[str], str] = decoded):
        self._fields, self._plain = fields, plain
        self._jekyll = fields.preset == "jekyll"
        self._providers: dict[tuple[str | None, str | None], Provider] = {}

    def article(
        self,
        record: Mapping[Any, Any],
        location: RecordLocation,
        *,
        defaults: FileDefaults = NO_DEFAULTS,
        body: str = "",
        related: tuple[str, list[Related]] | None = None,
    ) -> Article:
        """Build the article of a record.

        The defaults are used for fields that the record does not have; `related` holds the name and the entries of
        its list of related articles, where the caller has read them already.

        Raises
        ------
        ArticleError
            Naming file, line and value.
        """
        excerpt = self._text("excerpt", record, location)
        body = self._capped("body", body, location) if body else self._text("body", record, location)
        title = self._title(record, location, defaults.title, has_text=bool(excerpt or body))
        url, aliases = self._addresses(record, location)
        article_id = self._value("id", record, location, name_of) or defaults.id or url
        if not article_id:
            raise location.error("has neither an id nor an address; give it an id")
        return Article(
            id=article_id,
            title=self._plain(title),
            excerpt=self._plain(excerpt),
            body=body,
            published_at=self._date(record, location, defaults.date),
            url=url,
            aliases=aliases,
            provider=self._provider(record, location),
            topics=self._topics(record, location),
            category=self._value("category", record, location, name_of) or None,
            type=self._value("type", record, location, name_of) or None,
            quality=self._value("quality", record, location, number_of),
            published=self._published(record, location),
            removed=self._removed(record, location),
            language=self._value("language", record, location, language_of) or None,
            relations=collect(*related, location) if related else self._relations(record, location),
        )

    def _relations(self, record: Mapping[Any, Any], location: RecordLocation) -> tuple[Relation, ...]:
        name, value = self._fields.first("relations", record)
        if value is None:
            return ()
        if not isinstance(value, list | tuple | Mapping | str):
            location.warn(f"{name} must be a list of articles, got {shown(value)}; it is left out", name)
            return ()
        entries = value if isinstance(value, list | tuple) else [value]
        return collect(name, [self.related(entry) for entry in entries], location)

    def related(self, entry: Any) -> Related:
        """Return the relation of one entry of a list of related articles; it depends on the entry alone."""
        if isinstance(entry, Mapping):
            return self._described(entry)
        if isinstance(entry, int) and not isinstance(entry, bool):
            return Related(Relation(url=None, target_id=str(entry)))
        if not isinstance(entry, str):
            return Related(None, (f"is no article but {shown(entry)}; it is left out",))
        text = address_of(entry)
        if not text or any(character.isspace() for character in text):
            return Related(None, (f"is neither an address nor an id: {shown(entry)}; it is left out",))
        if _ADDRESS.match(text):
            return Related(Relation(url=text))
        return Related(Relation(url=None, target_id=_MARKDOWN.sub("", text)))

    def _described(self, entry: Mapping[Any, Any]) -> Related:
        location = RecordLocation(None)
        url, aliases = self._addresses(entry, location)
        url = url or next(iter(aliases), None)
        target_id = self._value("target_id", entry, location, name_of) or None
        title = self._text("title", entry, location) or None
        if not url and not target_id:
            title_shown = f" ({shown(title)})" if title else ""
            return Related(None, (*location.warnings, f"has no address{title_shown}; it is left out"))
        relation = Relation(
            url=url,
            target_id=target_id,
            title=title,
            excerpt=self._text("excerpt", entry, location) or None,
            published_at=self._date(entry, location, None),
            provider=self._provider(entry, location),
            quality=self._value("quality", entry, location, number_of),
        )
        if location.date is not None and location.date.order is None:
            location.warn(f"has a date that can be read as two: {location.date.text}; the date is left out")
        return Related(relation, tuple(location.warnings))

    def _title(self, record: Mapping[Any, Any], location: RecordLocation, default: str | None, has_text: bool) -> str:
        name, value = self._fields.first("title", record)
        try:
            title = " ".join(text_of(value).split()) if value is not None else ""
        except UnusableValueError as error:
            raise location.error(f"{name} {error}", name) from error
        if title:
            return self._capped(name, title, location)
        if default:
            return default
        blank = next((known for known in self._fields.names["title"] if isinstance(record.get(known), str)), None)
        if blank is None or not has_text:
            raise location.error(
                f"has no {self._fields.names['title'][0]}; give it one, or name its field in source.fields.title", blank
            )
        location.warn(f"{blank} is empty; the article counts all the same, for its other text", blank)
        return ""

    def _date(self, record: Mapping[Any, Any], location: RecordLocation, default: str | None) -> datetime | None:
        name, value = self._fields.first("published_at", record)
        if value is None:
            name, value = "the date in the file's name", default
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        try:
            date = numeric_date(value)
            if date is not None:
                location.date = replace(date, name=name, line=location.line_of(name))
                return date.read_as(None)
            return parse_date(value)
        except ValueError as error:
            location.warn(f"{name}: {error}; the date is left out", name)
            return None

    def _addresses(self, record: Mapping[Any, Any], location: RecordLocation) -> tuple[str | None, tuple[str, ...]]:
        """Return the article's main address and its other ones, each once."""
        addresses: dict[str, None] = {}  # as an ordered set
        for name, value in self._fields.every("url", record):
            self._add_address(addresses, name, value, location)
        url = next(iter(addresses), None)
        for name, value in self._fields.every("aliases", record):
            for address in value if isinstance(value, list | tuple) else [value]:
                self._add_address(addresses, name, address, location)
        return url, tuple(address for address in addresses if address != url)

    def _add_address(self, addresses: dict[str, None], name: str, value: Any, location: RecordLocation) -> None:
        try:
            address = address_of(value)
        except UnusableValueError as error:
            location.warn(f"{name} {error}; it is left out", name)
            return
        if address and not (self._jekyll and _PLACEHOLDER.search(address)):
            addresses[address] = None

    def _provider(self, record: Mapping[Any, Any], location: RecordLocation) -> Provider | None:
        provider = self._value("provider", record, location, provider_of)
        name = self._value("provider_name", record, location, name_of) or (provider.name if provider else None)
        domain = self._value("provider_domain", record, location, name_of) or (provider.domain if provider else None)
        if not name and not domain:
            return None
        return self._providers.setdefault((name, domain), Provider(name, domain))

    def _topics(self, record: Mapping[Any, Any], location: RecordLocation) -> tuple[str, ...]:
        topics: dict[str, None] = {}  # as an ordered set
        for name, value in self._fields.every("topics", record):
            for topic in names_in(value, by_spaces=self._jekyll and name in {"tags", "categories"}):
                if isinstance(topic, UnusableValueError):
                    location.warn(f"{name} {topic}; it is left out", name)
                else:
                    topics[topic] = None
        return tuple(topics)

    def _published(self, record: Mapping[Any, Any], location: RecordLocation) -> bool:
        published = self._value("published", record, location, flag_of)
        draft = self._value("draft", record, location, flag_of)
        return published is not False and not draft

    def _removed(self, record: Mapping[Any, Any], location: RecordLocation) -> bool:
        name, value = self._fields.first("removed", record)
        try:
            return value is not None and flag_of(value)
        except UnusableValueError as error:
            location.warn(f"{name} {error}; the article counts as removed", name)
            return True

    def _text(self, field_name: str, record: Mapping[Any, Any], location: RecordLocation) -> str:
        text = self._value(field_name, record, location, text_of) or ""
        if len(text) <= LONGEST_TEXT:
            return text
        return self._capped(self._fields.first(field_name, record)[0], text, location)

    def _capped(self, name: str, text: str, location: RecordLocation) -> str:
        if len(text) <= LONGEST_TEXT:
            return text
        location.warn(f"{name} has {len(text):,} characters; those after the first {LONGEST_TEXT:,} are not read", name)
        return text[:LONGEST_TEXT]

    def _value(
        self, field_name: str, record: Mapping[Any, Any], location: RecordLocation, convert: Callable[[Any], T]
    ) -> T | None:
        name, value = self._fields.first(field_name, record)
        if value is None:
            return None
        try:
            return convert(value)
        except UnusableValueError as error:
            location.warn(f"{name} {error}; it is left out", name)
            return None


def collect(name: str, entries: list[Related], location: RecordLocation) -> tuple[Relation, ...]:
    """Return the relations of a list, each once, and add the remarks about its entries as warnings."""
    for number, entry in enumerate(entries, start=1):
        for remark in entry.remarks:
            location.warn(f"entry {number} of {name} {remark}", name)
    relations = [entry.relation for entry in entries if entry.relation is not None]
    if len({(relation.url, relation.target_id) for relation in relations}) == len(relations):
        return tuple(relations)  # all of them different: no need to compare them whole
    return tuple(dict.fromkeys(relations))
