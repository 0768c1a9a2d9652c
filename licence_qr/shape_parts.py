"""What closed shapes are made of: text, patterns, numbers, days, records and lists, each a search for faults and a schema."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from licence_qr.text import FORBIDDEN, fault_of

_DAY = re.compile(r"(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with the claims: a JSON pointer, the value there, and why it cannot stand."""

    at: str
    value: Any
    why: str


# The end of a text, for schemas: in ECMA-262 `$` alone says so, in Python it also stands before a last line feed.
_END = r"$(?!\n)"


def _shown_pattern() -> str:
    """Return the pattern of text that is shown: no forbidden character, no white space at its ends."""
    ends = ((chr(code) if code > 0xFFFF else f"\\u{code:04x}" for code in one[:2]) for one in FORBIDDEN)
    forbidden = "".join(f"{first}-{last}" for first, last in ends)
    return rf"^(?!\s)[^{forbidden}]*[^\s{forbidden}]{_END}"


SHOWN_PATTERN = _shown_pattern()
Find = Callable[[Any, str], Iterator[Fault]]


@dataclass(frozen=True, slots=True)
class Shape:
    """The search for faults in a value at a place, and the JSON Schema (2020-12) that tells it to strangers.

    A schema refuses nothing that the search lets through, but it cannot say all: see `licence_qr.shape.schema`.
    """

    find: Find
    schema: dict[str, Any]

    def __call__(self, value: Any, at: str) -> Iterator[Fault]:
        """Return the faults of `value`, which stands at the JSON pointer `at`."""
        return self.find(value, at)


def text(longest: int) -> Shape:
    """Take shown text: 1 to `longest` characters that a licence may hold."""

    def shape(value: Any, at: str) -> Iterator[Fault]:
        if not isinstance(value, str):
            yield Fault(at, value, "it is not text")
        elif len(value) > longest:
            yield Fault(at, value[:40], f"it has {len(value)} characters, at most {longest} are shown")
        elif (why := fault_of(value)) is not None:
            yield Fault(at, value, why)

    return Shape(shape, {"type": "string", "minLength": 1, "maxLength": longest, "$ref": "#/$defs/shown"})


def pattern(expression: str) -> Shape:
    """Take text for machines, matched whole."""
    compiled = re.compile(expression, re.ASCII)

    def shape(value: Any, at: str) -> Iterator[Fault]:
        if not isinstance(value, str) or not compiled.fullmatch(value):
            yield Fault(at, value, f"it does not match {expression}")

    return Shape(shape, {"type": "string", "pattern": f"^(?:{expression}){_END}"})


def integer(low: int, high: int) -> Shape:
    """Take a whole number from `low` to `high`; true and false are none."""

    def shape(value: Any, at: str) -> Iterator[Fault]:
        if type(value) is not int or not low <= value <= high:
            yield Fault(at, value, f"it is not a whole number from {low} to {high}")

    return Shape(shape, {"type": "integer", "minimum": low, "maximum": high})


def one_of(*values: str) -> Shape:
    """Take one of a few words."""

    def shape(value: Any, at: str) -> Iterator[Fault]:
        if value not in values:
            yield Fault(at, value, f"it is none of {', '.join(values)}")

    return Shape(shape, {"enum": list(values)})


def truth(*, wanted: bool) -> Shape:
    """Take true or false, as wanted."""

    def shape(value: Any, at: str) -> Iterator[Fault]:
        if value is not wanted:
            yield Fault(at, value, "it is not true or false")

    return Shape(shape, {"const": wanted})


def _day(value: Any, at: str) -> Iterator[Fault]:
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            date.fromisoformat(value)
        except ValueError:
            pass
        else:
            return
    yield Fault(at, value, "it is not a calendar day YYYY-MM-DD")


# A calendar day, YYYY-MM-DD, of the years 1900 to 2199.
day = Shape(_day, {"type": "string", "format": "date", "pattern": f"^{_DAY.pattern}{_END}"})


def record(required: dict[str, Shape], optional: dict[str, Shape] | None = None) -> Shape:
    """Take an object with exactly these members."""
    known = {**required, **(optional or {})}

    def shape(value: Any, at: str) -> Iterator[Fault]:
        if not isinstance(value, dict):
            yield Fault(at, value, "it is not an object")
            return
        for name in required:
            if name not in value:
                yield Fault(f"{at}/{name}", None, "it is missing")
        for name, member in value.items():
            if name in known:
                yield from known[name](member, f"{at}/{name}")
            else:
                yield Fault(f"{at}/{name}", member, "this type of licence has no such member")

    members = {name: member.schema for name, member in known.items()}
    schema = {"type": "object", "required": list(required), "properties": members, "additionalProperties": False}
    return Shape(shape, schema)


def items(one: Shape, least: int, most: int) -> Shape:
    """Take a list of `least` to `most` elements."""

    def shape(value: Any, at: str) -> Iterator[Fault]:
        if not isinstance(value, list) or not least <= len(value) <= most:
            yield Fault(at, value if not isinstance(value, list) else len(value), f"it is no list of {least} to {most}")
            return
        for number, element in enumerate(value):
            yield from one(element, f"{at}/{number}")

    return Shape(shape, {"type": "array", "minItems": least, "maxItems": most, "items": one.schema})
