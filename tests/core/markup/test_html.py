"""HTML, against a parser that builds trees as browsers do."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from recommender.core.markup import MarkupText, read_markup
from recommender.core.markup.html import attribute

_SOUP = [
    *("<p>", "</p>", "<b>", "</b>", "<i class=x>", "</i>", "<br>", "<br/>", "<div id='a>b'>", "</div>", "<ul><li>"),
    *('<a href="/x">', "<a href=/y >", "<a\nhref = '/z'>", "<A HREF='/q?a=1&copy=2&amp;b'>", "<a name=n>", "</a>"),
    *("word", " two ", "&amp;", "&eacute;", "&#8217;", "&lt;b&gt;", " < ", "<3", "<!-- c > d -->", "<!-->"),
    *("<script>var p='<p>'</script>", "<style>b{}</style>", "<!doctype html>", "<?x y?>", "</ z>", '<p title="a\'b">'),
]


def read(html: str) -> MarkupText:
    return read_markup(html, "html", "none")


def links(html: str) -> list[tuple[str, str]]:
    text = read(html)
    return [(link.address, text.text[link.start : link.end]) for link in text.links]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(_SOUP), max_size=12).map("".join))
@example("a<b <p>one")
def test_soup_has_the_words_and_the_addresses_of_its_tree(html: str) -> None:
    tree = LexborHTMLParser(f"<body>{html}")
    for node in tree.css("script, style"):
        node.decompose()
    text = read(html)
    body = tree.body
    assert body is not None
    assert "".join(text.text.split()) == "".join(body.text().split())
    assert {link.address for link in text.links} == {node.attributes["href"] for node in tree.css("a[href]")}


def test_blocks_are_lines_and_elements_within_them_part_no_word() -> None:
    html = "<h1>Ferry</h1><ul><li>one<li>two</ul><table><tr><td>a<td>b</table>H<sub>2</sub>O<br>next\n  line"
    assert read(html).text == "Ferry\none\ntwo\na\nb\nH2O next line"


@pytest.mark.parametrize("name", ["script", "style", "svg", "iframe", "textarea", "noscript", "head"])
def test_what_nobody_reads_is_left_out(name: str) -> None:
    assert read(f"a <{name} x='1'>hidden <b>too</b></{name.upper()} > b").text == "a b"


def test_code_stands_apart_and_names_in_a_sentence_stay() -> None:
    text = read(
        "<p>Call <code>read_all()</code>, not <code>x = y[0]</code>.</p><pre><code>a &lt; b\n  c</code></pre>end"
    )
    assert text.text == "Call read_all(), not .\nend"
    assert text.code == "x = y[0]\na < b\n  c"


def test_links_have_the_span_of_their_words() -> None:
    html = (
        "<p>See <a href='/x'> the <b>ferry</b> </a>, <a href=/y><img src=a.png alt='Two words'></a> <a href=#z>top</a>"
    )
    assert links(html) == [("/x", "the ferry"), ("/y", "")]
    assert read(html).text == "See the ferry , top"


def test_a_link_that_is_never_closed_ends_with_its_block_or_the_next_link() -> None:
    assert links("<p><a href=/x>one <p>two <a href=/y>three</a> four") == [("/x", "one"), ("/y", "three")]
    assert links("<a href=/x>one <a href=/y>two</a>") == [("/x", "one"), ("/y", "two")]
    assert links("<a href=/card><h3>Title</h3><p>More</p></a> after") == [("/card", "Title\nMore")]


def test_pictures_say_their_words_and_no_file_names() -> None:
    html = "<img alt='A ferry'> <img alt='IMG_12.jpg'> <img alt='600-x-400-ferry'> <img alt=Harbour> <img src=a.png>"
    assert read(html).text == "A ferry Harbour"


def test_a_quote_that_is_never_closed_hides_no_text() -> None:
    assert read('<p class="a>one</p> <p>two</p>').text == "one\ntwo"
    assert read("one < two <b").text == "one < two <b"


def test_an_attribute_is_not_looked_for_in_the_value_of_another() -> None:
    assert attribute(' title="href=x" data-href=y HREF = z', "href") == "z"
    assert attribute(" title='a' disabled", "href") is None
