"""Comparison and arithmetic of the reference evaluator, in the order of the standard's own tables.

Written apart from values.py and compile_arithmetic.py on purpose: values are compared here through one sortable
form (`_comparable`), and arithmetic is a chain of cases.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal, DecimalException
from typing import Any

from rules.feel.errors import problem
from rules.feel.limits import bounded_text, spend
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
from rules.feel.values import NUMBERS, Range

Moment = date | FarDate | DateTime | Time
Key = tuple[str, Any]


# A word for each type that has an order, and what Python orders rightly among all values of the same word.
_ORDERS: Mapping[type, Callable[[Any], Key]] = {
    Decimal: lambda value: ("number", value),
    int: lambda value: ("number", value),
    str: lambda value: ("string", value),
    date: lambda value: ("date", (value.year, value.month, value.day)),
    FarDate: lambda value: ("date", (value.year, value.month, value.day)),
    DateTime: lambda value: ("moment" if value.time.zone else "local moment", value.value()),
    Time: lambda value: ("time" if value.zone else "local time", value.value()),
    YearsMonths: lambda value: ("months", value.months),
    DaysTime: lambda value: ("nanoseconds", value.nanos),
}


def _comparable(value: Any) -> Key | None:
    """Return the word and the sortable form of a value; None where it has no order."""
    found = _ORDERS.get(type(value))
    return found(value) if found else None


def are_ordered(left: Any, right: Any) -> bool:
    """Tell whether two values have an order."""
    first, second = _comparable(left), _comparable(right)
    return first is not None and second is not None and first[0] == second[0]


def _same(left: Any, right: Any) -> bool | None:
    """Answer `left = right` for any two values."""
    if left is None or right is None:
        return left is None and right is None
    first, second = _comparable(left), _comparable(right)
    if first is not None or second is not None:
        return first == second if first is not None and second is not None and first[0] == second[0] else None
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right if isinstance(left, bool) and isinstance(right, bool) else None
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        spend(len(left), "comparing lists")
        return len(left) == len(right) and all(_same(one, other) is True for one, other in zip(left, right, strict=True))
    if isinstance(left, dict) and isinstance(right, dict):
        spend(len(left), "comparing contexts")
        return set(left) == set(right) and all(_same(left[key], right[key]) is True for key in left)
    if isinstance(left, Range) and isinstance(right, Range):
        shapes = [(bounds.op, bounds.low_closed, bounds.high_closed) for bounds in (left, right)]
        return shapes[0] == shapes[1] and _same([left.low, left.high], [right.low, right.high])
    return left is right if type(left) is type(right) else None


def relate(op: str, left: Any, right: Any, node: Node) -> bool | None:
    """Answer `left op right`; null where the two cannot be compared so."""
    first, second = _comparable(left), _comparable(right)
    if first is None or second is None or first[0] != second[0]:
        return _relate_unordered(op, left, right, node)
    return _ANSWERS[op](first[1], second[1])


_ANSWERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


def _relate_unordered(op: str, left: Any, right: Any, node: Node) -> bool | None:
    """Compare two values of which only equality, or nothing, can be asked."""
    if op not in ("=", "!="):
        if left is not None and right is not None:
            problem(node, "these values have no order")
        return None
    same = _same(left, right)
    if same is None:
        problem(node, "values of different types are never equal or unequal")
        return None
    return same if op == "=" else not same


def holds_in(value: Any, test: Any, node: Node) -> bool | None:
    """Answer `value in test` for an evaluated test."""
    if isinstance(test, Range):
        return _within(value, test, node)
    if isinstance(test, list | tuple):
        if isinstance(value, list | tuple):
            return True if _same(value, test) else _some_true([_same(value, item) for item in test])
        return _some_true([holds_in(value, item, node) for item in test])
    return _same(value, test)


def _some_true(answers: Sequence[bool | None]) -> bool | None:
    if True in answers:
        return True
    return None if None in answers else False


def _within(value: Any, bounds: Range, node: Node) -> bool | None:
    if bounds.op in ("=", "!="):
        same = _same(value, bounds.low)
        return same if same is None or bounds.op == "=" else not same
    answers = []
    if bounds.low is not None:
        answers.append(relate(">=" if bounds.low_closed else ">", value, bounds.low, node))
    if bounds.high is not None:
        answers.append(relate("<=" if bounds.high_closed else "<", value, bounds.high, node))
    if False in answers:
        return False
    return None if None in answers else True


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
    return NUMBERS.divide(left, right) if op == "/" else NUMBERS.power(left, right)


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
    if op == "/" and type(by) is type(span):
        if isinstance(span, YearsMonths):
            return NUMBERS.divide(span.months, by.months)
        return NUMBERS.divide(span.nanos, by.nanos)
    if not _is_number(by):
        return None
    calculate = NUMBERS.multiply if op == "*" else NUMBERS.divide
    if isinstance(span, YearsMonths):
        return YearsMonths(int(calculate(span.months, by)))
    seconds = calculate(NUMBERS.divide(span.nanos, 1_000_000_000), by)
    return DaysTime(int(NUMBERS.multiply(seconds, 1_000_000_000)))


