"""Measuring by relations of one kind: the others are as if they were not there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recommender import Article, Corpus, Relation, Settings, evaluate
from recommender.core.errors import ArticleError, SettingsError
from recommender.core.settings import RankerSettings
from recommender.evaluation.relation_kinds import count_by_kind, with_relations_of

QUICK = Settings(ranker=RankerSettings(trees=10, leaves=6))


@pytest.fixture(scope="module")
def both_kinds(newsroom: Corpus) -> Corpus:
    """The example site, with every second relation a link in the text."""
    return Corpus.from_articles(
        replace(
            article,
            relations=tuple(
                replace(link, kind="body") if number % 2 else link for number, link in enumerate(article.relations)
            ),
        )
        for article in newsroom
    )


def only(corpus: Corpus, kind: str) -> Corpus:
    """Return the corpus as of a site whose files never had relations of another kind."""
    return Corpus.from_articles(
        replace(article, relations=tuple(link for link in article.relations if link.kind == kind)) for article in corpus
    )


@pytest.mark.parametrize("kind", ["related", "body"])
def test_the_report_is_that_of_a_site_without_the_others(both_kinds: Corpus, kind: str) -> None:
    measured = evaluate(both_kinds, QUICK, relations=kind).to_dict()
    assert measured["data"].pop("relations") == kind
    expected = evaluate(only(both_kinds, kind), QUICK).to_dict()
    assert expected["data"].pop("relations") == "both"
    assert measured == expected
    assert list(measured["data"]["relation_counts"]) == [kind]


def test_each_kind_is_counted_and_named_in_the_table(both_kinds: Corpus) -> None:
    counts = count_by_kind(both_kinds)
    assert sum(counts.values()) == sum(len(article.relations) for article in both_kinds) - len(both_kinds.externals)
    line = f"Relations between articles: {counts['related']} of kind related, {counts['body']} of kind body.\n"
    assert line in evaluate(both_kinds, QUICK).table()
    assert "of kind body; those of other kinds are left out.\n" in evaluate(both_kinds, QUICK, relations="body").table()


def test_rows_and_articles_stay_but_for_their_relations(both_kinds: Corpus) -> None:
    corpus = with_relations_of(both_kinds, "body")
    assert [replace(article, relations=()) for article in corpus] == [
        replace(article, relations=()) for article in both_kinds
    ]
    assert 0 < len(corpus.links) < len(both_kinds.links)


def test_an_error_names_the_kinds_that_there_are(newsroom: Corpus) -> None:
    listed = only(newsroom, "related")
    count = count_by_kind(listed)["related"]
    with pytest.raises(ArticleError, match=rf"no relations of the kind 'body' .* there are: related \({count}\)"):
        evaluate(listed, relations="body")
    with pytest.raises(ArticleError, match=r"no relations of the kind 'related' .* there are: none at all"):
        evaluate([Article("a", "A", relations=(Relation("https://elsewhere.example/"),))], relations="related")
    with pytest.raises(SettingsError, match="relations must be one of related, body, both, got 'lists'"):
        evaluate(newsroom, relations="lists")
