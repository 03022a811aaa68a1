"""Kills the job that writes into articles at random moments, and looks at every file afterwards.

``python tests/support/kill_the_job.py --times 200`` kills its writing,
``--whole 20`` the command from its start to its end.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from recommender import Recommender, Settings, read_articles
from recommender.core.files import SUFFIX
from recommender.core.settings import SourceSettings
from recommender.jobs.nightly import suggest_site
from recommender.jobs.writer import WriteBack
from recommender.sinks.entries import Entry, EntryShape
from recommender.sinks.write_back import FileEntries, Plan
from recommender.sources.records.fields import FieldMap

NEWSROOM = Path(__file__).resolve().parents[2] / "examples" / "newsroom"

SHAPE = EntryShape.from_names("suggested", FieldMap.from_settings(SourceSettings()).names)

JOB = Settings().job.folder

Contents = dict[str, bytes]


@dataclass
class Trial:
    """A site's contents before and after writing, and a copy of the site to kill the writing of."""

    site: Path
    model: Path
    old: Contents
    new: Contents
    entries: dict[str, Sequence[Entry]]
    seen: Counter[str] = field(default_factory=Counter)

    @classmethod
    def prepare(cls, folder: Path) -> Trial:
        """Copy the example site, train a model, and write once without being disturbed."""
        site, model = folder / "newsroom", folder / "model"
        shutil.copytree(NEWSROOM, site)
        Recommender(name="newsroom").fit(read_articles(site)).save(model)
        old = contents(site)
        suggest_site(site, Settings(), model_folder=model, write_back=WriteBack())
        new = contents(site)
        return cls(site, model, old, new, {name: _entries(new[name]) for name in new if new[name] != old[name]})

    def restore(self) -> None:
        """Put the site back to what it was."""
        shutil.rmtree(self.site)
        shutil.copytree(NEWSROOM, self.site)

    def plan(self) -> Plan:
        """Plan the writing of the same links anew, from the files as they are."""
        files = [file for file in read_articles(self.site).source_files if file is not None]
        names = {file.path: str(Path(file.path).relative_to(self.site)) for file in files}
        return Plan.from_entries(
            [FileEntries(Path(file.path), self.entries.get(names[file.path], ()), file.digest) for file in files], SHAPE
        )

    def check_torn(self) -> None:
        """Check that every file has its old or its new bytes."""
        data_of = contents(self.site)
        strays = [name for name in data_of if name.endswith(SUFFIX)]
        files = {name: data for name, data in data_of.items() if name not in strays}
        assert files.keys() == self.old.keys(), files.keys() ^ self.old.keys()
        torn = [name for name, data in files.items() if data not in (self.old[name], self.new[name])]
        assert not torn, f"torn: {torn}"
        changed = sum(files[name] == self.new[name] != self.old[name] for name in files)
        total = sum(self.new[name] != self.old[name] for name in files)
        self.seen["kills"] += 1
        self.seen["kills in the middle"] += 0 < changed < total
        self.seen["files new"] += changed
        self.seen["files old"] += total - changed
        self.seen["temporary files left"] += len(strays)

    def check_complete(self) -> None:
        """Check that every file has its new bytes, and that nothing else is there."""
        files = contents(self.site)
        assert files == self.new, [name for name in files if files[name] != self.new.get(name)]
        self.seen["completed to the same bytes"] += 1

    def kill_writing(self, times: int, chance: random.Random) -> None:
        """Kill a process that does nothing but write, while it writes."""
        self.restore()
        plan = self.plan()
        started = time.perf_counter()
        plan.write()
        lasts = time.perf_counter() - started
        for _ in range(times):
            self.restore()
            plan = self.plan()
            _kill_in(chance.uniform(0, lasts), plan.write)
            self.check_torn()
            self.plan().write()
            self.check_complete()

    def kill_whole(self, times: int, chance: random.Random) -> None:
        """Kill the command, which reads, suggests and writes, at any moment."""
        command = [sys.executable, "-m", "recommender.cli.main", "suggest", str(self.site), "--model", str(self.model)]
        command += ["--write", "front-matter"]
        self.restore()
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        lasts = time.perf_counter() - started
        self.check_complete()
        for _ in range(times):
            self.restore()
            with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as job:
                time.sleep(chance.uniform(lasts / 2, lasts))
                job.kill()
            self.check_torn()
            subprocess.run(command, check=True, capture_output=True)
            self.check_complete()


def contents(site: Path) -> Contents:
    """Return the bytes of every file of a folder, hidden ones too, but for the job's own folder."""
    files = [path for path in sorted(site.rglob("*")) if path.is_file() and JOB not in path.parts]
    return {str(path.relative_to(site)): path.read_bytes() for path in files}


def _entries(data: bytes) -> Sequence[Entry]:
    entries: Sequence[Entry] = yaml.safe_load(data.decode("utf-8-sig").split("---")[1])[SHAPE.key]
    return entries


def _kill_in(seconds: float, work: Callable[[], object]) -> None:
    ready, say_ready = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(say_ready, b"x")
        work()
        os._exit(0)
    os.read(ready, 1)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(ready)
    os.close(say_ready)


def main() -> None:
    """Kill as often as the arguments say, and print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=0, help="kills of the writing")
    parser.add_argument("--whole", type=int, default=0, help="kills of the whole command")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)  # noqa: S311 - no secret
    with tempfile.TemporaryDirectory(prefix="writeback-kill-") as folder:
        trial = Trial.prepare(Path(folder))
        trial.kill_writing(arguments.times, chance)
        if arguments.whole:
            trial.kill_whole(arguments.whole, chance)
    for name, count in trial.seen.items():
        sys.stdout.write(f"{count:6,} {name}\n")


if __name__ == "__main__":
    main()
