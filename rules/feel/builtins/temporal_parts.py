"""Calendar functions (DMN 1.5, table 79), and the two that ask for the clock, which are refused."""

from typing import NoReturn

from rules.feel.builtins.registry import BuiltinError, feel
from rules.feel.temporal import Date, DateTime, day_number, make_date

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def _day(moment: Date | DateTime) -> Date:
    return moment.date if isinstance(moment, DateTime) else moment


def weekday(day: Date) -> int:
    """Return 1 for Monday to 7 for Sunday."""
    return (day_number(day) + 3) % 7 + 1


@feel("day of year(date: date | date and time) -> number")
def day_of_year(moment: Date | DateTime) -> int:
    """Count from 1 on 1 January."""
    day = _day(moment)
    return day_number(day) - day_number(make_date(day.year, 1, 1)) + 1


@feel("day of week(date: date | date and time) -> string")
def day_of_week(moment: Date | DateTime) -> str:
    """Name the day of the week in English."""
    return WEEKDAYS[weekday(_day(moment)) - 1]


@feel("month of year(date: date | date and time) -> string")
def month_of_year(moment: Date | DateTime) -> str:
    """Name the month in English."""
    return MONTHS[_day(moment).month - 1]


@feel("week of year(date: date | date and time) -> number")
def week_of_year(moment: Date | DateTime) -> int:
    """Return the week of ISO 8601: the first is the one with the year's first Thursday."""
    thursday = day_number(_day(moment)) - weekday(_day(moment)) + 4
    year = _day(moment).year
    while thursday < day_number(make_date(year, 1, 1)):
        year -= 1
    while thursday >= day_number(make_date(year + 1, 1, 1)):
        year += 1
    return (thursday - day_number(make_date(year, 1, 1))) // 7 + 1


@feel("now() -> date and time")
def now() -> NoReturn:
    """Refuse: the moment of a decision is an input of it."""
    raise BuiltinError("ask for the moment of the decision as an input, so that it can be replayed")


@feel("today() -> date")
def today() -> NoReturn:
    """Refuse: the day of a decision is an input of it."""
    raise BuiltinError("ask for the day of the decision as an input, so that it can be replayed")
