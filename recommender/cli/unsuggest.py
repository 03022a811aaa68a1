"""The verb that takes suggestions out of the articles again."""

from __future__ import annotations

from pathlib import Path

import click

from recommender.cli.options import KEY, PRESET, SETTINGS, SITE, SiteOptions, with_key
from recommender.jobs.unsuggest import unsuggest_site


@click.command(epilog="Example: recommender unsuggest examples/newsroom --dry-run")
@SITE
@click.option("--dry-run", is_flag=True, help="Print a diff instead, and write nothing.")
@click.option("--expired", is_flag=True, help="Only where no run renewed them within job.expire_days.")
@KEY
@PRESET
@SETTINGS
def unsuggest(
    site: Path, dry_run: bool, expired: bool, key: str | None, preset: str | None, settings_file: Path | None
) -> None:
    """Take everything out of SITE that suggest --write wrote: out of its articles, byte for byte, and its data file.

    Whatever --preset, --key and --settings it was written with need not be named again: they are on record in
    .recommender/run.json, and else those of every preset are looked for, under --key. Where a file was changed so that
    entries of ours remain, it is named, and the exit code is 1.
    """
    settings = with_key(SiteOptions(site, settings_file, preset).settings, key)
    written = unsuggest_site(site, settings, dry_run, expired)
    for line in ["not expired, nothing was changed"] if written is None else written.lines():
        click.echo(line, err=True)
    if written is not None and written.remaining:
        click.get_current_context().exit(1)
