"""Which candidates become suggestions, on scores set by hand."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from recommender import Article, Corpus, Relation
from recommender.core.settings import CandidateSettings, SelectionSettings
from recommender.retrieval.candidates import with_candidates
from recommender.retrieval.query import SourceQuery, queries
from recommender.retrieval.vectorizer import Vectorizer
from recommender.selection.eligibility import Eligibility
from recommender.selection.loose_relations import COHESION, LEAST_COHESION, N_LINKS, RAREST_SHARED, loosely_related
from recommender.selection.scoring import ScoredCandidates
from recommender.selection.selection import Choice, best_first, select

START = datetime(2025, 1, 1, tzinfo=UTC)
NAMES = ("m", "c", "x", "a", "removed", "hidden", "linked", "links")
PLAIN = SelectionSettings()


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    """Return a source and its possible targets; in time order they are not in alphabetical order."""
    relations = {"source": (Relation(None, "linked"),), "links": (Relation(None, "source"),)}
    return Corpus.from_articles(
        Article(
            name,
            name,
            published_at=START + timedelta(days=day),
            removed=name == "removed",
            published=name != "hidden",
            relations=relations.get(name, ()),
        )
        for day, name in enumerate([*NAMES, "source"])
    )


@pytest.fixture(scope="module")
def query(corpus: Corpus) -> SourceQuery:
    """Return the source's query; its candidates are `NAMES`, in that order."""
    index = Vectorizer.fit(corpus).index(corpus)
    row = np.array([len(NAMES)])
    [block] = queries(index, index.vectors.take(row), row, row + 1)
    return SourceQuery(with_candidates(block, CandidateSettings(), forced_rows=np.arange(len(NAMES))))


def scores_of(**scores: float) -> np.ndarray:
    """Return scores by id, 0 for all others."""
    return np.array([scores.get(name, 0.0) for name in NAMES])


def candidates_of(query: SourceQuery, scores: np.ndarray, source: Article | None = None) -> ScoredCandidates:
    """Return the query's candidates with these scores; the source is the last article of the corpus for None."""
    article = query.index.corpus[-1] if source is None else source
    names = (RAREST_SHARED, N_LINKS, COHESION)  # all 0: no telling word is shared, and nothing is linked
    features = np.zeros((len(scores), len(names)), np.float32)
    return ScoredCandidates(query, article, features, names, np.zeros(len(scores)), scores)


def chosen_names(
    query: SourceQuery, scores: np.ndarray, settings: SelectionSettings, k: int = 5, threshold: float = 0.1
) -> str:
    choices = select(candidates_of(query, scores), settings, k, threshold).choices
    return " ".join(NAMES[choice.shown] for choice in choices)


def test_the_best_come_first_and_equals_by_their_ids(query: SourceQuery) -> None:
    positions = best_first(candidates_of(query, scores_of(m=0.5, c=0.9, x=0.5, a=0.5, links=0.7)))
    assert [NAMES[position] for position in positions[:5]] == ["c", "links", "a", "m", "x"]
    assert sorted(positions) == list(range(len(NAMES)))


@given(st.lists(st.sampled_from([0.0, 0.2, 0.5, 1.0]), min_size=len(NAMES), max_size=len(NAMES)))
def test_the_order_is_that_of_a_full_sort(query: SourceQuery, scores: list[float]) -> None:
    expected = sorted(zip((-score for score in scores), NAMES, strict=True))
    positions = best_first(candidates_of(query, np.array(scores)))
    assert [NAMES[position] for position in positions] == [name for _, name in expected]


def test_at_most_k(query: SourceQuery) -> None:
    scores = scores_of(m=0.5, c=0.9, x=0.4, a=0.6)
    assert [chosen_names(query, scores, PLAIN, k) for k in (1, 3, 9)] == ["c", "c a m", "c a m x"]


def test_fewer_rather_than_those_below_the_threshold(query: SourceQuery) -> None:
    scores = scores_of(m=0.5, c=0.9, x=0.4)
    assert chosen_names(query, scores, PLAIN, threshold=0.5) == "c m"
    assert chosen_names(query, scores, PLAIN, threshold=np.nextafter(0.5, 1)) == "c"
    assert chosen_names(query, scores, PLAIN, threshold=0.95) == ""


def test_loose_relations_without_a_telling_word_are_left_out_however_they_score(query: SourceQuery) -> None:
    candidates = candidates_of(query, scores_of(m=0.99, c=0.98, x=0.97, a=0.96))
    telling = query.index.text_model.telling_idf
    for name, values in {
        "m": (0.99 * telling, 2, LEAST_COHESION / 2),  # loose
        "c": (telling, 2, LEAST_COHESION / 2),  # a telling word
        "x": (0, 2, LEAST_COHESION),  # relations that hold together
        "a": (0, 0, 0),  # no relations at all
    }.items():
        candidates.features[NAMES.index(name)] = values
    assert [name for name, loose in zip(NAMES, loosely_related(candidates), strict=True) if loose] == ["m"]
    choices = select(candidates, PLAIN, 5, 0.1).choices
    assert [NAMES[choice.shown] for choice in choices] == ["c", "x", "a"]


def test_what_must_not_be_suggested_takes_no_slot(query: SourceQuery) -> None:
    scores = scores_of(removed=0.99, hidden=0.98, linked=0.97, c=0.5, m=0.4, x=0.3)
    strict = SelectionSettings(only_published=True, repeat_curated=False)
    assert chosen_names(query, scores, strict, k=2) == "c m"
    assert chosen_names(query, scores, PLAIN, k=3) == "hidden linked c"


def test_the_obstacles_in_words(query: SourceQuery) -> None:
    strict = SelectionSettings(only_published=True, repeat_curated=False)
    eligibility = Eligibility(query, query.index.corpus[-1], strict)
    obstacles = {name: eligibility.obstacle(row) for row, name in enumerate([*NAMES, "source"])}
    assert obstacles == dict.fromkeys(("m", "c", "x", "a", "links")) | {
        "removed": "it was removed",
        "hidden": "it is not published, and selection.only_published is set",
        "linked": "an editor has linked it already, and selection.repeat_curated is off",
        "source": "it is the source itself",
    }


def test_by_default_only_the_source_and_the_removed_are_in_the_way(query: SourceQuery) -> None:
    eligibility = Eligibility(query, query.index.corpus[-1], PLAIN)
    refused = [name for row, name in enumerate([*NAMES, "source"]) if eligibility.obstacle(row)]
    assert refused == ["removed", "source"]


def test_without_candidates_nothing_is_chosen(query: SourceQuery) -> None:
    empty = copy(query)
    empty.targets = np.empty(0, dtype=np.intp)
    for settings in (PLAIN, SelectionSettings(diversity=0.5)):
        assert select(candidates_of(empty, np.empty(0)), settings, 5, 0).choices == []


def test_the_order_of_the_candidates_does_not_matter(query: SourceQuery) -> None:
    scores = np.array([0.3, 0.3, 0.9, 0.3, 0.3, 0.1, 0.9, 0.2])
    expected = [NAMES[choice.shown] for choice in select(candidates_of(query, scores), PLAIN, 5, 0).choices]
    order = np.random.default_rng(3).permutation(len(NAMES))
    permuted = copy(query)
    permuted.targets = query.targets[order]
    choices = select(candidates_of(permuted, scores[order]), PLAIN, 5, 0).choices
    assert [NAMES[order[choice.shown]] for choice in choices] == expected


# Texts that share no word, so that only copies are alike.
WORDS = ("ferries", "turbines", "clinics", "harbours", "tariffs", "orchards", "glaciers", "sawmills")


def copy_of(word: int, name: str, quality: float | None = 50.0, day: float = 0.0, **fields: object) -> Article:
    """Return an article of one of eight texts; its title has that text's word and no other."""
    return Article(name, WORDS[word], quality=quality, published_at=START + timedelta(days=day), **fields)


def query_of_draft(
    targets: Sequence[Article], title: str = "Nothing like it"
) -> tuple[SourceQuery, Article, list[str]]:
    """Return the query of a draft whose candidates are all of these, the draft, and the candidates' ids in order."""
    corpus = Corpus.from_articles(targets)
    model = Vectorizer.fit(corpus)
    index = model.index(corpus)
    source = Article("source", title, published_at=START)
    limit = np.array([len(corpus)])
    [block] = queries(index, model.transform([source]), np.array([-1]), limit)
    query = with_candidates(block, CandidateSettings(), forced_rows=np.arange(len(corpus)))
    return SourceQuery(query), source, [article.id for article in corpus]


def chosen_groups(
    targets: Sequence[Article],
    scores: dict[str, float],
    settings: SelectionSettings = PLAIN,
    k: int = 5,
    threshold: float = 0.0,
    title: str = "Nothing like it",
) -> list[tuple[str, ...]]:
    """Return each choice as the ids of what is shown and of what is listed under it."""
    query, source, names = query_of_draft(targets, title)
    values = np.array([scores.get(name, 0.0) for name in names])
    choices = select(candidates_of(query, values, source), settings, k, threshold).choices
    return [tuple(names[position] for position in (choice.shown, *choice.duplicates)) for choice in choices]


def test_of_the_same_text_the_best_quality_is_shown_then_the_earliest_then_the_first_id() -> None:
    copies = [copy_of(0, "c", 70, 2), copy_of(0, "d", 70, 1), copy_of(0, "b", 70, 1), copy_of(0, "a", 60, 0)]
    unknown = [copy_of(0, "0", None, 0), replace(copy_of(0, "1", None), published_at=None)]
    scores = {"a": 0.9, "b": 0.2, "c": 0.3, "d": 0.4, "0": 0.95}
    assert chosen_groups([*copies, *unknown], scores) == [("b", "d", "c", "a", "0", "1")]


def test_a_group_stands_where_its_best_score_stands() -> None:
    targets = [copy_of(0, "good", 90), copy_of(0, "liked", 10), copy_of(1, "other"), copy_of(2, "last")]
    query, source, names = query_of_draft(targets)
    scores = np.array([{"good": 0.1, "liked": 0.8, "other": 0.5, "last": 0.3}[name] for name in names])
    good, liked, other, last = (names.index(name) for name in ("good", "liked", "other", "last"))
    assert select(candidates_of(query, scores, source), PLAIN, 5, 0.2).choices == [
        Choice(good, liked, (liked,)),
        Choice(other, other),
        Choice(last, last),
    ]


def test_copies_take_no_slot_of_other_texts() -> None:
    copies = [copy_of(0, f"copy-{number}", day=number) for number in range(4)]
    targets = [*copies, copy_of(1, "b"), copy_of(2, "c"), copy_of(3, "d")]
    scores = {article.id: 0.9 - 0.1 * number for number, article in enumerate(targets)}
    assert chosen_groups(targets, scores, k=3) == [("copy-0", "copy-1", "copy-2", "copy-3"), ("b",), ("c",)]
    assert chosen_groups(targets, scores, SelectionSettings(collapse_duplicates=False), k=3) == [
        ("copy-0",),
        ("copy-1",),
        ("copy-2",),
    ]


def test_a_copy_that_must_not_be_suggested_is_neither_shown_nor_listed() -> None:
    targets = [
        copy_of(0, "removed", 99, removed=True),
        copy_of(0, "hidden", 98, published=False),
        copy_of(0, "shown", 10),
        copy_of(0, "second", 5),
    ]
    scores = dict.fromkeys(["removed", "hidden", "shown", "second"], 0.5)
    assert chosen_groups(targets, scores) == [("hidden", "shown", "second")]
    assert chosen_groups(targets, scores, SelectionSettings(only_published=True)) == [("shown", "second")]


def test_a_copy_below_the_threshold_is_listed_all_the_same() -> None:
    targets = [copy_of(0, "shown", 90), copy_of(0, "liked"), copy_of(1, "other")]
    scores = {"shown": 0.1, "liked": 0.8, "other": 0.4}
    assert chosen_groups(targets, scores, threshold=0.5) == [("shown", "liked")]


def test_a_series_of_short_texts_is_many_texts() -> None:
    series = [
        Article(f"part-{number}", f"Waiting for confirmation: part {number}", published_at=START)
        for number in range(1, 5)
    ]
    scores = {article.id: 0.5 for article in series}
    assert chosen_groups(series, scores) == [(article.id,) for article in series]


def chained(day: float) -> Article:
    """Return an article whose words change by a twentieth a day."""
    words = [f"word{first}{second}" for first in "abcdefgh" for second in "klmnop"]
    return Article(f"chain-{day}", "Report", " ".join(words[int(day) : int(day) + 30]), published_at=START)


def test_a_chain_of_copies_is_one_text() -> None:
    chain = [chained(day) for day in range(8)]
    query, _, names = query_of_draft(chain)
    full = query.index.vectors.full
    cosines = (full @ full.T).toarray()
    assert cosines[0, 1] > 0.9 > cosines[0, -1]
    assert chosen_groups(chain, dict.fromkeys(names, 0.5)) == [tuple(names)]


def test_a_chain_may_go_by_way_of_the_source() -> None:
    ends = [chained(0), chained(3)]
    assert len(chosen_groups(ends, {})) == 2
    query, source, _ = query_of_draft(ends)
    middle = replace(source, title="Report", excerpt=f"{ends[0].excerpt} {ends[1].excerpt}")
    index = query.index
    vectors = Vectorizer.fit(index.corpus).transform([middle])
    [block] = queries(index, vectors, np.array([-1]), np.array([2]))
    between = SourceQuery(with_candidates(block, CandidateSettings()))
    assert between.similarity("full", np.arange(2)).min() > 0.9
    [only] = select(candidates_of(between, np.array([0.2, 0.9]), middle), PLAIN, 5, 0).choices
    assert only == Choice(0, 1, (1,), repeats_source=True)


def test_a_copy_of_the_source_is_marked_whichever_is_shown() -> None:
    query, source, names = query_of_draft([copy_of(0, "a"), copy_of(0, "b"), copy_of(1, "c")], WORDS[0])
    for settings in (PLAIN, SelectionSettings(collapse_duplicates=False)):
        choices = select(candidates_of(query, np.full(3, 0.5), source), settings, 5, 0).choices
        marked = {names[choice.shown]: choice.repeats_source for choice in choices}
        assert marked == ({"a": True, "c": False} if settings == PLAIN else {"a": True, "b": True, "c": False})


ARTICLES = st.lists(
    st.tuples(
        st.integers(0, 3), st.sampled_from([None, 10.0, 20.0]), st.integers(0, 3), st.sampled_from([0.0, 0.3, 0.6, 0.9])
    ),
    min_size=1,
    max_size=12,
)


@hypothesis_settings(max_examples=25, deadline=None)  # each example indexes a corpus
@given(ARTICLES, st.integers(1, 6), st.sampled_from([0.0, 0.3, 0.5]))
def test_every_list_is_of_different_texts_and_names_every_copy(
    drawn: list[tuple[int, float | None, int, float]], k: int, threshold: float
) -> None:
    targets = [copy_of(word, f"{number}", quality, day) for number, (word, quality, day, _) in enumerate(drawn)]
    scores = {f"{number}": score for number, (*_, score) in enumerate(drawn)}
    by_text = [[article for article in targets if article.title == word] for word in WORDS]
    groups = [
        sorted(group, key=lambda article: (-(article.quality or 0), article.published_at, article.id))
        for group in by_text
        if group
    ]
    ranked = sorted(
        (min((-scores[article.id], article.id) for article in group), tuple(article.id for article in group))
        for group in groups
    )
    expected = [ids for (best, _), ids in ranked if -best >= threshold][:k]
    assert chosen_groups(targets, scores, k=k, threshold=threshold) == expected
    assert chosen_groups(targets[::-1], scores, k=k, threshold=threshold) == expected


def slow_mmr(cosines: np.ndarray, scores: np.ndarray, ids: list[str], diversity: float, k: int) -> list[str]:
    chosen: list[int] = []
    while len(chosen) < min(k, len(ids)):
        relevance = {
            row: (1 - diversity) * scores[row] - diversity * max([cosines[row, earlier] for earlier in chosen] + [0])
            for row in range(len(ids))
            if row not in chosen
        }
        chosen.append(min(relevance, key=lambda row: (-relevance[row], -scores[row], ids[row])))
    return [ids[row] for row in chosen]


@pytest.mark.parametrize("diversity", [0.0, 0.2, 0.5, 0.9, 1.0])
def test_diversity_is_maximal_marginal_relevance(diversity: float) -> None:
    random = np.random.default_rng(7)
    titles = [" ".join(random.choice(WORDS, 4)) + f" {name}" for name in "abcdefghijklmnopqrst"]
    targets = [Article(title[-1], title[:-2], published_at=START) for title in titles]
    query, source, names = query_of_draft(targets)
    scores = random.choice([0.2, 0.4, 0.6, 0.8], len(names))
    full = query.index.vectors.full
    expected = slow_mmr((full @ full.T).toarray(), scores, names, diversity, 12)
    settings = SelectionSettings(diversity=diversity, collapse_duplicates=False)
    candidates = candidates_of(query, scores, source)
    chosen = [names[choice.shown] for choice in select(candidates, settings, 12, 0).choices]
    assert chosen == expected
    assert (chosen == [names[position] for position in best_first(candidates)][:12]) is (diversity == 0)


def test_with_diversity_a_shorter_list_is_the_head_of_a_longer_and_the_threshold_holds() -> None:
    targets = [copy_of(0, "a"), copy_of(0, "b", excerpt="orchards tariffs"), copy_of(1, "c"), copy_of(2, "d")]
    scores = {"a": 0.9, "b": 0.8, "c": 0.7, "d": 0.2}
    diverse = SelectionSettings(diversity=0.5)
    lists = [chosen_groups(targets, scores, diverse, k, 0.3) for k in (1, 2, 3, 4)]
    assert lists[3] == [("a",), ("c",), ("b",)]
    assert all(shorter == longer[: len(shorter)] for shorter, longer in itertools.pairwise(lists))
    assert chosen_groups(targets, scores, k=3) == [("a",), ("b",), ("c",)]
