"""Seconds of a core for the whole build of a site, of generators that relate articles."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from recommender import Article

# A page has nothing but its related list, and no other page is built, so that little else is measured.
HUGO_LAYOUT = """\
{{ range first 10 (.Site.RegularPages.Related .) }}<a href="{{ .RelPermalink }}">{{ .Title }}</a>
{{ end }}"""
HUGO_CONFIG: Mapping[str, Any] = {
    "baseURL": "https://example.org/",
    "disableKinds": ["home", "section", "taxonomy", "term", "RSS", "sitemap", "robotsTXT", "404"],
    "related": {
        "threshold": 80,
        "includeNewer": True,
        "toLower": True,
        "indices": [
            {"name": "keywords", "weight": 100},
            {"name": "tags", "weight": 80},
            {"name": "date", "weight": 10, "pattern": "2006-01-02"},
        ],
    },
}
JEKYLL_LAYOUT = """\
{% for post in site.related_posts limit: 10 %}<a href="{{ post.url }}">{{ post.title }}</a>
{% endfor %}"""
JEKYLL_CONFIG: Mapping[str, Any] = {
    "lsi": True,
    "future": True,
    "permalink": "/:title/",
    "disable_disk_cache": True,
    # headlines with braces are not templates
    "defaults": [{"scope": {"path": ""}, "values": {"layout": "post", "render_with_liquid": False}}],
}
UNDATED = datetime(1970, 1, 1, tzinfo=UTC)
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_WORD = re.compile(r"[^\W_]{3,}")


def hugo(articles: Sequence[Article]) -> float:
    """Return the seconds of a build by Hugo, whose pages list the results of its Related."""
    with tempfile.TemporaryDirectory() as folder:
        write_hugo_site(Path(folder), articles)
        return seconds_of(["hugo", "--quiet", "--buildFuture"], Path(folder))


def jekyll(articles: Sequence[Article]) -> float:
    """Return the seconds of a build by Jekyll, whose pages list the results of its LSI."""
    with tempfile.TemporaryDirectory() as folder:
        write_jekyll_site(Path(folder), articles)
        return seconds_of(["jekyll", "build", "--quiet"], Path(folder))


def seconds_of(command: Sequence[str], folder: Path) -> float:
    """Return the seconds of processor time that a program takes, over all its threads and children.

    Raises
    ------
    TimeoutError
        Where it was ended for taking more than this process may take of a core.
    RuntimeError
        Where it fails, with the last line that it wrote.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    # a Gemfile in a folder above does not belong to the site
    environment = os.environ | {"JEKYLL_NO_BUNDLER_REQUIRE": "true", "LC_ALL": "C.UTF-8"}
    process = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    limit = resource.getrlimit(resource.RLIMIT_CPU)[0]
    if process.returncode == -signal.SIGXCPU or (process.returncode == -signal.SIGKILL and 0 < limit <= seconds):
        raise TimeoutError(f"{command[0]} was ended after {seconds:.0f} s of a core")
    if process.returncode:
        lines = (process.stderr or process.stdout).strip().splitlines() or ["no output"]
        raise RuntimeError(f"{command[0]} ended with code {process.returncode}: {lines[-1]}")
    return seconds


def write_hugo_site(folder: Path, articles: Sequence[Article]) -> None:
    """Write a site for Hugo, whose Related reads front matter only: topics are tags, words of the title keywords."""
    for below in ("content/news", "layouts/_default"):
        (folder / below).mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(HUGO_CONFIG))
    (folder / "layouts/_default/single.html").write_text(HUGO_LAYOUT)
    for number, article in enumerate(articles):
        header = _header(article) | {"tags": list(article.topics), "keywords": keywords(article.title)}
        _write_page(folder / f"content/news/{number:06}.md", header, "")


def write_jekyll_site(folder: Path, articles: Sequence[Article]) -> None:
    """Write a site for Jekyll: its LSI reads only the text of a post, so the title is repeated there."""
    for below in ("_posts", "_layouts"):
        (folder / below).mkdir(parents=True)
    (folder / "_config.yml").write_text(_yaml(JEKYLL_CONFIG))
    (folder / "_layouts/post.html").write_text(JEKYLL_LAYOUT)
    for number, article in enumerate(articles):
        day = (article.published_at or UNDATED).astimezone(UTC).date()
        header = _header(article) | {"tags": list(article.topics)}
        _write_page(folder / f"_posts/{day}-{number:06}.md", header, f"{article.title}\n\n{article.excerpt}\n")


def keywords(title: str) -> list[str]:
    """Return the words of a title, each once, without the shortest and the most common.

    >>> keywords("The ferry strike begins: ferry crews leave islands")
    ['ferry', 'strike', 'begins', 'crews', 'leave', 'islands']
    """
    words = (word.lower() for word in _WORD.findall(title))
    return [word for word in dict.fromkeys(words) if word not in ENGLISH_STOP_WORDS]


def _header(article: Article) -> dict[str, Any]:
    moment = (article.published_at or UNDATED).astimezone(UTC)
    return {"title": article.title, "description": article.excerpt, "date": moment}


def _write_page(path: Path, header: Mapping[str, Any], text: str) -> None:
    path.write_text(f"---\n{_yaml(header)}---\n{text}", encoding="utf-8")


def _yaml(value: Mapping[str, Any]) -> str:
    return str(yaml.dump(dict(value), Dumper=_DUMPER, allow_unicode=True, sort_keys=False))
