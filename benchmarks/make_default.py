"""Make the shipped ranker, `ranker/default` in the package, from all sites of the corpora; the same bytes every time.

    python benchmarks/make_default.py ../shared/corpora
    python benchmarks/make_default.py ../shared/corpora --check

With --check nothing is written; where files of the package differ, they are named, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pool import SETTINGS, Site, learn, read_sites

from recommender.core.model_folder import ModelFolder, write_model_folder
from recommender.ranker.shipped import FOLDER, RANKER_FILE, ShippedRanker

CARD = "README.md"


def make(sites: Sequence[Site], ranker: ShippedRanker) -> ModelFolder:
    """Return the contents of the folder; its model card is written by hand and lies beside this script."""
    facts = {
        "name": "default",
        "version": f"default@{max(site.corpus.newest for site in sites if site.corpus.newest):%Y-%m-%d}",
        "ranker": ranker.kind,
        "settings": SETTINGS.to_dict(),
        "learned_from": {
            site.name: {
                "kindred": site.kindred,
                "articles": len(site.corpus),
                "linked": int(np.count_nonzero(np.diff(site.corpus.neighbours.indptr))),
            }
            for site in sites
        },
    }
    card = Path(__file__).with_name("default_card.md").read_bytes()
    trees = json.dumps(ranker.to_dict(), sort_keys=True).encode()
    return ModelFolder(facts=facts, texts={RANKER_FILE: trees, CARD: card})


def main() -> int:
    """Make the folder, or compare it with the one in the package."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--output", type=Path, default=FOLDER)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    sites = read_sites(arguments.corpora)
    folder = make(sites, learn(sites).ranker)
    if not arguments.check:
        write_model_folder(arguments.output, folder)
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        made = Path(temporary) / "default"
        write_model_folder(made, folder)
        names = sorted({file.name for compared in (made, arguments.output) for file in compared.iterdir()})
        differ = [name for name in names if _bytes(made / name) != _bytes(arguments.output / name)]
    print("\n".join(f"{name} differs" for name in differ) or f"{arguments.output}: the same bytes")
    return int(bool(differ))


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


if __name__ == "__main__":
    sys.exit(main())
