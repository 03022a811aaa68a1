"""Nothing has changed: the output of the last run stands, and whatever has changed makes it anew."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.command_line import run, write_articles
from support.counted_runs import counting, read_record

from recommender import Article, Recommender, Settings, read_articles
from recommender.jobs.backfill import BackFill
from recommender.jobs.nightly import suggest_site
from recommender.jobs.record import Known, changes_between
from recommender.jobs.unsuggest import unsuggest_site
from recommender.jobs.writer import WriteBack
from recommender.selection.decisions import decide

NOTHING = {"trainings": 0, "lists": 0}


def articles_of(site: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(site.rglob("*.md"))}


@pytest.mark.parametrize("with_model", [False, True])
def test_where_nothing_changed_the_output_stands(
    newsroom_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, with_model: bool
) -> None:
    model = tmp_path / "model" if with_model else None
    if model is not None:
        Recommender(name="newsroom").fit(read_articles(newsroom_copy)).save(model)
    output = tmp_path / "out.jsonl"
    first = suggest_site(newsroom_copy, output=output, model_folder=model)
    made, written = read_record(newsroom_copy), output.stat()
    counts = counting(monkeypatch)
    for _ in range(2):
        last = read_record(newsroom_copy)
        summary = suggest_site(newsroom_copy, output=output, model_folder=model)
        assert counts == NOTHING
        assert output.stat() == written
        line = f"nothing changed since {made['finished']}; the output of that run stands"
        assert summary.lines() == [*first.lines(), line]
        finished = datetime.fromisoformat(last["finished"])
        assert summary.record.changes == changes_between(Known(), Known(), finished)
        record = read_record(newsroom_copy)
        assert record["unchanged_since"] == made["finished"]
        same = made.keys() - {"started", "finished", "seconds", "changes", "now", "unchanged_since"}
        assert {key: record[key] for key in same} == {key: made[key] for key in same}
        assert record["seconds"]["model"] == record["seconds"]["suggest"] == 0
    assert made["unchanged_since"] is None


def change_an_article(site: Path, output: Path) -> None:
    file = next((site / "_news").glob("*.md"))
    file.write_text(file.read_text(encoding="utf-8").replace("title: ", "title: Night ", 1), encoding="utf-8")


def change_a_setting(site: Path, output: Path) -> None:
    (site / "recommender.yaml").write_text("selection: {k: 4}\n", encoding="utf-8")


def reject_a_suggestion(site: Path, output: Path) -> None:
    decide(site, read_articles(site), "reject", *_first_pair(output), "Ana", "outdated")


def _first_pair(output: Path) -> tuple[str, str]:
    row = json.loads(output.read_text(encoding="utf-8").partition("\n")[0])
    return row["source"], row["target"]


def delete_the_output(site: Path, output: Path) -> None:
    output.unlink()


def edit_the_output(site: Path, output: Path) -> None:
    output.write_text(output.read_text(encoding="utf-8") + "\n", encoding="utf-8")


def edit_the_record(site: Path, output: Path) -> None:
    (site / ".recommender" / "known.json").write_text("{}", encoding="utf-8")


CHANGES = [
    change_an_article,
    change_a_setting,
    reject_a_suggestion,
    delete_the_output,
    edit_the_output,
    edit_the_record,
]


@pytest.mark.parametrize("change", CHANGES)
def test_what_changed_makes_the_output_anew(
    newsroom_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path, Path], None]
) -> None:
    output = tmp_path / "out.jsonl"
    suggest_site(newsroom_copy, output=output)
    change(newsroom_copy, output)
    with monkeypatch.context() as patch:
        counts = counting(patch)
        summary = suggest_site(newsroom_copy, output=output)
    assert counts == {"trainings": 1, "lists": len(summary.corpus)}
    assert summary.record.unchanged_since is None
    suggest_site(newsroom_copy, output=tmp_path / "other.jsonl")
    assert output.read_bytes() == (tmp_path / "other.jsonl").read_bytes()


def test_another_output_is_written(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    suggest_site(site, output=first)
    counts = counting(monkeypatch)
    suggest_site(site, output=second)
    assert counts["lists"] == 12
    assert second.read_bytes() == first.read_bytes()


def test_a_record_names_no_file_that_is_read(site: Path, tmp_path: Path) -> None:
    secret, output = tmp_path / "secret", tmp_path / "out.jsonl"
    suggest_site(site, output=output)
    expected = output.read_bytes()
    output.replace(secret)
    record = read_record(site)
    record["outputs"]["suggestions"]["path"] = str(secret)
    (site / ".recommender" / "run.json").write_text(json.dumps(record), encoding="utf-8")
    secret.write_bytes(b"")
    suggest_site(site, output=output)
    assert output.read_bytes() == expected


def test_another_model_makes_other_suggestions(site: Path, tmp_path: Path, articles: tuple[Article, ...]) -> None:
    model, output = tmp_path / "model", tmp_path / "out.jsonl"
    Recommender(name="coast").fit(articles).save(model)
    assert suggest_site(site, output=output, model_folder=model).record.unchanged_since is None
    assert suggest_site(site, output=output, model_folder=model).record.unchanged_since is not None
    Recommender(name="coast").fit(articles[:9]).save(model)
    assert suggest_site(site, output=output, model_folder=model).record.unchanged_since is None


def test_a_job_that_writes_no_file_makes_its_suggestions(site: Path, tmp_path: Path) -> None:
    assert run("suggest", site, "--output", tmp_path / "out.jsonl").exit_code == 0
    shown = run("suggest", site)
    assert shown.stdout == (tmp_path / "out.jsonl").read_text(encoding="utf-8")
    assert "nothing changed" not in shown.stderr
    assert "nothing changed since 2" in run("suggest", site, "--output", tmp_path / "out.jsonl").stderr


def test_what_was_written_into_articles_stands(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    suggest_site(site, write_back=WriteBack())
    written = articles_of(site)
    with monkeypatch.context() as patch:
        counts = counting(patch)
        summary = suggest_site(site, write_back=WriteBack())
    assert counts == NOTHING
    assert (summary.files.written, summary.files.unchanged, summary.files.left_alone) == (0, 12, ())
    assert read_record(site)["counts"]["files"] == {"written": 0, "unchanged": 12, "left": 0}
    unsuggest_site(site, Settings())
    assert articles_of(site) != written
    assert suggest_site(site, write_back=WriteBack()).record.unchanged_since is None
    assert articles_of(site) == written


def test_an_article_without_what_was_written_is_written_again(site: Path) -> None:
    before = articles_of(site)
    suggest_site(site, write_back=WriteBack())
    written = articles_of(site)
    (site / "ferry-2.md").write_bytes(before["ferry-2.md"])
    assert suggest_site(site, write_back=WriteBack()).files.written == 1
    assert articles_of(site) == written


def test_output_alone_does_not_stand_for_articles(site: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    suggest_site(site, output=output)
    assert suggest_site(site, output=output, write_back=WriteBack(dry_run=True)).files.written == 12
    assert suggest_site(site, output=output, write_back=WriteBack()).files.written == 12
    assert suggest_site(site, output=output, write_back=WriteBack()).record.unchanged_since is not None


def test_an_article_that_was_left_alone_is_tried_again(site: Path) -> None:
    file = site / "ferry-2.md"
    linked = site / ".kept" / "ferry-2.md"
    linked.parent.mkdir()
    file.rename(linked)
    file.symlink_to(linked)
    for _ in range(2):
        summary = suggest_site(site, write_back=WriteBack())
        assert summary.record.unchanged_since is None
        assert [error.path for error in summary.files.left_alone] == [file]
    file.unlink()
    linked.rename(file)
    assert suggest_site(site, write_back=WriteBack()).files.written == 1


def test_inbound_stands_for_the_same_date_only(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def back_fill(day: int) -> BackFill:
        return BackFill(tmp_path / "inbound.jsonl", datetime(2025, 3, day, tzinfo=UTC))

    def n_rows(day: int) -> int:
        summary = suggest_site(site, output=tmp_path / "out.jsonl", back_fill=back_fill(day))
        return summary.record.counts.inbound

    first = n_rows(8)
    rows = back_fill(8).output.read_bytes()
    with monkeypatch.context() as patch:
        counts = counting(patch)
        assert n_rows(8) == first
    assert counts == NOTHING
    assert back_fill(8).output.read_bytes() == rows != b""
    assert n_rows(11) < first
    assert back_fill(8).output.read_bytes() != rows


def test_what_is_new_to_inbound_is_what_the_last_run_did_not_know(
    site: Path, tmp_path: Path, articles: tuple[Article, ...]
) -> None:
    back_fill = BackFill(tmp_path / "inbound.jsonl")
    suggest_site(site, output=tmp_path / "out.jsonl", back_fill=back_fill)
    assert len(_targets(back_fill.output)) == 6  # of the last week: there is no run before
    summary = suggest_site(site, output=tmp_path / "out.jsonl", back_fill=back_fill)
    assert (_targets(back_fill.output), summary.record.counts.inbound) == (set(), 0)
    late = replace(articles[3], id="late", url="https://coast.example/late", title="Ferry strike: a diary")
    write_articles(site, [replace(late, aliases=("https://coast.example/amp/late",))])
    suggest_site(site, output=tmp_path / "out.jsonl", back_fill=back_fill)
    assert _targets(back_fill.output) == {"late"}


def _targets(file: Path) -> set[str]:
    return {json.loads(line)["target"] for line in file.read_text(encoding="utf-8").splitlines()}
