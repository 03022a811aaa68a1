"""Where a site keeps what is its own beside its articles: settings and rules, decisions, the record of the last run."""

from __future__ import annotations

from pathlib import Path


def site_root(site: Path) -> Path:
    """Return the folder in which a site's own files lie.

    It is the folder itself, or the one that holds the file; for a folder of articles inside a site, as ``_news``
    and ``_posts`` are, the site's.

    >>> site_root(Path("/no/such/site/articles.jsonl")).as_posix()
    '/no/such/site'
    """
    folder = site.absolute() if site.is_dir() else site.absolute().parent
    return folder.parent if folder.name.startswith("_") else folder


def site_file(site: Path, name: str) -> Path | None:
    """Return a file of the site's own, None where there is none of this name."""
    file = site_root(site) / name
    return file if file.is_file() else None
