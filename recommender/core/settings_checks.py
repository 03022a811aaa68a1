"""Settings and rules, checked against their annotations by msgspec; every error names the setting and its value."""

from __future__ import annotations

import dataclasses
import re
import sys
import typing
from collections.abc import Iterable
from functools import cache
from numbers import Integral, Real
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from recommender.core.errors import SettingsError, nearest

FINITE = sys.float_info.max

# Their descriptions end the sentence "setting 'stage.name' must be ...".
Count = Annotated[int, Meta(ge=0, description="at least 0")]
PositiveCount = Annotated[int, Meta(ge=1, description="at least 1")]
CountFromTwo = Annotated[int, Meta(ge=2, description="at least 2")]
Probability = Annotated[float, Meta(ge=0, le=1, description="in [0, 1]")]
PositiveProbability = Annotated[float, Meta(gt=0, le=1, description="above 0 and at most 1")]
Threshold = Annotated[float, Meta(ge=0, le=1, description="in [0, 1], or sure")] | Literal["sure"]
InnerProbability = Annotated[float, Meta(gt=0, lt=1, description="between 0 and 1")]
Number = Annotated[float, Meta(ge=-FINITE, le=FINITE, description="a number")]
DurationInDays = Annotated[float, Meta(ge=0, le=FINITE, description="at least 0")]
PositiveDays = Annotated[float, Meta(gt=0, le=FINITE, description="above 0")]
Text = Annotated[str, Meta(pattern=r"\S", description="a text")]


def check_names(names: Iterable[object], known: Iterable[str], stage: str = "") -> None:
    """Refuse names that are no settings of a stage, or no stages, by a SettingsError with the nearest known names."""
    known = list(known)
    for name in names:
        if name not in known:
            full_name = f"{stage}.{name}" if stage else name
            raise SettingsError(f"unknown setting {full_name!r}; {nearest(str(name), known)}")


def check_fields(settings: Any, stage: str) -> None:
    """Refuse a dataclass of settings with a value that does not fit its annotation, by a SettingsError."""
    kind: type = type(settings)
    for name, hint in _hints(kind).items():
        value = getattr(settings, name)
        try:
            msgspec.convert(_plain_number(value), hint)
        except msgspec.ValidationError as error:
            expected = _type_expected(str(error)) or _description(hint)
            raise SettingsError(f"setting '{stage}.{name}' must be {expected}, got {value!r}") from error


@cache
def _hints(kind: type) -> dict[str, Any]:
    hints = typing.get_type_hints(kind, include_extras=True)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


def _plain_number(value: Any) -> Any:
    """Return numpy's numbers as Python's, which is what msgspec knows."""
    if isinstance(value, bool | int | float) or not isinstance(value, Real):
        return value
    return int(value) if isinstance(value, Integral) else float(value)


def _type_expected(error: str) -> str:
    """Return in words the type that msgspec wanted; empty where the type was right and the value out of range.

    >>> _type_expected("Expected `float | null`, got `str`")
    'of type float'
    """
    expected = re.match(r"Expected `([^`]*)`, got", error)
    names = expected[1].replace(" | null", "").replace(" | ", " or ") if expected else ""
    return f"of type {names.replace('object', 'mapping')}" if names else ""


def _description(hint: Any) -> str:
    """Return the description in an annotation, which may be one part of a union."""
    metas = (meta for part in (hint, *typing.get_args(hint)) for meta in getattr(part, "__metadata__", ()))
    return next((meta.description for meta in metas), "of another value")
