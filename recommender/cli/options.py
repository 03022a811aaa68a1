"""What several verbs have in common: their options, and reading a site as these options say."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
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

Command = Callable[..., Any]

SITE = click.argument("site", type=click.Path(path_type=Path))
SOURCE = click.argument("source_id", metavar="SOURCE")
TARGET = click.argument("target_id", metavar="TARGET")
MODEL_FOLDER = click.argument("model_folder", metavar="MODEL", type=click.Path(path_type=Path))
MODEL = click.option("--model", "model_folder", type=click.Path(path_type=Path), help="A trained model folder.")
KEY = click.option("--key", help="Our key in the front matter.  [default: suggested]")
PRESET = click.option("--preset", help="Names of the fields: default, hugo or jekyll.")
SETTINGS = click.option(
    "--settings",
    "settings_file",
    type=click.Path(path_type=Path),
    help="A YAML file of settings; it beats SITE's own recommender.yaml.",
)


@dataclass(frozen=True)
class SiteOptions:
    """A site, and the options that say how it is read and which model knows it."""

    site: Path
    settings_file: Path | None
    preset: str | None
    strict: bool
    cache: str | None
    no_cache: bool
    n_jobs: int
    model_folder: Path | None = None

    def settings(self, key: str | None = None) -> Settings:
        """Return the site's settings, overridden by the options."""
        return settings_of(self.site, self.settings_file, self.preset, self.strict, key)

    def cache_folder(self, settings: Settings) -> str | bool:
        """Return the cache that options or settings name; true, the user's own, where neither does."""
        if self.no_cache and self.cache:
            raise click.UsageError("--cache and --no-cache exclude each other")
        folder = False if self.no_cache else self.cache or settings.source.cache
        return True if folder is None else folder

    def read(self, settings: Settings) -> Corpus:
        """Read the site's articles; report on stderr what could not be read."""
        corpus = self.read_silently(settings)
        report_skipped(corpus)
        return corpus

    def read_silently(self, settings: Settings) -> Corpus:
        """Read the site's articles."""
        return read_articles(self.site, settings.source, n_jobs=self.n_jobs, cache=self.cache_folder(settings))

    def decisions(self) -> Decisions:
        """Read the decisions on the site; report on stderr the lines that could not be read."""
        decisions = Decisions.of_site(self.site)
        for line in decisions.problems:
            click.echo(line, err=True)
        return decisions

    def open_model(self, corpus: Corpus, settings: Settings) -> Recommender:
        """Return the model in the folder of --model, or a newly trained one, with the corpus as its articles."""
        name = site_name(self.site)
        return open_model(corpus, settings, self.model_folder, name, self.decisions(), self.n_jobs)

    def read_and_open(self) -> Recommender:
        """Read the site and return its model."""
        settings = self.settings()
        return self.open_model(self.read(settings), settings)


def site_options(command: Command) -> Command:
    """Add the options that say how a site is read; a verb gets them, SITE and --model as one `options: SiteOptions`."""

    @functools.wraps(command)
    def with_options(**values: Any) -> Any:
        names = [field.name for field in fields(SiteOptions) if field.name in values]
        options = SiteOptions(**{name: values.pop(name) for name in names})
        return command(options=options, **values)

    for option in (
        click.option("--strict", is_flag=True, help="A file that cannot be read ends the job."),
        PRESET,
        SETTINGS,
        click.option("--cache", metavar="DIR", help="Cache here what was read.  [default: the user's cache folder]"),
        click.option("--no-cache", is_flag=True, help="Read every file anew, and cache nothing."),
        click.option("--jobs", "n_jobs", default=1, show_default=True, type=click.IntRange(min=1), help="Workers."),
    ):
        with_options = option(with_options)
    return with_options


def settings_of(
    site: Path, settings_file: Path | None, preset: str | None, strict: bool = False, key: str | None = None
) -> Settings:
    """Return the settings of a site, overridden by options."""
    settings = Settings.of_site(site, settings_file)
    source = replace(settings.source, preset=preset or settings.source.preset, strict=strict or settings.source.strict)
    return replace(settings, source=source, sink=replace(settings.sink, key=settings.sink.key if key is None else key))


def report_skipped(corpus: Corpus) -> None:
    """Report on stderr what could not be read."""
    for line in (*corpus.report.skipped, *corpus.report.warnings):
        click.echo(line, err=True)


def moment(value: str) -> datetime:
    """Read a date, or a date and time; in UTC where no time zone is given."""
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is no date like 2026-01-31 or 2026-01-31T06:00:00Z") from error
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
