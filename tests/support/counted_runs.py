"""Runs of the job that are counted, or killed on the way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from recommender import Recommender


def read_record(site: Path) -> dict[str, Any]:
    """Return the record of a site's last run."""
    return json.loads((site / ".recommender" / "run.json").read_text(encoding="utf-8"))


class Killed(BaseException):
    """Ends a run as a kill would: nothing catches it."""


def kill_after(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """End the next run when it has made so many lists."""
    suggest_all = Recommender.suggest_all

    def until_killed(self: Recommender, *arguments: Any, **named: Any) -> Any:
        for made, suggestions in enumerate(suggest_all(self, *arguments, **named)):
            if made == count:
                raise Killed
            yield suggestions

    monkeypatch.setattr(Recommender, "suggest_all", until_killed)


def counting(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Return the numbers of trainings and lists of the runs that follow, as they grow."""
    counts = {"trainings": 0, "lists": 0}
    fit, suggest_all = Recommender.fit, Recommender.suggest_all

    def counted_fit(self: Recommender, *arguments: Any, **named: Any) -> Any:
        counts["trainings"] += 1
        return fit(self, *arguments, **named)

    def counted_lists(self: Recommender, *arguments: Any, **named: Any) -> Any:
        for suggestions in suggest_all(self, *arguments, **named):
            counts["lists"] += 1
            yield suggestions

    monkeypatch.setattr(Recommender, "fit", counted_fit)
    monkeypatch.setattr(Recommender, "suggest_all", counted_lists)
    return counts
