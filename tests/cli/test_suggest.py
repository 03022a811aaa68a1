"""The verb suggest: data on stdout, the rest on stderr."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from support.command_line import assert_one_line_and_exit_2, json_lines, run, run_alone, write_articles, write_file

from recommender import Article, Recommender, Settings, read_articles

KEYS = [
    *("source", "target", "rank", "score", "kind", "reasons", "title", "url", "provider", "published_at"),
    *("model", "source_url", "duplicates"),
]


def test_a_suggestion_is_a_line_of_json_with_these_keys(site: Path) -> None:
    result = run("suggest", site, "-k", 2, "--threshold", 0)
    assert result.exit_code == 0, result.output
    rows = json_lines(result.stdout)
    assert len(rows) == 24
    for row in rows:
        assert list(row) == KEYS
        assert all(list(reason) == ["feature", "text", "share"] for reason in row["reasons"])
        assert abs(sum(reason["share"] for reason in row["reasons"]) - row["score"]) < 0.002
    first = rows[0]
    assert (first["source"], first["rank"], first["provider"]) == ("ferry-1", 1, "Coast Courier")
    assert first["target"].startswith("ferry-")
    assert first["url"] == f"https://coast.example/{first['target']}"
    assert re.fullmatch(r"2025-03-\d\dT06:00:00Z", first["published_at"])
    assert first["model"] == "coast@2025-03-12T06:00:00Z"


def test_suggestions_are_those_of_the_model(site: Path, articles: tuple[Article, ...]) -> None:
    lists = dict(Recommender().fit(articles).suggest_all(k=1, threshold=0))
    rows = {row["source"]: row["target"] for row in json_lines(run("suggest", site, "-k", 1, "--threshold", 0).stdout)}
    assert rows == {name: suggestions[0].target_id for name, suggestions in lists.items()}


def test_nothing_but_data_is_on_stdout_and_nothing_but_text_on_stderr(site: Path, tmp_path: Path) -> None:
    result = run_alone("suggest", site)
    again = run_alone("suggest", site, "--output", tmp_path / "out.jsonl", "--jobs", 2)
    assert (result.returncode, again.returncode) == (0, 0)
    assert all(json.loads(line)["kind"] for line in result.stdout.decode().splitlines())
    assert b"{" not in result.stderr
    assert b"\x1b" not in result.stderr + result.stdout
    assert again.stdout == b""
    assert (tmp_path / "out.jsonl").read_bytes() == result.stdout


def test_the_number_of_jobs_changes_no_byte(newsroom_copy: Path, tmp_path: Path) -> None:
    outputs = []
    for jobs in (1, 2):
        result = run("suggest", newsroom_copy, "--jobs", jobs, "--output", tmp_path / f"{jobs}.jsonl")
        assert result.exit_code == 0
        outputs.append((tmp_path / f"{jobs}.jsonl").read_bytes())
    assert outputs[0] == outputs[1]
    assert outputs[0]


def test_k_and_threshold_are_heeded_and_beat_the_settings_file(site: Path, tmp_path: Path) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text("selection: {k: 2, threshold: 0.3}\n", encoding="utf-8")
    lists: dict[str, list[float]] = {}
    for arguments in ((), ("--threshold", 0), ("-k", 1)):
        rows = json_lines(run("suggest", site, "--settings", settings, *arguments).stdout)
        lists[str(arguments)] = [row["score"] for row in rows]
        assert max(row["rank"] for row in rows) == (1 if "-k" in arguments else 2)
    default, all_scores, first = lists.values()
    assert min(default) >= 0.3 > min(all_scores)
    assert min(first) >= 0.3
    assert default == [score for score in all_scores if score >= 0.3]


def test_the_default_and_sure_as_an_option_and_as_a_setting_are_the_rankers_two_scores(newsroom_copy: Path) -> None:
    settings = newsroom_copy / "recommender.yaml"
    settings.write_text("ranker: {learn: shipped}\n", encoding="utf-8")
    options = ((), ("--threshold", "sure"), ("--threshold", 0))
    usual, sure, filled = (json_lines(run("suggest", newsroom_copy, *more).stdout) for more in options)
    model = Recommender(Settings.of_site(newsroom_copy)).fit(read_articles(newsroom_copy))
    for rows, least in ((usual, model.threshold), (sure, model.ranker.sure)):
        expected = [(row["source"], row["target"]) for row in filled if row["score"] >= least]
        assert [(row["source"], row["target"]) for row in rows] == expected
    assert len({len(usual), len(sure), len(filled)}) == 3
    settings.write_text("ranker: {learn: shipped}\nselection: {threshold: sure}\n", encoding="utf-8")
    assert json_lines(run("suggest", newsroom_copy).stdout) == sure


@pytest.mark.parametrize("verb", ["suggest", "show", "inbound"])
@pytest.mark.parametrize("threshold", ["banana", "Sure", 2, -0.1, "nan", ""])
def test_a_threshold_of_no_use_is_one_line(site: Path, verb: str, threshold: object) -> None:
    result = run(verb, site, *(["ferry-1"] if verb == "inbound" else []), "--threshold", threshold)
    assert_one_line_and_exit_2(result, rf"threshold'? must be .*in \[0, 1\], or sure, got '?{threshold}'?")


def test_the_same_text_is_listed_not_suggested_again(site: Path, articles: tuple[Article, ...]) -> None:
    copy = replace(articles[3], id="wire", url="https://wire.example/1", aliases=("https://wire.example/2",))
    write_articles(site, [replace(copy, published_at=copy.published_at + timedelta(hours=1), relations=())])
    (site / "recommender.yaml").write_text("selection: {threshold: 0}\n", encoding="utf-8")
    result = run("suggest", site, "-k", 4)
    rows = json_lines(result.stdout)
    assert {row["target"]: row["duplicates"] for row in rows}["ferry-2"] == ["wire"]
    assert [row["kind"] for row in rows if row["source"] == "wire" and row["target"] == "ferry-2"] == ["duplicate"]
    listed = sum(len(row["duplicates"]) for row in rows)
    assert f"{listed} more listed as the same text" in result.stderr
    plain = run("explain", site, "ferry-1", "wire").stdout
    [rank] = [row["rank"] for row in rows if (row["source"], row["target"]) == ("ferry-1", "ferry-2")]
    assert f"listed under ferry-2, the same text, at rank {rank}\n" in plain
    assert f"  ferry-2: {articles[3].title}\n" in plain
    assert "(and 1 with the same text)" in " ".join(run("show", site, "--articles", 12).stdout.split())


def test_a_failed_job_leaves_the_output_of_the_last_one(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "out" / "suggestions.jsonl"
    assert run("suggest", site, "--output", output).exit_code == 0
    before = output.read_bytes()
    assert before

    def fail_in_the_middle(model: Recommender, **_: object) -> object:
        yield model.corpus[0].id, model.suggest(model.corpus[0].id)
        raise MemoryError("in the middle")

    write_file(site, "new.md", "title: New, so that the output of the last job does not stand")
    monkeypatch.setattr(Recommender, "suggest_all", fail_in_the_middle)
    result = run("suggest", site, "--output", output)
    assert isinstance(result.exception, MemoryError)
    assert output.read_bytes() == before
    assert [file.name for file in output.parent.iterdir()] == ["suggestions.jsonl"]


def test_an_output_that_cannot_be_written_is_one_line(site: Path, tmp_path: Path) -> None:
    assert_one_line_and_exit_2(run("suggest", site, "--output", site), "coast: Is a directory")
    (tmp_path / "file").write_bytes(b"")
    assert_one_line_and_exit_2(run("suggest", site, "--output", tmp_path / "file" / "x"), "file")


def test_the_sites_own_rules_are_heeded_and_a_slip_in_them_is_one_line(site: Path, tmp_path: Path) -> None:
    rules = site / "recommender.yaml"
    rules.write_text("rules:\n  block_targets: [ferry-3]\n", encoding="utf-8")
    result = run("explain", site, "ferry-2", "ferry-3")
    assert "not suggested: a business rule blocks ferry-3 everywhere (rules.block_targets)" in result.stdout
    assert '"target": "ferry-3"' not in run("suggest", site).stdout
    settings = tmp_path / "other.yaml"
    settings.write_text("rules:\n  block_targets: []\n", encoding="utf-8")
    assert '"target": "ferry-3"' in run("suggest", site, "--settings", settings).stdout
    rules.write_text("rules:\n  block_targets: [ferry]\n", encoding="utf-8")
    for verb in ("suggest", "show", "train"):
        options = ["--model", tmp_path / "model"] if verb == "train" else []
        result = run(verb, site, *options)
        assert result.exit_code == 0
        assert "rules.block_targets: no article has the id 'ferry'; did you mean ferry-1" in result.stderr


def test_a_torn_line_of_decisions_is_reported_and_the_job_goes_on(site: Path) -> None:
    (site / "decisions.jsonl").write_text('{"verdict": "rej', encoding="utf-8")
    for verb in ("suggest", "show"):
        result = run(verb, site)
        assert result.exit_code == 0
        assert f"{site / 'decisions.jsonl'}:1: holds no decision" in result.stderr


def test_the_job_writes_what_should_point_at_new_articles(site: Path, tmp_path: Path) -> None:
    (site / "recommender.yaml").write_text("selection: {threshold: 0}\n", encoding="utf-8")
    out, inbound = tmp_path / "out.jsonl", tmp_path / "inbound.jsonl"
    run("suggest", site, "--output", out, "--inbound", inbound)
    assert len({json.loads(line)["target"] for line in inbound.read_text().splitlines()}) == 7
    result = run("suggest", site, "--output", out, "--inbound", inbound, "--since", "2025-03-11")
    assert result.exit_code == 0, result.output
    assert {json.loads(line)["target"] for line in inbound.read_text().splitlines()} == {"breach-4", "wind-4"}
    assert "inbound 10 links" in result.stderr
    assert_one_line_and_exit_2(run("suggest", site, "--since", "2025-03-11"), "add --inbound FILE")
    assert "is no date like 2026-01-31" in run("suggest", site, "--inbound", inbound, "--since", "x").stderr
