"""The command line, called in this process or in one of its own, and sites to call it on."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from click.testing import CliRunner, Result

from recommender import Article
from recommender.cli.main import main

NEWSROOM = Path(__file__).resolve().parents[2] / "examples" / "newsroom"


def run(*arguments: object) -> Result:
    """Call the command line in this process."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def run_alone(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    """Call the command line in a process of its own."""
    command = [sys.executable, "-m", "recommender.cli.main", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, check=False, cwd=cwd)


def assert_one_line_and_exit_2(result: Result, match: str) -> None:
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert re.fullmatch(rf"recommender: .*(?:{match}).*\n", result.stderr), result.stderr


def json_lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def numbers(line: str) -> list[int]:
    """Return the whole numbers in a line for a person."""
    return [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", line)]


def write_file(folder: Path, name: str, *header: str, body: str = "Text.") -> Path:
    """Write a file with these lines of front matter."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("\n".join(["---", *header, "---", body, ""]), encoding="utf-8")
    return folder / name


def write_articles(folder: Path, articles: Sequence[Article]) -> Path:
    """Write a file for each article, as the site of the conftest's dozen has them."""
    for article in articles:
        related = [f"- url: {relation.url}" for relation in article.relations]
        header = [
            f"title: '{article.title}'",
            f"excerpt: {json.dumps(article.excerpt)}",
            f"webUrl: {article.url}",
            f"ampWebUrl: {article.aliases[0]}",
            f"publishedDateTime: {article.published_at:%Y-%m-%dT%H:%M:%SZ}",
            f"topics: {list(article.topics)}",
            "provider: {name: Coast Courier}",
            "related:" if related else "related: []",
        ]
        write_file(folder, f"{article.id}.md", *header, *related, body="")
    return folder


def write_json_lines(file: Path, articles: Sequence[Article]) -> Path:
    """Write a line for each article, without its relations."""
    fields = [
        {
            "id": article.id,
            "title": article.title,
            "excerpt": article.excerpt,
            "publishedDateTime": article.published_at.isoformat(),
        }
        for article in articles
    ]
    file.write_text("".join(json.dumps(values) + "\n" for values in fields), encoding="utf-8")
    return file
