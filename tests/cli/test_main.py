"""The verbs and their help; what is wrong is one line and exit 2."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.command_line import NEWSROOM, assert_one_line_and_exit_2, run, run_alone

from recommender import __version__
from recommender.cli.main import main

VERBS = sorted(main.commands)


def test_all_verbs_are_there() -> None:
    assert {"suggest", "train", "evaluate", "explain", "inspect", "show"} <= set(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_help_has_an_example_of_the_verb(verb: str) -> None:
    result = run(verb, "--help")
    assert result.exit_code == 0
    assert f"Example: recommender {verb} " in " ".join(result.stdout.split())


def test_help_names_the_verbs() -> None:
    result = run("-h")
    assert result.exit_code == 0
    assert all(verb in result.stdout for verb in VERBS)
    assert f"version {__version__}" in run("--version").stdout


def test_the_examples_of_the_help_run(tmp_path: Path) -> None:
    lines, diff, *others = re.findall(r"Example: (recommender suggest .*)", run("suggest", "--help").stdout)
    shutil.copytree(NEWSROOM, tmp_path / "examples" / "newsroom")
    result = run_alone(*lines.split()[1:], cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert len((tmp_path / "suggestions.jsonl").read_bytes().splitlines()) > 300
    result = run_alone(*diff.split()[1:], cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(b"--- a/_news/")
    for example in others:
        result = run_alone(*example.split()[1:], cwd=tmp_path)
        assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("missing", "there is no such file or folder"),
        ("empty", "no article was found"),
        ("pictures", "no article was found"),
        ("notes.txt", "is neither Markdown"),
        ("lines.jsonl", "no article was found"),
    ],
)
@pytest.mark.parametrize("verb", ["suggest", "train", "evaluate", "show", "explain"])
def test_a_site_without_articles(tmp_path: Path, verb: str, name: str, why: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "pictures").mkdir()
    for file in ("pictures/a.png", "notes.txt", "lines.jsonl"):
        (tmp_path / file).write_bytes(b"")
    options = {"train": ["--model", tmp_path / "model"], "explain": ["a", "b"]}.get(verb, [])
    assert_one_line_and_exit_2(run(verb, tmp_path / name, *options), f"{name}: .*{why}")
    assert not (tmp_path / "model").exists()


def test_settings_of_no_use_are_one_line(site: Path, tmp_path: Path) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text("selection: {treshold: 0.5}\n", encoding="utf-8")
    assert_one_line_and_exit_2(
        run("suggest", site, "--settings", settings), r"settings\.yaml: .*did you mean threshold"
    )
    assert_one_line_and_exit_2(run("suggest", site, "--settings", tmp_path / "none.yaml"), "cannot read the settings")
    assert_one_line_and_exit_2(run("suggest", site, "--preset", "hugoo"), "did you mean hugo")


@pytest.mark.parametrize("arguments", [["-k", 0], ["--threshold", 2], ["--jobs", 0], ["--no-such-option"]])
def test_arguments_of_no_use_are_refused(site: Path, arguments: list[object]) -> None:
    result = run("suggest", site, *arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert str(arguments[0]) in result.stderr


def test_a_reader_that_goes_away_is_no_crash(site: Path) -> None:
    command = [sys.executable, "-m", "recommender.cli.main", "suggest", str(site)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        message = process.stderr.read()
    assert b"Traceback" not in message
