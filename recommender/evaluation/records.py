"""The parts of reports and audits, and how they become JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from recommender.evaluation.measures import PRIMARY

_KEYS = {"ndcg": PRIMARY, "candidate_recall": "candidate recall"}  # in JSON, where they differ from the fields' names


@dataclass(frozen=True, slots=True)
class Record:
    """A dataclass that turns itself, and the records in it, into JSON-ready values."""

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values; floats rounded to six places, None where undefined."""
        return {_KEYS.get(field.name, field.name): json_ready(getattr(self, field.name)) for field in fields(self)}

    def to_json(self) -> str:
        """Return `to_dict` as JSON; the same values give the same bytes."""
        return json.dumps(self.to_dict(), sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def json_ready(value: Any) -> Any:
    """Return a value of a record, or what is made of such values, as JSON has it.

    >>> json_ready({"shares": (2 / 3, math.nan)})
    {'shares': [0.666667, None]}
    """
    if isinstance(value, Record):
        return value.to_dict()
    if isinstance(value, float):
        return round(float(value), 6) + 0.0 if math.isfinite(value) else None  # + 0.0 turns -0.0 into 0.0
    if isinstance(value, Mapping):
        return {name: json_ready(part) for name, part in value.items()}
    return [json_ready(part) for part in value] if isinstance(value, tuple) else value
