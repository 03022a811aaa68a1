"""Single features of pairs against loops over words, days and providers."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer

from recommender import Article, Corpus, Provider, Relation
from recommender.core.settings import CandidateSettings
from recommender.features.pair_features import GROUPS, feature_names, pair_features
from recommender.retrieval.candidates import with_candidates
from recommender.retrieval.index import Index
from recommender.retrieval.query import Query, queries
from recommender.retrieval.vectorizer import Vectorizer

Words = dict[str, float]
START = datetime(2025, 5, 1, 8, tzinfo=UTC)
DRAFT = Article(
    "draft",
    "Ferry strike: hackers stop boats, deckhands cheer quizzically",
    "Night shifts end; patient records stay on sale, and on sale they stay.",
    "The ferry of the islands is in Elmsford. Nobody knows why.",
    published_at=datetime(2025, 3, 6, tzinfo=UTC),
)
four_letters = CountVectorizer(analyzer="char_wb", ngram_range=(4, 4)).build_analyzer()


def query_of(index: Index, row: int, limit: int) -> Query:
    """Return the query of an article of the corpus with every other known article as a candidate."""
    rows, limits = np.array([row]), np.array([limit])
    [query] = queries(index, index.vectors.take(rows), rows, limits)
    others = np.array([target for target in range(limit) if target != row], dtype=np.intp)
    return with_candidates(query, CandidateSettings(), forced_rows=others)


def query_of_draft(model: Vectorizer, index: Index, draft: Article) -> Query:
    """Return the query of an article outside the corpus with every article as a candidate."""
    [query] = queries(index, model.transform([draft]), np.array([-1]), np.array([len(index.corpus)]))
    return with_candidates(query, CandidateSettings(), forced_rows=np.arange(len(index.corpus)))


def column(query: Query, name: str) -> np.ndarray:
    X, names = pair_features(query)
    return X[:, names.index(name)]


class BagsOfWords:
    """Articles as bags of words, weighted by the textbook: a dictionary a text."""

    def __init__(self, site: Sequence[Article]):
        self.n = len(site)
        self.frequency = {
            field: Counter(word for article in site for word in set(self.words(article, field)))
            for field in ("title", "excerpt", "full", "characters", "spelling")
        }

    @staticmethod
    def words(article: Article, field: str) -> list[str]:
        if field in ("characters", "spelling"):
            return four_letters(article.title)
        full = f"{article.title} {article.title} {article.excerpt} {article.body}"
        text = {"title": article.title, "excerpt": article.excerpt, "full": full}[field]
        return re.findall(r"\w\w+", text.lower())

    def rarity(self, word: str, field: str) -> float:
        if field == "spelling":
            return 1.0
        return (math.log((1 + self.n) / (1 + self.frequency[field][word])) + 1) / (math.log(1 + self.n) + 1)

    def vector(self, article: Article, field: str) -> Words:
        counts = Counter(self.words(article, field))
        weights = {word: (1 + math.log(count)) * self.rarity(word, field) for word, count in counts.items()}
        length = math.sqrt(sum(weight**2 for weight in weights.values()))
        return {word: weight / length for word, weight in weights.items()}


def dot(source: Words, target: Words) -> float:
    return sum(weight * target[word] for word, weight in source.items() if word in target)


def coverage(words: Words, others: Words) -> float:
    """Return the part of the squared length of one text that lies in words of another."""
    return sum(weight**2 for word, weight in words.items() if word in others)


def words_in_common(bags: BagsOfWords, source: Article, target: Article) -> dict[str, float]:
    """Return the features of the words of a pair, each computed by a loop."""
    title, target_title = bags.vector(source, "title"), bags.vector(target, "title")
    full, target_full = bags.vector(source, "full"), bags.vector(target, "full")
    shared_title = [bags.rarity(word, "title") for word in title if word in target_title]
    shared_full = [bags.rarity(word, "full") for word in full if word in target_full]
    return {
        "title_terms.title_cosine": dot(title, target_title),
        "title_terms.title_characters": dot(bags.vector(source, "characters"), bags.vector(target, "characters")),
        "title_terms.title_spelling": dot(bags.vector(source, "spelling"), bags.vector(target, "spelling")),
        "title_terms.title_source_coverage": coverage(title, target_title),
        "title_terms.title_target_coverage": coverage(target_title, title),
        "title_terms.title_shared_terms": len(shared_title),
        "title_terms.title_rarest_shared": max(shared_title, default=0),
        "text_terms.text_cosine": dot(full, target_full),
        "text_terms.text_target_coverage": coverage(target_full, full),
        "text_terms.text_rarest_shared": max(shared_full, default=0),
        "text_terms.text_shared_rarity": sum(shared_full),
        "text_terms.excerpt_cosine": dot(bags.vector(source, "excerpt"), bags.vector(target, "excerpt")),
        "text_terms.title_in_text": dot(title, target_full),
        "text_terms.text_in_title": dot(full, target_title),
    }


PAIRWISE = tuple(words_in_common(BagsOfWords([DRAFT]), DRAFT, DRAFT))


@pytest.fixture(scope="module")
def model(corpus: Corpus) -> Vectorizer:
    return Vectorizer.fit(corpus)


@pytest.fixture(scope="module")
def index(model: Vectorizer, corpus: Corpus) -> Index:
    return model.index(corpus)


@pytest.fixture(scope="module")
def expected_features(corpus: Corpus, model: Vectorizer, index: Index) -> list[tuple[Query, list[dict[str, float]]]]:
    """Return several queries, each with the values of loops for its candidates."""
    bags = BagsOfWords(corpus.articles)
    queries_and_sources = [(query_of(index, row, 12), corpus[row]) for row in (0, 6, 11)]
    queries_and_sources += [(query_of(index, 6, 7), corpus[6]), (query_of_draft(model, index, DRAFT), DRAFT)]
    return [
        (query, [words_in_common(bags, source, corpus[int(row)]) for row in query.targets])
        for query, source in queries_and_sources
    ]


@pytest.mark.parametrize("name", PAIRWISE)
def test_words_in_common_are_those_of_a_loop(
    expected_features: list[tuple[Query, list[dict[str, float]]]], name: str
) -> None:
    for query, expected in expected_features:
        values = [pair[name] for pair in expected]
        assert any(values), "the reference needs a pair that has it"
        np.testing.assert_allclose(column(query, name), values, atol=1e-5)


@pytest.mark.parametrize(
    "name",
    [
        "title_terms.title_cosine",
        "title_terms.title_characters",
        "text_terms.text_cosine",
        "text_terms.excerpt_cosine",
    ],
)
def test_a_relative_similarity_is_a_part_of_the_best_candidates(
    expected_features: list[tuple[Query, list[dict[str, float]]]], name: str
) -> None:
    for query, expected in expected_features:
        values = np.array([pair[name] for pair in expected])
        np.testing.assert_allclose(column(query, f"{name}_relative"), values / values.max(), atol=1e-5)


def test_the_sources_best_and_ten_best_cosines(expected_features: list[tuple[Query, list[dict[str, float]]]]) -> None:
    for query, expected in expected_features:
        values = sorted((pair["text_terms.text_cosine"] for pair in expected), reverse=True)
        np.testing.assert_allclose(column(query, "text_terms.source_best_cosine"), values[0], atol=1e-5)
        np.testing.assert_allclose(column(query, "text_terms.source_near_cosine"), sum(values[:10]) / 10, atol=1e-5)


def test_a_draft_without_a_word_is_similar_to_nothing(model: Vectorizer, index: Index) -> None:
    query = query_of_draft(model, index, Article("draft", ""))
    for name in (*PAIRWISE, "text_terms.text_cosine_relative", "text_terms.source_best_cosine"):
        assert not column(query, name).any(), name


# Seven articles of few fields; two at one moment, and the last two undated.
_SPARSE = (
    ("a", 0.0, Provider("Post", "post.example"), ("rail",), 50.0, "One two three", "four"),
    ("b", 2.5, Provider("The Post", "POST.example"), ("Rail", "ports"), None, "One", ""),
    ("c", 4.0, None, (), 70.0, "Two words", "and five in the excerpt"),
    ("d", 4.0, Provider("Wire"), ("ports", "rail"), 40.0, "", "three in all"),
    ("e", 9.0, Provider(), ("grid",), 55.5, "Five words make a title", ""),
    ("y", None, Provider("wire"), ("rail",), None, "Undated", "too"),
    ("z", None, Provider(domain="post.example"), (), 10.0, "Undated as well", ""),
)


@pytest.fixture(scope="module")
def sparse_corpus() -> Corpus:
    return Corpus.from_articles(
        Article(
            name,
            title,
            excerpt,
            published_at=None if day is None else START + timedelta(days=day),
            provider=provider,
            topics=topics,
            quality=quality,
        )
        for name, day, provider, topics, quality, title, excerpt in _SPARSE
    )


@pytest.fixture(scope="module")
def feature(sparse_corpus: Corpus) -> Callable[..., dict[str, float]]:
    """Return a function that computes a feature: a number for each known article but the source, by id."""
    model = Vectorizer.fit(sparse_corpus)
    index = model.index(sparse_corpus)

    def values_by_id(source: str | Article, name: str, limit: int = len(_SPARSE)) -> dict[str, float]:
        if isinstance(source, Article):
            query = query_of_draft(model, index, source)
        else:
            query = query_of(index, sparse_corpus.row(source), limit)
        return {
            sparse_corpus[int(row)].id: value for row, value in zip(query.targets, column(query, name), strict=True)
        }

    return values_by_id


def near(**expected: float) -> object:
    return pytest.approx(expected, abs=1e-5, nan_ok=True)


NAN = math.nan


def test_days_apart_have_no_sign_and_are_unknown_without_a_date(feature: Callable[..., dict[str, float]]) -> None:
    assert feature("b", "time.days_apart") == near(a=2.5, c=1.5, d=1.5, e=6.5, y=NAN, z=NAN)
    assert feature("c", "time.days_apart") == near(a=4, b=1.5, d=0, e=5, y=NAN, z=NAN)
    assert feature("y", "time.days_apart") == near(a=NAN, b=NAN, c=NAN, d=NAN, e=NAN, z=NAN)


def test_articles_between_are_counted_in_the_order_of_the_corpus(feature: Callable[..., dict[str, float]]) -> None:
    assert feature("b", "time.articles_between") == near(a=1, c=1, d=2, e=3, y=4, z=5)
    # Articles of one moment stand where the first of them does when one of them is the source.
    assert feature("d", "time.articles_between") == near(a=2, b=1, c=0, e=2, y=3, z=4)
    assert feature("c", "time.articles_between") == near(a=2, b=1, d=1, e=2, y=3, z=4)


def test_an_undated_source_stands_after_all_dated_articles(feature: Callable[..., dict[str, float]]) -> None:
    assert feature("z", "time.articles_between") == near(a=5, b=4, c=3, d=2, e=1, y=0)
    assert feature(Article("draft", ""), "time.articles_between") == near(a=5, b=4, c=3, d=2, e=1, y=0, z=1)


def test_a_draft_stands_at_its_date(feature: Callable[..., dict[str, float]]) -> None:
    draft = Article("draft", "", published_at=START + timedelta(days=3))
    assert feature(draft, "time.articles_between") == near(a=2, b=1, c=0, d=1, e=2, y=3, z=4)
    assert feature(draft, "time.days_apart") == near(a=3, b=0.5, c=1, d=1, e=6, y=NAN, z=NAN)


def test_the_share_between_is_of_all_that_was_published_by_then(feature: Callable[..., dict[str, float]]) -> None:
    assert feature("b", "time.share_between") == near(a=1 / 2, c=1 / 2, d=2 / 2, e=3 / 2, y=4 / 2, z=5 / 2)
    assert feature("b", "time.share_between", limit=4) == near(a=1 / 2, c=1 / 2, d=2 / 2)
    assert feature(Article("draft", ""), "time.share_between")["a"] == pytest.approx(5 / 7)


def test_a_provider_is_the_same_by_its_domain_or_else_its_name(feature: Callable[..., dict[str, float]]) -> None:
    assert feature("a", "provider.same_provider") == near(b=1, c=NAN, d=0, e=NAN, y=0, z=1)
    assert feature("d", "provider.same_provider") == near(a=0, b=0, c=NAN, e=NAN, y=1, z=0)


@pytest.mark.parametrize("source", ["c", "e", Article("draft", "")])
def test_an_unknown_provider_is_neither_the_same_nor_a_different_one(
    feature: Callable[..., dict[str, float]], source: str | Article
) -> None:
    assert all(math.isnan(value) for value in feature(source, "provider.same_provider").values())


def test_an_unknown_quality_is_nan(feature: Callable[..., dict[str, float]]) -> None:
    assert feature("a", "quality.quality_target") == near(b=NAN, c=70, d=40, e=55.5, y=NAN, z=10)
    assert feature("a", "quality.quality_source") == near(b=50, c=50, d=50, e=50, y=50, z=50)
    assert feature("a", "quality.quality_difference") == near(b=NAN, c=20, d=-10, e=5.5, y=NAN, z=-40)
    assert feature("b", "quality.quality_difference") == near(a=NAN, c=NAN, d=NAN, e=NAN, y=NAN, z=NAN)


def test_lengths_are_counted_in_words(feature: Callable[..., dict[str, float]]) -> None:
    assert feature("a", "length.title_words_target") == near(b=1, c=2, d=0, e=5, y=1, z=3)
    assert feature("a", "length.text_words_target") == near(b=1, c=7, d=3, e=5, y=2, z=3)
    draft = Article("draft", "Two words", "and three more", "and a body of six words")
    assert set(feature(draft, "length.title_words_source").values()) == {2}
    assert set(feature(draft, "length.text_words_source").values()) == {11}


def test_topics_in_common_are_counted(feature: Callable[..., dict[str, float]]) -> None:
    assert feature("b", "topics.topic_shared") == near(a=1, c=0, d=2, e=0, y=1, z=0)
    assert feature("b", "topics.topic_jaccard") == near(a=1 / 2, c=0, d=1, e=0, y=1 / 2, z=0)
    assert feature("b", "topics.topic_same_set") == near(a=0, c=0, d=1, e=0, y=0, z=0)
    assert feature("b", "topics.topic_count_target") == near(a=1, c=0, d=2, e=1, y=1, z=0)
    assert set(feature("b", "topics.topic_count_source").values()) == {2}
    cosines = feature("b", "topics.topic_cosine")
    assert cosines == near(a=cosines["y"], c=0, d=1, e=0, y=cosines["y"], z=0)
    assert 0 < cosines["a"] < 1


def test_every_feature_has_a_name_of_its_own_in_a_group(index: Index) -> None:
    names = feature_names(index)
    assert len(set(names)) == len(names)
    assert {name.partition(".")[0] for name in names} == set(GROUPS)
    X, column_names = pair_features(query_of(index, 5, 12))
    assert column_names == names
    assert X.dtype == np.float32
    assert X.shape == (11, len(names))


def test_a_source_without_candidates_has_no_rows(index: Index) -> None:
    X, names = pair_features(query_of(index, 0, 1))
    assert X.shape == (0, len(names))


def test_only_features_of_what_may_be_unknown_are_nan(
    feature: Callable[..., dict[str, float]], sparse_corpus: Corpus
) -> None:
    index = Vectorizer.fit(sparse_corpus).index(sparse_corpus)
    unknown = {
        name
        for row in range(len(sparse_corpus))
        for query in [query_of(index, row, len(sparse_corpus))]
        for name, values in zip(feature_names(index), pair_features(query)[0].T, strict=True)
        if np.isnan(values).any()
    }
    assert {"time.days_apart", "provider.same_provider", "quality.quality_target"} <= unknown
    assert not {name for name in unknown if name.startswith(("title_terms.", "text_terms.", "topics.", "length."))}


def test_infinity_never_reaches_a_ranker(sparse_corpus: Corpus) -> None:
    index = Vectorizer.fit(sparse_corpus).index(sparse_corpus)
    for row in range(len(sparse_corpus)):
        assert not np.isinf(pair_features(query_of(index, row, len(sparse_corpus)))[0]).any()


def test_relations_of_the_source_change_no_feature(model: Vectorizer, corpus: Corpus, index: Index) -> None:
    row = corpus.row("ferry-3")
    wrong = (Relation(None, "wind-1"), Relation(None, "breach-2"))
    rewired = Corpus([replace(article, relations=wrong) if article.id == "ferry-3" else article for article in corpus])
    assert (corpus.neighbours != rewired.neighbours).nnz > 0
    before, after = (pair_features(query_of(indexed, row, 12))[0] for indexed in (index, model.index(rewired)))
    np.testing.assert_array_equal(before, after)
