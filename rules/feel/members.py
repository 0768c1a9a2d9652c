"""The members of values that are no contexts (DMN 1.5, table 65): `date.year`, `duration.months`, `range.start`."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from rules.feel.builtins.temporal_parts import weekday
from rules.feel.temporal import DAY, NANOS, DateTime, DaysTime, Time, seconds_of
from rules.feel.types import (
    BOOLEAN,
    DATE,
    DATE_TIME,
    DT_DURATION,
    NUMBER,
    STRING,
    TIME,
    YM_DURATION,
    RangeType,
    Type,
)
from rules.feel.values import END_NULL, NUMBERS, kind

NO_MEMBER = object()
"""What `member` returns where the value has no such member."""

Getter = Callable[[Any], Any]


def _offset(moment: Time | DateTime) -> DaysTime | None:
    time = moment.time if isinstance(moment, DateTime) else moment
    if time.zone is None:
        return None
    plain = Time(time.nanos)
    seconds = DateTime(moment.date, plain).value() if isinstance(moment, DateTime) else plain.value()
    return DaysTime(time.zone.offset_at(seconds) * NANOS)


def _signed(size: int, sign_of: int) -> int:
    return -size if sign_of < 0 else size


_DATE: Mapping[str, Getter] = {
    "year": lambda day: day.year,
    "month": lambda day: day.month,
    "day": lambda day: day.day,
    "weekday": weekday,
}
_TIME: Mapping[str, Getter] = {
    "hour": lambda time: time.seconds // 3600,
    "minute": lambda time: time.seconds // 60 % 60,
    "second": lambda time: seconds_of(time.nanos % (60 * NANOS)),
    "time offset": _offset,
    "timezone": lambda time: time.zone.region if time.zone else None,
}
_MONTHS: Mapping[str, Getter] = {
    "years": lambda span: _signed(abs(span.months) // 12, span.months),
    "months": lambda span: _signed(abs(span.months) % 12, span.months),
}
_DAYS: Mapping[str, Getter] = {
    "days": lambda span: _signed(abs(span.nanos) // DAY, span.nanos),
    "hours": lambda span: _signed(abs(span.nanos) % DAY // (3600 * NANOS), span.nanos),
    "minutes": lambda span: _signed(abs(span.nanos) // (60 * NANOS) % 60, span.nanos),
    "seconds": lambda span: (
        NUMBERS.minus(seconds_of(abs(span.nanos) % (60 * NANOS)))
        if span.nanos < 0
        else seconds_of(span.nanos % (60 * NANOS))
    ),
}
_RANGE: Mapping[str, Getter] = {
    "start": lambda bounds: None if bounds.low is END_NULL else bounds.low,
    "end": lambda bounds: None if bounds.high is END_NULL else bounds.high,
    "start included": lambda bounds: bounds.low_closed,
    "end included": lambda bounds: bounds.high_closed,
}


def _of(half: str, getter: Getter) -> Getter:
    """Return a getter for the date, or the time, of a date and time."""
    return lambda moment: getter(getattr(moment, half))


_GETTERS: Mapping[str, Mapping[str, Getter]] = MappingProxyType(
    {
        "date": _DATE,
        "time": _TIME,
        "date and time": {
            **{name: _of("date", getter) for name, getter in _DATE.items()},
            **{name: _of("time", getter) for name, getter in _TIME.items()},
            "time offset": _offset,
        },
        "years and months duration": _MONTHS,
        "days and time duration": _DAYS,
        "range": _RANGE,
    }
)


def member(value: Any, name: str) -> Any:
    """Return the member `name` of a temporal value or range; NO_MEMBER where there is none."""
    getter = _GETTERS.get(kind(value), {}).get(name)
    return NO_MEMBER if getter is None else getter(value)


def member_types(declared: Type) -> Mapping[str, Type]:
    """Return the members of a type that is no context, with their types."""
    dates: dict[str, Type] = dict.fromkeys(_DATE, NUMBER)
    times: dict[str, Type] = {**dict.fromkeys(_TIME, NUMBER), "time offset": DT_DURATION, "timezone": STRING}
    if isinstance(declared, RangeType):
        ends: dict[str, Type] = {"start": declared.element, "end": declared.element}
        return {**ends, "start included": BOOLEAN, "end included": BOOLEAN}
    known: Mapping[Type, Mapping[str, Type]] = {
        DATE: dates,
        TIME: times,
        DATE_TIME: dates | times,
        YM_DURATION: dict.fromkeys(_MONTHS, NUMBER),
        DT_DURATION: dict.fromkeys(_DAYS, NUMBER),
    }
    return known.get(declared, {})
