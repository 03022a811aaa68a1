"""Hostile texts: whatever is in one, the work is in proportion to its length."""

from __future__ import annotations

import sys
from types import FrameType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.core.markup import plain_text, read_markup
from recommender.core.markup.templates import TemplateLanguage

_PIECES = [
    *("> ", ">", "- ", "1. ", "# a\n", "a\n\n", "a\n=\n", "    b\n", "\t", "```\n", "|a\n|-\n", "a|b\n-|-\n", "\0"),
    *("[", "![", "[a](", "[a](<", "[a][", "](", "[a]: b\n", "[a\n", "[^", "[^a]", "[^a]: b\n", "*a ", "**a *", "_a "),
    *(
        "*",
        "_",
        "`",
        "`a` ",
        "~~a ",
        "<",
        "<div>",
        "<div>\n\n",
        "</a>",
        "<a href=x>",
        '<a href="',
        "<a x='>' y=",
        "<b> ",
    ),
    *("<!--", "a <!--", "<?", "<![CDATA[", "<script>", "</script ", "<svg>", "<pre>", "<code>", "<td>|", "&#x", "&amp"),
    *("{:", "{#a", "* T\n{:toc}\n", "<a markdown=", "http://", "www.a", "a@", "a.b", "a-", "a.aa/", "\\", "\xad", " "),
    *("{{<", '{{< "', "{{< `", "{{</*", "{{< a ", "{{< highlight go >}}", "{{< comment >}}", '{{< ref "a" >}} ', "{{%"),
    *("{{", "{%", "{% raw %}", "{% comment %}", "{% highlight a %}", "{{ site.url }}", '{% assign a="/b" %}{{ a }}'),
    *("\ue000", "\ue001", "\ue0010\ue002", "word ", "\n", "'", ")", "]", "}}", "%}", ">}}", "-->", '">'),
]


def calls(text: str, templates: TemplateLanguage) -> int:
    """Count the calls of functions, Python's and C's, that reading a text takes."""
    count = 0

    def counted(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counted)
    try:
        read_markup(text, "markdown", templates)
        read_markup(text, "html", templates)
        plain_text(text)
    finally:
        sys.setprofile(None)
    return count


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(_PIECES), min_size=1, max_size=3).map("".join), st.sampled_from(["hugo", "jekyll"]))
def test_calls_are_in_proportion_to_the_length(piece: str, templates: TemplateLanguage) -> None:
    repeats = max(1, 1_500 // len(piece))
    short, long = calls(piece * repeats, templates), calls(piece * repeats * 2, templates)
    assert long <= 2.3 * short + 5_000


@pytest.mark.parametrize("piece", _PIECES)
def test_a_long_repetition_is_read(piece: str) -> None:
    """Half a megabyte in which a regular expression that tries again from every place would not end."""
    text = piece * (2**19 // len(piece))
    for templates in ("hugo", "jekyll"):
        read_markup(text, "html", templates)  # type: ignore[arg-type]
    read_markup(text[: 2**15], "markdown", "hugo")


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(_PIECES), max_size=40).map("".join), st.sampled_from(["hugo", "jekyll", "none"]))
def test_of_any_text_the_prose_is_normal_and_links_lie_in_it(text: str, templates: TemplateLanguage) -> None:
    for markup in ("markdown", "html"):
        read = read_markup(text, markup, templates)  # type: ignore[arg-type]
        lines = read.text.split("\n") if read.text else []
        assert all(line and line == " ".join(line.split()) for line in lines)
        positions = [position for link in read.links for position in (link.start, link.end)]
        assert positions == sorted(positions)
        assert not positions or (positions[0] >= 0 and positions[-1] <= len(read.text))
        marks = set("\ue000\ue001\ue002")
        assert marks & set(text) or not marks & set(read.text + read.code)
    assert plain_text(text) == " ".join(plain_text(text).split())
