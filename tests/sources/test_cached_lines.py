"""JSON Lines and the parse cache: the same corpus with and without it, and only lines around an edit parsed again."""

from __future__ import annotations

import gzip
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender import Corpus, read_articles
from recommender.core.errors import ArticleError
from recommender.core.files import content_digest
from recommender.core.settings import SourceSettings
from recommender.sources import json_lines, line_blocks
from recommender.sources.cache import FILE_NAME, ParseCache
from recommender.sources.line_blocks import MEAN_LINES, LineReader
from recommender.sources.records.builder import ArticleBuilder

ODD = [b"", b"  ", b"{", b'{"id": "x"}', b'["c"]', b'{"id": "c", "title": "caf\xe9"}']


@pytest.fixture
def parsed_ids(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that gets the id of each record as it is parsed, rather than taken from the cache."""
    ids: list[str] = []
    build = ArticleBuilder.article

    def noting(self: ArticleBuilder, record: dict[str, Any], *others: Any, **named: Any) -> Any:
        ids.append(record["id"])
        return build(self, record, *others, **named)

    monkeypatch.setattr(ArticleBuilder, "article", noting)
    return ids


def line(number: int) -> bytes:
    """Return an article with relations, every third with a body in Markdown, every fifth with odd values."""
    record: dict[str, Any] = {
        "id": f"a{number}",
        "title": f"Ferry {number}",
        "webUrl": f"https://coast.example/{number}",
        "publishedDateTime": f"2025-03-{number % 28 + 1:02d}",
        "provider": {"name": "Coast Courier"},
        "related": [{"webUrl": "https://coast.example/1", "title": "One"}, f"a{number // 2}"],
    }
    if number % 3 == 0:
        record |= {"body_format": "markdown", "body": f"See [that *strike*](/{number // 3}), they said {number} times."}
    if number % 5 == 0:
        record |= {"quality": "high", "publishedDateTime": "03/04/2025"}
    return json.dumps(record).encode()


def lines_of(count: int) -> list[bytes]:
    return [line(number) for number in range(count)]


def write(path: Path, lines: list[bytes]) -> Path:
    data = b"\n".join(lines) + b"\n"
    path.write_bytes(gzip.compress(data) if path.name.endswith(".gz") else data)
    return path


def seen(corpus: Corpus) -> tuple[object, ...]:
    """Return everything there is to see of a corpus."""
    return (repr(corpus.originals), repr(corpus.articles), repr(corpus.externals), corpus.merged, repr(corpus.report))


def change_records(folder: Path, change: Any) -> None:
    """Change the content of each record and make its digest right again."""
    with closing(sqlite3.connect(folder / FILE_NAME)) as connection, connection:
        for key, record in connection.execute("SELECT key, record FROM records").fetchall():
            payload = msgspec.msgpack.encode(change(msgspec.msgpack.decode(record[16:])))
            values = (content_digest(key + payload) + payload, key)
            connection.execute("UPDATE records SET record = ? WHERE key = ?", values)


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_a_second_reading_parses_nothing_and_sees_the_same(tmp_path: Path, name: str, parsed_ids: list[str]) -> None:
    path = write(tmp_path / name, [*ODD, *lines_of(300), *ODD])
    plain = seen(read_articles(path))
    assert seen(read_articles(path, cache=tmp_path / "cache")) == plain
    parsed_ids.clear()
    assert seen(read_articles(path, cache=tmp_path / "cache")) == plain
    assert parsed_ids == []


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_any_edit_is_read_as_without_a_cache(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("edited")
    numbers = st.lists(st.integers(0, 120), max_size=150)
    odd = st.lists(st.sampled_from([*ODD, b"\xef\xbb\xbf" + line(7)]), max_size=5)
    for _ in range(3):
        lines = [*map(line, data.draw(numbers)), *data.draw(odd), line(121)]
        path = write(folder / "a.jsonl", data.draw(st.permutations(lines)))
        assert seen(read_articles(path, cache=folder / "cache")) == seen(read_articles(path))


@pytest.mark.parametrize("position", [0, 1500, 3000])
def test_an_edit_has_few_lines_parsed_again(tmp_path: Path, position: int, parsed_ids: list[str]) -> None:
    lines = lines_of(3000)
    read_articles(write(tmp_path / "a.jsonl", lines), cache=tmp_path / "cache")
    parsed_ids.clear()
    lines.insert(position, line(9000))
    path = write(tmp_path / "a.jsonl", lines)
    corpus = read_articles(path, cache=tmp_path / "cache")
    assert "a9000" in parsed_ids
    assert len(parsed_ids) < 10 * MEAN_LINES
    assert seen(corpus) == seen(read_articles(path))


def test_another_file_of_the_same_lines_is_not_parsed_again(tmp_path: Path, parsed_ids: list[str]) -> None:
    read_articles(write(tmp_path / "a.jsonl", lines_of(100)), cache=tmp_path / "cache")
    parsed_ids.clear()
    path = write(tmp_path / "b.jsonl.gz", lines_of(100))
    corpus = read_articles(path, cache=tmp_path / "cache")
    assert parsed_ids == []
    assert seen(corpus) == seen(read_articles(path))


def test_another_mapping_has_records_of_its_own(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", lines_of(10))
    read_articles(path, cache=tmp_path / "cache")
    mapped = SourceSettings(fields={"excerpt": "title"})
    corpus = read_articles(path, mapped, cache=tmp_path / "cache")
    assert [article.excerpt for article in corpus] == [article.title for article in corpus]


def test_a_truncated_file_is_the_same_problem_from_the_cache(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl.gz", [line(n * 7919 % 1_000_003) for n in range(4000)])
    path.write_bytes(path.read_bytes()[:-3000])
    plain = read_articles(path)
    assert 1000 < len(plain) < 4000
    for _ in range(2):
        assert seen(read_articles(path, cache=tmp_path / "cache")) == seen(plain)


def test_strict_raises_the_same_problem_from_the_cache(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [*lines_of(30), b"{", b'["c"]'])
    raised = []
    for cache in (False, tmp_path / "cache", tmp_path / "cache"):
        with pytest.raises(ArticleError, match=r"a\.jsonl:31: is no JSON: Input data was truncated") as caught:
            read_articles(path, strict=True, cache=cache)
        raised.append((str(caught.value), caught.value.line, str(caught.value.path)))
    assert raised[0] == raised[1] == raised[2]


DAMAGES = {
    "nothing": lambda _: [],
    "fewer lines than outcomes": lambda values: [values[0][1:], values[1]],
    "a number for a title": lambda values: [values[0], [[{"id": "x", "title": 5}, *values[1][0][1:]], *values[1][1:]]],
    "an empty id": lambda values: [values[0], [[{"id": "", "title": "T"}, *values[1][0][1:]], *values[1][1:]]],
    "a file's record": lambda values: values[1][0],
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_record_is_made_anew(tmp_path: Path, damage: Any, parsed_ids: list[str]) -> None:
    path = write(tmp_path / "a.jsonl", lines_of(200))
    plain = seen(read_articles(path, cache=tmp_path / "cache"))
    change_records(tmp_path / "cache", damage)
    for n_parsed in (200, 0):
        parsed_ids.clear()
        assert seen(read_articles(path, cache=tmp_path / "cache")) == plain
        assert len(parsed_ids) == n_parsed


def test_a_bit_of_a_record_that_changed_is_noticed(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", lines_of(200))
    plain = seen(read_articles(path, cache=tmp_path / "cache"))
    with closing(sqlite3.connect(tmp_path / "cache" / FILE_NAME)) as connection, connection:
        for key, record in connection.execute("SELECT key, record FROM records").fetchall():
            forged = record.replace(b"Ferry", b"Fermy")
            connection.execute("UPDATE records SET record = ? WHERE key = ?", (forged, key))
    assert seen(read_articles(path, cache=tmp_path / "cache")) == plain


def test_whatever_is_wrong_is_one_warning_for_all_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(line_blocks, "BATCH_BYTES", 2000)
    path = write(tmp_path / "a.jsonl", lines_of(500))
    (tmp_path / "file").write_text("here already", encoding="utf-8")
    assert seen(read_articles(path, cache=tmp_path / "file")) == seen(read_articles(path))
    [record] = caplog.records
    assert "cannot be used, reading goes on without it" in record.getMessage()


def test_a_full_cache_is_one_warning_and_gives_what_it_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, parsed_ids: list[str]
) -> None:
    monkeypatch.setattr(line_blocks, "BATCH_BYTES", 2000)
    monkeypatch.setattr(json_lines, "ParseCache", lambda *given: ParseCache(*given, most_bytes=120_000))
    path = write(tmp_path / "a.jsonl", lines_of(1000))
    plain = seen(read_articles(path))
    for n_warnings in (1, 2):
        parsed_ids.clear()
        assert seen(read_articles(path, cache=tmp_path / "cache")) == plain
        assert len(caplog.records) == n_warnings
    assert 0 < len(parsed_ids) < 1000
    assert f"{path} from line " in caplog.records[0].getMessage()


def test_blocks_hold_every_line_once_and_a_batch_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_blocks, "MOST_BLOCK_BYTES", 1000)
    monkeypatch.setattr(line_blocks, "BATCH_BYTES", 3000)
    same = [b'{"id": "a", "title": "T"}'] * 5000  # no checksum ends a block, or each does
    path = write(tmp_path / "a.jsonl", same)
    batches = list(LineReader(path, 2**20).batches())
    blocks = [block for batch in batches for block in batch]
    assert [text for block in blocks for text in block.lines] == [text + b"\n" for text in same]
    assert [block.first for block in blocks] == [1 + sum(len(b.lines) for b in blocks[:n]) for n in range(len(blocks))]
    assert max(sum(len(text) for block in batch for text in block.lines) for batch in batches) < 3000 + 1000 + 30
