"""Prose, code and titles of Markdown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from recommender.sources.markup import MarkupText, TextLink, plain_text, read_markup


def read(text: str) -> MarkupText:
    return read_markup(text, "markdown", "none")


def links(text: str) -> list[tuple[str, str]]:
    result = read(text)
    return [(link.address, result.text[link.start : link.end]) for link in result.links]


def test_blocks_are_lines_of_words() -> None:
    assert (
        read("# Ferry *strike*\n\nOne\ntwo  \nthree &mdash; \\*four\\*").text == "Ferry strike\nOne two three — *four*"
    )
    assert read("- a\n- b\n\n| c | d |\n|---|---|\n| ~~e~~ | f |\n\n> g\n\n---\n").text == "a\nb\nc\nd\ne\nf\ng"


def test_code_stands_apart() -> None:
    text = read("a\n\n```python title='x'\nb = 1\n```\n\n    c d\n\n<pre>\ne &lt;\n\nf\n</pre>\n\ng")
    assert (text.text, text.code) == ("a\ng", "b = 1\nc d\ne <\n\nf")


@pytest.mark.parametrize(
    "name", ["OP_RETURN", "getrawtransaction()", "std::vector", "bitcoin-cli", "--dry-run", "git log"]
)
def test_a_name_in_code_is_a_word_of_its_sentence(name: str) -> None:
    assert read(f"Use `{name}` now").text == f"Use {name} now"


@pytest.mark.parametrize("code", ["a = b + c", "/etc/hosts", "0xdeadbeef", "m/44'/0'", "{{ x }}", "[x](y)"])
def test_other_code_in_a_sentence_stands_apart(code: str) -> None:
    text = read(f"Use `{code}` now")
    assert (text.text, text.code, text.links) == ("Use now", code, ())


def test_places_of_links() -> None:
    assert read("One [two](/x) three").links == (TextLink("/x", 4, 7),)
    assert read("One ![](i.png) [![Two words](j.png)](/x) three").links == (TextLink("/x", 3, 3),)


def test_reference_links_count_where_they_are_used() -> None:
    text = "[one][a] [Two\nwords][] [three] [four][missing]\n\n[A]: /a\n[two words]: </b> 't'\n[three]: /c\n[five]: /d"
    assert links(text) == [("/a", "one"), ("/b", "Two words"), ("/c", "three")]
    assert "missing" not in read(text).text


def test_bare_addresses_are_links_without_words() -> None:
    text = (
        "See https://x.test/a_b_c?d=1&e. (http://y.test/z_(w)) or <https://v.test>, WWW.u.test; https://t.test/あ。い"
    )
    assert links(text) == [
        ("https://x.test/a_b_c?d=1&e", ""),
        ("http://y.test/z_(w)", ""),
        ("https://v.test", ""),
        ("http://WWW.u.test", ""),
        ("https://t.test/あ", ""),
    ]
    assert read(text).text == "See . () or , ; 。い"
    assert read("[https://x.test](https://x.test)").links == (TextLink("https://x.test", 0, 0),)
    assert read("mail a.b@c.test or look at x.test/y/z, and/or v1.2/3").text == "mail or look at , and/or v1.2/3"


def test_links_that_lead_nowhere_else_are_words() -> None:
    text = read("[a](#top) [b](mailto:x@y.test) [c](javascript:void) [d]() [e](tel:1)")
    assert (text.text, text.links) == ("a b c d e", ())


def test_addresses_are_as_they_were_written() -> None:
    assert links("[a](<../b c%20ü.md#d>) [e](/f?g=1&amp;h&copy=2)") == [
        ("../b c%20ü.md#d", "a"),
        ("/f?g=1&h&copy=2", "e"),
    ]


def test_html_in_markdown() -> None:
    text = (
        "One <a href='/x'>two **three**</a> <!-- no --> <script>no</script>\n\n<div>\n<a href=/y>four</a>\n</div>\n\n"
    )
    assert links(text) == [("/x", "two three"), ("/y", "four")]
    assert read(text).text == "One two three\nfour"
    assert links("<a href=/card>\n\n### Five\n\nsix\n\n</a>\n\nseven") == [("/card", "Five\nsix")]


def test_an_element_that_is_never_closed_hides_its_block_only() -> None:
    assert read("Use the <script> tag\n\nnext").text == "Use the\nnext"


def test_extensions_of_kramdown() -> None:
    text = (
        "* TOC\n{:toc}\n\n## Head {#id}\n\n{:.note}\n- [a](/b){:target='_blank'} c[^1]\n{: .x #y}\n\n"
        "<div markdown='1'>\n**d** [e][]\n</div>\n\n[^1]: The note\n[e]: /f\n"
    )
    assert read(text).text == "Head\na c\nd e\nThe note"
    assert links(text) == [("/b", "a"), ("/f", "e")]


def test_a_footnote_of_several_paragraphs_is_prose() -> None:
    note = "[^a]:\n    See [the *strike*](/ferry),\n    and more.\n\n    Third.\n"
    text = f"One[^a] two.\n\n{note}[b]: /c\n\n[d][b]\n\n    e = 1"
    assert (read(text).text, read(text).code) == ("One two.\nSee the strike, and more.\nThird.\nd", "e = 1")
    assert links(text) == [("/ferry", "the strike"), ("/c", "d")]


def test_indented_lines_below_html_are_html() -> None:
    cells = "    <td><a href='/x'>one</a></td>\n\n    <td>two</td>\n\n"
    text = f"<table>\n  <tr>\n\n{cells}  </tr>\n</table>\n\nthree\n\n    <b>\n"
    assert (read(text).text, read(text).code) == ("one\ntwo\nthree", "<b>")
    assert links(text) == [("/x", "one")]


def test_of_two_definitions_the_first_counts_and_with_jekyll_the_last() -> None:
    text = "[a][b]\n\n[b]: /first\n[B]: /second\n"
    assert links(text) == [("/first", "a")]
    assert [link.address for link in read_markup(text, "markdown", "jekyll").links] == ["/second"]


def test_what_is_too_long_is_cut() -> None:
    assert read_markup("word " * 100, "markdown", "none", most_characters=14).text == "word word word"


def test_a_very_long_paragraph_keeps_its_words_and_links() -> None:
    text = read("word [link](/x) " * 20_000)
    assert text.text == " ".join(["word link"] * 20_000)
    assert len(text.links) > 19_990


@pytest.mark.parametrize(
    ("title", "plain"),
    [
        ("Research &amp; Development", "Research & Development"),
        ("Agency&#8217;s &quot;plan&quot;&nbsp;&mdash; now", 'Agency\u2019s "plan" — now'),
        ("Q&amp;amp;A, it&amp;#8217;s", "Q&A, it\u2019s"),
        ("**Ferry** _strike_ `ends` [here](/x)", "Ferry strike ends here"),
        ("H<sub>2</sub>O <em>now</em><br>or <!-- x --> never", "H2O nowor never"),
        ("Vec<T> and a < b", "Vec<T> and a < b"),
        ("snake_case 5 * 3 * 2 AT&T ~5", "snake_case 5 * 3 * 2 AT&T ~5"),
        ("New {{< tag x >}} {% y %}{{ z }}  title\n", "New title"),
        ("https://x.test/a_b_c", "https://x.test/a_b_c"),
        ("# 1. Title", "# 1. Title"),
        ("", ""),
    ],
)
def test_titles_are_plain(title: str, plain: str) -> None:
    assert plain_text(title) == plain


def test_titles_of_a_real_site_hold_no_entities(corpora: Path) -> None:
    titles = [
        match[1]
        for file in sorted((corpora / "raw" / "hugo-digitalgov").rglob("*.md"))
        if (match := re.search(r"^(?:title|deck|summary): *[\"']?(.*?)[\"']?$", file.read_text(encoding="utf-8"), re.M))
    ]
    entity = re.compile(r"&(?:#\d+|[a-z]{2,6});")
    assert sum(bool(entity.search(title)) for title in titles) > 100
    assert not [title for title in titles if entity.search(plain_text(title))]
