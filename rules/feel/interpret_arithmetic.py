"""Arithmetic of the reference evaluator (DMN 1.5, tables 55 to 59), as a chain of cases in the standard's order.

Written apart from compile_arithmetic.py on purpose.
"""

from datetime import date
from decimal import Decimal, DecimalException
from typing import Any

from rules.feel.errors import problem
from rules.feel.limits import CURVE_STEPS, bounded_text, spend
from rules.feel.temporal import (
    DateTime,
    DaysTime,
    FarDate,
    OutOfRangeError,
    Time,
    YearsMonths,
    Zone,
    add_duration,
)
from rules.feel.tree import Node
from rules.feel.values import NUMBERS

Moment = date | FarDate | DateTime | Time


def negative(value: Any, node: Node) -> Any:
    """Answer `-value`."""
    if isinstance(value, YearsMonths):
        return YearsMonths(-value.months)
    if isinstance(value, DaysTime):
        return DaysTime(-value.nanos)
    if _is_number(value):
        return NUMBERS.minus(value)
    return problem(node, "only numbers and durations have a negative")


def _is_number(value: Any) -> bool:
    return isinstance(value, Decimal | int) and not isinstance(value, bool)


def apply(op: str, left: Any, right: Any, node: Node) -> Any:
    """Answer `left op right` for arithmetic; null where there is no such operation."""
    try:
        if _is_number(left) and _is_number(right):
            return _numbers(op, left, right)
        found = _others(op, left, right)
    except (DecimalException, OutOfRangeError):
        return problem(node, "the result is out of range")
    return problem(node, f"{op} does not join these values") if found is None else found


def _numbers(op: str, left: Any, right: Any) -> Any:
    if op == "+":
        return NUMBERS.add(left, right)
    if op == "-":
        return NUMBERS.subtract(left, right)
    if op == "*":
        return NUMBERS.multiply(left, right)
    if op == "/":
        return NUMBERS.divide(left, right)
    spend(CURVE_STEPS, "raising to a power")
    return NUMBERS.power(left, right)


def _others(op: str, left: Any, right: Any) -> Any:
    """Operate on strings, durations and moments; None where these have no such operation."""
    if op == "+":
        return _sum(left, right)
    if op == "-":
        return _difference(left, right)
    if op == "*" and _is_number(left):
        left, right = right, left
    if op in ("*", "/") and isinstance(left, YearsMonths | DaysTime):
        return _scale(op, left, right)
    return None


def _sum(left: Any, right: Any) -> Any:
    if isinstance(left, str) and isinstance(right, str):
        return bounded_text(left + right)
    if isinstance(left, YearsMonths) and isinstance(right, YearsMonths):
        return YearsMonths(left.months + right.months)
    if isinstance(left, DaysTime) and isinstance(right, DaysTime):
        return DaysTime(left.nanos + right.nanos)
    if isinstance(left, YearsMonths | DaysTime):
        left, right = right, left
    if isinstance(left, Moment) and isinstance(right, YearsMonths | DaysTime):
        return add_duration(left, right)
    return None


def _difference(left: Any, right: Any) -> Any:
    if isinstance(left, YearsMonths) and isinstance(right, YearsMonths):
        return YearsMonths(left.months - right.months)
    if isinstance(left, DaysTime) and isinstance(right, DaysTime):
        return DaysTime(left.nanos - right.nanos)
    if isinstance(left, Moment) and isinstance(right, YearsMonths | DaysTime):
        return add_duration(left, right, -1)
    if isinstance(left, Time) != isinstance(right, Time):
        return None
    if isinstance(left, Moment) and isinstance(right, Moment):
        return _apart(left, right)
    return None


def _apart(left: Moment, right: Moment) -> DaysTime | None:
    """Return the time between two moments; a date beside a date and time is its midnight in UTC."""
    days_only = not isinstance(left, DateTime | Time) and not isinstance(right, DateTime | Time)
    instants = []
    for moment in (left, right):
        timed = moment
        if isinstance(timed, date | FarDate):
            timed = DateTime(timed, Time(0, None if days_only else Zone(0)))
        zone = timed.zone if isinstance(timed, Time) else timed.time.zone
        fraction = (timed.nanos if isinstance(timed, Time) else timed.time.nanos) % 1_000_000_000
        instants.append((zone is None, timed.value() * 1_000_000_000 + fraction))
    if instants[0][0] != instants[1][0]:
        return None
    return DaysTime(instants[0][1] - instants[1][1])


def _scale(op: str, span: YearsMonths | DaysTime, by: Any) -> Any:
    """Multiply or divide a duration by a number, or divide it by another of its kind."""
    size = span.months if isinstance(span, YearsMonths) else span.nanos
    if op == "/" and isinstance(by, YearsMonths | DaysTime) and type(by) is type(span):
        return NUMBERS.divide(size, by.months if isinstance(by, YearsMonths) else by.nanos)
    if not _is_number(by):
        return None
    calculate = NUMBERS.multiply if op == "*" else NUMBERS.divide
    if isinstance(span, YearsMonths):
        return YearsMonths(int(calculate(size, by)))
    seconds = calculate(NUMBERS.divide(size, 1_000_000_000), by)
    return DaysTime(int(NUMBERS.multiply(seconds, 1_000_000_000)))
