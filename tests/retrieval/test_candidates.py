"""Candidates against full sorts and dense products."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender import Article, Corpus, Relation
from recommender.core.settings import CandidateSettings
from recommender.features.pair_features import pair_features
from recommender.retrieval import inverted_index as text_search
from recommender.retrieval.candidates import searched_depth, with_candidates
from recommender.retrieval.groups import Groups
from recommender.retrieval.index import Index
from recommender.retrieval.query import Query, SourceQuery, queries
from recommender.retrieval.vectorizer import Vectorizer

START = datetime(2025, 1, 1, tzinfo=UTC)
N = 120
NONE = CandidateSettings(text=0, title=0, recent=0, linked=0, seeds=0)
ASKS = [(50, N), (50, 60), (100, 101), (N - 1, N), (0, N), (-1, N), (-1, 70)]
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
            relations=tuple(Relation(None, f"a{other:03}") for other in rng.choice(N, rng.integers(5))),
        )
        for number in range(N)
    )
    return Vectorizer.fit(corpus).index(corpus)


def found(index: Index, row: int, limit: int, settings: CandidateSettings, **also: np.ndarray) -> Query:
    """Return the query of a row, or for -1 of the draft, with its candidates."""
    vectors = Vectorizer.fit(index.corpus).transform([DRAFT]) if row < 0 else index.vectors.take(np.array([row]))
    depth = searched_depth(settings)
    [query] = queries(index, vectors, np.array([row]), np.array([limit]), depth=depth)
    return with_candidates(query, settings, **also)


def best(values: np.ndarray, count: int) -> list[int]:
    """Sort everything: the highest above zero, the newest first among equals."""
    ordered = sorted(range(len(values)), key=lambda row: (-values[row], -row))
    return sorted(row for row in ordered[:count] if values[row] > 0)


def likeness(index: Index, query: Query, place: int = 0) -> dict[str, np.ndarray]:
    """Return every cosine with a source, from dense matrices."""
    fields, limit, row, source = {}, query.limits[place], query.rows[place], query.vectors.text
    for field in ("full", "title", "characters"):
        dense = getattr(index.vectors.text, field)[:limit]
        columns = np.unique(np.concatenate([dense.indices, getattr(source, field)[place].indices]))
        fields[field] = dense[:, columns].toarray() @ getattr(source, field)[[place]][:, columns].toarray()[0]
        if 0 <= row < limit:
            fields[field][row] = 0
    fields["overall"] = fields["full"] + 0.5 * fields["title"] + 0.3 * fields["characters"]
    return fields


def allowed(index: Index, query: Query, rows: list[int]) -> list[int]:
    return [row for row in rows if row != query.rows[0] and not index.corpus[row].removed]


@given(
    st.lists(st.sampled_from([-1.0, 0.0, 0.25, 0.5, 0.75, 1.0]) | st.floats(-1, 1, width=32), max_size=30),
    st.integers(0, 35),
)
def test_the_best_rows_are_those_of_a_full_sort(values: list[float], count: int) -> None:
    assert sorted(best_rows(values, count)) == best(np.array(values), count)


def best_rows(values: list[float], count: int) -> list[int]:
    runs = Groups(np.zeros(len(values), dtype=np.intp), 1)
    return runs.best(np.array(values, dtype=np.float32), np.arange(len(values)), count).tolist()


def test_among_equals_the_newest_rows_win() -> None:
    assert best_rows([0.5, 0.5, 0.9, 0.5, 0.5], 3) == [2, 4, 3]


def test_nothing_at_or_below_zero_is_best() -> None:
    assert best_rows([0.0, -1.0, 0.0], 2) == []
    assert best_rows([0.0, 0.1, -1.0], 2) == [1]


def test_each_owner_has_its_own_best() -> None:
    runs = Groups(np.array([0, 0, 2, 2, 2]), 3)
    assert runs.best(np.array([0.1, 0.2, 0.5, 0.3, 0.5]), np.array([7, 8, 1, 2, 3]), 2).tolist() == [1, 0, 4, 2]


@pytest.mark.parametrize("block", [1, 7, 64])
def test_likeness_is_the_dense_product(index: Index, block: int) -> None:
    rows = np.arange(N)
    limits = np.minimum(rows + 1 + rows % 13, N)
    asked = list(queries(index, index.vectors.take(rows), rows, limits, block))
    assert np.concatenate([query.rows for query in asked]).tolist() == rows.tolist()
    for query in asked[::9]:
        for place, limit in enumerate(query.limits.tolist()):
            for field, wanted in likeness(index, query, place).items():
                np.testing.assert_allclose(query.similarity(field, place, np.arange(limit)), wanted, atol=1e-5)


@pytest.mark.parametrize("budget", [10, 200, text_search.BUDGET])
def test_asked_alone_or_in_a_block_it_is_the_same_to_the_last_bit(
    index: Index, budget: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_search, "BUDGET", budget)
    rows, limits = np.arange(40, 60), np.arange(90, 110)
    [block] = queries(index, index.vectors.take(rows), rows, limits)
    block = with_candidates(block, CandidateSettings())
    X, _ = pair_features(block)
    for place, row in enumerate(rows.tolist()):
        alone, together = found(index, row, int(limits[place]), CandidateSettings()), SourceQuery(block, place)
        np.testing.assert_array_equal(alone.targets, together.targets)
        np.testing.assert_array_equal(pair_features(alone)[0], X[together.pairs])


def test_what_is_not_known_yet_does_not_lead_the_search_elsewhere(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_search, "BUDGET", 60)
    model = Vectorizer.fit(index.corpus)
    early = model.index(Corpus(index.corpus[:70]))
    for row in range(0, 70, 9):
        one, other = (found(each, row, 70, replace(NONE, text=9)) for each in (index, early))
        assert one.targets.tolist() == other.targets.tolist()


def test_a_small_budget_costs_the_least_telling_terms(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = [set(found(index, row, N, replace(NONE, text=9)).targets.tolist()) for row in range(0, N, 5)]
    kept = []
    for budget in (1, 60, 400, 10**6):
        monkeypatch.setattr(text_search, "BUDGET", budget)
        few = [set(found(index, row, N, replace(NONE, text=9)).targets.tolist()) for row in range(0, N, 5)]
        kept.append(np.mean([len(one & other) / len(one) for one, other in zip(usual, few, strict=True)]))
    assert 0 < kept[0] < kept[1] < kept[2] <= kept[3] == 1


@pytest.mark.parametrize(("row", "limit"), ASKS)
@pytest.mark.parametrize(("stage", "field"), [("text", "overall"), ("title", "title")])
def test_the_nearest_by_text_are_those_of_the_dense_product(
    index: Index, row: int, limit: int, stage: str, field: str
) -> None:
    query = found(index, row, limit, replace(NONE, **{stage: 9}))
    # Rounded, so that equal texts are ties for the reference too.
    wanted = best(likeness(index, query)[field].round(5), 9)
    assert len(wanted) == 9
    assert query.targets.tolist() == allowed(index, query, wanted)


@pytest.mark.parametrize(("row", "limit"), [(50, N), (50, 60), (100, 101), (0, N), (-1, N)])
def test_the_nearest_in_time_are_there(index: Index, row: int, limit: int) -> None:
    query = found(index, row, limit, replace(NONE, recent=8))
    day = DRAFT.published_at if row < 0 else index.corpus[row].published_at
    gaps = {
        other: abs(index.corpus[other].published_at - day)
        for other in range(limit)
        if other != row and index.corpus[other].published_at
    }
    nearest = sorted(gaps, key=lambda other: (gaps[other], -other))[:8]
    assert query.targets.tolist() == allowed(index, query, sorted(nearest))


def test_without_a_date_the_newest_are_nearest(index: Index) -> None:
    query = found(index, N - 1, 100, replace(NONE, recent=8))
    assert query.targets.tolist() == allowed(index, query, list(range(92, 100)))


@pytest.mark.parametrize("count", [1, 3, 40, 119, 120, 500])
def test_as_many_are_near_in_time_as_asked_for(count: int) -> None:
    rng = np.random.default_rng(count)
    corpus = Corpus.from_articles(
        Article(f"a{number:04}", "", published_at=START + timedelta(minutes=int(rng.integers(10**6))))
        for number in range(500)
    )
    index = Vectorizer.fit(corpus).index(corpus)
    for row in range(0, 500, 50):
        assert len(found(index, row, 500, replace(NONE, recent=count)).targets) == min(count, 499)


@pytest.mark.parametrize(("row", "limit"), ASKS)
def test_what_the_most_alike_are_linked_with_is_there(index: Index, row: int, limit: int) -> None:
    query = found(index, row, limit, replace(NONE, linked=6, seeds=4))
    corpus, overall = index.corpus, likeness(index, query)["overall"].round(5)
    days = index.vectors.days[:limit]
    gaps = np.nan_to_num(np.abs(days - query.vectors.days[0]), nan=30.0)
    links = {(corpus.row(one.id), corpus.row(link.target_id)) for one in corpus for link in one.relations}
    strength = np.zeros(limit)
    for seed in {*best(overall, 4), *best(overall * 0.5 ** (gaps / 7), 4)}:
        own = {other for one, other in links | {(b, a) for a, b in links} if one == seed} - {seed, row}
        known = [other for other in own if other < limit]
        for other in known:
            strength[other] += overall[seed] * 0.5 ** (gaps[seed] / 30) / math.sqrt(1 + len(known))
    assert query.targets.tolist() == allowed(index, query, best(strength.round(5), 6))
    np.testing.assert_allclose(query.linked, strength[query.targets], atol=1e-4)


@pytest.mark.parametrize(("row", "limit"), ASKS)
def test_the_candidates_are_all_generators_together(index: Index, row: int, limit: int) -> None:
    settings = CandidateSettings(text=9, title=5, recent=8, linked=6, seeds=4)
    query = found(index, row, limit, settings)
    parts = [
        found(index, row, limit, replace(NONE, **part)).targets.tolist()
        for part in ({"text": 9}, {"title": 5}, {"recent": 8}, {"linked": 6, "seeds": 4})
    ]
    assert query.targets.tolist() == sorted(set().union(*parts))
    assert len(query.linked) == len(query.targets)


@pytest.mark.parametrize(("row", "limit"), ASKS)
def test_never_the_source_the_removed_or_the_later(index: Index, row: int, limit: int) -> None:
    targets = found(index, row, limit, CandidateSettings(500, 500, 500, 500, 500)).targets
    assert row not in targets
    assert max(targets) < limit
    assert not any(index.corpus[int(target)].removed for target in targets)
    dated = [other for other in range(limit) if index.corpus[other].published_at and not index.corpus[other].removed]
    assert set(dated) - {row} <= set(targets)


def test_those_asked_for_are_candidates_whatever_speaks_against_them(index: Index) -> None:
    usual = found(index, 50, N, replace(NONE, text=5))
    removed = next(row for row in range(N) if index.corpus[row].removed)
    far = next(row for row in range(N) if row not in usual.targets and row != 50)
    also = np.array(sorted({removed, far, int(usual.targets[0])}))
    asked = found(index, 50, N, replace(NONE, text=5), also=also)
    assert asked.targets.tolist() == sorted({*usual.targets.tolist(), *also.tolist()})
    assert len(asked.linked) == len(asked.targets)


def test_nothing_asked_for_is_nothing(index: Index) -> None:
    assert found(index, 50, N, NONE).targets.tolist() == []
    assert found(index, 50, 0, CandidateSettings()).targets.tolist() == []
