"""The audit of curated links: every kind of finding, on a dozen articles and on the example site."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from recommender import Article, Corpus, Recommender, Relation, Settings
from recommender.evaluation.link_audit import KINDS, Finding, LinkAudit, audit_links, own_host
from recommender.evaluation.relation_audit import audit_relations


def linked(articles: Sequence[Article], **lists: Sequence[Relation]) -> Recommender:
    """Return a model of the articles with these relations only; an underscore in a name stands for a dash."""
    relations = {name.replace("_", "-"): tuple(links) for name, links in lists.items()}
    return Recommender(name="coast").fit(
        [replace(article, relations=relations.get(article.id, ())) for article in articles]
    )


def to(name: str) -> Relation:
    return Relation(f"https://coast.example/{name}")


def ends(audit: LinkAudit, kind: str) -> list[tuple[str, str | None]]:
    """Return source and target of all findings of a kind."""
    return [(finding.source, finding.target) for finding in audit.findings if finding.kind == kind]


def test_a_link_into_the_site_to_no_article_is_dead_and_one_out_of_it_unresolved(
    articles: tuple[Article, ...],
) -> None:
    links = [
        to("gone"),
        Relation("/lost/"),
        Relation(None, "ferry-99"),
        Relation("https://else.example/a"),
        to("ferry-2"),
    ]
    audit = audit_links(linked(articles, ferry_1=links))
    dead = ["/lost/", "ferry-99", "https://coast.example/gone"]
    assert ends(audit, "dead") == [("ferry-1", target) for target in dead]
    assert ends(audit, "unresolved") == [("ferry-1", "https://else.example/a")]
    assert audit.links == 1


def test_on_a_site_without_a_common_host_only_ids_can_be_dead(articles: tuple[Article, ...]) -> None:
    own_hosts = [replace(article, url=f"https://{article.id}.example/a", aliases=()) for article in articles]
    assert own_host(Corpus.from_articles(own_hosts)) is None
    assert own_host(Corpus.from_articles(articles)) == "coast.example"
    audit = audit_links(linked(own_hosts, ferry_1=[Relation("https://ferry-2.example/gone"), Relation(None, "gone")]))
    assert ends(audit, "unresolved") == [("ferry-1", "https://ferry-2.example/gone")]
    assert ends(audit, "dead") == [("ferry-1", "gone")]


def test_links_to_removed_articles_and_to_oneself(articles: tuple[Article, ...]) -> None:
    removed = [replace(article, removed=article.id == "ferry-2") for article in articles]
    audit = audit_links(linked(removed, ferry_1=[to("ferry-2"), to("ferry-1")]))
    assert ends(audit, "removed") == [("ferry-1", "ferry-2")]
    assert ends(audit, "itself") == [("ferry-1", "ferry-1")]
    assert ends(audit, "one-way") == ends(audit, "weak") == []


def test_links_to_what_is_not_on_the_site_are_found_but_no_links_that_nobody_reads(
    articles: tuple[Article, ...],
) -> None:
    changed = [
        replace(article, excluded="expired on 2025-01-01") if article.id == "ferry-2" else article
        for article in articles
    ]
    audit = audit_links(linked(changed, ferry_1=[to("ferry-2")], ferry_2=[to("gone"), to("ferry-3")]))
    assert ends(audit, "excluded") == [("ferry-1", "ferry-2")]
    assert ends(audit, "dead") == ends(audit, "one-way") == []


def test_a_target_given_twice_is_a_duplicate_however_it_is_written(articles: tuple[Article, ...]) -> None:
    again = Relation("http://www.coast.example/amp/ferry-2?utm_source=mail")
    external = [Relation("https://else.example/a"), Relation("http://else.example/a/")]
    audit = audit_links(linked(articles, ferry_1=[to("ferry-2"), again, *external]))
    assert ends(audit, "duplicate") == [("ferry-1", "ferry-2"), ("ferry-1", "http://else.example/a/")]
    assert ends(audit, "unresolved") == [("ferry-1", "https://else.example/a")]


def test_two_files_of_one_article_have_a_list_each(articles: tuple[Article, ...]) -> None:
    first = replace(articles[0], relations=(to("ferry-2"),))
    second = replace(first, id="ferry-1-update", relations=(Relation("https://coast.example/amp/ferry-2"),))
    audit = audit_links(Recommender().fit([first, second, *articles[1:]]))
    assert ends(audit, "duplicate") == []


def test_a_link_without_a_link_back_is_one_way(articles: tuple[Article, ...]) -> None:
    audit = audit_links(linked(articles, ferry_1=[to("ferry-2"), to("ferry-3")], ferry_2=[to("ferry-1")]))
    assert ends(audit, "one-way") == [("ferry-1", "ferry-3")]


def test_a_weak_link_has_a_better_alternative(articles: tuple[Article, ...]) -> None:
    model = linked(articles, ferry_4=[to("wind-1"), to("ferry-3")])
    score = model.score("ferry-4", "wind-1")
    linked_targets = {"ferry-3", "wind-1"}
    best = next(suggestion for suggestion in model.suggest("ferry-4") if suggestion.target_id not in linked_targets)
    audit = audit_links(model, weak=score + 1e-9)
    [weak] = [finding for finding in audit.findings if finding.kind == "weak"]
    assert (weak.source, weak.target, weak.better) == ("ferry-4", "wind-1", best.target_id)
    assert weak.score == pytest.approx(score)
    assert weak.better_score == pytest.approx(best.score)
    assert weak.line() == f"ferry-4 -> wind-1 ({score:.2f}) rather {best.target_id} ({best.score:.2f})"
    assert audit_links(model, weak=0.0).counts["weak"] == 0
    assert audit.mean_score == pytest.approx((score + model.score("ferry-4", "ferry-3")) / 2)


def test_a_link_of_low_score_without_a_better_one_is_not_weak(articles: tuple[Article, ...]) -> None:
    rules = {"block_targets": [article.id for article in articles if article.id != "wind-1"]}
    model = linked(articles, ferry_4=[to("wind-1")])
    model.settings = Settings.from_dict({"rules": rules})
    weak = model.score("ferry-4", "wind-1") + 1e-9
    assert audit_links(model, weak).counts["weak"] == 0
    model.settings = Settings()
    assert audit_links(model, weak).counts["weak"] == 1


def test_a_list_is_stale_where_a_good_article_came_later(fitted: Recommender) -> None:
    corpus = fitted.corpus
    links = {article.id: {corpus.resolve(relation) for relation in article.relations} - {None} for article in corpus}
    stale = {finding.source: finding for finding in audit_links(fitted).findings if finding.kind == "stale"}
    assert 0 < len(stale) < len(links)
    for name, targets in links.items():
        latest = max([corpus.row(name), *targets])
        suggested = [suggestion.target_id for suggestion in fitted.suggest(name, k=20, threshold=0.5)]
        later = [
            target_id
            for target_id in suggested
            if corpus.times[corpus.row(target_id)] > corpus.times[latest] and corpus.row(target_id) not in targets
        ]
        assert (name in stale) == bool(targets and later)
        if name in stale:
            assert stale[name].better == later[0]
            assert stale[name].target is None
            assert stale[name].better_score >= 0.5


def test_scores_are_those_of_the_ranker_for_candidates_and_others(articles: tuple[Article, ...]) -> None:
    few = Settings.from_dict({"candidates": {"text": 1, "title": 0, "recent": 0, "linked": 0}})
    model = linked(articles, ferry_4=[to("wind-1"), to("ferry-3")])
    model.settings = few
    scores = {finding.target: finding.score for finding in audit_links(model).findings if finding.kind == "one-way"}
    assert scores == {name: pytest.approx(model.score("ferry-4", name)) for name in ("wind-1", "ferry-3")}


def test_limits_are_checked_kind_by_kind() -> None:
    audit = LinkAudit(
        3, (Finding("dead", "a", "/x"), Finding("dead", "a", "/y"), Finding("stale", "a", None)), 0.5, None
    )
    assert audit.counts == {**dict.fromkeys(KINDS, 0), "dead": 2, "stale": 1}
    assert audit.over({"dead": 1, "stale": 1, "weak": 0}) == ["dead: 2, more than the limit of 1"]
    assert audit.over({"dead": 2}) == audit.over({}) == []


def test_an_audit_of_the_example_site_is_complete_and_the_same_each_time(fitted: Recommender, newsroom: Corpus) -> None:
    audit = audit_links(fitted)
    assert audit.to_dict() == audit_links(fitted, n_jobs=2).to_dict() == json.loads(json.dumps(audit.to_dict()))
    assert audit.counts["unresolved"] == len(newsroom.externals)
    assert audit.counts["removed"] == 2
    assert audit.relations == audit_relations(newsroom)
    assert all(finding.file and Path(finding.file).is_file() for finding in audit.findings)
    order = [list(KINDS).index(finding.kind) for finding in audit.findings]
    assert order == sorted(order)
    text = audit.text(show=1)
    assert "of 171 links, of mean score 0." in text
    assert text.count("\nremoved:\n  ") == 1
    assert "transitive closure" in text


def test_a_site_without_links_is_audited_too(unrelated: tuple[Article, ...]) -> None:
    audit = audit_links(Recommender().fit(unrelated))
    assert (audit.links, audit.findings, audit.to_dict()["mean_score"]) == (0, (), None)
    assert "of 0 links, of mean score -" in audit.text()


def test_a_finding_is_json_ready() -> None:
    values: dict[str, Any] = Finding("weak", "a", "b", 0.123456789, "c", 0.5, "a.md").to_dict()
    assert values == {
        "kind": "weak",
        "source": "a",
        "target": "b",
        "score": 0.123457,
        "better": "c",
        "better_score": 0.5,
        "file": "a.md",
    }
