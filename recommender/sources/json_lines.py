"""Reads JSON Lines, plain or gzipped: one article a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from recommender.core.errors import ArticleError
from recommender.core.markup import read_markup
from recommender.core.runtime import collection_paused
from recommender.sources.cache import ParseCache
from recommender.sources.generators.page_facts import SitePage
from recommender.sources.line_blocks import LineBlock, LineReader
from recommender.sources.outcomes import Outcome, raising_problems
from recommender.sources.records.builder import ArticleBuilder, RecordLocation
from recommender.sources.records.dates import shown
from recommender.sources.records.fields import FieldMap
from recommender.sources.records.values import LONGEST_TEXT

SUFFIXES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")
MOST_BYTES = 32 * 2**20


def read_json_lines(path: Path, fields: FieldMap, strict: bool, cache_folder: Path | None = None) -> list[Outcome]:
    """Read one article from each line that is not blank, in the order of the lines.

    With a `cache_folder`, only blocks of lines that its cache does not know are parsed, and are added to it.

    Raises
    ------
    ArticleError
        When the file cannot be opened; the first problem of a line, where `strict`.
    """
    cache = None if cache_folder is None else ParseCache(cache_folder, fields)
    try:
        with collection_paused():
            return list(raising_problems(_outcomes(path, ArticleBuilder(fields), cache), strict))
    except OSError as error:
        raise ArticleError(f"cannot be read: {error.strerror or error}", path) from error


def _outcomes(path: Path, builder: ArticleBuilder, cache: ParseCache | None) -> Iterator[Outcome]:
    decoder = msgspec.json.Decoder()
    lines = LineReader(path, MOST_BYTES)
    for blocks in lines.batches():
        cached = [None] * len(blocks) if cache is None else cache.load_blocks(blocks)
        unknown = [block for block, outcomes in zip(blocks, cached, strict=True) if outcomes is None]
        parsed = [_parsed(block, decoder, builder) for block in unknown]
        if cache is not None:
            cache.store_blocks(unknown, parsed)
        remaining = iter(parsed)
        for outcomes in cached:
            yield from next(remaining) if outcomes is None else outcomes
    if lines.problem is not None:
        yield Outcome(str(path), problem=lines.problem)


def _parsed(block: LineBlock, decoder: msgspec.json.Decoder[Any], builder: ArticleBuilder) -> list[Outcome]:
    return [
        _outcome(block.path, number, line, decoder, builder)
        for number, line in block.numbered()
        if len(line) > MOST_BYTES or line.strip()
    ]


def _outcome(
    path: str, number: int, line: bytes, decoder: msgspec.json.Decoder[Any], builder: ArticleBuilder
) -> Outcome:
    location = RecordLocation(path, lambda _: number)
    try:
        record = _record(line, decoder, location)
        page = _page(record, location)
        article = builder.article(record, location, body=page.text.text if page else "")
    except ArticleError as error:
        return Outcome(f"{path}:{number}", problem=error, warnings=tuple(location.warnings))
    date = location.date and replace(location.date, line=None)  # which the location of the outcome has already
    return Outcome(f"{path}:{number}", article, warnings=tuple(location.warnings), page=page, date=date)


def _page(record: Mapping[Any, Any], location: RecordLocation) -> SitePage | None:
    """Return a body in Markdown or HTML as its readers see it, with its links; None for a plain text."""
    markup, body = record.get("body_format"), record.get("body")
    if markup in {None, "text"} or not isinstance(body, str):
        return None
    if markup not in {"markdown", "html"}:
        location.warn(f"body_format must be markdown, html or text, got {shown(markup)}; the body is read as text")
        return None
    text = read_markup(body, markup, "none")
    return SitePage("", None, replace(text, text=text.text[:LONGEST_TEXT], code=""))


def _record(line: bytes, decoder: msgspec.json.Decoder[Any], location: RecordLocation) -> Mapping[Any, Any]:
    if len(line) > MOST_BYTES:
        raise location.error(f"the line is longer than {MOST_BYTES // 2**20} MB; an article is not")
    try:
        record = decoder.decode(line)
    except UnicodeDecodeError as error:
        raise location.error(f"is not UTF-8 (byte 0x{error.object[error.start]:02x}); save it as UTF-8") from error
    except msgspec.DecodeError as error:
        raise location.error(f"is no JSON: {error}") from error
    except RecursionError as error:
        raise location.error("is nested too deeply") from error
    if not isinstance(record, Mapping):
        raise location.error(f"must be an object with the fields of an article, got a {type(record).__name__}")
    return record
