"""Jekyll sites made for a test, what Jekyll itself makes of them, and what we make of them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from recommender.sources.generators.jekyll import JekyllSite, has_front_matter
from recommender.sources.generators.page_facts import PageFacts
from recommender.sources.records.front_matter import parse_header, split_front_matter

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)

# Jekyll runs what it finds in `_plugins`: this writes down what it made of every file.
_PLUGIN = """
class Context < Struct.new(:site)
  def registers; { :site => site }; end
end
class Addresses
  include Jekyll::Filters::URLFilters
  def initialize(site); @context = Context.new(site); end
end
Jekyll::Hooks.register :site, :post_write do |site|
  addresses = Addresses.new(site)
  items = (site.pages + site.docs_to_write).reject { |item| item.is_a?(Jekyll::StaticFile) }
  pages = items.map do |item|
    redirect = item.class.name.end_with?("RedirectPage")
    document = item.is_a?(Jekyll::Document)
    path = document ? item.path.sub(site.source + "/", "") : item.relative_path
    {
      "path" => redirect ? nil : path,
      "url" => item.url,
      "absolute" => addresses.absolute_url(item.url),
      "file" => item.destination(site.dest).sub(site.dest + "/", ""),
      "title" => item.data["title"].to_s,
      "date" => document ? item.date.iso8601 : nil,
      "redirects_to" => redirect ? item.redirect_to : nil,
    }
  end
  File.write(File.join(site.dest, "pages.json"), JSON.generate(pages))
end
"""


@dataclass(frozen=True, slots=True)
class BuiltPage:
    """What Jekyll made of a file: its path in the source, its address, and the file that was written."""

    path: str
    url: str
    absolute: str
    file: str
    title: str
    date: datetime | None


@dataclass(frozen=True, slots=True)
class BuiltSite:
    """The pages of a site by their paths, and where each redirect page leads."""

    pages: Mapping[str, BuiltPage]
    redirects: Mapping[str, str]


@cache
def jekyll_is_installed() -> bool:
    """Whether this machine can build the sites."""
    return shutil.which("jekyll") is not None


def ask_ruby(expression: str, values: Sequence[Any], zone: str = "UTC") -> list[Any]:
    """Return what an expression of Ruby makes of each value, which it calls `value`; Jekyll is loaded."""
    script = f"puts JSON.generate(JSON.parse($stdin.read).map {{ |value| {expression} }})"
    run = subprocess.run(
        ["ruby", "-rjekyll", "-rjson", "-e", script],
        input=json.dumps(values),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TZ": zone},
    )
    assert run.returncode == 0, run.stderr[:2000]
    answers: list[Any] = json.loads(run.stdout)
    return answers


def write_site(folder: Path, files: Mapping[str, str]) -> Path:
    """Write a site: files by their paths, each value the front matter in YAML; other files as they are."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        is_page = not path.startswith("_config") and not text.startswith("RAW")
        (folder / path).write_text(f"---\n{text.strip()}\n---\nText.\n" if is_page else text, encoding="utf-8")
    return folder


def build(folder: Path, now: datetime = NOW, source: str = "") -> BuiltSite:
    """Build a site with Jekyll as of a moment; `source` is the folder in it that holds the pages."""
    plugins = folder / source / "_plugins"
    plugins.mkdir(exist_ok=True)
    (plugins / "addresses.rb").write_text(_PLUGIN, encoding="utf-8")
    moment = plugins / "moment.yml"
    moment.write_text(f"time: {now.isoformat()}\ndisable_disk_cache: true\n", encoding="utf-8")
    name = next((name for name in ("_config.yml", "_config.yaml") if (folder / name).is_file()), None)
    configs = ",".join(str(path) for path in ([folder / name] if name else []) + [moment])
    options = ["--source", str(folder / source), "--destination", str(folder / "_site"), "--config", configs]
    run = subprocess.run(
        ["jekyll", "build", "--quiet", *options], capture_output=True, text=True, check=False, cwd=folder
    )
    assert run.returncode == 0, run.stderr[:2000]
    rows: list[dict[str, Any]] = json.loads((folder / "_site" / "pages.json").read_text(encoding="utf-8"))
    inside = f"{source}/" if source else ""
    pages = {inside + row["path"]: _built(row) for row in rows if row["path"]}
    for page in pages.values():
        assert (folder / "_site" / page.file).is_file(), page
    redirects = {row["absolute"]: row["redirects_to"] for row in rows if row["redirects_to"]}
    return BuiltSite(pages, redirects)


def _built(row: Mapping[str, Any]) -> BuiltPage:
    date = datetime.fromisoformat(row["date"]) if row["date"] else None
    return BuiltPage(row["path"], row["url"], row["absolute"], row["file"], row["title"], date)


def our_pages(folder: Path, now: datetime = NOW) -> dict[str, PageFacts]:
    """Return what we make of the files of a site, by their paths."""
    site = JekyllSite.from_folder(folder)
    assert site is not None
    paths = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return {path: _facts(site, folder, path, now) for path in site.page_files(paths) if not path.startswith("_site/")}


def _facts(site: JekyllSite, folder: Path, path: str, now: datetime) -> PageFacts:
    text = (folder / path).read_text(encoding="utf-8")
    matter = split_front_matter(text) if has_front_matter(text) else None
    return site.page(path, None if matter is None else parse_header(matter), now, matter.body if matter else text)
