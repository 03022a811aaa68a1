"""Editors' decisions: a file that survives merges and kills, and the effects of the decisions in it."""

from __future__ import annotations

import json
import math
import multiprocessing
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from recommender import Article, Corpus, Recommender, RecommenderError, Settings, Suggestion, UnknownArticleError
from recommender.selection.decisions import ACCEPT, REJECT, Decision, Decisions, append, decide, decisions_file

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def decision(
    verdict: str, source: str, target: str, why: str = "outdated", hours: float = 0, who: str = "Ana"
) -> Decision:
    return Decision(verdict, source, target, who, NOON + timedelta(hours=hours), why)


def targets(suggestions: Sequence[Suggestion]) -> list[str]:
    return [suggestion.target_id for suggestion in suggestions]


def deciding(articles: Sequence[Article], *made: Decision, settings: Settings | None = None) -> Recommender:
    """Return a model that fills its lists and heeds these decisions."""
    settings = settings or Settings()
    filled = replace(settings, selection=replace(settings.selection, threshold=0))
    return Recommender(filled, "coast", decisions=Decisions(made)).fit(articles)


# The file.


def test_a_line_holds_all_of_a_decision_and_comes_back() -> None:
    made = Decision(REJECT, "a", "b", "Änne\n", datetime.fromisoformat("2026-01-02T13:00:00+01:00"), 'old "news"\u2028')
    line = made.to_line()
    assert "\n" not in line
    assert json.loads(line) == {
        "id": made.id,
        "verdict": "reject",
        "source": "a",
        "target": "b",
        "who": "Änne\n",
        "when": "2026-01-02T12:00:00Z",
        "why": 'old "news"\u2028',
    }
    assert Decision.from_line(line) == made
    assert Decision.from_line(line).id == made.id
    assert len({replace(made, **{name: "c"}).id for name in ("source", "target", "who", "why")} | {made.id}) == 5


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"verdict": "maybe"}, "a decision is 'accept' or 'reject', got 'maybe'"),
        ({"who": " "}, "who of a decision must be a text, got ' '"),
        ({"target": None}, "target of a decision must be a text, got None"),
        ({"target": "a"}, "'a' is source and target at once"),
        ({"source_url": 5}, "source_url of a decision must be a text, or None where unknown, got 5"),
        ({"when": datetime(2026, 1, 2)}, "must be a datetime with a time zone"),
    ],
)
def test_what_cannot_be_a_decision_is_an_error(changes: dict, match: str) -> None:
    with pytest.raises(RecommenderError, match=match):
        replace(decision(REJECT, "a", "b"), **changes)


@pytest.mark.parametrize("verdict", [ACCEPT, REJECT])
def test_no_decision_needs_a_reason(verdict: str) -> None:
    assert Decision.from_line(decision(verdict, "a", "b", why="").to_line()).why == ""


def test_no_file_is_no_decisions(tmp_path: Path) -> None:
    decisions = Decisions.of_site(tmp_path)
    assert not decisions
    assert (decisions.made, decisions.problems) == ((), ())


def test_lines_are_added_and_never_changed(tmp_path: Path) -> None:
    file = tmp_path / "decisions.jsonl"
    append(file, decision(REJECT, "a", "b"))
    before = file.read_bytes()
    append(file, decision(ACCEPT, "a", "b", hours=1))
    assert file.read_bytes().startswith(before)
    assert file.read_bytes().count(b"\n") == 2
    assert Decisions.read(file).in_force == {("a", "b"): decision(ACCEPT, "a", "b", hours=1)}


@pytest.mark.parametrize("cut", [1, 2, 30, 100])
def test_a_torn_last_line_is_reported_and_the_next_begins_a_new_one(tmp_path: Path, cut: int) -> None:
    file = tmp_path / "decisions.jsonl"
    append(file, decision(REJECT, "a", "b"))
    append(file, decision(REJECT, "a", "c"))
    file.write_bytes(file.read_bytes()[:-cut])
    torn = Decisions.read(file)
    whole = cut == 1  # only the line's end is lost
    assert len(torn) == 1 + whole
    assert [line.partition(" (")[0] for line in torn.problems] == ([] if whole else [f"{file}:2: holds no decision"])
    append(file, decision(REJECT, "a", "d"))
    assert ("a", "d") in Decisions.read(file).in_force
    assert len(Decisions.read(file)) == 2 + whole
    assert Decisions.read(file).problems == torn.problems


@pytest.mark.parametrize(
    "line",
    [b"<<<<<<< HEAD", b"[]", b"{}", b"null", b"\xff", b'{"verdict":"reject"}', b"[" * 100_000, b'{"when":"1"}'],
)
def test_a_line_of_another_kind_is_left_out_and_named(line: bytes) -> None:
    data = (
        decision(REJECT, "a", "b").to_line().encode()
        + b"\r\n\n"
        + line
        + b"\n"
        + decision(REJECT, "a", "c").to_line().encode()
    )
    decisions = Decisions.from_bytes(data, "d.jsonl")
    assert len(decisions) == 2
    [problem] = decisions.problems
    assert problem.startswith("d.jsonl:3: ")
    assert problem.endswith("; the line is left out")
    assert "\n" not in problem


MADE = st.builds(
    decision,
    st.sampled_from([ACCEPT, REJECT]),
    st.sampled_from("ab"),
    st.sampled_from("cd"),
    st.sampled_from(["outdated", "wrong event"]),
    st.integers(0, 3),
    st.sampled_from(["Ana", "Ben"]),
)


@given(st.lists(MADE, max_size=12), st.randoms())
@hypothesis_settings(deadline=None)
def test_the_order_of_the_lines_and_repeated_lines_mean_nothing(made: list[Decision], chance: object) -> None:
    shuffled = made + made[:3]
    chance.shuffle(shuffled)
    decisions, reread = Decisions(made), Decisions.from_bytes("".join(x.to_line() + "\n" for x in shuffled).encode())
    assert decisions.made == reread.made
    assert decisions.in_force == reread.in_force
    assert decisions.to_bytes() == reread.to_bytes()
    for pair, decision in decisions.in_force.items():
        latest = max(x.when for x in made if (x.source, x.target) == pair)
        rivals = [x for x in made if (x.source, x.target) == pair and x.when == latest]
        assert decision in rivals
        assert decision.verdict == (REJECT if any(x.verdict == REJECT for x in rivals) else ACCEPT)


def _append_many(file: Path, name: str) -> None:
    for number in range(100):
        append(file, decision(REJECT, name, str(number)))


def test_two_processes_add_at_once_and_no_line_is_lost(tmp_path: Path) -> None:
    file = tmp_path / "decisions.jsonl"
    context = multiprocessing.get_context("fork" if hasattr(os, "fork") else "spawn")
    jobs = [context.Process(target=_append_many, args=(file, name)) for name in "ab"]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    assert Decisions.read(file).problems == ()
    assert len(Decisions.read(file)) == 200


def git(folder: Path, *arguments: str) -> None:
    names = {f"GIT_{who}_{what}": "x@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, env={**os.environ, **names, **quiet}
    )


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
def test_git_merges_what_two_editors_decided(tmp_path: Path) -> None:
    file = tmp_path / "decisions.jsonl"
    (tmp_path / ".gitattributes").write_text("decisions.jsonl merge=union\n", encoding="utf-8")
    git(tmp_path, "init", "-q", "-b", "main")
    append(file, decision(REJECT, "a", "b"))
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    git(tmp_path, "checkout", "-q", "-b", "ben")
    append(file, decision(REJECT, "a", "c", hours=1, who="Ben"))
    git(tmp_path, "commit", "-q", "-a", "-m", "ben")
    git(tmp_path, "checkout", "-q", "main")
    append(file, decision(ACCEPT, "a", "b", hours=2))
    git(tmp_path, "commit", "-q", "-a", "-m", "ana")
    git(tmp_path, "merge", "-q", "ben", "-m", "both")
    merged = Decisions.read(file)
    assert merged.problems == ()
    assert {pair: decision.verdict for pair, decision in merged.in_force.items()} == {
        ("a", "b"): ACCEPT,
        ("a", "c"): REJECT,
    }


def test_a_decision_is_noted_at_the_root_by_id(tmp_path: Path, corpus: Corpus) -> None:
    (tmp_path / "_news").mkdir()
    site = tmp_path / "_news"
    made = decide(site, corpus, REJECT, "https://coast.example/amp/ferry-2", "ferry-3", "Ana", "outdated", NOON)
    two, three = (corpus[corpus.row(name)] for name in ("ferry-2", "ferry-3"))
    noted = {"source_url": two.url, "target_url": three.url, "source_title": two.title, "target_title": three.title}
    assert made == replace(decision(REJECT, "ferry-2", "ferry-3"), **noted)
    assert json.loads((tmp_path / "decisions.jsonl").read_text(encoding="utf-8")).items() >= noted.items()
    assert decisions_file(site) == tmp_path / "decisions.jsonl"
    assert Decisions.of_site(tmp_path).made == (made,)
    with pytest.raises(UnknownArticleError, match="no article has the id 'fery'"):
        decide(site, corpus, REJECT, "fery", "ferry-3", "Ana", "outdated")
    with pytest.raises(RecommenderError, match="source and target at once"):
        decide(site, corpus, REJECT, "ferry-3", "https://coast.example/ferry-3", "Ana", "outdated")
    assert len(Decisions.of_site(tmp_path)) == 1
    later = decide(site, corpus, ACCEPT, "ferry-2", "ferry-3", "Ana")
    assert later.when > NOON
    assert Decisions.of_site(tmp_path).in_force[("ferry-2", "ferry-3")] == later


# The effects.


def test_a_rejected_pair_is_not_suggested_again_in_this_direction(
    articles: tuple[Article, ...], unlearned: Recommender
) -> None:
    model = deciding(articles, decision(REJECT, "ferry-2", "ferry-3"))
    expected = [name for name in targets(unlearned.suggest("ferry-2", k=6)) if name != "ferry-3"]
    assert targets(model.suggest("ferry-2")) == expected
    assert dict(model.suggest_all())["ferry-2"] == model.suggest("ferry-2")
    assert "ferry-2" in targets(model.suggest("ferry-3"))
    explanation = model.explain("ferry-2", "ferry-3")
    assert (explanation.suggested, explanation.obstacle) == (False, "rejected")
    assert explanation.verdict == "not suggested: rejected for ferry-2 by Ana on 2026-01-02: outdated"
    assert model.explain("ferry-3", "ferry-2").suggested
    assert explanation.score == unlearned.score("ferry-2", "ferry-3")


def test_a_later_accept_takes_a_rejection_back(articles: tuple[Article, ...]) -> None:
    model = deciding(articles, decision(REJECT, "ferry-2", "ferry-3"), decision(ACCEPT, "ferry-2", "ferry-3", hours=1))
    assert "ferry-3" in targets(model.suggest("ferry-2"))
    model.decisions = Decisions([*model.decisions.made, decision(REJECT, "ferry-2", "ferry-3", hours=2)])
    assert "ferry-3" not in targets(model.suggest("ferry-2"))


def test_a_copy_of_what_was_rejected_is_not_suggested_either(articles: tuple[Article, ...]) -> None:
    [ferry] = [article for article in articles if article.id == "ferry-3"]
    wire = replace(ferry, id="wire", url=None, aliases=(), quality=99.0)
    model = deciding([*articles, wire], decision(REJECT, "ferry-2", "ferry-3"))
    assert not {"wire", "ferry-3"} & set(targets(model.suggest("ferry-2", k=100)))
    explanation = model.explain("ferry-2", "wire")
    assert (explanation.suggested, explanation.obstacle) == (False, "rejected")
    assert explanation.verdict == "not suggested: an article with the same text was rejected for this source"
    assert "wire" in targets(model.suggest("ferry-1"))
    apart = Settings.from_dict({"selection": {"collapse_duplicates": False}})
    model = deciding([*articles, wire], decision(REJECT, "ferry-2", "ferry-3"), settings=apart)
    assert "wire" in targets(model.suggest("ferry-2"))


def test_a_rejection_beats_a_pin_and_is_warned_of(articles: tuple[Article, ...]) -> None:
    settings = Settings.from_dict({"rules": {"pin": [{"source": "ferry-2", "target": "wind-4"}]}})
    model = deciding(articles, decision(REJECT, "ferry-2", "wind-4"), settings=settings)
    assert "wind-4" not in targets(model.suggest("ferry-2", k=100))
    [warning] = model.rule_warnings()
    assert warning == (
        "rules.pin: ferry-2 -> wind-4 was rejected for ferry-2 by Ana on 2026-01-02: outdated; "
        "take out the pin, or accept it"
    )


def test_a_target_rejected_twice_for_one_reason_drops(articles: tuple[Article, ...], unlearned: Recommender) -> None:
    model = deciding(
        articles, decision(REJECT, "wind-1", "ferry-4", " Outdated!"), decision(REJECT, "wind-2", "ferry-4")
    )
    before = unlearned.score("ferry-2", "ferry-4")
    suggestions = model.suggest("ferry-2")
    [dropped] = [suggestion for suggestion in suggestions if suggestion.target_id == "ferry-4"]
    assert dropped.rank > [suggestion.target_id for suggestion in unlearned.suggest("ferry-2")].index("ferry-4") + 1
    assert dropped.score / (1 - dropped.score) == pytest.approx(before / (1 - before) / 4)
    [reason] = [reason for reason in dropped.reasons if reason.feature == "editor_rejections"]
    assert reason.text == "against it: rejected for 2 articles: outdated"
    assert reason.log_odds == pytest.approx(-math.log(4))
    assert reason.share < 0
    assert sum(reason.share for reason in dropped.reasons) == pytest.approx(dropped.score, abs=1e-9)
    explanation = model.explain("ferry-2", "ferry-4")
    assert (explanation.score, explanation.reasons) == (dropped.score, dropped.reasons)
    for suggestion in suggestions:
        if suggestion.target_id != "ferry-4":
            assert suggestion.score == unlearned.score("ferry-2", suggestion.target_id)


@pytest.mark.parametrize(
    "made",
    [
        [decision(REJECT, "wind-1", "ferry-3")],
        [decision(REJECT, "wind-1", "ferry-3"), decision(REJECT, "wind-2", "ferry-3", "wrong event")],
        [decision(REJECT, "wind-1", "ferry-3"), decision(REJECT, "wind-1", "ferry-3", hours=1)],
        [decision(REJECT, "wind-1", "ferry-3"), decision(REJECT, "wind-2", "ferry-4")],
        [
            decision(REJECT, "wind-1", "ferry-3"),
            decision(REJECT, "wind-2", "ferry-3"),
            decision(ACCEPT, "wind-2", "ferry-3", hours=1),
        ],
        [decision(REJECT, "wind-1", "ferry-3"), decision(REJECT, "gone", "ferry-3")],
        [decision(REJECT, "wind-1", "ferry-3", " . "), decision(REJECT, "wind-2", "ferry-3", "")],
    ],
)
def test_less_than_that_changes_no_score(
    articles: tuple[Article, ...], unlearned: Recommender, made: list[Decision]
) -> None:
    assert deciding(articles, *made).suggest("ferry-2") == unlearned.suggest("ferry-2")


def test_an_accepted_pair_is_a_relation_to_learn_from_and_stays_suggestible(articles: tuple[Article, ...]) -> None:
    corpus = Corpus.from_articles(articles)
    accepted = Decisions(
        [decision(ACCEPT, "breach-3", "breach-2"), decision(REJECT, "breach-4", "breach-2"), _curated()]
    )
    training_corpus = accepted.with_accepted(corpus)
    assert training_corpus.links.tolist() == sorted(
        [*corpus.links.tolist(), [corpus.row("breach-3"), corpus.row("breach-2")]]
    )
    assert Decisions([_curated()]).with_accepted(corpus) is corpus
    once = Settings.from_dict({"selection": {"repeat_curated": False}})
    model = deciding(articles, *accepted.made, settings=once)
    assert "breach-2" in targets(model.suggest("breach-3"))
    assert model.corpus.links.tolist() == corpus.links.tolist()


def _curated() -> Decision:
    return decision(ACCEPT, "ferry-2", "ferry-1")


def test_a_training_learns_from_what_was_accepted(
    articles: tuple[Article, ...], unrelated: tuple[Article, ...]
) -> None:
    few = Settings.from_dict({"ranker": {"least_sources": 6, "trees": 5}})
    made = [
        decision(ACCEPT, article.id, relation.url.rpartition("/")[2])
        for article in articles
        for relation in article.relations
    ]
    assert Recommender(few).fit(unrelated).ranker.kind == Recommender().fit(unrelated).ranker.kind
    learned = deciding(unrelated, *made, settings=few)
    related = Recommender(few).fit(articles)
    assert learned.ranker.kind == related.ranker.kind != Recommender(few).fit(unrelated).ranker.kind
    assert learned.ranker.to_dict() == related.ranker.to_dict()


def test_an_accepted_id_that_was_merged_is_a_relation_to_what_it_became(articles: tuple[Article, ...]) -> None:
    twin = replace(articles[0], id="twin", relations=())
    corpus = Corpus.from_articles([*articles, twin])
    training_corpus = Decisions([decision(ACCEPT, "wind-4", "twin")]).with_accepted(corpus)
    assert [corpus.row("wind-4"), corpus.row("ferry-1")] in training_corpus.links.tolist()
    assert training_corpus.merged == corpus.merged


def test_decisions_made_after_a_moment_are_not_known_then(articles: tuple[Article, ...]) -> None:
    early = replace(decision(REJECT, "wind-4", "wind-3"), when=articles[5].published_at)
    late = replace(decision(REJECT, "wind-4", "wind-2"), when=articles[11].published_at)
    model = deciding(articles, early, late)
    suggested = targets(model.suggest("wind-4", k=100, as_of=articles[10].published_at))
    assert "wind-2" in suggested
    assert "wind-3" not in suggested
    assert not {"wind-2", "wind-3"} & set(targets(model.suggest("wind-4", k=100)))


def test_a_saved_model_remembers(articles: tuple[Article, ...], tmp_path: Path) -> None:
    model = deciding(articles, decision(REJECT, "ferry-2", "ferry-3"), decision(ACCEPT, "wind-4", "ferry-1"))
    model.save(tmp_path / "model")
    loaded = Recommender.load(tmp_path / "model")
    assert loaded.decisions.made == model.decisions.made
    assert dict(loaded.suggest_all()) == dict(model.suggest_all())
    Recommender(name="coast").fit(articles).save(tmp_path / "plain")
    assert not (tmp_path / "plain" / "decisions.jsonl").exists()
