from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from recommender import read_articles
from recommender.core.errors import ArticleError
from recommender.core.settings import SourceSettings
from recommender.sources import json_lines

GOOD = '{"id": "a", "title": "A", "publishedDateTime": "2020-10-01", "related": ["b"]}\n{"id": "b", "title": "B"}\n'


def write(folder: Path, data: str | bytes, name: str = "articles.jsonl") -> Path:
    path = folder / name
    data = data.encode() if isinstance(data, str) else data
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "a.jsonl.gz", "a.ndjson.gz", "A.JSONL"])
@pytest.mark.parametrize(
    "text", [GOOD, "\ufeff" + GOOD, GOOD.replace("\n", "\r\n"), GOOD.replace("\n", "\n\n \n"), GOOD[:-1]]
)
def test_one_article_a_line(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    corpus = read_articles(path)
    assert [article.id for article in corpus] == ["a", "b"]
    assert corpus.links.tolist() == [[0, 1]]
    assert (corpus.report.read, corpus.report.skipped, corpus.report.warnings) == (2, (), ())


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b'{"id": "c", "title": ', "is no JSON: Input data was truncated"),
        (b"title: c", "is no JSON: JSON is malformed: invalid character"),
        (b'{"id": "c"} {}', "is no JSON: JSON is malformed: trailing characters"),
        (b'["c"]', "must be an object with the fields of an article, got a list"),
        (b"5", "must be an object with the fields of an article, got a int"),
        (b"null", "must be an object with the fields of an article, got a NoneType"),
        (b'{"id": "c"}', "has no title; give it one, or name its field in source.fields.title"),
        (b'{"title": "C"}', "has neither an id nor an address; give it an id"),
        (b'{"title": "C", "id": ""}', "has neither an id nor an address; give it an id"),
        (b'{"id": "c", "title": "caf\xe9"}', "is not UTF-8 (byte 0xe9); save it as UTF-8"),
        (b'{"x": ' + b"[" * 200_000, "is nested too deeply"),
    ],
)
def test_a_bad_line_is_one_clear_line(tmp_path: Path, line: bytes, problem: str) -> None:
    path = write(tmp_path, b'{"id": "a", "title": "A"}\n\n' + line + b'\n{"id": "b", "title": "B"}\n')
    corpus = read_articles(path)
    assert [article.id for article in corpus] == ["a", "b"]
    assert corpus.report.read == 3
    (message,) = corpus.report.skipped
    assert message.startswith(f"{path}:3: {problem}")
    with pytest.raises(ArticleError, match=r"articles.jsonl:3: ") as caught:
        read_articles(path, strict=True)
    assert str(caught.value) == message


def test_secured_is_in_no_error(tmp_path: Path) -> None:
    path = write(tmp_path, '{"id": "a", "title": "A", "quality": "x", "secured": "s3cret"}\n{"secured": "s3cret"\n')
    corpus = read_articles(path)
    assert (len(corpus.report.skipped), len(corpus.report.warnings)) == (1, 1)
    assert "s3cret" not in repr(corpus.report) + repr(corpus.articles)


def test_the_address_stands_in_for_an_id(tmp_path: Path) -> None:
    corpus = read_articles(write(tmp_path, '{"title": "A", "webUrl": "https://example.com/a"}'))
    assert corpus[0].id == "https://example.com/a"


def test_an_id_given_twice_is_said(tmp_path: Path) -> None:
    path = write(tmp_path, '{"id": "a", "title": "A"}\n{"id": "a", "title": "B"}\n')
    corpus = read_articles(path)
    assert [article.id for article in corpus] == ["a"]
    assert [lost for lost, _ in corpus.merged] == ["a"]
    assert corpus.report.warnings == (f"{path}:2: has the id 'a' of {path}:1; the two are merged",)


def test_a_line_of_absurd_length_is_skipped_and_the_next_one_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_lines, "MOST_BYTES", 100)
    long = json.dumps({"id": "b", "title": "B" * 350})
    path = write(tmp_path, f'{{"id": "a", "title": "A"}}\n{long}\n{{"id": "c", "title": "C"}}\n', "a.jsonl.gz")
    corpus = read_articles(path)
    assert [article.id for article in corpus] == ["a", "c"]
    assert corpus.report.skipped == (f"{path}:2: the line is longer than 0 MB; an article is not",)


def test_a_truncated_gzip_file_keeps_what_came_before(tmp_path: Path) -> None:
    lines = "".join(json.dumps({"id": f"{n}", "title": f"T {n * 7919 % 10007}"}) + "\n" for n in range(5000))
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(lines.encode())[:-2000])
    corpus = read_articles(path)
    assert 1000 < len(corpus) < 5000
    (message,) = corpus.report.skipped
    assert (
        message
        == f"{path}:{len(corpus) + 1}: the compressed data ends early; what follows is lost, write the file anew"
    )
    assert corpus.report.read == len(corpus) + 1
    with pytest.raises(ArticleError, match="the compressed data ends early"):
        read_articles(path, strict=True)


def test_what_is_no_gzip_file_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(GOOD.encode())
    with pytest.raises(
        ArticleError, match=r"the first because: .*a\.jsonl\.gz:1: is no sound gzip file; what follows is lost"
    ):
        read_articles(path)


@pytest.mark.parametrize("position", [-8, 12])
def test_a_damaged_gzip_file_is_a_problem(tmp_path: Path, position: int) -> None:
    data = bytearray(gzip.compress(GOOD.encode() * 50))
    data[position] ^= 0xFF
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(data)
    with pytest.raises(ArticleError, match=r"a\.jsonl\.gz:\d+: "):
        read_articles(path, strict=True)


@pytest.mark.parametrize("data", ["", "\n\n"])
def test_a_file_without_a_line_is_an_error(tmp_path: Path, data: str) -> None:
    with pytest.raises(ArticleError, match=r"articles.jsonl: no article was found, one JSON object a line$"):
        read_articles(write(tmp_path, data))


def test_a_preset_and_own_names_hold_for_json_lines_too(tmp_path: Path) -> None:
    path = write(tmp_path, '{"id": "a", "headline": "A", "tags": ["x"], "draft": true}')
    article = read_articles(path, SourceSettings(preset="hugo", fields={"title": "headline"}))[0]
    assert (article.title, article.topics, article.published) == ("A", ("x",), False)


def test_optech(corpora: Path) -> None:
    corpus = read_articles(corpora / "optech" / "articles.jsonl.gz")
    assert corpus.report.read == 4013
    assert corpus.report.skipped == ()
    assert len(corpus.links) == 1268
    assert corpus.externals == ()
    # Two entries of one newsletter stand at one address, fragment included; two pictures have an empty title.
    assert corpus.merged == (("2018-07-10#news-2", "2018-07-10#news"),)
    assert [warning.partition(": ")[2][:14] for warning in corpus.report.warnings] == ["title is empty"] * 2


def test_a_body_in_markup_is_read_as_its_readers_see_it_and_its_links_are_relations(tmp_path: Path) -> None:
    rows = [
        {"id": "a", "title": "Ferry &amp; strike", "url": "https://coast.example/a", "body_format": "markdown"}
        | {"body": "See [the *strike* of May](/b) and [far](https://far.example/b)."},
        {"id": "b", "title": "May", "url": "https://coast.example/b", "body_format": "html"}
        | {"body": "<p>Read <a href='https://coast.example/a#x'>more here</a>.</p><script>x</script>"},
        {"id": "c", "title": "Plain", "body": "[not](/a) read", "body_format": "text"},
        {"id": "d", "title": "Odd", "body": "[not](/a) read", "body_format": "rst"},
    ]
    corpus = read_articles(write(tmp_path, "\n".join(map(json.dumps, rows)).encode()))
    articles = {article.id: article for article in corpus}
    assert (articles["a"].title, articles["a"].body) == ("Ferry & strike", "See  and far.")
    assert [(link.target_id, link.kind) for link in articles["a"].relations] == [("b", "body")]
    assert (articles["b"].body, [link.target_id for link in articles["b"].relations]) == ("Read .", ["a"])
    assert articles["c"].body == articles["d"].body == "[not](/a) read"
    [warning] = corpus.report.warnings
    assert "body_format must be markdown, html or text, got 'rst'" in warning
