"""Candidates against full sorts and dense products."""

from __future__ import annotations

import copy
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from recommender import Article, Corpus, Relation
from recommender.core.settings import CandidateSettings
from recommender.features.pair_features import pair_features
from recommender.retrieval.candidates import searched_depth, with_candidates
from recommender.retrieval.index import Index
from recommender.retrieval.inverted_index import BUDGET
from recommender.retrieval.query import Query, SourceQuery, queries
from recommender.retrieval.vectorizer import Vectorizer

START = datetime(2025, 1, 1, tzinfo=UTC)
N = 120
NONE = CandidateSettings(text=0, title=0, recent=0, linked=0, seeds=0)
SOURCES = [(50, N), (50, 60), (100, 101), (N - 1, N), (0, N), (-1, N), (-1, 70)]
DRAFT = Article("draft", "word1 word5 word9 word30", "word2 word3 word1", published_at=START + timedelta(days=31.5))


@pytest.fixture(scope="module")
def index() -> Index:
    """Return articles of common words and few dates, some removed, the last of them undated; linked at random."""
    rng = np.random.default_rng(7)
    words = [f"word{number}" for number in range(50)]
    rarity = 1 / np.arange(1, len(words) + 1)

    def text(count: int) -> str:
        return " ".join(rng.choice(words, count, p=rarity / rarity.sum()))

    corpus = Corpus.from_articles(
        Article(
            f"a{number:03}",
            text(4),
            text(9),
            published_at=None if number >= N - 6 else START + timedelta(days=int(number // 1.7)),
            removed=number % 11 == 3,
            relations=tuple(Relation(None, f"a{target:03}") for target in rng.choice(N, rng.integers(5))),
        )
        for number in range(N)
    )
    return Vectorizer.fit(corpus).index(corpus)


def candidates_of(
    index: Index, row: int, limit: int, settings: CandidateSettings, forced_rows: np.ndarray | None = None
) -> Query:
    """Return the query of a row, or for -1 of the draft, with its candidates."""
    vectors = Vectorizer.fit(index.corpus).transform([DRAFT]) if row < 0 else index.vectors.take(np.array([row]))
    depth = searched_depth(settings)
    [query] = queries(index, vectors, np.array([row]), np.array([limit]), depth=depth)
    return with_candidates(query, settings, forced_rows)


def with_budget(index: Index, budget: int) -> Index:
    """Return an index of which so many postings are read for a source."""
    limited = copy.copy(index)
    vars(limited)["inverted"] = replace(index.inverted, budget=budget)
    return limited


def top_rows(values: np.ndarray, k: int) -> list[int]:
    """Sort everything, the newest first among equals, and return the top k above zero, ascending."""
    ordered = sorted(range(len(values)), key=lambda row: (-values[row], -row))
    return sorted(row for row in ordered[:k] if values[row] > 0)


def dense_similarity(index: Index, query: Query, source: int = 0) -> dict[str, np.ndarray]:
    """Return every cosine with a source, from dense matrices."""
    fields, limit, row, vectors = {}, query.limits[source], query.rows[source], query.vectors
    for field in ("full", "title", "characters"):
        articles = getattr(index.vectors, field)[:limit]
        columns = np.unique(np.concatenate([articles.indices, getattr(vectors, field)[source].indices]))
        fields[field] = articles[:, columns].toarray() @ getattr(vectors, field)[[source]][:, columns].toarray()[0]
        if 0 <= row < limit:
            fields[field][row] = 0
    fields["overall"] = fields["full"] + 0.5 * fields["title"] + 0.3 * fields["characters"]
    return fields


def allowed(index: Index, query: Query, rows: list[int]) -> list[int]:
    return [row for row in rows if row != query.rows[0] and not index.corpus[row].removed]


@pytest.mark.parametrize("block", [1, 7, 64])
def test_similarity_is_the_dense_product(index: Index, block: int) -> None:
    rows = np.arange(N)
    limits = np.minimum(rows + 1 + rows % 13, N)
    blocks = list(queries(index, index.vectors.take(rows), rows, limits, block))
    assert np.concatenate([query.rows for query in blocks]).tolist() == rows.tolist()
    for query in blocks[::9]:
        for source, limit in enumerate(query.limits.tolist()):
            for field, expected in dense_similarity(index, query, source).items():
                np.testing.assert_allclose(query.similarity(field, source, np.arange(limit)), expected, atol=1e-5)


@pytest.mark.parametrize("budget", [10, 200, BUDGET])
def test_alone_or_in_a_block_a_source_gets_the_same_to_the_last_bit(index: Index, budget: int) -> None:
    index = with_budget(index, budget)
    rows, limits = np.arange(40, 60), np.arange(90, 110)
    [block] = queries(index, index.vectors.take(rows), rows, limits)
    block = with_candidates(block, CandidateSettings())
    X, _ = pair_features(block)
    for position, row in enumerate(rows.tolist()):
        alone = candidates_of(index, row, int(limits[position]), CandidateSettings())
        in_block = SourceQuery(block, position)
        np.testing.assert_array_equal(alone.targets, in_block.targets)
        np.testing.assert_array_equal(pair_features(alone)[0], X[in_block.pairs])


def test_what_is_not_known_yet_does_not_lead_the_search_elsewhere(index: Index) -> None:
    early = Vectorizer.fit(index.corpus).index(Corpus(index.corpus[:70]))
    for row in range(0, 70, 9):
        now, then = (
            candidates_of(with_budget(searched, 60), row, 70, replace(NONE, text=9)) for searched in (index, early)
        )
        assert now.targets.tolist() == then.targets.tolist()


def test_a_small_budget_costs_the_least_telling_terms(index: Index) -> None:
    def nearest(budget: int) -> list[set[int]]:
        limited = with_budget(index, budget)
        return [set(candidates_of(limited, row, N, replace(NONE, text=9)).targets.tolist()) for row in range(0, N, 5)]

    usual = nearest(BUDGET)
    recall = [
        np.mean([len(rows & few) / len(rows) for rows, few in zip(usual, nearest(budget), strict=True)])
        for budget in (1, 60, 400, 10**6)
    ]
    assert 0 < recall[0] < recall[1] < recall[2] <= recall[3] == 1


@pytest.mark.parametrize(("row", "limit"), SOURCES)
@pytest.mark.parametrize(("stage", "field"), [("text", "overall"), ("title", "title")])
def test_the_nearest_by_text_are_those_of_the_dense_product(
    index: Index, row: int, limit: int, stage: str, field: str
) -> None:
    query = candidates_of(index, row, limit, replace(NONE, **{stage: 9}))
    # Rounded, so that equal texts are ties for the reference too.
    expected = top_rows(dense_similarity(index, query)[field].round(5), 9)
    assert len(expected) == 9
    assert query.targets.tolist() == allowed(index, query, expected)


@pytest.mark.parametrize(("row", "limit"), [(50, N), (50, 60), (100, 101), (0, N), (-1, N)])
def test_the_nearest_in_time_are_there(index: Index, row: int, limit: int) -> None:
    query = candidates_of(index, row, limit, replace(NONE, recent=8))
    day = DRAFT.published_at if row < 0 else index.corpus[row].published_at
    time_apart = {
        target: abs(index.corpus[target].published_at - day)
        for target in range(limit)
        if target != row and index.corpus[target].published_at
    }
    nearest = sorted(time_apart, key=lambda target: (time_apart[target], -target))[:8]
    assert query.targets.tolist() == allowed(index, query, sorted(nearest))


def test_without_a_date_the_newest_are_nearest(index: Index) -> None:
    query = candidates_of(index, N - 1, 100, replace(NONE, recent=8))
    assert query.targets.tolist() == allowed(index, query, list(range(92, 100)))


@pytest.mark.parametrize("count", [1, 3, 40, 119, 120, 500])
def test_as_many_are_near_in_time_as_the_settings_say(count: int) -> None:
    rng = np.random.default_rng(count)
    corpus = Corpus.from_articles(
        Article(f"a{number:04}", "", published_at=START + timedelta(minutes=int(rng.integers(10**6))))
        for number in range(500)
    )
    index = Vectorizer.fit(corpus).index(corpus)
    for row in range(0, 500, 50):
        assert len(candidates_of(index, row, 500, replace(NONE, recent=count)).targets) == min(count, 499)


@pytest.mark.parametrize(("row", "limit"), SOURCES)
def test_what_the_nearest_are_linked_with_is_there(index: Index, row: int, limit: int) -> None:
    query = candidates_of(index, row, limit, replace(NONE, linked=6, seeds=4))
    corpus, overall = index.corpus, dense_similarity(index, query)["overall"].round(5)
    days_apart = np.nan_to_num(np.abs(index.vectors.days[:limit] - query.vectors.days[0]), nan=30.0)
    links = {(corpus.row(article.id), corpus.row(link.target_id)) for article in corpus for link in article.relations}
    links |= {(target, source) for source, target in links}
    strength = np.zeros(limit)
    for seed in {*top_rows(overall, 4), *top_rows(overall * 0.5 ** (days_apart / 7), 4)}:
        neighbours = {target for source, target in links if source == seed} - {seed, row}
        known = [neighbour for neighbour in neighbours if neighbour < limit]
        for neighbour in known:
            strength[neighbour] += overall[seed] * 0.5 ** (days_apart[seed] / 30) / math.sqrt(1 + len(known))
    assert query.targets.tolist() == allowed(index, query, top_rows(strength.round(5), 6))
    np.testing.assert_allclose(query.link_strengths, strength[query.targets], atol=1e-4)


@pytest.mark.parametrize(("row", "limit"), SOURCES)
def test_the_candidates_are_those_of_all_searches_together(index: Index, row: int, limit: int) -> None:
    settings = CandidateSettings(text=9, title=5, recent=8, linked=6, seeds=4)
    query = candidates_of(index, row, limit, settings)
    by_search = [
        candidates_of(index, row, limit, replace(NONE, **search)).targets.tolist()
        for search in ({"text": 9}, {"title": 5}, {"recent": 8}, {"linked": 6, "seeds": 4})
    ]
    assert query.targets.tolist() == sorted(set().union(*by_search))
    assert len(query.link_strengths) == len(query.targets)


@pytest.mark.parametrize(("row", "limit"), SOURCES)
def test_neither_the_source_nor_removed_nor_later_articles_are_candidates(index: Index, row: int, limit: int) -> None:
    targets = candidates_of(index, row, limit, CandidateSettings(500, 500, 500, 500, 500)).targets
    assert row not in targets
    assert max(targets) < limit
    assert not any(index.corpus[int(target)].removed for target in targets)
    dated = [row for row in range(limit) if index.corpus[row].published_at and not index.corpus[row].removed]
    assert set(dated) - {row} <= set(targets)


def test_forced_rows_are_candidates_whatever_speaks_against_them(index: Index) -> None:
    usual = candidates_of(index, 50, N, replace(NONE, text=5))
    removed = next(row for row in range(N) if index.corpus[row].removed)
    far = next(row for row in range(N) if row not in usual.targets and row != 50)
    forced_rows = np.array(sorted({removed, far, int(usual.targets[0])}))
    query = candidates_of(index, 50, N, replace(NONE, text=5), forced_rows)
    assert query.targets.tolist() == sorted({*usual.targets.tolist(), *forced_rows.tolist()})
    assert len(query.link_strengths) == len(query.targets)


def test_where_nothing_is_searched_or_known_there_is_no_candidate(index: Index) -> None:
    assert candidates_of(index, 50, N, NONE).targets.tolist() == []
    assert candidates_of(index, 50, 0, CandidateSettings()).targets.tolist() == []
