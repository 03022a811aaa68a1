"""Features of the relation graph against a slow loop over articles and their relations."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from scipy import sparse

from recommender import Article, Corpus, Provider, Relation
from recommender.core.settings import CandidateSettings
from recommender.features.pair_features import pair_features
from recommender.retrieval import query as query_module
from recommender.retrieval.candidates import with_candidates
from recommender.retrieval.index import Index
from recommender.retrieval.query import Query, queries
from recommender.retrieval.vectorizer import Vectorizer

START = datetime(2025, 1, 1, tzinfo=UTC)
N = 90
SETTINGS = CandidateSettings(seeds=5)


def site(seed: int) -> list[Article]:
    """Return articles of a few words each, some at one moment, some undated, linked at random in both directions."""
    rng = np.random.default_rng(seed)
    words = [f"word{number}" for number in range(60)]
    rarity = 1 / np.arange(1, len(words) + 1)
    days = np.sort(rng.choice(120, N)).astype(float)

    def text(count: int) -> str:
        return " ".join(rng.choice(words, count, p=rarity / rarity.sum()))

    return [
        Article(
            f"a{number:02}",
            text(5),
            text(12),
            published_at=None if number >= N - 4 else START + timedelta(days=days[number]),
            provider=[None, Provider("One"), Provider("Two")][rng.integers(3)],
            topics=tuple(rng.choice(["rail", "wind", "ports", "grid"], rng.integers(3), replace=False)),
            removed=bool(rng.random() < 0.05),
            relations=to(*(f"a{target:02}" for target in rng.choice(N, rng.integers(4)) if rng.random() < 0.8)),
        )
        for number in range(N)
    ]


def to(*targets: str) -> tuple[Relation, ...]:
    return tuple(Relation(None, target) for target in targets)


def index_of(articles: list[Article], model: Vectorizer | None = None) -> Index:
    corpus = Corpus.from_articles(articles)
    return (model or Vectorizer.fit(corpus)).index(corpus)


def query_of(index: Index, row: int, limit: int, *, every: bool = True) -> Query:
    """Return the query of an article with its candidates, or with every known article as a candidate."""
    [query] = queries(index, index.vectors.take(np.array([row])), np.array([row]), np.array([limit]))
    others = np.array([target for target in range(limit) if target != row], dtype=np.intp) if every else None
    return with_candidates(query, SETTINGS, forced_rows=others)


def column(query: Query, name: str) -> np.ndarray:
    X, names = pair_features(query)
    return X[:, names.index(f"relations.{name}")]


class Loop:
    """The relation features of a source's candidates, in plain loops over the articles themselves."""

    def __init__(self, index: Index, row: int, limit: int):
        corpus, vectors = index.corpus, index.vectors
        self.row, self.limit = row, limit
        self.linked: dict[int, set[int]] = {article_row: set() for article_row in range(len(corpus))}
        row_of = {article.id: article_row for article_row, article in enumerate(corpus)}
        for source, article in enumerate(corpus):
            for target in (row_of[relation.target_id] for relation in article.relations):
                if source != target:
                    self.linked[source].add(target)
                    self.linked[target].add(source)
        self.similarities = {
            field: [self._cosine(getattr(vectors, field), target) for target in range(limit)]
            for field in ("full", "title", "characters", "spelling")
        }
        topics = vectors.topics
        self.topics = [float((topics[row] @ topics[target].T).toarray()[0, 0]) for target in range(limit)]
        times = self.times = [article.published_at for article in corpus]
        self.days_apart = [
            math.nan if times[row] is None or moment is None else abs((moment - times[row]).total_seconds()) / 86400
            for moment in times[:limit]
        ]
        self.providers = [article.provider for article in corpus]
        self.overall = [
            full + 0.5 * title + 0.3 * characters
            for full, title, characters in zip(
                *(self.similarities[field] for field in ("full", "title", "characters")), strict=True
            )
        ]

    def _cosine(self, matrix: sparse.csr_matrix, target: int) -> float:
        return 0.0 if target == self.row else float((matrix[self.row] @ matrix[target].T).toarray()[0, 0])

    def neighbours(self, row: int) -> list[int]:
        return [target for target in sorted(self.linked[row]) if target < self.limit and target != self.row]

    def near(self, rank: int) -> set[int]:
        """Return the articles that are as similar as the one at this rank, or more."""
        least = sorted(self.overall, reverse=True)[:rank][-1]
        return {row for row in range(self.limit) if self.overall[row] > 0 and self.overall[row] >= least - 1e-6}

    def features(self, target: int) -> dict[str, float]:
        neighbours = self.neighbours(target)
        days = [9999.0 if math.isnan(self.days_apart[row]) else self.days_apart[row] for row in neighbours]
        recent = [
            self.similarities["full"][row] * 0.5 ** (number / 7) for row, number in zip(neighbours, days, strict=True)
        ]
        features = {
            "linked_count": len(neighbours),
            "linked_near_count": sum(row in self.near(50) for row in neighbours),
            "linked_near_share": mean([float(row in self.near(50)) for row in neighbours]),
            "linked_nearest_count": sum(row in self.near(10) for row in neighbours),
            "linked_days_least": min(days, default=9999.0),
            "linked_days_mean": mean(days) if neighbours else 9999.0,
            "linked_within_7_days": sum(number <= 7 for number in days),
            "linked_within_30_days": sum(number <= 30 for number in days),
            "linked_recent_sum": sum(recent),
            "linked_recent_max": max(recent, default=0),
            "linked_topic_mean": mean([self.topics[row] for row in neighbours]),
            "linked_provider_share": mean([float(self.same_provider(row)) for row in neighbours]),
        }
        for field, cosines in self.similarities.items():
            values = [cosines[row] for row in neighbours]
            features[f"linked_{field}_mean"] = mean(values)
            features[f"linked_{field}_max"] = max(values, default=0)
            features[f"linked_{field}_sum"] = sum(values)
        for field in ("full", "spelling"):
            cosines = self.similarities[field]
            values = [cosines[row] for row in neighbours or [target]]
            features[f"linked_{field}_lift"] = mean(values) / (mean(self.latest_before(cosines, 200)) + 1e-6)
        return features

    def latest_before(self, values: list[float], count: int) -> list[float]:
        """Return the values of what was published last up to the source; without a date, of the newest known."""
        moment = self.times[self.row]
        earlier = [row for row, time in enumerate(self.times[: self.limit]) if time and moment and time <= moment]
        return [values[row] for row in (earlier if moment else range(self.limit))][-count:]

    def same_provider(self, row: int) -> bool:
        return self.providers[row] is not None and self.providers[row] == self.providers[self.row]

    def strengths(self, n_seeds: int) -> list[float]:
        """Return how strongly relations lead to each article from those most similar to the source."""
        days_apart = [30.0 if math.isnan(number) else number for number in self.days_apart]
        recent = [value * 0.5 ** (number / 7) for value, number in zip(self.overall, days_apart, strict=True)]
        seeds: set[int] = set()
        for values in (self.overall, recent):
            ordered = sorted(range(self.limit), key=lambda row: (-values[row], -row))
            seeds |= {row for row in ordered[:n_seeds] if values[row] > 0}
        strengths = [0.0] * self.limit
        for seed in seeds:
            neighbours = self.neighbours(seed)
            for row in neighbours:
                strengths[row] += self.overall[seed] * 0.5 ** (days_apart[seed] / 30) / math.sqrt(1 + len(neighbours))
        return strengths


def mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0


SOURCES = [(0, 40, N), (0, 40, 44), (1, 60, 61), (1, N - 1, N), (2, 3, N), (2, 75, 80)]
NAMES = tuple(Loop(index_of([Article("a", "x y"), Article("b", "x")]), 0, 2).features(1))


@pytest.fixture(scope="module")
def looped() -> list[tuple[Query, Loop, list[dict[str, float]]]]:
    """Return queries, each with its loop and the features that it computes for the candidates."""
    indexes = [index_of(site(seed)) for seed in range(3)]
    looped = []
    for seed, row, limit in SOURCES:
        query, loop = query_of(indexes[seed], row, limit), Loop(indexes[seed], row, limit)
        looped.append((query, loop, [loop.features(int(target)) for target in query.targets]))
    return looped


@pytest.mark.parametrize("name", NAMES)
def test_a_feature_is_that_of_a_loop(looped: list[tuple[Query, Loop, list[dict[str, float]]]], name: str) -> None:
    assert len({features[name] for _, _, expected in looped for features in expected}) > 2, "the reference must differ"
    for query, _, expected in looped:
        values = [features[name] for features in expected]
        np.testing.assert_allclose(column(query, name), values, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["full_mean", "full_max", "full_sum", "recent", "near"])
def test_a_relative_feature_is_a_part_of_the_best_candidates(
    looped: list[tuple[Query, Loop, list[dict[str, float]]]], name: str
) -> None:
    absolute = {"recent": "recent_sum", "near": "near_count"}.get(name, name)
    for query, _, expected in looped:
        values = np.array([features[f"linked_{absolute}"] for features in expected])
        relative = values / values.max() if values.any() else values
        np.testing.assert_allclose(column(query, f"linked_{name}_relative"), relative, atol=1e-5)


def test_strength_is_passed_on_by_the_nearest(looped: list[tuple[Query, Loop, list[dict[str, float]]]]) -> None:
    for query, loop, _ in looped:
        strengths = np.array(loop.strengths(SETTINGS.seeds))[query.targets]
        assert strengths.any()
        np.testing.assert_allclose(column(query, "linked_strength"), strengths, atol=1e-5)
        np.testing.assert_allclose(column(query, "linked_strength_relative"), strengths / strengths.max(), atol=1e-5)


def test_the_share_of_linked_candidates(looped: list[tuple[Query, Loop, list[dict[str, float]]]]) -> None:
    for query, _, expected in looped:
        share = sum(features["linked_count"] > 0 for features in expected) / len(expected)
        np.testing.assert_allclose(column(query, "linked_candidates_share"), share, rtol=1e-6)


def linked(**targets: tuple[str, ...]) -> Index:
    """Return an index of four articles, a to d, a day apart, with these relations."""
    days = {name: START + timedelta(days=day) for day, name in enumerate("abcd")}
    return index_of(
        [
            Article(name, f"Ferry {name * 3}", published_at=moment, relations=to(*targets.get(name, ())))
            for name, moment in days.items()
        ]
    )


def test_the_source_is_no_neighbour_of_a_candidate() -> None:
    for index in (linked(c=("a",)), linked(a=("c",))):
        query = query_of(index, 2, 3)
        assert column(query, "linked_count").tolist() == [0, 0]
        assert column(query, "linked_days_least").tolist() == [9999, 9999]
        assert column(query, "linked_full_max").tolist() == [0, 0]


def test_a_relation_counts_in_either_direction() -> None:
    for index in (linked(b=("a",)), linked(a=("b",)), linked(a=("b",), b=("a",))):
        query = query_of(index, 2, 3)
        assert column(query, "linked_count").tolist() == [1, 1]
        assert column(query, "linked_days_least").tolist() == [1, 2]


def test_a_relation_with_a_later_article_is_not_known_yet() -> None:
    index = linked(d=("a",), a=("b",))
    assert column(query_of(index, 2, 3), "linked_count").tolist() == [1, 1]
    assert column(query_of(index, 2, 4), "linked_count").tolist() == [2, 1, 1]


@pytest.mark.parametrize("every", [True, False])
def test_no_relation_of_the_source_is_looked_at(every: bool) -> None:
    articles = site(1)
    model = Vectorizer.fit(Corpus.from_articles(articles))
    index = index_of(articles, model)
    for row in (5, 40, 70):
        name = index.corpus[row].id
        without = [
            replace(
                article,
                relations=tuple(link for link in article.relations if name not in (article.id, link.target_id)),
            )
            for article in articles
        ]
        assert without != articles
        before = query_of(index, row, 75, every=every)
        after = query_of(index_of(without, model), row, 75, every=every)
        assert before.targets.tolist() == after.targets.tolist()
        np.testing.assert_array_equal(pair_features(before)[0], pair_features(after)[0])


@pytest.mark.parametrize("every", [True, False])
def test_what_lies_beyond_the_limit_changes_nothing(every: bool) -> None:
    articles = site(2)
    whole = index_of(articles)
    model = Vectorizer.fit(whole.corpus)
    for limit in (30, 60):
        early = index_of(list(whole.corpus[:limit]), model)
        for row in (7, limit - 1):
            before, after = query_of(whole, row, limit, every=every), query_of(early, row, limit, every=every)
            assert before.targets.tolist() == after.targets.tolist()
            np.testing.assert_array_equal(pair_features(before)[0], pair_features(after)[0])


def test_a_lift_is_over_what_was_published_just_before(monkeypatch: pytest.MonkeyPatch) -> None:
    query = query_of(index_of(site(0)), 40, N)
    before = column(query, "linked_full_lift")
    monkeypatch.setattr(query_module, "N_LATEST", 10)
    query = query_of(query.index, 40, N)
    usual = query.similarity("full", 0, np.arange(41))
    np.testing.assert_allclose(
        column(query, "linked_full_lift") * (usual[-10:].mean() + 1e-6), before * (usual.mean() + 1e-6), rtol=1e-4
    )
    assert abs(usual[-10:].mean() - usual.mean()) > 1e-3
