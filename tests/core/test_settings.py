"""Settings: defaults that work, and errors that name the setting, the value and the way out."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from recommender import Article, Recommender, Settings, SettingsError
from recommender.core.settings import CandidateSettings, RankerSettings, SelectionSettings

CHANGED = {
    "source": {"preset": "hugo", "fields": {"excerpt": "summary"}, "strict": True, "kind": "hugo"},
    "candidates": {"text": 7, "title": 0, "recent": 3, "linked": 2, "seeds": 1, "same_language": False},
    "ranker": {"least_sources": 9, "trees": 5, "leaves": 4, "learning_rate": 0.5, "calibration_share": 0.3},
    "selection": {
        "k": 2,
        "threshold": 0.25,
        "only_published": True,
        "repeat_curated": False,
        "collapse_duplicates": False,
        "diversity": 0.2,
    },
}


def test_every_stage_runs_from_its_defaults() -> None:
    assert Settings.from_dict({}) == Settings()
    assert Settings.from_dict({"selection": None, "ranker": {}}) == Settings()
    assert Settings().selection == SelectionSettings(k=5, threshold=None, only_published=False, repeat_curated=True)


def test_settings_come_back_from_their_dicts() -> None:
    settings = Settings.from_dict(CHANGED)
    assert settings != Settings()
    assert Settings.from_dict(settings.to_dict()) == settings
    assert settings.to_dict()["selection"] == CHANGED["selection"]
    assert settings.to_dict()["source"] == CHANGED["source"]


def test_what_is_not_named_keeps_its_default() -> None:
    settings = Settings.from_dict({"selection": {"k": 3}})
    assert dataclasses.replace(settings.selection, k=5) == Settings().selection
    assert settings.ranker == Settings().ranker


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"selektion": {"k": 3}}, r"unknown setting 'selektion'; did you mean selection\?"),
        ({"selection": {"treshold": 0.5}}, r"unknown setting 'selection\.treshold'; did you mean threshold\?"),
        ({"ranker": {"tree": 5}}, r"unknown setting 'ranker\.tree'; did you mean trees\?"),
        ({"zzz": {}}, "unknown setting 'zzz'; nothing known comes near it"),
        ({5: {}}, "unknown setting 5;"),
        ({"selection": {5: 1}}, r"unknown setting 'selection\.5'"),
    ],
)
def test_an_unknown_key_names_the_nearest(values: dict, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        Settings.from_dict(values)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"selection": 3}, "setting 'selection' must be a mapping, got 3"),
        ({"selection": [1]}, r"setting 'selection' must be a mapping, got \[1\]"),
        ({"selection": {"k": "3"}}, "setting 'selection.k' must be of type int, got '3'"),
        ({"selection": {"k": 2.0}}, "setting 'selection.k' must be of type int, got 2.0"),
        ({"selection": {"k": True}}, "setting 'selection.k' must be of type int, got True"),
        ({"selection": {"k": None}}, "setting 'selection.k' must be of type int, got None"),
        ({"selection": {"threshold": "high"}}, r"'selection.threshold' must be in \[0, 1\], or sure, got 'high'"),
        ({"selection": {"only_published": 1}}, "setting 'selection.only_published' must be of type bool, got 1"),
        ({"selection": {"only_published": "no"}}, "must be of type bool, got 'no'"),
        ({"selection": {"collapse_duplicates": 0}}, "selection.collapse_duplicates' must be of type bool, got 0"),
        ({"selection": {"diversity": "much"}}, "selection.diversity' must be of type float, got 'much'"),
        ({"source": {"preset": 5}}, "setting 'source.preset' must be of type str, got 5"),
        ({"source": {"fields": ["title"]}}, r"setting 'source.fields' must be of type \w+, got \['title'\]"),
    ],
)
def test_a_value_of_another_type_is_named(values: dict, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        Settings.from_dict(values)


def test_a_whole_number_may_stand_for_a_probability() -> None:
    assert Settings.from_dict({"selection": {"threshold": 1}}).selection.threshold == 1
    assert Settings.from_dict({"selection": {"threshold": "sure"}}).selection.threshold == "sure"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"selection": {"k": 0}}, r"'selection\.k' must be at least 1, got 0"),
        ({"selection": {"threshold": -0.1}}, r"'selection\.threshold' must be in \[0, 1\], or sure, got -0.1"),
        ({"selection": {"threshold": 1.1}}, r"'selection\.threshold' must be in \[0, 1\], or sure, got 1.1"),
        ({"selection": {"threshold": float("nan")}}, r"'selection\.threshold' must be in \[0, 1\], or sure, got nan"),
        ({"selection": {"diversity": -0.1}}, r"'selection\.diversity' must be in \[0, 1\], got -0.1"),
        ({"selection": {"diversity": 2}}, r"'selection\.diversity' must be in \[0, 1\], got 2"),
        ({"selection": {"diversity": float("nan")}}, r"'selection\.diversity' must be in \[0, 1\], got nan"),
        ({"candidates": {"text": -1}}, r"candidates\.text' must be at least 0, got -1"),
        ({"candidates": {"seeds": -1}}, r"candidates\.seeds' must be at least 0, got -1"),
        ({"ranker": {"trees": 0}}, r"'ranker\.trees' must be at least 2, got 0"),
        ({"ranker": {"leaves": 1}}, r"'ranker\.leaves' must be at least 2, got 1"),
        ({"ranker": {"least_sources": 1}}, r"'ranker\.least_sources' must be at least 2, got 1"),
        ({"ranker": {"most_sources": 0}}, r"'ranker\.most_sources' must be at least 1, got 0"),
        ({"ranker": {"learning_rate": 0}}, r"'ranker\.learning_rate' must be above 0 and at most 1, got 0"),
        ({"ranker": {"learning_rate": 1.5}}, r"'ranker\.learning_rate' must be above 0 and at most 1, got 1.5"),
        ({"ranker": {"calibration_share": 0}}, r"'ranker\.calibration_share' must be between 0 and 1, got 0"),
        ({"ranker": {"calibration_share": 1}}, r"'ranker\.calibration_share' must be between 0 and 1, got 1"),
    ],
)
def test_a_value_out_of_range_is_named(values: dict, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        Settings.from_dict(values)


def test_ranges_are_checked_without_a_file_too() -> None:
    with pytest.raises(SettingsError, match=r"'selection\.k' must be of type int, got 2\.5"):
        SelectionSettings(k=2.5)
    with pytest.raises(SettingsError, match=r"'ranker\.trees' must be of type int, got '9'"):
        RankerSettings(trees="9")
    with pytest.raises(SettingsError, match=r"'candidates\.recent' must be at least 0, got -3"):
        CandidateSettings(recent=-3)


def test_yaml_overrides_and_leaves_the_rest(tmp_path: Path) -> None:
    file = tmp_path / "site.yaml"
    file.write_text("\ufeff# ours\nselection:\n  k: 3\nranker:\n", encoding="utf-8")
    assert Settings.from_yaml(file) == Settings(selection=SelectionSettings(k=3))
    assert Settings.from_yaml(str(file)) == Settings.from_yaml(file)


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n"])
def test_an_empty_file_means_the_defaults(tmp_path: Path, text: str) -> None:
    (tmp_path / "site.yaml").write_text(text, encoding="utf-8")
    assert Settings.from_yaml(tmp_path / "site.yaml") == Settings()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"- selection\n", r"site\.yaml must hold a mapping of stages, got a list"),
        (b"just text\n", r"site\.yaml must hold a mapping of stages, got a str"),
        (b"selection: [\n", r"cannot read the settings .*site\.yaml: .*line 2"),
        (b"\xff\xfe\x00", r"cannot read the settings .*site\.yaml: "),
        (b"selection: !!python/object/apply:os.getcwd []\n", r"cannot read the settings .*site\.yaml: "),
        (b"selection: {k: 0}\n", r"site\.yaml: .*'selection\.k' must be at least 1, got 0"),
        (b"selection: {treshold: 1}\n", r"site\.yaml: unknown setting 'selection\.treshold'; did you mean threshold"),
    ],
)
def test_a_file_of_no_use_is_named_in_one_line(tmp_path: Path, data: bytes, said: str) -> None:
    (tmp_path / "site.yaml").write_bytes(data)
    with pytest.raises(SettingsError, match=said) as caught:
        Settings.from_yaml(tmp_path / "site.yaml")
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot read the settings .*none\.yaml"):
        Settings.from_yaml(tmp_path / "none.yaml")


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'k'"):
        Settings().selection.k = 3


def test_settings_are_heeded_and_an_argument_beats_them(articles: tuple[Article, ...]) -> None:
    model = Recommender(Settings.from_dict({"selection": {"k": 2, "threshold": 0.3}})).fit(articles)
    usual = Recommender().fit(articles)
    for article in articles:
        scores = [one.score for one in usual.suggest(article.id, threshold=0)]
        assert [one.score for one in model.suggest(article.id)] == [score for score in scores[:2] if score >= 0.3]
        assert [one.score for one in model.suggest(article.id, k=5, threshold=0)] == scores


def test_fewer_candidates_are_fewer_suggestions(articles: tuple[Article, ...]) -> None:
    settings = Settings.from_dict({"candidates": {"text": 2, "title": 0, "recent": 0, "linked": 0}})
    lists = dict(Recommender(settings).fit(articles).suggest_all(k=100, threshold=0))
    assert {len(found) for found in lists.values()} == {2}
