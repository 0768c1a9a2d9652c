"""The ground of the syntax tree: what every node has, and the nodes without parts. Import them from tree.py."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

CompareOp = Literal["=", "!=", "<", "<=", ">", ">="]
ArithmeticOp = Literal["+", "-", "*", "/", "**"]


@dataclass(frozen=True, slots=True)
class Node:
    """Any expression. `line` and `column` count from 1; `source[start:end]` is the text it was read from."""

    line: int = field(default=0, kw_only=True, compare=False, repr=False)
    column: int = field(default=0, kw_only=True, compare=False, repr=False)
    start: int = field(default=0, kw_only=True, compare=False, repr=False)
    end: int = field(default=0, kw_only=True, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class NullLiteral(Node):
    """`null`."""


@dataclass(frozen=True, slots=True)
class BooleanLiteral(Node):
    """`true` or `false`."""

    value: bool


@dataclass(frozen=True, slots=True)
class NumberLiteral(Node):
    """A decimal number without a sign (`-1` is a `Negate`), rounded to 34 digits."""

    value: Decimal


@dataclass(frozen=True, slots=True)
class StringLiteral(Node):
    """A string; `value` is the text after its escapes were read."""

    value: str


@dataclass(frozen=True, slots=True)
class TemporalLiteral(Node):
    """`@"2026-11-20"`: a date, time, date and time or duration; null where `text` is none of them."""

    text: str


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A variable or a built-in function; spaces inside are normalised to one."""

    name: str
