"""What several verbs have in common: their options, and the reading of a site as these ask for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from recommender.core.settings import Settings
from recommender.corpus.corpus import Corpus
from recommender.jobs.nightly import open_model, site_name
from recommender.model.recommender import Recommender
from recommender.selection.decisions import Decisions
from recommender.sources import read_articles

SITE = click.argument("site", type=click.Path(path_type=Path))
KEY = click.option("--key", help="Our key in the front matter.  [default: suggested]")
PRESET = click.option("--preset", help="Names of the fields: default, hugo or jekyll.")
SETTINGS = click.option(
    "--settings",
    "settings_file",
    type=click.Path(path_type=Path),
    help="A YAML file of settings; it beats SITE's own recommender.yaml.",
)
MODEL = click.option("--model", "model_folder", type=click.Path(path_type=Path), help="A trained model folder.")

WHO = click.option("--who", required=True, help="The editor.")


def moment(value: str) -> datetime:
    """Read a date, or a date and time; in UTC where no time zone is given."""
    try:
        found = datetime.fromisoformat(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is no date like 2026-01-31 or 2026-01-31T06:00:00Z") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def source_options(command: Any) -> Any:
    """Add the options that say how a site is read."""
    for option in (
        click.option("--strict", is_flag=True, help="A file that cannot be read ends the job."),
        PRESET,
        SETTINGS,
        click.option("--cache", metavar="DIR", help="Keep here what was read.  [default: the user's cache folder]"),
        click.option("--no-cache", is_flag=True, help="Read every file anew, and keep nothing."),
        click.option("--jobs", "n_jobs", default=1, show_default=True, type=click.IntRange(min=1), help="Workers."),
    ):
        command = option(command)
    return command


def read_site(site: Path, settings: Settings, source: dict[str, Any]) -> Corpus:
    """Read the articles of a site as the options of `source_options` say."""
    cache = cache_of(settings, source)
    return read_articles(site, settings.source, n_jobs=source["n_jobs"], cache=cache)


def read_decisions(site: Path) -> Decisions:
    """Read the decisions on a site; lines that cannot be read are told on stderr."""
    decisions = Decisions.of_site(site)
    for line in decisions.problems:
        click.echo(line, err=True)
    return decisions


def cache_of(settings: Settings, source: dict[str, Any]) -> str | bool:
    """Return the cache that options and settings ask for; the user's own where neither does."""
    if source["no_cache"] and source["cache"]:
        raise click.UsageError("--cache and --no-cache exclude each other")
    wanted = False if source["no_cache"] else source["cache"] or settings.source.cache
    return True if wanted is None else wanted


def settings_of(
    site: Path, settings_file: Path | None, preset: str | None, strict: bool = False, key: str | None = None, **_: Any
) -> Settings:
    """Return the settings of a site, with what the options say over them."""
    settings = Settings.of_site(site, settings_file)
    source = replace(settings.source, preset=preset or settings.source.preset, strict=strict or settings.source.strict)
    return replace(settings, source=source, sink=replace(settings.sink, key=settings.sink.key if key is None else key))


def report_skipped(corpus: Corpus) -> None:
    """Tell on stderr what could not be read."""
    for line in (*corpus.report.skipped, *corpus.report.warnings):
        click.echo(line, err=True)


def open_site(site: Path, model_folder: Path | None, source: dict[str, Any]) -> Recommender:
    """Read a site and return a model that knows it: that of the folder, or a newly trained one."""
    settings = settings_of(site, **source)
    corpus = read_site(site, settings, source)
    report_skipped(corpus)
    return open_model(corpus, settings, model_folder, site_name(site), read_decisions(site), source["n_jobs"])
