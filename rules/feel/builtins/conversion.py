"""Conversion functions (DMN 1.5, table 75): from text and parts to values, and back to text."""

import re
from collections.abc import Callable, Mapping
from datetime import date as day_type
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from rules.feel.builtins.registry import BuiltinError, feel
from rules.feel.limits import bounded_text, spend
from rules.feel.temporal import (
    NANOS,
    Date,
    DateTime,
    DaysTime,
    Duration,
    FarDate,
    Time,
    YearsMonths,
    Zone,
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
from rules.feel.values import END_NULL, NUMBERS, Range, kind, small_whole

_NUMBER = re.compile(r"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")

_ESCAPED: Mapping[str, str] = MappingProxyType({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})
_KEY = re.compile(r"[^\W\d]\w*(?: \w+)*")  # any other key is written in quotes


def whole(number: Decimal, name: str) -> int:
    """Return a number that must be whole as an int.

    Raises: BuiltinError naming the parameter.
    """
    found = small_whole(number)
    if found is None:
        raise BuiltinError(f"{name} must be a whole number of at most 18 digits, not {number_text(number)}")
    return found


def _read(found: Any, text: str, what: str) -> Any:
    if found is None:
        raise BuiltinError(f'"{text[:60]}" is not a {what}')
    return found


@feel("date(from: string | date | date and time) -> date")
def date(source: str | Date | DateTime) -> Any:
    """Read a date, or take the date out of a date and time."""
    if isinstance(source, DateTime):
        return source.date
    return _read(read_date(source), source, "date") if isinstance(source, str) else source


@feel("date(year: number, month: number, day: number) -> date")
def date_of_parts(year: Decimal, month: Decimal, day: Decimal) -> Date:
    """Make a date of its parts."""
    return make_date(whole(year, "year"), whole(month, "month"), whole(day, "day"))


@feel("date and time(from: string | date and time) -> date and time")
def date_and_time(source: str | DateTime) -> Any:
    """Read a date and time; a date alone is its midnight in local time."""
    if isinstance(source, DateTime):
        return source
    day = read_date(source)
    return _read(DateTime(day, Time(0)) if day else read_date_time(source), source, "date and time")


@feel("date and time(date: date | date and time, time: time) -> date and time")
def date_and_time_of(day: Date | DateTime, time: Time) -> DateTime:
    """Put a date and a time together."""
    return DateTime(day.date if isinstance(day, DateTime) else day, time)


@feel(
    "date and time(year: number, month: number, day: number, hour: number, minute: number, second: number,"
    " offset?: days and time duration?) -> date and time"
)
def date_and_time_of_parts(*parts: Any) -> DateTime:
    """Make a date and time of its parts."""
    return DateTime(date_of_parts(*parts[:3]), time_of_parts(*parts[3:]))


@feel("time(from: string | time | date and time | date) -> time")
def time(source: str | Time | DateTime | Date) -> Any:
    """Read a time, or take the time out of a date and time; a date stands for its midnight in UTC."""
    if isinstance(source, DateTime):
        return source.time
    if isinstance(source, day_type | FarDate):
        return Time(0, Zone(0))
    return source if isinstance(source, Time) else _read(read_time(source), source, "time")


@feel("time(hour: number, minute: number, second: number, offset?: days and time duration?) -> time")
def time_of_parts(hour: Decimal, minute: Decimal, second: Decimal, offset: DaysTime | None = None) -> Time:
    """Make a time of its parts; seconds may have a fraction."""
    hours, minutes = whole(hour, "hour"), whole(minute, "minute")
    if not (0 <= hours <= 23 and 0 <= minutes <= 59 and 0 <= second < 60):
        raise BuiltinError("there is no such time of day")
    nanos = int(NUMBERS.multiply(second, NANOS))
    zone = None
    if offset is not None:
        zone = Zone(abs(offset.nanos) // NANOS * (-1 if offset.nanos < 0 else 1))
        if abs(offset.nanos) > 18 * 3600 * NANOS:
            raise BuiltinError("an offset lies between -18 and +18 hours")
    return Time((hours * 60 + minutes) * 60 * NANOS + nanos, zone)


@feel("duration(from: string | years and months duration | days and time duration) -> Any")
def duration(source: str | Duration) -> Any:
    """Read a duration of either kind."""
    return _read(read_duration(source), source, "duration") if isinstance(source, str) else source


@feel("years and months duration(from: date | date and time, to: date | date and time) -> years and months duration")
def years_and_months_duration(first: Date | DateTime, second: Date | DateTime) -> YearsMonths:
    """Count the whole months between two dates."""
    days = [moment.date if isinstance(moment, DateTime) else moment for moment in (first, second)]
    return YearsMonths(months_between(days[0], days[1]))


@feel("number(from: string | number) -> number")
def number(source: str | Decimal) -> Decimal:
    """Read a number with a decimal point and no grouping."""
    return _decimal(source) if isinstance(source, str) else source


def _decimal(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise BuiltinError(f'"{text[:60]}" is not a number')
    return NUMBERS.create_decimal(text)


@feel("number(from: string, grouping separator: string?, decimal separator: string?) -> number")
def number_with_separators(source: str, grouping: str | None, point: str | None) -> Decimal:
    """Read a number as a country writes it: grouping by space, comma or point; decimals after point or comma."""
    if grouping not in {None, " ", ",", "."}:
        raise BuiltinError("the grouping separator is a space, a comma or a point")
    if point not in {None, ",", "."} or (point is not None and point == grouping):
        raise BuiltinError("the decimal separator is a comma or a point, and another than the grouping separator")
    plain = source.replace(grouping, "") if grouping else source
    if point == ",":
        plain = plain.replace(".", "x").replace(",", ".")
    return _decimal(plain)


@feel("string(from: Any?) -> string")
def string(source: Any) -> str | None:
    """Write any value as text; null stays null."""
    if source is None:
        return None
    return source if isinstance(source, str) else bounded_text(write(source))


def write(value: Any) -> str:
    """Write a value as FEEL would read it."""
    spend(1, "string")
    return _WRITERS[kind(value)](value)


def _write_context(value: Mapping[str, Any]) -> str:
    return "{" + ", ".join(f"{_write_key(key)}: {write(item)}" for key, item in value.items()) + "}"


def _write_key(key: str) -> str:
    return key if _KEY.fullmatch(key) else _write_string(key)


def _write_string(text: str) -> str:
    return '"' + "".join(_ESCAPED.get(sign, sign) for sign in text) + '"'


def _write_range(value: Range) -> str:
    low, high = ("null" if end is END_NULL or end is None else write(end) for end in (value.low, value.high))
    if value.op != "..":
        return f"({value.op} {low})"
    if value.low is None:
        return f"(<{'=' * value.high_closed} {high})"
    if value.high is None:
        return f"(>{'=' * value.low_closed} {low})"
    return f"{'[' if value.low_closed else '('}{low}..{high}{']' if value.high_closed else ')'}"


_WRITERS: Mapping[str, Callable[[Any], str]] = MappingProxyType(
    {
        "null": lambda _: "null",
        "boolean": lambda value: "true" if value else "false",
        "string": _write_string,
        "number": number_text,
        "date": write_date,
        "time": write_time,
        "date and time": lambda value: f"{write_date(value.date)}T{write_time(value.time)}",
        "years and months duration": write_duration,
        "days and time duration": write_duration,
        "list": lambda value: "[" + ", ".join(write(item) for item in value) + "]",
        "context": _write_context,
        "range": _write_range,
        "function": lambda value: f"function({', '.join(value.parameters)})",
        "foreign": lambda _: "null",
    }
)
