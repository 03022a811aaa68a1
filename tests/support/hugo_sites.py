"""Hugo sites made for a test, what Hugo itself says of them, and what we say."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest

from recommender.sources.generators.hugo import HugoSite
from recommender.sources.generators.page_facts import PageFacts
from recommender.sources.generators.site_config import SiteConfig
from recommender.sources.records.front_matter import parse_header, split_front_matter

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
_TEMPLATES = ("single.html", "list.html")


@cache
def hugo_version(program: str = "hugo") -> tuple[int, ...] | None:
    """Return the version of the Hugo that is installed; None where there is none."""
    if shutil.which(program) is None:
        return None
    said = subprocess.run([program, "version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"v(\d+)\.(\d+)\.(\d+)", said)
    return tuple(map(int, found.groups())) if found else None


def write_hugo_site(folder: Path, files: Mapping[str, str], config: str, config_name: str = "config.toml") -> Path:
    """Write a site that Hugo can build: content files by their paths, each value the front matter in YAML."""
    texts = {f"layouts/_default/{name}": "{{ .RelPermalink }}" for name in _TEMPLATES}
    texts |= {path: f"---\n{matter.strip()}\n---\nText.\n" for path, matter in files.items()}
    if config_name:
        texts[config_name] = config
    for path, text in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


def listed(folder: Path, program: str = "hugo") -> dict[str, dict[str, str]]:
    """Return what `hugo list all` says of each page that is none of a section, by its path."""
    # Without an environment newer ones merge the configurations of all of them.
    arguments = ["list", "all", "--source", str(folder), "--environment", "production"]
    run = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr + run.stdout
    start = run.stdout.index("path,")
    rows = list(csv.DictReader(run.stdout[start:].splitlines(keepends=True)))
    return {row["path"]: row for row in rows if "_index" not in row["path"]}


def built_pages(folder: Path, now: datetime = NOW, program: str = "hugo") -> set[str]:
    """Build the site as of a moment, and return the paths of its HTML files as a browser would ask for them."""
    public = folder / "public"
    shutil.rmtree(public, ignore_errors=True)
    arguments = ["--source", str(folder), "--clock", now.isoformat(), "--quiet"]
    run = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr + run.stdout
    names = {"/" + path.relative_to(public).as_posix() for path in public.rglob("*.html")}
    return {name.removesuffix("index.html") if name.endswith("/index.html") else name for name in names}


def our_facts(folder: Path, version: tuple[int, ...] | None = None, now: datetime = NOW) -> dict[str, PageFacts]:
    """Return what we say of each page of a site, by its path."""
    site = HugoSite.from_folder(folder, version)
    assert site is not None
    paths = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    pages = site.page_files(path for path in paths if not path.startswith(("public/", "layouts/")))
    matters = {path: _front_matter(folder / path) for path in pages}
    for path, matter in matters.items():
        if site.is_section(path):
            site.add_section(path, matter)
    return {path: site.page(path, matter, now) for path, matter in matters.items()}


def _front_matter(path: Path) -> Mapping[str, object]:
    matter = split_front_matter(path.read_text(encoding="utf-8"))
    return parse_header(matter) if matter else {}


def paths_of(urls: set[str], base: str) -> set[str]:
    """Return addresses as paths from the site's root, without escapes."""
    return {unquote(url.removeprefix(base.rstrip("/"))) for url in urls}


HUGO = hugo_version()
needs_hugo = pytest.mark.skipif(HUGO is None, reason="Hugo is not installed")
# Of before and after the paths of the content were made anew.
OLD, NEW = (0, 111, 3), (0, 152, 0)

BASE = 'baseURL = "https://coast.example/"\ndisableKinds = ["taxonomy", "term"]\n'
LANGUAGES = """
defaultContentLanguage = "de"
{top}
[permalinks]
dated = "/:section/:year/:slug/"
[languages.en]
weight = 2
{en}
[languages.de]
weight = 1
{de}
[languages.zh-cn]
{zh}
[languages.fr]
disabled = true
{fr}
"""


def differences(folder: Path) -> list[tuple[str, str | None, str | None]]:
    """Return the pages of which Hugo and we give different addresses, or of which only one side knows."""
    theirs = {path: row["permalink"] for path, row in listed(folder).items()}
    ours = {
        path: facts.url
        for path, facts in our_facts(folder, HUGO).items()
        if facts.kind in {"page", "redirect"} and not (facts.excluded or "").endswith("disabled")
    }
    return [
        (path, ours.get(path), theirs.get(path))
        for path in sorted(ours.keys() | theirs)
        if ours.get(path) != theirs.get(path)
    ]


def facts_of(config: dict[str, object], path: str, version: tuple[int, ...] = NEW, **matter: object) -> PageFacts:
    """Return what we say of one page of a site without sections."""
    return HugoSite(SiteConfig(config), version).page(path, matter, NOW)
