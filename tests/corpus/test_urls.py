from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from recommender.corpus import urls as urls_module
from recommender.corpus.urls import _fold, canonical_url, split_fragment

PLAIN = "https://example.com/a/b.html"


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/a/b.html",
        "http://example.com/a/b.html",
        "https://www.example.com/a/b.html",
        "https://www.EXAMPLE.com/a/b.html",
        "HTTPS://example.com:443/a/b.html",
        "http://example.com:80/a/b.html",
        "https://example.com./a/b.html",
        "//example.com/a/b.html",
        "www.example.com/a/b.html",
        "  https://example.com/a/b.html\n",
        "https://example.com/a/b.html/",
        "https://example.com//a///b.html",
        "https://example.com/a/%62.html",
        "https://example.com/a/b.html#top",
        "https://example.com/a/b.html?",
        "https://reader:secret@example.com/a/b.html",
        "https://example.com/a/b.html?AMP",
        "https://example.com/a/b.html?amp=1",
        "https://example.com/a/b.html?amp",
        "https://example.com/a/b.html?_amp=true",
        "https://example.com/a/b.html?amphtml=1",
        "https://example.com/a/b.html?outputType=amp",
        "https://example.com/a/b.html?context=amp",
        "https://www-example-com.cdn.ampproject.org/c/s/www.example.com/a/b.html?AMP",
        "https://www-example-com.cdn.ampproject.org/v/s/www.example.com/a/b.html?amp_js_v=0.1&usqp=mq331",
        "https://www-example-com.cdn.ampproject.org/c/www.example.com/a/b.html",
        "https://cdn.ampproject.org/c/s/example.com/a/b.html",
        "https://www.google.com/amp/s/www.example.com/a/b.html?amp=1",
        "https://www.google.co.uk/amp/s/example.com/a/b.html",
        "https://www.google.com/amp/example.com/a/b.html",
        "https://www.bing.com/amp/s/www.example.com/a/b.html",
        "https://www-example-com.bing-amp.com/c/s/www.example.com/a/b.html",
        "https://www.google.com/amp/s/www-example-com.cdn.ampproject.org/c/s/www.example.com/a/b.html",
        "https://example.com/a/b.html?utm_source=x&utm_medium=y&UTM_CAMPAIGN=z",
        "https://example.com/a/b.html?fbclid=1",
        "https://example.com/a/b.html?gclid=1&mc_cid=2&mc_eid=3",
        "https://example.com/a/b.html?msclkid=1&amp;utm_source=x",
        "https://example.com/a/x/../b.html?_mc=rss",
    ],
)
def test_every_way_to_write_an_address_has_one_form(url: str) -> None:
    assert canonical_url(url) == PLAIN


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("https://example.com/read.php?id=12", "https://example.com/read.php?id=12"),
        ("https://example.com/a?b=2&utm_term=x&a=1", "https://example.com/a?a=1&b=2"),
        ("https://example.com/a?gallery=1&cid=2&gid=3&ref=4", "https://example.com/a?cid=2&gallery=1&gid=3&ref=4"),
        ("https://example.com/a?amp=230", "https://example.com/a?amp=230"),
        ("https://example.com/a?view=list", "https://example.com/a?view=list"),
        ("https://example.com", "https://example.com"),
        ("https://example.com/", "https://example.com"),
        ("https://www.com/a", "https://www.com/a"),
        ("https://example.com:8080/a", "https://example.com:8080/a"),
        ("https://bücher.example/é", "https://xn--bcher-kva.example/%C3%A9"),
        ("https://example.com/a%2fb", "https://example.com/a%2Fb"),
        ("https://example.com/A", "https://example.com/A"),
        ("http://[::1]:80/a", "https://[::1]/a"),
        ("/posts/x/", "/posts/x"),
        ("/posts/x/?id=1#a", "/posts/x?id=1"),
        ("/", "/"),
        ("posts/x/", "posts/x"),
        ("", ""),
        ("#top", ""),
        ("http://[", "http://["),
        ("http://example.com:99999/", "http://example.com:99999/"),
        ("urn:isbn:1", "urn:isbn:1"),
        ("mailto:desk@example.com", "mailto:desk@example.com"),
        ("https://www.google.com/amp/about", "https://google.com/amp/about"),
    ],
)
def test_what_tells_addresses_apart_stays(url: str, canonical: str) -> None:
    assert canonical_url(url) == canonical


PARTS = ["http://", "https://", "//", "/", "www.", "a.b", "example.com", ":80", ":x", "?", "&", "=", "#", "%25", "41"]
PARTS += ["%", "%2f", "..", ".", " ", "[", "]", "@", "amp", "cdn.ampproject.org/c/s/", "google.com/amp/s/", "ü", ";"]
PARTS += ["utm_a=1", "&amp;", "\\", "xn--", "\ud800", "\x00", "+", "id=1"]
urls = st.lists(st.sampled_from(PARTS), max_size=12).map("".join)


@given(st.text() | urls)
@example("http://example.com/%252525252541")
@example("www.a.//x")
def test_never_raises_and_folding_twice_is_folding_once(url: str) -> None:
    once = canonical_url(url)
    assert canonical_url(once) == once


label = st.from_regex(r"[a-z][a-z0-9-]{0,5}", fullmatch=True)


@given(
    scheme=st.sampled_from(["http", "https"]),
    host=st.lists(label | st.just("www"), min_size=1, max_size=4).map(".".join),
    path=st.lists(st.from_regex(r"[A-Za-z0-9._~-]{0,4}", fullmatch=True), max_size=4).map("/".join),
)
def test_the_short_way_gives_what_the_long_way_gives(scheme: str, host: str, path: str) -> None:
    url = f"{scheme}://{host}/{path}"
    try:
        folded = _fold(_fold(url))
    except ValueError:
        folded = url
    assert canonical_url(url) == folded


@pytest.mark.parametrize(
    ("url", "page", "fragment"),
    [
        ("http://www.example.com/8/#part-2", "https://example.com/8", "part-2"),
        ("https://example.com/8", "https://example.com/8", ""),
        ("https://example.com/8#", "https://example.com/8", ""),
        ("https://example.com/8#caf%C3%A9", "https://example.com/8", "café"),
        ("https://example.com/8#:~:text=words", "https://example.com/8", ""),
        ("https://example.com/8#part:~:text=words", "https://example.com/8", "part"),
        ("https://example.com/8#utm_source=x&fbclid=1", "https://example.com/8", ""),
        ("https://example.com/8#page=2", "https://example.com/8", "page=2"),
        ("/posts/x/#a", "/posts/x", "a"),
        ("#a", "", "a"),
    ],
)
def test_a_fragment_is_split_off_its_page(url: str, page: str, fragment: str) -> None:
    assert split_fragment(url) == (page, fragment)


def test_a_repeated_question_is_answered_from_memory() -> None:
    canonical_url("https://example.com/remembered?id=1")
    before = canonical_url.cache_info().hits
    canonical_url("https://example.com/remembered?id=1")
    assert canonical_url.cache_info().hits == before + 1


hosts = st.sampled_from(
    ["x.com", "www.x.co.uk", "www.www.google.com", "www.bing.com", "x-com.cdn.ampproject.org", "a.b"]
)
segments = st.lists(st.sampled_from(["a", "c", "s", "amp", "x.com", "www.y.org", "A.html", ".", ".."]), max_size=5)
queries = st.sampled_from(
    ["", "?", "?amp", "?amp=no", "?ID=1", "?id", "?id=", "?utm_x=1", "?view=amp", "?a=1&b=2", "#x"]
)


@given(st.sampled_from(["http://", "https://", "//"]), hosts, segments, st.sampled_from(["", "/", "//"]), queries)
def test_addresses_that_need_no_parsing_come_out_as_if_parsed(
    scheme: str, host: str, path: list[str], end: str, query: str
) -> None:
    text = f"{scheme}{'/'.join([host, *path])}{end}{query}"
    quick = canonical_url(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(urls_module, "_PLAIN", re.compile(r"(?!)"))
        canonical_url.cache_clear()
        parsed = canonical_url(text)
    canonical_url.cache_clear()
    assert quick == parsed
