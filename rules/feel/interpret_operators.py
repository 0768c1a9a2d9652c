"""Comparison in the reference evaluator (DMN 1.5, tables 49 to 54).

Written apart from values.py and compile_logic.py on purpose: values are compared here through one sortable form.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from rules.feel.errors import problem
from rules.feel.limits import charge, spend
from rules.feel.temporal import (
    DateTime,
    DaysTime,
    FarDate,
    Time,
    YearsMonths,
)
from rules.feel.tree import Node
from rules.feel.values import END_NULL, Function, Range

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
    """Answer `left = right` for any two values; null where their types differ and neither is null."""
    if left is None or right is None:
        return left is None and right is None
    first, second = _comparable(left), _comparable(right)
    if first is not None and second is not None:
        return bool(first[1] == second[1]) if first[0] == second[0] else None
    answer = _SAMES.get((type(left), type(right)))
    return answer(left, right) if answer else None


def _same_lists(left: Sequence[Any], right: Sequence[Any]) -> bool:
    spend(len(left), "comparing lists")
    if len(left) != len(right):
        return False
    return all(_same(one, other) is True for one, other in zip(left, right, strict=True))


def _same_contexts(left: dict[str, Any], right: dict[str, Any]) -> bool:
    spend(len(left), "comparing contexts")
    return set(left) == set(right) and all(_same(left[key], right[key]) is True for key in left)


def _same_ranges(left: Range, right: Range) -> bool:
    shapes = [(bounds.op, bounds.low_closed, bounds.high_closed) for bounds in (left, right)]
    return shapes[0] == shapes[1] and _same_lists([left.low, left.high], [right.low, right.high])


def _identical(left: Any, right: Any) -> bool:
    return left is right


_SAMES: Mapping[tuple[type, type], Callable[[Any, Any], bool]] = {
    **{(one, other): _same_lists for one in (list, tuple) for other in (list, tuple)},
    (bool, bool): _identical,
    (dict, dict): _same_contexts,
    (Range, Range): _same_ranges,
    (Function, Function): _identical,
    (type(END_NULL), type(END_NULL)): _identical,
}


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
        charge((test,), "a list of tests")
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
