"""Dates of front matter and of file names mean the moments that Jekyll takes them for."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from support.jekyll_sites import ask_ruby, jekyll_is_installed

from recommender.sources.generators.jekyll.moments import date_tokens, dated_name, moment_of, moment_of_name, zone_of
from recommender.sources.records.front_matter import parse_yaml

needs_jekyll = pytest.mark.skipif(not jekyll_is_installed(), reason="Jekyll is not on this machine")

_ZONE = "America/New_York"
_IN_YAML = (
    "2020-03-08", "2020-03-08 01:30:00", "2020-03-08T01:30:00Z", "2020-03-08 12:30:00 +0200", "2020-07-08 12:30:00 -5",
    "2020-03-08 12:30:00 +05:30", "'2020-03-08 12:30:00'", "'2020-07-08 12:30'", "2020-03-08 12:30", "2020/03/08",
    "2020/3/8 7:05", "08/03/2020", "8.3.2020", "31-12-2020", "March 8, 2020", "8 Mar 2020 10:00:00 GMT", "20200308",
    "Sun, 08 Mar 2020 10:00:00 -0500", "2020-03-08T10:00:00.123Z", "'2020-03-08 10:00:00 UTC'", "2020-11-01 01:30:00",
    "8 March 2020 7:05 PM",
)  # fmt: skip


@needs_jekyll
def test_dates_are_those_of_jekyll() -> None:
    expected = ask_ruby(
        "Jekyll::Utils.parse_date(Jekyll::Utils.safe_load_yaml('date: ' + value)['date'].to_s).iso8601", _IN_YAML, _ZONE
    )
    moments = [moment_of(parse_yaml(f"date: {text}", 1)["date"], ZoneInfo(_ZONE)) for text in _IN_YAML]
    ours = [moment.replace(microsecond=0).isoformat() if moment else None for moment in moments]
    assert dict(zip(_IN_YAML, ours, strict=True)) == dict(zip(_IN_YAML, expected, strict=True))


@needs_jekyll
def test_names_of_files_are_read_as_by_jekyll() -> None:
    names = [
        "2020-1-2-x.md", "20-01-02-x.md", "69-01-02-x.md", "68-01-02-x.md", "_posts/a/2020-01-02-x.y.md",
        "2020-01-02.md", "a/2020-01-02-x/index.md", "x-2020-01-02-y.md", "2020-01-02-.md", "2020-01-02-x",
        "2020-01-02-x..md", "٢020-01-02-x.md",
    ]  # fmt: skip
    expected = ask_ruby("(value =~ Jekyll::Document::DATE_FILENAME_MATCHER) && [$1, $2]", names)
    assert [list(name) if (name := dated_name(text)) else None for text in names] == expected
    dates = [name[0] for name in expected if name]
    years = ask_ruby("Jekyll::Utils.parse_date(value).year", dates)
    assert [moment.year if (moment := moment_of_name(text, UTC)) else None for text in dates] == years


@pytest.mark.parametrize("value", [None, True, "soon", "", [], {}, 3.5, "x" * 10_000, date.max, "99999-01-01", 10**30])
def test_what_is_no_date_is_none(value: Any) -> None:
    moment = moment_of(value, ZoneInfo("Pacific/Kiritimati"))
    assert moment is None or value is date.max


def test_a_day_that_does_not_exist_is_none() -> None:
    assert moment_of_name("2020-02-30", UTC) is None


def test_a_year_of_weeks_is_not_the_year_of_the_day() -> None:
    tokens = date_tokens(datetime(2024, 12, 30, tzinfo=UTC))
    assert (tokens["year"], tokens["w_year"], tokens["week"], tokens["w_day"]) == ("2024", "2025", "01", "1")


@pytest.mark.parametrize("name", ["Nowhere/Town", "../../etc/passwd", "America", "", 5, ["UTC"], "\0"])
def test_a_time_zone_that_is_unknown_is_warned_of(name: Any) -> None:
    zone, warning = zone_of(name)
    assert zone is UTC
    assert warning is not None
    assert warning.startswith("timezone is ")
