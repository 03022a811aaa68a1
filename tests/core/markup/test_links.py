"""The links of a text, against a plain, slow reader of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from selectolax.lexbor import LexborHTMLParser

from recommender.core.markup import MarkupText, read_markup

_RENDERER = MarkdownIt("commonmark").enable("table")
_RENDERER.normalizeLink = lambda url: url  # type: ignore[method-assign]
_RENDERER.validateLink = lambda _: True  # type: ignore[method-assign]


def without_templates(text: str, templates: str) -> str:
    """Write what Hugo or Jekyll would, as far as links need it, a regular expression a tag."""
    if templates == "hugo":
        text = re.sub(r'\{\{[<%]\s*(?:rel)?ref\s+"([^"]*)"[^}]*\}\}', r"\1", text)
        return re.sub(r"\{\{[<%].*?[>%]\}\}", "", text, flags=re.DOTALL)
    text = re.sub(r"\{%-?\s*comment.*?endcomment\s*-?%\}", "", text, flags=re.DOTALL)
    for name, value in re.findall(r'\{% assign (\w+) = "(http[^"]*)" %\}', text):
        text = text.replace(f"{{{{{name}}}}}", value)
    text = re.sub(r"\{\{.*?\}\}", "", re.sub(r"\{%.*?%\}", "", text, flags=re.DOTALL))
    return re.sub(r"\{:.*?\}", "", text)


def reference_links(text: str, templates: str) -> Counter[str]:
    """Count the addresses that a text links: of the page that is rendered, and of what stands bare on it."""
    if templates != "none":
        text = without_templates(text, templates)
    tree = LexborHTMLParser(_RENDERER.render(re.sub(r"(?m)^\[\^[^]]*\]:", "\n", text)))
    anchors = [node.attributes.get("href") or "" for node in tree.css("a[href]")]
    for node in tree.css("a, pre, code, script, style"):
        node.decompose()
    bare = re.findall(r"https?://[^\s<>\"]+", tree.body.text() if tree.body else "")
    addresses = [address.strip() for address in anchors] + [
        address.rstrip("?!.,:;*_~'\u2019\u201d)") for address in bare
    ]
    return Counter(address for address in addresses if not re.match(r"#|$|(?!https?:)[a-zA-Z.+-]+:", address))


def addresses(read: MarkupText) -> Counter[str]:
    return Counter(link.address for link in read.links if not link.address.startswith("http://www.") or link.end)


@dataclass(frozen=True)
class Written:
    """A piece of a document, the prose in it, and its link with the words of the link."""

    source: str
    prose: str
    link: tuple[str, str] | None = None
    definition: str = ""


_word = st.text("abcdefgäßжмд文字", min_size=1, max_size=6)
_words = st.lists(_word, min_size=1, max_size=3).map(" ".join)
_path = st.lists(_word, min_size=1, max_size=3).map(lambda names: "/" + "/".join(names))


def _pieces() -> st.SearchStrategy[Written]:
    def link(form: str) -> st.SearchStrategy[Written]:
        return st.builds(
            lambda words, path: Written(form.format(words=words, path=path), words, (path, words)), _words, _path
        )

    return st.one_of(
        _words.map(lambda words: Written(words, words)),
        _words.map(lambda words: Written(f"**{words}**", words)),
        _path.map(lambda path: Written(f"`[x]({path})`", "")),
        _path.map(lambda path: Written(f"![file_name.png]({path})", "")),
        _path.map(lambda path: Written(f"[![Two words](picture.png)]({path})", "", (path, ""))),
        _path.map(lambda path: Written(f"<https://x.test{path}>", "", (f"https://x.test{path}", ""))),
        _path.map(lambda path: Written(f"https://x.test{path}", "", (f"https://x.test{path}", ""))),
        st.builds(
            lambda words, path, name: Written(f"[{words}][{name}]", words, (path, words), f"[{name}]: {path}"),
            _words,
            _path,
            st.uuids().map(str),
        ),
        link("[{words}]({path})"),
        link('[{words}]({path} "A title")'),
        link("[*{words}*](<{path}>)"),
        link('<a class="x" href="{path}">{words}</a>'),
        link("<a href='{path}'><b>{words}</b></a>"),
    )


_documents = st.lists(
    st.tuples(st.sampled_from(["", "# ", "> ", "- "]), st.lists(_pieces(), min_size=1, max_size=4)), max_size=5
)


@settings(max_examples=150, deadline=None)
@given(_documents)
def test_a_written_document_has_the_links_that_were_written_and_their_words(
    blocks: list[tuple[str, list[Written]]],
) -> None:
    pieces = [piece for _, block in blocks for piece in block]
    paragraphs = [prefix + " ".join(piece.source for piece in block) for prefix, block in blocks]
    source = "\n\n".join([*paragraphs, "\n".join(piece.definition for piece in pieces if piece.definition)])
    read = read_markup(source, "markdown", "none")
    links = [(link.address, read.text[link.start : link.end]) for link in read.links]
    assert links == [piece.link for piece in pieces if piece.link]
    lines = [" ".join(piece.prose for piece in block if piece.prose) for _, block in blocks]
    assert read.text == "\n".join(line for line in lines if line)
    assert addresses(read) == reference_links(source, "none")


@pytest.mark.parametrize(("site", "templates"), [("hugo-digitalgov", "hugo"), ("jekyll-optech", "jekyll")])
def test_real_sites_have_the_links_that_the_reference_sees(corpora: Path, site: str, templates: str) -> None:
    common = expected = seen = 0
    for body in _bodies(corpora / "raw" / site):
        links = addresses(read_markup(body, "markdown", templates))  # type: ignore[arg-type]
        reference = reference_links(body, templates)
        common += (links & reference).total()
        expected += reference.total()
        seen += links.total()
    assert expected > 5_000
    assert common >= 0.98 * expected
    assert common >= 0.98 * seen


def _bodies(site: Path) -> Iterator[str]:
    files = sorted(site.rglob("*.md"))
    assert len(files) > 1_000
    for file in files[::3]:
        text = file.read_text(encoding="utf-8", errors="replace")
        yield re.sub(r"\A---\n.*?\n---[ \t]*\n", "", text, count=1, flags=re.DOTALL)
