"""The verbs inbound and orphans."""

from __future__ import annotations

import re
from pathlib import Path

from support.command_line import json_lines, run


def test_inbound_says_who_should_point_at_an_article(site: Path) -> None:
    result = run("inbound", site, "https://coast.example/wind-4", "-k", 2, "--threshold", 0)
    assert result.exit_code == 0, result.output
    first, *rest = result.stdout.splitlines()
    assert first == "wind-4: Harrow Hill turbines stand still, villagers sleep"
    assert len(rest) == 2
    assert all(re.match(r"  0\.\d{3}  wind-\d: ", line) for line in rest)
    rows = json_lines(run("inbound", site, "wind-4", "-k", 2, "--threshold", 0, "--json").stdout)
    assert [line.split()[1].rstrip(":") for line in rest] == [row["source"] for row in rows]
    assert "nothing should point at it" in run("inbound", site, "ferry-1", "--threshold", 0).stdout
    every = ("inbound", site, "ferry-2", "-k", 99, "--threshold", 0)
    assert "ferry-4" not in run(*every).stdout
    assert "breach-4" in run(*every, "--any-age").stdout
    assert "breach-4" not in run("inbound", site, "ferry-2", "-k", 99, "--any-age").stdout, "unlikely"


def test_orphans_are_listed_with_their_best_sources(site: Path) -> None:
    (site / "recommender.yaml").write_text("selection: {k: 1}\nrules: {block_targets: [wind-4]}\n", encoding="utf-8")
    result = run("orphans", site)
    assert result.exit_code == 0, result.output
    assert result.stdout.endswith("sleep\n  business rules let nothing point at it\n")
    rows = json_lines(run("orphans", site, "--json", "-k", 2).stdout)
    assert f"{len(rows)} of 12 articles are orphans" in result.stderr
    assert rows[-1]["orphan"] == "wind-4"
    assert all(len(row["sources"]) == 2 for row in rows[:-1])
    assert result.stdout.count("\n  0.") == 3 * (len(rows) - 1)
