"""The verbs show and evaluate."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from support.command_line import NEWSROOM, assert_one_line_and_exit_2, json_lines, run, write_articles

from recommender import Article


@pytest.mark.parametrize("count", [3, 12])
def test_show_prints_as_many_articles_as_there_are(site: Path, articles: tuple[Article, ...], count: int) -> None:
    for extra in articles[count:]:
        (site / f"{extra.id}.md").unlink()
    result = run("show", site, "--articles", 4, "-k", 1, "--threshold", 0)
    assert result.exit_code == 0
    assert result.stdout.count("because") == min(4, count)
    assert len(set(re.findall(r"^(?:\w.*)\n.*because", result.stdout, re.MULTILINE))) == min(4, count)


def test_show_names_an_article_that_nothing_can_be_suggested_for(site: Path, articles: tuple[Article, ...]) -> None:
    for extra in articles[1:]:
        (site / f"{extra.id}.md").unlink()
    shown = run("show", site).stdout.splitlines()
    assert shown[:2] == [articles[0].title, articles[0].id]
    assert "because" not in "".join(shown)


def test_show_names_articles_by_id_and_address(site: Path) -> None:
    table = run("show", site, "--articles", 12, "-k", 2).stdout
    [suggested] = [line for line in json_lines(run("suggest", site, "-k", 1).stdout) if line["source"] == "ferry-4"]
    [part] = re.findall(r"\nferry-4 *\nhttps://coast.example/ferry-4 *\n(?s:(.*?))\nbreach-4 ", table)
    assert re.search(rf"│ {suggested['target']} +│", part)
    assert suggested["url"] in part
    assert suggested["source_url"] == "https://coast.example/ferry-4"


def test_evaluate_prints_a_table_and_writes_json(tmp_path: Path) -> None:
    file = tmp_path / "build" / "newsroom" / "report.json"  # in a folder that is not there yet, as of suggest --output
    result = run("evaluate", NEWSROOM, "--json", file)
    assert result.exit_code == 0
    for name in ("recommender", "random", "topic overlap", "nDCG@10"):
        assert name in result.stdout
    report = json.loads(file.read_text(encoding="utf-8"))
    assert report["data"]["articles"] == 118
    assert "README.md" in result.stderr


def test_a_site_that_cannot_be_evaluated_is_one_line(tmp_path: Path, unrelated: tuple[Article, ...]) -> None:
    site = write_articles(tmp_path / "coast", unrelated)
    assert_one_line_and_exit_2(run("evaluate", site, "--json", tmp_path / "report.json"), "nothing to measure")
    assert not (tmp_path / "report.json").exists()


def test_show_says_where_nothing_scores_enough_and_shows_the_best_with_a_threshold(site: Path) -> None:
    silent = run("show", site, "--articles", 2, "--threshold", 1)
    assert silent.stdout.count("no suggestion scores enough; --threshold 0 shows the best") == 2
    best = run("show", site, "--articles", 2, "--threshold", 0)
    assert "no suggestion scores enough" not in best.stdout


def test_show_leaves_out_what_is_no_longer_on_the_site(tmp_path: Path) -> None:
    (tmp_path / "hugo.toml").write_text("baseURL = 'https://coast.example/'\n", encoding="utf-8")
    (tmp_path / "content").mkdir()
    for number in range(8):
        expired = "expiryDate: 2020-01-01\n" if number % 2 else ""
        matter = f"---\ntitle: Ferry {number}\ndate: 2019-01-0{number + 1}\n{expired}---\n"
        page = tmp_path / "content" / f"ferry-{number}.md"
        page.write_text(f"{matter}The ferry sails, number {number}.\n", encoding="utf-8")
    shown = run("show", tmp_path, "--articles", 8, "--threshold", 0).stdout
    assert "ferry-0" in shown
    assert not any(f"ferry-{number}" in shown for number in (1, 3, 5, 7))
