"""Vectors of words, against plain scikit-learn pipelines."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
from support.shared_words import shared_words

from recommender import Article, Corpus
from recommender.retrieval.text import FIELDS, N_BUCKETS, WEIGHTED, TextModel, bucket, field_text, terms
from recommender.retrieval.vectorizer import Vectorizer
from recommender.retrieval.vectors import COLUMNS, MATRICES, Vectors

HASHING = HashingVectorizer(n_features=N_BUCKETS, alternate_sign=False, norm=None, strip_accents="unicode")
UNSEEN = "zeppelinology"


def texts_of(articles: Sequence[Article], field: str) -> list[str]:
    """Return the text of each field, written out once more."""
    text_of = {
        "title": lambda article: article.title,
        "characters": lambda article: article.title,
        "spelling": lambda article: article.title,
        "excerpt": lambda article: article.excerpt,
        "full": lambda article: " ".join([article.title, article.title, article.excerpt, article.body]),
    }
    return [text_of[field](article) for article in articles]


def tfidf_pipeline(field: str) -> TfidfVectorizer:
    """Return scikit-learn's own vectorizer of a field."""
    options = {"analyzer": "char_wb", "ngram_range": (4, 4)} if field in ("characters", "spelling") else {}
    return TfidfVectorizer(sublinear_tf=True, strip_accents="unicode", use_idf=field != "spelling", **options)


Matrices = dict[str, sparse.csr_matrix]


def same(matrix: sparse.csr_matrix, expected: sparse.csr_matrix) -> bool:
    """Say whether two matrices are equal to the last bit."""
    return matrix.shape == expected.shape and (matrix != expected).nnz == 0


@pytest.fixture(scope="module")
def model(corpus: Corpus) -> TextModel:
    return TextModel.fit(corpus.articles)


@pytest.fixture(scope="module")
def vectors(model: TextModel, corpus: Corpus) -> Matrices:
    return model.transform(corpus.articles)


@pytest.mark.parametrize("field", FIELDS)
def test_cosines_are_those_of_a_plain_pipeline(corpus: Corpus, vectors: Matrices, field: str) -> None:
    pipeline = tfidf_pipeline(field)
    expected = pipeline.fit_transform(texts_of(corpus.articles, field))
    columns = {bucket(term) for term in pipeline.vocabulary_}
    assert len(columns) == len(pipeline.vocabulary_), "the reference needs a vocabulary without collisions"
    matrix = vectors[field]
    assert matrix.shape == (len(corpus), N_BUCKETS)
    np.testing.assert_allclose((matrix @ matrix.T).toarray(), (expected @ expected.T).toarray(), atol=1e-5)


@pytest.mark.parametrize("field", WEIGHTED)
def test_each_term_weighs_its_smoothed_idf_as_a_part_of_the_largest(
    corpus: Corpus, model: TextModel, field: str
) -> None:
    pipeline = tfidf_pipeline(field).fit(texts_of(corpus.articles, field))
    largest = math.log(1 + len(corpus)) + 1
    for term, column in pipeline.vocabulary_.items():
        assert model.idf_[field][bucket(term)] == pytest.approx(pipeline.idf_[column] / largest, abs=1e-6)


@pytest.mark.parametrize("field", WEIGHTED)
def test_document_frequencies_are_counted_once_an_article(corpus: Corpus, model: TextModel, field: str) -> None:
    options = {"analyzer": "char_wb", "ngram_range": (4, 4)} if field == "characters" else {}
    counter = CountVectorizer(strip_accents="unicode", binary=True, **options)
    frequency = np.asarray(counter.fit_transform(texts_of(corpus.articles, field)).sum(axis=0)).ravel()
    counted = model.document_frequency_[field]
    assert counted.sum() == frequency.sum()
    assert all(counted[bucket(term)] == frequency[column] for term, column in counter.vocabulary_.items())
    assert model.n_articles_ == len(corpus)


def test_a_term_that_nobody_has_used_weighs_the_most(model: TextModel) -> None:
    for field in WEIGHTED:
        used = model.document_frequency_[field] > 0
        assert model.idf_[field][bucket(UNSEEN)] == 1.0
        assert model.idf_[field][used].max() < 1.0


def test_an_unseen_term_outweighs_a_known_one_in_a_draft(model: TextModel) -> None:
    draft = model.transform([Article("d", f"Ferry {UNSEEN}")])["title"]
    assert draft[0, bucket(UNSEEN)] > draft[0, bucket("ferry")] > 0


def test_a_common_term_weighs_less_than_a_rare_one() -> None:
    articles = [Article(f"a-{row}", "budget" if row else "budget turbine") for row in range(5)]
    model = TextModel.fit(articles)
    title = model.transform(articles[:1])["title"]
    assert 0 < title[0, bucket("budget")] < title[0, bucket("turbine")]


def test_a_word_of_the_title_counts_twice_in_the_full_text(model: TextModel) -> None:
    draft = model.transform([Article("d", f"{UNSEEN}", "marmaladery")])["full"]
    ratio = draft[0, bucket(UNSEEN)] / draft[0, bucket("marmaladery")]
    assert ratio == pytest.approx(1 + math.log(2), rel=1e-5)


def test_the_body_is_in_the_full_text_only(model: TextModel) -> None:
    without, with_body = (model.transform([Article("d", "Ferry strike", "Boats wait.", body)]) for body in ("", UNSEEN))
    assert with_body["full"][0, bucket(UNSEEN)] > 0
    for field in ("title", "excerpt", "characters"):
        assert same(without[field], with_body[field])


def test_the_vector_of_a_draft_is_its_row_in_a_batch(corpus: Corpus, model: TextModel, vectors: Matrices) -> None:
    for row, article in enumerate(corpus):
        alone = model.transform([article])
        for field in FIELDS:
            assert same(alone[field], vectors[field][row])


@pytest.mark.parametrize("field", FIELDS)
def test_rows_have_length_one_and_columns_in_order(vectors: Matrices, field: str) -> None:
    matrix = vectors[field]
    assert matrix.dtype == np.float32
    np.testing.assert_allclose(matrix.multiply(matrix).sum(axis=1), 1, atol=1e-6)
    for row in matrix:
        assert (np.diff(row.indices) > 0).all()  # what `overlap` relies on


def test_an_empty_text_is_a_row_of_zeros(model: TextModel) -> None:
    empty = model.transform([Article("d", ""), Article("e", "... - !", "a b c", "I")])
    for field in FIELDS:
        assert empty[field][0].nnz == 0
    for field in ("title", "excerpt", "full"):  # no word of two letters
        assert empty[field][1].nnz == 0


def test_a_site_of_empty_texts_can_be_learned_from() -> None:
    articles = [Article("a", ""), Article("b", "")]
    model = TextModel.fit(articles)
    assert np.isfinite(model.idf_["full"]).all()
    assert model.transform(articles)["full"].nnz == 0


def test_no_articles_have_no_rows(corpus: Corpus) -> None:
    vectorizer = Vectorizer.fit(corpus)
    vectors, no_rows = vectorizer.transform(corpus.articles), vectorizer.transform([])
    assert no_rows.full.shape == (0, N_BUCKETS)
    assert same(Vectors.stacked([vectors, no_rows]).full, vectors.full)


def test_taken_and_stacked_rows_are_the_same_rows(corpus: Corpus) -> None:
    vectors = Vectorizer.fit(corpus).transform(corpus.articles)
    halves = Vectors.stacked([vectors.take(slice(0, 5)), vectors.take(np.arange(5, 12))])
    for name in MATRICES:
        assert same(getattr(halves, name), getattr(vectors, name))
    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(halves, name), getattr(vectors, name))


def test_case_and_accents_make_no_difference(model: TextModel) -> None:
    accented, plain = model.transform([Article("a", "Café ÉTÉ in Ålborg"), Article("b", "CAFE été IN alborg")])["title"]
    assert same(accented, plain)
    assert terms("Café ÉTÉ in Ålborg") == ("cafe", "ete", "in", "alborg")


LATIN = st.characters(max_codepoint=0x24F, exclude_characters="\u00ad")


@given(st.text(LATIN, max_size=40))
@example("İstanbul ﬁne x² naïve e\u0301te")
@example("don't re-use 4x4 under_score")
def test_latin_words_are_split_as_scikit_learn_does(text: str) -> None:
    assert list(terms(text)) == HASHING.build_analyzer()(text)


@given(st.lists(st.text(st.characters(categories=("L", "M", "N")), min_size=2, max_size=12), min_size=1, max_size=5))
@example(["データベースの管理", "서버에서", "ข่าวด่วน"])
def test_a_word_is_found_in_the_column_it_was_hashed_to(words: list[str]) -> None:
    article = Article("a", " ".join(words))
    model = TextModel.fit([article])
    assert {bucket(term) for term in terms(article.title)} == set(model.transform([article])["title"].indices.tolist())


def test_the_rarest_shared_words_come_first_and_equals_by_the_alphabet() -> None:
    titles = ["wind", "wind harbour", "wind harbour quay amber zebra"]
    articles = [Article(str(row), title) for row, title in enumerate(titles)]
    source, target = (
        Article("s", "Zebra WIND quay harbour amber unknown"),
        Article("t", "amber harbour wind zebra quay"),
    )
    model = TextModel.fit(articles)
    shared = ["amber", "quay", "zebra", "harbour", "wind"]
    assert shared_words(model, source, target, "title") == shared
    assert shared_words(model, target, source, "title") == shared
    assert shared_words(model, source, target, "title", most=2) == shared[:2]


def test_a_shared_word_is_looked_for_in_the_field_asked_for() -> None:
    source, target = Article("s", "Quay closed", "By wind"), Article("t", "Storm", "Quay and wind")
    model = TextModel.fit([source, target])
    assert shared_words(model, source, target, "title") == []
    assert shared_words(model, source, target, "full") == ["quay", "wind"]
    assert field_text(source, "excerpt") == "By wind"


@pytest.mark.parametrize(("n_articles", "most"), [(40, 8), (400, 20)])
def test_a_word_of_many_articles_is_no_reason_to_show(n_articles: int, most: int) -> None:
    def title(row: int) -> str:
        return " ".join(word for word, count in (("harbour", most), ("weather", most + 1)) if row < count)

    model = TextModel.fit([Article(str(row), title(row)) for row in range(n_articles)])
    pair = Article("s", "Harbour weather"), Article("t", "Weather harbour")
    assert shared_words(model, *pair, "title") == ["harbour"]
