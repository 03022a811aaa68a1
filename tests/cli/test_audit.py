"""The verb audit."""

from __future__ import annotations

import json
import re
from pathlib import Path

from support.command_line import run, write_file


def test_an_audit_passes_within_its_limits_and_fails_over_them(site: Path) -> None:
    write_file(
        site,
        "note.md",
        "title: Note",
        "related:",
        "- url: https://coast.example/gone",
        "- url: https://coast.example/x",
    )
    result = run("audit", site)
    assert result.exit_code == 0, result.output
    assert re.search(r"^dead: lead to the site itself, where no article is +2$", result.stdout, re.MULTILINE)
    assert "note -> https://coast.example/gone" in result.stdout
    assert run("audit", site, "--max-dead", 2, "--max-removed", 0).exit_code == 0
    failed = run("audit", site, "--max-dead", 1, "--max-removed", 0, "--max-one-way", 3, "--json")
    assert failed.exit_code == 1
    assert failed.stderr == (
        "recommender: dead: 2, more than the limit of 1\nrecommender: one-way: 10, more than the limit of 3\n"
    )
    values = json.loads(failed.stdout)
    assert values["counts"]["dead"] == 2
    assert [row["file"] for row in values["findings"] if row["kind"] == "dead"] == [str(site / "note.md")] * 2
    assert values["relations"]["relations"] == values["links"] == 10
