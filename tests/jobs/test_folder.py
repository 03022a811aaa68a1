"""The job's folder: where it is, its lock, and the job's off switch."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.command_line import run

from recommender import RecommenderError, Settings
from recommender.jobs.folder import JobFolder, switched_off
from recommender.jobs.nightly import suggest_site

HOLD = """
import sys, time
from pathlib import Path
from recommender import Settings
from recommender.jobs.folder import JobFolder

with JobFolder.of_site(Path(sys.argv[1]), Settings()).locked():
    print("held", flush=True)
    time.sleep(600)
"""


def hold(site: Path) -> subprocess.Popen[str]:
    """Return a process that holds the lock of a site."""
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(site)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "held\n"
    return holder


def test_a_job_that_writes_no_file_leaves_nothing_behind(site: Path) -> None:
    assert run("suggest", site).exit_code == 0
    assert run("suggest", site, "--write", "front-matter", "--dry-run").exit_code == 0
    assert run("unsuggest", site, "--dry-run").exit_code == 0
    assert not (site / ".recommender").exists()


def test_the_folder_of_the_job_may_be_elsewhere(site: Path, tmp_path: Path) -> None:
    (site / "recommender.yaml").write_text(f"job: {{folder: {tmp_path / 'state'}}}\n", encoding="utf-8")
    assert run("suggest", site, "--output", tmp_path / "out.jsonl").exit_code == 0
    assert (tmp_path / "state" / "run.json").is_file()
    assert not (site / ".recommender").exists()
    (tmp_path / "file").write_text("", encoding="utf-8")
    (site / "recommender.yaml").write_text(f"job: {{folder: {tmp_path / 'file'}}}\n", encoding="utf-8")
    result = run("suggest", site, "--output", tmp_path / "out.jsonl")
    assert result.exit_code == 2
    assert "name another folder by job.folder" in result.stderr


def test_a_site_that_may_only_be_read_is_suggested_for_without_a_record(
    site: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (site / ".recommender").write_text("no folder can be made here", encoding="utf-8")
    assert run("suggest", site, "--output", tmp_path / "out.jsonl").exit_code == 0
    assert (tmp_path / "out.jsonl").read_bytes()
    assert "this run keeps no record" in caplog.text
    assert run("suggest", site, "--output", tmp_path / "out.jsonl", "--resume").exit_code == 2
    assert run("suggest", site, "--write", "front-matter").exit_code == 2


def test_two_jobs_exclude_each_other_and_a_dead_ones_lock_is_none(site: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    with hold(site) as holder:
        for verb, options in (
            ("suggest", ["--output", out]),
            ("suggest", ["--write", "front-matter"]),
            ("unsuggest", []),
        ):
            result = run(verb, site, *options)
            assert result.exit_code == 2
            assert f"another job is at work on this site: process {holder.pid} on " in result.stderr
        assert not out.exists()
        assert run("suggest", site).exit_code == 0  # it writes no file
        assert run("suggest", site, "--write", "front-matter", "--dry-run").exit_code == 0
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    assert (site / ".recommender" / "holder.json").is_file()  # it could not clear up
    assert run("suggest", site, "--output", out).exit_code == 0
    assert not (site / ".recommender" / "holder.json").exists()


def test_a_lock_is_given_back_where_a_job_fails(site: Path) -> None:
    folder = JobFolder.of_site(site, Settings())
    with pytest.raises(ZeroDivisionError), folder.locked():
        raise ZeroDivisionError
    with folder.locked(), pytest.raises(RecommenderError, match="another job is at work"), folder.locked():
        pass
    with folder.locked():
        pass


@pytest.mark.parametrize(("value", "off"), [("1", True), ("yes", True), ("0", False), ("", False), ("False", False)])
def test_the_variable_switches_the_job_off(monkeypatch: pytest.MonkeyPatch, value: str, off: bool) -> None:
    monkeypatch.setenv("RECOMMENDER_OFF", value)
    assert (switched_off(Settings()) is not None) == off


@pytest.mark.parametrize("how", ["setting", "variable"])
def test_a_job_that_is_switched_off_writes_nothing_and_says_so(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    if how == "variable":
        monkeypatch.setenv("RECOMMENDER_OFF", "1")
    else:
        (site / "recommender.yaml").write_text("job: {enabled: false}\n", encoding="utf-8")
    before = sorted((path.name, path.read_bytes()) for path in site.iterdir())
    for options in ([], ["--output", tmp_path / "out.jsonl"], ["--write", "front-matter"]):
        result = run("suggest", site, *options)
        assert (result.exit_code, result.stdout) == (0, "")
        reason = "RECOMMENDER_OFF is set" if how == "variable" else "job.enabled is false"
        assert result.stderr.startswith("switched off, nothing was written: ")
        assert reason in result.stderr
    assert suggest_site(site, output=tmp_path / "out.jsonl") is None
    assert not (tmp_path / "out.jsonl").exists()
    assert sorted((path.name, path.read_bytes()) for path in site.iterdir()) == before
