"""Business rules: the standing instructions of an editor's office about links, checked when they are made."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import msgspec

from recommender.core.errors import SettingsError
from recommender.core.settings_checks import (
    DurationInDays,
    Number,
    PositiveCount,
    PositiveDays,
    Text,
    check_fields,
    check_names,
)

# Settings of another stage that people look for among the rules.
_OF_SELECTION = frozenset({"k", "threshold", "only_published", "repeat_curated", "diversity"})


class Pin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A link that stands first in its source's list; both are ids or addresses."""

    source: Text
    target: Text


# What the entries of each list are, and how an error describes them.
_LISTS: dict[str, tuple[Any, str]] = {
    "pin": (Pin, "entries of a source and a target"),
    "never": (tuple[Text, Text], "pairs like [one, other]"),
    "never_topics": (tuple[Text, Text], "pairs like [one, other]"),
    "block_sources": (Text, "texts"),
    "block_targets": (Text, "texts"),
    "block_providers": (Text, "texts"),
}


@dataclass(frozen=True)
class Rules:
    """The standing instructions of a site. Articles are named by id or by any of their addresses.

    An article of which the quality, date or language is unknown passes the rule about it.

    Parameters
    ----------
    pin
        Links that stand first, in this order, whatever they score.
    never
        Pairs of articles that are not suggested for each other, either way.
    never_topics
        Pairs of topics whose articles, and those of the topics below them, are not suggested for each other.
    block_sources, block_targets
        Articles that get no suggestions; articles that are never suggested.
    block_providers
        Names or domains of providers whose articles are never suggested.
    most_per_provider
        How many suggestions of one provider an article gets at most.
    least_quality
        In the site's own unit; an article of less quality is not suggested.
    oldest_days
        An article that was published more days than this before the source is not suggested.
    half_life_days
        The odds of a target halve with each of these periods that it was published before the source.

    Raises
    ------
    SettingsError
        For a value of the wrong type or range.

    >>> Rules.from_dict({"never": [["a", "b"]], "least_quality": 40}).never
    (('a', 'b'),)
    """

    pin: tuple[Pin, ...] = ()
    never: tuple[tuple[str, str], ...] = ()
    never_topics: tuple[tuple[str, str], ...] = ()
    block_sources: tuple[str, ...] = ()
    block_targets: tuple[str, ...] = ()
    block_providers: tuple[str, ...] = ()
    most_per_provider: PositiveCount | None = None
    least_quality: Number | None = None
    oldest_days: DurationInDays | None = None
    half_life_days: PositiveDays | None = None

    def __post_init__(self) -> None:
        for name, (kind, description) in _LISTS.items():
            entries = getattr(self, name)
            if isinstance(entries, str | Mapping) or not isinstance(entries, Iterable):
                raise SettingsError(
                    f"setting 'rules.{name}' must be a list, got {entries!r}; begin each entry with a dash"
                )
            object.__setattr__(self, name, tuple(_entry(name, entry, kind, description) for entry in entries))
        check_fields(self, "rules")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build rules from a mapping, as it stands in a YAML file.

        Raises
        ------
        SettingsError
            For an unknown key, naming the nearest valid one, or a value of the wrong type or range.
        """
        for name in _OF_SELECTION.intersection(values):
            raise SettingsError(f"unknown setting 'rules.{name}'; it is selection.{name}")
        check_names(values, [field.name for field in dataclasses.fields(cls)], "rules")
        return cls(**{name: value for name, value in values.items() if value is not None})

    def to_dict(self) -> dict[str, Any]:
        """Return the rules that are set, JSON-ready; `from_dict` takes them back."""
        values = {field.name: (getattr(self, field.name), field.default) for field in dataclasses.fields(self)}
        changed = {name: value for name, (value, default) in values.items() if value != default}
        plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(changed))
        return plain


def _entry(name: str, entry: Any, kind: Any, description: str) -> Any:
    """Return an entry of a list as what the rule is made of: a pin, a pair or a text."""
    try:
        return msgspec.convert(msgspec.structs.asdict(entry) if isinstance(entry, Pin) else entry, kind)
    except msgspec.ValidationError as error:
        is_bare = any(f"got `{number}`" in str(error) for number in ("int", "float", "date"))
        hint = "; put it in quotes" if is_bare else ""
        raise SettingsError(f"setting 'rules.{name}' must hold {description}, got {entry!r}{hint}") from error
