"""What the documents say is true: their examples run, and no setting, verb, option or public name is missing."""

from __future__ import annotations

import ast
import dataclasses
import doctest
import inspect
import json
import os
import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from click.testing import CliRunner

import recommender
import recommender.evaluation
from recommender import Corpus, Recommender, Settings, read_articles
from recommender.cli.main import main
from recommender.model.versions import save_keeping_previous

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
SETTINGS, COMMANDS, NAMES = (ROOT / "docs" / name for name in ("settings.md", "command-line.md", "python.md"))
PAGES = [README, *sorted((ROOT / "docs").glob("*.md"))]
LINKING = [*PAGES, *(ROOT / name for name in ("CONTRIBUTING.md", "models/README.md", "benchmarks/RESULTS.md"))]

SITE = "examples/newsroom"
OTHER_CORPORA = "../shared/corpora"  # real sites, which are not a part of the project
READING_OPTIONS = "Options for reading a site"
PUBLIC = sorted({*recommender.__all__, *recommender.evaluation.__all__})
SOURCE = "2025-11-27-blackout-report-blames-reach-transmission-for-unchecked-relay"
TARGET = "2025-07-17-what-went-wrong-at-ashby-cross-one-relay"


@dataclass(frozen=True)
class Block:
    """A fenced block of a page: its language, its text, and the line on which the text begins, from 0."""

    language: str
    text: str
    line: int


def blocks(page: Path, language: str | None = None) -> list[Block]:
    """Return the fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    fenced = re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    found = [Block(match[1], match[2], text.count("\n", 0, match.start(2))) for match in fenced]
    return [block for block in found if language in (None, block.language)]


def prose(page: Path) -> str:
    """Return a page without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def sections(page: Path, level: int) -> dict[str, str]:
    """Return the text below each heading of a level, by heading, up to the next one of that level or above."""
    parts = re.split(rf"^(#{{1,{level}}}) (.+)$", prose(page), flags=re.MULTILINE)[1:]
    return {
        heading: text
        for marks, heading, text in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
        if len(marks) == level
    }


def rows(text: str) -> list[list[str]]:
    """Return the cells of the tables in a text, without the lines below their heads."""
    lines = re.findall(r"^\|(.*)\|$", text, re.MULTILINE)
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)] for line in lines]
    return [row for row in cells if not set("".join(row)) <= set("-: ")]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two generations of a model of the example site."""
    folder = tmp_path_factory.mktemp("models")
    model = Recommender(name="newsroom").fit(read_articles(ROOT / SITE))
    for _ in range(2):
        save_keeping_previous(model, folder / "newsroom")
    return folder


@pytest.fixture
def workshop(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder of its own with the example site and its model, as a reader of a page does."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    shutil.copytree(models, tmp_path / "models", copy_function=os.link)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(command: str) -> str:
    """Run a command of ours as a page shows it, and return its output."""
    for placeholder, value in (("YOUR-SITE", SITE), ("SOURCE", SOURCE), ("TARGET", TARGET)):
        command = command.replace(placeholder, value)
    name, *arguments = shlex.split(command, comments=True)
    assert name == "recommender"
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, f"{command}\n{result.output}"
    return result.output


def commands(block: Block) -> Iterator[str]:
    for line in block.text.splitlines():
        assert line.startswith("$ "), f"a console block holds commands only, got {line!r}"
        yield line.removeprefix("$ ").partition("  #")[0].strip()


def check_command(command: str) -> None:
    """Run a command of ours; of the others, see that what they name exists."""
    program, *arguments = shlex.split(command)
    if program == "recommender":
        assert OTHER_CORPORA in command or run(command).strip(), f"{command} prints nothing"
    elif program == "make":
        assert f"\n{arguments[0]}: " in (ROOT / "Makefile").read_text(encoding="utf-8"), command
    elif program == "python":
        assert (ROOT / arguments[0]).is_file(), command
    else:
        assert (program, arguments) == ("pip", ["install", "."]), command


class Session:
    """What a reader has typed so far on one page: its Python names live on from block to block."""

    def __init__(self, page: Path):
        self._page = page
        self._names: dict[str, Any] = {}

    def go_on(self, block: Block) -> None:
        if block.language == "console":
            for command in commands(block):
                check_command(command)
        if block.language == "python":
            self._run_python(block)

    def _run_python(self, block: Block) -> None:
        test = doctest.DocTestParser().get_doctest(block.text, self._names, self._page.name, None, block.line)
        assert test.examples, f"{self._page.name}:{block.line} has no examples"
        shown: list[str] = []
        runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS)
        runner.run(test, out=shown.append, clear_globs=False)
        assert runner.failures == 0, "".join(shown)
        self._names = test.globs


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_examples_of_a_page_run_in_their_order(workshop: Path, page: Path) -> None:
    session = Session(page)
    for block in blocks(page):
        session.go_on(block)


def test_there_are_examples_to_run() -> None:
    assert len([command for page in PAGES for block in blocks(page, "console") for command in commands(block)]) > 30
    assert sum(block.text.count(">>> ") for page in PAGES for block in blocks(page, "python")) > 40


def help_examples() -> list[str]:
    pages = (CliRunner().invoke(main, [verb, "--help"]).stdout for verb in sorted(main.commands))
    return [" ".join(line.split()) for page in pages for line in re.findall(r"Example: (recommender [^\n]*)", page)]


@pytest.mark.parametrize("command", help_examples())
def test_an_example_of_the_help_runs(workshop: Path, command: str) -> None:
    assert run(command).strip()


def test_every_verb_has_an_example_in_its_help() -> None:
    assert {command.split()[1] for command in help_examples()} == set(main.commands)


def test_the_readme_is_short() -> None:
    assert len(README.read_text(encoding="utf-8").split()) <= 1500


def test_the_picture_in_the_readme_is_what_the_model_suggests(newsroom: Corpus) -> None:
    title, head, *lines = blocks(README, "text")[0].text.splitlines()
    suggestions = (
        Recommender().fit(newsroom).suggest(next(article.id for article in newsroom if article.title == title))
    )
    starts = [head.index(name) for name in ("kind", "suggestion", "because")]
    shown: list[list[str]] = []
    for line in lines:
        cells = [line[start:end].strip() for start, end in zip([0, *starts], [*starts, None], strict=True)]
        if cells[0]:
            shown.append(cells)
        else:
            shown[-1] = [" ".join(pair).strip() for pair in zip(shown[-1], cells, strict=True)]
    assert len(shown) == 2
    for (score, kind, target, because), suggestion in zip(shown, suggestions, strict=False):
        assert suggestion.score == pytest.approx(float(score), abs=0.1)
        assert (suggestion.kind, suggestion.target.title) == (kind, target)
        assert "; ".join(reason.text for reason in suggestion.reasons[:2]).startswith(because.removesuffix("..."))


def test_the_table_in_the_readme_is_what_evaluate_prints(workshop: Path) -> None:
    printed = run(f"recommender evaluate {SITE}").partition("Today")[0]
    table = [row[1:] for row in rows(sections(README, 2)["Results"])]
    for column, model in enumerate(("recommender", "TF-IDF cosine, full article", "BM25, full article"), start=1):
        (line,) = re.findall(rf"^{model}  +(.*)$", printed, re.MULTILINE)
        articles, stories = re.findall(r"(\S+) \[", line)[:2]
        for row, figure in zip(table[1:3], (articles, stories), strict=True):
            assert float(row[column].split()[0]) == pytest.approx(float(figure), abs=0.05), (model, row)


def test_the_front_matter_in_the_readme_is_what_the_job_writes(workshop: Path) -> None:
    (block,) = blocks(README, "yaml")
    run(f"recommender suggest {SITE} --write front-matter")
    written = yaml.safe_load(Path(SITE, "_news", f"{SOURCE}.md").read_text(encoding="utf-8").split("\n---")[0])
    shown, first = yaml.safe_load(block.text)["suggested"][0], written["suggested"][0]
    assert shown.pop("score") == pytest.approx(first.pop("score"), abs=0.1)
    assert first.pop("excerpt").startswith(shown.pop("excerpt").removesuffix(" …"))  # shortened, to fit the page
    assert shown == first


def test_the_line_of_json_is_one_that_the_job_writes(workshop: Path) -> None:
    (shown,) = (json.loads(block.text) for page in PAGES for block in blocks(page, "json"))
    run(f"recommender suggest {SITE} --output lines.jsonl")
    lines = [json.loads(line) for line in Path("lines.jsonl").read_text(encoding="utf-8").splitlines()]
    (written,) = (line for line in lines if (line["source"], line["rank"]) == (shown["source"], shown["rank"]))
    # Figures move a little with the versions of the libraries; what they are about does not.
    assert written.keys() == shown.keys()
    assert written["score"] == pytest.approx(shown["score"], abs=0.1)
    assert {reason["feature"] for reason in shown["reasons"]} <= {reason["feature"] for reason in written["reasons"]}
    assert all(reason.keys() == shown["reasons"][0].keys() for reason in written["reasons"])
    exact = shown.keys() - {"score", "reasons"}
    assert {key: written[key] for key in exact} == {key: shown[key] for key in exact}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_settings_files_of_a_page_can_be_read(page: Path, tmp_path: Path) -> None:
    for block in blocks(page, "yaml"):
        values = yaml.safe_load(block.text)
        if "# recommender.yaml" in block.text:
            (tmp_path / "recommender.yaml").write_text(block.text, encoding="utf-8")
            settings = Settings.of_site(tmp_path)
            for stage in values.keys() - {"rules"}:
                for key, value in values[stage].items():
                    assert getattr(getattr(settings, stage), key) == value


def test_the_example_of_rules_sets_every_rule_and_fits_the_example_site(newsroom: Corpus) -> None:
    (block,) = (block for block in blocks(ROOT / "docs/newsroom.md", "yaml") if "rules:" in block.text)
    settings = Settings.from_dict(yaml.safe_load(block.text))
    assert set(settings.rules.to_dict()) == {field.name for field in dataclasses.fields(settings.rules)}
    assert Recommender(settings).fit(newsroom).rule_warnings() == []


def test_every_setting_is_documented_with_its_default() -> None:
    documented = {}
    for stage, text in sections(SETTINGS, 2).items():
        for name, default, _, meaning in rows(text)[1:]:
            assert name.strip("`").startswith(f"{stage}."), name
            assert meaning, name
            documented[name.strip("`")] = yaml.safe_load(default.strip("`"))
    defaults = {}
    for stage in dataclasses.fields(Settings):
        values = getattr(Settings(), stage.name)
        for field in dataclasses.fields(values):
            default = getattr(values, field.name)
            defaults[f"{stage.name}.{field.name}"] = list(default) if isinstance(default, tuple) else default
    assert documented == defaults


def options_of(text: str) -> dict[str, str]:
    """Return the default of each option in the tables of a section."""
    documented = {}
    for row in rows(text):
        for option in re.findall(r"`(--?[\w-]+)`", row[0]):
            documented[option] = row[1].strip("`")
    return documented


@pytest.mark.parametrize("verb", sorted(main.commands))
def test_every_verb_and_option_is_documented(verb: str) -> None:
    pages = sections(COMMANDS, 2)
    text, command = pages[verb], main.commands[verb]
    documented = options_of(text)
    if f"[{READING_OPTIONS.lower()}]" in " ".join(text.split()).lower():
        documented |= options_of(pages[READING_OPTIONS])
    options = {name: param for param in command.params if isinstance(param, click.Option) for name in param.opts}
    assert documented.keys() == options.keys()
    for name, param in options.items():
        if param.show_default and param.default is not None:
            assert documented[name] == str(param.default), name
        if param.required:
            assert documented[name] == "required", name
    arguments = [param for param in command.params if isinstance(param, click.Argument)]
    usage = " ".join([f"recommender {verb}", *(param.metavar or str(param.name).upper() for param in arguments)])
    assert usage in " ".join(text.split())


def test_the_verbs_and_the_options_of_all_of_them_are_documented() -> None:
    text = COMMANDS.read_text(encoding="utf-8")
    assert set(re.findall(r"^## ([a-z]+)$", text, re.MULTILINE)) == set(main.commands)
    start = text.partition("\n## ")[0]
    assert {name for param in main.params for name in param.opts} | {"-h", "--help"} == set(options_of(start))
    assert {link for row in rows(start) for link in re.findall(r"\]\(#([a-z]+)\)", row[0])} == set(main.commands)


def test_every_public_name_is_documented_and_no_other() -> None:
    documented = re.findall(r"^### `(\w+)`$", NAMES.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(documented) == len(set(documented))
    assert sorted(documented) == PUBLIC


def signature_of(span: str) -> dict[str, Any] | None:
    """Return the parameters, with their defaults, of a span of code such as `fit(articles, n_jobs=1)`."""
    try:
        (function,) = ast.parse(f"def {span}: ...").body
        assert isinstance(function, ast.FunctionDef)
    except SyntaxError:  # a call with values, or no call at all
        return None
    names = [argument.arg for argument in function.args.args]
    values = [inspect.Parameter.empty] * (len(names) - len(function.args.defaults))
    values += [ast.literal_eval(default) for default in function.args.defaults]
    keywords = zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
    return dict(zip(names, values, strict=True)) | {
        argument.arg: ast.literal_eval(default) for argument, default in keywords if default is not None
    }


@pytest.mark.parametrize("name", PUBLIC)
def test_the_documented_parameters_of_a_name_are_its_parameters(name: str) -> None:
    owner = getattr(recommender, name, None) or getattr(recommender.evaluation, name)
    for span in re.findall(r"`([^`]+)`", sections(NAMES, 3)[f"`{name}`"]):
        code = " ".join(span.split()).removeprefix(f"{name}.")
        called, is_call, _ = code.partition("(")
        is_ours = called == name or (inspect.isclass(owner) and called not in PUBLIC)
        documented = signature_of(code) if is_call and is_ours else None
        if documented is None:
            continue
        target = owner if called == name else getattr(owner, called)
        actual = dict(inspect.signature(target).parameters)
        actual.pop("self", None)
        assert list(documented) == list(actual)[: len(documented)], code
        for parameter, default in documented.items():
            assert default == actual[parameter].default, (code, parameter)


def anchors(page: Path) -> set[str]:
    """Return the anchors of the headings of a page, as they are made by GitHub and by MyST."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", LINKING, ids=lambda page: page.name)
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", prose(page))
    for link in links:
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name}: {link}"
        assert not anchor or anchor in anchors(target), f"{page.name}: {link}"


def test_the_index_leads_to_every_page() -> None:
    links = re.findall(r"\]\(([\w-]+\.md)\)", (ROOT / "docs/index.md").read_text(encoding="utf-8"))
    assert sorted(links) == sorted(page.name for page in PAGES if page not in (README, ROOT / "docs/index.md"))
