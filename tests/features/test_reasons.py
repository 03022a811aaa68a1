"""Reasons: shares that add up, and their texts."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from recommender import Article, Corpus, Provider, Reason, Relation
from recommender.features.pair_features import GROUPS
from recommender.features.reasons import BASE, WORDS, ExplainedPairs, RuleWeight, explain_scores
from recommender.retrieval.index import Index
from recommender.retrieval.query import queries
from recommender.retrieval.vectorizer import Vectorizer

START = datetime(2025, 3, 1, 12, tzinfo=UTC)
NAMES = ("title_terms.cosine", "title_terms.rarest", "text_terms.cosine", "time.days", "relations.count", "time.share")
POST, WIRE = Provider("Harbor Post", "post.example"), Provider(domain="wire.example")
PairMaker = Callable[[str, str], ExplainedPairs]


@pytest.fixture(scope="module")
def make() -> PairMaker:
    """Return a function that makes the pair of two of these articles, by their ids."""
    commons = "the weather was fine and the council met again"
    corpus = Corpus.from_articles(
        [
            Article("rocks", "Ferry aground off Calder Point", "Two tugs are there.", commons, START, provider=POST),
            Article(
                "tugs",
                "Tugs free the ferry Calder Star",
                f"High water at Calder Point. {commons}",
                published_at=START + timedelta(hours=11),
                provider=Provider("The Post", "POST.example"),
                topics=("Ferries", "Ports"),
                quality=71.5,
                relations=(Relation(None, "rocks"),),
            ),
            Article(
                "report",
                "Final report: tired officer, old chart",
                published_at=START + timedelta(days=1, hours=1),
                provider=WIRE,
                topics=("ports", "Safety", "FERRIES"),
                quality=80,
                relations=(Relation(None, "rocks"), Relation(None, "tugs"), Relation(None, "last")),
            ),
            Article("empty", "", published_at=START + timedelta(days=20), provider=Provider()),
            Article("last", "Ferry sails to Calder Point again", published_at=START + timedelta(days=30)),
            Article("undated", "Calder", topics=("Safety",)),
            *(Article(f"filler-{n}", "Filler", commons, published_at=START - timedelta(days=n)) for n in range(1, 12)),
        ]
    )
    model = Vectorizer.fit(corpus)
    index = model.index(corpus)

    def pair(source: str, target: str) -> ExplainedPairs:
        return pairs_of(index, [(source, target)], len(corpus))

    return pair


def pairs_of(index: Index, ids: Sequence[tuple[str, str]], limit: int) -> ExplainedPairs:
    """Return pairs of ids as pairs of one query, whose sources know as many rows, from the first, as `limit` says."""
    corpus = index.corpus
    sources = list(dict.fromkeys(source for source, _ in ids))
    source_rows = np.array([corpus.row(source) for source in sources])
    [query] = queries(index, index.vectors.take(source_rows), source_rows, np.full(len(sources), limit))
    return ExplainedPairs(
        query,
        np.array([sources.index(source) for source, _ in ids]),
        np.array([corpus.row(target) for _, target in ids]),
        [corpus[corpus.row(source)] for source, _ in ids],
        [corpus[corpus.row(target)] for _, target in ids],
    )


def words(pair: ExplainedPairs, group: str) -> str:
    """Return the words of a group of features for the only one of these pairs."""
    [text] = WORDS[group](pair)
    return text


def explained(make: PairMaker, parts: Sequence[float]) -> tuple[Reason, ...]:
    """Explain a score of these parts of its log-odds, the base last."""
    [reasons] = explain_scores(make("report", "tugs"), NAMES, np.array([parts[:-1]]), [sum(parts)], [[]])
    return reasons


PART = st.floats(-6, 6).map(lambda value: round(value, 9)) | st.sampled_from([0.0, 1e-12, -1e-12, 1e-3])


@given(st.lists(PART, min_size=len(NAMES), max_size=len(NAMES)), st.floats(-8, 8))
def test_the_shares_add_up_to_the_score(make: PairMaker, parts: list[float], base: float) -> None:
    reasons = explained(make, [*parts, base])
    log_odds = sum(parts) + base
    assert math.fsum(reason.share for reason in reasons) == pytest.approx(expit(log_odds), abs=1e-9)
    assert math.fsum(reason.log_odds for reason in reasons) == pytest.approx(log_odds, abs=1e-9)


@given(st.lists(PART, min_size=len(NAMES), max_size=len(NAMES)), st.floats(-8, 8))
def test_a_share_has_the_sign_of_its_log_odds_and_their_order(make: PairMaker, parts: list[float], base: float) -> None:
    *reasons, rate = explained(make, [*parts, base])
    assert (rate.feature, rate.log_odds) == (BASE, pytest.approx(base, abs=1e-12))
    assert rate.share == pytest.approx(expit(base), abs=1e-12)
    for reason in reasons:
        assert np.sign(reason.share) == np.sign(reason.log_odds)
    assert [reason.share for reason in reasons] == sorted((reason.share for reason in reasons), reverse=True)
    # Of one score, shares go with log-odds: what gave more in the one gave more in the other.
    assert [reason.log_odds for reason in reasons] == sorted((reason.log_odds for reason in reasons), reverse=True)


def test_features_of_a_group_are_one_reason(make: PairMaker) -> None:
    *reasons, _ = explained(make, [0.5, 0.25, -1.0, 2.0, 0.0, -0.5, -2.0])
    assert {reason.feature: reason.log_odds for reason in reasons} == {
        "title_terms": 0.75,
        "text_terms": -1.0,
        "time": 1.5,
        "relations": 0.0,
    }
    assert [reason.feature for reason in reasons] == ["time", "title_terms", "relations", "text_terms"]


def test_equal_shares_are_ordered_by_name(make: PairMaker) -> None:
    *reasons, _ = explained(make, [0.0] * 6 + [-1.0])
    assert [reason.feature for reason in reasons] == ["relations", "text_terms", "time", "title_terms"]
    assert {reason.share for reason in reasons} == {0.0}


def test_parts_that_cancel_out_still_have_shares(make: PairMaker) -> None:
    *reasons, rate = explained(make, [2.0, 0.0, -2.0, 0.0, 0.0, 0.0, 0.0])
    share_of = {reason.feature: reason.share for reason in reasons}
    assert share_of["title_terms"] == pytest.approx(0.5)  # the slope of the logistic function at 0, a quarter, times 2
    assert share_of["text_terms"] == pytest.approx(-0.5)
    assert rate.share == pytest.approx(0.5)


def test_each_reason_is_in_the_words_of_its_group(make: PairMaker) -> None:
    pair = make("report", "tugs")
    *reasons, rate = explained(make, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 0.0])
    assert {reason.feature: reason.text for reason in reasons} == {
        group: words(pair, group) for group in ("title_terms", "text_terms", "time", "relations")
    }
    assert rate.text


def test_what_speaks_against_the_pair_says_so_and_nothing_else_does(make: PairMaker) -> None:
    pair = make("report", "tugs")
    *reasons, rate = explained(make, [0.5, -0.5, -1.0, 2.0, 1e-9, -2.5, -3.0])
    assert {reason.feature: reason.text for reason in reasons} == {
        "title_terms": words(pair, "title_terms"),  # its parts cancel out
        "text_terms": f"against it: {words(pair, 'text_terms')}",
        "time": f"against it: {words(pair, 'time')}",
        "relations": words(pair, "relations"),
    }
    assert rate.text == "what every candidate of this article starts from"


@given(st.lists(PART, min_size=len(NAMES), max_size=len(NAMES)), st.floats(-8, 8))
def test_against_it_goes_with_the_sign_of_the_share(make: PairMaker, parts: list[float], base: float) -> None:
    *reasons, rate = explained(make, [*parts, base])
    assert not rate.text.startswith("against it: ")
    for reason in reasons:
        assert reason.text.startswith("against it: ") == (reason.share < 0)


def test_every_group_has_words_for_every_pair(make: PairMaker) -> None:
    ids = [article.id for article in make("rocks", "tugs").query.index.corpus]
    for source in ids:
        for target in ids:
            if source != target:
                pair = make(source, target)
                assert all(words(pair, group) for group in GROUPS)
                assert not any("None" in words(pair, group) or "nan" in words(pair, group) for group in GROUPS)


@pytest.mark.parametrize(
    ("group", "source", "target", "text"),
    [
        ("title_terms", "tugs", "rocks", "titles share: ferry, calder"),
        ("title_terms", "report", "rocks", "titles share common words at most"),
        ("title_terms", "empty", "rocks", "titles share common words at most"),
        # The words of the fillers are in most articles, and no reason.
        ("text_terms", "tugs", "rocks", "texts share: tugs, ferry, point, calder"),
        ("text_terms", "rocks", "filler-1", "texts share common words at most"),
        ("topics", "tugs", "report", "same topics: Ferries, Ports"),
        ("topics", "report", "tugs", "same topics: ports, FERRIES"),
        ("topics", "undated", "tugs", "no topic in common"),
        ("topics", "rocks", "tugs", "no topic in common"),
        ("provider", "tugs", "rocks", "both from Harbor Post"),
        ("provider", "rocks", "report", "from another provider, wire.example"),
        ("provider", "report", "rocks", "from another provider, Harbor Post"),
        ("provider", "rocks", "last", "provider unknown"),
        ("provider", "last", "rocks", "provider unknown"),
        ("provider", "rocks", "empty", "provider unknown"),
        ("provider", "empty", "rocks", "provider unknown"),
        ("time", "rocks", "tugs", "published within a day"),
        ("time", "rocks", "report", "published 1 day apart"),
        ("time", "report", "rocks", "published 1 day apart"),
        ("time", "rocks", "last", "published 30 days apart"),
        ("time", "rocks", "undated", "date unknown"),
        ("quality", "rocks", "tugs", "quality 71.5"),
        ("quality", "rocks", "report", "quality 80"),
        ("quality", "tugs", "rocks", "no quality known"),
        ("length", "tugs", "undated", "1 word"),
        ("length", "tugs", "report", "6 words"),
        ("length", "tugs", "empty", "0 words"),
        ("relations", "tugs", "last", "linked with 1 article, nearest “Final report: tired officer, old chart”"),
        ("relations", "tugs", "empty", "not linked with any known article"),
        # Its links with the source itself are left out.
        ("relations", "report", "last", "not linked with any known article"),
        (
            "relations",
            "last",
            "report",
            "linked with 2 articles, nearest “Ferry aground off Calder Point” and “Tugs free the ferry Calder Star”",
        ),
    ],
)
def test_the_words_of_a_pair(make: PairMaker, group: str, source: str, target: str, text: str) -> None:
    assert words(make(source, target), group) == text


def test_pairs_explained_together_have_the_words_and_reasons_that_each_has_alone(make: PairMaker) -> None:
    index = make("rocks", "tugs").query.index
    # In no order, so that the pairs of a source do not follow each other.
    ids = [
        (source, target) for target in ("tugs", "last", "undated") for source in ("report", "rocks", "empty", "last")
    ]
    ids = [(source, target) for source, target in ids if source != target]
    together = pairs_of(index, ids, len(index.corpus))
    for group in GROUPS:
        assert WORDS[group](together) == [words(make(*pair), group) for pair in ids]
    contributions = np.random.default_rng(7).normal(size=(len(ids), len(NAMES)))
    log_odds = np.linspace(-3, 2, len(ids)).tolist()
    weights = [[RuleWeight("rule", "a rule", 0.25)] * (number % 2) for number in range(len(ids))]
    assert explain_scores(together, NAMES, contributions, log_odds, weights) == [
        explain_scores(make(*pair), NAMES, contributions[[number]], [log_odds[number]], [weights[number]])[0]
        for number, pair in enumerate(ids)
    ]


def test_links_with_articles_that_are_not_known_yet_are_left_out(make: PairMaker) -> None:
    pair = make("tugs", "rocks")
    index = pair.query.index
    early = pairs_of(index, [("tugs", "rocks")], index.corpus.row("tugs") + 1)
    assert words(pair, "relations").startswith("linked with 1 article,")
    assert words(early, "relations").startswith("not linked")
