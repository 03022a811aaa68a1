from __future__ import annotations

import operator
import os
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender import Relation
from recommender.core.settings import SourceSettings
from recommender.sources.markdown import MOST_BYTES, FrontMatterReader, id_of
from recommender.sources.outcomes import Outcome
from recommender.sources.records.fields import FieldMap
from recommender.sources.records.front_matter import split_front_matter

SEED = """---
title: "Ferry strike ends"
publishedDateTime: 2020-10-01T19:44:00Z
webUrl: "https://example.com/ferry"

related:
  - title: "Ferry strike begins"
    webUrl: "https://example.com/begins"
    images:
      - url: "https://example.com/a.jpg"
  - title: "- a dash, and a # too"
    webUrl: "https://example.com/dash"

secured: "c2VjcmV0;{["
---

Body --- text.
"""


class Folder:
    """Writes one file and reads it."""

    def __init__(self, path: Path):
        self.path = path

    def read(self, data: str | bytes, preset: str = "default", name: str = "a.md", **fields: str) -> Outcome:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data.encode() if isinstance(data, str) else data)
        reader = FrontMatterReader(FieldMap.from_settings(SourceSettings(preset=preset, fields=fields)))
        return reader.read(file, PurePosixPath(name))

    def problem(self, data: str | bytes, preset: str = "default") -> str:
        """Return the one line about a file that is skipped, without the folder."""
        outcome = self.read(data, preset)
        assert outcome.article is None
        assert "\n" not in str(outcome.problem)
        return str(outcome.problem).removeprefix(f"{self.path}{os.sep}")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_a_file_in_the_format_of_the_project(folder: Folder) -> None:
    outcome = folder.read(SEED, name="2020-10-01-ferry.md")
    assert (outcome.problem, outcome.warnings) == (None, ())
    article = outcome.article
    assert article is not None
    assert (article.id, article.title, article.body) == ("2020-10-01-ferry", "Ferry strike ends", "Body --- text.")
    assert article.published_at == datetime(2020, 10, 1, 19, 44, tzinfo=UTC)
    assert article.relations == (
        Relation("https://example.com/begins", title="Ferry strike begins"),
        Relation("https://example.com/dash", title="- a dash, and a # too"),
    )


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + SEED,
        SEED.replace("\n", "\r\n"),
        SEED.replace("\n", "\r"),
        "\n\n" + SEED,
        SEED.replace("---\n", "--- \n"),
    ],
)
def test_marks_line_ends_and_blank_lines_change_nothing(folder: Folder, text: str) -> None:
    assert folder.read(text).article == folder.read(SEED).article


TOML = '+++\ntitle = "T"\ndate = 2020-10-01T21:44:00+02:00\ntags = ["a"]\n[params]\nx = 1\n+++\nBody'
JSON = '{\n"title": "T",\n"date": "2020-10-01T19:44:00Z",\n"tags": ["a"]\n}\n\nBody'


@pytest.mark.parametrize("text", [TOML, JSON])
def test_front_matter_of_hugo_in_its_other_forms(folder: Folder, text: str) -> None:
    article = folder.read(text, "hugo").article
    assert article is not None
    assert (article.title, article.topics, article.body) == ("T", ("a",), "Body")
    assert article.published_at == datetime(2020, 10, 1, 19, 44, tzinfo=UTC)


@pytest.mark.parametrize("date", ["2020-10-01", "2020-10-01T00:00:00", "2020-10-01 00:00:00"])
def test_toml_dates_without_a_zone_are_utc(folder: Folder, date: str) -> None:
    article = folder.read(f'+++\ntitle = "T"\ndate = {date}\n+++\n', "hugo").article
    assert article is not None
    assert article.published_at == datetime(2020, 10, 1, tzinfo=UTC)


BAD = {
    "empty": ("", "a.md: is empty"),
    "blank": ("\n \n", "a.md: is empty"),
    "no front matter": ("# Readme\n", "a.md: has no front matter; an article begins with a line ---"),
    "a template": ("{{ page }}\n", "a.md: has no front matter; an article begins with a line ---"),
    "unclosed": ("---\ntitle: T\n", "a.md:1: front matter opens with --- and never ends; close it with a line ---"),
    "unclosed TOML": ("\n+++\n", "a.md:2: front matter opens with +++ and never ends; close it with a line +++"),
    "empty front matter": ("---\n---\n", "a.md: has no title; give it one, or name its field in source.fields.title"),
    "no title": ("---\ntype: x\n---\n", "a.md: has no title; give it one, or name its field in source.fields.title"),
    "null title": ("---\n\ntitle:\n---\n", "a.md: has no title; give it one, or name its field in source.fields.title"),
    "a list as title": ("---\n\ntitle: []\n---\n", "a.md:3: title must be a text, got a list"),
    "a list": ("---\n- a\n---\n", "a.md:2: front matter must be a mapping of names to values, got a list"),
    "a text": ("---\njust words\n---\n", "a.md:2: front matter must be a mapping of names to values, got a str"),
    "broken YAML": (
        "---\ntitle: T\ntype: [a\ncategory: b\n---\n",
        "a.md:4: front matter is no YAML: did not find expected",
    ),
    "a tab": ("---\ntitle: T\n\ttype: a\n---\n", "a.md:3: front matter is no YAML: found "),
    "broken in related": (
        '---\ntitle: T\nrelated:\n  - title: "a\n  - title: b\nsecured: "s3cret"\n---\n',
        "a.md:4: front matter is no YAML: found unexpected end of stream",
    ),
    "unknown tag": (
        "---\ntitle: T\nx: !!python/object/apply:os.system [ls]\n---\n",
        "a.md:3: front matter is no YAML: could",
    ),
    "undefined alias": ("---\ntitle: *t\n---\n", "a.md:2: front matter is no YAML: found undefined alias"),
    "unhashable key": ("---\ntitle: T\n? [a]\n: b\n---\n", "a.md:3: front matter is no YAML: found unhashable key"),
    "two documents": (
        "---\ntitle: T\n--- x\ntitle: U\n---\n",
        "a.md:3: front matter is no YAML: but found another document",
    ),
    "wrong mark": ("---\ntitle: T\nx: !!int y\n---\n", "a.md:2: front matter holds a value that is not of the kind"),
    "control character": (
        "---\ntitle: T\ntype: a\x08\n---\n",
        "a.md:3: front matter holds U+0008, which YAML does not allow",
    ),
    "broken TOML": ('+++\ntitle = "T"\nx = \n+++\n', "a.md:3: front matter is no TOML: Invalid value"),
    "broken JSON": ('{\n"title": "T",\n"x": }\n', "a.md:3: front matter is no JSON: Expecting value"),
    "deep flow": (f"---\ntitle: T\nx: {'[' * 200_000}\n---\n", "a.md:2: front matter is nested too deeply"),
    "deep blocks": (f"---\ntitle: T\nx:\n {'- ' * 200_000}\n---\n", "a.md:2: front matter is nested too deeply"),
    "deep JSON": ('{"x": ' + "[" * 200_000, "a.md:1: front matter is nested too deeply"),
    "deep TOML": (f"+++\nx = {'[' * 200_000}\n+++\n", "a.md:2: front matter is nested too deeply"),
}


@pytest.mark.parametrize(("text", "problem"), BAD.values(), ids=BAD.keys())
def test_a_bad_file_is_one_clear_line(folder: Folder, text: str, problem: str) -> None:
    message = folder.problem(text)
    assert message.startswith(problem)
    assert "s3cret" not in message


def test_another_encoding_is_named_with_its_line(folder: Folder) -> None:
    message = folder.problem("---\ntitle: T\ntype: caf\xe9\n---\n".encode("latin-1"))
    assert message == "a.md:3: is not UTF-8 (byte 0xe9); save it as UTF-8"


def test_a_file_of_absurd_size_is_not_read(folder: Folder) -> None:
    with (folder.path / "big.md").open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    outcome = FrontMatterReader(FieldMap.from_settings(SourceSettings())).read(
        folder.path / "big.md", PurePosixPath("big.md")
    )
    assert str(outcome.problem) == f"{folder.path / 'big.md'}: is larger than 32 MB; an article is not"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_does_not_hang(folder: Folder) -> None:
    os.mkfifo(folder.path / "pipe.md")
    outcome = FrontMatterReader(FieldMap.from_settings(SourceSettings())).read(
        folder.path / "pipe.md", PurePosixPath("p.md")
    )
    assert str(outcome.problem) == f"{folder.path / 'pipe.md'}: is no regular file"


def test_an_impossible_date_in_a_field_nobody_reads_does_no_harm(folder: Folder) -> None:
    assert folder.read("---\ntitle: T\nexpires: 2020-13-45\n---\n").article is not None


def test_a_field_given_twice_is_warned_about(folder: Folder) -> None:
    outcome = folder.read("---\ntitle: A\ntitle: B\n---\n")
    assert outcome.article is not None
    assert outcome.article.title == "B"
    assert outcome.warnings == (f"{outcome.location}:2: names title more than once; the last one counts",)


def test_of_two_lists_of_related_articles_the_last_one_counts(folder: Folder) -> None:
    first = folder.read("---\ntitle: T\nrelated:\n  - id: b\nrelated:\n---\n").article
    second = folder.read("---\ntitle: T\nrelated:\nrelated:\n  - id: b\n---\n").article
    assert first is not None
    assert second is not None
    assert (first.relations, second.relations) == ((), (Relation(None, "b"),))


def test_a_warning_names_the_line_of_its_field(folder: Folder) -> None:
    outcome = folder.read("---\ntitle: A\n\nquality: high\nrelated:\n  - title: Lost\n---\n")
    assert outcome.warnings == (
        f"{outcome.location}:4: quality must be a number, got 'high'; it is left out",
        f"{outcome.location}:5: entry 1 of related has no address ('Lost'); it is left out",
    )


def test_anchors_are_followed_also_into_related(folder: Folder) -> None:
    text = "---\ntitle: &t T\ncategory: *t\nrelated:\n  - &r\n    id: b\n    title: *t\n  - <<: *r\n    id: c\n---\n"
    article = folder.read(text).article
    assert article is not None
    assert article.category == "T"
    assert article.relations == (Relation(None, "b", "T"), Relation(None, "c", "T"))


@pytest.mark.parametrize("form", ["- [{}]", "<<: [{}]"])
def test_a_bomb_of_aliases_is_defused(folder: Folder, form: str) -> None:
    merge = form.startswith("<<")
    lines = ["a0: &a0 {k: v, l: w}" if merge else "a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    for level in range(1, 40):
        aliases = ", ".join([f"*a{level - 1}"] * 9)
        lines.append(f"a{level}: &a{level} {{<<: [{aliases}]}}" if merge else f"a{level}: &a{level} [{aliases}]")
    outcome = folder.read("---\ntitle: T\n" + "\n".join(lines) + "\ntopics: *a39\n---\n")
    assert outcome.article is not None
    assert outcome.article.topics == ()
    assert len(outcome.warnings) == (1 if merge else 9)


def test_a_mapping_that_merges_itself_does_no_harm(folder: Folder) -> None:
    article = folder.read("---\ntitle: T\nx: &x\n  <<: *x\n---\n").article
    assert article is not None
    assert article.title == "T"


@pytest.mark.parametrize("secured", ['"s3cret', "{s3cret", "*s3cret", "!!s3cret x", "|\n  s3cret\n\n  [", "2020-13-45"])
def test_secured_is_not_parsed_and_never_shown(folder: Folder, secured: str) -> None:
    outcome = folder.read(f"---\ntitle: T\nsecured: {secured}\ntype: news\nquality: x\n---\n")
    assert outcome.article is not None
    assert outcome.article.type == "news"
    assert "s3cret" not in repr(outcome)


@pytest.mark.parametrize("field", ["secured: s", "related:\n  - id: b", "secured: s\nx", "related:\n  - id: b\nx"])
def test_what_looks_like_a_field_inside_a_text_stays_text(folder: Folder, field: str) -> None:
    article = folder.read(f'---\ntitle: T\nexcerpt: "one\n{field}\n  two"\n---\n').article
    assert article is not None
    assert article.excerpt == f"one {' '.join(field.split())} two"
    assert article.relations == ()


def test_the_body_of_the_file_wins_over_a_field(folder: Folder) -> None:
    below = folder.read("---\ntitle: T\nbody: field\n---\nbelow").article
    field = folder.read("---\ntitle: T\nbody: field\n---\n").article
    assert below is not None
    assert field is not None
    assert (below.body, field.body) == ("below", "field")


def test_jekyll_dates_a_post_by_its_name(folder: Folder) -> None:
    named = folder.read("---\ntitle: T\n---\n", "jekyll", "_posts/2020-10-02-detroit.md").article
    own = folder.read("---\ntitle: T\ndate: 2020-10-03\n---\n", "jekyll", "2020-10-02-detroit.md").article
    draft = folder.read("---\ntitle: T\n---\n", "jekyll", "_drafts/detroit.md").article
    assert named is not None
    assert own is not None
    assert draft is not None
    assert (named.id, named.published_at) == ("_posts/2020-10-02-detroit", datetime(2020, 10, 2, tzinfo=UTC))
    assert own.published_at == datetime(2020, 10, 3, tzinfo=UTC)
    assert (draft.published, draft.published_at) == (False, None)
    [warning] = folder.read("---\ntitle: T\n---\n", "jekyll", "2020-13-45-x.md").warnings
    assert "the date in the file's name: '2020-13-45' is no date" in warning


@pytest.mark.parametrize("date", ["soon", "2020-13-45", "2020-02-30T10:00:00Z"])
def test_a_date_that_cannot_be_read_makes_an_article_undated(folder: Folder, date: str) -> None:
    outcome = folder.read(f"---\ntitle: T\npublishedDateTime: {date}\n---\n")
    assert outcome.article is not None
    assert outcome.article.published_at is None
    [warning] = outcome.warnings
    assert f"a.md:3: publishedDateTime: '{date}' is no date; write it as" in warning


@pytest.mark.parametrize(
    ("path", "article_id"),
    [
        ("2020-10-02-detroit.md", "2020-10-02-detroit"),
        ("a/b/x.v2.md", "a/b/x.v2"),
        ("posts/ferry/index.md", "posts/ferry"),
        ("index.md", "index"),
    ],
)
def test_an_id_is_the_path_and_that_of_an_index_the_folder(path: str, article_id: str) -> None:
    assert id_of(PurePosixPath(path)) == article_id


scalars = st.sampled_from(
    ["a", '"b: - c"', "'#'", "2020-10-01", "~", "|\n      x\n      - y", "5", "[1, 2]", "&z q", "*z", '"', "- x"]
)
names = st.sampled_from(["id", "title", "webUrl", "quality", "images"])
entries = st.lists(st.lists(st.tuples(names, scalars), min_size=1, max_size=4), max_size=4)


@given(entries=entries, indent=st.sampled_from(["", "  "]), dash=st.sampled_from(["- ", "-\n", "-   "]), after=scalars)
def test_reading_entries_one_by_one_gives_what_reading_in_one_piece_gives(
    tmp_path_factory: pytest.TempPathFactory, entries: Any, indent: str, dash: str, after: str
) -> None:
    lines = ["---", "title: T", "related:"]
    for fields in entries:
        width = " " * (len(indent) + 4 if dash == "-\n" else len(indent) + len(dash))
        written = f"\n{width}".join(f"{name}: {value}" for name, value in fields)
        lines.append(f"{indent}{dash}{width if dash.endswith(chr(10)) else ''}{written}")
    file = tmp_path_factory.mktemp("site") / "a.md"
    file.write_text("\n".join([*lines, f"category: {after.splitlines()[0]}", "---\n"]), encoding="utf-8")
    one_piece = FrontMatterReader(FieldMap.from_settings(SourceSettings()))
    one_piece._parse_in_parts = lambda _: None  # type: ignore[method-assign]
    one_by_one = FrontMatterReader(FieldMap.from_settings(SourceSettings()))
    wanted = one_piece.read(file, PurePosixPath("a.md"))
    first, again = (one_by_one.read(file, PurePosixPath("a.md")) for _ in range(2))
    assert repr(first) == repr(again)
    if wanted.problem is None or first.problem is not None:
        assert repr(first) == repr(wanted)
    else:  # libyaml refuses a name that two anchors have, which YAML allows
        assert "second occurrence" in str(wanted.problem)


def test_related_entries_as_programs_write_them_are_parsed_once() -> None:
    """Were they parsed with the whole file, again and again, reading would be slow, and no other test would tell."""
    reader = FrontMatterReader(FieldMap.from_settings(SourceSettings()))
    n_relations = 0
    for file in sorted(Path("examples/newsroom/_news").glob("*.md")):
        first, second = (reader.read(file, PurePosixPath(file.name)).article for _ in range(2))
        assert first is not None
        assert second is not None
        assert first.relations == second.relations
        assert all(map(operator.is_, first.relations, second.relations))
        n_relations += len(first.relations)
    assert n_relations > 100


def test_related_entries_of_many_files_are_shared(folder: Folder) -> None:
    (folder.path / "a.md").write_text(SEED, encoding="utf-8")
    reader = FrontMatterReader(FieldMap.from_settings(SourceSettings()))
    first, second = (reader.read(folder.path / "a.md", PurePosixPath("a.md")).article for _ in range(2))
    assert first is not None
    assert second is not None
    assert first.relations[0] is second.relations[0]


def test_a_fence_inside_a_line_closes_nothing() -> None:
    matter = split_front_matter("---\ntitle: a --- b\n----\nx: 1\n---\nBody\n---\n")
    assert matter is not None
    assert (matter.header, matter.body) == ("title: a --- b\n----\nx: 1\n", "Body\n---")
