"""The verbs accept and reject."""

from __future__ import annotations

import json
import re
from pathlib import Path

from support.command_line import assert_one_line_and_exit_2, json_lines, run


def test_a_rejection_is_noted_and_the_next_job_heeds_it(site: Path) -> None:
    result = run("reject", site, "ferry-2", "https://coast.example/ferry-3", "--who", "Ana", "--why", "outdated")
    file = site / "decisions.jsonl"
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"reject: ferry-2 -> ferry-3, noted in {file}\n"
    [line] = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    assert (line["verdict"], line["source"], line["target"]) == ("reject", "ferry-2", "ferry-3")
    assert (line["who"], line["why"]) == ("Ana", "outdated")
    explanation = run("explain", site, "ferry-2", "ferry-3").stdout
    assert re.search(r"not suggested: rejected for ferry-2 by Ana on \d{4}-\d\d-\d\d: outdated", explanation)
    rows = json_lines(run("suggest", site).stdout)
    assert ("ferry-2", "ferry-3") not in {(row["source"], row["target"]) for row in rows}
    assert ("ferry-3", "ferry-2") in {(row["source"], row["target"]) for row in rows}
    accepted = run("accept", site, "/ferry-2", "ferry-3", "--who", "Ben")
    assert (accepted.exit_code, accepted.stdout) == (0, "")
    assert accepted.stderr.startswith(f"accept: ferry-2 -> ferry-3, noted in {file}; the next training learns from it")
    assert "only rules.pin shows it always" in accepted.stderr
    assert "suggested, at rank" in run("explain", site, "ferry-2", "ferry-3").stdout
    assert len(file.read_text(encoding="utf-8").splitlines()) == 2


def test_a_decision_on_an_unknown_article_is_one_line(site: Path) -> None:
    result = run("reject", site, "ferry-2", "fery-3", "--who", "Ana", "--why", "outdated")
    assert_one_line_and_exit_2(result, "no article has the id 'fery-3'; did you mean ferry-")
    assert not (site / "decisions.jsonl").exists()


def test_titles_and_paths_are_names_too_and_a_rejection_needs_no_reason(site: Path) -> None:
    title = "ferry strike  begins: DECKHANDS leave islands cut off"
    assert run("reject", site, title, "./ferry-3.md", "--who", "Ana").exit_code == 0
    [line] = map(json.loads, (site / "decisions.jsonl").read_text(encoding="utf-8").splitlines())
    assert (line["source"], line["target"], line["why"]) == ("ferry-2", "ferry-3", "")
    assert (line["source_url"], line["target_url"]) == (
        "https://coast.example/ferry-2",
        "https://coast.example/ferry-3",
    )
    verdict = run("explain", site, title, "https://coast.example/ferry-3").stdout
    assert re.search(r"not suggested: rejected for ferry-2 by Ana on [\d-]+\n", verdict)


def test_a_decision_without_effect_is_a_line_of_every_verb_and_of_the_record(site: Path, tmp_path: Path) -> None:
    assert run("reject", site, "ferry-2", "ferry-3", "--who", "Ana").exit_code == 0
    (site / "ferry-3.md").unlink()
    line = "1 of 1 decisions without effect, as they name no article; for instance ferry-2 -> ferry-3: no article"
    assert line in run("explain", site, "ferry-2", "ferry-1").stderr
    assert line in run("show", site).stderr
    assert line in run("suggest", site, "--output", tmp_path / "suggestions.jsonl").stderr
    record = json.loads((site / ".recommender" / "run.json").read_text(encoding="utf-8"))
    assert [warning for warning in record["warnings"] if line in warning]


def test_root_and_content_folder_of_a_site_share_settings_decisions_and_records(tmp_path: Path) -> None:
    (tmp_path / "hugo.toml").write_text("baseURL = 'https://coast.example/'\n", encoding="utf-8")
    (tmp_path / "recommender.yaml").write_text("selection: {threshold: 0, k: 2}\n", encoding="utf-8")
    content = tmp_path / "content"
    content.mkdir()
    for name in ("strike", "ferry", "island", "harbor"):
        text = f"---\ntitle: Ferry {name}\ndate: 2025-01-02\n---\nThe ferry to the {name} sails.\n"
        (content / f"{name}.md").write_text(text, encoding="utf-8")
    output = tmp_path / "out.jsonl"
    assert run("reject", content, "strike", "ferry", "--who", "Ana").exit_code == 0
    assert run("suggest", content, "--output", output).exit_code == 0
    lists = json_lines(output.read_text(encoding="utf-8"))
    assert [line["target"] for line in lists if line["source"] == "strike"] == ["harbor", "island"]
    assert "rejected for strike by Ana" in run("explain", tmp_path, "strike", "ferry").stdout
    assert (tmp_path / ".recommender" / "run.json").is_file()
    assert [path.name for path in content.iterdir() if path.suffix != ".md"] == []
