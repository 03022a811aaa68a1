"""Going on after a kill: to the same bytes, and only with the work of the very same job."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.command_line import run
from support.counted_runs import Killed, counting, kill_after, read_record

from recommender import Recommender, Settings, read_articles
from recommender.jobs.nightly import suggest_site
from recommender.jobs.resume import ResumeFolder
from recommender.jobs.unsuggest import unsuggest_site
from recommender.jobs.writer import WriteBack
from recommender.selection.decisions import decide
from recommender.selection.scoring import BLOCK


@pytest.mark.parametrize("selection", [{}, {"exposure": 0.012}])
def test_a_killed_job_goes_on_to_the_same_bytes(
    newsroom_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, selection: dict[str, Any]
) -> None:
    settings = Settings.from_dict({"selection": selection})
    whole, resumed = tmp_path / "whole.jsonl", tmp_path / "resumed.jsonl"
    suggest_site(newsroom_copy, settings, whole)
    with monkeypatch.context() as patch:
        kill_after(BLOCK + 20, patch)
        with pytest.raises(Killed):
            suggest_site(newsroom_copy, settings, resumed)
    assert not resumed.exists()
    with monkeypatch.context() as patch:
        counts = counting(patch)
        summary = suggest_site(newsroom_copy, settings, resumed, resume=True)
    assert counts == {"trainings": 0, "lists": len(summary.corpus) - BLOCK}
    assert summary.record.resumed == BLOCK
    assert f"resumed after {BLOCK} articles" in summary.lines()
    assert resumed.read_bytes() == whole.read_bytes()
    assert not (newsroom_copy / ".recommender" / "resume").exists()
    assert read_record(newsroom_copy)["resumed"] == BLOCK


def test_write_back_goes_on_to_the_same_bytes(
    newsroom_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def contents() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted(newsroom_copy.rglob("*.md"))}

    with monkeypatch.context() as patch:
        kill_after(BLOCK + 20, patch)
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
    corpus = read_articles(site)
    decide(site, corpus, "reject", corpus[60].id, corpus[58].id, "Ana", "outdated")


@pytest.mark.parametrize("change", [_another_article, _another_setting, _a_decision])
def test_another_job_does_not_go_on_with_it(
    newsroom_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None]
) -> None:
    with monkeypatch.context() as patch:
        kill_after(BLOCK + 20, patch)
        with pytest.raises(Killed):
            suggest_site(newsroom_copy, output=tmp_path / "out.jsonl")
    change(newsroom_copy)
    with monkeypatch.context() as patch:
        counts = counting(patch)
        summary = suggest_site(newsroom_copy, output=tmp_path / "resumed.jsonl", resume=True)
    assert summary.record.resumed == 0
    assert counts == {"trainings": 1, "lists": len(summary.corpus)}
    suggest_site(newsroom_copy, output=tmp_path / "whole.jsonl")
    assert (tmp_path / "resumed.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_without_resume_what_was_left_is_forgotten(
    newsroom_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        kill_after(BLOCK + 20, patch)
        with pytest.raises(Killed):
            suggest_site(newsroom_copy, output=tmp_path / "out.jsonl")
    counts = counting(monkeypatch)
    assert suggest_site(newsroom_copy, output=tmp_path / "out.jsonl").record.resumed == 0
    assert counts["trainings"] == 1


def test_a_torn_list_is_made_again(fitted: Recommender, tmp_path: Path) -> None:
    expected = list(fitted.suggest_all(k=5))
    work = ResumeFolder(tmp_path / "resume")
    work.begin("key", resume=False)
    assert list(work.lists(fitted, 5, 1)) == expected
    file = tmp_path / "resume" / "lists.jsonl"
    whole = file.read_bytes()
    assert work.count(len(expected)) == len(expected)
    file.write_bytes(whole[:-10])
    assert work.count(len(expected)) == len(expected) - len(expected) % BLOCK
    assert list(work.lists(fitted, 5, 1)) == expected
    assert file.read_bytes() == whole
    work.begin("key", resume=True)
    assert file.read_bytes() == whole
    work.begin("other", resume=True)
    assert not file.exists()


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
