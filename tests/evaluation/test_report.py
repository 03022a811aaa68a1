import json
import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from recommender.core.errors import RecommenderError
from recommender.core.records import Article, Relation
from recommender.corpus.corpus import Corpus
from recommender.evaluation import measures
from recommender.evaluation.baselines import default_baselines
from recommender.evaluation.bootstrap import StoryBootstrap
from recommender.evaluation.figures import ProtocolFigures, RankedLists
from recommender.evaluation.report import EvaluationReport
from recommender.evaluation.splits import (
    AT_PUBLICATION,
    TODAY,
    WITHOUT_DUPLICATES,
    EvaluationSet,
    held_out_sources,
    time_cut,
)

START = datetime(2025, 3, 1, tzinfo=UTC)


@pytest.fixture
def corpus():
    """Sixteen articles, one a day; three stories cross the cut at row 12: 0-4-12-13, 1-14 and 2-15."""
    links = {12: [0, 4], 13: [12], 14: [1], 15: [2]}
    return Corpus.from_articles(
        Article(
            f"a{day:02}",
            f"Title {day}",
            published_at=START + timedelta(days=day),
            topics=("sea",),
            relations=tuple(Relation(None, f"a{target:02}") for target in links.get(day, ())),
        )
        for day in range(16)
    )


SOURCES = [12, 13, 14, 15]
RELEVANT = [{0, 4}, {12}, {1}, {2}]
GOOD = [[0, 4, 7], [12], [1, 2], []]
POOR = [[7, 8, 0], [3], [1], [5, 2]]


def measured(corpus, lists, *, protocol=AT_PUBLICATION, sources=SOURCES, **options):
    """Return the figures of lists by name of the model, as rows or as `RankedLists`."""
    evaluation_set = EvaluationSet.from_corpus(corpus, sources, protocol)
    ranked = {name: rows if isinstance(rows, RankedLists) else RankedLists(rows) for name, rows in lists.items()}
    return ProtocolFigures.from_lists(evaluation_set, ranked, **options)


@pytest.fixture
def figures(corpus):
    scores = [[0.9, 0.8, 0.2], [0.7], [0.6, 0.5], []]
    engine = RankedLists(GOOD, scores, candidates=[[0, 4, 7], [12, 3], [2], [2]])
    return measured(corpus, {"engine": engine, "poor": POOR}, engine="engine", threshold=0.5)


def value(figures, model, name):
    return figures.models[model].figures[name].over_articles.value


def test_figures_are_means_of_the_metrics(figures):
    assert (figures.sources, figures.stories) == (4, 3)
    for model, lists in (("engine", GOOD), ("poor", POOR)):
        for name, metric, k in (
            ("nDCG@10", measures.ndcg_at_k, 10),
            ("P@5", measures.precision_at_k, 5),
            ("Recall@10", measures.recall_at_k, 10),
            ("MRR", measures.reciprocal_rank, 10),
        ):
            expected = np.mean([metric(*pair, k=k) for pair in zip(lists, RELEVANT, strict=True)])
            assert value(figures, model, name) == pytest.approx(expected)
        assert value(figures, model, "coverage") == np.mean([bool(ranked) for ranked in lists])


def test_means_over_stories_count_each_story_once(figures):
    assert figures.models["engine"].figures["nDCG@10"].over_stories.value == pytest.approx(2 / 3)
    assert value(figures, "engine", "nDCG@10") == pytest.approx(3 / 4)


def test_figures_at_the_threshold(figures):
    scores, labels = [0.9, 0.8, 0.2, 0.7, 0.6, 0.5], [1, 1, 0, 1, 1, 0]
    assert value(figures, "engine", "P@threshold") == 4 / 5, "that of the threshold itself is shown too"
    assert value(figures, "engine", "coverage@threshold") == 0.75
    totals = figures.models["engine"].totals
    assert totals["calibration error"] == pytest.approx(measures.calibration_error(scores, labels))
    assert "P@threshold" not in figures.models["poor"].figures
    assert "calibration error" not in figures.models["poor"].totals


def test_candidate_recall(figures):
    assert value(figures, "engine", "candidate recall") == pytest.approx((1 + 1 + 0 + 1) / 4)
    assert "candidate recall" not in figures.models["poor"].figures


def test_reach_and_gini_are_of_the_first_five_over_all_articles(corpus):
    lists = [[0, 1, 3, 5, 6, 7], [0], [0], [0]]
    totals = measured(corpus, {"m": lists}, protocol=TODAY).models["m"].totals
    assert totals["catalogue reach"] == pytest.approx(5 / 16)
    assert totals["Gini"] == pytest.approx(measures.gini([4, 1, 0, 1, 0, 1, 1, *[0] * 9]))


def test_differences_are_paired(figures):
    good = np.array([measures.ndcg_at_k(*pair) for pair in zip(GOOD, RELEVANT, strict=True)])
    poor = np.array([measures.ndcg_at_k(*pair) for pair in zip(POOR, RELEVANT, strict=True)])
    expected = StoryBootstrap([0, 0, 1, 2]).over_articles(good - poor)
    assert list(figures.differences) == ["poor"]
    difference = figures.differences["poor"]["nDCG@10"].over_articles
    assert difference.value == pytest.approx(expected.value)
    assert (difference.low, difference.high) == pytest.approx((expected.low, expected.high))
    assert difference.value > 0


def test_slices_by_story_size(figures):
    assert list(figures.models["poor"].slices) == ["2-5"]
    small = figures.models["poor"].slices["2-5"]
    assert (small.sources, small.stories) == (4, 3)
    assert small.ndcg == figures.models["poor"].figures["nDCG@10"]


def test_stories_of_different_sizes_are_in_different_slices():
    """A story of seven, 0-5 with 8, and a pair, 6 with 9."""
    links = {8: range(6), 9: [6]}
    corpus = Corpus.from_articles(
        Article(
            f"a{day}",
            "",
            published_at=START + timedelta(days=day),
            relations=tuple(Relation(None, f"a{target}") for target in links.get(day, ())),
        )
        for day in range(10)
    )
    figures = measured(corpus, {"m": [[0, 1, 2, 3, 4, 5], [0]]}, sources=[8, 9])
    slices = figures.models["m"].slices
    assert {name: part.ndcg.over_articles.value for name, part in slices.items()} == {"2-5": 0.0, "6-20": 1.0}
    assert math.isnan(slices["2-5"].ndcg.over_articles.low), "one story gives no interval"


def test_targets_follow_the_protocol(corpus):
    lists = {"m": [[13], [12], [1], [2]]}
    at_publication = measured(corpus, lists, protocol=AT_PUBLICATION)
    today = measured(corpus, lists, protocol=TODAY)
    assert value(at_publication, "m", "MRR") == 0.75
    assert value(today, "m", "MRR") == 1.0


def test_near_duplicates_are_taken_out_of_lists_and_of_targets(corpus):
    evaluation_set = EvaluationSet.from_corpus(corpus, SOURCES, AT_PUBLICATION).without([{0}, {12}, {7}, set()])
    figures = ProtocolFigures.from_lists(evaluation_set, {"engine": RankedLists(GOOD, scores=GOOD)}, threshold=0)
    assert figures.variant == WITHOUT_DUPLICATES
    assert figures.sources == 3, "the only target of article 13 was a near-duplicate"
    expected = np.mean([measures.ndcg_at_k(*pair) for pair in (([4, 7], {4}), ([1, 2], {1}), ([], {2}))])
    assert value(figures, "engine", "nDCG@10") == pytest.approx(expected)
    assert value(figures, "engine", "P@threshold") == pytest.approx(2 / 4)


def test_wrong_input_is_named(corpus):
    with pytest.raises(RecommenderError, match="'short' must have one list for each of 4 sources, got 1"):
        measured(corpus, {"short": [[1]]})
    with pytest.raises(RecommenderError, match="engine must be one of poor, got 'engine'"):
        measured(corpus, {"poor": POOR}, engine="engine")
    with pytest.raises(RecommenderError, match="scores must hold one list for each of 4, got 1"):
        RankedLists(GOOD, scores=[[0.5]])


@pytest.fixture
def report(corpus, figures):
    return EvaluationReport.from_figures(corpus, 12, [figures])


def test_data_facts(report):
    assert (report.articles, report.past_articles, report.new_articles) == (16, 12, 4)
    assert report.cut == "2025-03-13T00:00:00Z"
    assert report.audit.relations == 5


def test_a_result_is_found_by_protocol_and_variant(report, figures):
    assert report.result("at publication") is figures
    with pytest.raises(RecommenderError, match="no figures for 'today', 'all targets'; it has: at publication, all"):
        report.result("today")


def test_json_is_the_same_bytes_and_has_no_nan(report, corpus, figures):
    text = report.to_json()
    assert text == EvaluationReport.from_figures(corpus, 12, [figures]).to_json()
    values = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} in JSON"))
    assert text == json.dumps(values, sort_keys=True, indent=2) + "\n"
    (result,) = values["results"]
    assert result["models"]["engine"]["figures"]["nDCG@10"]["over_articles"]["value"] == 0.75
    assert result["models"]["poor"]["totals"]["catalogue reach"] == 0.4375
    assert result["differences"]["poor"]["MRR"]["over_articles"]["value"] == round(0.75 - (1 / 3 + 0 + 1 + 0.5) / 4, 6)
    assert values["data"]["audit"]["relations"] == 5


def test_the_table_has_every_model_with_intervals(report):
    table = report.table(full=True)
    lines = table.splitlines()
    assert lines[0] == ("16 articles; 12 before the cut to learn from, 4 after it; cut at 2025-03-13T00:00:00Z.")
    assert "At publication, all targets: 4 articles in 3 stories" in lines
    engine = next(line for line in lines if line.startswith("engine "))
    low_high = r"0.750 [0.000, 1.000]"
    assert low_high in engine
    assert any("P@0.5" in line and "coverage@0.5" in line for line in lines)
    assert any(line.startswith("poor") and "+0." in line for line in lines)
    assert all(line == line.rstrip() for line in lines)
    assert any(line.startswith("Note: articles with relations: only 8;") for line in lines)


def test_columns_are_aligned(report):
    blocks = [block.splitlines() for block in report.table(full=True).split("\n\n") if "----" in block]
    assert len(blocks) == 3
    for header, rule, *rows in blocks:
        assert rows
        ends = [
            position for position, sign in enumerate(rule) if sign == "-" and rule[position + 1 : position + 2] != "-"
        ]
        assert len(header) == len(rule) == ends[-1] + 1
        assert all(len(row) == len(rule) for row in rows)


def test_a_report_with_nothing_to_measure():
    corpus = Corpus.from_articles([Article("a", "A", published_at=START)])
    figures = measured(corpus, {"random": []}, protocol=TODAY, sources=[])
    report = EvaluationReport.from_figures(corpus, 0, [figures])
    assert "nothing to measure" in report.table(full=True)
    assert json.loads(report.to_json())["results"][0]["models"]["random"]["figures"]["nDCG@10"]["over_articles"] == {
        "value": None,
        "low": None,
        "high": None,
    }


def test_baselines_go_straight_into_a_report(corpus):
    cut = time_cut(corpus)
    sources = held_out_sources(corpus, cut, TODAY)
    until = [len(corpus)] * len(sources)
    lists = {b.name: b.fit(corpus, np.arange(cut)).rank_all(sources, until) for b in default_baselines()}
    figures = measured(corpus, lists, protocol=TODAY, sources=sources)
    report = EvaluationReport.from_figures(corpus, cut, [figures])
    for baseline in default_baselines():
        assert baseline.name in report.table(full=True)
    assert report.result(TODAY).models["newest in topic"].figures["coverage"].over_articles.value == 1.0


def test_the_brief_table_has_every_model_once_a_protocol_and_no_slices(report):
    brief, full = report.table(), report.table(full=True)
    assert len(brief) < len(full)
    assert "by story size" in full
    assert "by story size" not in brief
    assert "without near-duplicates" not in brief
