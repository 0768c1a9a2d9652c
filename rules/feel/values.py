"""What FEEL values are in Python, and the two relations between them that the built-in functions need.

| FEEL | Python |
|---|---|
| number | `Decimal` (34 digits) or `int`; never `float` |
| string, boolean, null | `str`, `bool`, `None` |
| date | `datetime.date`, or `FarDate` outside years 1 to 9999 |
| time, date and time | `Time`, `DateTime` |
| durations | `YearsMonths`, `DaysTime` |
| list | `list` or `tuple` |
| context | `dict` with string keys |
| range, function | `Range`, `Function` |
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from types import MappingProxyType
from typing import Any

from rules.feel.limits import spend
from rules.feel.temporal import DateTime, DaysTime, FarDate, Time, YearsMonths, day_number, from_datetime

NUMBERS = Context(
    prec=34,
    rounding=ROUND_HALF_EVEN,
    Emin=-6143,
    Emax=6144,
    capitals=1,
    clamp=0,
    flags=[],
    traps=[InvalidOperation, DivisionByZero, Overflow],
)
"""IEEE 754 decimal128, which the standard prescribes; every number an expression makes goes through it."""


@dataclass(frozen=True, slots=True)
class Range:
    """The values between two ends; null for an end that a unary test left open, `END_NULL` where the author wrote null.

    `op` is "=" or "!=" for the tests `(= x)` and `(!= x)`, which are no ranges but stand where ranges may.
    """

    low: Any
    high: Any
    low_closed: bool
    high_closed: bool
    op: str = ".."


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function as a value: one that the expression defines, or a built-in by its name."""

    parameters: tuple[str, ...]
    types: tuple[Any, ...]
    call: Callable[[Sequence[Any]], Any]
    name: str = ""
    result: Callable[[], Any] | None = None
    """Works out the type of the result, which is asked for by `instance of` alone; None where nobody can tell."""


KINDS: Mapping[type, str] = MappingProxyType(
    {
        type(None): "null",
        bool: "boolean",
        str: "string",
        Decimal: "number",
        int: "number",
        date: "date",
        FarDate: "date",
        Time: "time",
        DateTime: "date and time",
        YearsMonths: "years and months duration",
        DaysTime: "days and time duration",
        list: "list",
        tuple: "list",
        dict: "context",
        Range: "range",
        Function: "function",
    }
)
ORDERED = frozenset(
    {"number", "string", "date", "time", "date and time", "years and months duration", "days and time duration"}
)

PLAIN = frozenset({str, Decimal, int, date, YearsMonths, DaysTime})
"""The types that Python orders and compares as FEEL does, when both sides are of one of them."""


def small_whole(number: Decimal | int) -> int | None:
    """Return a number as an int where it is whole and below 10**18 in size; null elsewhere.

    Positions, scales and dates go through it: the text of an int with thousands of digits is an error in Python.
    """
    if not -(10**18) < number < 10**18:
        return None
    whole = int(number)
    same: bool = whole == number
    return whole if same else None


def kind(value: Any) -> str:
    """Name the kind of a value in FEEL's words; "foreign" for what is no FEEL value, such as a float."""
    return KINDS.get(type(value), "foreign")


def rank(value: Any) -> Any:
    """Return a Python value of which <, = and > order the values of one kind as FEEL does."""
    if isinstance(value, Time | DateTime):
        return value.value()
    if isinstance(value, FarDate):
        return day_number(value)
    return value


def zoned(value: Any) -> bool:
    """Tell whether a time, or a date and time, has a zone."""
    moment = value.time if isinstance(value, DateTime) else value
    return isinstance(moment, Time) and moment.zone is not None


def order(left: Any, right: Any) -> int | None:
    """Return -1, 0 or 1 as `left` is less than, equal to or greater than `right`; null where they have no order."""
    name = kind(left)
    if name != kind(right) or name not in ORDERED:
        return None
    if name in {"time", "date and time"} and zoned(left) != zoned(right):
        return None
    first, second = rank(left), rank(right)
    if type(first) is not type(second) and name == "date":
        first, second = day_number(left), day_number(right)
    return int(first > second) - int(first < second)


def equal(left: Any, right: Any) -> bool | None:
    """Tell whether two values are the same; null where their kinds differ and neither is null."""
    found_type = type(left)
    if found_type is type(right) and found_type in PLAIN:
        return bool(left == right)
    if left is None or right is None:
        return left is right
    name = kind(left)
    if name != kind(right) or name == "foreign":
        return None
    if name in ORDERED:
        found = order(left, right)
        return None if found is None else found == 0
    return _PARTS.get(name, _same)(left, right)


def _same(left: Any, right: Any) -> bool:
    return bool(left == right)


def _equal_lists(left: Sequence[Any], right: Sequence[Any]) -> bool:
    spend(len(left), "a comparison of lists")
    return len(left) == len(right) and all(equal(a, b) is True for a, b in zip(left, right, strict=True))


def _equal_contexts(left: Mapping[str, Any], right: Mapping[str, Any]) -> bool:
    spend(len(left), "a comparison of contexts")
    return left.keys() == right.keys() and all(equal(value, right[key]) is True for key, value in left.items())


def _equal_ranges(left: Range, right: Range) -> bool:
    if (left.op, left.low_closed, left.high_closed) != (right.op, right.low_closed, right.high_closed):
        return False
    return all(a is b or equal(a, b) is True for a, b in ((left.low, right.low), (left.high, right.high)))


_PARTS: Mapping[str, Callable[[Any, Any], bool]] = MappingProxyType(
    {"list": _equal_lists, "context": _equal_contexts, "range": _equal_ranges}
)


@dataclass(frozen=True, slots=True)
class _EndNull:
    """The end of a range that was written as null, which is not the same as no end: `(null..5] != (<= 5)`."""


END_NULL = _EndNull()
UNKNOWN_RANGE = Range(END_NULL, END_NULL, low_closed=False, high_closed=False)
"""The range of a test that has none (`[1.."a"]`): whether a value is inside is null, for null too."""


def in_range(value: Any, bounds: Range) -> bool | None:
    """Tell whether `value` lies in a range; null where it cannot be compared with an end."""
    if bounds.op != "..":
        same = equal(value, bounds.low)
        return same if bounds.op == "=" or same is None else not same
    above = True if bounds.low is None else _beyond(order(value, bounds.low), closed=bounds.low_closed)
    below = True if bounds.high is None else _beyond(order(bounds.high, value), closed=bounds.high_closed)
    if above is False or below is False:
        return False
    return None if above is None or below is None else True


def _beyond(found: int | None, *, closed: bool) -> bool | None:
    return None if found is None else found > 0 or (closed and found == 0)


def from_python(value: Any) -> Any:
    """Turn Python values into FEEL ones, all the way down: tuples, mappings, aware and naive datetimes.

    Raises: TypeError for what FEEL has no value for (a float would bring binary rounding into decisions).
    """
    if isinstance(value, datetime):
        return from_datetime(value)
    if isinstance(value, Mapping):
        return {str(key): from_python(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [from_python(item) for item in value]
    if kind(value) == "foreign":
        message = f"{type(value).__name__} is not a FEEL value: {value!r:.80}"
        raise TypeError(message)
    return value
