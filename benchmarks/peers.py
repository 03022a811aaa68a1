"""Time to find the nearest articles of every article, for this engine and its alternatives; medians of several rounds.

The alternatives find similar text only: they neither learn nor give reasons. Each measurement has a process of its own.
A peer that is not installed, fails or goes over a limit is named with the reason, and the others continue.

Usage: python benchmarks/peers.py HEADLINES [--sizes 250 500 1000 2500 5000 10000] [--rounds 3] [--write]
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import json
import re
import shutil
import statistics
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import peer_libraries
import peer_sites
from apart import Limits, OverLimitError, WorkError, apart
from peer_libraries import K
from peer_plot import draw
from results import RESULTS, conditions, markdown_table, write_section

from recommender import Article, read_articles

PLOT = "results/peers.png"
FIGURE = "milliseconds of a core an article"


@dataclass(frozen=True)
class Peer:
    """Something that relates articles.

    Attributes
    ----------
    measure : callable
        Takes articles, returns the seconds of a core that all of them take.
    package : str
        The distribution on PyPI, or the program, whose version is reported.
    install : str
        The command that installs it.
    module : str or None
        What must be importable; None for a program.
    ruby_libraries : tuple of str
        What the program must be able to load: without `gsl`, Jekyll's LSI takes minutes for fifty pages.
    """

    name: str
    measure: Callable[[Sequence[Article]], float]
    package: str
    install: str
    module: str | None = None
    ruby_libraries: tuple[str, ...] = ()

    @property
    def installed(self) -> bool:
        """Whether it can be measured here."""
        if self.module is None:
            loads = [["ruby", "-r", library, "-e", ""] for library in self.ruby_libraries]
            return shutil.which(self.package) is not None and not any(
                subprocess.run(load, check=False, capture_output=True).returncode  # noqa: S603 - commands of our own
                for load in loads
            )
        return importlib.util.find_spec(self.module) is not None

    @property
    def version(self) -> str:
        """The version that is installed."""
        if self.module is not None:
            return importlib.metadata.version(self.package)
        command = [self.package, "version" if self.package == "hugo" else "--version"]
        output = subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603
        version = re.search(r"\d+(\.\d+)+", output)
        return version[0] if version else "?"


PEERS = (
    Peer(
        "recommender, ranked, with reasons",
        peer_libraries.engine,
        "recommender",
        "pip install --editable .",
        "recommender",
    ),
    Peer(
        "scikit-learn, NearestNeighbors brute",
        peer_libraries.nearest_neighbours,
        "scikit-learn",
        "pip install scikit-learn",
        "sklearn",
    ),
    Peer("bm25s", peer_libraries.bm25, "bm25s", "pip install bm25s", "bm25s"),
    Peer("gensim, TF-IDF", peer_libraries.gensim_tfidf, "gensim", "pip install gensim", "gensim"),
    Peer(
        "Microsoft recommenders, TF-IDF",
        peer_libraries.microsoft,
        "recommenders",
        "pip install pandas nltk && pip install --no-deps recommenders",
        "recommenders",
    ),
    Peer("Hugo, Related", peer_sites.hugo, "hugo", "apt-get install hugo"),
    Peer(
        "Jekyll, LSI",
        peer_sites.jekyll,
        "jekyll",
        "apt-get install jekyll ruby-classifier-reborn ruby-gsl",
        ruby_libraries=("classifier-reborn", "gsl"),
    ),
)


@dataclass(frozen=True)
class Stop:
    """The number of articles from which on a peer is no longer measured, why, and whether it reached a limit."""

    size: int
    reason: str
    at_limit: bool

    @property
    def word(self) -> str:
        """The reason, short enough for a table."""
        return self.reason if self.at_limit else "failed"


@dataclass
class Findings:
    """What was measured.

    Attributes
    ----------
    figures : dict of str to dict of int to list of float
        Of each peer and number of articles, milliseconds of a core an article, one of each round.
    stopped : dict of str to Stop
        The peers that failed or went over a limit.
    """

    figures: dict[str, dict[int, list[float]]] = field(default_factory=dict)
    stopped: dict[str, Stop] = field(default_factory=dict)

    def take(self, peer: Peer, articles: Sequence[Article], limits: Limits) -> None:
        """Measure one peer once, unless it failed at this size or a smaller one before."""
        size = len(articles)
        if peer.name in self.stopped and self.stopped[peer.name].size <= size:
            return
        try:
            seconds = apart(peer.measure, (articles,), limits)
        except WorkError as failure:
            self.stopped[peer.name] = Stop(size, str(failure), isinstance(failure, OverLimitError))
            return
        self.figures.setdefault(peer.name, {}).setdefault(size, []).append(seconds / size * 1000)

    def medians(self) -> dict[str, dict[int, float]]:
        """Return the median of each peer's rounds at each size."""
        return {
            name: {size: statistics.median(rounds) for size, rounds in sizes.items()}
            for name, sizes in self.figures.items()
        }

    def cell(self, name: str, size: int) -> str:
        """Return the table's cell for one peer at one size."""
        rounds = self.figures.get(name, {}).get(size)
        if rounds:
            return f"{statistics.median(rounds):.2f}"
        stop = self.stopped.get(name)
        return stop.word if stop and stop.size == size else "not measured"


def measure_all(
    peers: Sequence[Peer], articles: Sequence[Article], sizes: Sequence[int], rounds: int, limits: Limits
) -> Findings:
    """Measure all peers by turns, so that other load on the machine affects them equally."""
    findings = Findings()
    for number in range(1, rounds + 1):
        for size in sorted(sizes):
            for peer in peers:
                findings.take(peer, articles[-size:], limits)
                print(f"round {number}, {size:,} articles, {peer.name}: {findings.cell(peer.name, size)}", flush=True)
    return findings


def report(findings: Findings, peers: Sequence[Peer], sizes: Sequence[int], rounds: int, limits: Limits) -> str:
    """Return the table, the plot, and how they were measured, as Markdown."""
    present = [peer for peer in peers if peer.installed]
    rows = [[peer.name, *(findings.cell(peer.name, size) for size in sizes)] for peer in present]
    failures = [
        f"- {name} failed at {stop.size:,} articles: {stop.reason}"
        for name, stop in findings.stopped.items()
        if not stop.at_limit
    ]
    missing = [f"- {peer.name} was left out, not installed: `{peer.install}`" for peer in peers if not peer.installed]
    versions = ", ".join(f"{peer.package} {peer.version}" for peer in present)
    parts = [
        markdown_table([f"{FIGURE}, by number of articles", *(f"{size:,}" for size in sizes)], rows),
        "\n".join(failures + missing),
        f"![{FIGURE}, against the number of articles, a line for each peer]({PLOT})",
        f"Median of {rounds} rounds, by turns; {K} related articles each. A peer that takes more than "
        f"{limits.seconds:g} s of a core or {limits.gigabytes:g} GB at one size is stopped, and not measured at "
        f"larger ones. {conditions()} Versions: {versions}.",
    ]
    return "\n\n".join(part for part in parts if part)


def main() -> None:
    """Measure every peer at every size; print the table, and write it on request."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("headlines", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=[250, 500, 1_000, 2_500, 5_000, 10_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=120, help="Of a core, for one peer at one size.")
    parser.add_argument("--gigabytes", type=float, default=8, help="Of address space, for one peer at one size.")
    parser.add_argument("--json", type=Path, help="Write every round's figure here.")
    parser.add_argument("--write", action="store_true", help="Put table and plot into RESULTS.md.")
    arguments = parser.parse_args()
    sizes, limits = sorted(arguments.sizes), Limits(arguments.seconds, arguments.gigabytes)
    articles = read_articles(arguments.headlines).articles
    findings = measure_all([peer for peer in PEERS if peer.installed], articles, sizes, arguments.rounds, limits)
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(asdict(findings), indent=2) + "\n")
    text = report(findings, PEERS, sizes, arguments.rounds, limits)
    print(f"\n{text}")
    if arguments.write:
        stopped = {name: stop.word for name, stop in findings.stopped.items()}
        draw(findings.medians(), stopped, FIGURE, RESULTS.parent / PLOT)
        write_section("peers", text)


if __name__ == "__main__":
    main()
