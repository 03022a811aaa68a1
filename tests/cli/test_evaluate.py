"""The verb evaluate."""

from __future__ import annotations

import json
from pathlib import Path

from support.command_line import assert_one_line_and_exit_2, run


def test_relations_of_one_kind_are_measured_by_an_option(newsroom_copy: Path, site: Path, tmp_path: Path) -> None:
    result = run("evaluate", newsroom_copy, "--relations", "related", "--json", tmp_path / "report.json")
    assert result.exit_code == 0
    assert "of kind related; those of other kinds are left out." in result.stdout
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["data"]["relations"] == "related"
    assert_one_line_and_exit_2(run("evaluate", site, "--relations", "body"), "there are: related")
