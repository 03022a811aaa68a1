"""The record of a run: what went in and came out, what changed since, and until when it counts."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.command_line import run, write_articles
from support.counted_runs import read_record

from recommender import Article, Settings, SettingsError
from recommender.jobs.folder import JobFolder
from recommender.jobs.nightly import suggest_site
from recommender.jobs.record import Known, Record, RecordedRun, changes_between
from recommender.jobs.unsuggest import unsuggest_site
from recommender.jobs.writer import WriteBack


def folder_of(site: Path) -> JobFolder:
    return JobFolder.of_site(site, Settings())


def test_the_record_of_a_run_says_what_went_in_and_came_out(site: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    before = datetime.now(UTC) - timedelta(seconds=1)
    summary = suggest_site(site, output=output, write_back=WriteBack())
    record = read_record(site)
    sha256 = hashlib.sha256(output.read_bytes()).hexdigest()
    assert record["outputs"]["suggestions"] == {"path": str(output), "sha256": sha256, "format": "jsonl"}
    assert record["outputs"].keys() == {"suggestions", "front_matter"}
    assert record["outputs"]["front_matter"]["path"] == str(site)
    assert record["inputs"]["articles"] == record["inputs"]["read"] == 12
    assert record["inputs"]["newest"] == "2025-03-12T06:00:00Z"
    assert record["model"] == {"version": "coast@2025-03-12T06:00:00Z", "ranker": "shipped", "folder": None}
    assert record["counts"]["suggestions"] == summary.record.counts.suggestions == len(output.read_bytes().splitlines())
    assert record["counts"]["files"] == {"written": 12, "unchanged": 0, "left": 0}
    assert record["counts"]["exposure"]["gini"] == summary.record.counts.exposure.gini
    assert Settings.from_dict(record["settings"]) == Settings()
    assert before <= datetime.fromisoformat(record["started"]) + timedelta(seconds=1)
    assert record["started"] <= record["finished"]
    assert list(record["seconds"]) == ["read", "model", "suggest", "inbound"]
    assert (record["changes"], record["expires"], record["resumed"]) == (None, None, 0)
    assert (record["unchanged_since"], record["warnings"]) == (None, [])
    assert (site / ".recommender" / ".gitignore").read_text(encoding="utf-8").endswith("*\n")
    assert {path.name for path in (site / ".recommender").iterdir()} == {".gitignore", "lock", "run.json", "known.json"}


def test_the_record_says_what_changed_since_the_last_run(
    site: Path, tmp_path: Path, articles: tuple[Article, ...]
) -> None:
    output = tmp_path / "out.jsonl"
    suggest_site(site, output=output)
    first = read_record(site)
    old = _links(output)
    (site / "ferry-4.md").unlink()
    write_articles(site, [replace(articles[0], title="Ferry crews call strike over night shifts")])
    new = replace(articles[1], id="new", url="https://coast.example/new", aliases=("https://coast.example/amp/new",))
    write_articles(site, [replace(new, title="Night ferry to Elmsford")])
    summary = suggest_site(site, output=output)
    changes = summary.record.changes
    assert changes["since"] == first["finished"]
    ids = {name: changes[name]["first"] for name in ("added", "gone", "changed")}
    assert ids == {"added": ["new"], "gone": ["ferry-4"], "changed": ["ferry-1"]}
    links_added, links_gone = len(_links(output) - old), len(old - _links(output))
    assert (changes["links_added"], changes["links_gone"]) == (links_added, links_gone)
    assert links_gone >= 5
    assert "new" in changes["lists"]["first"]
    line = f"since {first['finished']}: 1 articles new, 1 gone, 1 changed; {changes['lists']['number']} lists changed, "
    assert f"{line}{links_added} links new, {links_gone} gone" in summary.lines()
    assert read_record(site)["changes"]["added"] == {"number": 1, "first": ["new"]}
    assert read_record(site)["inputs"]["sha256"] != first["inputs"]["sha256"]


def _links(output: Path) -> set[tuple[str, str]]:
    rows = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    return {(row["source"], row["target"]) for row in rows}


def test_the_changes_between_two_runs() -> None:
    old = Known({"a": "1", "b": "1", "c": "1"}, {"a": ["b", "c"], "b": [], "c": ["a"]})
    new = Known({"b": "1", "c": "2", "d": "1"}, {"b": [], "c": ["d"], "d": ["c", "b"]})
    assert changes_between(old, new, datetime(2026, 1, 2, tzinfo=UTC)) == {
        "since": "2026-01-02T00:00:00Z",
        "added": {"number": 1, "first": ["d"]},
        "gone": {"number": 1, "first": ["a"]},
        "changed": {"number": 1, "first": ["c"]},
        "lists": {"number": 2, "first": ["c", "d"]},
        "links_added": 3,
        "links_gone": 3,
    }
    many = changes_between(Known(), Known({str(number): "1" for number in range(12)}), datetime.now(UTC))
    assert many["added"] == {"number": 12, "first": [str(number) for number in range(10)]}


@pytest.mark.parametrize("name", ["run.json", "known.json"])
@pytest.mark.parametrize("damage", ["", "[]", '{"run": "x", "format": 1}', "\xff", "[" * 100_000])
def test_a_damaged_record_is_none(site: Path, tmp_path: Path, name: str, damage: str) -> None:
    suggest_site(site, output=tmp_path / "out.jsonl")
    folder = folder_of(site)
    assert RecordedRun.read(folder) is not None
    (folder.path / name).write_text(damage, encoding="latin-1")
    assert RecordedRun.read(folder) is None
    assert suggest_site(site, output=tmp_path / "out.jsonl").record.changes is None
    assert RecordedRun.read(folder) is not None


@pytest.mark.parametrize("key", ["format", "run"])
def test_files_that_do_not_belong_together_are_no_record(site: Path, tmp_path: Path, key: str) -> None:
    suggest_site(site, output=tmp_path / "out.jsonl")
    record = read_record(site) | {key: {"format": 99, "run": "another"}[key]}
    (site / ".recommender" / "run.json").write_text(json.dumps(record), encoding="utf-8")
    assert RecordedRun.read(folder_of(site)) is None


def test_a_record_from_before_the_digest_still_says_what_changed(site: Path, tmp_path: Path) -> None:
    suggest_site(site, output=tmp_path / "out.jsonl")
    record = read_record(site)
    for key in ("digest", "unchanged_since", "warnings"):
        del record[key]
    del record["counts"]["exposure"]
    (site / ".recommender" / "run.json").write_text(json.dumps(record), encoding="utf-8")
    summary = suggest_site(site, output=tmp_path / "out.jsonl")
    assert summary.record.unchanged_since is None
    finished = datetime.fromisoformat(record["finished"])
    assert summary.record.changes == changes_between(Known(), Known(), finished)


def test_warnings_are_on_record_and_said_again_where_nothing_changed(site: Path, tmp_path: Path) -> None:
    (site / "decisions.jsonl").write_text('{"verdict": "rej', encoding="utf-8")
    first = suggest_site(site, output=tmp_path / "out.jsonl")
    assert read_record(site)["warnings"] == list(first.record.warnings) != []
    again = suggest_site(site, output=tmp_path / "out.jsonl")
    assert again.record.unchanged_since is not None
    assert again.record.warnings == first.record.warnings


def test_a_site_without_suggestions_has_a_record(site: Path, tmp_path: Path) -> None:
    settings = Settings.from_dict({"selection": {"threshold": 1.0}})
    for _ in range(2):
        assert suggest_site(site, settings, tmp_path / "out.jsonl").record.counts.suggestions == 0
        assert read_record(site)["counts"]["exposure"] is None


def test_suggestions_expire_where_no_run_renews_them(site: Path) -> None:
    before = {path.name: path.read_bytes() for path in site.glob("*.md")}
    (site / "recommender.yaml").write_text("job: {expire_days: 3}\n", encoding="utf-8")
    for _ in range(2):  # a run that leaves everything as it is renews them, too
        assert run("suggest", site, "--write", "front-matter").exit_code == 0
        record = Record.read(folder_of(site))
        assert record.expires == record.finished + timedelta(days=3)
        assert not record.expired(record.finished)
        assert record.expired(record.expires)
    written = {path.name: path.read_bytes() for path in site.glob("*.md")}
    assert written != before
    assert "not expired, nothing was changed" in run("unsuggest", site, "--expired").stderr
    assert {path.name: path.read_bytes() for path in site.glob("*.md")} == written
    values = read_record(site)
    values["expires"] = values["finished"]
    (site / ".recommender" / "run.json").write_text(json.dumps(values), encoding="utf-8")
    assert "files 12 written" in run("unsuggest", site, "--expired").stderr
    assert {path.name: path.read_bytes() for path in site.glob("*.md")} == before


def test_without_a_term_nothing_expires(site: Path) -> None:
    assert unsuggest_site(site, Settings(), only_expired=True) is None
    suggest_site(site, write_back=WriteBack())
    assert not Record.read(folder_of(site)).expired(datetime.max.replace(tzinfo=UTC))
    assert unsuggest_site(site, Settings(), only_expired=True) is None
    with pytest.raises(SettingsError, match=r"'job\.expire_days' must be above 0, got 0"):
        Settings.from_dict({"job": {"expire_days": 0}})
