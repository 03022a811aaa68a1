"""The verbs with which editors accept and reject suggestions."""

from __future__ import annotations

import click

from recommender.cli.options import SITE, SOURCE, TARGET, SiteOptions, site_options
from recommender.selection.decisions import ACCEPT, REJECT, decide, decisions_file

# An acceptance changes no list by itself, which an editor may expect.
_EFFECTS = {
    ACCEPT: "; the next training learns from it, and its score decides as before: only rules.pin shows it always",
    REJECT: "",
}

WHO = click.option("--who", required=True, help="The editor.")


@click.command(
    epilog="\b\nExample: recommender accept examples/newsroom SOURCE TARGET --who Ana --why 'the same court case'"
)
@SITE
@SOURCE
@TARGET
@WHO
@click.option("--why", default="", help="The reason, in your words.")
@site_options
def accept(options: SiteOptions, source_id: str, target_id: str, who: str, why: str) -> None:
    """Note that an editor would link SOURCE to TARGET: the next training learns from it.

    It is no pin: the pair is suggested where its score is high enough; `rules.pin` in recommender.yaml shows it always.
    Each is an id, an address, a path, or a title that one article alone has. It is noted in decisions.jsonl at the root
    of SITE, and never written into the articles.
    """
    _decide(options, ACCEPT, source_id, target_id, who, why)


@click.command(epilog="\b\nExample: recommender reject examples/newsroom SOURCE TARGET --who Ana --why outdated")
@SITE
@SOURCE
@TARGET
@WHO
@click.option("--why", default="", help="The reason; a target rejected twice for one reason drops in rank.")
@site_options
def reject(options: SiteOptions, source_id: str, target_id: str, who: str, why: str) -> None:
    """Note that TARGET is not to be suggested for SOURCE again; the other way round it still may.

    Each is an id, an address, a path, or a title that one article alone has. It is noted in decisions.jsonl at the root
    of SITE. A later accept takes it back.
    """
    _decide(options, REJECT, source_id, target_id, who, why)


def _decide(options: SiteOptions, verdict: str, source_id: str, target_id: str, who: str, why: str) -> None:
    corpus = options.read(report=False)
    decision = decide(options.site, corpus, verdict, source_id, target_id, who, why)
    file = decisions_file(options.site)
    click.echo(f"{verdict}: {decision.source} -> {decision.target}, noted in {file}{_EFFECTS[verdict]}", err=True)
