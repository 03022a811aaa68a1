"""The verb of the nightly job: suggestions for every article of a site."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from recommender.cli.options import KEY, MODEL, PATH, SITE, THRESHOLD, SiteOptions, moment, site_options, with_key
from recommender.cli.output import progress, report_skipped
from recommender.core.errors import SettingsError
from recommender.core.settings import Settings
from recommender.core.settings_checks import Threshold
from recommender.jobs.backfill import BackFill
from recommender.jobs.folder import switched_off
from recommender.jobs.nightly import suggest_site
from recommender.jobs.writer import DATA, SINKS, WriteBack
from recommender.sinks.row_files import FORMATS


@dataclass(frozen=True)
class SuggestOptions:
    """The options of this verb alone."""

    output: Path | None
    output_format: str | None
    k: int | None
    threshold: Threshold | None
    cluster: str | None
    inbound_file: Path | None
    since: datetime | None
    resume: bool
    write: str | None
    dry_run: bool
    max_changed: int | None
    key: str | None

    def check(self) -> None:
        """Refuse options that have nothing to say without another one."""
        if self.since is not None and self.inbound_file is None:
            raise SettingsError("--since says which articles are new to --inbound; add --inbound FILE")
        if self.write is None and (self.dry_run or self.max_changed is not None or self.key):
            raise SettingsError(
                "--dry-run, --max-changed and --key say how articles are written; add --write front-matter"
            )
        if self.write == DATA and self.key:
            raise SettingsError(f"--key names a field of articles, and --write data has none; leave out {self.key}")
        for name, file in (("--output", self.output), ("--inbound", self.inbound_file)):
            if self.dry_run and file is not None:
                raise SettingsError(f"--dry-run writes nothing; leave out {name} {file}")

    def override(self, settings: Settings) -> Settings:
        """Return settings with -k, --threshold and --key over them."""
        selection = settings.selection
        threshold = selection.threshold if self.threshold is None else self.threshold
        selection = replace(selection, k=self.k or selection.k, threshold=threshold)
        return with_key(replace(settings, selection=selection), self.key)


@click.command(
    epilog="\b\nExample: recommender suggest examples/newsroom --output suggestions.jsonl -k 5\n"
    "Example: recommender suggest examples/newsroom --write front-matter --dry-run\n"
    "Example: recommender suggest examples/newsroom --write data --output related.json\n"
    "Example: recommender suggest examples/newsroom --output suggestions.csv\n"
    "Example: recommender suggest examples/newsroom --output suggestions.jsonl --inbound inbound.jsonl"
)
@SITE
@click.option("--output", "-o", type=PATH, help="Write here instead of to stdout.")
@click.option(
    "--format",
    "output_format",
    type=click.Choice(FORMATS),
    help="JSON Lines, one JSON array, or CSV.  [default: as the extension of --output says, else jsonl]",
)
@click.option("-k", type=click.IntRange(min=1), help="Most suggestions for an article.  [default: 5]")
@THRESHOLD
@MODEL
@click.option("--cluster", metavar="tcp://HOST:PORT", help="Scheduler of a Dask cluster to work on.")
@click.option("--inbound", "inbound_file", type=PATH, help="Write here which older articles should point at new ones.")
@click.option(
    "--since",
    metavar="DATE",
    type=moment,
    help="With --inbound: new is what was published after this.  [default: what the last run did not know, or the "
    "last week]",
)
@click.option("--resume", is_flag=True, help="Go on where a killed run of the same job stopped.")
@click.option(
    "--write",
    type=click.Choice(SINKS),
    help="Write into the articles, under a key of our own, or one data file that the site's generator reads.",
)
@click.option("--dry-run", is_flag=True, help="With --write: print a diff instead, and write nothing.")
@click.option("--max-changed", type=click.IntRange(min=0), help="With --write: stop where more files would change.")
@KEY
@site_options
def suggest(options: SiteOptions, **values: Any) -> None:
    """Write suggestions for every article of SITE, a JSON object a line; --format names other forms.

    Without --model the ranker is trained first, on the relations that SITE holds. Of articles with the same
    text one is suggested, and the others are listed as its duplicates (selection.collapse_duplicates). They are
    ordered by score, unless selection.diversity is set.

    With --write front-matter they go into the articles themselves, and no other byte of a file changes; JSON is
    then written to --output alone. With --write data one JSON file holds those of every page, by the page's path:
    data/recommender.json in a site of Hugo, _data/recommender.json in one of Jekyll, elsewhere --output or
    .recommender/suggestions.json. The verb unsuggest takes it all out again.

    A job that writes files keeps other jobs of SITE out while it runs, and its unfinished work for --resume; its record
    is in .recommender/run.json at the root of SITE. Where nothing has changed since the last run, the output of that
    run stands. With job.enabled false, or RECOMMENDER_OFF set, the job does nothing.
    """
    own = SuggestOptions(**values)
    own.check()
    settings = own.override(options.settings)
    summary = suggest_site(
        options.site,
        settings,
        own.output,
        options.model_folder,
        options.n_jobs,
        progress,
        cache=options.cache_folder,
        write_back=WriteBack(own.dry_run, own.max_changed, own.write) if own.write else None,
        back_fill=BackFill(own.inbound_file, own.since) if own.inbound_file else None,
        resume=own.resume,
        scheduler=own.cluster,
        now=options.now,
        output_format=own.output_format,
    )
    if summary is None:
        click.echo(f"switched off, nothing was written: {switched_off(settings)}", err=True)
        return
    report_skipped(summary.corpus)
    for line in summary.lines():
        click.echo(line, err=True)
