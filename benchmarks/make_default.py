"""Make the shipped ranker, `models/default`, from the articles of azure; the same bytes every time.

    python benchmarks/make_default.py ../shared/corpora/azure
    python benchmarks/make_default.py ../shared/corpora/azure --check

With --check nothing is written; where files of the package differ, they are named, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from recommender import Corpus, read_articles
from recommender.core.model_folder import ModelFolder, write_model_folder
from recommender.core.settings import RankerSettings, Settings
from recommender.model.training import train_shipped
from recommender.ranker.shipped import FOLDER, RANKER_FILE

CARD = "README.md"
SETTINGS = Settings(ranker=RankerSettings(trees=60, leaves=16))


def make(corpus: Corpus) -> ModelFolder:
    """Return the contents of the folder; its model card is written by hand and lies beside this script."""
    ranker = train_shipped(corpus, SETTINGS)
    newest = corpus.newest.isoformat().replace("+00:00", "Z") if corpus.newest else "no date"
    facts = {
        "name": "default",
        "version": f"default@{newest}",
        "ranker": ranker.kind,
        "settings": SETTINGS.to_dict(),
        "learned_from": {"articles": len(corpus), "relations": len(corpus.links), "newest": newest},
    }
    card = Path(__file__).with_name("default_card.md").read_bytes()
    trees = json.dumps(ranker.to_dict(), sort_keys=True).encode()
    return ModelFolder(facts=facts, texts={RANKER_FILE: trees, CARD: card})


def main() -> int:
    """Make the folder, or compare it with the one in the package."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("site", type=Path)
    parser.add_argument("--output", type=Path, default=FOLDER)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    folder = make(read_articles(arguments.site, n_jobs=2))
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
