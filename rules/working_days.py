"""Working days: Monday to Friday, without the holidays and with the made-up working days of each year's notice.

The State Council General Office publishes the holidays of a year, mostly in the November before (国务院办公厅关于…年部分
节假日安排的通知); `calendar/<year>.yaml` is one notice. A day of a year without a file is not known yet: the functions of
the rule language answer null and say why, `Calendar.after` marks its answer as provisional. Nothing is guessed silently.

The functions are not of the DMN standard; `working_day_functions(calendar)` brings them to a caller that wants them.

>>> calendar = read_calendar()
>>> calendar.is_working(date(2026, 2, 14)), calendar.is_working(date(2026, 2, 16)), calendar.is_working(date(2027, 1, 4))
(True, False, None)
>>> calendar.after(date(2026, 9, 30), 3)
Due(day=datetime.date(2026, 10, 10), provisional=False)
>>> calendar.after(date(2026, 12, 30), 3)
Due(day=datetime.date(2027, 1, 4), provisional=True)
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from rules.errors import Problem, RuleBookError
from rules.feel.builtins.registry import BuiltinError
from rules.feel.extensions import Library
from rules.feel.temporal import FarDate
from rules.yaml_source import read

FOLDER = Path(__file__).parent / "calendar"
MAX_DAYS = 4_000  # of one count: no time limit of any law is longer, and beyond it nothing is published anyway
_DAY = timedelta(days=1)
Known = TypeVar("Known", bool, date, int)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Notice(_Strict):
    """The notice that a year's calendar comes from."""

    title: str
    number: str
    issued_on: date


class Holiday(_Strict):
    """One holiday of a notice: the days off, first and last included, and the weekend days worked for it."""

    name: Mapping[str, str]
    from_: date = Field(alias="from")
    to: date
    works: tuple[date, ...]

    @model_validator(mode="after")
    def _is_ordered(self) -> "Holiday":
        if self.to < self.from_:
            raise ValueError(f"ends on {self.to}, before it begins on {self.from_}")
        for day in self.works:
            if day.isoweekday() < 6:
                raise ValueError(f"{day} is no Saturday or Sunday: it is a working day anyway")
        return self

    def days(self) -> Iterator[date]:
        """Yield every day off."""
        for count in range((self.to - self.from_).days + 1):
            yield self.from_ + count * _DAY


class Year(_Strict):
    """The calendar of one year, as its notice has it."""

    year: int
    notice: Notice
    holidays: tuple[Holiday, ...]

    @model_validator(mode="after")
    def _is_consistent(self) -> "Year":
        seen: set[date] = set()
        for holiday in self.holidays:
            for day in (*holiday.days(), *holiday.works):
                if day.year != self.year:
                    raise ValueError(f"{day} does not lie in {self.year}")
                if day in seen:
                    raise ValueError(f"{day} stands twice")
                seen.add(day)
        return self


@dataclass(frozen=True, slots=True)
class Due:
    """The day a count ends on; provisional where a year on the way has no published calendar yet."""

    day: date
    provisional: bool


@dataclass(frozen=True, slots=True)
class Calendar:
    """All published years; `source` is their content, for the digest of a rule book."""

    years: Mapping[int, Year]
    source: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    _off: frozenset[date] = field(default=frozenset(), repr=False, compare=False)
    _on: frozenset[date] = field(default=frozenset(), repr=False, compare=False)

    def is_working(self, day: date) -> bool | None:
        """Tell whether a day is a working day; null where its year is not published yet."""
        return self._plain(day) if day.year in self.years else None

    def _plain(self, day: date) -> bool:
        return day in self._on or (day.isoweekday() < 6 and day not in self._off)

    def after(self, start: date, days: int) -> Due:
        """Return the day that is `days` working days after `start` (before it, where negative); 0 is `start` itself.

        Days of years without a calendar count as they fall in the week, and make the answer provisional.

        Raises: ValueError for a count beyond MAX_DAYS, or a day beyond the years 1 to 9999.
        """
        if abs(days) > MAX_DAYS:
            raise ValueError(f"{days} working days are more than {MAX_DAYS:,}")
        step, left, day = (_DAY if days > 0 else -_DAY), abs(days), start
        provisional = False
        while left:
            try:
                day += step
            except OverflowError:
                raise ValueError("the count leaves the years 1 to 9999") from None
            provisional = provisional or day.year not in self.years
            left -= self._plain(day)
        return Due(day, provisional)

    def between(self, start: date, end: date) -> int | None:
        """Count the working days after `start` up to and including `end`; negative where `end` is earlier.

        `between(a, after(a, n).day)` is n. Null where a day on the way is not published yet.
        """
        # As `after` goes: the day that is left does not count, the day that is reached does.
        first, size = (start + _DAY, end - start) if start < end else (end, start - end)
        days = [first + number * _DAY for number in range(size.days)]
        if any(day.year not in self.years for day in days):
            return None
        count = sum(map(self._plain, days))
        return count if start < end else -count

    def on_or_after(self, day: date) -> Due:
        """Return the day itself where it is a working day, else the next one (民法典 203: a period never ends on a holiday)."""
        provisional = day.year not in self.years
        while not self._plain(day):
            day += _DAY
            provisional = provisional or day.year not in self.years
        return Due(day, provisional)


def read_calendar(folder: Path = FOLDER) -> Calendar:
    """Read every year of a folder.

    Raises: RuleBookError with file, line and column of every problem.
    """
    problems: list[Problem] = []
    years: dict[int, Year] = {}
    content: dict[str, Any] = {}
    for path in sorted(folder.glob("*.yaml")):
        try:
            source = read(path, f"{folder.name}/{path.name}")
            year = Year.model_validate(source.value)
        except ValidationError as error:
            problems += [source.problem(tuple(fault["loc"]), fault["msg"]) for fault in error.errors()]
            continue
        except RuleBookError as error:
            problems += error.problems
            continue
        if path.stem != str(year.year):
            problems.append(source.problem(("year",), f"the file is named {path.stem}, and its year is {year.year}"))
        years[year.year] = year
        content[path.stem] = source.value
    if problems:
        raise RuleBookError(problems)
    off = frozenset(day for year in years.values() for holiday in year.holidays for day in holiday.days())
    worked = frozenset(day for year in years.values() for holiday in year.holidays for day in holiday.works)
    return Calendar(years, content, off, worked)


def working_day_functions(calendar: Calendar) -> Library:
    """Return the functions of the rule language over a calendar: null, with the reason, beyond what is published."""
    library = Library()

    @library.add("is working day(date: date) -> boolean")
    def is_working_day(day: date | FarDate) -> bool:
        return _known(calendar.is_working(_near(day)), day, calendar)

    @library.add("add working days(date: date, days: number) -> date")
    def add_working_days(day: date | FarDate, days: Decimal) -> date:
        count = int(days) if abs(days) <= MAX_DAYS else None
        if count is None or count != days:
            raise BuiltinError(f"days must be a whole number of at most {MAX_DAYS:,}")
        due = calendar.after(_near(day), count)
        return _known(None if due.provisional else due.day, due.day, calendar)

    @library.add("working day on or after(date: date) -> date")
    def working_day_on_or_after(day: date | FarDate) -> date:
        due = calendar.on_or_after(_near(day))
        return _known(None if due.provisional else due.day, due.day, calendar)

    @library.add("working days between(from: date, to: date) -> number")
    def working_days_between(first: date | FarDate, last: date | FarDate) -> int:
        start, end = _near(first), _near(last)
        if abs((end - start).days) > 2 * MAX_DAYS:
            raise BuiltinError(f"the dates lie more than {2 * MAX_DAYS:,} days apart")
        return _known(calendar.between(start, end), max(start, end), calendar)

    return library


def _near(day: date | FarDate) -> date:
    if isinstance(day, FarDate):
        raise BuiltinError(f"no working days are published for the year {day.year}")
    return day


def _known(found: Known | None, day: date | FarDate, calendar: Calendar) -> Known:
    if found is None:
        held = f"for {min(calendar.years)} to {max(calendar.years)}" if calendar.years else "for no year"
        raise BuiltinError(f"{day} is not known yet: working days are published {held}")
    return found


NOTHING_PUBLISHED = Calendar({})  # of a book without notices: every day is unknown
_DECLARED = working_day_functions(NOTHING_PUBLISHED)
NAMES = _DECLARED.names  # what `parse` must know
TYPES = _DECLARED.types  # what `infer` must know
