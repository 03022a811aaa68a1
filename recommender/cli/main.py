"""The command line: a verb a task; parses, calls, prints; no logic."""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.logging import RichHandler
from rich.table import Table

from recommender import Recommender, RecommenderError, SettingsError, evaluate
from recommender import __version__ as package_version
from recommender.cli import editors
from recommender.cli.audit import audit
from recommender.cli.options import (
    KEY,
    MODEL,
    PRESET,
    SETTINGS,
    SITE,
    cache_of,
    moment,
    open_site,
    read_decisions,
    read_site,
    report_skipped,
    settings_of,
    source_options,
)
from recommender.cli.progress import progress
from recommender.cli.rollback import rollback
from recommender.core.records import Suggestion
from recommender.jobs.backfill import BackFill
from recommender.jobs.folder import switched_off
from recommender.jobs.nightly import WriteBack, open_model, site_name, suggest_site, unsuggest_site
from recommender.jobs.summary import Summary
from recommender.model.archive import describe_model
from recommender.model.versions import save_keeping_previous


class Verbs(click.Group):
    """Turns an error of ours into one line on stderr and exit 2; a bug keeps its traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb."""
        try:
            return super().invoke(ctx)
        except RecommenderError as error:
            click.echo(f"recommender: {error}", err=True)
            ctx.exit(2)
        except OSError as error:
            if error.filename is None:  # no file of the user's: a closed pipe is click's affair, the rest is a bug
                raise
            click.echo(f"recommender: {error.filename2 or error.filename}: {error.strerror}", err=True)
            ctx.exit(2)


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_version, package_name="recommender")
@click.option("-v", "--verbose", is_flag=True, help="Say on stderr what is being done.")
def main(verbose: bool) -> None:
    """Propose and score related links for every article of a site."""
    if verbose:
        handler = RichHandler(console=Console(stderr=True), show_path=False)
        logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[handler])


for verb in (editors.accept, editors.reject, editors.inbound, editors.orphans_of_site, audit, rollback):
    main.add_command(verb)


@main.command(
    epilog="\b\nExample: recommender suggest examples/newsroom --output suggestions.jsonl -k 5\n"
    "Example: recommender suggest examples/newsroom --write front-matter --dry-run\n"
    "Example: recommender suggest examples/newsroom --output suggestions.jsonl --inbound inbound.jsonl"
)
@SITE
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Write here instead of to stdout.")
@click.option("-k", type=click.IntRange(min=1), help="Most suggestions for an article.  [default: 5]")
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1),
    help="Least score, a probability; 0 fills up.  [default: the ranker's, where 3 of 4 were kept]",
)
@MODEL
@click.option("--cluster", metavar="tcp://HOST:PORT", help="Scheduler of a Dask cluster to work on.")
@click.option(
    "--inbound",
    "inbound_file",
    type=click.Path(path_type=Path),
    help="Write here which older articles should point at new ones.",
)
@click.option(
    "--since", metavar="DATE", type=moment, help="With --inbound: new is what came after this.  [default: last week]"
)
@click.option("--resume", is_flag=True, help="Go on where a killed run of the same job stopped.")
@click.option("--write", type=click.Choice(["front-matter"]), help="Write into the articles, under a key of our own.")
@click.option("--dry-run", is_flag=True, help="With --write: print a diff instead, and write nothing.")
@click.option("--max-changed", type=click.IntRange(min=0), help="With --write: stop where more files would change.")
@KEY
@source_options
def suggest(
    site: Path,
    output: Path | None,
    k: int | None,
    threshold: float | None,
    model_folder: Path | None,
    cluster: str | None,
    inbound_file: Path | None,
    since: datetime | None,
    resume: bool,
    write: str | None,
    dry_run: bool,
    max_changed: int | None,
    **source: Any,
) -> None:
    """Write suggestions for every article of SITE, a JSON object a line.

    Without --model the ranker is trained first, on the relations that SITE holds. Of articles with the same
    text one is suggested, and the others are listed as its duplicates (selection.collapse_duplicates). The order is
    that of the score, unless selection.diversity asks for reads that differ.

    With --write front-matter they go into the articles themselves, and no other byte of a file changes; JSON is
    then written to --output alone. The verb unsuggest takes it all out again.

    A job that writes files keeps others out while it runs, and what it has done so far for --resume; its record is in
    .recommender/run.json at the root of SITE. With job.enabled false, or RECOMMENDER_OFF set, it does nothing.
    """
    if since is not None and inbound_file is None:
        raise SettingsError("--since says which articles are new to --inbound; add --inbound FILE")
    if write is None and (dry_run or max_changed is not None or source["key"]):
        raise SettingsError("--dry-run, --max-changed and --key say how articles are written; add --write front-matter")
    for name, file in (("--output", output), ("--inbound", inbound_file)):
        if dry_run and file is not None:
            raise SettingsError(f"--dry-run writes nothing; leave out {name} {file}")
    settings = settings_of(site, **source)
    usual = settings.selection
    selection = replace(usual, k=k or usual.k, threshold=usual.threshold if threshold is None else threshold)
    settings = replace(settings, selection=selection)
    summary = suggest_site(
        site,
        settings,
        output,
        model_folder,
        source["n_jobs"],
        progress,
        cache=cache_of(settings, source),
        write_back=WriteBack(dry_run, max_changed) if write else None,
        back_fill=BackFill(inbound_file, since) if inbound_file else None,
        resume=resume,
        scheduler=cluster,
    )
    if summary is None:
        click.echo(f"switched off, nothing was written: {switched_off(settings)}", err=True)
        return
    _report_summary(summary)


@main.command(epilog="Example: recommender unsuggest examples/newsroom --dry-run")
@SITE
@click.option("--dry-run", is_flag=True, help="Print a diff instead, and write nothing.")
@click.option("--expired", is_flag=True, help="Only where no run renewed them within job.expire_days.")
@KEY
@PRESET
@SETTINGS
def unsuggest(site: Path, dry_run: bool, expired: bool, **source: Any) -> None:
    """Take everything out of the articles of SITE that suggest --write front-matter wrote, byte for byte."""
    written = unsuggest_site(site, settings_of(site, **source), dry_run, expired)
    for line in ["not expired, nothing was changed"] if written is None else written.lines():
        click.echo(line, err=True)


@main.command(epilog="Example: recommender train examples/newsroom --model models/newsroom")
@SITE
@click.option("--model", "model_folder", type=click.Path(path_type=Path), required=True, help="Folder to write.")
@source_options
def train(site: Path, model_folder: Path, **source: Any) -> None:
    """Learn from the relations of SITE, and from what its editors accepted, and write a model folder."""
    settings = settings_of(site, **source)
    corpus = read_site(site, settings, source)
    report_skipped(corpus)
    model = Recommender(settings, site_name(site), decisions=read_decisions(site)).fit(corpus, source["n_jobs"])
    more = ", the one before is kept for recommender rollback" if save_keeping_previous(model, model_folder) else ""
    said = f"{model.version}: {model.ranker.kind} ranker of {len(corpus):,} articles, in {model_folder}{more}"
    click.echo(said, err=True)


@main.command(
    "evaluate",
    epilog="\b\nExample: recommender evaluate examples/newsroom --json report.json\n"
    "Example: recommender evaluate examples/newsroom --ablate",
)
@SITE
@click.option("--newest", default=0.25, show_default=True, type=click.FloatRange(0, 1, True, True), help="Held out.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write all figures here too.")
@click.option("--full", is_flag=True, help="Print every figure, also by size of story and as paired differences.")
@click.option("--ablate", is_flag=True, help="Print what each group of features is worth; it takes many trainings.")
@source_options
def evaluate_site(site: Path, newest: float, json_file: Path | None, full: bool, ablate: bool, **source: Any) -> None:
    """Measure suggestions for the newest articles of SITE against its own relations, beside baselines.

    With --ablate the ranker also learns without each group of features, and from each group alone, on the same pairs;
    what is lost is printed last, and is under "ablation" in the file of --json.
    """
    settings = settings_of(site, **source)
    corpus = read_site(site, settings, source)
    report_skipped(corpus)
    report = evaluate(corpus, settings, newest=newest, ablate=ablate)
    if json_file is not None:
        json_file.write_text(report.to_json() + "\n", encoding="utf-8")
    click.echo(report.table(full))


@main.command(epilog="Example: recommender explain examples/newsroom SOURCE TARGET")
@SITE
@click.argument("source_id", metavar="SOURCE")
@click.argument("target_id", metavar="TARGET")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@MODEL
@source_options
def explain(
    site: Path, source_id: str, target_id: str, as_json: bool, model_folder: Path | None, **source: Any
) -> None:
    """Say how the link from SOURCE to TARGET comes to its score, and what keeps it from being suggested.

    Both are ids or addresses of SITE.
    """
    settings = settings_of(site, **source)
    corpus = read_site(site, settings, source)
    corpus.row(source_id), corpus.row(target_id)  # an unknown id is told before the training, not after it
    model = open_model(corpus, settings, model_folder, site_name(site), read_decisions(site))
    explanation = model.explain(source_id, target_id)
    if as_json:
        click.echo(json.dumps(explanation.to_dict(), ensure_ascii=False, indent=2))
        return
    click.echo(
        f"{explanation.source_id}\n  -> {explanation.target_id}\nscore {explanation.score:.3f}, {explanation.verdict}"
    )
    under = [explanation.listed_under] if explanation.listed_under else []
    for name in (*explanation.outranked_by, *under):
        click.echo(f"  {name}: {corpus[corpus.row(name)].title}")
    for reason in explanation.reasons:
        click.echo(f"  {reason.share:+.3f}  {reason.feature}: {reason.text}")


@main.command(epilog="Example: recommender inspect models/newsroom")
@click.argument("model_folder", metavar="MODEL", type=click.Path(path_type=Path))
def inspect(model_folder: Path) -> None:
    """Say what a model folder holds, having checked every file of it."""
    click.echo(describe_model(model_folder))


@main.command(epilog="Example: recommender show examples/newsroom --articles 3")
@SITE
@click.option("--articles", default=4, show_default=True, type=click.IntRange(min=1), help="How many articles to show.")
@click.option("-k", default=3, show_default=True, type=click.IntRange(min=1), help="Suggestions for each.")
@MODEL
@source_options
def show(site: Path, articles: int, k: int, model_folder: Path | None, **source: Any) -> None:
    """Print the suggestions of a few articles of SITE, spread over its time, as a table."""
    model = open_site(site, model_folder, source)
    corpus = model.corpus
    console = Console(width=None if sys.stdout.isatty() else 120)
    step = max(1, len(corpus) // (articles + 1))
    first = step if len(corpus) > articles else 0
    for article in corpus[first::step][:articles]:
        console.print(_table(article.title, model.suggest(article.id, k=k)))


def _report_summary(summary: Summary) -> None:
    report_skipped(summary.corpus)
    for line in summary.lines():
        click.echo(line, err=True)


def _table(title: str, suggestions: list[Suggestion]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", show_edge=False)
    for name in ("score", "kind", "suggestion", "because"):
        table.add_column(name, justify="right" if name == "score" else "left", overflow="fold")
    for suggestion in suggestions:
        why = "; ".join(reason.text for reason in suggestion.reasons[:2])
        more = f" (and {len(suggestion.duplicates)} with the same text)" if suggestion.duplicates else ""
        table.add_row(f"{suggestion.score:.2f}", suggestion.kind, suggestion.target.title + more, why)
    return table


if __name__ == "__main__":
    main()
