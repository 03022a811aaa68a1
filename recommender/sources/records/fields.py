"""Which of a site's fields holds what: presets for common site generators, and a site's own names over them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from recommender.core.errors import SettingsError, nearest
from recommender.core.settings import SourceSettings

# `heat` is computed from the links that we want to predict, `secured` is the site's secret: neither is ever read.
FORBIDDEN = ("heat", "secured")

_DEFAULT: Mapping[str, tuple[str, ...]] = {
    "id": ("id",),
    "title": ("title",),
    "excerpt": ("excerpt", "description", "summary"),
    "body": ("body",),
    "published_at": ("publishedDateTime", "published_at", "date", "pubDate", "pubDatetime"),
    "url": ("webUrl", "originalUrl", "url"),
    "aliases": ("originalUrl", "ampWebUrl", "cdnAmpWebUrl", "aliases"),
    "provider": ("provider",),
    "provider_name": (),
    "provider_domain": (),
    "topics": ("topics", "tags"),
    "category": ("category",),
    "type": ("type",),
    "quality": ("quality",),
    "published": ("published",),
    "draft": ("draft",),
    "removed": ("removed",),
    "language": ("language", "lang"),
    "relations": ("related", "relations"),
    "target_id": ("target_id", "id"),
}

_PRESETS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "default": _DEFAULT,
    "hugo": {
        **_DEFAULT,
        "excerpt": ("description", "summary"),
        "published_at": ("date", "publishDate", "publishdate", "pubdate"),
        "url": ("url",),
        "aliases": ("aliases",),
        "topics": ("tags", "categories", "topics"),
        "published": (),
        "draft": ("draft",),
    },
    "jekyll": {
        **_DEFAULT,
        "excerpt": ("description", "excerpt"),
        "published_at": ("date",),
        "url": ("permalink",),
        "aliases": ("redirect_from",),
        "topics": ("tags", "tag", "categories", "category", "topics"),
    },
}

PRESETS = tuple(_PRESETS)


@dataclass(frozen=True)
class FieldMap:
    """The site's names for each field of an article, in order of preference; a dot reaches into a mapping.

    Attributes
    ----------
    preset : str
        The name of the preset that the map began with.
    names : dict of str to tuple of str
        Each field of an article to the site's names for it.

    >>> FieldMap.from_settings(SourceSettings(fields={"excerpt": "summary"})).first("excerpt", {"summary": "Short."})
    ('summary', 'Short.')
    """

    preset: str
    names: Mapping[str, tuple[str, ...]]

    @classmethod
    def from_settings(cls, settings: SourceSettings, preset: str | None = None) -> FieldMap:
        """Build the map of a preset, that of the settings for None, with the site's own names over it.

        Raises
        ------
        SettingsError
            For an unknown preset or field, naming the nearest, and for a name that cannot be used.
        """
        preset = preset or settings.preset or "default"
        if preset not in _PRESETS:
            raise SettingsError(
                f"unknown setting source.preset {preset!r}; {nearest(preset, _PRESETS)} (one of {', '.join(_PRESETS)})"
            )
        names = dict(_PRESETS[preset])
        for field, site_names in settings.fields.items():
            if field not in names:
                raise SettingsError(f"unknown field {field!r} in source.fields; {nearest(str(field), names)}")
            names[field] = _checked_names(field, site_names)
        return cls(preset, names)

    def first(self, field: str, record: Mapping[Any, Any]) -> tuple[str, Any]:
        """Return the site's name and value of the first field that holds something, else ``("", None)``."""
        for name in self.names[field]:  # the loop of `every`, without the generator, which would take most of the time
            value = record.get(name)
            if value is None and "." in name:
                value = _reach(record, name)
            if value is not None and value != "":
                return name, value
        return "", None

    def every(self, field: str, record: Mapping[Any, Any]) -> Iterator[tuple[str, Any]]:
        """Yield the site's name and value of each field that holds something, in order of preference."""
        for name in self.names[field]:
            value = record.get(name)
            if value is None and "." in name:
                value = _reach(record, name)
            if value is not None and value != "":
                yield name, value


def _checked_names(field: str, site_names: Any) -> tuple[str, ...]:
    names = (site_names,) if isinstance(site_names, str) else site_names
    if not isinstance(names, Sequence) or not names or not all(isinstance(name, str) and name for name in names):
        raise SettingsError(f"source.fields.{field} must be the name of a field of the site's, got {site_names!r}")
    for name in names:
        if name.partition(".")[0] in FORBIDDEN:
            raise SettingsError(
                f"source.fields.{field} is {name!r}, which is never read: heat leaks the links, secured is opaque"
            )
    return tuple(names)


def _reach(record: Mapping[Any, Any], path: str) -> Any:
    value: Any = record
    for name in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value
