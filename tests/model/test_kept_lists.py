"""Lists that are kept from one job to the next equal those of a full rebuild, and are not made again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from recommender import Article, Corpus, Provider, Recommender, Relation, Suggestion
from recommender.core.rules import Rules
from recommender.core.settings import Settings
from recommender.model.bulk import BulkScoring
from recommender.model.kept_lists import KeptLists
from recommender.retrieval import query as query_module
from recommender.selection.decisions import Decision, Decisions

START = datetime(2025, 1, 1, tzinfo=UTC)
WORDS = [f"word{number}" for number in range(40)]
SETTINGS = Settings.from_dict({"candidates": {"text": 5, "title": 3, "recent": 3, "linked": 4, "seeds": 2}})
Edit = tuple[str, int, int]


def article(number: int, words: int, day: float) -> Article:
    rng = np.random.default_rng(words)
    return Article(
        f"a{number:03}",
        " ".join(rng.choice(WORDS, 3)),
        " ".join(rng.choice(WORDS, 5)),
        published_at=START + timedelta(days=day),
        provider=[None, Provider("One"), Provider("Two")][words % 3],
        relations=tuple(Relation(None, f"a{other:03}") for other in rng.integers(0, 60, words % 3)),
    )


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a source see a few articles only, so that a small site has articles that are far from each other."""
    for name, value in {"N_BY_TEXT": 5, "N_BY_TITLE": 3, "N_IN_TIME": 4, "N_LATEST": 4}.items():
        monkeypatch.setattr(query_module, name, value)
    monkeypatch.setattr("recommender.model.fingerprints.N_IN_TIME", 4)
    monkeypatch.setattr("recommender.retrieval.candidates.N_IN_TIME", 4)
    monkeypatch.setattr("recommender.features.neighbourhood.N_OF_PROVIDER", 3)
    monkeypatch.setattr("recommender.features.neighbourhood.N_IN_TIME", 4)
    monkeypatch.setattr("recommender.features.relations.NEAREST", 3)


@pytest.fixture(scope="module")
def site() -> list[Article]:
    return [article(number, number * 7 + 1, number * 2.0) for number in range(60)]


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[KeptLists]:
    lists = KeptLists(tmp_path / "site.lists")
    yield lists
    lists.close()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the rows for which lists were made, as they are made."""
    rows: list[int] = []
    usual = BulkScoring._computed

    def watched(self: BulkScoring, some: np.ndarray, *more: object) -> Iterator[object]:
        rows.extend(some.tolist())
        return usual(self, some, *more)

    monkeypatch.setattr(BulkScoring, "_computed", watched)
    return rows


def told(lists: Iterator[tuple[str, list[Suggestion]]]) -> list[tuple[str, list[Suggestion], list[Article]]]:
    return [(name, suggestions, [one.target for one in suggestions]) for name, suggestions in lists]


def edited(site: list[Article], edits: list[Edit]) -> list[Article]:
    """Add, change, move, link, remove: the article of a number, with another number as what it becomes."""
    articles = {one.id: one for one in site}
    for kind, number, value in edits:
        name = f"a{number:03}"
        old = articles.get(name)
        if kind == "new":
            articles[f"n{value:03}"] = replace(article(0, value, 130.0 + number), id=f"n{value:03}")
        elif kind == "gone":
            articles.pop(name, None)
        elif old is not None:
            articles[name] = {
                "text": replace(old, title=article(number, value, 0).title),
                "moved": replace(old, published_at=START + timedelta(days=value)),
                "linked": replace(old, relations=(Relation(None, f"a{value % 60:03}"),)),
                "removed": replace(old, removed=not old.removed),
                "quality": replace(old, quality=float(value)),
            }[kind]
    return list(articles.values())


EDITS = st.lists(
    st.tuples(
        st.sampled_from(["new", "gone", "text", "moved", "linked", "removed", "quality"]),
        st.integers(0, 59),
        st.integers(0, 99),
    ),
    max_size=3,
)


@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.lists(EDITS, min_size=1, max_size=3))
def test_after_any_edits_the_lists_are_those_of_a_full_rebuild(
    site: list[Article], tmp_path_factory: pytest.TempPathFactory, steps: list[list[Edit]]
) -> None:
    model = Recommender(SETTINGS).fit(site)
    kept = KeptLists(tmp_path_factory.mktemp("kept") / "site.lists")
    articles = site
    for edits in [[], *steps]:
        articles = edited(articles, edits)
        model.renew(articles)
        assert told(model.suggest_all(threshold=0, kept=kept)) == told(model.suggest_all(threshold=0))
    kept.close()


HOUSE = replace(
    SETTINGS,
    rules=Rules.from_dict(
        {
            "pin": [{"source": "a000", "target": "a040"}],
            "never": [["a001", "a002"]],
            "block_sources": ["a003"],
            "block_targets": ["a004"],
            "most_per_provider": 2,
            "half_life_days": 90,
        }
    ),
)
NAMED = {0, 1, 2, 3, 4, 40}  # by the rules, which are refused once one of these is gone
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
REJECTIONS = st.lists(st.tuples(st.integers(0, 59), st.integers(0, 59), st.sampled_from(["old", "dull"])), max_size=4)


def rejections(pairs: list[tuple[int, int, str]]) -> Decisions:
    return Decisions(
        Decision("reject", f"a{source:03}", f"a{target:03}", "Ana", MOMENT, why)
        for source, target, why in pairs
        if source != target
    )


@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.lists(st.tuples(EDITS, REJECTIONS), min_size=1, max_size=3))
def test_whatever_the_house_says_the_lists_are_those_of_a_full_rebuild(
    site: list[Article],
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[tuple[list[Edit], list[tuple[int, int, str]]]],
) -> None:
    model = Recommender(HOUSE).fit(site)
    kept = KeptLists(tmp_path_factory.mktemp("kept") / "site.lists")
    articles, made = site, []
    for edits, rejected in [([], []), *steps]:
        articles = edited(articles, [one for one in edits if one[0] != "gone" or one[1] not in NAMED])
        made += rejected
        model.decisions = rejections(made)
        model.renew(articles)
        assert told(model.suggest_all(threshold=0, kept=kept)) == told(model.suggest_all(threshold=0))
    kept.close()


def test_a_rejection_touches_its_source_only(site: list[Article], kept: KeptLists, asked: list[int]) -> None:
    model = Recommender(HOUSE).fit(site)
    lists = dict(model.suggest_all(threshold=0, kept=kept))
    asked.clear()
    model.decisions = rejections([(10, int(lists["a010"][0].target_id[1:]), "old")])
    again = dict(model.suggest_all(threshold=0, kept=kept))
    assert asked == [10]
    assert lists["a010"][0].target_id not in {one.target_id for one in again["a010"]}


def test_a_target_that_became_unwanted_touches_those_near_it(
    site: list[Article], kept: KeptLists, asked: list[int]
) -> None:
    model = Recommender(HOUSE).fit(site)
    lists = dict(model.suggest_all(threshold=0, kept=kept))
    target = lists["a010"][0].target_id
    others = [name for name, each in lists.items() if target in {one.target_id for one in each}]
    asked.clear()
    model.decisions = rejections([(50, int(target[1:]), "old"), (51, int(target[1:]), "old")])
    list(model.suggest_all(threshold=0, kept=kept))
    assert {int(name[1:]) for name in others} <= set(asked)
    assert len(asked) < len(site)


def test_what_has_a_pin_is_asked_again_however_far_its_target_is(
    site: list[Article], kept: KeptLists, asked: list[int]
) -> None:
    pinned = replace(
        SETTINGS, rules=Rules.from_dict({"pin": [{"source": "a000", "target": "a042"}]})
    )  # out of its sight
    model = Recommender(pinned).fit(site)
    list(model.suggest_all(threshold=0, kept=kept))
    asked.clear()
    model.renew([replace(one, quality=99.0) if one.id == "a042" else one for one in site])
    lists = told(model.suggest_all(threshold=0, kept=kept))
    assert 0 in asked
    assert len(asked) < len(site)
    assert lists[0][2][0].quality == 99.0
    assert lists == told(model.suggest_all(threshold=0))


def test_another_rule_makes_every_list_anew(site: list[Article], kept: KeptLists, asked: list[int]) -> None:
    model = Recommender(HOUSE).fit(site)
    list(model.suggest_all(kept=kept))
    asked.clear()
    model.settings = replace(HOUSE, rules=replace(HOUSE.rules, half_life_days=30))
    list(model.suggest_all(kept=kept))
    assert len(asked) == len(site)


def test_nothing_changed_nothing_is_made_again(site: list[Article], kept: KeptLists, asked: list[int]) -> None:
    model = Recommender(SETTINGS).fit(site)
    first = told(model.suggest_all(kept=kept))
    assert len(asked) == len(site)
    asked.clear()
    model.renew(reversed(site))
    assert told(model.suggest_all(kept=kept)) == first
    assert asked == []


def test_a_newcomer_touches_those_near_it_only(site: list[Article], kept: KeptLists, asked: list[int]) -> None:
    model = Recommender(SETTINGS).fit(site)
    list(model.suggest_all(kept=kept))
    asked.clear()
    model.renew([*site, replace(site[30], id="newest", relations=(), published_at=START + timedelta(days=500))])
    renewed = told(model.suggest_all(threshold=0, kept=kept))
    asked.clear()
    model.renew([*site, replace(site[30], id="newest", relations=(), published_at=START + timedelta(days=501))])
    lists = dict(model.suggest_all(threshold=0, kept=kept))
    assert 60 in asked
    assert 30 in asked  # the old one of the same text
    assert len(asked) < 45
    assert "newest" in {one.target_id for one in lists["a030"]} | {
        name for one in lists["a030"] for name in one.duplicates
    }
    assert len(renewed) == 61


def test_another_question_finds_nothing_kept(site: list[Article], kept: KeptLists, asked: list[int]) -> None:
    model = Recommender(SETTINGS).fit(site)
    list(model.suggest_all(kept=kept))
    for change in ({"k": 3}, {"threshold": 0.123}):
        asked.clear()
        list(model.suggest_all(**change, kept=kept))
        assert len(asked) == len(site)
    asked.clear()
    other = Recommender(SETTINGS).fit(Corpus.from_articles(site[:50]))
    other.renew(site)
    list(other.suggest_all(kept=kept))
    assert len(asked) == len(site)


def test_a_list_that_is_damaged_is_made_anew(site: list[Article], tmp_path: Path, asked: list[int]) -> None:
    model, file = Recommender(SETTINGS).fit(site), tmp_path / "site.lists"
    kept = KeptLists(file)
    wanted = told(model.suggest_all(kept=kept))
    kept.close()
    with sqlite3.connect(file) as database:
        for number, change in enumerate(("list = x'5b5d'", "list = 'text'", "digest = NULL", "list = NULL")):
            one = "SELECT fingerprint FROM lists ORDER BY fingerprint LIMIT 1 OFFSET ?"
            database.execute(f"UPDATE lists SET {change} WHERE fingerprint = ({one})", (number,))  # noqa: S608
    database.close()
    asked.clear()
    kept = KeptLists(file)
    assert told(model.suggest_all(kept=kept)) == wanted
    assert len(asked) == 4
    asked.clear()
    assert told(model.suggest_all(kept=kept)) == wanted
    assert asked == []
    kept.close()


@pytest.mark.parametrize("content", [b"", b"no database at all", b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_file_that_is_no_database_is_made_anew(site: list[Article], tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "site.lists"
    file.write_bytes(content)
    model = Recommender(SETTINGS).fit(site)
    kept = KeptLists(file)
    assert told(model.suggest_all(kept=kept)) == told(model.suggest_all())
    kept.close()


def test_where_nothing_can_be_kept_lists_are_made_all_the_same(
    site: list[Article], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    model = Recommender(SETTINGS).fit(site)
    kept = KeptLists(tmp_path / "file" / "site.lists")
    assert told(model.suggest_all(kept=kept)) == told(model.suggest_all())
    assert "suggestions are not kept" in caplog.text


def test_a_job_that_stops_early_leaves_what_it_made(
    site: list[Article], kept: KeptLists, asked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recommender.model.bulk.AT_ONCE", 10)
    monkeypatch.setattr("recommender.model.bulk.BLOCK", 10)
    model = Recommender(SETTINGS).fit(site)
    half = model.suggest_all(kept=kept)
    for _ in range(35):
        next(half)
    half.close()
    asked.clear()
    assert told(model.suggest_all(kept=kept)) == told(model.suggest_all())
    assert len(asked) - len(site) == 30


def test_lists_of_the_past_are_forgotten(site: list[Article], kept: KeptLists) -> None:
    model = Recommender(SETTINGS).fit(site)
    for k in (3, 4, 5):
        list(model.suggest_all(k=k, kept=kept))
    assert kept._open is not None
    assert kept._open.execute("SELECT count(*) FROM lists").fetchone() == (len(site),)
