import math
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from recommender.core.errors import NotFittedError
from recommender.core.records import Article
from recommender.corpus.corpus import Corpus
from recommender.evaluation.baselines import (
    Bm25,
    NewestInTopic,
    RandomTargets,
    TfidfCosine,
    TimeDecay,
    TopicOverlap,
    default_baselines,
)

START = datetime(2025, 3, 1, tzinfo=UTC)
WORDS = ("ferry", "strike", "harbor", "council", "vote", "wind", "turbine", "grid", "storm", "price", "rail", "union")
FULL = (("title", 2), ("excerpt", 1), ("body", 1))


def article(name, day=None, title="", **fields):
    return Article(name, title, published_at=None if day is None else START + timedelta(days=day), **fields)


@pytest.fixture
def corpus():
    """Forty articles of random words, the last ten of them new, with words that the past never saw."""
    random = np.random.default_rng(4)

    def words(count, extra=()):
        return " ".join(random.choice([*WORDS, *extra], size=count))

    articles = []
    for day in range(40):
        extra = ("tsunami", "recall") if day >= 30 else ()
        topics = tuple(random.choice(["sea", "power", "work"], size=random.integers(0, 3), replace=False))
        articles.append(
            article(f"a{day:02}", day, words(4, extra), excerpt=words(8, extra), body=words(20), topics=topics)
        )
    return Corpus.from_articles(articles)


PAST = np.arange(30)
NEW = np.arange(30, 40)


def rank(baseline, source, *, until, k):
    """Return the best rows of one source."""
    return baseline.rank_all([source], [until], k)[0]


def terms(article, fields):
    text = " ".join(getattr(article, name) for name, times in fields for _ in range(times))
    return Counter(re.findall(r"\w\w+", text.lower()))


def slow_bm25(corpus, source, target, *, k1=1.5, b=0.75, k3=8.0):
    past = [terms(corpus[row], FULL) for row in PAST]
    mean = sum(sum(counts.values()) for counts in past) / len(past)
    query, words = terms(corpus[source], FULL), terms(corpus[target], FULL)
    score = 0.0
    for term in query:
        if term in words:
            df = sum(term in counts for counts in past)
            idf = math.log(1 + (len(past) - df + 0.5) / (df + 0.5))
            tf, length = words[term], sum(words.values())
            weight = tf * (k1 + 1) / (tf + k1 * (1 - b + b * length / mean))
            score += idf * weight * query[term] * (k3 + 1) / (query[term] + k3)
    return score


def test_bm25_equals_a_plain_loop(corpus):
    scores = Bm25().fit(corpus, PAST).score(NEW)
    assert scores.shape == (10, 40)
    expected = [[slow_bm25(corpus, source, target) for target in range(40)] for source in NEW]
    np.testing.assert_allclose(scores, expected)


def test_tfidf_equals_scikit_learn_where_the_past_has_seen_every_term(corpus):
    texts = [f"{a.title} {a.title} {a.excerpt}" for a in corpus]
    vectors = TfidfVectorizer(sublinear_tf=True).fit(texts).transform(texts).toarray()
    scores = TfidfCosine().fit(corpus, np.arange(40)).score(NEW)
    np.testing.assert_allclose(scores, vectors[NEW] @ vectors.T)


def test_tfidf_with_unseen_terms_equals_a_dense_product(corpus):
    bags = [terms(article, (("title", 2), ("excerpt", 1))) for article in corpus]
    names = sorted(set().union(*bags))
    counts = np.array([[bag[name] for name in names] for bag in bags], dtype=float)
    idf = np.log(31 / (1 + (counts[PAST] > 0).sum(axis=0))) + 1
    dense = np.where(counts > 0, 1 + np.log(np.maximum(counts, 1)), 0) * idf
    dense /= np.linalg.norm(dense, axis=1, keepdims=True)
    assert idf[names.index("tsunami")] == idf.max()
    np.testing.assert_allclose(TfidfCosine().fit(corpus, PAST).score(NEW), dense[NEW] @ dense.T)


def test_topic_overlap_is_the_jaccard_index(corpus):
    scores = TopicOverlap().fit(corpus, PAST).score(np.arange(40))
    for source, target in [(0, 1), (3, 17), (31, 8), (5, 5)]:
        topics, target_topics = set(corpus[source].topics), set(corpus[target].topics)
        jaccard = len(topics & target_topics) / max(1, len(topics | target_topics))
        assert scores[source, target] == pytest.approx(jaccard)


@pytest.mark.parametrize("baseline", default_baselines(), ids=lambda baseline: baseline.name)
class TestEveryBaseline:
    def test_the_text_of_held_out_articles_does_not_change_scores_of_others(self, baseline, corpus):
        changed = [
            replace(article, title="ferry ferry volcano", body="vote " * 90, topics=("sea",)) if row >= 35 else article
            for row, article in enumerate(corpus)
        ]
        before = baseline.fit(corpus, PAST).score(np.arange(30, 35))[:, :35]
        after = baseline.fit(Corpus.from_articles(changed), PAST).score(np.arange(30, 35))[:, :35]
        np.testing.assert_array_equal(before, after)

    def test_the_order_of_input_does_not_matter(self, baseline, corpus):
        order = np.random.default_rng(1).permutation(len(corpus))
        shuffled = Corpus.from_articles([corpus[int(row)] for row in order])
        expected = [rows.tolist() for rows in baseline.fit(corpus, PAST).rank_all(NEW, NEW, k=6)]
        assert [rows.tolist() for rows in baseline.fit(shuffled, PAST).rank_all(NEW, NEW, k=6)] == expected

    def test_ranks_by_score_among_the_rows_before_the_limit_only(self, baseline, corpus):
        baseline.fit(corpus, PAST)
        scores = baseline.score(np.array([31]))[0]
        ranked = rank(baseline, 31, until=33, k=40)
        assert set(ranked.tolist()) == {row for row in range(33) if scores[row] > 0 and row != 31}
        assert (np.diff(scores[ranked]) <= 0).all()
        np.testing.assert_array_equal(rank(baseline, 31, until=33, k=4), ranked[:4])

    def test_ranking_many_equals_ranking_one_by_one(self, baseline, corpus):
        baseline.fit(corpus, PAST)
        for source, ranked in zip(NEW, baseline.rank_all(NEW, NEW + 1, k=7, block=3), strict=True):
            np.testing.assert_array_equal(ranked, rank(baseline, int(source), until=source + 1, k=7))

    def test_never_a_removed_article(self, baseline, corpus):
        gone = rank(baseline.fit(corpus, PAST), 39, until=40, k=3).tolist()
        removed = [replace(article, removed=row in gone) for row, article in enumerate(corpus)]
        left = rank(baseline.fit(Corpus.from_articles(removed), PAST), 39, until=40, k=40).tolist()
        assert left
        assert not set(gone) & set(left)

    def test_articles_without_any_text_topic_or_date(self, baseline):
        corpus = Corpus.from_articles([article("a"), article("b"), article("c")])
        scores = baseline.fit(corpus, np.array([], dtype=np.int64)).score(np.arange(3))
        assert np.isfinite(scores).all()

    def test_a_score_before_fit_is_an_error(self, baseline):
        with pytest.raises(NotFittedError, match=f"'{re.escape(baseline.name)}' is not fitted"):
            unfitted(baseline).score(np.array([0]))


def unfitted(baseline):
    return next(candidate for candidate in default_baselines() if candidate.name == baseline.name)


def test_default_baselines_have_distinct_names():
    names = [baseline.name for baseline in default_baselines()]
    assert len(set(names)) == len(names)
    assert {"random", "newest in topic", "topic overlap", "BM25, full article"} < set(names)


def test_ties_go_to_the_newest_then_by_id_with_undated_last():
    named = [("old", 0), ("z", 5), ("m", 5), ("b", 5), ("undated", None), ("newest", 6)]
    corpus = Corpus.from_articles([article(name, day, "ferry strike", topics=("sea",)) for name, day in named])
    source = corpus.row("newest")
    for baseline in (NewestInTopic(), TopicOverlap(), TfidfCosine(), Bm25()):
        ranked = rank(baseline.fit(corpus, np.arange(len(corpus))), source, until=len(corpus), k=9)
        assert [corpus[int(row)].id for row in ranked] == ["b", "m", "z", "old", "undated"]
        assert rank(baseline, source, until=len(corpus), k=2).tolist() == ranked[:2].tolist()


def test_without_a_shared_word_or_topic_there_is_no_suggestion():
    corpus = Corpus.from_articles(
        [article("a", 0, "ferry strike", topics=("sea",)), article("b", 1, "wind farm", topics=("power",))]
    )
    for baseline in (NewestInTopic(), TopicOverlap(), TfidfCosine(), Bm25()):
        assert len(rank(baseline.fit(corpus, np.array([0])), 1, until=1, k=10)) == 0


def test_random_depends_on_ids_and_seed_alone(corpus):
    scores = RandomTargets(1).fit(corpus, PAST).score(np.arange(40))
    fewer = RandomTargets(1).fit(Corpus.from_articles(corpus[10:]), PAST[:1]).score(np.arange(30))
    np.testing.assert_array_equal(fewer, scores[10:, 10:])
    assert (RandomTargets(2).fit(corpus, PAST).score(np.arange(40)) != scores).all()
    assert not np.allclose(scores, scores.T)


def test_random_scores_are_spread_evenly():
    corpus = Corpus.from_articles([article(f"a{number}") for number in range(200)])
    scores = RandomTargets().fit(corpus, PAST).score(np.arange(200))
    assert 0 < scores.min() < scores.max() <= 1
    shares = np.histogram(scores, bins=10, range=(0, 1))[0] / scores.size
    assert np.abs(shares - 0.1).max() < 0.01


def test_time_decay_halves_a_score_each_half_life():
    corpus = Corpus.from_articles([article(name, day, "ferry strike") for name, day in [("a", 0), ("b", 7), ("c", 21)]])
    everything = np.arange(3)
    plain = Bm25().fit(corpus, everything).score(np.array([2]))[0]
    decayed = TimeDecay(Bm25(), half_life=7).fit(corpus, everything).score(np.array([2]))[0]
    np.testing.assert_allclose(decayed / plain, [1 / 8, 1 / 4, 1])


def test_bm25_reads_the_body_and_tfidf_of_title_and_excerpt_does_not():
    corpus = Corpus.from_articles(
        [article("a", 0, "one two", body="turbine"), article("b", 1, "three four", body="turbine")]
    )
    assert Bm25().fit(corpus, np.array([0])).score(np.array([1]))[0, 0] > 0
    assert TfidfCosine().fit(corpus, np.array([0])).score(np.array([1]))[0, 0] == 0
