"""The command line: data on stdout, the rest on stderr, one line and exit 2 for what is wrong."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from recommender import Article, Recommender, __version__
from recommender.cli.main import main

NEWSROOM = Path(__file__).resolve().parents[2] / "examples" / "newsroom"
VERBS = sorted(main.commands)
KEYS = "source target rank score kind reasons title url provider published_at model duplicates".split()  # noqa: SIM905 - as read


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def run_alone(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "recommender.cli.main", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, check=False, cwd=cwd)


def write(folder: Path, name: str, *header: str, body: str = "Text.") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("\n".join(["---", *header, "---", body, ""]), encoding="utf-8")
    return folder / name


def write_site(folder: Path, articles: Sequence[Article]) -> Path:
    for one in articles:
        related = [f"- url: {relation.url}" for relation in one.relations]
        header = [
            f"title: '{one.title}'",
            f"excerpt: {json.dumps(one.excerpt)}",
            f"webUrl: {one.url}",
            f"ampWebUrl: {one.aliases[0]}",
        ]
        header += [f"publishedDateTime: {one.published_at:%Y-%m-%dT%H:%M:%SZ}", f"topics: {list(one.topics)}"]
        header += ["provider: {name: Coast Courier}", "related:" if related else "related: []", *related]
        write(folder, f"{one.id}.md", *header, body="")
    return folder


@pytest.fixture
def site(articles: tuple[Article, ...], tmp_path: Path) -> Path:
    return write_site(tmp_path / "coast", articles)


def assert_one_line_and_exit_2(result: Result, match: str) -> None:
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert re.fullmatch(rf"recommender: .*(?:{match}).*\n", result.stderr), result.stderr


def numbers(line: str) -> list[int]:
    return [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", line)]


def test_all_verbs_are_there() -> None:
    assert {"suggest", "train", "evaluate", "explain", "inspect", "show"} <= set(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_help_has_an_example_of_the_verb(verb: str) -> None:
    result = run(verb, "--help")
    assert result.exit_code == 0
    assert f"Example: recommender {verb} " in " ".join(result.stdout.split())


def test_help_names_the_verbs() -> None:
    result = run("-h")
    assert result.exit_code == 0
    assert all(verb in result.stdout for verb in VERBS)
    assert f"version {__version__}" in run("--version").stdout


def test_the_examples_of_the_help_run(tmp_path: Path) -> None:
    lines, diff, _ = re.findall(r"Example: (recommender suggest .*)", run("suggest", "--help").stdout)
    shutil.copytree(NEWSROOM, tmp_path / "examples" / "newsroom")
    done = run_alone(*lines.split()[1:], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert len((tmp_path / "suggestions.jsonl").read_bytes().splitlines()) > 300
    done = run_alone(*diff.split()[1:], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(b"--- a/_news/")


def test_a_suggestion_is_a_line_of_json_with_these_keys(site: Path) -> None:
    result = run("suggest", site, "-k", 2)
    assert result.exit_code == 0, result.output
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(found) == 24
    for one in found:
        assert list(one) == KEYS
        assert all(list(reason) == ["feature", "text", "share"] for reason in one["reasons"])
        assert abs(sum(reason["share"] for reason in one["reasons"]) - one["score"]) < 0.002
    first = found[0]
    assert (first["source"], first["rank"], first["provider"]) == ("ferry-1", 1, "Coast Courier")
    assert first["target"].startswith("ferry-")
    assert first["url"] == f"https://coast.example/{first['target']}"
    assert re.fullmatch(r"2025-03-\d\dT06:00:00Z", first["published_at"])
    assert first["model"] == "coast@2025-03-12T06:00:00Z"


def test_suggestions_are_those_of_the_model(site: Path, articles: tuple[Article, ...]) -> None:
    lists = dict(Recommender().fit(articles).suggest_all(k=1))
    found = {one["source"]: one["target"] for one in map(json.loads, run("suggest", site, "-k", 1).stdout.splitlines())}
    assert found == {name: suggestions[0].target_id for name, suggestions in lists.items()}


def test_the_summary_is_on_stderr_and_adds_up(site: Path) -> None:
    write(site, "again.md", "title: Once more", "webUrl: https://coast.example/ferry-1?utm_source=x")
    write(site, "broken.md", "title: [")
    write(
        site,
        "outside.md",
        "title: Outside",
        "related:",
        "- url: https://far.example/x",
        "- url: https://coast.example/wind-1",
    )
    result = run("suggest", site)
    assert result.exit_code == 0
    read, articles, skipped, merged = numbers(
        next(line for line in result.stderr.splitlines() if line.startswith("read"))
    )
    assert (read, skipped, merged) == (15, 1, 1)
    assert read == articles + skipped + merged
    line = next(line for line in result.stderr.splitlines() if line.startswith("relations"))
    relations, resolved, different, externals, _ = numbers(line)
    assert relations == resolved + externals
    assert (relations, different, externals) == (12, 11, 1)
    line = next(line for line in result.stderr.splitlines() if line.startswith("suggestions"))
    suggestions, sources, of, *kinds = numbers(line)
    assert suggestions == len(result.stdout.splitlines()) == sum(kinds)
    assert sources == len({json.loads(line)["source"] for line in result.stdout.splitlines()}) <= of == articles


def test_the_summary_of_the_example_site_adds_up(tmp_path: Path) -> None:
    result = run("suggest", NEWSROOM, "--output", tmp_path / "out.jsonl")
    assert result.exit_code == 0
    assert result.stdout == ""
    read, articles, skipped, merged = numbers(re.search("read .*", result.stderr)[0])
    assert read == articles + skipped + merged
    relations, resolved, _, externals, _ = numbers(re.search("relations .*", result.stderr)[0])
    assert relations == resolved + externals
    assert re.search(r"README\.md: has no front matter", result.stderr)


def test_nothing_but_data_is_on_stdout_and_nothing_but_text_on_stderr(site: Path, tmp_path: Path) -> None:
    done = run_alone("suggest", site)
    again = run_alone("suggest", site, "--output", tmp_path / "out.jsonl", "--jobs", 2)
    assert (done.returncode, again.returncode) == (0, 0)
    assert all(json.loads(line)["kind"] for line in done.stdout.decode().splitlines())
    assert b"{" not in done.stderr
    assert b"\x1b" not in done.stderr + done.stdout
    assert again.stdout == b""
    assert (tmp_path / "out.jsonl").read_bytes() == done.stdout


def test_the_number_of_jobs_changes_no_byte(tmp_path: Path) -> None:
    outputs = []
    for jobs in (1, 2):
        result = run("suggest", NEWSROOM, "--jobs", jobs, "--output", tmp_path / f"{jobs}.jsonl")
        assert result.exit_code == 0
        outputs.append((tmp_path / f"{jobs}.jsonl").read_bytes())
    assert outputs[0] == outputs[1]
    assert outputs[0]


def test_k_and_threshold_are_heeded_and_beat_the_settings_file(site: Path, tmp_path: Path) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text("selection: {k: 2, threshold: 0.45}\n", encoding="utf-8")
    lists: dict[str, list[float]] = {}
    for arguments in ((), ("--threshold", 0), ("-k", 1)):
        found = [
            json.loads(line) for line in run("suggest", site, "--settings", settings, *arguments).stdout.splitlines()
        ]
        lists[str(arguments)] = [one["score"] for one in found]
        assert max(one["rank"] for one in found) == (1 if "-k" in arguments else 2)
    usual, all_scores, first = lists.values()
    assert min(usual) >= 0.45 > min(all_scores)
    assert min(first) >= 0.45
    assert usual == [score for score in all_scores if score >= 0.45]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("missing", "there is no such file or folder"),
        ("empty", "no article was found"),
        ("pictures", "no article was found"),
        ("notes.txt", "is neither Markdown"),
        ("lines.jsonl", "no article was found"),
    ],
)
@pytest.mark.parametrize("verb", ["suggest", "train", "evaluate", "show", "explain"])
def test_a_site_without_articles(tmp_path: Path, verb: str, name: str, why: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "pictures").mkdir()
    for file in ("pictures/a.png", "notes.txt", "lines.jsonl"):
        (tmp_path / file).write_bytes(b"")
    more = {"train": ["--model", tmp_path / "model"], "explain": ["a", "b"]}.get(verb, [])
    assert_one_line_and_exit_2(run(verb, tmp_path / name, *more), f"{name}: .*{why}")
    assert not (tmp_path / "model").exists()


BAD_FILES = {
    "broken YAML": (["title: Broken", "topics: [a", "type: news"], r"bad\.md:\d+: "),
    "a list": (["- title: A list"], r"bad\.md(:\d+)?: .*mapping"),
    "no date": (["title: Some day", "publishedDateTime: some day"], r"bad\.md:3: publishedDateTime: .*some day"),
    "no title": (["excerpt: ''"], r"bad\.md(:\d+)?: has no title"),
}


@pytest.mark.parametrize("what", BAD_FILES)
def test_one_bad_file_is_one_clear_line(site: Path, what: str) -> None:
    header, said = BAD_FILES[what]
    before = run("suggest", site).stdout
    write(site, "bad.md", *header, body="")
    result = run("suggest", site)
    assert result.exit_code == 0
    assert result.stdout == before
    assert len([line for line in result.stderr.splitlines() if re.search(said, line)]) == 1, result.stderr
    assert "1 skipped" in result.stderr
    assert_one_line_and_exit_2(run("suggest", site, "--strict"), said)


@pytest.mark.parametrize(
    ("header", "warned"),
    [
        (["related: null"], False),
        (["related: []"], False),
        (["related: [ferry-1]"], False),
        (["related:", "- https://coast.example/ferry-1", "- {title: No address}"], True),
        (["related:", "- 17.5", "- [x]"], True),
        (["related: 5.5"], True),
        ([f"excerpt: {'ferry strike ' * 400_000}"], True),
        (["quality: good", "removed: maybe"], True),
        (['excerpt: "a \\uD800 surrogate"'], None),
        (["publishedDateTime: 9999-12-31T23:59:59.999999Z"], None),
        (["publishedDateTime: 0001-01-01T00:00:00+14:00"], None),
    ],
    ids="null empty id text number scalar 5MB values surrogate latest earliest".split(),  # noqa: SIM905 - as read
)
def test_an_odd_file_is_borne(site: Path, header: list[str], warned: bool | None) -> None:
    file = write(site, "odd.md", "title: Odd ferry", *header)
    result = run("suggest", site)
    assert result.exit_code == 0, (result.stderr, result.exception)
    assert {json.loads(line)["source"] for line in result.stdout.splitlines()} >= {"ferry-1", "wind-4"}
    result.stdout.encode()
    if warned is not None:
        assert bool([line for line in result.stderr.splitlines() if line.startswith(str(file))]) is warned
        assert '"source": "odd"' in result.stdout
        assert "0 skipped" in result.stderr


def test_an_unknown_id_names_the_nearest(site: Path) -> None:
    assert_one_line_and_exit_2(run("explain", site, "ferry-1", "ferry-9"), "'ferry-9'; did you mean ferry-")
    assert_one_line_and_exit_2(run("explain", site, "wnd-1", "ferry-1"), "'wnd-1'; did you mean wind-1")
    assert_one_line_and_exit_2(run("explain", site, "ferry-1", "ferry-1"), "'ferry-1' is source and target at once")


def test_settings_of_no_use_are_one_line(site: Path, tmp_path: Path) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text("selection: {treshold: 0.5}\n", encoding="utf-8")
    assert_one_line_and_exit_2(
        run("suggest", site, "--settings", settings), r"settings\.yaml: .*did you mean threshold"
    )
    assert_one_line_and_exit_2(run("suggest", site, "--settings", tmp_path / "none.yaml"), "cannot read the settings")
    assert_one_line_and_exit_2(run("suggest", site, "--preset", "hugoo"), "did you mean hugo")


def test_a_trained_model_gives_the_bytes_of_training_on_the_spot(site: Path, tmp_path: Path) -> None:
    for place in (site, NEWSROOM):
        trained = run("train", place, "--model", tmp_path / "model")
        assert trained.exit_code == 0
        assert trained.stdout == ""
        given = run("suggest", place, "--model", tmp_path / "model")
        assert given.exit_code == 0
        assert given.stdout == run("suggest", place).stdout != ""
        assert f"by the {Recommender.load(tmp_path / 'model').ranker.kind} ranker" in given.stderr


def test_model_folders_of_no_use_are_one_line(site: Path, tmp_path: Path) -> None:
    model = tmp_path / "model"
    run("train", site, "--model", model)
    manifest = json.loads((model / "manifest.json").read_text(encoding="utf-8"))
    (model / "manifest.json").write_text(json.dumps({**manifest, "format": 99}), encoding="utf-8")
    for arguments in (["suggest", site, "--model"], ["explain", site, "ferry-1", "ferry-2", "--model"], ["inspect"]):
        assert_one_line_and_exit_2(run(*arguments, model), "has the model format 99")
        assert_one_line_and_exit_2(run(*arguments, tmp_path / "none"), "none is no model folder")
    assert_one_line_and_exit_2(run("train", site, "--model", site), "exists and is no model folder")
    assert len(list(site.iterdir())) == 12


def test_explain_prints_reasons_that_add_up(site: Path) -> None:
    text = run("explain", site, "ferry-1", "https://coast.example/amp/ferry-2")
    assert text.exit_code == 0
    assert text.stdout.startswith("ferry-1\n  -> ferry-2\n")
    told = json.loads(run("explain", site, "ferry-1", "ferry-2", "--json").stdout)
    assert (told["source"], told["target"]) == ("ferry-1", "ferry-2")
    assert told["verdict"].startswith("suggested, at rank ")
    assert abs(sum(reason["share"] for reason in told["reasons"]) - told["score"]) < 0.002
    assert "strike" in told["shared_terms"]
    plain = run("explain", site, "ferry-1", "ferry-2").stdout
    assert all(f"{reason['feature']}: {reason['text']}" in plain for reason in told["reasons"])
    assert f"score {told['score']:.3f}" in plain


def test_explain_names_what_outranks_a_target_with_titles(site: Path, articles: tuple[Article, ...]) -> None:
    lines = [json.loads(line) for line in run("suggest", site).stdout.splitlines()]
    shown = {line["target"] for line in lines if line["source"] == "ferry-1"}
    target = next(article.id for article in articles if article.id not in {*shown, "ferry-1"})
    told = json.loads(run("explain", site, "ferry-1", target, "--json").stdout)
    assert (told["suggested"], told["obstacle"], len(told["outranked_by"])) == (False, "outranked", 5)
    plain = run("explain", site, "ferry-1", target).stdout
    titles = {article.id: article.title for article in articles}
    assert "".join(f"  {name}: {titles[name]}\n" for name in told["outranked_by"]) in plain


def test_the_same_text_is_listed_not_suggested_again(site: Path, articles: tuple[Article, ...]) -> None:
    copy = replace(articles[3], id="wire", url="https://wire.example/1", aliases=("https://wire.example/2",))
    write_site(site, [replace(copy, published_at=copy.published_at + timedelta(hours=1), relations=())])
    done = run("suggest", site, "-k", 4)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert {one["target"]: one["duplicates"] for one in found}["ferry-2"] == ["wire"]
    assert [one["kind"] for one in found if one["source"] == "wire" and one["target"] == "ferry-2"] == ["duplicate"]
    listed = sum(len(one["duplicates"]) for one in found)
    assert f"{listed} more listed as the same text" in done.stderr
    plain = run("explain", site, "ferry-1", "wire").stdout
    assert "listed under ferry-2, the same text, at rank 2\n" in plain
    assert f"  ferry-2: {articles[3].title}\n" in plain
    assert "(and 1 with the same text)" in " ".join(run("show", site, "--articles", 12).stdout.split())


def test_inspect_tells_what_a_model_holds(site: Path, tmp_path: Path) -> None:
    run("train", site, "--model", tmp_path / "model")
    result = run("inspect", tmp_path / "model")
    assert result.exit_code == 0
    assert result.stdout.startswith("coast@2025-03-12T06:00:00Z\n")
    assert re.search(r"articles +12\n", result.stdout)
    assert re.search(r"relations +10\n", result.stdout)
    for file in (tmp_path / "model").iterdir():
        assert file.name in result.stdout or file.name == "manifest.json"


@pytest.mark.parametrize("count", [1, 3, 12])
def test_show_prints_as_many_articles_as_there_are(site: Path, articles: tuple[Article, ...], count: int) -> None:
    for extra in articles[count:]:
        (site / f"{extra.id}.md").unlink()
    result = run("show", site, "--articles", 4, "-k", 1)
    assert result.exit_code == 0
    assert result.stdout.count("because") == min(4, count)
    assert len(set(re.findall(r"^(?:\w.*)\n.*because", result.stdout, re.MULTILINE))) == min(4, count)


def test_evaluate_prints_a_table_and_writes_json(tmp_path: Path) -> None:
    result = run("evaluate", NEWSROOM, "--json", tmp_path / "report.json")
    assert result.exit_code == 0
    for name in ("recommender", "random", "topic overlap", "nDCG@10"):
        assert name in result.stdout
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["data"]["articles"] == 118
    assert "README.md" in result.stderr


def test_a_site_that_cannot_be_evaluated_is_one_line(tmp_path: Path, unrelated: tuple[Article, ...]) -> None:
    site = write_site(tmp_path / "coast", unrelated)
    assert_one_line_and_exit_2(run("evaluate", site, "--json", tmp_path / "report.json"), "nothing to measure")
    assert not (tmp_path / "report.json").exists()


def test_a_failed_job_leaves_the_output_of_the_last_one(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "out" / "suggestions.jsonl"
    assert run("suggest", site, "--output", output).exit_code == 0
    before = output.read_bytes()
    assert before

    def fail_in_the_middle(model: Recommender, **_: object) -> object:
        yield model.corpus[0].id, model.suggest(model.corpus[0].id)
        raise MemoryError("in the middle")

    monkeypatch.setattr(Recommender, "suggest_all", fail_in_the_middle)
    result = run("suggest", site, "--output", output)
    assert isinstance(result.exception, MemoryError)
    assert output.read_bytes() == before
    assert [file.name for file in output.parent.iterdir()] == ["suggestions.jsonl"]


def test_an_output_that_cannot_be_written_is_one_line(site: Path, tmp_path: Path) -> None:
    assert_one_line_and_exit_2(run("suggest", site, "--output", site), "coast: Is a directory")
    (tmp_path / "file").write_bytes(b"")
    assert_one_line_and_exit_2(run("suggest", site, "--output", tmp_path / "file" / "x"), "file")


def test_a_reader_that_goes_away_is_no_crash(site: Path) -> None:
    command = [sys.executable, "-m", "recommender.cli.main", "suggest", str(site)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        said = process.stderr.read()
    assert b"Traceback" not in said


@pytest.mark.parametrize("arguments", [["-k", 0], ["--threshold", 2], ["--jobs", 0], ["--no-such-option"]])
def test_arguments_of_no_use_are_refused(site: Path, arguments: list[object]) -> None:
    result = run("suggest", site, *arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert str(arguments[0]) in result.stderr


def test_the_sites_own_rules_are_heeded_and_a_slip_in_them_is_one_line(site: Path, tmp_path: Path) -> None:
    rules = site / "recommender.yaml"
    rules.write_text("rules:\n  block_targets: [ferry-3]\n", encoding="utf-8")
    told = run("explain", site, "ferry-2", "ferry-3")
    assert "not suggested: the house never suggests ferry-3 (rules.block_targets)" in told.stdout
    assert '"target": "ferry-3"' not in run("suggest", site).stdout
    other = tmp_path / "other.yaml"
    other.write_text("rules:\n  block_targets: []\n", encoding="utf-8")
    assert '"target": "ferry-3"' in run("suggest", site, "--settings", other).stdout
    rules.write_text("rules:\n  block_targets: [ferry]\n", encoding="utf-8")
    for verb in ("suggest", "show", "train"):
        more = ["--model", tmp_path / "model"] if verb == "train" else []
        result = run(verb, site, *more)
        assert_one_line_and_exit_2(result, r"rules\.block_targets: no article has the id 'ferry'; did you mean ferry-1")


def test_a_rejection_is_noted_and_the_next_job_heeds_it(site: Path) -> None:
    result = run("reject", site, "ferry-2", "https://coast.example/ferry-3", "--who", "Ana", "--why", "outdated")
    file = site / "decisions.jsonl"
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"reject: ferry-2 -> ferry-3, noted in {file}\n"
    [line] = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    assert (line["verdict"], line["source"], line["target"]) == ("reject", "ferry-2", "ferry-3")
    assert (line["who"], line["why"]) == ("Ana", "outdated")
    told = run("explain", site, "ferry-2", "ferry-3").stdout
    assert re.search(r"not suggested: rejected for ferry-2 by Ana on \d{4}-\d\d-\d\d: outdated", told)
    found = [json.loads(line) for line in run("suggest", site).stdout.splitlines()]
    assert ("ferry-2", "ferry-3") not in {(one["source"], one["target"]) for one in found}
    assert ("ferry-3", "ferry-2") in {(one["source"], one["target"]) for one in found}
    assert run("accept", site, "ferry-2", "ferry-3", "--who", "Ben").exit_code == 0
    assert "suggested, at rank" in run("explain", site, "ferry-2", "ferry-3").stdout
    assert len(file.read_text(encoding="utf-8").splitlines()) == 2


def test_a_torn_line_of_decisions_is_told_and_the_job_goes_on(site: Path) -> None:
    (site / "decisions.jsonl").write_text('{"verdict": "rej', encoding="utf-8")
    for verb in ("suggest", "show"):
        result = run(verb, site)
        assert result.exit_code == 0
        assert f"{site / 'decisions.jsonl'}:1: holds no decision" in result.stderr


def test_a_decision_on_an_unknown_article_is_one_line(site: Path) -> None:
    result = run("reject", site, "ferry-2", "fery-3", "--who", "Ana", "--why", "outdated")
    assert_one_line_and_exit_2(result, "no article has the id 'fery-3'; did you mean ferry-")
    assert not (site / "decisions.jsonl").exists()
    assert run("reject", site, "ferry-2", "ferry-3", "--who", "Ana").exit_code == 2


def test_a_training_by_command_learns_from_what_was_accepted(site: Path, tmp_path: Path) -> None:
    (site / "recommender.yaml").write_text("ranker: {least_sources: 7, trees: 5}\n", encoding="utf-8")
    assert "shipped ranker" in run("train", site, "--model", tmp_path / "before").stderr
    assert run("accept", site, "breach-3", "breach-2", "--who", "Ana").exit_code == 0
    assert "shipped ranker" not in run("train", site, "--model", tmp_path / "after").stderr


def test_inbound_says_who_should_point_at_an_article(site: Path) -> None:
    told = run("inbound", site, "https://coast.example/wind-4", "-k", 2)
    assert told.exit_code == 0, told.output
    first, *rest = told.stdout.splitlines()
    assert first == "wind-4: Harrow Hill turbines stand still, villagers sleep"
    assert len(rest) == 2
    assert all(re.match(r"  0\.\d{3}  wind-\d: ", line) for line in rest)
    rows = [json.loads(line) for line in run("inbound", site, "wind-4", "-k", 2, "--json").stdout.splitlines()]
    assert [line.split()[1].rstrip(":") for line in rest] == [row["source"] for row in rows]
    assert "nothing should point at it" in run("inbound", site, "ferry-1").stdout
    assert "ferry-4" not in run("inbound", site, "ferry-2", "-k", 99).stdout
    assert "breach-4" in run("inbound", site, "ferry-2", "-k", 99, "--any-age").stdout


def test_orphans_are_listed_with_their_best_sources(site: Path) -> None:
    (site / "recommender.yaml").write_text("selection: {k: 1}\nrules: {block_targets: [wind-4]}\n", encoding="utf-8")
    told = run("orphans", site)
    assert told.exit_code == 0, told.output
    assert told.stdout.endswith("sleep\n  the house lets nothing point at it\n")
    rows = [json.loads(line) for line in run("orphans", site, "--json", "-k", 2).stdout.splitlines()]
    assert f"{len(rows)} of 12 articles are orphans" in told.stderr
    assert rows[-1]["orphan"] == "wind-4"
    assert all(len(row["sources"]) == 2 for row in rows[:-1])
    assert told.stdout.count("\n  0.") == 3 * (len(rows) - 1)


def test_the_job_writes_what_should_point_at_new_articles(site: Path, tmp_path: Path) -> None:
    out, inbound = tmp_path / "out.jsonl", tmp_path / "inbound.jsonl"
    run("suggest", site, "--output", out, "--inbound", inbound)
    assert len({json.loads(line)["target"] for line in inbound.read_text().splitlines()}) == 7
    result = run("suggest", site, "--output", out, "--inbound", inbound, "--since", "2025-03-11")
    assert result.exit_code == 0, result.output
    assert {json.loads(line)["target"] for line in inbound.read_text().splitlines()} == {"breach-4", "wind-4"}
    assert "inbound 10 links" in result.stderr
    assert_one_line_and_exit_2(run("suggest", site, "--since", "2025-03-11"), "add --inbound FILE")
    assert "is no date like 2026-01-31" in run("suggest", site, "--inbound", inbound, "--since", "x").stderr


def test_the_limit_on_exposure_is_in_the_summary(site: Path) -> None:
    assert "without selection.exposure" not in run("suggest", site).stderr
    (site / "recommender.yaml").write_text("selection: {exposure: 0.13, k: 2}\n", encoding="utf-8")
    result = run("suggest", site)
    assert re.search(r"in-degree Gini 0\.\d+, .*; without selection\.exposure 0\.\d+ and ", result.stderr)
    counts = Counter(json.loads(line)["target"] for line in result.stdout.splitlines())
    assert max(counts.values()) <= 3
    assert counts.total() == 24


def test_an_audit_passes_within_its_limits_and_fails_over_them(site: Path) -> None:
    write(
        site,
        "note.md",
        "title: Note",
        "related:",
        "- url: https://coast.example/gone",
        "- url: https://coast.example/x",
    )
    result = run("audit", site)
    assert result.exit_code == 0, result.output
    assert re.search(r"^dead: lead to the site itself, where no article is +2$", result.stdout, re.MULTILINE)
    assert "note -> https://coast.example/gone" in result.stdout
    assert run("audit", site, "--max-dead", 2, "--max-removed", 0).exit_code == 0
    failed = run("audit", site, "--max-dead", 1, "--max-removed", 0, "--max-one-way", 3, "--json")
    assert failed.exit_code == 1
    assert failed.stderr == (
        "recommender: dead: 2, more than the limit of 1\nrecommender: one-way: 10, more than the limit of 3\n"
    )
    values = json.loads(failed.stdout)
    assert values["counts"]["dead"] == 2
    assert [one["file"] for one in values["findings"] if one["kind"] == "dead"] == [str(site / "note.md")] * 2
    assert values["relations"]["relations"] == values["links"] == 10
