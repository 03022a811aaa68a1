"""Writing into a whole site: what each file gets, what is left alone, and the command line of it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from support.entries import BLOCK, ENTRIES, SHAPE
from support.written_sites import TO_ARTICLES, contents, numbers, run, write_site

from recommender import Article, Corpus, Recommender, read_articles
from recommender.core.files import SUFFIX, content_digest, leftovers
from recommender.core.settings import SourceSettings
from recommender.sinks.write_back import FileEntries, Plan

OLD = b"---\ntitle: A\n---\nText"
NEW = b"---\ntitle: A\n" + BLOCK.encode() + b"---\nText"


@pytest.fixture
def site(articles: tuple[Article, ...], tmp_path: Path) -> Path:
    return write_site(articles, tmp_path / "coast")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.md"
    path.write_bytes(OLD)
    return path


def test_a_file_is_replaced_and_keeps_its_permissions(file: Path) -> None:
    file.chmod(0o640)
    plan = Plan.from_entries([FileEntries(file, ENTRIES, content_digest(OLD))], SHAPE)
    assert file.read_bytes() == OLD
    written = plan.write()
    assert (written.written, written.unchanged, written.left_alone) == (1, 0, ())
    assert file.read_bytes() == NEW
    assert file.stat().st_mode & 0o777 == 0o640
    assert os.listdir(file.parent) == ["a.md"]
    assert Plan.from_entries([FileEntries(file, ENTRIES)], SHAPE).write().unchanged == 1


@pytest.mark.parametrize("moment", ["before the plan", "before the writing", "before the renaming"])
def test_a_file_that_changed_since_it_was_read_is_left_alone(
    file: Path, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = OLD + b", newer"
    if moment == "before the plan":
        file.write_bytes(theirs)
    plan = Plan.from_entries([FileEntries(file, ENTRIES, content_digest(OLD))], SHAPE)
    if moment == "before the writing":
        file.write_bytes(theirs)
    if moment == "before the renaming":
        sync = os.fsync
        monkeypatch.setattr(os, "fsync", lambda handle: (file.write_bytes(theirs), sync(handle)))
    written = plan.write()
    assert written.written == 0
    assert list(map(str, written.left_alone)) == [f"{file}: changed since it was read; it is left alone, run again"]
    assert file.read_bytes() == theirs
    assert os.listdir(file.parent) == ["a.md"]


def test_a_file_that_is_gone_is_named(file: Path) -> None:
    plan = Plan.from_entries([FileEntries(file, ENTRIES)], SHAPE)
    file.unlink()
    assert [str(error) for error in plan.write().left_alone] == [f"{file}: cannot be read: No such file or directory"]
    assert [str(error) for error in Plan.from_entries([FileEntries(file)], SHAPE).left_alone] == [
        f"{file}: cannot be read: No such file or directory"
    ]


def test_a_file_that_cannot_be_written_is_named_and_the_others_are_written(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = file.with_name("b.md")
    second.write_bytes(OLD)
    replace = os.replace

    def full(made: str, path: Path) -> None:
        if path == file:
            raise OSError(28, "No space left on device", str(path))
        replace(made, path)

    monkeypatch.setattr(os, "replace", full)
    written = Plan.from_entries([FileEntries(file, ENTRIES), FileEntries(second, ENTRIES)], SHAPE).write()
    assert list(map(str, written.left_alone)) == [f"{file}: cannot be written: No space left on device"]
    assert (file.read_bytes(), second.read_bytes()) == (OLD, NEW)
    assert sorted(os.listdir(file.parent)) == ["a.md", "b.md"]


def test_links_and_read_only_files_are_left_alone(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = file.with_name("link.md")
    link.symlink_to(file)
    [error] = Plan.from_entries([FileEntries(link, ENTRIES)], SHAPE).left_alone
    assert re.match(rf"{link}: is a link to another file", str(error))
    assert Plan.from_entries([FileEntries(link)], SHAPE).unchanged == 1
    monkeypatch.setattr(os, "access", lambda path, _: path != file)
    [error] = Plan.from_entries([FileEntries(file, ENTRIES)], SHAPE).left_alone
    assert str(error) == f"{file}: is read-only; it is left alone"


def test_what_a_killed_job_left_behind_is_no_article_and_goes_with_the_next_run(site: Path) -> None:
    before = run("suggest", site).stdout
    stray = site / f".ferry-1.md-x7{SUFFIX}"
    stray.write_bytes(b"---\ntitle: torn")
    assert leftovers(site) == [stray]
    assert run("suggest", site).stdout == before
    assert run("suggest", site, *TO_ARTICLES, "--dry-run").exit_code == 0
    assert stray.exists()
    for verb, *arguments in (("suggest", *TO_ARTICLES), ("unsuggest",)):
        stray.write_bytes(b"---\ntitle: torn")
        assert run(verb, site, *arguments).exit_code == 0
        assert not stray.exists()


def test_only_our_key_is_written_and_all_of_it_comes_out_again(site: Path, tmp_path: Path) -> None:
    before, suggestions = contents(site), run("suggest", site).stdout
    result = run("suggest", site, *TO_ARTICLES)
    assert (result.exit_code, result.stdout) == (0, "")
    assert numbers(result) == [12, 0, 0]
    after = contents(site)
    for name, old in before.items():
        cut = old.rindex(b"---")
        assert after[name].startswith(old[:cut] + b"suggested:"), name
        assert after[name].endswith(old[cut:])
        added = after[name][cut : len(after[name]) - len(old[cut:])]
        assert added.count(b"\n") == added.count(b"\r\n") or b"\r" not in old
        links = yaml.safe_load(added)["suggested"]
        lines = [json.loads(line) for line in suggestions.splitlines()]
        wanted = [line for line in lines if f"{line['source']}.md" == name]
        assert [link["webUrl"] for link in links] == [line["url"] for line in wanted]
        assert [link["score"] for link in links] == [round(line["score"], 3) for line in wanted]
        assert {(link["model"], link["date"].isoformat()) for link in links} == {
            ("coast@2025-03-12T06:00:00Z", "2025-03-12T06:00:00+00:00")
        }
    again = run("suggest", site, *TO_ARTICLES, "--output", tmp_path / "out.jsonl")
    assert numbers(again) == [0, 12, 0]
    assert contents(site) == after
    assert (tmp_path / "out.jsonl").read_text(encoding="utf-8") == run("suggest", site).stdout == suggestions
    out = run("unsuggest", site)
    assert (out.exit_code, out.stdout, numbers(out)) == (0, "", [12, 0, 0])
    assert contents(site) == before
    assert numbers(run("unsuggest", site)) == [0, 12, 0]


def test_the_reader_sees_nothing_of_our_key(site: Path, tmp_path: Path) -> None:
    def model(name: str) -> dict[str, object]:
        corpus = read_articles(site)
        assert not corpus.report.warnings
        Recommender(name="coast").fit(corpus).save(tmp_path / name)
        return json.loads((tmp_path / name / "manifest.json").read_text(encoding="utf-8"))

    before = model("before")
    assert run("suggest", site, *TO_ARTICLES).exit_code == 0
    assert model("after") == before


def test_an_article_without_suggestions_loses_an_old_key_of_ours(site: Path) -> None:
    before = contents(site)
    assert numbers(run("suggest", site, *TO_ARTICLES)) == [12, 0, 0]
    result = run("suggest", site, *TO_ARTICLES, "--threshold", 1)
    assert numbers(result) == [12, 0, 0]
    assert contents(site) == before


def test_a_dry_run_prints_a_diff_that_can_be_applied_and_writes_nothing(site: Path) -> None:
    before = contents(site)
    result = run("suggest", site, *TO_ARTICLES, "--dry-run")
    assert result.exit_code == 0
    assert contents(site) == before
    assert "files 12 to be written, 0 unchanged, 0 left alone" in result.stderr
    assert result.stdout.count("\n+++ b/") == 12
    assert "aGVsbG8" not in result.stdout
    assert set(re.findall(r"^[-+](?![-+])", result.stdout, re.MULTILINE)) == {"+"}
    if shutil.which("git") is None:
        pytest.skip("there is no git to apply the diff with")
    subprocess.run(["git", "apply", "-"], input=result.stdout_bytes, cwd=site, check=True)
    by_git = contents(site)
    assert numbers(run("suggest", site, *TO_ARTICLES)) == [0, 12, 0]
    for verb, *arguments in (("suggest", *TO_ARTICLES, "-k", 2), ("unsuggest",)):
        result = run(verb, site, *arguments, "--dry-run")
        assert contents(site) == by_git
        subprocess.run(["git", "apply", "-"], input=result.stdout_bytes, cwd=site, check=True)
        by_git = contents(site)
        assert run(verb, site, *arguments).exit_code == 0
        assert contents(site) == by_git
    assert by_git == before


def test_too_many_changes_stop_the_job_before_anything_is_written(site: Path, tmp_path: Path) -> None:
    before, output = contents(site), tmp_path / "out.jsonl"
    result = run("suggest", site, *TO_ARTICLES, "--max-changed", 11, "--output", output)
    assert result.exit_code == 2
    assert result.stderr == (
        "recommender: 12 files would change, more than --max-changed 11; nothing was written, look with --dry-run\n"
    )
    assert contents(site) == before
    assert not output.exists()
    look = run("suggest", site, *TO_ARTICLES, "--max-changed", 11, "--dry-run")
    assert (look.exit_code, look.stdout.count("\n+++ b/")) == (2, 12)
    assert numbers(run("suggest", site, *TO_ARTICLES, "--max-changed", 12)) == [12, 0, 0]
    assert numbers(run("suggest", site, *TO_ARTICLES, "--max-changed", 0)) == [0, 12, 0]


def test_files_that_are_left_alone_are_named_and_the_others_written(site: Path) -> None:
    strange = {
        "toml.md": b'+++\ntitle = "Ferry strike"\n+++\n',
        "flow.md": b"---\n{title: Ferry strike}\n---\n",
        "own.md": b"---\ntitle: Ferry strike\nsuggested: [by the editors]\n---\n",
        "twice.md": b"---\ntitle: Ferry strike\nx: 1\nx: 2\n---\n",
    }
    for name, data in strange.items():
        (site / name).write_bytes(data)
    result = run("suggest", site, *TO_ARTICLES)
    assert result.exit_code == 0
    assert numbers(result) == [12, 0, 4]
    for name, data in strange.items():
        assert (site / name).read_bytes() == data
        assert len(re.findall(rf"^{site / name}: .*(?:left alone|only|rename)", result.stderr, re.MULTILINE)) == 1
    assert numbers(run("unsuggest", site)) == [12, 3, 1]
    assert b"suggested: [by the editors]" in (site / "own.md").read_bytes()


def path_of(corpus: Corpus, article_id: str) -> Path:
    [row] = [row for row, article in enumerate(corpus) if article.id == article_id]
    file = corpus.source_file(row)
    assert file is not None
    return Path(file.path)


def test_of_two_files_of_one_article_the_one_whose_fields_count_is_written(site: Path) -> None:
    later = (site / "ferry-1.md").read_bytes().replace(b"2025-03-01", b"2025-03-02")
    (site / "a.md").write_bytes(later)
    same_id = later.replace(b"webUrl: https://coast.example/ferry-1", b"id: ferry-1")
    (site / "b.md").write_bytes(same_id)
    corpus = read_articles(site)
    assert (len(corpus), len(corpus.source_files)) == (12, 14)
    assert path_of(corpus, "ferry-1") == site / "ferry-1.md"
    assert numbers(run("suggest", site, *TO_ARTICLES)) == [12, 2, 0]
    assert ((site / "a.md").read_bytes(), (site / "b.md").read_bytes()) == (later, same_id)
    (site / "ferry-1.md").rename(site / "c.md")
    (site / "c.md").write_bytes((site / "c.md").read_bytes().replace(b"2025-03-01", b"2025-03-03"))
    corpus = read_articles(site)
    assert path_of(corpus, "a") == site / "a.md"
    assert path_of(corpus, "ferry-1") == site / "b.md"  # no longer the id of another
    assert run("suggest", site, *TO_ARTICLES).exit_code == 0
    assert [b"suggested:" in (site / f"{name}.md").read_bytes() for name in "abc"] == [True, True, False]


def test_a_site_of_hugo_gets_its_own_names(site: Path, tmp_path: Path) -> None:
    posts = tmp_path / "hugo" / "content" / "posts"
    posts.mkdir(parents=True)
    for path in site.iterdir():
        text = path.read_text(encoding="utf-8-sig").replace("publishedDateTime", "date")
        (posts / path.name).write_text(re.sub(r"(excerpt|webUrl|related).*\n|- .*\n", "", text), encoding="utf-8")
    root = tmp_path / "hugo"
    before = contents(root)
    result = run("suggest", root, "--preset", "hugo", *TO_ARTICLES)
    assert result.exit_code == 0, result.stderr
    [first, *_] = yaml.safe_load((posts / "ferry-1.md").read_text().split("---\n")[1])["suggested"]
    assert re.fullmatch(r"/posts/[a-z]+-\d/", first["url"])
    assert first["date"] < first["suggested_date"]
    assert numbers(run("suggest", root, "--preset", "hugo", *TO_ARTICLES)) == [0, 12, 0]
    assert run("unsuggest", root, "--preset", "hugo").exit_code == 0
    assert contents(root) == before


def test_a_single_file_is_a_site_too(site: Path) -> None:
    for name in (path for path in site.iterdir() if path.name != "ferry-1.md"):
        name.unlink()
    old = (site / "ferry-1.md").read_bytes()
    (site / "ferry-1.md").write_bytes(old.replace(b"---\nText", BLOCK.encode() + b"---\nText"))
    result = run("unsuggest", site / "ferry-1.md", "--dry-run")
    assert result.stdout.startswith("--- a/ferry-1.md\n")
    assert numbers(run("unsuggest", site / "ferry-1.md")) == [1, 0, 0]
    assert (site / "ferry-1.md").read_bytes() == old


def test_our_key_comes_out_of_what_is_no_article_any_more(site: Path) -> None:
    (site / "untitled.md").write_bytes(NEW.replace(b"title: A\n", b""))
    assert "has no title" in run("suggest", site).stderr
    assert numbers(run("unsuggest", site)) == [1, 12, 0]
    assert (site / "untitled.md").read_bytes() == OLD.replace(b"title: A\n", b"")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a process that begins in the middle, which needs fork")
def test_a_job_that_is_killed_leaves_each_file_old_or_new_and_the_next_run_completes_it() -> None:
    """The same 200 times, and with the whole command: `python tests/support/kill_the_job.py --times 200 --whole 20`."""
    command = [sys.executable, str(Path(__file__).parents[1] / "support" / "kill_the_job.py"), "--times", "12"]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr
    seen = {name: int(count.replace(",", "")) for count, name in re.findall(r"([\d,]+) (.*)", done.stdout)}
    assert seen["kills"] == seen["completed to the same bytes"] == 12
    assert seen["kills in the middle"] >= 3
    files, rest = divmod(seen["files old"] + seen["files new"], 12)
    assert (rest, 90 < files <= 118) == (0, True), "those of an article that has a suggestion"


def refused() -> Iterator[tuple[list[object], str]]:
    yield [*TO_ARTICLES, "--key", "related"], "sink.key is 'related', a field of the articles themselves"
    yield [*TO_ARTICLES, "--key", "secured"], "sink.key is 'secured', a field of the articles themselves"
    yield [*TO_ARTICLES, "--key", "a: b"], "sink.key must be a name"
    yield [*TO_ARTICLES, "--key", ""], "sink.key must be a name"
    yield [*TO_ARTICLES, "--dry-run", "--output", "x"], "--dry-run writes nothing; leave out --output x"
    yield ["--dry-run"], "add --write front-matter"
    yield ["--max-changed", 0], "add --write front-matter"
    yield ["--key", "x"], "add --write front-matter"


@pytest.mark.parametrize(("arguments", "why"), list(refused()))
def test_arguments_that_do_not_go_together_are_one_line(site: Path, arguments: list[object], why: str) -> None:
    before = contents(site)
    result = run("suggest", site, *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert re.fullmatch(rf"recommender: .*{re.escape(why)}.*\n", result.stderr)
    assert contents(site) == before


def test_another_key_may_be_ours(site: Path, tmp_path: Path) -> None:
    before = contents(site)
    settings = tmp_path / "settings.yaml"
    settings.write_text("sink: {key: see-also}\n", encoding="utf-8")
    assert numbers(run("suggest", site, *TO_ARTICLES, "--settings", settings)) == [12, 0, 0]
    assert numbers(run("suggest", site, *TO_ARTICLES, "--key", "see-also")) == [0, 12, 0]
    shutil.rmtree(site / ".recommender")  # which has the key on record
    assert numbers(run("unsuggest", site)) == [0, 12, 0]
    assert numbers(run("unsuggest", site, "--settings", settings)) == [12, 0, 0]
    assert contents(site) == before


@pytest.mark.parametrize("verb", ["suggest", "unsuggest"])
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("lines.jsonl", "is JSON Lines, which has no front matter"),
        ("notes.txt", "is no Markdown"),
        ("none", "there is no such file"),
    ],
)
def test_what_has_no_front_matter_is_one_line(tmp_path: Path, verb: str, name: str, why: str) -> None:
    for file in ("lines.jsonl", "notes.txt"):
        (tmp_path / file).write_text('{"id": "a", "title": "A"}\n', encoding="utf-8")
    result = run(verb, tmp_path / name, *(TO_ARTICLES if verb == "suggest" else ()))
    assert result.exit_code == 2
    assert re.fullmatch(rf"recommender: .*{name}: {why}.*\n", result.stderr)


def test_a_field_of_the_site_may_be_called_like_our_key_as_long_as_nobody_writes(site: Path) -> None:
    corpus = read_articles(site, SourceSettings(fields={"relations": "suggested"}))
    assert not len(corpus.links)
    settings = site.parent / "settings.yaml"
    settings.write_text("source: {fields: {relations: suggested}}\n", encoding="utf-8")
    assert run("suggest", site, "--settings", settings).exit_code == 0
    assert "sink.key is 'suggested'" in run("suggest", site, "--settings", settings, *TO_ARTICLES).stderr
