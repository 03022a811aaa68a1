"""The verb explain."""

from __future__ import annotations

import json
from pathlib import Path

from support.command_line import assert_one_line_and_exit_2, json_lines, run, write_file

from recommender import Article


def test_explain_prints_reasons_that_add_up(site: Path) -> None:
    text = run("explain", site, "ferry-1", "https://coast.example/amp/ferry-3")
    assert text.exit_code == 0
    assert text.stdout.startswith("ferry-1\n  -> ferry-3\n")
    explanation = json.loads(run("explain", site, "ferry-1", "ferry-3", "--json").stdout)
    assert (explanation["source"], explanation["target"]) == ("ferry-1", "ferry-3")
    assert explanation["verdict"].startswith("suggested, at rank ")
    assert abs(sum(reason["share"] for reason in explanation["reasons"]) - explanation["score"]) < 0.002
    assert "strike" in explanation["shared_terms"]
    plain = run("explain", site, "ferry-1", "ferry-3").stdout
    assert all(f"{reason['feature']}: {reason['text']}" in plain for reason in explanation["reasons"])
    assert f"score {explanation['score']:.3f}" in plain


def test_explain_names_what_outranks_a_target_with_titles(site: Path, articles: tuple[Article, ...]) -> None:
    (site / "recommender.yaml").write_text("selection: {threshold: 0}\n", encoding="utf-8")
    lines = json_lines(run("suggest", site).stdout)
    shown = {line["target"] for line in lines if line["source"] == "ferry-1"}
    target = next(article.id for article in articles if article.id not in {*shown, "ferry-1"})
    explanation = json.loads(run("explain", site, "ferry-1", target, "--json").stdout)
    assert (explanation["suggested"], explanation["obstacle"]) == (False, "outranked")
    assert len(explanation["outranked_by"]) == 5
    plain = run("explain", site, "ferry-1", target).stdout
    titles = {article.id: article.title for article in articles}
    assert "".join(f"  {name}: {titles[name]}\n" for name in explanation["outranked_by"]) in plain


def test_of_a_source_that_is_not_on_the_site_it_says_that_nothing_is_written_for_it(tmp_path: Path) -> None:
    (tmp_path / "hugo.toml").write_text("baseURL = 'https://coast.example/'\n", encoding="utf-8")
    for name, *header in (("old", "expiryDate: 2025-02-01"), ("strike",), ("ferry",)):
        write_file(tmp_path / "content", f"{name}.md", f"title: Ferry {name}", "date: 2025-01-02", *header)
    (tmp_path / "recommender.yaml").write_text("selection: {threshold: 0}\n", encoding="utf-8")
    line = "but old gets no suggestions from the nightly job: expired on 2025-02-01\n"
    text = run("explain", tmp_path, "old", "/ferry/").stdout
    assert ("suggested, at rank" in text, line in text) == (True, True)
    as_json = run("explain", tmp_path, "old", "ferry", "--json")
    assert json.loads(as_json.stdout)["target"] == "ferry"
    assert as_json.stderr == line
    assert "but " not in run("explain", tmp_path, "/strike/", "ferry").stdout
    assert "old" not in {row["source"] for row in json_lines(run("suggest", tmp_path).stdout)}


def test_an_unknown_id_names_the_nearest(site: Path) -> None:
    assert_one_line_and_exit_2(run("explain", site, "ferry-1", "ferry-9"), "'ferry-9'; did you mean ferry-")
    assert_one_line_and_exit_2(run("explain", site, "wnd-1", "ferry-1"), "'wnd-1'; did you mean wind-1")
    assert_one_line_and_exit_2(run("explain", site, "ferry-1", "ferry-1"), "'ferry-1' is source and target at once")
