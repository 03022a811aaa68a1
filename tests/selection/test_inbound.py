"""Back-fill: who should point at an article, and what nothing points at."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from recommender import Article, Corpus, Recommender, Relation, Settings, SettingsError, Suggestion, UnknownArticleError
from recommender.jobs.backfill import BackFill, inbound_rows, new_articles, orphans
from recommender.jobs.nightly import suggest_site
from recommender.selection.decisions import Decision, Decisions

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def sources(suggestions: Sequence[Suggestion]) -> list[str]:
    return [one.source_id for one in suggestions]


def ruled(articles: Sequence[Article], **settings: Any) -> Recommender:
    return Recommender(Settings.from_dict(settings), "coast").fit(articles)


@pytest.mark.parametrize("place", [5, 60, 117])
def test_the_best_sources_are_those_of_the_highest_scores(fitted: Recommender, place: int) -> None:
    corpus = fitted.corpus
    target = corpus[place].id
    found = fitted.inbound(target, k=4, threshold=0)
    linking = {int(source) for source, other in corpus.links if other == place}
    others = [one for row, one in enumerate(corpus[:place]) if row not in linking and not one.removed]
    scored = sorted((-fitted.score(one.id, target), one.id) for one in others)
    asked = set(sources(fitted.inbound(target, k=1000, threshold=0)))
    assert len(asked) > 0.8 * len(scored)  # nearly all are worth asking at this size
    assert sources(found) == [name for _, name in scored if name in asked][:4]
    for rank, one in enumerate(found, start=1):
        told = fitted.explain(one.source_id, target)
        assert (one.target_id, one.rank) == (target, rank)
        assert (one.score, one.reasons) == (told.score, told.reasons)
        assert sum(reason.share for reason in one.reasons) == pytest.approx(one.score, abs=1e-6)


def test_many_at_once_are_the_same_as_one_by_one(fitted: Recommender) -> None:
    names = [article.id for article in fitted.corpus[::7]]
    found = fitted.inbound_all(names, k=3)
    assert [name for name, _ in found] == names
    assert found == fitted.inbound_all(names, k=3, n_jobs=2)
    for name, each in found:
        candidates = {source: one for one in each for source in [one.source_id]}
        assert [one.rank for one in each] == list(range(1, len(each) + 1))
        alone = {one.source_id: one for one in fitted.inbound(name, k=1000)}
        for source, one in candidates.items():
            assert (one.score, one.reasons) == (alone[source].score, alone[source].reasons)
    assert sum(found_ == fitted.inbound(name, k=3) for name, found_ in found) > 0.8 * len(names)
    assert fitted.inbound_all([]) == []


def test_only_older_articles_that_do_not_link_to_it_yet(unlearned: Recommender) -> None:
    assert set(sources(unlearned.inbound("ferry-3", k=100))) == {
        "ferry-1",
        "ferry-2",
        *_of("breach", 2),
        *_of("wind", 2),
    }
    any_age = set(sources(unlearned.inbound("ferry-3", k=100, older=False)))
    assert any_age == {"ferry-1", "ferry-2", *_of("breach", 4), *_of("wind", 4)}  # ferry-4 links to it
    assert unlearned.inbound("ferry-1") == []


def _of(story: str, count: int) -> list[str]:
    return [f"{story}-{number}" for number in range(1, count + 1)]


def test_k_and_threshold_are_those_of_suggest(unlearned: Recommender) -> None:
    every = unlearned.inbound("wind-4", k=100)
    assert unlearned.inbound("wind-4", k=2) == every[:2]
    assert len(unlearned.inbound("wind-4")) == 5
    least = every[1].score
    assert unlearned.inbound("wind-4", threshold=least) == every[:2]
    with pytest.raises(SettingsError, match="must be at least 1, got 0"):
        unlearned.inbound("wind-4", k=0)
    with pytest.raises(UnknownArticleError, match="no article has the id 'wind'"):
        unlearned.inbound("wind")


def test_a_draft_is_pointed_at_too(unlearned: Recommender) -> None:
    draft = Article("draft", "Ferry strike: deckhands look back", published_at=datetime(2025, 4, 1, tzinfo=UTC))
    found = unlearned.inbound(draft, k=4)
    assert {name[:5] for name in sources(found)} == {"ferry"}
    assert found[0].target is draft
    assert "draft" not in unlearned.corpus


def test_removed_articles_point_at_nothing(articles: tuple[Article, ...]) -> None:
    model = Recommender().fit([replace(one, removed=one.id == "wind-3") for one in articles])
    assert "wind-3" not in sources(model.inbound("wind-4", k=100))
    assert model.inbound("wind-3") == []


@pytest.mark.parametrize(
    "rules",
    [
        {"never": [["wind-4", "wind-3"]]},
        {"block_sources": ["wind-3"]},
        {"never_topics": [["energy", "energy"]]},
    ],
)
def test_rules_hold_for_the_way_back(articles: tuple[Article, ...], rules: dict[str, Any]) -> None:
    usual = sources(Recommender().fit(articles).inbound("wind-4", k=100))
    found = sources(ruled(articles, rules=rules).inbound("wind-4", k=100))
    assert "wind-3" in usual
    assert "wind-3" not in found
    assert found
    assert found == [name for name in usual if name in found]
    assert ruled(articles, rules={"block_targets": ["wind-4"]}).inbound("wind-4") == []


def test_a_rejected_pair_is_not_asked_for_again(articles: tuple[Article, ...]) -> None:
    model = Recommender(decisions=Decisions([Decision("reject", "wind-3", "wind-4", "Ana", NOON, "too early")]))
    assert "wind-3" not in sources(model.fit(articles).inbound("wind-4", k=100))


def test_a_pinned_source_comes_first(articles: tuple[Article, ...]) -> None:
    model = ruled(articles, rules={"pin": [{"source": "ferry-1", "target": "wind-4"}]}, candidates={"text": 3})
    first, second = model.inbound("wind-4", k=2, threshold=0)
    assert (first.source_id, first.pinned, second.pinned) == ("ferry-1", True, False)
    assert first.score < second.score
    assert [one.source_id for one in model.inbound("wind-4", threshold=1)] == ["ferry-1"]


def test_the_half_life_counts_from_the_source(articles: tuple[Article, ...]) -> None:
    usual, aged = ruled(articles), ruled(articles, rules={"half_life_days": 1})
    assert aged.inbound("wind-4") == usual.inbound("wind-4")  # a later target has no age
    late = {one.source_id: one.score for one in aged.inbound("ferry-1", k=100, older=False)}
    assert late == {name: aged.score(name, "ferry-1") for name in late}
    assert late["wind-4"] < usual.score("wind-4", "ferry-1")


def test_new_is_what_came_after_or_within_a_week(unlearned: Recommender, articles: tuple[Article, ...]) -> None:
    assert new_articles(unlearned) == [one.id for one in articles[5:]]
    assert new_articles(unlearned, articles[9].published_at) == ["breach-4", "wind-4"]
    gone = Recommender().fit([replace(one, removed=one.id == "wind-4") for one in articles])
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
    found = list(orphans(unlearned, lists))
    # ferry-1 to -3, breach-1, breach-3, wind-1 and wind-2 are linked to by their editors
    assert [one.article.id for one in found] == ["breach-2", "wind-3"]
    for one in found:
        assert list(one.sources) == unlearned.inbound(one.article.id, k=3, threshold=0, older=False)
        assert len(one.sources) == 3
        assert one.to_dict()["sources"][0]["source"] == one.sources[0].source_id
    assert {name[:4] for name in sources(found[1].sources)} == {"wind"}


def test_what_a_removed_article_links_to_is_an_orphan_and_removed_ones_are_none(corpus: Corpus) -> None:
    changed = [
        replace(
            one, removed=one.id == "breach-2", relations=(Relation(None, "wind-4"),) if one.id == "breach-2" else ()
        )
        for one in corpus
    ]
    names = {one.article.id for one in orphans(Recommender().fit(changed), {})}
    assert names == {one.id for one in corpus} - {"breach-2"}


def test_an_orphan_that_the_house_keeps_alone_has_no_sources(articles: tuple[Article, ...]) -> None:
    model = ruled(articles, rules={"block_targets": ["wind-3"]})
    [found] = [one for one in orphans(model, {}) if one.article.id == "wind-3"]
    assert found.sources == ()


def test_the_job_writes_who_should_point_at_new_articles(articles: tuple[Article, ...], tmp_path: Path) -> None:
    site = tmp_path / "articles.jsonl"
    fields = [
        {"id": one.id, "title": one.title, "excerpt": one.excerpt, "publishedDateTime": one.published_at.isoformat()}
        for one in articles
    ]
    site.write_text("".join(json.dumps(one) + "\n" for one in fields), encoding="utf-8")
    wanted = BackFill(tmp_path / "inbound.jsonl", articles[9].published_at)
    summary = suggest_site(site, output=tmp_path / "out.jsonl", back_fill=wanted)
    rows = [json.loads(line) for line in wanted.output.read_text(encoding="utf-8").splitlines()]
    assert {row["target"] for row in rows} == {"breach-4", "wind-4"}
    assert summary.inbound == len(rows) == 10
    assert "inbound 10 links from older articles to new ones" in summary.lines()
    with pytest.raises(SettingsError, match="since must have a time zone"):
        BackFill(tmp_path / "x", datetime(2025, 1, 1))
