"""Back-fill: which articles are new, what links to them, and which articles nothing links to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from support.command_line import write_json_lines

from recommender import Article, Corpus, Recommender, Relation, Settings, SettingsError, Suggestion
from recommender.jobs.backfill import FEW, BackFill, inbound_rows, new_articles, orphan_row, orphans
from recommender.jobs.nightly import suggest_site


def sources(suggestions: Sequence[Suggestion]) -> list[str]:
    return [suggestion.source_id for suggestion in suggestions]


def test_new_is_what_came_after_or_within_a_week(unlearned: Recommender, articles: tuple[Article, ...]) -> None:
    assert new_articles(unlearned) == [article.id for article in articles[5:]]
    assert new_articles(unlearned, articles[9].published_at) == ["breach-4", "wind-4"]
    gone = Recommender().fit([replace(article, removed=article.id == "wind-4") for article in articles])
    assert new_articles(gone, articles[9].published_at) == ["breach-4"]
    assert new_articles(Recommender().fit([Article("a", "Undated")])) == []


def test_a_row_names_both_ends(unlearned: Recommender) -> None:
    rows = list(inbound_rows(unlearned, ["breach-4", "wind-4"]))
    assert [row["target"] for row in rows] == ["breach-4"] * 5 + ["wind-4"] * 5
    first = rows[0]
    assert first.keys() > {"source", "target", "rank", "score", "kind", "reasons", "title", "url", "model"}
    source = unlearned.corpus[unlearned.corpus.row(first["source"])]
    assert (first["source_title"], first["source_url"]) == (source.title, source.url)


def test_an_orphan_has_neither_link_nor_suggestion(unlearned: Recommender) -> None:
    lists = {"ferry-1": ["ferry-4", "breach-4"], "wind-1": ["wind-4"]}
    orphaned = list(orphans(unlearned, lists))
    # ferry-1 to -3, breach-1, breach-3, wind-1 and wind-2 are linked to by their editors
    assert [orphan.id for orphan, _ in orphaned] == ["breach-2", "wind-3"]
    for orphan, suggestions in orphaned:
        assert suggestions == unlearned.inbound(orphan.id, k=3, threshold=0, older=False)
        assert len(suggestions) == 3
        row = orphan_row(orphan, suggestions)
        assert (row["orphan"], row["title"], row["url"]) == (orphan.id, orphan.title, orphan.url)
        best = suggestions[0]
        score = round(best.score, 6)
        assert row["sources"][0] == {"source": best.source_id, "rank": 1, "score": score, "kind": best.kind}
    assert {name[:4] for name in sources(orphaned[1][1])} == {"wind"}


def test_what_a_removed_article_links_to_is_an_orphan_and_removed_ones_are_none(corpus: Corpus) -> None:
    changed = [
        replace(
            article,
            removed=article.id == "breach-2",
            relations=(Relation(None, "wind-4"),) if article.id == "breach-2" else (),
        )
        for article in corpus
    ]
    names = {orphan.id for orphan, _ in orphans(Recommender().fit(changed), {})}
    assert names == {article.id for article in corpus} - {"breach-2"}


def test_an_orphan_that_a_rule_blocks_has_no_sources(articles: tuple[Article, ...]) -> None:
    model = Recommender(Settings.from_dict({"rules": {"block_targets": ["wind-3"]}})).fit(articles)
    assert {orphan.id: suggestions for orphan, suggestions in orphans(model, {})}["wind-3"] == []


def test_the_job_writes_which_articles_should_link_to_new_ones(articles: tuple[Article, ...], tmp_path: Path) -> None:
    site = write_json_lines(tmp_path / "articles.jsonl", articles)
    back_fill = BackFill(tmp_path / "inbound.jsonl", articles[9].published_at)
    filled = Settings.from_dict({"selection": {"threshold": 0}})
    summary = suggest_site(site, filled, output=tmp_path / "out.jsonl", back_fill=back_fill)
    rows = [json.loads(line) for line in back_fill.output.read_text(encoding="utf-8").splitlines()]
    assert {row["target"] for row in rows} == {"breach-4", "wind-4"}
    assert summary.record.counts.inbound == len(rows) == 10
    assert "inbound 10 links from older articles to new ones" in summary.lines()
    with pytest.raises(SettingsError, match="since must have a time zone"):
        BackFill(tmp_path / "x", datetime(2025, 1, 1))


def test_many_orphans_have_the_sources_of_a_search_for_all_of_them(unrelated: tuple[Article, ...]) -> None:
    model = Recommender().fit(unrelated)
    lonely = {orphan.id: suggestions for orphan, suggestions in orphans(model, {})}
    assert list(lonely) == [article.id for article in unrelated]
    assert len(lonely) > FEW
    assert lonely == dict(model.inbound_all(list(lonely), 3, 0.0, older=False))


def test_many_new_articles_have_the_same_rows_as_few(unlearned: Recommender, articles: tuple[Article, ...]) -> None:
    names = [article.id for article in articles]
    rows = list(inbound_rows(unlearned, names))
    assert rows == [row for name in names for row in inbound_rows(unlearned, [name])]
