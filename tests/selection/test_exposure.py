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

PREFERENCES = st.lists(
    st.lists(
        st.tuples(st.sampled_from("abcdefgh"), st.sampled_from([0.1, 0.3, 0.5, 0.7, 0.9])),
        max_size=6,
        unique_by=lambda pair: pair[0],
    ).map(lambda pairs: [Preference(*pair) for pair in sorted(pairs, key=lambda pair: (-pair[1], pair[0]))]),
    max_size=9,
)

K = Settings().selection.k


def targets(front: list[list[Preference]], given: list[list[int]]) -> Counter[str]:
    return Counter(own[position].target for own, given in zip(front, given, strict=True) for position in given)


@given(front=PREFERENCES, k=st.integers(1, 4), share=st.sampled_from([0.05, 0.2, 0.5, 1.0]))
@hypothesis_settings(deadline=None)
def test_no_target_has_more_than_its_share(front: list[list[Preference]], k: int, share: float) -> None:
    assigned = assign_with_limit(front, k, share)
    counts = targets(front, assigned)
    assert max(counts.values(), default=0) <= max(1, share * counts.total() + 1e-9)
    assert all(len(own) <= k for own in assigned)
    assert all(own == sorted(set(own)) for own in assigned)


@given(front=PREFERENCES, k=st.integers(1, 4), share=st.sampled_from([0.05, 0.2, 0.5]))
@hypothesis_settings(deadline=None)
def test_nobody_goes_without_what_it_could_have(front: list[list[Preference]], k: int, share: float) -> None:
    assigned = assign_with_limit(front, k, share)
    counts = targets(front, assigned)
    most = max(counts.values(), default=0)
    weakest: dict[str, tuple[float, int]] = {}
    for source, (preferences, own) in enumerate(zip(front, assigned, strict=True)):
        for position in own:
            rank = (preferences[position].score, -source)
            weakest[preferences[position].target] = min(rank, weakest.get(preferences[position].target, rank))
    for source, (preferences, own) in enumerate(zip(front, assigned, strict=True)):
        last = own[-1] if len(own) == k else len(preferences)
        for position in range(last):
            preference = preferences[position]
            if position not in own and counts[preference.target] == most:
                assert weakest[preference.target] > (preference.score, -source)


@given(front=PREFERENCES, k=st.integers(1, 4))
def test_a_share_of_all_changes_nothing(front: list[list[Preference]], k: int) -> None:
    assert assign_with_limit(front, k, 1.0) == [list(range(min(k, len(own)))) for own in front] or len(front) < 2


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
    usual, limited_lists = SiteSuggestions(free), SiteSuggestions(limited)
    before, lists = dict(usual), dict(limited_lists)
    counts = Counter(suggestion.target_id for own in lists.values() for suggestion in own)
    assert max(counts.values()) <= 0.015 * counts.total()
    assert usual.exposure.largest > 0.015 >= limited_lists.exposure.largest
    assert list(lists) == list(before)
    assert lists != before
    for source, own in lists.items():
        assert [suggestion.rank for suggestion in own] == list(range(1, len(own) + 1))
        assert [suggestion.score for suggestion in own] == sorted(
            (suggestion.score for suggestion in own), reverse=True
        )
        if len(before[source]) == K:
            assert len(own) == K  # what was taken away is made up for
        else:  # few of the articles have so little in common with all others that there is nothing else
            assert len(own) <= len(before[source])
    assert sum(len(own) == K for own in before.values()) > 0.95 * len(before)
    exposure = limited_lists.exposure
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
        (source, suggestion.target_id) for source, own in SiteSuggestions(limited) for suggestion in own
    ]
    [line] = [line for line in summary.lines() if line.startswith("in-degree Gini")]
    assert f"in-degree Gini {summary.record.counts.exposure.gini:.3f}" in line
    assert f"without selection.exposure {summary.record.counts.exposure.gini_before:.3f} and " in line


def test_the_line_without_a_limit() -> None:
    assert Exposure.of({"a": 1, "b": 3}, 4).line() == (
        "in-degree Gini 0.625, the most frequent target has 75.0% of the suggestions"
    )
    assert math.isnan(Exposure.of({}, 4).gini)


@pytest.mark.parametrize("share", [0, -0.1, 1.1, float("nan")])
def test_a_share_out_of_range_is_named(share: float) -> None:
    with pytest.raises(SettingsError, match=r"exposure' must be above 0 and at most 1"):
        Settings.from_dict({"selection": {"exposure": share}})
