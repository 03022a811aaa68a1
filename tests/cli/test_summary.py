"""What a job says of itself: the summary adds up, and names the files that could not be read."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from support.command_line import assert_one_line_and_exit_2, json_lines, numbers, run, write_file


def test_the_summary_is_on_stderr_and_adds_up(site: Path) -> None:
    write_file(site, "again.md", "title: Once more", "webUrl: https://coast.example/ferry-1?utm_source=x")
    write_file(site, "broken.md", "title: [")
    write_file(
        site,
        "outside.md",
        "title: Outside",
        "related:",
        "- url: https://far.example/x",
        "- url: https://coast.example/wind-1",
    )
    result = run("suggest", site)
    assert result.exit_code == 0
    read, articles, skipped, merged = numbers(
        next(line for line in result.stderr.splitlines() if line.startswith("read"))
    )
    assert (read, skipped, merged) == (15, 1, 1)
    assert read == articles + skipped + merged
    line = next(line for line in result.stderr.splitlines() if line.startswith("relations"))
    relations, resolved, different, externals, _ = numbers(line)
    assert relations == resolved + externals
    assert (relations, different, externals) == (12, 11, 1)
    line = next(line for line in result.stderr.splitlines() if line.startswith("suggestions"))
    suggestions, sources, of, *kinds = numbers(line)
    assert suggestions == len(result.stdout.splitlines()) == sum(kinds)
    assert sources == len({row["source"] for row in json_lines(result.stdout)}) <= of == articles


def test_the_summary_of_the_example_site_adds_up(newsroom_copy: Path, tmp_path: Path) -> None:
    result = run("suggest", newsroom_copy, "--output", tmp_path / "out.jsonl")
    assert result.exit_code == 0
    assert result.stdout == ""
    read, articles, skipped, merged = numbers(re.search("read .*", result.stderr)[0])
    assert read == articles + skipped + merged
    relations, resolved, _, externals, _ = numbers(re.search("relations .*", result.stderr)[0])
    assert relations == resolved + externals
    assert re.search(r"README\.md: has no front matter", result.stderr)


def test_the_limit_on_exposure_is_in_the_summary(site: Path) -> None:
    assert "without selection.exposure" not in run("suggest", site).stderr
    (site / "recommender.yaml").write_text("selection: {exposure: 0.13, k: 2, threshold: 0}\n", encoding="utf-8")
    result = run("suggest", site)
    assert re.search(r"in-degree Gini 0\.\d+, .*; without selection\.exposure 0\.\d+ and ", result.stderr)
    counts = Counter(row["target"] for row in json_lines(result.stdout))
    assert max(counts.values()) <= 3
    assert counts.total() == 24


BAD_FILES = {
    "broken YAML": (["title: Broken", "topics: [a", "type: news"], r"bad\.md:\d+: "),
    "a list": (["- title: A list"], r"bad\.md(:\d+)?: .*mapping"),
    "no title": (["excerpt: ''"], r"bad\.md(:\d+)?: has no title"),
}


@pytest.mark.parametrize("what", BAD_FILES)
def test_one_bad_file_is_one_clear_line(site: Path, what: str) -> None:
    header, message = BAD_FILES[what]
    before = run("suggest", site).stdout
    write_file(site, "bad.md", *header, body="")
    result = run("suggest", site)
    assert result.exit_code == 0
    assert result.stdout == before
    assert len([line for line in result.stderr.splitlines() if re.search(message, line)]) == 1, result.stderr
    assert "1 skipped" in result.stderr
    assert_one_line_and_exit_2(run("suggest", site, "--strict"), message)


@pytest.mark.parametrize(
    ("header", "warned"),
    [
        (["related: null"], False),
        (["related: []"], False),
        (["related: [ferry-1]"], False),
        (["related:", "- https://coast.example/ferry-1", "- {title: No address}"], True),
        (["related:", "- 17.5", "- [x]"], True),
        (["related: 5.5"], True),
        ([f"excerpt: {'ferry strike ' * 400_000}"], True),
        (["quality: good", "removed: maybe"], True),
        (['excerpt: "a \\uD800 surrogate"'], None),
        (["publishedDateTime: 9999-12-31T23:59:59.999999Z"], None),
        (["publishedDateTime: 0001-01-01T00:00:00+14:00"], None),
    ],
    ids="null empty id text number scalar 5MB values surrogate latest earliest".split(),  # noqa: SIM905 - as read
)
def test_an_odd_file_is_borne(site: Path, header: list[str], warned: bool | None) -> None:
    file = write_file(site, "odd.md", "title: Odd ferry", *header)
    result = run("suggest", site, "--threshold", 0)
    assert result.exit_code == 0, (result.stderr, result.exception)
    assert {row["source"] for row in json_lines(result.stdout)} >= {"ferry-1", "wind-4"}
    result.stdout.encode()
    if warned is not None:
        assert bool([line for line in result.stderr.splitlines() if line.startswith(str(file))]) is warned
        assert '"source": "odd"' in result.stdout
        assert "0 skipped" in result.stderr
