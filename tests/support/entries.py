"""Entries of suggestions as they stand in front matter."""

from __future__ import annotations

from datetime import UTC, datetime

from recommender import Article, Provider, Suggestion
from recommender.core.settings import SourceSettings
from recommender.sinks.entries import Entry, EntryShape
from recommender.sources.records.fields import FieldMap

MOMENT = datetime(2025, 3, 12, 6, tzinfo=UTC)


TARGET = Article(
    "ferry-2",
    'Ferry strike: "no boats", says union',
    "No boat sails.",
    published_at=datetime(2025, 3, 4, 6, tzinfo=UTC),
    url="https://coast.example/ferry-2",
    provider=Provider("Coast Courier", "coast.example"),
    type="article",
)


BLOCK = """suggested:
  - title: "Ferry strike: \\"no boats\\", says union"
    excerpt: "No boat sails."
    publishedDateTime: 2025-03-04T06:00:00Z
    webUrl: "https://coast.example/ferry-2"
    type: "article"
    provider:
      name: "Coast Courier"
      domain: "coast.example"
    score: 0.876
    kind: "same-story"
    model: "coast@2025-03-12T06:00:00Z"
    date: 2025-03-12T06:00:00Z
"""


def shape_of(preset: str = "default", key: str = "suggested", **fields: str) -> EntryShape:
    return EntryShape.from_names(key, FieldMap.from_settings(SourceSettings(preset, fields)).names)


def entry_for(target: Article = TARGET, score: float = 0.87604, shape: EntryShape | None = None) -> Entry:
    suggestion = Suggestion("ferry-1", target.id, 1, score, "same-story", (), target)
    return (shape or shape_of()).entry(suggestion, "coast@2025-03-12T06:00:00Z", MOMENT)


SHAPE = shape_of()


ENTRIES = [entry_for()]
