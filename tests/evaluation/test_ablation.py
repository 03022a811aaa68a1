import json
import math
import random
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from recommender import Article, Corpus, Relation, Settings, evaluate
from recommender.cli.main import main
from recommender.core.errors import ArticleError
from recommender.core.settings import CandidateSettings, RankerSettings
from recommender.evaluation import Ablation, ablate
from recommender.evaluation.splits import AT_PUBLICATION
from recommender.features.pair_features import GROUP_NAMES, feature_names
from recommender.retrieval.vectorizer import Vectorizer

# All older articles are candidates, so that the result depends on the features alone.
QUICK = Settings(ranker=RankerSettings(learn="own", trees=10, leaves=8), candidates=CandidateSettings(recent=200))
NEWSROOM = Path(__file__).resolve().parents[2] / "examples" / "newsroom"
MEANS = ("over_articles", "over_stories")


@pytest.fixture(scope="module")
def by_topic():
    """Return a hundred pairs of articles, mixed in time; no word comes twice, so only the topic shows a pair.

    Pairs, since in a longer story the articles that a candidate is linked with have the topic too.
    """
    draw = random.Random(0)  # noqa: S311 - no secret
    first_of = {}
    articles = []
    for day, story in enumerate(draw.sample([*range(100), *range(100)], 200)):
        words = ["".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=8)) for _ in range(12)]
        article = Article(
            f"a{draw.randrange(10**9):09}",
            " ".join(words[:4]),
            " ".join(words[4:]),
            published_at=datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=day),
            topics=(f"Topic {story}",),
            relations=(Relation(None, first_of[story]),) if story in first_of else (),
        )
        first_of[story] = article.id
        articles.append(article)
    return Corpus.from_articles(articles)


@pytest.fixture(scope="module")
def report(newsroom):
    return evaluate(newsroom, QUICK, ablate=True)


@pytest.fixture(scope="module")
def ablation(by_topic):
    return ablate(by_topic, QUICK)


def test_the_group_with_the_signal_loses_most_and_the_others_next_to_nothing(ablation):
    assert ablation.ranker == "boosted"
    for mean in MEANS:
        lost = {name: getattr(worth.without.lost, mean) for name, worth in ablation.groups.items()}
        topics = lost.pop("topics")
        assert topics.value > 0.5
        assert topics.low > 0.3, "the interval says so too"
        assert all(abs(figure.value) < 0.1 for figure in lost.values()), lost


def test_that_group_alone_is_enough_and_no_other_is(ablation):
    alone = {name: worth.alone.ndcg.over_articles.value for name, worth in ablation.groups.items()}
    assert alone.pop("topics") > 0.9
    assert max(alone.values()) < 0.4


def test_all_features_are_the_engine_of_the_evaluation(report):
    result = report.result(AT_PUBLICATION)
    engine = result.models["recommender"].figures
    assert report.ablation.ndcg == engine["nDCG@10"]
    assert report.ablation.candidate_recall == engine["candidate recall"]
    assert (report.ablation.sources, report.ablation.stories) == (result.sources, result.stories)


def test_losses_are_paired_with_all_features(ablation):
    for worth in ablation.groups.values():
        for trial in (worth.without, worth.alone):
            for mean in MEANS:
                full, partial, lost = (getattr(figure, mean) for figure in (ablation.ndcg, trial.ndcg, trial.lost))
                assert lost.value == pytest.approx(full.value - partial.value)
                assert lost.low <= lost.value <= lost.high


def test_every_group_is_there_in_order_and_every_feature_in_one(ablation, by_topic):
    assert tuple(ablation.groups) == GROUP_NAMES
    assert ablation.columns == len(feature_names(Vectorizer.fit(by_topic).index(by_topic)))
    assert sum(worth.columns for worth in ablation.groups.values()) == ablation.columns


def test_two_runs_are_the_same_and_the_seed_changes_only_the_intervals(ablation, by_topic):
    assert ablate(iter(by_topic), QUICK).to_json() == ablation.to_json()
    reseeded = ablate(by_topic, QUICK, random_state=1)
    lost, reseeded_lost = (run.groups["topics"].without.lost.over_articles for run in (ablation, reseeded))
    assert reseeded_lost.value == lost.value
    assert reseeded_lost.low != lost.low


def test_json(ablation):
    text = ablation.to_json()
    values = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} in JSON"))
    assert values == ablation.to_dict()
    assert (values["protocol"], values["ranker"], values["columns"]) == ("at publication", "boosted", ablation.columns)
    assert values["candidate recall"]["over_articles"]["value"] == 1.0
    assert list(ablation.to_dict()["groups"]) == list(GROUP_NAMES)
    for worth in values["groups"].values():
        assert worth.keys() == {"columns", "without", "alone"}
        for trial in (worth["without"], worth["alone"]):
            assert trial.keys() == {"nDCG@10", "lost"}
            assert all(part[mean].keys() == {"value", "low", "high"} for part in trial.values() for mean in MEANS)


def test_the_table_has_a_line_for_each_ranker(ablation):
    lines = ablation.table().splitlines()
    assert lines[0] == f"Ablation, at publication: {ablation.sources} articles in {ablation.stories} stories"
    assert "candidate recall 1.000" in lines[2]
    figure = r"[+-]?\d\.\d{3} \[[+-]?\d\.\d{3}, [+-]?\d\.\d{3}\]"
    for group, worth in ablation.groups.items():
        for name, columns in (
            (f"without {group}", ablation.columns - worth.columns),
            (f"{group} alone", worth.columns),
        ):
            [line] = [line for line in lines if line.startswith(f"{name} ")]
            assert re.fullmatch(rf"{name} +{columns}(  +{figure}){{4}}", line)
    [of_all] = [line for line in lines if line.startswith("all features ")]
    assert re.fullmatch(rf"all features +{ablation.columns}(  +{figure}){{2}}", of_all)
    assert "Too few" not in ablation.table()


def test_where_too_little_is_learned_from_it_says_so(newsroom):
    few = Settings(ranker=RankerSettings(least_sources=1000))
    ablation = ablate(newsroom, few)
    assert (ablation.ranker, ablation.groups) == ("shipped", {})
    assert "Too few articles with relations to learn from" in ablation.table()
    assert ablation.ndcg == evaluate(newsroom, few).result(AT_PUBLICATION).models["recommender"].figures["nDCG@10"]


def test_nothing_to_measure(articles, unrelated):
    with pytest.raises(ArticleError, match="nothing to measure: of 12 articles 9 are past"):
        ablate(unrelated)
    later = {"wind-4": ("breach-4",), "ferry-4": ("wind-4",)}  # the newest quarter knows of none at publication
    without_targets = [
        replace(
            article,
            relations=tuple(Relation(None, target) for target in later.get(article.id, ())),
            removed=article.removed or article.id in ("ferry-4", "breach-4"),
        )
        for article in articles
    ]
    ablation = ablate(without_targets)
    assert ablation.sources == 0
    assert math.isnan(ablation.ndcg.over_articles.value)
    assert "nothing to measure" in ablation.table()
    assert ablation.to_dict()["nDCG@10"]["over_articles"]["value"] is None


def test_the_report_has_it_only_with_the_option(newsroom, report):
    plain, full = evaluate(newsroom, QUICK), report
    assert plain.ablation is None
    assert "ablation" not in plain.to_dict()
    assert isinstance(full.ablation, Ablation)
    assert full.to_dict()["ablation"] == full.ablation.to_dict()
    assert full.table() == plain.table() + "\n" + full.ablation.table()


def test_the_command_prints_it_after_the_usual_table(tmp_path, report):
    settings, written = tmp_path / "quick.yaml", tmp_path / "report.json"
    settings.write_text("ranker: {trees: 10, leaves: 8}\ncandidates: {recent: 200}\n")
    command = ["evaluate", str(NEWSROOM), "--ablate", "--settings", str(settings), "--json", str(written)]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 0, result.output
    before, after = result.stdout.split("Ablation, ", 1)
    assert "random" in before
    assert f"Ablation, {after}".strip() == report.ablation.table().strip()
    assert json.loads(written.read_text())["ablation"] == report.ablation.to_dict()
