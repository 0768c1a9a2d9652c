"""Relations of points and ranges (DMN 1.5, table 80), and `range("[1..5)")`.

Every relation is made of three questions about two ends: which value comes first, is it the same, and is the end
itself inside. An open end (null) reaches to infinity.
"""

import re
from collections.abc import Callable
from typing import Any

from rules.feel.builtins.registry import REGISTRY, BuiltinError, Signature, Slot, feel
from rules.feel.temporal_text import read_temporal
from rules.feel.types import ANY, BOOLEAN
from rules.feel.values import END_NULL, NUMBERS, Range, kind, order


def _compare(left: Any, right: Any) -> int:
    found = order(left, right)
    if found is None:
        raise BuiltinError(f"{kind(left)} and {kind(right)} cannot be compared")
    return found


def _ends_before(first: Range, second: Range) -> bool:
    """Tell whether all of `first` lies before all of `second`."""
    if first.high is None or second.low is None:
        return False
    found = _compare(first.high, second.low)
    return found < 0 or (found == 0 and not (first.high_closed and second.low_closed))


def _low(first: Range, second: Range) -> int:
    """Order two ranges by where they begin: -1 where `first` begins earlier."""
    if first.low is None or second.low is None:
        return (first.low is not None) - (second.low is not None)
    return _compare(first.low, second.low) or second.low_closed - first.low_closed


def _high(first: Range, second: Range) -> int:
    """Order two ranges by where they end: -1 where `first` ends earlier."""
    if first.high is None or second.high is None:
        return (second.high is not None) - (first.high is not None)
    return _compare(first.high, second.high) or first.high_closed - second.high_closed


def _range(value: Any) -> Range:
    if isinstance(value, Range):
        if value.op != ".." or END_NULL in (value.low, value.high):
            raise BuiltinError("a range with null at an end has no relation to others")
        return value
    return Range(value, value, low_closed=True, high_closed=True)


def _meets(first: Range, second: Range) -> bool:
    if first.high is None or second.low is None:
        return False
    return first.high_closed and second.low_closed and _compare(first.high, second.low) == 0


def _overlaps(first: Range, second: Range) -> bool:
    return not _ends_before(first, second) and not _ends_before(second, first)


def _overlaps_before(first: Range, second: Range) -> bool:
    return _overlaps(first, second) and _low(first, second) < 0 and _high(first, second) <= 0


def _relation(name: str, first: str, second: str, run: Callable[[Range, Range], bool], allowed: str) -> None:
    """Register a relation; `allowed` says whether each argument may be a point (p) or must be a range (r); == asks for two alike."""

    def call(left: Any, right: Any) -> bool:
        if allowed == "==" and isinstance(left, Range) != isinstance(right, Range):
            raise BuiltinError("two points or two ranges are asked for, not one of each")
        for value, mark in zip((left, right), allowed, strict=True):
            if mark == "r" and not isinstance(value, Range):
                raise BuiltinError(f"a range is asked for, not {kind(value)}")
        return run(_range(left), _range(right))

    slots = tuple(Slot(slot, ANY, optional=False, nullable=False, variadic=False) for slot in (first, second))
    REGISTRY[name] = (*REGISTRY.get(name, ()), Signature(name, slots, BOOLEAN, call))


def _flipped(run: Callable[[Range, Range], bool]) -> Callable[[Range, Range], bool]:
    return lambda first, second: run(second, first)


def _includes(outer: Range, inner: Range) -> bool:
    return _low(outer, inner) <= 0 and _high(outer, inner) >= 0


def _finishes(first: Range, second: Range) -> bool:
    return _high(first, second) == 0 and _low(first, second) >= 0


def _starts(first: Range, second: Range) -> bool:
    return _low(first, second) == 0 and _high(first, second) <= 0


def _coincides(first: Range, second: Range) -> bool:
    return _low(first, second) == 0 and _high(first, second) == 0


# The pairs of parameters that the standard names, with what each may be.
_PAIRS = (
    ("point1", "point2", "pp"), ("point", "range", "pr"), ("range", "point", "rp"), ("range1", "range2", "rr"),
)  # fmt: skip
for _name, _run, _allowed in (
    ("before", _ends_before, "pp"),
    ("after", _flipped(_ends_before), "pp"),
    ("meets", _meets, "rr"),
    ("met by", _flipped(_meets), "rr"),
    ("overlaps", _overlaps, "rr"),
    ("overlaps before", _overlaps_before, "rr"),
    ("overlaps after", _flipped(_overlaps_before), "rr"),
    ("finishes", _finishes, "pr"),
    ("finished by", _flipped(_finishes), "rp"),
    ("includes", _includes, "rp"),
    ("during", _flipped(_includes), "pr"),
    ("starts", _starts, "pr"),
    ("started by", _flipped(_starts), "rp"),
    ("coincides", _coincides, "=="),
):
    for _left, _right, _marks in _PAIRS:
        _alike = _allowed == "==" and _marks in {"pp", "rr"}
        if _alike or all(
            (_mark == "r" and _allow != "=") or _allow == "p" for _mark, _allow in zip(_marks, _allowed, strict=True)
        ):
            _relation(_name, _left, _right, _run, _allowed)

_TEXT = re.compile(r"\s*([\[\](])\s*(.*?)\s*\.\.\s*(.*?)\s*([\])\[])\s*", re.DOTALL)
_NUMBER = re.compile(r"-?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)")
_CALL = re.compile(r'(?:@|(?:date|time|date and time|duration)\s*\(\s*)"([^"\\]*)"\s*\)?')


def _end(text: str) -> Any:
    """Read an end of a range in a text: a literal, never an expression."""
    if not text or text == "null":
        return None
    if _NUMBER.fullmatch(text):
        return NUMBERS.create_decimal(text)
    if text[0] == '"' and text[-1] == '"' and "\\" not in text and text.count('"') == 2:
        return text[1:-1]
    found = _CALL.fullmatch(text)
    value = read_temporal(found[1]) if found else None
    if value is None:
        raise BuiltinError(f"{text[:60]} is no literal")
    return value


@feel("range(from: string) -> range<Any>")
def range_(text: str) -> Range:
    """Read a range such as `[18..21)`; an end that is left out, or null, is open."""
    found = _TEXT.fullmatch(text)
    if not found:
        raise BuiltinError(f'"{text[:60]}" is not a range')
    low, high = _end(found[2]), _end(found[3])
    closed_low, closed_high = found[1] == "[", found[4] == "]"
    if (low is None and high is None) or (low is None and closed_low) or (high is None and closed_high):
        raise BuiltinError("an open end stands beside ( or )")
    if low is not None and high is not None and _compare(low, high) > 0:
        raise BuiltinError("the low end is above the high end")
    return Range(low, high, closed_low, closed_high)
