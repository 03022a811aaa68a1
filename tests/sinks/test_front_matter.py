"""Our key in the front matter of one file: what is written, what is never touched, what is left alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml
from support.entries import BLOCK, ENTRIES, SHAPE, TARGET, entry_for, shape_of

from recommender import Article, Suggestion
from recommender.core.errors import ArticleError, SettingsError
from recommender.core.settings import SourceSettings
from recommender.sinks.entries import LONGEST_EXCERPT, Entry, EntryShape
from recommender.sinks.front_matter import prove, rewrite
from recommender.sources.records.fields import FieldMap


def written(old: bytes, entries: list[Entry] | None = None) -> bytes:
    """Return the file as it would be written, proven."""
    new = rewrite(old, SHAPE, ENTRIES if entries is None else entries)
    prove(old, new, SHAPE, ENTRIES if entries is None else entries)
    return new


def test_an_entry_has_the_shape_of_related_and_where_it_comes_from() -> None:
    assert SHAPE.block(ENTRIES) == BLOCK
    assert yaml.safe_load(BLOCK) == {"suggested": ENTRIES}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("---\ntitle: A\n", "---\nText\n"),
        ("---\ntitle: A # the first\n\n# the end\n\n", "---\nText\n"),
        ("\n\n---  \ntitle: A\n", "--- \nText\n"),
        ("---\ntitle: A\n", "..."),
        ("---\n", "---"),
        ("---\ntitle: A\n", "---\nText\n---\nsuggested:\n  - no\n---\n"),
        ("---\nnote: |+\n  kept\n\n\n", "---\n"),
        ("---\ntext: 'suggested: '\nsuggested_by: Ann\n", "---\n"),
        ("---\nbase: &base {a: 1}\nother: *base\nmerged: {<<: *base}\n", "---\n"),
        ("---\nsecured: 'dGl0bGU6IA=='\n", "---\n"),
        ("---\ntitle: Zürich \u2028 \x85 🚢\n", "---\n\u2028---\n"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_block_goes_to_the_end_of_the_front_matter(before: str, after: str, newline: str, mark: bytes) -> None:
    first, last = (mark * (not i) + text.replace("\n", newline).encode() for i, text in enumerate((before, after)))
    new = written(first + last)
    assert new == first + BLOCK.replace("\n", newline).encode() + last
    assert written(new) == new
    assert written(new, []) == first + last


def test_a_file_of_mixed_line_ends_keeps_them_all() -> None:
    old = b"---\r\ntitle: A\nexcerpt: B\rtype: C\r\n---\nText\r"
    assert written(old) == old.replace(b"---\nText", BLOCK.replace("\n", "\r\n").encode() + b"---\nText")
    assert written(written(old), []) == old


def test_an_older_block_is_replaced_where_it_stands() -> None:
    second = entry_for(Article("wind-1", "Wind", url="https://coast.example/wind-1"), 0.5)
    old = b"---\ntitle: A\n" + SHAPE.block([second, *ENTRIES]).encode() + b"\n# below\ntype: x\n---\nText"
    assert written(old) == b"---\ntitle: A\n" + BLOCK.encode() + b"\n# below\ntype: x\n---\nText"
    assert written(old, []) == b"---\ntitle: A\n\n# below\ntype: x\n---\nText"


def test_a_link_that_is_the_same_keeps_the_model_and_date_of_its_writing() -> None:
    renewed = [{**entry, "model": "coast@2026", "date": datetime(2026, 1, 1, tzinfo=UTC)} for entry in ENTRIES]
    old = written(b"---\ntitle: A\n---\n")
    assert written(old, renewed) == old
    surer = [{**renewed[0], "score": 0.9}]
    assert written(old, surer) == b"---\ntitle: A\n" + SHAPE.block(surer).encode() + b"---\n"
    both = written(old, [*surer, *renewed])
    assert yaml.safe_load(both.split(b"---\n")[1])["suggested"] == [*surer, *ENTRIES]


@pytest.mark.parametrize("indented", [False, True])
def test_our_block_in_the_style_of_another_program_is_still_ours(indented: bool) -> None:
    class Dumper(yaml.SafeDumper):
        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
            return super().increase_indent(flow, indentless and not indented)

    foreign = yaml.dump({"suggested": ENTRIES}, Dumper=Dumper, allow_unicode=True, width=60).encode()
    assert foreign != BLOCK.encode()
    old = b"---\n" + foreign + b"title: A\n---\nText"
    assert written(old) == old
    surer = [{**ENTRIES[0], "score": 0.9}]
    assert written(old, surer) == b"---\n" + SHAPE.block(surer).encode() + b"title: A\n---\nText"
    assert written(old, []) == b"---\ntitle: A\n---\nText"


NOT_OURS = {
    "a text": "suggested: x",
    "a flow list": "suggested: [x]",
    "nothing": "suggested:",
    "an empty list": "suggested: []",
    "quoted": '"suggested":\n  - title: x',
    "a complex key": "? suggested\n: - x",
    "links of the editors": "suggested:\n  - title: x\n    webUrl: https://a.example/",
    "one more entry": BLOCK + "  - title: x",
    "one more field": BLOCK + "    note: x",
    "a score above 1": BLOCK.replace("0.876", "8.76"),
    "a comment": BLOCK.replace('"same-story"', '"same-story"  # good'),
    "a comment line": BLOCK.replace("    kind", "    # good\n    kind"),
    "a comment at its side": BLOCK.replace("suggested:", "suggested: # ours"),
    "an anchor": BLOCK.replace('model: "', 'model: &m "') + "by: *m",
    "an alias": "by: &k same-story\n" + BLOCK.replace('"same-story"', "*k"),
    "a tag": BLOCK.replace('"same-story"', '!!str "same-story"'),
    "a merge": "base: &b {suggested: x}\n<<: *b",
    "twice": BLOCK + BLOCK,
}


@pytest.mark.parametrize("what", NOT_OURS)
def test_a_key_that_we_did_not_write_is_left_alone(what: str) -> None:
    old = f"---\ntitle: A\n{NOT_OURS[what].rstrip()}\n---\nText".encode()
    with pytest.raises(ArticleError, match="field suggested that was not written by recommender, or was edited since"):
        written(old)


@pytest.mark.parametrize("what", [name for name in NOT_OURS if name not in {"a complex key", "a merge"}])
def test_taking_out_says_what_it_leaves(what: str) -> None:
    with pytest.raises(ArticleError, match="not written by recommender"):
        rewrite(f"---\ntitle: A\n{NOT_OURS[what].rstrip()}\n---\nText".encode(), SHAPE, ())


UNSAFE = {
    "flow style": ("---\n{title: A}\n---\n", "flow style"),
    "flow style under a comment": ("---\n# x\n\n {\n title: A}\n---\n", "flow style"),
    "a key twice": ("---\ntitle: A\ntitle: B\n---\n", "names title more than once"),
    "a key twice, deep down": ("---\na:\n  - {b: 1, c: 2, b: 3}\n---\n", "names b more than once"),
    "indented": ("---\n  title: A\n---\n", "cannot take another field"),
    "two documents": ("---\na: 1\n--- # two\nb: 2\n---\n", "no YAML"),
    "a list": ("---\n- a\n---\n", "must be a mapping"),
    "an endless value": ("---\na: &a [*a]\n---\n", "would read differently"),
    "a key in a quoted text": ("---\na: 'x\nsuggested:\n  - y'\n---\n", "not written by recommender"),
    "no YAML": ("---\na: [\n---\n", "no YAML"),
    "no end": ("---\na: 1\n", "never ends"),
    "none": ("Text\n", "no front matter"),
    "TOML": ("+++\ntitle = 'A'\n+++\n", "TOML front matter; only YAML"),
    "JSON": ('{"title": "A"}\nText\n', "JSON front matter; only YAML"),
}


@pytest.mark.parametrize("what", UNSAFE)
def test_what_cannot_be_edited_safely_is_left_alone(what: str) -> None:
    text, why = UNSAFE[what]
    with pytest.raises(ArticleError, match=why):
        written(text.encode())


def test_what_is_no_utf_8_is_left_alone() -> None:
    with pytest.raises(ArticleError, match="not UTF-8"):
        written(b"---\ntitle: \xff\n---\n")


@pytest.mark.parametrize("what", [name for name in UNSAFE if "quoted text" not in name])
def test_a_file_without_our_key_is_unchanged_by_taking_it_out_whatever_it_holds(what: str) -> None:
    old = UNSAFE[what][0].encode()
    assert rewrite(old, SHAPE, ()) == old


def test_a_file_whose_body_begins_a_line_with_our_key_is_unchanged_by_taking_it_out() -> None:
    old = b"---\ntitle: A\n---\nsuggested: a walk\n"
    assert rewrite(old, SHAPE, ()) == old


@pytest.mark.parametrize(
    ("tampered", "why"),
    [
        (lambda new: new.replace(b"title: A", b"title: B"), "another field would read differently"),
        (lambda new: new.replace(b"# c", b"# d"), "could not be taken out again"),
        (lambda new: new.replace(b"Text", b"Test"), "could not be taken out again"),
        (lambda new: new.replace(b"0.876", b"0.875"), "does not read as it should"),
        (lambda new: new.replace(b"title: A", b"title: [A"), "cannot take another field"),
        (lambda new: new.replace(b"title: A", b"title: A\ntitle: A"), "cannot take another field"),
    ],
)
def test_the_proof_finds_whatever_else_changed(tampered: Any, why: str) -> None:
    old = b"---\ntitle: A # c\n---\nText"
    new = rewrite(old, SHAPE, ENTRIES)
    prove(old, new, SHAPE, ENTRIES)
    with pytest.raises(ArticleError, match=why):
        prove(old, tampered(new), SHAPE, ENTRIES)


@pytest.mark.parametrize(
    ("shape", "wanted"),
    [
        (shape_of("hugo"), {"description", "date", "url", "suggested_date"}),
        (shape_of("hugo", key="see-also"), {"description", "date", "url", "see-also_date"}),
        (shape_of("jekyll"), {"description", "date", "permalink", "suggested_date"}),
        (shape_of(excerpt="model"), {"model", "publishedDateTime", "webUrl", "suggested_model", "date"}),
    ],
)
def test_entries_have_the_names_of_the_site(shape: EntryShape, wanted: set[str]) -> None:
    assert wanted <= entry_for(shape=shape).keys()
    old = b"---\ntitle: A\n---\n"
    new = rewrite(old, shape, [entry_for(shape=shape)])
    prove(old, new, shape, [entry_for(shape=shape)])
    assert rewrite(new, shape, [entry_for(shape=shape)]) == new
    assert rewrite(new, shape, ()) == old


def test_names_with_dots_reach_into_mappings() -> None:
    shape = shape_of(title="meta.title", url="meta.links.web", provider_name="by", excerpt="title.long")
    entry = entry_for(shape=shape)
    assert entry["meta"] == {"title": TARGET.title, "links": {"web": TARGET.url}}
    assert entry["by"] == "Coast Courier"
    assert "provider" not in entry
    assert yaml.safe_load(shape.block([entry])) == {"suggested": [entry]}
    assert shape.is_ours([entry])


def test_a_target_without_an_address_is_named_by_its_id() -> None:
    bare = entry_for(Article("ferry-9", "Ferry"))
    assert bare == {"title": "Ferry", "target_id": "ferry-9"} | {
        name: ENTRIES[0][name] for name in ("score", "kind", "model", "date")
    }


def test_a_model_of_no_date_gives_none() -> None:
    suggestion = Suggestion("a", TARGET.id, 1, 0.5, "background", (), TARGET)
    entries = [SHAPE.entry(suggestion, "coast", None)]
    assert "date" not in entries[0]
    assert written(written(b"---\ntitle: A\n---\n", entries), entries).count(b"model") == 1


@pytest.mark.parametrize("title", ["a\u2028b", "\x85\x7f\ufeff", "a: b # c", "'\"\\", "no", "---", "\t 🚢\ufffd", "~"])
def test_any_text_reads_as_it_was(title: str) -> None:
    entry = entry_for(Article("x", title, excerpt=title * 3))
    new = written(b"---\ntitle: A\n---\n", [entry])
    read: Mapping[str, Any] = yaml.safe_load(new.decode().split("---\n")[1])
    assert (read["suggested"][0]["title"], read["suggested"][0]["excerpt"]) == (title, title * 3)


def test_a_long_excerpt_is_cut_at_a_word() -> None:
    entry = entry_for(Article("x", "X", excerpt="ferry " * 1000))
    assert len(entry["excerpt"]) <= LONGEST_EXCERPT
    assert entry["excerpt"].endswith("ferry …")


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("related", "a field of the articles"),
        ("secured", "a field of the articles"),
        ("provider", "a field of the articles"),
        ("no", "no word of YAML"),
        ("a b", "no word of YAML"),
        ("a:", "no word of YAML"),
        ("", "no word of YAML"),
        ("größe", "no word of YAML"),
    ],
)
def test_keys_that_cannot_be_ours(key: str, why: str) -> None:
    with pytest.raises(SettingsError, match=f"sink.key .*{why}"):
        EntryShape.from_names(key, FieldMap.from_settings(SourceSettings()).names, ("heat", "secured"))
