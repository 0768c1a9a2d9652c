"""Compiled arithmetic (DMN 1.5, tables 55 to 59): a table from the kinds of both operands to the operation."""

from collections.abc import Callable, Mapping
from decimal import Decimal, DecimalException
from typing import Any

from rules.feel import tree as t
from rules.feel.compiler import Compiler, Run
from rules.feel.errors import problem
from rules.feel.limits import CURVE_STEPS, bounded_text, spend
from rules.feel.temporal import (
    NANOS,
    DateTime,
    DaysTime,
    OutOfRangeError,
    YearsMonths,
    add_duration,
    at_midnight_utc,
    day_number,
)
from rules.feel.values import NUMBERS, kind, zoned

Operation = Callable[[Any, Any], Any]
YM, DT = "years and months duration", "days and time duration"
MOMENTS = ("date", "date and time", "time")


class _Unfit(Exception):  # noqa: N818 never leaves this module: the operands have no result
    pass


def _scaled(duration: Any, factor: Decimal, by: Operation) -> Any:
    """Multiply or divide a duration, dropping what is less than its unit."""
    if isinstance(duration, YearsMonths):
        return YearsMonths(int(by(duration.months, factor)))
    # Seconds carry nanoseconds as decimals, so that 34 digits are enough for any duration.
    return DaysTime(int(by(Decimal(duration.nanos).scaleb(-9, NUMBERS), factor).scaleb(9, NUMBERS)))


def _minus_moments(left: Any, right: Any) -> DaysTime:
    """Subtract dates and times; a date beside a date and time is its midnight in UTC."""
    if isinstance(left, DateTime) or isinstance(right, DateTime):
        left = left if isinstance(left, DateTime) else at_midnight_utc(left)
        right = right if isinstance(right, DateTime) else at_midnight_utc(right)
        if zoned(left) != zoned(right):
            raise _Unfit
        return DaysTime(left.nanos() - right.nanos())
    return DaysTime((day_number(left) - day_number(right)) * 86_400 * NANOS)


def _minus_times(left: Any, right: Any) -> DaysTime:
    if zoned(left) != zoned(right):
        raise _Unfit
    return DaysTime((left.value() - right.value()) * NANOS + left.nanos % NANOS - right.nanos % NANOS)


_PLUS: dict[tuple[str, str], Operation] = {
    ("number", "number"): NUMBERS.add,
    ("string", "string"): lambda left, right: bounded_text(left + right),
    (YM, YM): lambda left, right: YearsMonths(left.months + right.months),
    (DT, DT): lambda left, right: DaysTime(left.nanos + right.nanos),
}
_MINUS: dict[tuple[str, str], Operation] = {
    ("number", "number"): NUMBERS.subtract,
    (YM, YM): lambda left, right: YearsMonths(left.months - right.months),
    (DT, DT): lambda left, right: DaysTime(left.nanos - right.nanos),
    ("time", "time"): _minus_times,
    ("date", "date"): _minus_moments,
    ("date", "date and time"): _minus_moments,
    ("date and time", "date"): _minus_moments,
    ("date and time", "date and time"): _minus_moments,
}
for _moment in MOMENTS:
    for _span in (YM, DT):
        if (_moment, _span) != ("time", YM):
            _PLUS[_moment, _span] = add_duration
            _PLUS[_span, _moment] = lambda left, right: add_duration(right, left)
            _MINUS[_moment, _span] = lambda left, right: add_duration(left, right, -1)


def _power(base: Any, exponent: Any) -> Decimal:
    spend(CURVE_STEPS, "a power")
    return NUMBERS.power(base, exponent)


_TABLES: Mapping[str, Mapping[tuple[str, str], Operation]] = {
    "+": _PLUS,
    "-": _MINUS,
    "*": {
        ("number", "number"): NUMBERS.multiply,
        **{(span, "number"): lambda left, right: _scaled(left, right, NUMBERS.multiply) for span in (YM, DT)},
        **{("number", span): lambda left, right: _scaled(right, left, NUMBERS.multiply) for span in (YM, DT)},
    },
    "/": {
        ("number", "number"): NUMBERS.divide,
        **{(span, "number"): lambda left, right: _scaled(left, right, NUMBERS.divide) for span in (YM, DT)},
        (YM, YM): lambda left, right: NUMBERS.divide(left.months, right.months),
        (DT, DT): lambda left, right: NUMBERS.divide(left.nanos, right.nanos),
    },
    "**": {("number", "number"): _power},
}


def compile_arithmetic(node: t.Arithmetic, compile_: Compiler) -> Run:
    """Compile arithmetic; null where the kinds have no such operation, or the result is out of range."""
    left, right, op = compile_(node.left), compile_(node.right), node.op
    table = _TABLES[op]
    plain = table["number", "number"]

    def run(scope: Mapping[str, Any]) -> Any:
        first, second = left(scope), right(scope)
        try:
            if type(first) is Decimal and type(second) is Decimal:
                return plain(first, second)
            if first is None or second is None:
                return problem(node, f"an operand of {op} is null")
            operation = table.get((kind(first), kind(second)))
            if operation is None:
                return problem(node, f"there is no {kind(first)} {op} {kind(second)}")
            return operation(first, second)
        except _Unfit:
            return problem(node, "one of the two has a time zone and the other has none")
        except (DecimalException, OutOfRangeError) as error:
            return problem(node, f"{op} has no result here ({type(error).__name__})")

    return run


def compile_negate(node: t.Negate, compile_: Compiler) -> Run:
    """Compile `-x` for numbers and durations."""
    operand = compile_(node.operand)

    def run(scope: Mapping[str, Any]) -> Any:
        value = operand(scope)
        name = kind(value)
        if name == "number":
            return NUMBERS.minus(value)
        if name == YM:
            return YearsMonths(-value.months)
        if name == DT:
            return DaysTime(-value.nanos)
        return problem(node, f"a {name} has no negative")

    return run
