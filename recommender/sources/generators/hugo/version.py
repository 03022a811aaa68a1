"""The version of Hugo that a site is built with, as far as its own files say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from recommender.sources.generators.hugo.paths import HugoVersion

# Where hosts, package managers and workflows are told which Hugo to take.
_FILES = ("netlify.toml", "package.json", ".tool-versions", ".hvm", "vercel.json", ".gitlab-ci.yml")
_WORKFLOWS = Path(".github", "workflows")
_MOST_WORKFLOWS = 50
_LARGEST = 200_000  # bytes

_NAMED = re.compile(
    r"hugo[\w-]{0,20}[\"']?[ \t]{0,4}[:=@]?[ \t]{0,4}[\"'^~]{0,2}(?:extended_)?v?0\.(\d{2,3})(?:\.(\d{1,3}))?"
)
_BARE = re.compile(r"\s*v?0\.(\d{2,3})(?:\.(\d{1,3}))?")


def version_of_site(root: Path) -> HugoVersion | None:
    """Return the version that the files of a site name, None where none does.

    Netlify's and Vercel's settings, ``package.json``, ``.tool-versions``, ``.hvm`` and the workflows of GitHub and
    GitLab are looked at, in this order.
    """
    for path in _candidates(root):
        text = _start_of(path, root)
        if version := _NAMED.search(text.lower()) or (_BARE.match(text) if path.name == ".hvm" else None):
            return 0, int(version[1]), int(version[2] or 0)
    return None


def _candidates(root: Path) -> Iterator[Path]:
    yield from (root / name for name in _FILES)
    workflows = sorted((root / _WORKFLOWS).glob("*.y*ml")) if (root / _WORKFLOWS).is_dir() else []
    yield from workflows[:_MOST_WORKFLOWS]


def _start_of(path: Path, root: Path) -> str:
    """Return the start of a file of the site; nothing where it cannot be read, or leads out of the site."""
    try:
        if not path.is_file() or not path.resolve().is_relative_to(root.resolve()):
            return ""
        with path.open("rb") as stream:
            return stream.read(_LARGEST).decode("utf-8", errors="replace")
    except OSError:
        return ""
