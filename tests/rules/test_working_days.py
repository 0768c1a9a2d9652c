"""Working days: our calendar against the week, against an outside library, and through the rule language."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import chinese_calendar
import pytest

from rules.errors import RuleBookError
from rules.feel import FeelTypeError, collecting, compile_node, infer, interpret, parse
from rules.feel.builtins import REGISTRY
from rules.working_days import MAX_DAYS, Due, read_calendar, working_day_functions

CALENDAR = read_calendar()
LIBRARY = working_day_functions(CALENDAR)


def both(source: str) -> Any:
    node = parse(source, LIBRARY.names)
    infer(node, LIBRARY.types)
    compiled, interpreted = compile_node(node)(LIBRARY.functions), interpret(node, LIBRARY.functions)
    assert compiled == interpreted
    return compiled


def test_every_published_day_agrees_with_an_outside_library() -> None:
    day = date(min(CALENDAR.years), 1, 1)
    while day.year in CALENDAR.years:
        assert CALENDAR.is_working(day) == chinese_calendar.is_workday(day), day
        day += timedelta(days=1)
    assert day.year == 2027


def test_every_year_names_its_notice() -> None:
    for number, year in CALENDAR.years.items():
        assert year.notice.title == f"国务院办公厅关于{number}年部分节假日安排的通知"
        assert year.notice.issued_on.year == number - 1
        assert len(year.holidays) >= 6


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        ("2026-02-13", 1, "2026-02-14"),  # a Saturday that is worked
        ("2026-02-14", 1, "2026-02-24"),  # over Spring Festival
        ("2026-02-24", -1, "2026-02-14"),
        ("2026-09-30", 3, "2026-10-10"),
        ("2025-12-31", 1, "2026-01-04"),
        ("2026-11-20", 0, "2026-11-20"),
    ],
)
def test_counting_from_a_day(start: str, days: int, due: str) -> None:
    first, last = date.fromisoformat(start), date.fromisoformat(due)
    assert CALENDAR.after(first, days) == Due(last, provisional=False)
    assert CALENDAR.between(first, last) == days
    assert both(f'add working days(date("{start}"), {days})') == last
    assert both(f'working days between(date("{start}"), date("{due}"))') == days


def test_between_is_the_inverse_of_after() -> None:
    for start in (date(2024, 2, 8), date(2025, 10, 1), date(2026, 5, 2)):
        for count in range(-20, 40):
            assert CALENDAR.between(start, CALENDAR.after(start, count).day) == count


def test_a_period_never_ends_on_a_holiday() -> None:
    assert CALENDAR.on_or_after(date(2026, 10, 1)) == Due(date(2026, 10, 8), provisional=False)
    assert both('working day on or after(date("2026-10-01"))') == date(2026, 10, 8)
    assert both('working day on or after(date("2026-09-20"))') == date(2026, 9, 20)


BEYOND = [
    'is working day(date("2027-01-04"))',
    'add working days(date("2026-12-30"), 3)',
    'working days between(date("2026-12-30"), date("2027-01-04"))',
    'working day on or after(date("2027-05-01"))',
    'is working day(date("2023-12-29"))',
    'is working day(date("12027-01-04"))',
    'working days between(date("0001-01-01"), date("9999-12-31"))',
    'add working days(date("2026-12-30"), 1000000)',
    'add working days(date("2026-12-30"), 0.5)',
    'add working days(date("9999-12-30"), 30)',
    'add working days(date("2026-12-30"), 1e6000)',
]


@pytest.mark.parametrize("source", BEYOND)
def test_beyond_the_published_calendar_is_null_and_told(source: str) -> None:
    with collecting() as found:
        assert both(source) is None
    assert len(found) == 2
    assert all(problem.message for problem in found)


def test_beyond_the_published_calendar_python_gets_a_provisional_day() -> None:
    assert CALENDAR.after(date(2026, 12, 30), 3).provisional
    assert not CALENDAR.after(date(2026, 12, 28), 3).provisional
    assert CALENDAR.is_working(date(2027, 1, 4)) is None
    assert CALENDAR.between(date(2026, 12, 30), date(2027, 1, 4)) is None
    with pytest.raises(ValueError, match="more than"):
        CALENDAR.after(date(2026, 12, 30), MAX_DAYS + 1)
    with pytest.raises(ValueError, match="leaves the years"):
        CALENDAR.after(date(9999, 12, 30), 30)


@pytest.mark.parametrize(
    "source",
    [
        'is working day("2026-01-01")',
        "add working days(1, 2)",
        'add working days(date("2026-01-01"))',
        "is workng day(x)",
    ],
)
def test_wrong_calls_are_refused(source: str) -> None:
    with pytest.raises(FeelTypeError):
        infer(parse(source, LIBRARY.names), LIBRARY.types)


def test_the_functions_are_not_part_of_the_standard_language() -> None:
    assert not LIBRARY.names & set(REGISTRY)
    with pytest.raises(FeelTypeError):
        infer(parse('is working day(date("2026-01-01"))'), {})


GOOD = (Path(__file__).parents[2] / "rules" / "calendar" / "2026.yaml").read_text("utf-8")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("works: [2026-01-04]", "works: [2026-01-05]", "2026-01-05 is no Saturday or Sunday"),
        ("to: 2026-10-07", "to: 2026-09-07", "ends on 2026-09-07, before it begins"),
        ("works: [2026-05-09]", "works: [2026-01-04]", "2026-01-04 stands twice"),
        ("works: [2026-05-09]", "works: [2027-01-02]", "2027-01-02 does not lie in 2026"),
        ("year: 2026", "year: 2025", "does not lie in 2025"),
        ("number:", "nmuber:", "Field required"),
        ("year: 2026", "year: 2026\nyear: 2026", "stands here twice"),
    ],
)
def test_a_faulty_year_is_refused_with_its_place(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in GOOD
    (tmp_path / "2026.yaml").write_text(GOOD.replace(old, new, 1), "utf-8")
    with pytest.raises(RuleBookError) as raised:
        read_calendar(tmp_path)
    assert says in str(raised.value)
    assert "2026.yaml:" in str(raised.value)


def test_only_the_second_year_is_bad(tmp_path: Path) -> None:
    (tmp_path / "2025.yaml").write_text(GOOD.replace("2026", "2025"), "utf-8")
    (tmp_path / "2026.yaml").write_text(GOOD, "utf-8")
    with pytest.raises(RuleBookError) as raised:
        read_calendar(tmp_path)
    assert {problem.file.rsplit("/", 1)[-1] for problem in raised.value.problems} == {"2025.yaml"}


def test_a_file_is_named_after_its_year(tmp_path: Path) -> None:
    (tmp_path / "2031.yaml").write_text(GOOD, "utf-8")
    with pytest.raises(RuleBookError, match="named 2031"):
        read_calendar(tmp_path)
