"""Small sites of Hugo and Jekyll whose pages show the links of a data file, as the examples do."""

from __future__ import annotations

import json
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

from recommender import Article

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
ODD_TITLE = 'Ferry & "strike" < 5: no boats, it\'s ruined'


def write_hugo_pages(articles: tuple[Article, ...], root: Path) -> Path:
    """Write a site of Hugo in which pages and bundles show the partial of the example."""
    shutil.copytree(EXAMPLES / "hugo", root)
    layout = root / "layouts" / "_default" / "single.html"
    layout.parent.mkdir()
    layout.write_text('<html>{{ partial "recommender.html" . }}</html>', encoding="utf-8")
    (root / "config.toml").write_text('baseURL = "https://coast.example/"\ndisableKinds = ["RSS"]\n', encoding="utf-8")
    for number, article in enumerate(articles):
        name = f"{article.id}/index.md" if number % 3 == 0 else f"{article.id}.md"
        _write_page(root / "content" / "Posts" / name, article, number, "url")
    return root


def write_jekyll_pages(articles: tuple[Article, ...], root: Path) -> Path:
    """Write a site of Jekyll in which posts and pages show the include of the example."""
    shutil.copytree(EXAMPLES / "jekyll", root, ignore=shutil.ignore_patterns("README.md"))
    layout = root / "_layouts" / "default.html"
    layout.parent.mkdir()
    layout.write_text("<html>{% include recommender.html %}</html>", encoding="utf-8")
    config = "url: https://coast.example\ndefaults: [{scope: {path: ''}, values: {layout: default}}]\n"
    (root / "_config.yml").write_text(config, encoding="utf-8")
    for number, article in enumerate(articles):
        post = f"_posts/{article.published_at:%Y-%m-%d}-{article.id}.md"
        _write_page(root / (f"pages/{article.id}.md" if number % 3 == 0 else post), article, number, "permalink")
    return root


def _write_page(path: Path, article: Article, number: int, address: str) -> None:
    """Write a page at an address that is the article's id; the second has the odd title."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [
        f"title: {json.dumps(ODD_TITLE if number == 1 else article.title)}",
        f"description: {json.dumps(article.excerpt)}",
        f"date: {article.published_at:%Y-%m-%dT%H:%M:%SZ}",
        f"{address}: /{article.id}/",
    ]
    path.write_text("\n".join(["---", *lines, "---", "Text.", ""]), encoding="utf-8")


def build(program: str, root: Path) -> Path:
    """Build a site with the real generator, and return the folder of its pages."""
    command = ["hugo", "--source", str(root)] if program == "hugo" else ["jekyll", "build", "--disable-disk-cache"]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr + run.stdout
    return root / ("public" if program == "hugo" else "_site")


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "a":
            self.links.append((dict(attributes).get("href") or "", ""))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] == "a":
            url, title = self.links[-1]
            self.links[-1] = (url, title + data)

    def handle_endtag(self, tag: str) -> None:
        self.tags.append(f"/{tag}")


def links_in(page: Path) -> list[tuple[str, str]]:
    """Return the address and the text of each link in a page of HTML, as a browser shows them."""
    parser = _Links()
    parser.feed(page.read_text(encoding="utf-8"))
    parser.close()
    return parser.links
