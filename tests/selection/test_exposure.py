"""The limit on how often one target is suggested: held, made up for, and the same whoever is asked first."""

from __future__ import annotations

import json
import math
import shutil
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from recommender import Corpus, Recommender, Settings, SettingsError
from recommender.evaluation.measures import gini
from recommender.jobs.exposure import Exposure, SiteSuggestions
from recommender.jobs.nightly import suggest_site
from recommender.selection.exposure import Preference, assign_with_limit

NEWSROOM = Path(__file__).resolve().parents[2] / "examples" / "newsroom"

WISHES = st.lists(
    st.lists(
        st.tuples(st.sampled_from("abcdefgh"), st.sampled_from([0.1, 0.3, 0.5, 0.7, 0.9])),
        max_size=6,
        unique_by=lambda wish: wish[0],
    ).map(lambda found: [Preference(*wish) for wish in sorted(found, key=lambda wish: (-wish[1], wish[0]))]),
    max_size=9,
)


def targets(wishes: list[list[Preference]], given_places: list[list[int]]) -> Counter[str]:
    return Counter(each[place].target for each, places in zip(wishes, given_places, strict=True) for place in places)


@given(wishes=WISHES, k=st.integers(1, 4), share=st.sampled_from([0.05, 0.2, 0.5, 1.0]))
@hypothesis_settings(deadline=None)
def test_no_target_has_more_than_its_share(wishes: list[list[Preference]], k: int, share: float) -> None:
    places = assign_with_limit(wishes, k, share)
    counts = targets(wishes, places)
    assert max(counts.values(), default=0) <= max(1, share * counts.total() + 1e-9)
    assert all(len(each) <= k for each in places)
    assert all(each == sorted(set(each)) for each in places)


@given(wishes=WISHES, k=st.integers(1, 4), share=st.sampled_from([0.05, 0.2, 0.5]))
@hypothesis_settings(deadline=None)
def test_nobody_goes_without_what_it_could_have(wishes: list[list[Preference]], k: int, share: float) -> None:
    places = assign_with_limit(wishes, k, share)
    counts = targets(wishes, places)
    most = max(counts.values(), default=0)
    weakest: dict[str, tuple[float, int]] = {}
    for source, (each, own) in enumerate(zip(wishes, places, strict=True)):
        for place in own:
            rank = (each[place].score, -source)
            weakest[each[place].target] = min(rank, weakest.get(each[place].target, rank))
    for source, (each, own) in enumerate(zip(wishes, places, strict=True)):
        last = own[-1] if len(own) == k else len(each)
        for place in range(last):
            wish = each[place]
            if place not in own and counts[wish.target] == most:
                assert weakest[wish.target] > (wish.score, -source)


@given(wishes=WISHES, k=st.integers(1, 4))
def test_a_share_of_all_changes_nothing(wishes: list[list[Preference]], k: int) -> None:
    assert assign_with_limit(wishes, k, 1.0) == [list(range(min(k, len(each)))) for each in wishes] or len(wishes) < 2


def test_the_highest_score_keeps_its_target_and_equals_the_earlier_source() -> None:
    front = [
        [Preference("a", 0.5), Preference("b", 0.4)],
        [Preference("a", 0.9), Preference("b", 0.1)],
        [Preference("a", 0.5), Preference("c", 0.2)],
    ]
    assert assign_with_limit(front, 1, 0.4) == [[1], [0], [1]]
    assert assign_with_limit(front, 1, 0.7) == [[0], [0], [1]]


def test_a_pin_is_above_the_limit() -> None:
    front = [
        [Preference("a", 0.1, fixed=True)],
        [Preference("a", 0.2, fixed=True)],
        [Preference("a", 0.9), Preference("b", 0.5)],
    ]
    assert assign_with_limit(front, 1, 0.3) == [[0], [0], [0]]


def model_of(corpus: Corpus, share: float | None, **selection: object) -> Recommender:
    return Recommender(Settings.from_dict({"selection": {"exposure": share, **selection}}), "newsroom").fit(corpus)


@pytest.fixture(scope="module")
def limited(newsroom: Corpus) -> Recommender:
    return model_of(newsroom, 0.015, threshold=0)


def test_the_lists_of_a_site_keep_the_limit(limited: Recommender, newsroom: Corpus) -> None:
    free = model_of(newsroom, None, threshold=0)
    usual, found = SiteSuggestions(free), SiteSuggestions(limited)
    before, lists = dict(usual), dict(found)
    counts = Counter(one.target_id for each in lists.values() for one in each)
    assert max(counts.values()) <= 0.015 * counts.total()
    assert usual.exposure.largest > 0.015 >= found.exposure.largest
    assert list(lists) == list(before)
    assert lists != before
    for source, each in lists.items():
        assert [one.rank for one in each] == list(range(1, len(each) + 1))
        assert [one.score for one in each] == sorted((one.score for one in each), reverse=True)
        assert len(each) == len(before[source])  # what was taken away is made up for
    exposure = found.exposure
    assert exposure.gini < exposure.gini_before
    assert (exposure.gini_before, exposure.largest_before) == (usual.exposure.gini, usual.exposure.largest)
    assert exposure.gini == gini([counts[article.id] for article in limited.corpus])
    assert before == dict(free.suggest_all())


def test_the_number_of_workers_does_not_matter(limited: Recommender) -> None:
    assert dict(SiteSuggestions(limited, n_jobs=2)) == dict(SiteSuggestions(limited))


def test_the_summary_says_how_links_are_spread(tmp_path: Path, newsroom: Corpus, limited: Recommender) -> None:
    shutil.copytree(NEWSROOM, tmp_path / "newsroom")
    summary = suggest_site(tmp_path / "newsroom", limited.settings, tmp_path / "out.jsonl", cache=False)
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(row["source"], row["target"]) for row in rows] == [
        (source, one.target_id) for source, each in SiteSuggestions(limited) for one in each
    ]
    [line] = [line for line in summary.lines() if line.startswith("in-degree Gini")]
    assert f"in-degree Gini {summary.exposure.gini:.3f}" in line
    assert f"without selection.exposure {summary.exposure.gini_before:.3f} and " in line


def test_the_line_without_a_limit() -> None:
    assert Exposure.of({"a": 1, "b": 3}, 4).line() == (
        "in-degree Gini 0.625, the most frequent target has 75.0% of the suggestions"
    )
    assert math.isnan(Exposure.of({}, 4).gini)


@pytest.mark.parametrize("share", [0, -0.1, 1.1, float("nan")])
def test_a_share_out_of_range_is_named(share: float) -> None:
    with pytest.raises(SettingsError, match=r"exposure' must be above 0 and at most 1"):
        Settings.from_dict({"selection": {"exposure": share}})
