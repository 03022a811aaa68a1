"""Rules as they are read: what is taken, what is refused, and where the file is found."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from recommender import Settings, SettingsError
from recommender.core.files import site_file, site_root
from recommender.core.rules import Pin, Rules

ALL = {
    "pin": [{"source": "a", "target": "b"}],
    "never": [["a", "c"]],
    "never_topics": [["Crime", "Travel"]],
    "block_sources": ["d"],
    "block_targets": ["e", "f"],
    "block_providers": ["Tabloid"],
    "most_per_provider": 2,
    "least_quality": 40,
    "oldest_days": 730.5,
    "half_life_days": 365,
}


def test_every_rule_is_read_and_comes_back() -> None:
    rules = Settings.from_dict({"rules": ALL}).rules
    assert rules == Rules(
        pin=(Pin("a", "b"),),
        never=(("a", "c"),),
        never_topics=(("Crime", "Travel"),),
        block_sources=("d",),
        block_targets=("e", "f"),
        block_providers=("Tabloid",),
        most_per_provider=2,
        least_quality=40,
        oldest_days=730.5,
        half_life_days=365,
    )
    settings = Settings(rules=rules)
    assert settings.to_dict()["rules"] == ALL
    assert Settings.from_dict(settings.to_dict()) == settings


def test_without_rules_settings_are_written_as_before() -> None:
    assert "rules" not in Settings().to_dict()
    assert Settings.from_dict({"rules": {"pin": None}}) == Settings()


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"blok_targets": ["a"]}, r"unknown setting 'rules\.blok_targets'; did you mean block_targets or "),
        ({"k": 3}, r"unknown setting 'rules\.k'; it is selection\.k"),
        ({"block_targets": "a"}, r"'rules\.block_targets' must be a list, got 'a'"),
        ({"block_targets": [2025]}, r"'rules\.block_targets' must hold texts, got 2025; put it in quotes"),
        ({"block_targets": [date(2025, 1, 1)]}, r"must hold texts, got datetime\.date\(2025, 1, 1\); put it in quotes"),
        ({"least_quality": float("inf")}, r"'rules\.least_quality' must be a number, got inf"),
        ({"block_targets": [None]}, r"'rules\.block_targets' must hold texts, got None"),
        ({"block_targets": [" "]}, r"'rules\.block_targets' must hold texts, got ' '"),
        ({"pin": [["a", "b"]]}, r"'rules\.pin' must hold entries of a source and a target, got \['a', 'b'\]"),
        ({"pin": [{"source": "a"}]}, "entries of a source and a target"),
        ({"pin": [{"source": "a", "target": "b", "why": "c"}]}, "entries of a source and a target"),
        (
            {"pin": [{"source": "a", "target": 5}]},
            r"must hold entries .*'target': 5}; put it in quotes",
        ),
        ({"pin": {"source": "a", "target": "b"}}, r"'rules\.pin' must be a list"),
        ({"never": ["ab"]}, r"'rules\.never' must hold pairs like \[one, other\], got 'ab'"),
        ({"never": [["a"]]}, r"must hold pairs like \[one, other\], got \['a'\]"),
        ({"never_topics": [["a", "b", "c"]]}, r"'rules\.never_topics' must hold pairs"),
        ({"most_per_provider": 0}, r"'rules\.most_per_provider' must be at least 1, got 0"),
        ({"most_per_provider": True}, "must be of type int, got True"),
        ({"least_quality": "high"}, r"'rules\.least_quality' must be of type float, got 'high'"),
        ({"least_quality": True}, "must be of type float, got True"),
        ({"oldest_days": float("nan")}, r"'rules\.oldest_days' must be at least 0, got nan"),
        ({"oldest_days": -1}, r"'rules\.oldest_days' must be at least 0, got -1"),
        ({"half_life_days": 0}, r"'rules\.half_life_days' must be above 0, got 0"),
    ],
)
def test_what_cannot_be_a_rule_is_named(rules: dict, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        Settings.from_dict({"rules": rules})


def test_rules_are_checked_without_a_file_too() -> None:
    with pytest.raises(SettingsError, match=r"'rules\.block_targets' must be a list"):
        Rules(block_targets="a")
    with pytest.raises(SettingsError, match=r"'rules\.pin' must hold entries of a source and a target, got Pin"):
        Rules(pin=[Pin("a", " ")])
    assert Rules(block_targets=["a"]) == Rules(block_targets=("a",))


def test_a_list_given_twice_is_an_error_and_not_lost(tmp_path: Path) -> None:
    file = tmp_path / "recommender.yaml"
    file.write_text("rules:\n  never: [[a, b]]\n  never: [[c, d]]\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"cannot read the settings .*: it names never more than once.*line 2"):
        Settings.from_yaml(file)


def test_the_file_is_found_at_the_root_or_beside(tmp_path: Path) -> None:
    (tmp_path / "_news").mkdir()
    lines = tmp_path / "articles.jsonl"
    lines.write_text("", encoding="utf-8")
    assert Settings.of_site(tmp_path) == Settings()
    (tmp_path / "recommender.yaml").write_text("selection: {k: 3}\n", encoding="utf-8")
    for site in (tmp_path, lines, tmp_path / "_news", tmp_path / "_news" / "a.md"):
        assert site_root(site) == tmp_path
        assert site_file(site, "recommender.yaml") == tmp_path / "recommender.yaml"
        assert Settings.of_site(site).selection.k == 3


def test_a_file_of_settings_beats_the_sites_own_key_by_key(tmp_path: Path) -> None:
    (tmp_path / "recommender.yaml").write_text(
        "selection: {k: 3, threshold: 0.2}\nrules:\n  block_targets: [a]\n", encoding="utf-8"
    )
    other = tmp_path / "other.yaml"
    other.write_text("selection: {k: 4}\nranker:\n", encoding="utf-8")
    settings = Settings.of_site(tmp_path, other)
    assert (settings.selection.k, settings.selection.threshold) == (4, 0.2)
    assert settings.rules == Rules(block_targets=("a",))


def test_an_error_names_the_file_it_is_in(tmp_path: Path) -> None:
    (tmp_path / "recommender.yaml").write_text("selection: {k: 3}\n", encoding="utf-8")
    other = tmp_path / "other.yaml"
    other.write_text("rules: {nevr: []}\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"other\.yaml: unknown setting 'rules\.nevr'; did you mean never or "):
        Settings.of_site(tmp_path, other)
