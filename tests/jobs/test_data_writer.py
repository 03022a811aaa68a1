"""The job that writes a data file: where it lies, what stands, what fails, and what Hugo and Jekyll make of it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.command_line import assert_one_line_and_exit_2, json_lines, run
from support.counted_runs import Killed, counting, kill_after, read_record
from support.data_sites import ODD_TITLE, build, links_in, write_hugo_pages, write_jekyll_pages
from support.written_sites import contents

from recommender import Article

WRITE = ("--write", "data", "--threshold", 0, "-k", 3)
MAKERS: dict[str, tuple[Callable[..., Path], str]] = {
    "hugo": (write_hugo_pages, "data/recommender.json"),
    "jekyll": (write_jekyll_pages, "_data/recommender.json"),
}


@pytest.fixture
def hugo_site(articles: tuple[Article, ...], tmp_path: Path) -> Path:
    return write_hugo_pages(articles, tmp_path / "hugo")


def pages_in(file: Path) -> dict[str, list[dict[str, Any]]]:
    pages = json.loads(file.read_text(encoding="utf-8"))
    assert pages.pop("_made_by") == "recommender"
    return pages


@pytest.mark.parametrize("program", list(MAKERS))
def test_the_generator_shows_the_links_of_every_page(
    articles: tuple[Article, ...], tmp_path: Path, program: str
) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    make, name = MAKERS[program]
    root = make(articles, tmp_path / program)
    before = contents(root)
    build(program, root)  # without a data file the partial shows nothing, and is no error
    lines = json_lines(run("suggest", root, "--preset", program, "--threshold", 0, "-k", 3).stdout)
    assert run("suggest", root, "--preset", program, *WRITE).exit_code == 0
    (root / name).with_name(".recommender.json-x.recommender-tmp").write_text("{ torn by a kill", encoding="utf-8")
    out = build(program, root)
    shown = {article.id: links_in(out / article.id / "index.html") for article in articles}
    expected = {article.id: [] for article in articles}
    ids = {line["source"]: str(line["source"]).rpartition("/")[2] for line in lines}
    for line in lines:
        [source] = [article.id for article in articles if ids[line["source"]].endswith(article.id)]
        expected[source].append((line["url"], line["title"]))
    assert shown == expected
    assert all(shown.values())
    assert ODD_TITLE in {title for links in shown.values() for _, title in links}, "escaped, and whole"
    for folder in ("public", "_site", "resources", ".jekyll-cache"):
        shutil.rmtree(root / folder, ignore_errors=True)
    assert run("suggest", root, "--preset", program, *WRITE, "-k", 2).exit_code == 0, "clears what a kill left"
    assert run("unsuggest", root).exit_code == 0
    assert {name: data for name, data in contents(root).items() if "hugo_build" not in name} == before


@pytest.mark.skipif(shutil.which("hugo") is None, reason="hugo is not installed")
def test_languages_with_content_of_their_own_have_their_own_links(
    articles: tuple[Article, ...], tmp_path: Path
) -> None:
    root = write_hugo_pages(articles, tmp_path / "hugo")
    posts = root / "content" / "Posts"
    for language in ("de", "en"):
        (root / "content" / language).mkdir()
    for number, path in enumerate(sorted(posts.iterdir())):
        shutil.move(path, root / "content" / ("de" if number % 2 else "en") / path.name)
    posts.rmdir()
    languages = "".join(f'[languages.{name}]\ncontentDir = "content/{name}"\n' for name in ("en", "de"))
    config = root / "config.toml"
    config.write_text(config.read_text(encoding="utf-8") + languages, encoding="utf-8")
    assert run("suggest", root, "--preset", "hugo", *WRITE).exit_code == 0
    pages = pages_in(root / "data" / "recommender.json")
    assert {path.partition("/")[0] for path in pages} == {"de", "en"}
    out = build("hugo", root)
    shown = sorted(links_in(page) for page in out.rglob("*-?/index.html"))
    assert shown == sorted([(link["url"], link["title"]) for link in links] for links in pages.values())


@pytest.mark.parametrize("program", list(MAKERS))
def test_the_content_folder_is_the_same_site(articles: tuple[Article, ...], tmp_path: Path, program: str) -> None:
    make, name = MAKERS[program]
    root = make(articles, tmp_path / program)
    folder = root / ("content" if program == "hugo" else "_posts")
    assert run("suggest", folder, "--preset", program, *WRITE).exit_code == 0
    prefix = "Posts/" if program == "hugo" else "_posts/"
    assert {path[: len(prefix)] for path in pages_in(root / name)} == {prefix}
    assert run("unsuggest", folder).exit_code == 0
    assert not (root / name).exists()


def test_other_sites_name_a_file_or_have_it_in_the_folder_of_the_job(site: Path, tmp_path: Path) -> None:
    assert run("suggest", site, *WRITE).exit_code == 0
    own = site / ".recommender" / "suggestions.json"
    assert set(pages_in(own)) == {path.name for path in site.glob("*.md")}
    named = site / "build" / "related.json"
    result = run("suggest", site, *WRITE, "--output", named)
    assert (result.stdout, f"data file {named}\n" in result.stderr) == ("", True)
    assert named.read_bytes() == own.read_bytes()
    outside = tmp_path / "related.json"
    outside.write_bytes(named.read_bytes())
    assert run("unsuggest", site).exit_code == 0
    assert [named.exists(), named.parent.exists(), own.exists()] == [False, False, False]
    change = site / ".recommender" / "run.json"
    change.write_text(change.read_text(encoding="utf-8").replace(str(named), str(outside)), encoding="utf-8")
    assert run("unsuggest", site).exit_code == 0
    assert outside.exists(), "a record could name any file"


def test_a_site_of_hugo_gets_lines_beside_its_data_file(hugo_site: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.csv"
    assert run("suggest", hugo_site, "--preset", "hugo", *WRITE, "--output", output).exit_code == 0
    n_links = sum(map(len, pages_in(hugo_site / "data" / "recommender.json").values()))
    assert len(output.read_text(encoding="utf-8").splitlines()) == n_links + 1


def test_where_nothing_changed_the_file_stands_and_else_it_is_written(
    hugo_site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("suggest", hugo_site, "--preset", "hugo", *WRITE)
    file = hugo_site / "data" / "recommender.json"
    assert "files 1 written, 0 unchanged" in run(*arguments).stderr
    before = file.read_bytes()
    counts = counting(monkeypatch)
    result = run(*arguments)
    assert "nothing changed since 2" in result.stderr
    assert "files 0 written, 1 unchanged" in result.stderr
    assert counts == {"trainings": 0, "lists": 0}
    file.write_bytes(before.replace(b'"kind"', b'"sort"'))
    assert "files 1 written" in run(*arguments).stderr
    assert file.read_bytes() == before
    file.unlink()
    assert "files 1 written" in run(*arguments).stderr
    assert file.read_bytes() == before
    for path in (hugo_site / "content").iterdir():
        path.rename(path.with_name("News"))
    assert run(*arguments).exit_code == 0
    assert {path.partition("/")[0] for path in pages_in(file)} == {"News"}


def test_a_killed_job_leaves_the_old_file_and_the_next_goes_on_to_the_same_bytes(
    hugo_site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("suggest", hugo_site, "--preset", "hugo", *WRITE)
    run(*arguments)
    file = hugo_site / "data" / "recommender.json"
    before = file.read_bytes()
    [page] = (path for path in hugo_site.rglob("*.md") if "url: /ferry-2/" in path.read_text(encoding="utf-8"))
    new = page.read_text(encoding="utf-8").replace("ferry-2", "ferry-9")
    (hugo_site / "content" / "Posts" / "ferry-9.md").write_text(new, encoding="utf-8")
    with monkeypatch.context() as patch:
        kill_after(3, patch)
        with pytest.raises(Killed):
            run(*arguments)
    assert file.read_bytes() == before
    assert run(*arguments, "--resume").exit_code == 0
    resumed = file.read_bytes()
    assert resumed != before
    shutil.rmtree(hugo_site / ".recommender")
    file.unlink()
    run(*arguments)
    assert file.read_bytes() == resumed


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_dry_run_prints_a_diff_that_can_be_applied(hugo_site: Path) -> None:
    arguments = ("suggest", hugo_site, "--preset", "hugo", "--write", "data", "--threshold", 0)
    file = hugo_site / "data" / "recommender.json"
    before = contents(hugo_site)
    for k, verb in ((3, "suggest"), (2, "suggest"), (2, "unsuggest")):
        command = (*arguments, "-k", k) if verb == "suggest" else ("unsuggest", hugo_site)
        was = contents(hugo_site)
        look = run(*command, "--dry-run")
        assert (look.exit_code, contents(hugo_site)) == (0, was)
        assert "files 1 to be written" in look.stderr
        subprocess.run(["git", "apply"], cwd=hugo_site, input=look.stdout, text=True, check=True)
        applied = contents(hugo_site)
        for name in was.keys() | applied:  # back, and now in earnest
            (hugo_site / name).parent.mkdir(exist_ok=True)
            (hugo_site / name).unlink(missing_ok=True)
            if name in was:
                (hugo_site / name).write_bytes(was[name])
        assert run(*command).exit_code == 0
        assert contents(hugo_site) == applied != was
    assert contents(hugo_site) == before
    assert not file.exists()


def test_too_many_changes_stop_the_job(hugo_site: Path) -> None:
    arguments = ("suggest", hugo_site, "--preset", "hugo", *WRITE, "--max-changed", 0)
    assert_one_line_and_exit_2(run(*arguments), "1 files would change, more than --max-changed 0")
    assert not (hugo_site / "data").exists()
    run(*arguments[:-1], 1)
    assert run(*arguments).exit_code == 0, "nothing is to be changed any more"


def test_what_cannot_be_written_is_one_line_before_the_training(
    hugo_site: Path, site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = counting(monkeypatch)
    lines = tmp_path / "lines.jsonl"
    lines.write_text('{"id": "a", "title": "A"}\n', encoding="utf-8")
    assert_one_line_and_exit_2(run("suggest", lines, *WRITE), "lines.jsonl: is one file")
    assert_one_line_and_exit_2(run("suggest", site, *WRITE, "--key", "x"), "--write data has none; leave out x")
    assert_one_line_and_exit_2(
        run("suggest", site, *WRITE, "--output", tmp_path / "x", "--format", "csv"), "leave out --format"
    )
    theirs = hugo_site / "data" / "recommender.json"
    theirs.parent.mkdir()
    theirs.write_text("{}", encoding="utf-8")
    assert_one_line_and_exit_2(run("suggest", hugo_site, *WRITE), "recommender.json was not written by recommender")
    assert run("unsuggest", hugo_site).exit_code == 0
    assert theirs.read_text(encoding="utf-8") == "{}"
    assert counts == {"trainings": 0, "lists": 0}


def test_another_format_of_the_same_file_is_written(site: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for form, first in (("jsonl", '{"source"'), ("json", "["), ("csv", "source,target")):
        assert run("suggest", site, "--output", out, "--threshold", 0, "--format", form).exit_code == 0
        assert out.read_text(encoding="utf-8").startswith(first)
        assert read_record(site)["outputs"]["suggestions"]["format"] == form
        again = run("suggest", site, "--output", out, "--threshold", 0, "--format", form)
        assert "nothing changed since" in again.stderr
    assert run("suggest", site, "--threshold", 0, "--format", "csv").stdout.startswith("source,target")
