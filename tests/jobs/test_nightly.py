"""A job that operators can live with: its record, its lock, its off switch, and going on after a kill."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from recommender import Article, Corpus, Recommender, RecommenderError, Settings, SettingsError
from recommender.cli.main import main
from recommender.cli.progress import told
from recommender.jobs.backfill import BackFill
from recommender.jobs.folder import JobFolder, switched_off
from recommender.jobs.nightly import WriteBack, suggest_site, unsuggest_site
from recommender.jobs.record import Changes, Known, LastRun, expired
from recommender.jobs.resume import ResumeFolder, job_key
from recommender.selection.decisions import decide
from recommender.selection.scoring import BLOCK

ROOT = Path(__file__).resolve().parents[2]


def write_site(folder: Path, articles: Sequence[Article]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for one in articles:
        related = "".join(f"\n- url: {relation.url}" for relation in one.relations)
        (folder / f"{one.id}.md").write_text(
            f"---\ntitle: '{one.title}'\nexcerpt: {json.dumps(one.excerpt)}\nwebUrl: {one.url}\n"
            f"publishedDateTime: {one.published_at:%Y-%m-%dT%H:%M:%SZ}\nrelated:{related or ' []'}\n---\n",
            encoding="utf-8",
        )
    return folder


@pytest.fixture
def site(articles: tuple[Article, ...], tmp_path: Path) -> Path:
    return write_site(tmp_path / "coast", articles)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def record(site: Path) -> dict[str, Any]:
    return json.loads((site / ".recommender" / "run.json").read_text(encoding="utf-8"))


# The record.


def test_the_record_of_a_run_says_what_went_in_and_came_out(site: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    before = datetime.now(UTC) - timedelta(seconds=1)
    summary = suggest_site(site, output=out, write_back=WriteBack())
    found = record(site)
    assert found["outputs"] == {
        "suggestions": {"path": str(out), "sha256": hashlib.sha256(out.read_bytes()).hexdigest()}
    }
    assert found["inputs"]["articles"] == found["inputs"]["read"] == 12
    assert found["inputs"]["newest"] == "2025-03-12T06:00:00Z"
    assert found["model"]["version"] == "coast@2025-03-12T06:00:00Z"
    assert found["counts"]["suggestions"] == summary.suggestions == len(out.read_bytes().splitlines())
    assert found["counts"]["files"] == {"written": 12, "unchanged": 0, "left": 0}
    assert Settings.from_dict(found["settings"]) == Settings()
    assert before <= datetime.fromisoformat(found["started"]) + timedelta(seconds=1)
    assert found["started"] <= found["finished"]
    assert found["seconds"].keys() == {"read", "model", "suggest", "inbound"}
    assert (found["changes"], found["expires"], found["resumed"]) == (None, None, 0)
    assert (site / ".recommender" / ".gitignore").read_text(encoding="utf-8").endswith("*\n")
    assert {path.name for path in (site / ".recommender").iterdir()} == {".gitignore", "lock", "run.json", "known.json"}


def test_the_record_says_what_changed_since_the_last_run(
    site: Path, tmp_path: Path, articles: tuple[Article, ...]
) -> None:
    out = tmp_path / "out.jsonl"
    suggest_site(site, output=out)
    first = record(site)
    same = suggest_site(site, output=out)
    assert same.changes == Changes(first["finished"], (), (), (), (), 0, 0)
    assert same.changes.line() in same.lines()
    assert record(site)["inputs"]["sha256"] == first["inputs"]["sha256"]
    old = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    (site / "ferry-4.md").unlink()
    write_site(site, [replace(articles[0], title="Ferry crews call strike over night shifts")])
    write_site(site, [replace(articles[1], id="new", url="https://coast.example/new", title="Night ferry to Elmsford")])
    changes = suggest_site(site, output=out).changes
    new = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    links = [{(one["source"], one["target"]) for one in each} for each in (old, new)]
    assert (changes.added, changes.gone, changes.changed) == (("new",), ("ferry-4",), ("ferry-1",))
    assert (changes.links_added, changes.links_gone) == (len(links[1] - links[0]), len(links[0] - links[1]))
    assert changes.links_gone >= 5
    assert "new" in changes.lists
    assert record(site)["changes"]["added"] == {"number": 1, "first": ["new"]}
    assert record(site)["inputs"]["sha256"] != first["inputs"]["sha256"]


def test_what_is_new_to_inbound_is_what_the_last_run_did_not_know(
    site: Path, tmp_path: Path, articles: tuple[Article, ...]
) -> None:
    back_fill = BackFill(tmp_path / "inbound.jsonl")
    suggest_site(site, output=tmp_path / "out.jsonl", back_fill=back_fill)
    assert len(_targets(back_fill.output)) == 7  # of the last week: nothing is known of a run before
    suggest_site(site, output=tmp_path / "out.jsonl", back_fill=back_fill)
    assert _targets(back_fill.output) == set()
    late = replace(articles[3], id="late", url="https://coast.example/late", title="Ferry strike: a diary")
    write_site(site, [late])
    suggest_site(site, output=tmp_path / "out.jsonl", back_fill=back_fill)
    assert _targets(back_fill.output) == {"late"}


def _targets(file: Path) -> set[str]:
    return {json.loads(line)["target"] for line in file.read_text(encoding="utf-8").splitlines()}


@pytest.mark.parametrize("name", ["run.json", "known.json"])
@pytest.mark.parametrize("damage", ["", "[]", '{"run": "x", "format": 1}'])
def test_a_record_that_does_not_hold_together_is_none(site: Path, tmp_path: Path, name: str, damage: str) -> None:
    suggest_site(site, output=tmp_path / "out.jsonl")
    folder = JobFolder.of_site(site, Settings())
    assert LastRun.of(folder) is not None
    (folder.path / name).write_text(damage, encoding="utf-8")
    assert LastRun.of(folder) is None
    assert suggest_site(site, output=tmp_path / "out.jsonl").changes is None
    assert LastRun.of(folder) is not None


def test_changes_are_told_apart() -> None:
    old = Known({"a": "1", "b": "1", "c": "1"}, {"a": ["b", "c"], "b": [], "c": ["a"]})
    new = Known({"b": "1", "c": "2", "d": "1"}, {"b": [], "c": ["d"], "d": ["c", "b"]})
    changes = Changes.between(old, new, "then")
    assert changes == Changes("then", ("d",), ("a",), ("c",), ("c", "d"), 3, 3)
    assert changes.line() == ("since then: 1 articles new, 1 gone, 1 changed; 2 lists changed, 3 links new, 3 gone")


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


# The lock.

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


def test_two_jobs_exclude_each_other_and_a_dead_ones_lock_is_none(site: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    with hold(site) as holder:
        for verb, more in (("suggest", ["--output", out]), ("suggest", ["--write", "front-matter"]), ("unsuggest", [])):
            result = run(verb, site, *more)
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


# The off switch.


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
    for more in ([], ["--output", tmp_path / "out.jsonl"], ["--write", "front-matter"]):
        result = run("suggest", site, *more)
        assert (result.exit_code, result.stdout) == (0, "")
        why = "RECOMMENDER_OFF is set" if how == "variable" else "job.enabled is false"
        assert result.stderr.startswith("switched off, nothing was written: ")
        assert why in result.stderr
    assert suggest_site(site, output=tmp_path / "out.jsonl") is None
    assert not (tmp_path / "out.jsonl").exists()
    assert sorted((path.name, path.read_bytes()) for path in site.iterdir()) == before


# Expiry.


def test_suggestions_expire_where_no_run_renews_them(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {path.name: path.read_bytes() for path in site.glob("*.md")}
    (site / "recommender.yaml").write_text("job: {expire_days: 3}\n", encoding="utf-8")
    assert run("suggest", site, "--write", "front-matter").exit_code == 0
    written = {path.name: path.read_bytes() for path in site.glob("*.md")}
    assert written != before
    found = record(site)
    finished, until = (datetime.fromisoformat(found[name]) for name in ("finished", "expires"))
    assert until == finished + timedelta(days=3)
    assert not expired(found, finished)
    assert expired(found, until)
    assert "not expired, nothing was changed" in run("unsuggest", site, "--expired").stderr
    assert {path.name: path.read_bytes() for path in site.glob("*.md")} == written
    found["expires"] = found["finished"]
    (site / ".recommender" / "run.json").write_text(json.dumps(found), encoding="utf-8")
    assert "files 12 written" in run("unsuggest", site, "--expired").stderr
    assert {path.name: path.read_bytes() for path in site.glob("*.md")} == before


def test_without_a_term_nothing_expires(site: Path) -> None:
    assert unsuggest_site(site, Settings(), only_expired=True) is None
    suggest_site(site, write_back=WriteBack())
    assert not expired(record(site), datetime.max.replace(tzinfo=UTC))
    assert unsuggest_site(site, Settings(), only_expired=True) is None
    with pytest.raises(SettingsError, match=r"'job\.expire_days' must be above 0, got 0"):
        Settings.from_dict({"job": {"expire_days": 0}})


# Going on.


class Killed(BaseException):
    """Ends a run as a kill would: nothing catches it."""


def killed_after(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """End the next run when it has made so many lists."""
    usual = Recommender.suggest_all

    def until(self: Recommender, *given: Any, **named: Any) -> Any:
        for made, each in enumerate(usual(self, *given, **named)):
            if made == count:
                raise Killed
            yield each

    monkeypatch.setattr(Recommender, "suggest_all", until)


def counting(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Count the trainings and the lists of the runs that follow."""
    counts = {"trainings": 0, "lists": 0}
    fit, every = Recommender.fit, Recommender.suggest_all

    def counted_fit(self: Recommender, *given: Any, **named: Any) -> Any:
        counts["trainings"] += 1
        return fit(self, *given, **named)

    def counted_lists(self: Recommender, *given: Any, **named: Any) -> Any:
        for each in every(self, *given, **named):
            counts["lists"] += 1
            yield each

    monkeypatch.setattr(Recommender, "fit", counted_fit)
    monkeypatch.setattr(Recommender, "suggest_all", counted_lists)
    return counts


@pytest.fixture
def newsroom_copy(tmp_path: Path) -> Path:
    import shutil

    return shutil.copytree(ROOT / "examples" / "newsroom", tmp_path / "newsroom")


@pytest.mark.parametrize("selection", [{}, {"exposure": 0.012}])
def test_a_killed_job_goes_on_to_the_same_bytes(
    newsroom_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, selection: dict[str, Any]
) -> None:
    settings = Settings.from_dict({"selection": selection})
    whole, resumed = tmp_path / "whole.jsonl", tmp_path / "resumed.jsonl"
    suggest_site(newsroom_copy, settings, whole)
    with monkeypatch.context() as patch:
        killed_after(BLOCK + 20, patch)
        with pytest.raises(Killed):
            suggest_site(newsroom_copy, settings, resumed)
    assert not resumed.exists()
    with monkeypatch.context() as patch:
        counts = counting(patch)
        summary = suggest_site(newsroom_copy, settings, resumed, resume=True)
    assert counts == {"trainings": 0, "lists": len(summary.corpus) - BLOCK}
    assert summary.resumed == BLOCK
    assert f"resumed after {BLOCK} articles" in summary.lines()
    assert resumed.read_bytes() == whole.read_bytes()
    assert not (newsroom_copy / ".recommender" / "resume").exists()
    assert record(newsroom_copy)["resumed"] == BLOCK


def test_write_back_goes_on_to_the_same_bytes(
    newsroom_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def contents() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted(newsroom_copy.rglob("*.md"))}

    with monkeypatch.context() as patch:
        killed_after(BLOCK + 20, patch)
        with pytest.raises(Killed):
            suggest_site(newsroom_copy, write_back=WriteBack())
    before = contents()
    suggest_site(newsroom_copy, write_back=WriteBack(), resume=True)
    resumed = contents()
    assert resumed != before
    unsuggest_site(newsroom_copy, Settings())
    assert contents() == before
    suggest_site(newsroom_copy, write_back=WriteBack())
    assert contents() == resumed


def _another_article(site: Path) -> None:
    (site / "_news" / "2025-12-30-late.md").write_text(
        "---\ntitle: Late\nwebUrl: https://x.example/late\npublishedDateTime: 2025-12-30T00:00:00Z\n---\n",
        encoding="utf-8",
    )


def _another_setting(site: Path) -> None:
    (site / "recommender.yaml").write_text("selection: {k: 4}\n", encoding="utf-8")


def _a_decision(site: Path) -> None:
    from recommender import read_articles

    corpus = read_articles(site)
    decide(site, corpus, "reject", corpus[60].id, corpus[58].id, "Ana", "outdated")


@pytest.mark.parametrize("change", [_another_article, _another_setting, _a_decision])
def test_another_job_does_not_go_on_with_it(
    newsroom_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None]
) -> None:
    with monkeypatch.context() as patch:
        killed_after(BLOCK + 20, patch)
        with pytest.raises(Killed):
            suggest_site(newsroom_copy, output=tmp_path / "out.jsonl")
    change(newsroom_copy)
    with monkeypatch.context() as patch:
        counts = counting(patch)
        summary = suggest_site(newsroom_copy, output=tmp_path / "resumed.jsonl", resume=True)
    assert summary.resumed == 0
    assert counts == {"trainings": 1, "lists": len(summary.corpus)}
    suggest_site(newsroom_copy, output=tmp_path / "whole.jsonl")
    assert (tmp_path / "resumed.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_without_resume_what_was_left_is_forgotten(
    newsroom_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        killed_after(BLOCK + 20, patch)
        with pytest.raises(Killed):
            suggest_site(newsroom_copy, output=tmp_path / "out.jsonl")
    counts = counting(monkeypatch)
    assert suggest_site(newsroom_copy, output=tmp_path / "out.jsonl").resumed == 0
    assert counts["trainings"] == 1


def test_a_torn_line_of_the_spool_is_made_again(fitted: Recommender, tmp_path: Path) -> None:
    usual = list(fitted.suggest_all(k=5))
    spool = ResumeFolder(tmp_path / "resume")
    spool.start("key")
    assert list(spool.lists(fitted, 5, 1)) == usual
    file = tmp_path / "resume" / "lists.jsonl"
    whole = file.read_bytes()
    assert spool.done(len(usual)) == len(usual)
    file.write_bytes(whole[:-10])
    assert spool.done(len(usual)) == len(usual) - len(usual) % BLOCK
    assert list(spool.lists(fitted, 5, 1)) == usual
    assert file.read_bytes() == whole
    assert spool.holds("key")
    assert not spool.holds("other")


def test_the_key_of_a_job_is_that_of_all_that_makes_its_bytes(corpus: Corpus, tmp_path: Path) -> None:
    from recommender.selection.decisions import Decision, Decisions

    made = Decisions([Decision("reject", "a", "b", "Ana", datetime(2026, 1, 1, tzinfo=UTC), "x")])
    Recommender().fit(corpus).save(tmp_path / "model")
    keys = {
        job_key("a", Settings(), Decisions(), None),
        job_key("b", Settings(), Decisions(), None),
        job_key("a", Settings.from_dict({"selection": {"k": 3}}), Decisions(), None),
        job_key("a", Settings(), made, None),
        job_key("a", Settings(), Decisions(), tmp_path / "model"),
    }
    assert len(keys) == 5


def test_resume_is_for_jobs_that_write(site: Path) -> None:
    result = run("suggest", site, "--resume")
    assert result.exit_code == 2
    assert "nothing to resume for a job that writes no file" in result.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills by signal")
def test_a_job_killed_at_any_moment_goes_on_to_the_same_bytes(newsroom_copy: Path, tmp_path: Path) -> None:
    whole, out = tmp_path / "whole.jsonl", tmp_path / "out.jsonl"
    command = [sys.executable, "-m", "recommender.cli.main", "suggest", str(newsroom_copy), "--output"]
    subprocess.run([*command, str(whole)], check=True, capture_output=True)
    lists = newsroom_copy / ".recommender" / "resume" / "lists.jsonl"
    for least in (1, 40_000):
        with subprocess.Popen([*command, str(out)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as job:
            while job.poll() is None and not (lists.exists() and lists.stat().st_size >= least):
                time.sleep(0.002)
            job.kill()
        assert not out.exists() or out.read_bytes() == whole.read_bytes()
        out.unlink(missing_ok=True)
        subprocess.run([*command, str(out), "--resume"], check=True, capture_output=True)
        assert out.read_bytes() == whole.read_bytes()
        out.unlink()


# Progress.


def test_progress_in_a_log_is_a_line_for_each_tenth(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(told(iter(range(1200)), 1200)) == list(range(1200))
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "suggesting: 120 of 1,200 articles"
    assert lines[-1] == "suggesting: 1,200 of 1,200 articles"
    assert len(lines) == 10
    assert list(told(iter(range(230)), 230)) == list(range(230))
    assert [line.split()[1] for line in capsys.readouterr().err.splitlines()] == ["100", "200", "230"]
    assert list(told(iter("ab"), 2)) == ["a", "b"]
    assert capsys.readouterr().err == ""
