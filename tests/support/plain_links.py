"""A slow and plain reader of the links in texts: regular expressions and a dictionary of addresses, to compare with."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from recommender import Corpus

_FRONT_MATTER = re.compile(r"\A---\n.*?\n---[ \t]*(?:\n|\Z)", re.DOTALL)
_NO_TEXT = (
    re.compile(r"^ {0,3}(`{3,}|~{3,}).*?^ {0,3}\1[`~]*[ \t]*$", re.DOTALL | re.MULTILINE),
    re.compile(r"<(pre|script|style|iframe|noscript|svg)\b.*?</\1>", re.DOTALL | re.IGNORECASE),
    re.compile(r"<!--.*?-->", re.DOTALL),
    re.compile(r"\{%-?\s*(comment|highlight)\b.*?end\1\s*-?%\}", re.DOTALL),
    re.compile(r"\{\{<\s*highlight\s+\w+[^>]*>\}\}.*?\{\{<\s*/highlight\s*>\}\}", re.DOTALL),
    re.compile(r"(?<!`)(`+)(?!`)(?:[^\n]|\n(?!\n))+?(?<!`)\1(?!`)"),
)
_DEFINITION = re.compile(r"^ {0,3}(?:[*+-][ \t]+|>[ \t]*)?\[([^\]\n]+)\]:[ \t]*\n?[ \t]*<?([^\s>]+)>?.*$", re.MULTILINE)
_TAG = re.compile(r"\{\{[<%]\s*(?:ref|relref)\s+\"?([^\"\s>%]+)\"?\s*[>%]\}\}|\{%\s*(?:post_url|link)\s+(.+?)\s*%\}")
_LINKS = (
    re.compile(r"\]\(\s*<?([^\s()<>]*(?:\([^\s()]*\)[^\s()<>]*)*)>?(?:\s+(?:\"[^\"]*\"|'[^']*'|\([^)]*\)))?\s*\)"),
    re.compile(r"<a\b[^>]*?\bhref\s*=\s*[\"']?([^\"'\s>]+)", re.IGNORECASE),
    re.compile(r"(?<![(\"'=\[\w/])<?(https?://[^\s<>\"'\[\]]+)"),
)
_IMAGE = re.compile(r"!\[[^\]]*\]\([^)]*\)")
_REFERENCE = re.compile(r"\[((?:[^\[\]]|\[[^\[\]]*\])+)\](?:[ ]?\[([^\[\]]*)\])?(?![(:])")


def plain_links(corpus: Corpus, root: Path) -> set[tuple[str, str]]:
    """Return the pairs of ids, source and target, of the links in a site's files that lead to its articles."""
    pages = {
        Path(file.path).relative_to(root).as_posix(): article
        for article, file in zip(corpus.originals, corpus.source_files, strict=True)
        if file is not None
    }
    by_address = {_key(address): article.id for article in pages.values() for address in article.addresses}
    by_file = {path.rpartition(".")[0]: article.id for path, article in pages.items()}
    by_name = {posixpath.basename(name): article_id for name, article_id in by_file.items()}
    host = Counter(urlsplit(article.url or "").hostname for article in pages.values()).most_common(1)[0][0]
    pairs = set()
    for path, article in pages.items():
        for link in _links(_text(root / path)):
            if link.startswith("TAG:"):
                name = link[4:].partition("#")[0].strip("/").removesuffix(".md")
                target = by_file.get(name) or by_file.get(f"content/{name}") or by_name.get(posixpath.basename(name))
            else:
                url = urljoin(article.url or "/", link)
                target = by_address.get(_key(url)) if urlsplit(url).hostname in {host, f"www.{host}", None} else None
            if target is not None and target != article.id:
                pairs.add((article.id, target))
    counts = Counter(target for _, target in pairs)
    return {(source, target) for source, target in pairs if counts[target] <= max(len(corpus) / 20, 10)}


def _key(url: str) -> str:
    path = re.sub(r"(?:/index\.html?|/)+$", "", re.sub(r"/+", "/", unquote(urlsplit(url).path)))
    return path or "/"


def _text(path: Path) -> str:
    text = path.read_text(encoding="utf-8").replace("\r\n", "\n")
    text = _FRONT_MATTER.sub("", text)
    for pattern in _NO_TEXT:
        text = pattern.sub(" ", text)
    return text


def _links(text: str) -> Iterator[str]:
    text = re.sub(r"\{\{-?\s*site\.(?:base)?url\s*-?\}\}", "", text)
    variables: Mapping[str, str] = dict(re.findall(r"\{%-?\s*assign\s+([\w-]+)\s*=\s*[\"']([^\"']*)[\"']", text))
    for name, value in variables.items():
        text = re.sub(rf"\{{\{{-?\s*{re.escape(name)}\s*-?\}}\}}", lambda _, value=value: value, text)
    text = re.sub(r"\{\{<\s*link\s+\"([^\"]+)\"\s*>\}\}", r"\1", text)  # a shortcode that many sites have
    text = _TAG.sub(lambda tag: "TAG:" + (tag[1] or tag[2]), text)
    definitions = {_label(label): target for label, target in _DEFINITION.findall(text)}
    text = _DEFINITION.sub("", text)
    text = _IMAGE.sub("", text)
    for pattern in _LINKS:
        for address in pattern.findall(text):
            yield address.rstrip(".,;:*_)") if address.startswith("http") else address
    for words, label in _REFERENCE.findall(text):
        if (name := _label(label or words)) in definitions:
            yield definitions[name]


def _label(text: str) -> str:
    return " ".join(text.split()).casefold()
