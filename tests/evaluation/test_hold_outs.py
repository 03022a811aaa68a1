"""What is held out: by time, and on a site without dates by folds of stories."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender import Article, Corpus, Recommender, Relation, Settings, evaluate
from recommender.core.errors import ArticleError
from recommender.core.settings import RankerSettings
from recommender.evaluation import EvaluationReport, ablate
from recommender.evaluation.hold_outs import HeldOutParts, story_folds
from recommender.evaluation.replay import ENGINE, engine_lists
from recommender.evaluation.splits import FOLDS, PROTOCOLS, stories

QUICK = Settings(ranker=RankerSettings(trees=10, leaves=6))


@pytest.fixture(scope="module")
def timeless(newsroom: Corpus) -> Corpus:
    """The example site without any date."""
    return Corpus.from_articles(replace(article, published_at=None) for article in newsroom)


@pytest.fixture(scope="module")
def report(timeless: Corpus) -> EvaluationReport:
    return evaluate(timeless, QUICK)


links = st.lists(st.tuples(st.integers(0, 29), st.integers(0, 29)), max_size=40)


@given(links, st.integers(1, 5), st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_every_story_is_in_one_fold_and_folds_are_about_equal(
    pairs: list[tuple[int, int]], n_folds: int, seed: int
) -> None:
    corpus = Corpus.from_articles(
        Article(
            f"a{number:02}", "", relations=tuple(Relation(None, f"a{to:02}") for start, to in pairs if start == number)
        )
        for number in range(30)
    )
    folds, story_of = story_folds(corpus, n_folds, seed), stories(corpus)
    assert len(set(zip(story_of.tolist(), folds.tolist(), strict=True))) == len(set(story_of.tolist()))
    linked = np.diff(corpus.neighbours.indptr) > 0
    assert ((folds >= 0) == linked).all()
    sizes = np.bincount(folds[linked], minlength=n_folds)
    assert sizes.max() - sizes.min() <= np.bincount(story_of).max()


def test_the_seed_decides_and_nothing_else(timeless: Corpus) -> None:
    turned = Corpus.from_articles(reversed(timeless.articles))
    assert story_folds(timeless).tolist() == story_folds(turned).tolist()
    assert story_folds(timeless, random_state=1).tolist() != story_folds(timeless).tolist()


def test_each_linked_article_is_a_source_once_and_its_fold_is_hidden(timeless: Corpus) -> None:
    held_out = HeldOutParts.of(timeless, 0.25)
    assert (held_out.protocols, held_out.folds, len(held_out.parts)) == ((FOLDS,), 4, 4)
    sources = [row for part in held_out.parts for row in part.evaluation_sets[FOLDS].sources.tolist()]
    assert len(sources) == len(set(sources))
    for part in held_out.parts:
        of_fold = part.evaluation_sets[FOLDS].sources
        assert part.known.neighbours[of_fold].nnz == part.learned.neighbours[of_fold].nnz == 0
        others = np.setdiff1d(sources, of_fold)
        assert (part.known.neighbours[others] != timeless.neighbours[others]).nnz == 0
        assert [article.id for article in part.known] == [article.id for article in timeless]


def test_a_fold_is_answered_as_if_its_relations_had_never_been_there(timeless: Corpus) -> None:
    part = HeldOutParts.of(timeless, 0.25).parts[0]
    evaluation_set = part.evaluation_sets[FOLDS]
    fold = story_folds(timeless) == 0
    bare = Corpus.from_articles(
        replace(
            article,
            relations=tuple(link for link in article.relations if not fold[row] or timeless.resolve(link) is None),
        )
        for row, article in enumerate(timeless)
    )
    answered, expected = (
        engine_lists(Recommender(QUICK).fit(corpus), corpus, evaluation_set) for corpus in (part.known, bare)
    )
    assert answered.rows == expected.rows
    assert answered.scores == expected.scores


def test_a_site_with_dates_is_split_by_time(newsroom: Corpus) -> None:
    half = [article if number % 2 else replace(article, published_at=None) for number, article in enumerate(newsroom)]
    held_out = HeldOutParts.of(Corpus.from_articles(half), 0.25)
    assert (held_out.protocols, held_out.folds, len(held_out.parts)) == (PROTOCOLS, None, 1)
    fewer = [replace(article, published_at=None) if number < 2 else article for number, article in enumerate(half)]
    assert HeldOutParts.of(Corpus.from_articles(fewer), 0.25).folds == 4


def test_the_report_of_folds_has_no_time_in_it(report: EvaluationReport) -> None:
    assert {result.protocol for result in report.results} == {"folds"}
    data = json.loads(report.to_json())["data"]
    assert (data["folds"], data["cut"], data["past_articles"], data["new_articles"]) == (4, None, 0, 0)
    table = report.table(full=True)
    assert table.startswith("118 articles, 0 of them with a date: too few to split by time. Measured in 4 folds")
    for word in ("newest", "decay", "cut", "publication", "later"):
        assert word not in table, word


def test_folds_have_the_same_figures_and_beat_the_baselines(report: EvaluationReport) -> None:
    result = report.result("folds")
    ndcg = {name: model.figures["nDCG@10"].over_stories for name, model in result.models.items()}
    assert ndcg[ENGINE].low > ndcg["random"].high
    assert ndcg[ENGINE].value > ndcg["TF-IDF cosine, title + excerpt"].value
    assert set(result.differences) == set(result.models) - {ENGINE}
    without = report.result("folds", "without near-duplicates")
    assert 0 < without.sources <= result.sources


def test_folds_are_the_same_each_time(report: EvaluationReport, timeless: Corpus) -> None:
    assert evaluate(reversed(timeless.articles), QUICK).table(full=True) == report.table(full=True)


def test_reasons_say_nothing_of_days_where_there_are_none(timeless: Corpus) -> None:
    model = Recommender(QUICK).fit(timeless)
    texts = [reason.text for _, own in model.suggest_all(threshold=0) for one in own for reason in one.reasons]
    assert texts
    assert not [text for text in texts if text.startswith("published") or text.endswith(" apart")]


def test_an_ablation_in_folds_is_of_the_same_sources(timeless: Corpus, report: EvaluationReport) -> None:
    ablation = ablate(timeless, QUICK)
    assert (ablation.protocol, ablation.ranker) == ("folds", "boosted")
    assert ablation.sources == report.result("folds").sources
    assert (
        ablation.groups["text_terms"].alone.ndcg.over_articles.value
        > ablation.groups["time"].alone.ndcg.over_articles.value
    )
    assert ablation.table().startswith("Ablation, folds: ")


def test_one_story_is_measured_with_nothing_to_learn_from() -> None:
    chain = [
        Article(f"a{number}", f"Ferry {number}", relations=(Relation(None, f"a{number - 1}"),) if number else ())
        for number in range(5)
    ]
    report = evaluate(chain, QUICK)
    assert report.folds == 1
    assert "The largest story has 100 % of the articles with relations." in report.table()


def test_nothing_to_measure_is_an_error(timeless: Corpus) -> None:
    with pytest.raises(ArticleError, match="none of 118 articles has a relation to another one"):
        evaluate(timeless.without_relations(), QUICK)
