import numpy as np
import pytest

from recommender import evaluate
from recommender.evaluation import JudgedPair, Judgements, measures
from recommender.evaluation.splits import AT_PUBLICATION, known_rows, relevant_targets


@pytest.fixture
def judgements():
    """Three sources, rows 20 to 22: the second has a link that was never scored, the third no list."""
    return Judgements.from_lists(
        sources=[20, 21, 22],
        stories=np.array([0, 0, 1]),
        ndcg={"engine": np.array([1.0, 0.5, 0.0])},
        rows=[[3, 5, 7], [3, 4], []],
        scores=[[0.9, 0.8, 0.1], [0.7, 0.2], []],
        truth=[{3, 7}, {4, 9, 8}, {1}],
    )


def test_pairs_lie_one_source_after_the_other(judgements):
    assert judgements.places.tolist() == [0, 0, 0, 1, 1]
    assert judgements.targets.tolist() == [3, 5, 7, 3, 4]
    assert judgements.ranks.tolist() == [1, 2, 3, 1, 2]
    assert judgements.scores.tolist() == [0.9, 0.8, 0.1, 0.7, 0.2]
    assert judgements.kept.tolist() == [True, False, True, False, True]


def test_links_that_were_never_scored_are_remembered(judgements):
    assert judgements.missed.tolist() == [[1, 8], [1, 9], [2, 1]]
    assert judgements.never_scored() == [
        JudgedPair(21, 8, None, None, True),
        JudgedPair(22, 1, None, None, True),
    ]
    assert judgements.never_scored(most=1) == judgements.never_scored()[:1]


def test_surprises_are_the_surest_mistakes(judgements):
    assert judgements.surprises() == [JudgedPair(20, 5, 2, 0.8, False), JudgedPair(21, 3, 1, 0.7, False)]
    assert judgements.surprises(most=1) == judgements.surprises()[:1]


def test_lost_are_the_lowest_links_one_a_source(judgements):
    assert judgements.lost() == [JudgedPair(20, 7, 3, 0.1, True), JudgedPair(21, 4, 2, 0.2, True)]


def test_nothing_was_asked():
    empty = Judgements.from_lists([], np.empty(0), {}, [], [], [])
    assert (empty.surprises(), empty.lost(), empty.never_scored()) == ([], [], [])


def test_a_report_keeps_what_its_figures_were_made_from(newsroom):
    result = evaluate(newsroom).result(AT_PUBLICATION)
    found = result.judgements
    assert len(found.sources) == result.sources
    for name, model in result.models.items():
        assert found.ndcg[name].mean() == pytest.approx(model.figures["nDCG@10"].over_articles.value)
    for place, row in enumerate(found.sources):
        of_source = found.places == place
        truth = relevant_targets(newsroom, row, known_rows(newsroom, row, AT_PUBLICATION))
        scored = set(found.targets[of_source & found.kept].tolist())
        missed = set(found.missed[found.missed[:, 0] == place, 1].tolist())
        assert scored | missed == truth
        assert not scored & missed
        assert found.ndcg["recommender"][place] == measures.ndcg_at_k(found.targets[of_source].tolist(), truth)
    assert (np.diff(found.scores)[np.diff(found.places) == 0] <= 0).all()
    assert "judgements" not in result.to_dict()
