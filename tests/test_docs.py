"""What the documents say is true: snippets give what they show, commands and examples of the help run."""

from __future__ import annotations

import dataclasses
import doctest
import json
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from recommender import Corpus, Recommender, Settings, read_articles
from recommender.cli.main import main
from recommender.model.versions import save_keeping_previous

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CORPORA = "../shared/corpora"


def fenced(language: str) -> list[str]:
    """Return the README's blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def commands() -> Iterator[str]:
    """Yield the README's calls of our command line, without comments, but those on corpora kept elsewhere."""
    for block in fenced("console"):
        for line in re.findall(r"^\$ (recommender .*)$", block, re.MULTILINE):
            if CORPORA not in line:
                yield line.partition("  #")[0].strip()


def examples() -> Iterator[str]:
    """Yield the examples of the help."""
    for verb in sorted(main.commands):
        text = CliRunner().invoke(main, [verb, "--help"]).stdout
        yield from (" ".join(found.split()) for found in re.findall(r"Example: (recommender [^\n]*)", text))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the example site and a trained model, where documents take place."""
    folder = tmp_path_factory.mktemp("docs")
    shutil.copytree(ROOT / "examples", folder / "examples")
    model = Recommender(name="newsroom").fit(read_articles(folder / "examples" / "newsroom"))
    for _ in range(2):  # so that there is one to go back to
        save_keeping_previous(model, folder / "models/newsroom")
    return folder


@pytest.fixture
def inside(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(place)
    return place


def test_the_snippets_give_what_the_readme_shows(inside: Path) -> None:
    parser = doctest.DocTestParser()
    text = "\n".join(fenced("python"))
    test = parser.get_doctest(text, {}, "README.md", "README.md", 0)
    assert len(test.examples) > 15
    runner = doctest.DocTestRunner(verbose=False)
    runner.run(test)
    assert runner.summarize(verbose=False).failed == 0


@pytest.mark.parametrize("command", [*commands(), *examples()])
def test_a_command_of_the_documents_runs(inside: Path, command: str) -> None:
    ids = [article.id for article in read_articles("examples/newsroom")]
    name, *arguments = shlex.split(command.replace("SOURCE", ids[60]).replace("TARGET", ids[58]))
    assert name == "recommender"
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert result.output.strip()


def test_there_are_commands_to_run() -> None:
    assert {command.split()[1] for command in examples()} == set(main.commands)
    assert len(list(commands())) >= 6


def test_the_settings_of_the_readme_are_settings() -> None:
    (given,) = (block for block in fenced("yaml") if block.startswith("source:"))
    values = yaml.safe_load(given)
    settings = Settings.from_dict(values)
    assert {"source", "selection", "ranker"} <= values.keys()
    for stage, keys in values.items():
        for key, value in keys.items():
            assert getattr(getattr(settings, stage), key) == value


def test_the_rules_of_the_readme_fit_the_example(newsroom: Corpus, tmp_path: Path) -> None:
    (given,) = (block for block in fenced("yaml") if block.startswith("# recommender.yaml"))
    (tmp_path / "recommender.yaml").write_text(given, encoding="utf-8")
    settings = Settings.of_site(tmp_path)
    assert set(settings.rules.to_dict()) == {each.name for each in dataclasses.fields(settings.rules)}
    model = Recommender(settings).fit(newsroom)
    assert model.rule_warnings() == []
    (said,) = (block.strip() for block in fenced("text") if block.startswith("not suggested: the house"))
    theirs = [one.id for one in newsroom if one.provider and one.provider.name == "Gridwatch" and one.published]
    assert model.explain(newsroom[60].id, theirs[0]).verdict == said


def test_the_line_of_json_is_one_that_the_job_writes(inside: Path) -> None:
    (shown,) = (json.loads(block) for block in fenced("json"))
    result = CliRunner().invoke(main, ["suggest", "examples/newsroom", "--output", "lines.jsonl"])
    assert result.exit_code == 0, result.output
    lines = [json.loads(line) for line in Path("lines.jsonl").read_text(encoding="utf-8").splitlines()]
    (written,) = (one for one in lines if (one["source"], one["rank"]) == (shown["source"], shown["rank"]))
    # Figures move a little with the versions of the libraries; what they are about does not.
    assert written.keys() == shown.keys()
    assert written["score"] == pytest.approx(shown["score"], abs=0.1)
    assert {reason["feature"] for reason in shown["reasons"]} <= {reason["feature"] for reason in written["reasons"]}
    assert all(reason.keys() == shown["reasons"][0].keys() for reason in written["reasons"])
    told = shown.keys() - {"score", "reasons"}
    assert {key: written[key] for key in told} == {key: shown[key] for key in told}
