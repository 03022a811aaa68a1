"""The articles of a site, whatever it is: a folder of Markdown files, one of them, or JSON Lines."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from recommender.core.errors import ArticleError, SettingsError
from recommender.core.runtime import collection_paused
from recommender.core.settings import SourceSettings
from recommender.corpus.corpus import Corpus
from recommender.sources.cache import cache_folder
from recommender.sources.date_order import with_dates
from recommender.sources.folder import MARKDOWN, NOT_WALKED, read_site_files, site_files
from recommender.sources.json_lines import SUFFIXES, read_json_lines
from recommender.sources.languages import with_languages
from recommender.sources.outcomes import Outcome, to_corpus
from recommender.sources.pages import with_facts
from recommender.sources.records.fields import FieldMap
from recommender.sources.site_kinds import Site, find_site
from recommender.sources.text_links import with_text_links
from recommender.sources.topic_tree import read_topic_tree

FEWEST_DOUBTED = 5  # articles; a handful without dates is a draft or a sample


def read_articles(
    path: str | os.PathLike[str],
    settings: SourceSettings | None = None,
    *,
    strict: bool | None = None,
    n_jobs: int = 1,
    cache: str | os.PathLike[str] | bool | None = None,
    now: datetime | None = None,
) -> Corpus:
    r"""Read all articles of a site.

    What kind of site a folder is, a Hugo site for instance, is found out from its own files; its pages get the
    addresses that the generator gives them, and links in their texts become relations.

    Parameters
    ----------
    path
        The folder of a site or of its content: Markdown files with front matter (YAML, TOML or JSON). Or one such file,
        or JSON Lines, one article a line: ``.jsonl``, ``.ndjson``, and both with ``.gz``.
    settings
        Which of the site's fields is which.
    strict
        True: the first file or line that is no article is an error; else it is skipped, with one line in
        ``corpus.report.skipped``. None takes it from the settings.
    n_jobs
        Number of processes that read a folder; -1 for one a core. The corpus is the same for any number.
    cache
        A folder for what was made of each Markdown file, and of the lines of JSON Lines some at a time, so that next
        time only what is new or changed is parsed;
        True for the user's own cache folder, False for none. None takes it from the settings, where the default is
        none. The corpus is the same with and without.
    now
        The moment, with a time zone, that decides which pages are published; the present for None.

    Returns
    -------
    Corpus
        In time order. Its `report` counts everything that was read:
        ``report.read == len(corpus) + len(report.skipped) + len(corpus.merged) + sum(report.left_out.values())``.

    Raises
    ------
    ArticleError
        When there is no such path, or no article in it; the first problem where `strict`.
    SettingsError
        For an unknown kind, preset or field, and for a naive `now`.

    >>> import pathlib, tempfile
    >>> site = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (site / "ferry.md").write_text("---\ntitle: Ferry strike ends\n---\n", encoding="utf-8")
    >>> [article.id for article in read_articles(site)]
    ['ferry']
    """
    settings = settings or SourceSettings()
    if n_jobs == 0:
        raise SettingsError("n_jobs must be 1 or more, or -1 for one process a core, got 0")
    if now is not None and now.tzinfo is None:
        raise SettingsError(f"now must have a time zone, got {now!r}; add one")
    path = Path(path)
    strict = settings.strict if strict is None else strict
    folder = cache_folder(settings.cache if cache is None else cache)
    with collection_paused():
        site = find_site(path, settings)
        outcomes = _read(site, site.fields(settings), n_jobs, strict, folder)
        parents, warnings = read_topic_tree(path if path.is_dir() else path.parent)
        list_addresses: list[str] = []
        if site.generator is not None:
            outcomes, claims = with_facts(outcomes, site.generator, now or datetime.now(UTC))
            warnings += [*site.generator.warnings, *claims]
            list_addresses = site.generator.list_addresses([outcome.page for outcome in outcomes if outcome.page])
        outcomes = with_dates(outcomes, settings.date_order)
        outcomes = with_languages(with_text_links(outcomes, list_addresses))
        warnings += _doubts(site, outcomes)
        return to_corpus(outcomes, parents, warnings, _message_if_empty(path), site.line())


def _doubts(site: Site, outcomes: Sequence[Outcome]) -> list[str]:
    """Warn where most articles have neither date nor address: the site may name its fields otherwise."""
    articles = [outcome.article for outcome in outcomes if outcome.article is not None and outcome.left_out is None]
    bare = sum(article.published_at is None and article.url is None for article in articles)
    if 2 * bare <= len(articles) or len(articles) < FEWEST_DOUBTED or not site.path.is_dir():
        return []
    return [
        f"{site.path}: {bare:,} of {len(articles):,} articles have neither date nor address; it was read as "
        f"{site.line()}: set source.kind, or source.fields.published_at and source.fields.url, if that is wrong"
    ]


def article_files(path: str | os.PathLike[str], settings: SourceSettings | None = None) -> list[Path]:
    """Return the Markdown files of a site that may hold an article each, in the order of their paths.

    Raises
    ------
    ArticleError
        When there is no such path, or it is neither a folder nor a Markdown file.
    """
    site = Path(path)
    if site.is_dir():
        files = site_files(find_site(site, settings or SourceSettings()))
        return [Path(file.path) for file in files if file.problem is None]
    if site.exists() and site.name.lower().endswith(SUFFIXES):
        raise ArticleError("is JSON Lines, which has no front matter; give a folder of Markdown files", site)
    if site.exists() and not site.name.lower().endswith(MARKDOWN):
        raise ArticleError(f"is no Markdown ({', '.join(MARKDOWN)})", site)
    if not site.exists():
        raise ArticleError("there is no such file or folder; give a folder of Markdown files", site)
    return [site]


def _read(site: Site, fields: FieldMap, n_jobs: int, strict: bool, cache_folder: Path | None) -> list[Outcome]:
    path, name = site.path, site.path.name.lower()
    if not path.exists():
        raise ArticleError("there is no such file or folder; give a folder of Markdown files or a .jsonl file", path)
    if path.is_dir() or name.endswith(MARKDOWN):
        return read_site_files(site, fields, n_jobs, strict, cache_folder)
    if name.endswith(SUFFIXES):
        return read_json_lines(path, fields, strict, cache_folder)
    raise ArticleError(f"is neither Markdown ({', '.join(MARKDOWN)}) nor JSON Lines ({', '.join(SUFFIXES)})", path)


def _message_if_empty(site: Path) -> str:
    """Return the error for a site without articles: what was looked for, and which files to give instead."""
    if not site.is_dir():
        lines = ", one JSON object a line" if site.name.lower().endswith(SUFFIXES) else ""
        return f"{site}: no article was found{lines}"
    message = (
        f"{site}: no article was found; looked for {' and '.join(MARKDOWN)} files with front matter, "
        f"not in hidden folders nor in {', '.join(sorted(NOT_WALKED))}"
    )
    names = sorted(entry.name for entry in site.iterdir() if entry.name.lower().endswith(SUFFIXES))
    return f"{message}; give the path of {' or '.join(names[:3])} to read JSON Lines" if names else message
