"""The command line: its verbs, and what becomes of an error."""

from __future__ import annotations

import logging
from typing import Any

import click
from rich.console import Console
from rich.logging import RichHandler

from recommender import RecommenderError
from recommender import __version__ as package_version
from recommender.cli.audit import audit
from recommender.cli.decide import accept, reject
from recommender.cli.evaluate import evaluate
from recommender.cli.explain import explain
from recommender.cli.inbound import inbound
from recommender.cli.inspect import inspect
from recommender.cli.orphans import orphans
from recommender.cli.rollback import rollback
from recommender.cli.show import show
from recommender.cli.suggest import suggest
from recommender.cli.train import train
from recommender.cli.unsuggest import unsuggest


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
            if error.filename is None:  # no file of the user's: click handles a closed pipe, the rest is a bug
                raise
            click.echo(f"recommender: {error.filename2 or error.filename}: {error.strerror}", err=True)
            ctx.exit(2)


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_version, package_name="recommender")
@click.option("-v", "--verbose", is_flag=True, help="Report on stderr what is being done.")
def main(verbose: bool) -> None:
    """Propose and score related links for every article of a site."""
    if verbose:
        handler = RichHandler(console=Console(stderr=True), show_path=False)
        logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[handler])


VERBS = [suggest, unsuggest, show, explain, train, rollback, inspect, evaluate, audit, accept, reject, inbound, orphans]
for verb in VERBS:
    main.add_command(verb)


if __name__ == "__main__":
    main()
