"""Taking suggestions out of a site without knowing how they were written."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from support.entries import BLOCK
from support.written_sites import TO_ARTICLES, contents, numbers, run, write_site

from recommender import Article


@pytest.fixture
def site(articles: tuple[Article, ...], tmp_path: Path) -> Path:
    return write_site(articles, tmp_path / "coast")


def forget(site: Path) -> None:
    shutil.rmtree(site / ".recommender")


def change_record(site: Path, old: str, new: str) -> None:
    record = site / ".recommender" / "run.json"
    text = record.read_text(encoding="utf-8")
    assert old in text
    record.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize("preset", ["default", "hugo", "jekyll"])
@pytest.mark.parametrize("has_record", [True, False])
def test_what_any_preset_wrote_comes_out_with_none(site: Path, preset: str, has_record: bool) -> None:
    before = contents(site)
    written = run("suggest", site, *TO_ARTICLES, "--preset", preset, "--threshold", 0)
    assert numbers(written) == [12, 0, 0]
    if not has_record:
        forget(site)
    result = run("unsuggest", site)
    assert (result.exit_code, numbers(result)) == (0, [12, 0, 0])
    assert contents(site) == before
    result = run("unsuggest", site)
    assert (result.exit_code, numbers(result)) == (0, [0, 12, 0])


def test_key_and_fields_of_settings_that_are_gone_are_on_record(site: Path, tmp_path: Path) -> None:
    before = contents(site)
    settings = tmp_path / "settings.yaml"
    settings.write_text("source: {fields: {title: headline, url: link}}\nsink: {key: see-also}\n", encoding="utf-8")
    for path in site.glob("*.md"):
        path.write_bytes(path.read_bytes().replace(b"\ntitle:", b"\nheadline:").replace(b"webUrl", b"link"))
    renamed = contents(site)
    assert renamed != before
    assert numbers(run("suggest", site, *TO_ARTICLES, "--settings", settings, "--threshold", 0)) == [12, 0, 0]
    assert b"\nsee-also:\n  - headline:" in (site / "ferry-3.md").read_bytes()
    assert numbers(run("unsuggest", site)) == [12, 0, 0]
    assert contents(site) == renamed


def test_two_keys_come_out_of_one_file(site: Path) -> None:
    before = contents(site)
    run("suggest", site, *TO_ARTICLES)
    run("suggest", site, *TO_ARTICLES, "--key", "see-also")
    text = (site / "ferry-1.md").read_bytes()
    assert b"suggested:" in text
    assert b"see-also:" in text
    assert numbers(run("unsuggest", site)) == [12, 0, 0]
    assert contents(site) == before


def test_a_record_that_cannot_be_read_counts_for_nothing(site: Path) -> None:
    before = contents(site)
    run("suggest", site, *TO_ARTICLES, "--preset", "hugo")
    record = site / ".recommender" / "run.json"
    record.write_text(
        record.read_text(encoding="utf-8").replace('"preset": "hugo"', '"preset": "gone"'), encoding="utf-8"
    )
    assert run("unsuggest", site).exit_code == 0
    assert contents(site) == before


def test_a_key_in_the_record_takes_out_nothing_but_entries_of_ours(site: Path) -> None:
    run("suggest", site, *TO_ARTICLES)
    record = site / ".recommender" / "run.json"
    record.write_text(
        record.read_text(encoding="utf-8").replace('"key": "suggested"', '"key": "own"'), encoding="utf-8"
    )
    file = site / "ferry-1.md"
    own = file.read_bytes().replace(b'secured: "', b'own:\n  - title: "x"\nsecured: "')
    file.write_bytes(own)
    result = run("unsuggest", site)
    assert result.exit_code == 1, "what was not taken out with it remains, and is named"
    assert file.read_bytes() == own
    assert f"{file}: has a field own that was not written by recommender" in result.stderr
    assert f"{file}: entries of ours remain" in result.stderr


EDITED = {
    "a field more": "---\ntitle: A\n" + BLOCK + "    note: good\n---\nText",
    "a comment": "---\ntitle: A\n" + BLOCK.replace("    kind", "    # good\n    kind") + "---\nText",
    "an entry more": "---\ntitle: A\n" + BLOCK + "  - title: x\n---\nText",
    "twice": "---\ntitle: A\n" + BLOCK + BLOCK + "---\nText",
    "in a file with another slip": "---\ntitle: A\nx: 1\nx: 2\n" + BLOCK + "---\nText",
    "no YAML any more": "---\ntitle: [\n" + BLOCK + "---\nText",
    "in flow style": '---\n{title: A, suggested: [{score: 0.5, kind: "background", model: "m"}]}\n---\nText',
    "in JSON": '{\n  "title": "A",\n  "suggested": [{"score": 0.5, "kind": "background", "model": "m"}]\n}\nText',
    "in TOML": '+++\ntitle = "A"\n[[suggested]]\nscore = 0.5\nkind = "background"\nmodel = "m"\n+++\nText',
    "without a closing line": "---\ntitle: A\n" + BLOCK,
    "of the preset of Hugo": "---\ntitle: A\n"
    + BLOCK.replace("    date:", "    note: x\n    suggested_date:")
    + "---\n",
    "not UTF-8": "---\ntitle: \udcff\n" + BLOCK + "---\nText",
}


@pytest.mark.parametrize("what", EDITED)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_entries_that_cannot_be_taken_out_are_named(site: Path, what: str, newline: str) -> None:
    file = site / "edited.md"
    data = EDITED[what].replace("\n", newline).encode(errors="surrogateescape")
    file.write_bytes(data)
    for arguments in ([], [], ["--dry-run"]):
        result = run("unsuggest", site, *arguments)
        assert result.exit_code == 1, result.stderr
        assert numbers(result) == [0, 12, 1]
        assert re.search(rf"^{file}: entries of ours remain; take them out by hand$", result.stderr, re.MULTILINE)
        assert file.read_bytes() == data


FOREIGN = {
    "by the editors": "---\ntitle: A\nsuggested: [by the editors]\n---\nText",
    "links of the editors": "---\ntitle: A\nsuggested:\n  - title: x\n    webUrl: https://a.example/\n---\nText",
    "TOML": '+++\ntitle = "A"\nsuggested = ["x"]\n+++\nText',
    "broken": "---\ntitle: [\nsuggested: x\n---\nscore: 1\nkind: 2\nmodel: 3\n",
    "in the text": "---\ntitle: A\n---\n" + BLOCK,
    "no front matter": BLOCK,
    "under another key": "---\ntitle: A\n" + BLOCK.replace("suggested:", "kept:") + "---\nText",
}


@pytest.mark.parametrize("what", FOREIGN)
def test_what_never_was_ours_is_no_failure(site: Path, what: str) -> None:
    (site / "own.md").write_text(FOREIGN[what], encoding="utf-8")
    result = run("unsuggest", site)
    assert (result.exit_code, "entries of ours remain" in result.stderr) == (0, False), result.stderr
    assert (site / "own.md").read_text(encoding="utf-8") == FOREIGN[what]


def test_a_file_that_cannot_be_written_keeps_entries_and_is_named(site: Path) -> None:
    run("suggest", site, *TO_ARTICLES)
    linked = site / ".kept" / "ferry-1.md"
    linked.parent.mkdir()
    (site / "ferry-1.md").rename(linked)
    (site / "ferry-1.md").symlink_to(linked)
    result = run("unsuggest", site)
    assert (result.exit_code, numbers(result)) == (1, [11, 0, 1])
    assert f"{site / 'ferry-1.md'}: entries of ours remain" in result.stderr
    assert b"suggested:" in linked.read_bytes()


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
@pytest.mark.parametrize(
    ("name", "preset", "left_out"),
    [("hugo-digitalgov", "hugo", ["news", "events", "authors"]), ("jekyll-optech", "jekyll", ["zh", "ja", "fr", "cs"])],
)
def test_a_real_site_is_byte_for_byte_what_it_was(
    corpora: Path, tmp_path: Path, name: str, preset: str, left_out: list[str]
) -> None:
    raw = corpora / "raw" / name
    if not raw.is_dir():
        pytest.skip(f"{raw} is not there")
    # The largest folders stay away, so that the test is done in seconds.
    before, site = tmp_path / "before", tmp_path / name
    shutil.copytree(raw, before, ignore=shutil.ignore_patterns(".recommender", *left_out))
    shutil.copytree(before, site)
    settings = tmp_path / "settings.yaml"
    settings.write_text("ranker: {learn: shipped}\n", encoding="utf-8")
    git = ["git", "-C", str(site), "-c", "user.name=x", "-c", "user.email=x@x.example", "-c", "core.autocrlf=false"]
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "raw"]):
        subprocess.run([*git, *arguments], check=True, capture_output=True)
    assert (
        run(
            "suggest",
            site,
            *TO_ARTICLES,
            "--preset",
            preset,
            "--no-cache",
            "-k",
            2,
            "--threshold",
            0,
            "--settings",
            settings,
        ).exit_code
        == 0
    )
    changed = subprocess.run([*git, "diff", "-U0"], check=True, capture_output=True).stdout.decode()
    lines = [line for line in changed.splitlines() if line.startswith(("+", "-")) and line[:4] not in {"+++ ", "--- "}]
    assert sum(line == "+suggested:" for line in lines) > 200
    assert {line[:3] for line in lines if line != "+suggested:"} == {"+  "}, "another key has changed"
    forget(site)
    result = run("unsuggest", site)
    assert (result.exit_code, numbers(result)[2]) == (0, 0), result.stderr
    forget(site)
    assert subprocess.run([*git, "status", "--short"], check=True, capture_output=True).stdout == b""
    shutil.rmtree(site / ".git")
    assert subprocess.run(["diff", "-r", str(site), str(before)], capture_output=True, check=False).stdout == b""
