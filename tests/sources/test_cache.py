"""The parse cache: the same corpus with and without it, whatever became of the cache, the files or another job."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from recommender import Corpus, read_articles
from recommender.cli.main import main
from recommender.core.errors import ArticleError
from recommender.core.settings import Settings, SourceSettings
from recommender.sources import cache as cache_module
from recommender.sources import folder
from recommender.sources.cache import SUFFIX, ParseCache, default_cache_folder, is_settled
from recommender.sources.fields import FieldMap
from recommender.sources.kept import CachedSite
from recommender.sources.markdown import FrontMatterReader

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
    settle(root)
    return root


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Return the folder of the cache."""
    return tmp_path / "cache"


@pytest.fixture
def read_files(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the files that are read in truth, as they come."""
    names: list[str] = []
    read = FrontMatterReader.read

    def noting(self: FrontMatterReader, path: Path, relative: object) -> object:
        names.append(path.name)
        return read(self, path, relative)  # type: ignore[arg-type]

    monkeypatch.setattr(FrontMatterReader, "read", noting)
    return names


def settle(root: Path) -> None:
    """Make the files' times of change old; the time of their entry's change cannot be set, and stays young."""
    for file in root.rglob("*.md"):
        os.utime(file, (1_700_000_000, 1_700_000_000))


def seen(corpus: Corpus) -> tuple[object, ...]:
    """Return everything there is to see of a corpus."""
    report = corpus.report
    arrays = (corpus.times.tolist(), corpus.links.tolist(), corpus.neighbours.toarray().tolist())
    return (repr(corpus.originals), repr(corpus.articles), repr(corpus.externals), corpus.merged, repr(report), arrays)


def cache_file(kept: Path) -> Path:
    [file] = kept.iterdir()
    assert file.name.endswith(SUFFIX)
    return file


def sealed(payload: bytes) -> bytes:
    """Return what a cache file with this payload would hold, its checksum right."""
    return cache_module._MAGIC + blake2b(payload, digest_size=32).digest() + payload


def payload_of(file: Path) -> bytes:
    return file.read_bytes()[len(cache_module._MAGIC) + 32 :]


def test_a_second_reading_reads_nothing_and_sees_the_same(site: Path, kept: Path, read_files: list[str]) -> None:
    plain = seen(read_articles(site))
    assert len(read_files) == 5
    assert seen(read_articles(site, cache=kept)) == plain
    assert len(read_files) == 10
    for _ in range(2):
        assert seen(read_articles(site, cache=kept)) == plain
    assert len(read_files) == 10


def test_relations_that_articles_share_stay_shared(site: Path, kept: Path) -> None:
    read_articles(site, cache=kept)
    corpus = read_articles(site, cache=kept)
    assert corpus[0].relations[1] is corpus[1].relations[1]


def test_paths_are_told_as_they_are_given(site: Path, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read_articles(site, cache=kept)
    for place, name in ((site.parent, "site"), (site, "."), (site / "deep", "..")):
        monkeypatch.chdir(place)
        assert seen(read_articles(name, cache=kept)) == seen(read_articles(name))


def test_strict_raises_the_same_problem_from_the_cache(site: Path, kept: Path, read_files: list[str]) -> None:
    raised = []
    for cache in (False, kept, kept):
        with pytest.raises(ArticleError, match=r"broken\.md:4: front matter is no YAML") as caught:
            read_articles(site, strict=True, cache=cache)
        raised.append((str(caught.value), caught.value.line, caught.value.path))
    assert raised[0] == raised[1] == raised[2]
    assert read_files.count("broken.md") == 2


def test_only_a_changed_file_is_read_again(site: Path, kept: Path, read_files: list[str]) -> None:
    read_articles(site, cache=kept)
    (site / "two.md").write_text("---\ntitle: New words\n---\n", encoding="utf-8")
    (site / "four.md").write_text("---\ntitle: Another\n---\n", encoding="utf-8")
    (site / "odd.md").unlink()
    read_files.clear()
    corpus = read_articles(site, cache=kept)
    assert sorted(read_files) == ["four.md", "two.md"]
    assert seen(corpus) == seen(read_articles(site))
    site_kept = msgspec.msgpack.decode(payload_of(cache_file(kept)), type=CachedSite)
    assert sorted(file.below for file in site_kept.files) == [
        "broken.md",
        "deep/three.md",
        "four.md",
        "one.md",
        "two.md",
    ]


def test_a_change_that_hides_itself_is_seen(site: Path, kept: Path) -> None:
    """The same size, inode and time of change: the time of the entry's change tells, or the racy window."""
    read_articles(site, cache=kept)
    file = site / "one.md"
    before = file.stat()
    with file.open("r+", encoding="utf-8") as stream:
        stream.write(file.read_text(encoding="utf-8").replace("Boats", "Ships"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = file.stat()
    assert (before.st_size, before.st_mtime_ns, before.st_ino) == (after.st_size, after.st_mtime_ns, after.st_ino)
    assert read_articles(site, cache=kept)[0].excerpt == "Ships at one"


def test_a_touched_file_is_compared_by_content(site: Path, kept: Path, read_files: list[str]) -> None:
    read_articles(site, cache=kept)
    read_files.clear()
    os.utime(site / "one.md", (1_600_000_000, 1_600_000_000))
    (site / "two.md").write_bytes((site / "two.md").read_bytes())
    assert seen(read_articles(site, cache=kept)) == seen(read_articles(site))
    assert len(read_files) == 5  # those of the reading without a cache


def test_a_file_is_settled_only_when_it_is_older_than_the_look_at_it() -> None:
    second = 10**9
    at = 1_700_000_000 * second
    assert is_settled((5, at, at, 1), at + 3 * second)
    assert not is_settled((5, at, at, 1), at + second)
    assert not is_settled((5, at - 9 * second, at, 1), at + second)  # its entry changed just now
    assert not is_settled((5, at, at, 1), at)
    assert not is_settled((5, at + 9 * second, at, 1), at + 5 * second)  # of the future


def test_in_the_racy_window_the_content_decides_although_the_stamp_is_the_same(site: Path, kept: Path) -> None:
    file = site / "one.md"
    files = [(str(file), "one.md")]
    fields = FieldMap.from_settings(SourceSettings())
    outcome = FrontMatterReader(fields).read(file, Path("one.md"))  # type: ignore[arg-type]
    cache = ParseCache(kept, site, fields)
    assert cache.find(files) == [None]
    # Changed after its stamp was taken, before it was read, within one tick: the stamp that is kept is of the new file.
    file.write_text("---\ntitle: Quick\n---\n", encoding="utf-8")
    cache._stamps["one.md"] = cache_module.stamp_of(str(file))
    cache.keep(["one.md"], [outcome])
    assert ParseCache(kept, site, fields).find(files) == [None]


def damaged(file: Path) -> bytes:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    return bytes(data)


def with_files(change: Callable[[list[object]], object]) -> Callable[[Path], bytes]:
    """Return what damages the content and makes the checksum right again."""

    def changed(file: Path) -> bytes:
        values = msgspec.msgpack.decode(payload_of(file))
        change(values)
        return sealed(msgspec.msgpack.encode(values))

    return changed


def set_in_article(position: int, value: object) -> Callable[[list[object]], object]:
    def change(values: list[object]) -> object:
        for kept in values[4]:  # type: ignore[attr-defined]
            if kept[3] is not None:
                kept[3][position] = value
        return None

    return change


DAMAGES = {
    "one bit": damaged,
    "cut short": lambda file: file.read_bytes()[:-100],
    "cut to nothing": lambda _: b"",
    "of another format": lambda file: file.read_bytes().replace(cache_module._MAGIC, b"recommender parse cache 1\n", 1),
    "no cache at all": lambda _: b"\x80\x04\x95pickle, perhaps" * 9,
    "of another version": with_files(lambda values: values.__setitem__(0, "older")),
    "no message": lambda _: sealed(b"\xc1"),
    "another message": lambda _: sealed(msgspec.msgpack.encode({"files": []})),
    "a number for a title": with_files(set_in_article(1, 5)),
    "a quality of no number": with_files(set_in_article(11, float("nan"))),
    "an empty id": with_files(set_in_article(0, "")),
    "a provider that is not there": with_files(set_in_article(7, 99)),
    "a relation that is not there": with_files(set_in_article(15, [99])),
    "a relation from the end": with_files(set_in_article(15, [-1])),
    "neither article nor problem": with_files(lambda values: [kept.__setitem__(3, None) for kept in values[4]]),  # type: ignore[attr-defined]
    "a relation without an address": with_files(lambda values: values[3][0].__setitem__(0, None)),  # type: ignore[index]
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_cache_of_no_use_is_made_anew(
    site: Path, kept: Path, damage: Callable[[Path], bytes], read_files: list[str]
) -> None:
    plain = seen(read_articles(site, cache=kept))
    file = cache_file(kept)
    sound = file.read_bytes()
    file.write_bytes(damage(file))
    assert file.read_bytes() != sound
    read_files.clear()
    assert seen(read_articles(site, cache=kept)) == plain
    assert len(read_files) == 5
    read_files.clear()
    assert seen(read_articles(site, cache=kept)) == plain
    assert read_files == []


def test_another_mapping_has_a_cache_of_its_own(site: Path, kept: Path, read_files: list[str]) -> None:
    read_articles(site, cache=kept)
    mapped = SourceSettings(fields={"excerpt": "title"})
    for settings in (mapped, SourceSettings(preset="hugo")):
        read_files.clear()
        assert seen(read_articles(site, settings, cache=kept)) == seen(read_articles(site, settings))
        assert len(read_files) == 10
    assert len(list(kept.iterdir())) == 3
    assert read_articles(site, mapped, cache=kept)[0].excerpt == "one of the ferry strike"


def test_another_version_of_the_code_reads_anew(
    site: Path, kept: Path, read_files: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    read_articles(site, cache=kept)
    monkeypatch.setattr(cache_module, "_version", lambda: "next")
    read_articles(site, cache=kept)
    assert len(read_files) == 10
    cache_file(kept)  # the old one is overwritten


def test_caches_used_longest_ago_go_first(site: Path, kept: Path) -> None:
    sizes = {}
    for number, name in enumerate(("x", "y", "z")):
        fields = FieldMap.from_settings(SourceSettings(fields={"category": name}))
        cache = ParseCache(kept, site, fields, most_bytes=10**6)
        cache.find([])
        cache._renewed = True
        cache.keep([], [])
        sizes[name] = cache._file.stat().st_size
        os.utime(cache._file, (number, number))
    foreign = kept / "notes.txt"
    foreign.write_text("not ours", encoding="utf-8")
    left = kept / f"killed{SUFFIX}.tmp"
    left.write_bytes(b"half")
    os.utime(left, (1, 1))
    used = ParseCache(kept, site, FieldMap.from_settings(SourceSettings(fields={"category": "x"})))
    used.find([])
    used.keep([], [])  # nothing new, but used now
    fresh = ParseCache(
        kept, site, FieldMap.from_settings(SourceSettings(fields={"category": "w"})), most_bytes=2 * sizes["x"] + 20
    )
    fresh.find([])
    fresh._renewed = True
    fresh.keep([], [])
    assert {file.name for file in kept.iterdir()} == {fresh._file.name, used._file.name, "notes.txt"}


def test_a_cache_over_the_limit_is_not_written(
    site: Path, kept: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(ParseCache.__init__, "__kwdefaults__", {"most_bytes": 500})
    assert seen(read_articles(site, cache=kept)) == seen(read_articles(site))
    assert not kept.exists()
    assert "too much to keep" in caplog.text


def test_a_folder_of_no_use_is_one_warning(site: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    occupied = tmp_path / "file"
    occupied.write_text("here already", encoding="utf-8")
    assert seen(read_articles(site, cache=occupied)) == seen(read_articles(site))
    warned = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(warned) == 1
    assert "cannot be used, reading goes on without it" in warned[0].getMessage()


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root writes everywhere")
def test_a_read_only_folder_is_one_warning(site: Path, kept: Path, caplog: pytest.LogCaptureFixture) -> None:
    kept.mkdir(mode=0o500)
    assert seen(read_articles(site, cache=kept)) == seen(read_articles(site))
    assert len(caplog.records) == 1


def test_a_file_that_cannot_be_kept_does_not_keep_the_rest_from_it(
    site: Path, kept: Path, read_files: list[str]
) -> None:
    try:
        (site / os.fsdecode(b"odd\xff.md")).write_text("---\ntitle: Named oddly\n---\n", encoding="utf-8")
    except OSError:
        pytest.skip("this file system has no such names")
    (site / "gone.md").symlink_to(site / "nowhere")
    plain = seen(read_articles(site))
    read_articles(site, cache=kept)
    written = cache_file(kept).read_bytes()
    read_files.clear()
    assert seen(read_articles(site, cache=kept)) == plain
    assert sorted(read_files) == ["gone.md", os.fsdecode(b"odd\xff.md")]
    assert payload_of(cache_file(kept))[-500:] == written[-500:]


def test_two_jobs_at_once_see_the_same_and_leave_one_whole_cache(site: Path, kept: Path) -> None:
    code = (
        "import sys; from recommender import read_articles; "
        "[print(repr(read_articles(sys.argv[1], cache=sys.argv[2]).articles)) for _ in range(5)]"
    )
    jobs = [
        subprocess.Popen([sys.executable, "-c", code, str(site), str(kept)], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = {line for job in jobs for line in job.communicate()[0].splitlines()}
    assert [job.returncode for job in jobs] == [0, 0]
    assert said == {repr(read_articles(site).articles)}
    cache_file(kept)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_workers_change_nothing(site: Path, kept: Path, n_jobs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = seen(read_articles(site))
    monkeypatch.setattr(folder, "_FEWEST_FOR_PROCESSES", 1)
    for _ in range(2):
        assert seen(read_articles(site, n_jobs=n_jobs, cache=kept)) == plain


def test_python_keeps_nothing_unless_asked(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "own"))
    read_articles(site)
    assert not (tmp_path / "own").exists()
    read_articles(site, SourceSettings(cache=True), cache=False)
    assert not (tmp_path / "own").exists()
    read_articles(site, SourceSettings(cache=str(tmp_path / "named")))
    cache_file(tmp_path / "named")


@pytest.mark.skipif(sys.platform in {"darwin", "win32"}, reason="these have their own places")
def test_the_users_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", "relative, so not heeded")
    assert default_cache_folder() == tmp_path / ".cache" / "recommender"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "x"))
    assert default_cache_folder() == tmp_path / "x" / "recommender"


@pytest.mark.skipif(sys.platform in {"darwin", "win32"}, reason="these have their own places")
def test_a_user_without_a_home_reads_without_a_cache(
    site: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", "nowhere")
    assert seen(read_articles(site, cache=True)) == seen(read_articles(site))
    assert "there is no home to keep a cache in" in caplog.text


def test_one_file_alone_is_not_worth_a_cache(site: Path, kept: Path) -> None:
    assert seen(read_articles(site / "one.md", cache=kept)) == seen(read_articles(site / "one.md"))
    assert not kept.exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_file_that_became_a_pipe_is_not_waited_for(site: Path, kept: Path) -> None:
    read_articles(site, cache=kept)
    (site / "one.md").unlink()
    os.mkfifo(site / "one.md")
    assert seen(read_articles(site, cache=kept)) == seen(read_articles(site))


def test_a_folder_named_in_no_encoding(tmp_path: Path, kept: Path, read_files: list[str]) -> None:
    root = Path(os.fsdecode(bytes(tmp_path) + b"/site\xff"))
    try:
        root.mkdir()
    except OSError:
        pytest.skip("this file system has no such names")
    (root / "a.md").write_text("---\ntitle: A\n---\n", encoding="utf-8")
    for _ in range(2):
        assert [one.id for one in read_articles(root, cache=kept)] == ["a"]
    assert read_files == ["a.md"]


@pytest.mark.skipif(sys.platform in {"darwin", "win32"}, reason="the place of the cache is set by XDG_CACHE_HOME")
def test_the_command_line_keeps_unless_told_otherwise(
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
    said = set()
    for arguments, place in cases:
        result = CliRunner().invoke(main, ["suggest", str(site), *map(str, arguments)])
        assert result.exit_code == 0, result.output
        said.add(result.stdout)
        assert [path for path in (named, chosen, own / "recommender") if path.exists() and any(path.iterdir())] == (
            [place] if place else []
        )
        if place:
            shutil.rmtree(place)
    assert len(said) == 1
    both = CliRunner().invoke(main, ["suggest", str(site), "--cache", str(chosen), "--no-cache"])
    assert both.exit_code == 2
    assert "exclude each other" in both.stderr


def test_what_a_setting_of_the_cache_may_be() -> None:
    for value in (True, False, None, "folder"):
        settings = Settings.from_dict({"source": {"cache": value}})
        assert settings.source.cache is value
        assert Settings.from_dict(settings.to_dict()) == settings
    with pytest.raises(Exception, match=r"setting 'source\.cache' must be of type str or bool, got 5"):
        Settings.from_dict({"source": {"cache": 5}})
