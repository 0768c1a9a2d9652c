"""Dates, times and durations of FEEL (DMN 1.5, 10.3.2.3): values and calendar arithmetic.

A date inside years 1 to 9999 is a `datetime.date`; one outside is a `FarDate`, up to 999,999,999 years either way
(the range of XML Schema that the standard asks for). Times keep nanoseconds but compare by whole seconds, as the
standard's value of a time does. Times and dates without a zone never compare with those that have one.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

MAX_YEAR = 999_999_999
NANOS = 1_000_000_000
DAY = 86_400 * NANOS
MAX_DURATION = (1 << 63) * NANOS  # about 292 thousand million years


class OutOfRangeError(ValueError):
    """The result lies outside the years or the durations that FEEL has."""


@dataclass(frozen=True, slots=True, order=True)
class FarDate:
    """A day of the proleptic Gregorian calendar before year 1 or after year 9999."""

    year: int
    month: int
    day: int


Date = date | FarDate


@dataclass(frozen=True, slots=True)
class Zone:
    """An offset from UTC in seconds, or a region of the IANA database: one of the two is null."""

    offset: int | None
    region: str | None = None

    def offset_at(self, seconds: int) -> int:
        """Return the offset in seconds at a local time given in seconds since 1970-01-01."""
        if self.offset is not None:
            return self.offset
        # Python knows the rules of regions for years 1 to 9999; outside, the Gregorian cycle of 400 years repeats.
        cycle = 146_097 * 86_400
        within = seconds if -(2**35) < seconds < 2**37 else seconds % cycle
        local = datetime(1970, 1, 1) + timedelta(seconds=within)  # noqa: DTZ001 a wall clock: the zone follows
        offset = _region(self.region or "UTC").utcoffset(local)
        return int(offset.total_seconds()) if offset is not None else 0


@lru_cache(maxsize=1024)
def _region(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@dataclass(frozen=True, slots=True)
class Time:
    """A time of day: nanoseconds since midnight, and a zone or null for local time."""

    nanos: int
    zone: Zone | None = None

    @property
    def seconds(self) -> int:
        """Whole seconds since local midnight."""
        return self.nanos // NANOS

    def value(self) -> int:
        """Return what times are compared by: seconds since midnight UTC (since local midnight without a zone)."""
        if self.zone is None:
            return self.seconds
        # A region has no offset without a day; the standard names none, so we take the day on which zones begin.
        return self.seconds - self.zone.offset_at(self.seconds)


@dataclass(frozen=True, slots=True)
class DateTime:
    """A date and time of day, with the zone of its time."""

    date: Date
    time: Time

    def value(self) -> int:
        """Return what these are compared by: seconds since 1970-01-01 UTC (local without a zone)."""
        local = day_number(self.date) * 86_400 + self.time.seconds
        return local - self.time.zone.offset_at(local) if self.time.zone else local

    def nanos(self) -> int:
        """Return nanoseconds since 1970-01-01 UTC (local without a zone)."""
        return self.value() * NANOS + self.time.nanos % NANOS


@dataclass(frozen=True, slots=True, order=True)
class YearsMonths:
    """A duration in months; `P1Y` equals `P12M`."""

    months: int

    def __post_init__(self) -> None:
        if abs(self.months) > 12 * 10 * MAX_YEAR:
            raise OutOfRangeError("a duration this long is out of range")


@dataclass(frozen=True, slots=True, order=True)
class DaysTime:
    """A duration in nanoseconds; `P1D` equals `PT24H`."""

    nanos: int

    def __post_init__(self) -> None:
        if abs(self.nanos) > MAX_DURATION:
            raise OutOfRangeError("a duration this long is out of range")


Duration = YearsMonths | DaysTime


def day_number(day: Date) -> int:
    """Count days from 1970-01-01, negative before."""
    if isinstance(day, date):
        return day.toordinal() - 719_163
    year = day.year - (day.month <= 2)
    era, of_era = divmod(year, 400)
    of_year = (153 * (day.month + (-3 if day.month > 2 else 9)) + 2) // 5 + day.day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468


def date_of(number: int) -> Date:
    """Return the date `number` days after 1970-01-01.

    Raises: OutOfRangeError beyond 999,999,999 years.
    """
    if -719_163 < number <= 2_932_896:
        return date.fromordinal(number + 719_163)
    era, day = divmod(number + 719_468, 146_097)
    of_era = (day - day // 1460 + day // 36_524 - day // 146_096) // 365
    of_year = day - (365 * of_era + of_era // 4 - of_era // 100)
    index = (5 * of_year + 2) // 153
    month = index + (3 if index < 10 else -9)
    return make_date(of_era + era * 400 + (month <= 2), month, of_year - (153 * index + 2) // 5 + 1)


def days_in_month(year: int, month: int) -> int:
    """Return the number of days of a month of the proleptic Gregorian calendar."""
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in {4, 6, 9, 11} else 31


def make_date(year: int, month: int, day: int) -> Date:
    """Return the date.

    Raises: OutOfRangeError when there is no such day or year.
    """
    if abs(year) > MAX_YEAR or not 1 <= month <= 12 or not 1 <= day <= days_in_month(year, month):
        message = f"there is no date {year}-{month:02}-{day:02}"
        raise OutOfRangeError(message)
    return date(year, month, day) if 1 <= year <= 9999 else FarDate(year, month, day)


def add_months(day: Date, months: int) -> Date:
    """Return the same day `months` later, or the last of that month where it is shorter (31 January + 1 month)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return make_date(year, month + 1, min(day.day, days_in_month(year, month + 1)))


def add_duration(moment: Date | Time | DateTime, duration: Duration, sign: int = 1) -> Date | Time | DateTime:
    """Return `moment` plus (`sign` -1: minus) a duration; a date plus hours counts from midnight and stays a date."""
    if isinstance(duration, YearsMonths):
        if isinstance(moment, DateTime):
            return DateTime(add_months(moment.date, sign * duration.months), moment.time)
        if isinstance(moment, Time):
            raise OutOfRangeError("months cannot be added to a time of day")
        return add_months(moment, sign * duration.months)
    nanos = sign * duration.nanos
    if isinstance(moment, Time):
        return Time((moment.nanos + nanos) % DAY, moment.zone)
    if isinstance(moment, DateTime):
        days, rest = divmod(moment.time.nanos + nanos, DAY)
        return DateTime(date_of(day_number(moment.date) + days), Time(rest, moment.time.zone))
    return date_of(day_number(moment) + nanos // DAY)


def at_midnight_utc(day: Date) -> DateTime:
    """Return the date and time that a date stands for where one is asked for (DMN 1.5, 10.3.2.3.5)."""
    return DateTime(day, Time(0, Zone(0)))


def months_between(first: Date, second: Date) -> int:
    """Count whole months from `first` to `second`, negative backwards; times of day do not count."""
    months = (second.year - first.year) * 12 + second.month - first.month
    if months > 0 and second.day < first.day:
        return months - 1
    if months < 0 and second.day > first.day:
        return months + 1
    return months


def from_datetime(moment: datetime) -> DateTime:
    """Return the FEEL value of a Python one; an aware one keeps its offset."""
    offset = moment.utcoffset()
    zone = None if offset is None else Zone(int(offset.total_seconds()))
    if moment.tzinfo is UTC:
        zone = Zone(0)
    nanos = ((moment.hour * 60 + moment.minute) * 60 + moment.second) * NANOS + moment.microsecond * 1000
    return DateTime(moment.date(), Time(nanos, zone))


def seconds_of(nanos: int) -> Decimal:
    """Return nanoseconds as decimal seconds, whole where they are."""
    whole, rest = divmod(nanos, NANOS)
    # Written out, since Decimal's operators round as the calling thread happens to be set.
    return Decimal(f"{whole}.{rest:09}".rstrip("0")) if rest else Decimal(whole)
