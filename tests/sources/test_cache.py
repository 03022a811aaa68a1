"""The parse cache: the same corpus with and without it, whatever became of the cache, the files or another job."""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec
import platformdirs
import pytest
from click.testing import CliRunner
from support.reading import note_parsed_files

from recommender import Corpus, read_articles
from recommender.cli.main import main
from recommender.core.errors import ArticleError
from recommender.core.files import content_digest
from recommender.core.settings import Settings, SourceSettings
from recommender.sources import cache as cache_module
from recommender.sources.cache import FILE_NAME, ParseCache, cache_folder
from recommender.sources.folder import read_site_files
from recommender.sources.markdown import FrontMatterReader
from recommender.sources.records.fields import FieldMap
from recommender.sources.site_kinds import find_site

FIELDS = FieldMap.from_settings(SourceSettings())
ARTICLE = """---
title: {name} of the ferry strike
excerpt: "Boats at {name}"
publishedDateTime: 2025-03-0{day}T10:00:00Z
webUrl: https://coast.example/{name}
provider: {{name: Coast Courier, domain: coast.example}}
topics: [Rail, Sea]
quality: 6{day}.5
lang: en
related:
  - title: Day one
    webUrl: https://coast.example/one
    provider: {{name: Coast Courier, domain: coast.example}}
  - title: Elsewhere
    webUrl: https://far.example/x
    publishedDateTime: 2025-02-30
    quality: 3
---
Body of {name}.
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Return a site of three articles with relations, one odd article, and one file that is none."""
    root = tmp_path / "site"
    (root / "deep").mkdir(parents=True)
    for day, name in enumerate(("one", "two", "deep/three"), start=1):
        (root / f"{name}.md").write_text(ARTICLE.format(name=name, day=day), encoding="utf-8")
    (root / "odd.md").write_text("---\ntitle: Odd\nquality: high\ntitle: Odder\n---\n", encoding="utf-8")
    (root / "broken.md").write_text("---\ntitle: B\nx: [\n---\n", encoding="utf-8")
    return root


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of the cache."""
    return tmp_path / "cache"


@pytest.fixture
def parsed_files(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    return note_parsed_files(monkeypatch)


def seen(corpus: Corpus) -> tuple[object, ...]:
    """Return everything there is to see of a corpus."""
    report = corpus.report
    arrays = (corpus.times.tolist(), corpus.links.tolist(), corpus.neighbours.toarray().tolist())
    return (repr(corpus.originals), repr(corpus.articles), repr(corpus.externals), corpus.merged, repr(report), arrays)


def rows_of(folder: Path) -> list[tuple[bytes, int, bytes]]:
    with closing(sqlite3.connect(folder / FILE_NAME)) as connection:
        return connection.execute("SELECT key, used, record FROM records ORDER BY rowid").fetchall()


def change_rows(folder: Path, statement: str, *values: Any) -> None:
    with closing(sqlite3.connect(folder / FILE_NAME)) as connection, connection:
        connection.execute(statement, values)


def store(cache: ParseCache, path: Path) -> list[tuple[str, PurePosixPath]]:
    """Read a file and add it to a cache; return it as the cache's methods take it."""
    relative = PurePosixPath(path.name)
    cache.store([(str(path), relative)], [FrontMatterReader(FIELDS).read(path, relative)])
    return [(str(path), relative)]


def test_a_second_reading_parses_nothing_and_sees_the_same(site: Path, folder: Path, parsed_files: list[str]) -> None:
    plain = seen(read_articles(site))
    assert len(parsed_files) == 5
    assert seen(read_articles(site, cache=folder)) == plain
    assert len(parsed_files) == 10
    for _ in range(2):
        assert seen(read_articles(site, cache=folder)) == plain
    assert len(parsed_files) == 10
    assert [file.name for file in folder.iterdir()] == [FILE_NAME]


def test_relations_that_articles_share_stay_shared(site: Path, folder: Path) -> None:
    read_articles(site, cache=folder)
    corpus = read_articles(site, cache=folder)
    assert corpus[0].relations[1] is corpus[1].relations[1]


def test_paths_are_as_they_are_given(site: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read_articles(site, cache=folder)
    for working_folder, name in ((site.parent, "site"), (site, "."), (site / "deep", "..")):
        monkeypatch.chdir(working_folder)
        assert seen(read_articles(name, cache=folder)) == seen(read_articles(name))


def test_strict_raises_the_same_problem_from_the_cache(site: Path, folder: Path, parsed_files: list[str]) -> None:
    raised = []
    for cache in (False, folder, folder):
        with pytest.raises(ArticleError, match=r"broken\.md:4: front matter is no YAML") as caught:
            read_articles(site, strict=True, cache=cache)
        raised.append((str(caught.value), caught.value.line, caught.value.path))
    assert raised[0] == raised[1] == raised[2]
    assert parsed_files.count("broken.md") == 2


def test_only_a_changed_file_is_parsed_again(site: Path, folder: Path, parsed_files: list[str]) -> None:
    read_articles(site, cache=folder)
    (site / "two.md").write_text("---\ntitle: New words\n---\n", encoding="utf-8")
    (site / "four.md").write_text("---\ntitle: Another\n---\n", encoding="utf-8")
    (site / "odd.md").unlink()
    parsed_files.clear()
    corpus = read_articles(site, cache=folder)
    assert sorted(parsed_files) == ["four.md", "two.md"]
    assert seen(corpus) == seen(read_articles(site))


def test_a_change_that_hides_itself_is_seen(site: Path, folder: Path) -> None:
    read_articles(site, cache=folder)
    file = site / "one.md"
    before = file.stat()
    with file.open("r+", encoding="utf-8") as stream:
        stream.write(file.read_text(encoding="utf-8").replace("Boats", "Ships"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = file.stat()
    assert (before.st_size, before.st_mtime_ns, before.st_ino) == (after.st_size, after.st_mtime_ns, after.st_ino)
    assert read_articles(site, cache=folder)[0].excerpt == "Ships at one"


def test_a_file_with_the_same_content_is_not_parsed_again(site: Path, folder: Path, parsed_files: list[str]) -> None:
    read_articles(site, cache=folder)
    parsed_files.clear()
    os.utime(site / "one.md", (1_600_000_000, 1_600_000_000))
    moved = site.rename(site.parent / "moved")
    corpus = read_articles(moved, cache=folder)
    assert parsed_files == []
    assert seen(corpus) == seen(read_articles(moved))


def test_the_same_content_under_another_name_is_another_article(site: Path, folder: Path) -> None:
    read_articles(site, cache=folder)
    (site / "one.md").rename(site / "uno.md")
    (site / "deep" / "three.md").rename(site / "three.md")
    corpus = read_articles(site, cache=folder)
    assert {article.id for article in corpus} == {"uno", "two", "three", "odd"}
    assert seen(corpus) == seen(read_articles(site))


def test_a_file_that_changes_while_it_is_read_is_cached_as_it_was_read(site: Path, folder: Path) -> None:
    file = site / "one.md"
    original = file.read_bytes()
    cache = ParseCache(folder, FIELDS)
    relative = PurePosixPath("one.md")
    files = [(str(file), relative)]
    assert cache.load(files) == [None]
    outcome = FrontMatterReader(FIELDS).read(file, relative)
    file.write_text("---\ntitle: Quick\n---\n", encoding="utf-8")
    cache.store(files, [outcome])
    assert cache.load(files) == [None]
    file.write_bytes(original)
    assert cache.load(files) == [outcome]


def cut(file: Path, size: int) -> None:
    file.write_bytes(file.read_bytes()[:size])


def one_bit(file: Path) -> None:
    """Change one bit of the last record."""
    [*_, (_, _, record)] = rows_of(file.parent)
    data = bytearray(file.read_bytes())
    data[data.index(record) + len(record) // 2] ^= 1
    file.write_bytes(bytes(data))


def forged(change: Callable[[list[Any]], object]) -> Callable[[Path], None]:
    """Return what changes the content of each record and makes its digest right again."""

    def forge(file: Path) -> None:
        for key, _, record in rows_of(file.parent):
            values = msgspec.msgpack.decode(record[16:])
            change(values)
            payload = msgspec.msgpack.encode(values)
            new = content_digest(key + payload) + payload
            change_rows(file.parent, "UPDATE records SET record = ? WHERE key = ?", new, key)

    return forge


def in_article(name: str, value: object) -> Callable[[list[Any]], object]:
    return lambda values: values[0] and values[0].__setitem__(name, value)


def statement(text: str) -> Callable[[Path], None]:
    return lambda file: change_rows(file.parent, text)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "one bit": one_bit,
    "cut short": lambda file: cut(file, file.stat().st_size // 2),
    "cut to its first page": lambda file: cut(file, 4096),
    "cut to nothing": lambda file: cut(file, 0),
    "no database at all": lambda file: file.write_bytes(b"\x80\x04\x95pickle, perhaps" * 999),
    "zeros in the middle": lambda file: file.write_bytes(file.read_bytes()[:4096] + bytes(4096)),
    "records of texts": statement("UPDATE records SET record = 'text'"),
    "records of nothing": statement("UPDATE records SET record = NULL"),
    "records under each other's keys": statement(
        "UPDATE records SET record = (SELECT other.record FROM records other WHERE other.key <> records.key LIMIT 1)"
    ),
    "another message": forged(lambda values: values.clear()),
    "a number for a title": forged(in_article("title", 5)),
    "a quality of no number": forged(in_article("quality", float("nan"))),
    "an empty id": forged(in_article("id", "")),
    "a relation that is none": forged(lambda values: values.__setitem__(1, [b"\xc1"])),
    "a relation without an address": forged(
        lambda values: values.__setitem__(1, [msgspec.msgpack.encode({"url": None})])
    ),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_cache_is_made_anew(
    site: Path,
    folder: Path,
    damage: Callable[[Path], object],
    parsed_files: list[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    plain = seen(read_articles(site, cache=folder))
    sound = (folder / FILE_NAME).read_bytes()
    damage(folder / FILE_NAME)
    assert (folder / FILE_NAME).read_bytes() != sound
    parsed_files.clear()
    assert seen(read_articles(site, cache=folder)) == plain
    assert parsed_files
    assert len(caplog.records) <= 1
    parsed_files.clear()
    assert seen(read_articles(site, cache=folder)) == plain
    assert parsed_files == []


@pytest.mark.parametrize("content", ["another table", "no database at all"])
def test_a_cache_of_no_use_is_one_warning(
    site: Path, folder: Path, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    folder.mkdir()
    if content == "another table":
        change_rows(folder, "CREATE TABLE records (name TEXT)")
    else:
        (folder / FILE_NAME).write_text(content * 999, encoding="utf-8")
    assert seen(read_articles(site, cache=folder)) == seen(read_articles(site))
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    wanted = "cannot be used, reading goes on" if content == "another table" else "is damaged and is made anew"
    assert wanted in record.getMessage()


def test_another_mapping_has_records_of_its_own(site: Path, folder: Path, parsed_files: list[str]) -> None:
    read_articles(site, cache=folder)
    mapped = SourceSettings(fields={"excerpt": "title"})
    for settings in (mapped, SourceSettings(preset="hugo")):
        parsed_files.clear()
        assert seen(read_articles(site, settings, cache=folder)) == seen(read_articles(site, settings))
        assert len(parsed_files) == 10
    assert len(rows_of(folder)) == 15
    assert read_articles(site, mapped, cache=folder)[0].excerpt == "one of the ferry strike"


def test_another_version_of_the_code_reads_anew(
    site: Path, folder: Path, parsed_files: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    read_articles(site, cache=folder)
    monkeypatch.setattr(cache_module, "code_digest", lambda: "next")
    read_articles(site, cache=folder)
    assert len(parsed_files) == 10


def large_article(folder: Path, name: str) -> Path:
    """Write an article whose record takes some pages of the database."""
    (folder / f"{name}.md").write_text(f"---\ntitle: {name}\n---\n" + "words and words " * 2000, encoding="utf-8")
    return folder / f"{name}.md"


def test_the_records_used_longest_ago_go_first(site: Path, folder: Path) -> None:
    first, second, third = (large_article(site, name) for name in ("first", "second", "third"))
    for file in (first, second):
        store(ParseCache(folder, FIELDS), file)
    today = rows_of(folder)[0][1]
    for days, (key, _, _) in zip((5, 9), rows_of(folder), strict=True):
        change_rows(folder, "UPDATE records SET used = ? WHERE key = ?", today - days, key)
    [outcome] = ParseCache(folder, FIELDS).load([(str(second), PurePosixPath("second.md"))])
    assert outcome is not None
    assert [used - today for _, used, _ in rows_of(folder)] == [-5, 0]  # the second one was used today
    size = (folder / FILE_NAME).stat().st_size
    store(ParseCache(folder, FIELDS, most_bytes=size), third)
    files = [(str(file), PurePosixPath(file.name)) for file in (first, second, third)]
    cached = ParseCache(folder, FIELDS).load(files)
    assert [outcome is not None for outcome in cached] == [False, True, True]
    assert (folder / FILE_NAME).stat().st_size <= size


def test_a_full_cache_is_one_warning(site: Path, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    small = ParseCache(folder, FIELDS, most_bytes=20_000)
    store(small, site / "one.md")
    store(small, large_article(site, "large"))
    assert len(rows_of(folder)) == 1
    assert [record.getMessage() for record in caplog.records] == [
        f"the cache {folder / FILE_NAME} is full; 1 files are not cached"
    ]


def test_a_folder_of_no_use_is_one_warning(site: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    occupied = tmp_path / "file"
    occupied.write_text("here already", encoding="utf-8")
    assert seen(read_articles(site, cache=occupied)) == seen(read_articles(site))
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert "cannot be used, reading goes on without it" in record.getMessage()


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root writes everywhere")
def test_a_read_only_folder_is_one_warning(site: Path, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder.mkdir(mode=0o500)
    assert seen(read_articles(site, cache=folder)) == seen(read_articles(site))
    assert len(caplog.records) == 1


def test_a_locked_cache_is_one_warning(site: Path, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = site / "one.md"
    files = store(ParseCache(folder, FIELDS), file)
    cache = ParseCache(folder, FIELDS, timeout=0.01)
    with closing(sqlite3.connect(folder / FILE_NAME)) as other_job:
        other_job.execute("BEGIN EXCLUSIVE")
        assert cache.load(files) == [None]
        store(cache, file)
    assert [record.getMessage() for record in caplog.records] == [
        f"the cache {folder / FILE_NAME} cannot be used, reading goes on without it: database is locked"
    ]
    assert ParseCache(folder, FIELDS).load(files) != [None]


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are another matter there")
def test_the_cache_is_private_to_the_user(site: Path, folder: Path) -> None:
    umask = os.umask(0)
    try:
        read_articles(site, cache=folder)
    finally:
        os.umask(umask)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / FILE_NAME).stat().st_mode) == 0o600


def test_a_file_that_cannot_be_cached_does_not_keep_the_rest_from_it(
    site: Path, folder: Path, parsed_files: list[str]
) -> None:
    try:
        (site / os.fsdecode(b"odd\xff.md")).write_text("---\ntitle: Named oddly\n---\n", encoding="utf-8")
    except OSError:
        pytest.skip("this file system has no such names")
    (site / "gone.md").symlink_to(site / "nowhere")
    plain = seen(read_articles(site))
    read_articles(site, cache=folder)
    parsed_files.clear()
    assert seen(read_articles(site, cache=folder)) == plain
    assert sorted(parsed_files) == ["gone.md", os.fsdecode(b"odd\xff.md")]
    assert len(rows_of(folder)) == 5


def test_two_jobs_at_once_see_the_same_and_leave_a_whole_cache(
    site: Path, folder: Path, parsed_files: list[str]
) -> None:
    code = (
        "import sys; from recommender import read_articles; "
        "[print(repr(read_articles(sys.argv[1], cache=sys.argv[2]).articles)) for _ in range(5)]"
    )
    jobs = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(site), str(folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    outputs = [job.communicate() for job in jobs]
    assert [job.returncode for job in jobs] == [0, 0, 0]
    assert {errors for _, errors in outputs} == {""}
    assert {line for lines, _ in outputs for line in lines.splitlines()} == {repr(read_articles(site).articles)}
    parsed_files.clear()
    read_articles(site, cache=folder)
    assert parsed_files == []


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_workers_change_nothing(site: Path, folder: Path, n_jobs: int) -> None:
    found = find_site(site, SourceSettings())
    plain = repr(read_site_files(found, FIELDS, 1, strict=False))
    for _ in range(2):
        outcomes = read_site_files(
            find_site(site, SourceSettings()), FIELDS, n_jobs, False, folder, fewest_for_processes=1
        )
        assert repr(outcomes) == plain


def test_python_caches_nothing_unless_it_is_asked_to(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "own"))
    read_articles(site)
    assert not (tmp_path / "own").exists()
    read_articles(site, SourceSettings(cache=True), cache=False)
    assert not (tmp_path / "own").exists()
    read_articles(site, SourceSettings(cache=str(tmp_path / "named")))
    assert len(rows_of(tmp_path / "named")) == 5


@pytest.mark.skipif(sys.platform in {"darwin", "win32"}, reason="these have their own folders")
def test_the_users_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", "relative, so ignored")
    assert cache_folder(True) == tmp_path / ".cache" / "recommender"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "x"))
    assert cache_folder(True) == tmp_path / "x" / "recommender"


def test_a_user_without_a_home_reads_without_a_cache(
    site: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def no_home(*_: object, **__: object) -> Path:
        raise RuntimeError("could not determine the home directory")

    monkeypatch.setattr(platformdirs, "user_cache_path", no_home)
    assert seen(read_articles(site, cache=True)) == seen(read_articles(site))
    assert "there is no home to keep a cache in" in caplog.text


def test_one_file_alone_is_not_worth_a_cache(site: Path, folder: Path) -> None:
    assert seen(read_articles(site / "one.md", cache=folder)) == seen(read_articles(site / "one.md"))
    assert not folder.exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_file_that_became_a_pipe_is_not_waited_for(site: Path, folder: Path) -> None:
    read_articles(site, cache=folder)
    (site / "one.md").unlink()
    os.mkfifo(site / "one.md")
    assert seen(read_articles(site, cache=folder)) == seen(read_articles(site))


def test_a_folder_named_in_no_encoding(tmp_path: Path, folder: Path, parsed_files: list[str]) -> None:
    root = Path(os.fsdecode(bytes(tmp_path) + b"/site\xff"))
    try:
        root.mkdir()
    except OSError:
        pytest.skip("this file system has no such names")
    (root / "a.md").write_text("---\ntitle: A\n---\n", encoding="utf-8")
    for _ in range(2):
        assert [article.id for article in read_articles(root, cache=folder)] == ["a"]
    assert parsed_files == ["a.md"]


@pytest.mark.skipif(sys.platform in {"darwin", "win32"}, reason="the folder of the cache is set by XDG_CACHE_HOME")
def test_the_command_line_caches_unless_it_is_told_otherwise(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, named, chosen = tmp_path / "own", tmp_path / "named", tmp_path / "chosen"
    monkeypatch.setenv("XDG_CACHE_HOME", str(own))
    (tmp_path / "settings.yaml").write_text(f"source: {{cache: {named}}}\n", encoding="utf-8")
    (tmp_path / "off.yaml").write_text("source: {cache: off}\n", encoding="utf-8")
    cases: list[tuple[list[object], Path | None]] = [
        (["--no-cache"], None),
        (["--settings", tmp_path / "off.yaml"], None),
        (["--settings", tmp_path / "settings.yaml", "--no-cache"], None),
        (["--settings", tmp_path / "settings.yaml"], named),
        (["--settings", tmp_path / "settings.yaml", "--cache", chosen], chosen),
        ([], own / "recommender"),
    ]
    outputs = set()
    for arguments, folder in cases:
        result = CliRunner().invoke(main, ["suggest", str(site), *map(str, arguments)])
        assert result.exit_code == 0, result.output
        outputs.add(result.stdout)
        used = [path for path in (named, chosen, own / "recommender") if path.exists() and any(path.iterdir())]
        assert used == ([folder] if folder else [])
        if folder:
            shutil.rmtree(folder)
    assert len(outputs) == 1
    both = CliRunner().invoke(main, ["suggest", str(site), "--cache", str(chosen), "--no-cache"])
    assert both.exit_code == 2
    assert "exclude each other" in both.stderr


def test_what_a_setting_of_the_cache_may_be() -> None:
    for value in (True, False, None, "folder"):
        settings = Settings.from_dict({"source": {"cache": value}})
        assert settings.source.cache is value
        assert Settings.from_dict(settings.to_dict()) == settings
    with pytest.raises(Exception, match=r"setting 'source\.cache' must be of type bool or str, got 5"):
        Settings.from_dict({"source": {"cache": 5}})
