"""Features of the relation graph against a slow loop over articles and their relations."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

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
            relations=to(*(f"a{other:02}" for other in rng.choice(N, rng.integers(4)) if rng.random() < 0.8)),
        )
        for number in range(N)
    ]


def to(*targets: str) -> tuple[Relation, ...]:
    return tuple(Relation(None, target) for target in targets)


def index_of(articles: list[Article], model: Vectorizer | None = None) -> Index:
    corpus = Corpus.from_articles(articles)
    return (model or Vectorizer.fit(corpus)).index(corpus)


def asked(index: Index, row: int, limit: int, *, every: bool = True) -> Query:
    """Return the query of an article, every other known one a candidate."""
    [query] = queries(index, index.vectors.take(np.array([row])), np.array([row]), np.array([limit]))
    others = np.array([other for other in range(limit) if other != row], dtype=np.intp) if every else None
    return with_candidates(query, SETTINGS, also=others)


def column(query: Query, name: str) -> np.ndarray:
    X, names = pair_features(query)
    return X[:, names.index(f"relations.{name}")]


class Loop:
    """What relations say of a source's candidates, in plain loops over the articles themselves."""

    def __init__(self, index: Index, row: int, limit: int):
        corpus, vectors = index.corpus, index.vectors
        self.row, self.limit = row, limit
        self.linked: dict[int, set[int]] = {other: set() for other in range(len(corpus))}
        for one, article in enumerate(corpus):
            for relation in article.relations:
                other = next(place for place, found in enumerate(corpus) if found.id == relation.target_id)
                if one != other:
                    self.linked[one].add(other)
                    self.linked[other].add(one)
        self.similarities = {
            field: [self._dot(getattr(vectors.text, field), other) for other in range(limit)]
            for field in ("full", "title", "characters", "spelling")
        }
        self.topics = [float((vectors.topics[row] @ vectors.topics[other].T).toarray()[0, 0]) for other in range(limit)]
        times = self.times = [article.published_at for article in corpus]
        self.gaps = [
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

    def _dot(self, matrix: object, other: int) -> float:
        return 0.0 if other == self.row else float((matrix[self.row] @ matrix[other].T).toarray()[0, 0])

    def neighbours(self, row: int) -> list[int]:
        return [other for other in sorted(self.linked[row]) if other < self.limit and other != self.row]

    def near(self, count: int) -> set[int]:
        """Return the articles as like as the one of this rank, or more."""
        least = sorted(self.overall, reverse=True)[:count][-1]
        return {other for other in range(self.limit) if self.overall[other] > 0 and self.overall[other] >= least - 1e-6}

    def features(self, target: int) -> dict[str, float]:
        own = self.neighbours(target)
        gaps = [9999.0 if math.isnan(self.gaps[other]) else self.gaps[other] for other in own]
        recent = [self.similarities["full"][other] * 0.5 ** (gap / 7) for other, gap in zip(own, gaps, strict=True)]
        wanted = {
            "linked_count": len(own),
            "linked_near_count": sum(other in self.near(50) for other in own),
            "linked_near_share": mean([float(other in self.near(50)) for other in own]),
            "linked_nearest_count": sum(other in self.near(10) for other in own),
            "linked_days_least": min(gaps, default=9999.0),
            "linked_days_mean": mean(gaps) if own else 9999.0,
            "linked_within_7_days": sum(gap <= 7 for gap in gaps),
            "linked_within_30_days": sum(gap <= 30 for gap in gaps),
            "linked_recent_sum": sum(recent),
            "linked_recent_max": max(recent, default=0),
            "linked_topic_mean": mean([self.topics[other] for other in own]),
            "linked_provider_share": mean([float(self.same_provider(other)) for other in own]),
        }
        for field, likeness in self.similarities.items():
            values = [likeness[other] for other in own]
            wanted[f"linked_{field}_mean"] = mean(values)
            wanted[f"linked_{field}_max"] = max(values, default=0)
            wanted[f"linked_{field}_sum"] = sum(values)
        for field in ("full", "spelling"):
            likeness = self.similarities[field]
            ends = [likeness[other] for other in own or [target]]
            wanted[f"linked_{field}_lift"] = mean(ends) / (mean(self.just_before(likeness, 200)) + 1e-6)
        return wanted

    def just_before(self, likeness: list[float], count: int) -> list[float]:
        """Return those of what was published up to the source last; for a source without a date the newest known."""
        own = self.times[self.row]
        earlier = [place for place, moment in enumerate(self.times[: self.limit]) if moment and own and moment <= own]
        return [likeness[place] for place in (earlier if own else range(self.limit))][-count:]

    def same_provider(self, other: int) -> bool:
        return self.providers[other] is not None and self.providers[other] == self.providers[self.row]

    def strengths(self, n_seeds: int) -> list[float]:
        """Return how strongly relations lead to each article from those most like the source."""
        gaps = [30.0 if math.isnan(gap) else gap for gap in self.gaps]
        recent = [like * 0.5 ** (gap / 7) for like, gap in zip(self.overall, gaps, strict=True)]
        seeds: set[int] = set()
        for values in (self.overall, recent):
            ordered = sorted(range(self.limit), key=lambda other: (-values[other], -other))
            seeds |= {other for other in ordered[:n_seeds] if values[other] > 0}
        strengths = [0.0] * self.limit
        for seed in seeds:
            own = self.neighbours(seed)
            for other in own:
                strengths[other] += self.overall[seed] * 0.5 ** (gaps[seed] / 30) / math.sqrt(1 + len(own))
        return strengths


def mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0


ASKS = [(0, 40, N), (0, 40, 44), (1, 60, 61), (1, N - 1, N), (2, 3, N), (2, 75, 80)]
NAMES = tuple(Loop(index_of([Article("a", "x y"), Article("b", "x")]), 0, 2).features(1))


@pytest.fixture(scope="module")
def told() -> list[tuple[Query, Loop, list[dict[str, float]]]]:
    """Return queries, each with the answers of a loop for its candidates."""
    indexes = [index_of(site(seed)) for seed in range(3)]
    made = []
    for seed, row, limit in ASKS:
        query, loop = asked(indexes[seed], row, limit), Loop(indexes[seed], row, limit)
        made.append((query, loop, [loop.features(int(target)) for target in query.targets]))
    return made


@pytest.mark.parametrize("name", NAMES)
def test_a_feature_is_that_of_a_loop(told: list[tuple[Query, Loop, list[dict[str, float]]]], name: str) -> None:
    assert len({features[name] for _, _, wanted in told for features in wanted}) > 2, "the reference must differ"
    for query, _, wanted in told:
        values = [features[name] for features in wanted]
        np.testing.assert_allclose(column(query, name), values, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["full_mean", "full_max", "full_sum", "recent", "near"])
def test_a_relative_feature_is_a_part_of_the_best_candidates(
    told: list[tuple[Query, Loop, list[dict[str, float]]]], name: str
) -> None:
    absolute = {"recent": "recent_sum", "near": "near_count"}.get(name, name)
    for query, _, wanted in told:
        values = np.array([features[f"linked_{absolute}"] for features in wanted])
        relative = values / values.max() if values.any() else values
        np.testing.assert_allclose(column(query, f"linked_{name}_relative"), relative, atol=1e-5)


def test_strength_is_passed_on_by_the_most_alike(told: list[tuple[Query, Loop, list[dict[str, float]]]]) -> None:
    for query, loop, _ in told:
        strengths = np.array(loop.strengths(SETTINGS.seeds))[query.targets]
        assert strengths.any()
        np.testing.assert_allclose(column(query, "linked_strength"), strengths, atol=1e-5)
        np.testing.assert_allclose(column(query, "linked_strength_relative"), strengths / strengths.max(), atol=1e-5)


def test_the_share_of_linked_candidates(told: list[tuple[Query, Loop, list[dict[str, float]]]]) -> None:
    for query, _, wanted in told:
        share = sum(features["linked_count"] > 0 for features in wanted) / len(wanted)
        np.testing.assert_allclose(column(query, "linked_candidates_share"), share, rtol=1e-6)


def linked(**targets: tuple[str, ...]) -> Index:
    """Return four articles a to d, a day each, with these relations."""
    days = {name: START + timedelta(days=day) for day, name in enumerate("abcd")}
    return index_of(
        [
            Article(name, f"Ferry {name * 3}", published_at=moment, relations=to(*targets.get(name, ())))
            for name, moment in days.items()
        ]
    )


def test_the_source_is_no_neighbour_of_a_candidate() -> None:
    for index in (linked(c=("a",)), linked(a=("c",))):
        query = asked(index, 2, 3)
        assert column(query, "linked_count").tolist() == [0, 0]
        assert column(query, "linked_days_least").tolist() == [9999, 9999]
        assert column(query, "linked_full_max").tolist() == [0, 0]


def test_a_relation_counts_in_either_direction() -> None:
    for index in (linked(b=("a",)), linked(a=("b",)), linked(a=("b",), b=("a",))):
        query = asked(index, 2, 3)
        assert column(query, "linked_count").tolist() == [1, 1]
        assert column(query, "linked_days_least").tolist() == [1, 2]


def test_a_relation_with_a_later_article_is_not_known_yet() -> None:
    index = linked(d=("a",), a=("b",))
    assert column(asked(index, 2, 3), "linked_count").tolist() == [1, 1]
    assert column(asked(index, 2, 4), "linked_count").tolist() == [2, 1, 1]


@pytest.mark.parametrize("every", [True, False])
def test_no_relation_of_the_source_is_looked_at(every: bool) -> None:
    articles = site(1)
    model = Vectorizer.fit(Corpus.from_articles(articles))
    index = index_of(articles, model)
    for row in (5, 40, 70):
        name = index.corpus[row].id
        without = [
            replace(one, relations=tuple(link for link in one.relations if name not in (one.id, link.target_id)))
            for one in articles
        ]
        assert without != articles
        before = asked(index, row, 75, every=every)
        after = asked(index_of(without, model), row, 75, every=every)
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
            before, after = asked(whole, row, limit, every=every), asked(early, row, limit, every=every)
            assert before.targets.tolist() == after.targets.tolist()
            np.testing.assert_array_equal(pair_features(before)[0], pair_features(after)[0])


def test_a_lift_is_over_what_was_published_just_before(monkeypatch: pytest.MonkeyPatch) -> None:
    query = asked(index_of(site(0)), 40, N)
    before = column(query, "linked_full_lift")
    monkeypatch.setattr(query_module, "BEFORE", 10)
    query = asked(query.index, 40, N)
    usual = query.similarity("full", 0, np.arange(41))
    np.testing.assert_allclose(
        column(query, "linked_full_lift") * (usual[-10:].mean() + 1e-6), before * (usual.mean() + 1e-6), rtol=1e-4
    )
    assert abs(usual[-10:].mean() - usual.mean()) > 1e-3
