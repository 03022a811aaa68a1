"""House rules: what an editor's office says about links once and for all; checked when they are made."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any, Self

from recommender.core.errors import SettingsError, nearest

_ELSEWHERE = frozenset({"k", "threshold", "only_published", "repeat_curated", "diversity"})


@dataclass(frozen=True)
class Pin:
    """A link that stands first in its source's list; both are ids or addresses."""

    source: str
    target: str


@dataclass(frozen=True)
class Rules:
    """The standing instructions of a house. Articles are named by id or by any of their addresses.

    What is unknown of an article, such as its quality, date or language, is never held against it.

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
        In the site's own unit; what has less is not suggested.
    oldest_days
        What was published more days than this before the source is not suggested.
    half_life_days
        The odds of a target halve with each of these that it was published before the source.
    same_language
        Whether what is known to be of another language is not suggested; ``de`` and ``de-CH`` are one.

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
    most_per_provider: int | None = None
    least_quality: float | None = None
    oldest_days: float | None = None
    half_life_days: float | None = None
    same_language: bool = False

    def __post_init__(self) -> None:
        for name, read in (("pin", _pin), ("never", _pair), ("never_topics", _pair)):
            object.__setattr__(self, name, tuple(read(name, one) for one in _list(name, getattr(self, name))))
        for name in ("block_sources", "block_targets", "block_providers"):
            object.__setattr__(self, name, tuple(_text(name, one) for one in _list(name, getattr(self, name))))
        most = self.most_per_provider
        if most is not None and (not isinstance(most, int) or isinstance(most, bool) or most < 1):
            raise SettingsError(f"setting 'rules.most_per_provider' must be a whole number from 1, got {most!r}")
        for name, least in (("least_quality", -math.inf), ("oldest_days", 0.0), ("half_life_days", 0.0)):
            _number(name, getattr(self, name), least)
        if self.half_life_days == 0:
            raise SettingsError("setting 'rules.half_life_days' must be above 0, got 0; leave it out for no half-life")
        if not isinstance(self.same_language, bool):
            raise SettingsError(f"setting 'rules.same_language' must be true or false, got {self.same_language!r}")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build rules from a mapping, as it stands in a YAML file.

        Raises
        ------
        SettingsError
            For an unknown key, naming the nearest valid one, or a value of the wrong type or range.
        """
        names = [each.name for each in dataclasses.fields(cls)]
        for name in values:
            if name not in names:
                where = f"it is selection.{name}" if name in _ELSEWHERE else nearest(str(name), names)
                raise SettingsError(f"unknown setting {f'rules.{name}'!r}; {where}")
        return cls(**{name: value for name, value in values.items() if value is not None})

    def to_dict(self) -> dict[str, Any]:
        """Return what is set, JSON-ready; `from_dict` takes it back."""
        values: dict[str, Any] = {}
        for each in dataclasses.fields(self):
            value = getattr(self, each.name)
            if value != each.default:
                values[each.name] = list(map(_plain, value)) if isinstance(value, tuple) else value
        return values


def _plain(entry: Any) -> Any:
    if isinstance(entry, Pin):
        return dataclasses.asdict(entry)
    return list(entry) if isinstance(entry, tuple) else entry


def _list(name: str, value: Any) -> list[Any]:
    if isinstance(value, str | Mapping) or not isinstance(value, Iterable):
        raise SettingsError(f"setting 'rules.{name}' must be a list, got {value!r}; begin each entry with a dash")
    return list(value)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        hint = "; put it in quotes" if value is not None and not isinstance(value, str | list | Mapping) else ""
        raise SettingsError(f"setting 'rules.{name}' must hold texts, got {value!r}{hint}")
    return value


def _pin(name: str, value: Any) -> Pin:
    if isinstance(value, Pin):
        return Pin(_text(name, value.source), _text(name, value.target))
    if not isinstance(value, Mapping) or value.keys() != {"source", "target"}:
        raise SettingsError(f"setting 'rules.{name}' must hold entries of a source and a target, got {value!r}")
    return Pin(_text(f"{name}.source", value["source"]), _text(f"{name}.target", value["target"]))


def _pair(name: str, value: Any) -> tuple[str, str]:
    if isinstance(value, str | Mapping) or not isinstance(value, Iterable) or len(pair := list(value)) != 2:
        raise SettingsError(f"setting 'rules.{name}' must hold pairs like [one, other], got {value!r}")
    return _text(name, pair[0]), _text(name, pair[1])


def _number(name: str, value: Any, least: float) -> None:
    if value is None:
        return
    if not isinstance(value, Real) or isinstance(value, bool) or not math.isfinite(value):
        raise SettingsError(f"setting 'rules.{name}' must be a number, got {value!r}")
    if value < least:
        raise SettingsError(f"setting 'rules.{name}' must be at least {least:g}, got {value!r}")
