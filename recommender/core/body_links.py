"""The body of one article in Markdown or HTML: its text as readers see it, and its links as relations."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urljoin, urlsplit

from recommender.core.markup import MarkupText, read_markup


def read_body(text: str, markup: Literal["markdown", "html"], url: str | None) -> tuple[str, list[str]]:
    """Return what a body says without the words of links to the own site, and the addresses of these links, each once.

    Links of the own site are those without a host, and those to the host of `url`, the article's own address; without
    one it is every link to a page of the web.
    """
    read: MarkupText = read_markup(text, markup, "none")
    host = urlsplit(url or "").hostname
    own = [link for link in read.links if host is None or urlsplit(link.address).hostname in {None, host}]
    addresses = (urljoin(url or "", link.address) for link in own)
    return read.without(own), list(dict.fromkeys(address for address in addresses if address != url))
