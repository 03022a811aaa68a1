"""How far a job is, as a log shows it."""

from __future__ import annotations

import pytest

from recommender.cli.output import progress_lines


def test_progress_in_a_log_is_a_line_for_each_tenth(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(progress_lines(iter(range(1200)), 1200)) == list(range(1200))
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "suggesting: 120 of 1,200 articles"
    assert lines[-1] == "suggesting: 1,200 of 1,200 articles"
    assert len(lines) == 10
    assert list(progress_lines(iter(range(230)), 230)) == list(range(230))
    assert [line.split()[1] for line in capsys.readouterr().err.splitlines()] == ["100", "200", "230"]
    assert list(progress_lines(iter("ab"), 2)) == ["a", "b"]
    assert capsys.readouterr().err == ""
