"""Sites whose articles are written into, and the command that does so."""

from __future__ import annotations

import re
from pathlib import Path

from click.testing import CliRunner, Result

from recommender import Article
from recommender.cli.main import main

TO_ARTICLES = ("--write", "front-matter")


def run(verb: str, site: Path, *arguments: object) -> Result:
    return CliRunner().invoke(main, [verb, str(site), *map(str, arguments)])


def contents(site: Path) -> dict[str, bytes]:
    files = [path for path in sorted(site.rglob("*")) if path.is_file() and ".recommender" not in path.parts]
    return {str(path.relative_to(site)): path.read_bytes() for path in files}


def numbers(result: Result) -> list[int]:
    [line] = [line for line in result.stderr.splitlines() if line.startswith("files ")]
    return [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", line)]


def write_site(articles: tuple[Article, ...], folder: Path) -> Path:
    """Write articles as files, each with something that a careless writer would lose."""
    folder.mkdir()
    for number, article in enumerate(articles):
        lines = [
            "---",
            f'title: "{article.title}" # {number}',
            f"excerpt: '{article.excerpt.replace(chr(39), chr(39) * 2)}'",
            f"publishedDateTime: {article.published_at:%Y-%m-%dT%H:%M:%SZ}",
            f"webUrl: {article.url}",
            f"topics: [ {article.topics[0]} ]",
            "related:" if article.relations else "related: []",
            *(f"- webUrl: {relation.url}" for relation in article.relations),
            'secured: "aGVsbG8="',
            "",
            "---",
            "Text.",
        ]
        newline = "\r\n" if number % 3 == 1 else "\n"
        text = ("\ufeff" if number % 4 == 1 else "") + newline.join(lines) + newline * (number % 2)
        (folder / f"{article.id}.md").write_bytes(text.encode())
    return folder
