"""Verbs for editors: their decisions, and older articles that should point at others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from recommender.cli.options import MODEL, SITE, WHO, open_site, read_site, settings_of, source_options
from recommender.jobs.backfill import ORPHAN_SOURCES, Orphan, inbound_row, orphans
from recommender.jobs.exposure import Spread
from recommender.model.recommender import Recommender
from recommender.selection.decisions import ACCEPT, REJECT, decide, decisions_file


@click.command(
    epilog="\b\nExample: recommender accept examples/newsroom SOURCE TARGET --who Ana --why 'the same court case'"
)
@SITE
@click.argument("source_id", metavar="SOURCE")
@click.argument("target_id", metavar="TARGET")
@WHO
@click.option("--why", default="", help="The reason, in your words.")
@source_options
def accept(site: Path, source_id: str, target_id: str, who: str, why: str, **source: Any) -> None:
    """Note that an editor would keep the link from SOURCE to TARGET: the next training learns from it.

    It is noted in decisions.jsonl at the root of SITE, and never written into the articles.
    """
    _decide(site, source, ACCEPT, source_id, target_id, who, why)


@click.command(epilog="\b\nExample: recommender reject examples/newsroom SOURCE TARGET --who Ana --why outdated")
@SITE
@click.argument("source_id", metavar="SOURCE")
@click.argument("target_id", metavar="TARGET")
@WHO
@click.option("--why", required=True, help="The reason; a target rejected twice for one reason drops in rank.")
@source_options
def reject(site: Path, source_id: str, target_id: str, who: str, why: str, **source: Any) -> None:
    """Note that TARGET is not to be suggested for SOURCE again; the other way round it still may.

    It is noted in decisions.jsonl at the root of SITE. A later accept takes it back.
    """
    _decide(site, source, REJECT, source_id, target_id, who, why)


@click.command(epilog="Example: recommender inbound examples/newsroom TARGET")
@SITE
@click.argument("article_id", metavar="ID")
@click.option("-k", type=click.IntRange(min=1), help="Most articles.  [default: 5]")
@click.option("--threshold", type=click.FloatRange(0, 1), help="Least score, a probability.  [default: 0]")
@click.option("--any-age", is_flag=True, help="Later articles too.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object a line.")
@MODEL
@source_options
def inbound(
    site: Path,
    article_id: str,
    k: int | None,
    threshold: float | None,
    any_age: bool,
    as_json: bool,
    model_folder: Path | None,
    **source: Any,
) -> None:
    """Say which older articles of SITE should now point at the one of this ID, an id or an address.

    Those that link to it already are left out; the house's rules and the editors' decisions hold.
    """
    model = open_site(site, model_folder, source)
    article = model.corpus[model.corpus.row(article_id)]
    found = model.inbound(article.id, k=k, threshold=threshold, older=not any_age)
    if as_json:
        for suggestion in found:
            click.echo(json.dumps(inbound_row(model, suggestion), ensure_ascii=False))
        return
    click.echo(f"{article.id}: {article.title}")
    for suggestion in found:
        title = model.corpus[model.corpus.row(suggestion.source_id)].title
        click.echo(f"  {suggestion.score:.3f}  {suggestion.source_id}: {title}")
    if not found:
        click.echo("  nothing should point at it that does not already")


@click.command("orphans", epilog="Example: recommender orphans examples/newsroom")
@SITE
@click.option("-k", default=ORPHAN_SOURCES, show_default=True, type=click.IntRange(min=1), help="Sources for each.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object a line.")
@MODEL
@source_options
def orphans_of_site(site: Path, k: int, as_json: bool, model_folder: Path | None, **source: Any) -> None:
    """List the articles of SITE that nothing points at, neither an editor nor a suggestion, and who best might.

    Suggestions are those that the verb suggest would make; sources may be older or later than the orphan.
    """
    model = open_site(site, model_folder, source)
    lists = {name: [one.target_id for one in found] for name, found in Spread(model, source["n_jobs"])}
    count = 0
    for orphan in orphans(model, lists, k, source["n_jobs"]):
        count += 1
        if as_json:
            click.echo(json.dumps(orphan.to_dict(), ensure_ascii=False))
        else:
            _print_orphan(model, orphan)
    click.echo(f"{count:,} of {len(model.corpus):,} articles are orphans", err=True)


def _print_orphan(model: Recommender, orphan: Orphan) -> None:
    click.echo(f"{orphan.article.id}: {orphan.article.title}")
    for one in orphan.sources:
        click.echo(f"  {one.score:.3f}  {one.source_id}: {model.corpus[model.corpus.row(one.source_id)].title}")
    if not orphan.sources:
        click.echo("  the house lets nothing point at it")


def _decide(
    site: Path, source: dict[str, Any], verdict: str, source_id: str, target_id: str, who: str, why: str
) -> None:
    corpus = read_site(site, settings_of(site, **source), source)
    decision = decide(site, corpus, verdict, source_id, target_id, who, why)
    click.echo(f"{verdict}: {decision.source} -> {decision.target}, noted in {decisions_file(site)}", err=True)
