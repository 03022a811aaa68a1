from datetime import UTC, datetime, timedelta

import numpy as np

from recommender import Article, Corpus
from recommender.evaluation.replay import near_duplicates

START = datetime(2025, 3, 1, tzinfo=UTC)


def test_near_duplicates_are_copies_of_the_text_and_never_the_source_itself():
    report = {"title": "Ferry strike ends", "body": "Crews vote to return after talks with the port council"}
    texts = [
        ("agency", report),
        ("different", {"title": "Ferry fares rise", "body": "The council will vote on prices"}),
        ("copy", report),
        ("longer", {"title": report["title"], "body": report["body"] + " today"}),
    ]
    corpus = Corpus.from_articles(
        Article(name, published_at=START + timedelta(days=day), **text) for day, (name, text) in enumerate(texts)
    )
    rows = np.arange(4)
    assert near_duplicates(corpus, rows, np.array([0, 1, 3])) == [{2, 3}, set(), {0, 2}]
    assert near_duplicates(corpus, rows, np.array([0]), least=1.0) == [{2}]
    assert near_duplicates(corpus, rows, np.array([0]), least=0.05) == [{1, 2, 3}]
