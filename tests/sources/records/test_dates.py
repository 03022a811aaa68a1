from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.sources.records.dates import numeric_date, parse_date, shown

EVENING = datetime(2020, 10, 1, 19, 44, tzinfo=UTC)
DAY = datetime(2020, 10, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        EVENING,
        datetime(2020, 10, 1, 19, 44),
        datetime(2020, 10, 1, 21, 44, tzinfo=timezone(timedelta(hours=2))),
        "2020-10-01T19:44:00Z",
        "2020-10-01T19:44:00.000Z",
        "2020-10-01T19:44Z",
        "2020-10-01 19:44",
        " 2020-10-01 19:44:00 ",
        "2020-10-01 19:44:00 UTC",
        "2020-10-01T21:44:00+02:00",
        "2020-10-01T21:44:00+0200",
        "2020-10-01T21:44:00+2",
        "2020-10-01 12:44:00 -0700",
        "2020-10-01 12:44:00 -07:00",
        "2020/10/01 19:44",
        "2020-10-1 19:44",
        "20201001T194400Z",
        "Thu, 01 Oct 2020 19:44:00 GMT",
        "Thu, 01 Oct 2020 12:44:00 -0700",
        "1 Oct 2020 14:44 EST",
        "October 1, 2020 7:44 PM",
        "Oct 1st, 2020 19:44",
        1601581440,
        1601581440.0,
        1601581440000,
        "1601581440",
    ],
)
def test_a_moment_in_every_form_is_the_same_moment(value: Any) -> None:
    moment = parse_date(value)
    assert moment == EVENING
    assert moment.tzinfo is UTC


@pytest.mark.parametrize(
    "value", [date(2020, 10, 1), "2020-10-01", "2020/10/1", "20201001", 20201001, "1 October 2020", "Oct 1, 2020"]
)
def test_a_day_without_a_time_begins_at_midnight_utc(value: Any) -> None:
    assert parse_date(value) == DAY


def test_a_day_above_twelve_tells_day_from_month() -> None:
    assert parse_date("13/02/2020") == parse_date("02/13/2020") == datetime(2020, 2, 13, tzinfo=UTC)


def test_fractions_of_a_second_are_kept() -> None:
    assert parse_date("2020-10-01T19:44:00.123456789Z").microsecond == 123456


NO_DATES = ["10", "May", "May 2020", "2020", "2020-10", "2020-W40", "Thursday", "Thursday 2020", "19:44", "1/2/03"]
NO_DATES += ["2020-13-45", "2020-02-30", "yesterday", "soon", "", " ", "draft 2020", "October 1, 2020 7 PM PDT"]
NO_DATES += ["1 Oct 2020 19:44 CET", "0001-01-01T00:00:00+02:00", "9999-12-31T23:59:59-02:00"]
NO_MOMENTS = [10, 2020, 20201345, True, None, [], {}, time(1, 2), -5, 10**12 * 9, 10**30, float("nan"), float("inf")]


@pytest.mark.parametrize("value", [*NO_DATES, *NO_MOMENTS, "9" * 70, "x" * 5000])
def test_what_is_no_full_date_is_not_guessed(value: Any) -> None:
    with pytest.raises(ValueError, match=re.escape(f"{shown(value)} is no date; write it as 2020-10-01")):
        parse_date(value)


@pytest.mark.parametrize("value", ["01/02/2020", "1.2.2020", "01-02-2020 10:00"])
def test_a_numeric_date_that_can_be_read_both_ways_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=f"{value}' can be read as two dates; write the year first"):
        parse_date(value)


@given(st.text(max_size=30) | st.text("0123456789-/:TZ+ .", max_size=25) | st.floats() | st.integers())
def test_anything_is_either_a_moment_in_utc_or_a_value_error(value: Any) -> None:
    try:
        moment = parse_date(value)
    except ValueError:
        return
    assert moment.tzinfo is UTC


@given(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_iso_texts_come_back_unchanged(moment: datetime) -> None:
    assert parse_date(moment.isoformat()) == moment


def test_shown_is_short_and_gives_nothing_of_a_container_away() -> None:
    assert shown(["secret"]) == "a list"
    assert len(shown("x" * 1000)) == 80
    assert shown("x\ny") == "'x\\ny'"


@pytest.mark.parametrize(
    ("text", "day_first", "month_first", "order"),
    [
        ("03/04/2021", (2021, 4, 3), (2021, 3, 4), None),
        ("3.4.2021", (2021, 4, 3), (2021, 3, 4), None),
        ("25/04/2021", (2021, 4, 25), None, "dmy"),
        ("04-25-2021", None, (2021, 4, 25), "mdy"),
        ("29/02/2020", (2020, 2, 29), None, "dmy"),
    ],
)
def test_both_readings_of_a_numeric_date(text: str, day_first: Any, month_first: Any, order: str | None) -> None:
    readings = numeric_date(text)
    assert readings is not None
    expected = [None if day is None else datetime(*day, tzinfo=UTC) for day in (day_first, month_first)]
    assert [readings.day_first, readings.month_first] == expected
    assert readings.order == order
    assert [readings.read_as("dmy"), readings.read_as("mdy")] == [
        expected[0] or expected[1],
        expected[1] or expected[0],
    ]
    assert readings.read_as(None) == (parse_date(text) if order else None)


def test_both_readings_keep_the_time_and_its_zone() -> None:
    readings = numeric_date("03/04/2021 10:00 PM +0200")
    assert readings is not None
    assert readings.day_first == datetime(2021, 4, 3, 20, tzinfo=UTC)
    assert readings.month_first == datetime(2021, 3, 4, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    "value", ["03/03/2021", "31/31/2021", "2021-03-04", "2020-10-01-0700", 20210304, None, "3/4/21"]
)
def test_what_cannot_be_read_two_ways_has_no_two_readings(value: Any) -> None:
    assert numeric_date(value) is None


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.sampled_from("/.-"))
def test_a_numeric_date_is_read_as_it_was_written(day: date, mark: str) -> None:
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
    for order, pattern in (("dmy", f"%d{mark}%m{mark}%Y"), ("mdy", f"%m{mark}%d{mark}%Y")):
        text = f"{day:{pattern}}"
        readings = numeric_date(text)
        assert (parse_date(text) if readings is None else readings.read_as(order)) == moment
