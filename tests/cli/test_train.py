"""The verbs train and inspect, and the option --model."""

from __future__ import annotations

import json
import re
from pathlib import Path

from support.command_line import NEWSROOM, assert_one_line_and_exit_2, run

from recommender import Recommender


def test_a_trained_model_gives_the_bytes_of_training_on_the_spot(site: Path, tmp_path: Path) -> None:
    for folder in (site, NEWSROOM):
        trained = run("train", folder, "--model", tmp_path / "model")
        assert trained.exit_code == 0
        assert trained.stdout == ""
        given = run("suggest", folder, "--model", tmp_path / "model")
        assert given.exit_code == 0
        assert given.stdout == run("suggest", folder).stdout != ""
        assert f"by the {Recommender.load(tmp_path / 'model').ranker.kind} ranker" in given.stderr


def test_a_training_by_command_learns_from_what_was_accepted(site: Path, tmp_path: Path) -> None:
    (site / "recommender.yaml").write_text("ranker: {least_sources: 7, trees: 5}\n", encoding="utf-8")
    assert "shipped ranker" in run("train", site, "--model", tmp_path / "before").stderr
    assert run("accept", site, "breach-3", "breach-2", "--who", "Ana").exit_code == 0
    assert "shipped ranker" not in run("train", site, "--model", tmp_path / "after").stderr


def test_inspect_tells_what_a_model_holds(site: Path, tmp_path: Path) -> None:
    run("train", site, "--model", tmp_path / "model")
    result = run("inspect", tmp_path / "model")
    assert result.exit_code == 0
    assert result.stdout.startswith("coast@2025-03-12T06:00:00Z\n")
    assert re.search(r"articles +12\n", result.stdout)
    assert re.search(r"relations +10\n", result.stdout)
    for file in (tmp_path / "model").iterdir():
        assert file.name in result.stdout or file.name == "manifest.json"


def test_model_folders_of_no_use_are_one_line(site: Path, tmp_path: Path) -> None:
    model = tmp_path / "model"
    run("train", site, "--model", model)
    manifest = json.loads((model / "manifest.json").read_text(encoding="utf-8"))
    (model / "manifest.json").write_text(json.dumps({**manifest, "format": 99}), encoding="utf-8")
    for arguments in (["suggest", site, "--model"], ["explain", site, "ferry-1", "ferry-2", "--model"], ["inspect"]):
        assert_one_line_and_exit_2(run(*arguments, model), "has the model format 99")
        assert_one_line_and_exit_2(run(*arguments, tmp_path / "none"), "none is no model folder")
    assert_one_line_and_exit_2(run("train", site, "--model", site), "exists and is no model folder")
    assert len(list(site.iterdir())) == 12
