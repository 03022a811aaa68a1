"""What several verbs have in common: their options, and reading a site as these options say."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from functools import cached_property, wraps
from pathlib import Path
from typing import Any

import click

from recommender.cli.output import report_skipped
from recommender.core.errors import SettingsError
from recommender.core.settings import SURE, Settings
from recommender.corpus.corpus import Corpus
from recommender.jobs.nightly import open_model, site_name
from recommender.model.recommender import Recommender
from recommender.selection.decisions import Decisions
from recommender.sources import KINDS, read_articles, root_of_site

Command = Callable[..., Any]

PATH = click.Path(path_type=Path)
SITE = click.argument("site", type=PATH)
SOURCE = click.argument("source_id", metavar="SOURCE")
TARGET = click.argument("target_id", metavar="TARGET")
MODEL_FOLDER = click.argument("model_folder", metavar="MODEL", type=PATH)
MODEL = click.option("--model", "model_folder", type=PATH, help="A trained model folder.")
KEY = click.option("--key", help="Our key in the front matter.  [default: suggested]")
KIND = click.option(
    "--kind", type=click.Choice(KINDS), help="What kind of site it is.  [default: found out from its files]"
)
PRESET = click.option("--preset", help="Names of the fields: default, hugo or jekyll.  [default: those of the kind]")
SETTINGS = click.option(
    "--settings", "settings_file", type=PATH, help="A YAML file of settings; it beats SITE's own recommender.yaml."
)


class _ThresholdType(click.FloatRange):
    """A probability, or the name of a threshold."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return a number in [0, 1], or ``sure``; a SettingsError for anything else."""
        if value == SURE:
            return value
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            raise SettingsError(f"--threshold must be a number in [0, 1], or {SURE}, got {value!r}") from error


THRESHOLD = click.option(
    "--threshold",
    type=_ThresholdType(0, 1),
    metavar="SCORE",
    help="Least score, a probability; 0 fills up to -k; 'sure' asks that 3 of 4 be links that editors made.  [default: "
    "what nearly every article that has something related reaches]",
)


@dataclass(frozen=True)
class SiteOptions:
    """A site, and the options that say how it is read and which model knows it."""

    site: Path
    settings_file: Path | None = None
    kind: str | None = None
    preset: str | None = None
    now: datetime | None = None
    strict: bool = False
    cache: str | None = None
    no_cache: bool = False
    n_jobs: int = 1
    model_folder: Path | None = None

    @cached_property
    def settings(self) -> Settings:
        """The site's settings, overridden by the options."""
        settings = Settings.of_site(root_of_site(self.site), self.settings_file)
        source = settings.source
        kind, preset = self.kind or source.kind, self.preset or source.preset
        source = replace(source, kind=kind, preset=preset, strict=self.strict or source.strict)
        return replace(settings, source=source)

    @property
    def cache_folder(self) -> str | bool:
        """The cache that options or settings name; true, the user's own, where neither does."""
        if self.no_cache and self.cache:
            raise click.UsageError("--cache and --no-cache exclude each other")
        folder = False if self.no_cache else self.cache or self.settings.source.cache
        return True if folder is None else folder

    def read(self, report: bool = True) -> Corpus:
        """Read the site's articles; report on stderr what could not be read."""
        source = self.settings.source
        corpus = read_articles(self.site, source, n_jobs=self.n_jobs, cache=self.cache_folder, now=self.now)
        if report:
            report_skipped(corpus)
            if sys.stderr.isatty():  # for a person; in a log an error stays one line
                click.echo(f"{self.site}: {corpus.report.site}", err=True)
        return corpus

    def model(self, corpus: Corpus | None = None) -> Recommender:
        """Return the model of --model, or a newly trained one, with this corpus, the site's articles for None.

        What may be a slip in decisions and business rules is reported on stderr.
        """
        corpus = self.read() if corpus is None else corpus
        decisions = Decisions.of_site(self.site)
        model = open_model(corpus, self.settings, self.model_folder, site_name(self.site), decisions, self.n_jobs)
        for line in (*decisions.problems, *model.rule_warnings()):
            click.echo(line, err=True)
        return model


def moment(value: str) -> datetime:
    """Read a date, or a date and time; in UTC where no time zone is given."""
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is no date like 2026-01-31 or 2026-01-31T06:00:00Z") from error
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def site_options(command: Command) -> Command:
    """Add the options that say how a site is read; a verb gets them, SITE and --model as one `options: SiteOptions`."""

    @wraps(command)
    def with_options(**values: Any) -> Any:
        names = [field.name for field in fields(SiteOptions) if field.name in values]
        options = SiteOptions(**{name: values.pop(name) for name in names})
        return command(options=options, **values)

    for option in (
        click.option("--strict", is_flag=True, help="A file that cannot be read ends the job."),
        KIND,
        PRESET,
        SETTINGS,
        click.option(
            "--now",
            metavar="DATE",
            type=moment,
            help="The moment that decides which pages are published.  [default: the present]",
        ),
        click.option("--cache", metavar="DIR", help="Cache here what was read.  [default: the user's cache folder]"),
        click.option("--no-cache", is_flag=True, help="Read every file anew, and cache nothing."),
        click.option("--jobs", "n_jobs", default=1, show_default=True, type=click.IntRange(min=1), help="Workers."),
    ):
        with_options = option(with_options)
    return with_options


def with_key(settings: Settings, key: str | None) -> Settings:
    """Return settings with the option --key over them."""
    return settings if key is None else replace(settings, sink=replace(settings.sink, key=key))
