"""Dates, times and durations as values: the calendar against Python's own, text there and back, and the ranges."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.feel import DateTime, DaysTime, FarDate, Time, YearsMonths, from_python
from rules.feel.temporal import (
    MAX_YEAR,
    NANOS,
    OutOfRangeError,
    Zone,
    add_duration,
    date_of,
    day_number,
    make_date,
    months_between,
)
from rules.feel.temporal_text import (
    number_text,
    read_date,
    read_date_time,
    read_duration,
    read_time,
    write_date,
    write_duration,
    write_time,
)


@given(st.integers(-365 * MAX_YEAR, 365 * MAX_YEAR))
def test_day_numbers_go_there_and_back(number: int) -> None:
    assert day_number(date_of(number)) == number


@given(st.dates())
def test_far_dates_count_like_near_ones(day: date) -> None:
    far = FarDate(day.year, day.month, day.day)
    assert day_number(far) == day_number(day)
    shifted = FarDate(day.year + 400_000, day.month, day.day)
    assert day_number(shifted) - day_number(far) == 146_097 * 1000


@given(st.dates(min_value=date(2, 1, 1), max_value=date(9998, 12, 31)), st.integers(-10, 10))
def test_months_and_their_distance(day: date, months: int) -> None:
    moved = add_duration(day, YearsMonths(months))
    assert isinstance(moved, date)
    found = months_between(day, moved)
    clipped = moved.day < day.day  # 31 January plus a month: the day before the month is whole
    assert found == months or (clipped and found == months - 1)


@given(st.dates())
def test_dates_as_text(day: date) -> None:
    assert read_date(write_date(day)) == day


@given(st.integers(0, 86_400 * NANOS - 1), st.none() | st.integers(-18 * 60, 18 * 60))
def test_times_as_text(nanos: int, minutes: int | None) -> None:
    moment = Time(nanos, None if minutes is None else Zone(minutes * 60))
    assert read_time(write_time(moment)) == moment


@given(st.integers(-(10**15), 10**15))
def test_durations_as_text(size: int) -> None:
    assert read_duration(write_duration(DaysTime(size * 1000))) == DaysTime(size * 1000)
    months = YearsMonths(size % 10**9)
    assert read_duration(write_duration(months)) == months


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-29", "2026-13-01", "2026-1-1", "02026-01-01", "1000000000-01-01", "20260101", "", "+2026-01-01",
        "2026-01-01Z",
    ],
)  # fmt: skip
def test_texts_that_are_no_date(text: str) -> None:
    assert read_date(text) is None


@pytest.mark.parametrize(
    "text",
    ["24:00:01", "10:60:00", "10:00", "10:00:00+19:00", "10:00:00@Nowhere/City", "10:00:00Z@Asia/Shanghai", "1:00:00"],
)
def test_texts_that_are_no_time(text: str) -> None:
    assert read_time(text) is None


@pytest.mark.parametrize("text", ["P", "PT", "P1Y1D", "P1.5D", "1D", "P-1D", "P1H", "P" + "9" * 200 + "D", "p1d"])
def test_texts_that_are_no_duration(text: str) -> None:
    assert read_duration(text) is None


def test_last_and_first_days_of_the_calendar() -> None:
    assert read_date("999999999-12-31") == FarDate(MAX_YEAR, 12, 31)
    assert read_date("-999999999-01-01") == FarDate(-MAX_YEAR, 1, 1)
    with pytest.raises(OutOfRangeError, match="there is no date"):
        add_duration(make_date(MAX_YEAR, 12, 31), DaysTime(86_400 * NANOS))
    with pytest.raises(OutOfRangeError):
        YearsMonths(10**12)
    with pytest.raises(OutOfRangeError):
        add_duration(Time(0), YearsMonths(1))


def test_zones_follow_the_law_of_the_place_and_day() -> None:
    summer, winter = (
        read_date_time("2026-07-01T12:00:00@Europe/Paris"),
        read_date_time("2026-01-01T12:00:00@Europe/Paris"),
    )
    assert summer is not None
    assert winter is not None
    assert summer.value() % 86_400 == 10 * 3600
    assert winter.value() % 86_400 == 11 * 3600
    far = read_date_time("99999-07-01T12:00:00@Europe/Paris")
    assert far is not None
    assert far.value() % 86_400 == 10 * 3600


def test_python_values_become_ours() -> None:
    zone = timezone(timedelta(hours=8))
    moment = from_python(datetime(2026, 11, 20, 8, 0, 0, 5, tzinfo=zone))
    assert moment == DateTime(date(2026, 11, 20), Time(8 * 3600 * NANOS + 5000, Zone(8 * 3600)))
    assert from_python({"a": (datetime(2026, 11, 20, tzinfo=UTC),)})["a"][0].time.zone == Zone(0)
    with pytest.raises(TypeError, match="float is not a FEEL value"):
        from_python([1.5])


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("1.50", "1.5"),
        ("100", "100"),
        ("1E+3", "1000"),
        ("0.00", "0"),
        ("-0.5", "-0.5"),
        ("1E-7", "0.0000001"),
        ("1E+6000", "1E+6000"),
    ],
)
def test_numbers_as_text(number: str, text: str) -> None:
    assert number_text(Decimal(number)) == text
