"""Reading and writing dates, times and durations (XML Schema forms, and the regions `@Asia/Shanghai` of FEEL)."""

import re
from decimal import Decimal
from functools import lru_cache
from zoneinfo import available_timezones

from rules.feel.limits import MAX_DURATION_DIGITS
from rules.feel.temporal import (
    DAY,
    NANOS,
    Date,
    DateTime,
    DaysTime,
    Duration,
    OutOfRangeError,
    Time,
    YearsMonths,
    Zone,
    date_of,
    day_number,
    make_date,
)
from rules.feel.values import NUMBERS

_DATE = re.compile(r"(-?(?:[1-9][0-9]{4,8}|[0-9]{4}))-([0-9]{2})-([0-9]{2})")
_TIME = re.compile(
    r"([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
    r"(?:(Z|[+-][0-9]{2}:[0-9]{2}(?::[0-9]{2})?)|@([A-Za-z0-9_+/-]+))?"
)
_MONTHS = re.compile(r"(-?)P(?:([0-9]+)Y)?(?:([0-9]+)M)?")
_DAYS = re.compile(r"(-?)P(?:([0-9]+)D)?(T(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+)(?:\.([0-9]*))?S)?)?")


@lru_cache(maxsize=4096)
def read_date(text: str) -> Date | None:
    """Return the date that `text` is, or null."""
    found = _DATE.fullmatch(text)
    if not found:
        return None
    try:
        return make_date(int(found[1]), int(found[2]), int(found[3]))
    except OutOfRangeError:
        return None


def _zone(offset: str | None, region: str | None) -> Zone | None:
    """Return the zone of a time.

    Raises: OutOfRangeError when there is no such zone.
    """
    if region is not None:
        if region not in available_timezones():
            message = f'there is no time zone "{region}"'
            raise OutOfRangeError(message)
        return Zone(None, region)
    if offset is None:
        return None
    if offset == "Z":
        return Zone(0)
    parts = [int(part) for part in offset[1:].split(":")]
    seconds = parts[0] * 3600 + parts[1] * 60 + (parts[2] if len(parts) == 3 else 0)
    if seconds > 18 * 3600 or max(parts[1:]) > 59:
        message = f"{offset} is not an offset between -18:00 and +18:00"
        raise OutOfRangeError(message)
    return Zone(-seconds if offset[0] == "-" else seconds)


def _time(text: str) -> tuple[Time, bool] | None:
    """Return the time, and whether it was 24:00:00 (the first instant of the next day)."""
    found = _TIME.fullmatch(text)
    if not found:
        return None
    hour, minute, second = int(found[1]), int(found[2]), int(found[3])
    fraction = int((found[4] or "").ljust(9, "0")[:9])
    midnight = (hour, minute, second, fraction) == (24, 0, 0, 0)
    if (hour > 23 and not midnight) or minute > 59 or second > 59:
        return None
    try:
        zone = _zone(found[5], found[6])
    except OutOfRangeError:
        return None
    return Time(((hour % 24 * 60 + minute) * 60 + second) * NANOS + fraction, zone), midnight


@lru_cache(maxsize=4096)
def read_time(text: str) -> Time | None:
    """Return the time of day that `text` is, or null."""
    found = _time(text)
    return found[0] if found else None


@lru_cache(maxsize=4096)
def read_date_time(text: str) -> DateTime | None:
    """Return the date and time that `text` is, or null."""
    day_text, _, time_text = text.partition("T")
    day, found = read_date(day_text), _time(time_text)
    if day is None or found is None:
        return None
    try:
        return DateTime(date_of(day_number(day) + 1) if found[1] else day, found[0])
    except OutOfRangeError:
        return None


@lru_cache(maxsize=4096)
def read_duration(text: str) -> Duration | None:
    """Return the duration that `text` is, or null; years and months never mix with days and times."""
    if len(text) > 8 * MAX_DURATION_DIGITS:
        return None
    found = _MONTHS.fullmatch(text)
    try:
        if found and (found[2] or found[3]):
            months = int(found[2] or 0) * 12 + int(found[3] or 0)
            return YearsMonths(-months if found[1] else months)
        found = _DAYS.fullmatch(text)
        if not found or found[3] == "T" or not (found[2] or found[3]):  # T stands before a time alone
            return None
        seconds = int(found[2] or 0) * 86_400 + int(found[4] or 0) * 3600 + int(found[5] or 0) * 60 + int(found[6] or 0)
        nanos = seconds * NANOS + int((found[7] or "").ljust(9, "0")[:9])
        return DaysTime(-nanos if found[1] else nanos)
    except OutOfRangeError:
        return None


def read_temporal(text: str) -> Date | Time | DateTime | Duration | None:
    """Return whatever `@"text"` means, or null."""
    return read_date(text) or read_date_time(text) or read_time(text) or read_duration(text)


def write_date(day: Date) -> str:
    """Write a date as XML Schema does."""
    sign = "-" if day.year < 0 else ""
    return f"{sign}{abs(day.year):04}-{day.month:02}-{day.day:02}"


def write_time(moment: Time) -> str:
    """Write a time with its offset or region."""
    seconds = moment.seconds
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{_fraction(moment.nanos % NANOS)}"
    if moment.zone is None:
        return text
    if moment.zone.offset is None:
        return f"{text}@{moment.zone.region}"
    return text + write_offset(moment.zone.offset)


def write_offset(offset: int) -> str:
    """Write an offset in seconds; zero is Z."""
    if offset == 0:
        return "Z"
    size = abs(offset)
    text = f"{'-' if offset < 0 else '+'}{size // 3600:02}:{size // 60 % 60:02}"
    return f"{text}:{size % 60:02}" if size % 60 else text


def write_duration(duration: Duration) -> str:
    """Write a duration in its shortest form: `P1Y2M`, `P1DT2H`, `P0M` and `PT0S` for nothing."""
    if isinstance(duration, YearsMonths):
        years, months = divmod(abs(duration.months), 12)
        parts = (f"{years}Y" if years else "") + (f"{months}M" if months else "")
        return ("-" if duration.months < 0 else "") + "P" + (parts or "0M")
    size = abs(duration.nanos)
    days, rest = divmod(size, DAY)
    hours, minutes, seconds = rest // (3600 * NANOS), rest // (60 * NANOS) % 60, rest // NANOS % 60
    times = f"{hours}H" if hours else ""
    times += f"{minutes}M" if minutes else ""
    times += f"{seconds}{_fraction(size % NANOS)}S" if seconds or size % NANOS else ""
    parts = (f"{days}D" if days else "") + (f"T{times}" if times else "")
    return ("-" if duration.nanos < 0 else "") + "P" + (parts or "T0S")


def _fraction(nanos: int) -> str:
    return f".{nanos:09}".rstrip("0") if nanos else ""


def number_text(number: Decimal | int) -> str:
    """Write a number without exponent and without trailing zeros where it is short enough, as FEEL's `string` does."""
    value = Decimal(number)
    if value == value.to_integral_value() and value.adjusted() < 40:
        return str(int(value))
    short = NUMBERS.normalize(value)
    text = format(short, "f") if abs(short.adjusted()) < 60 else ""
    return text if 0 < len(text) < 60 else str(short)
