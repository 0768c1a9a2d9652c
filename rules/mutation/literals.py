"""Another value of the same type, one step away: for literals in expressions and for the values of parameters."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from rules.feel import tree as t

_LAST_NUMBER = re.compile(r"([0-9]+)(?=[A-Z]$)")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
OTHER_TEXT = "〇"  # in no code list, name or document


def changed_literal(node: t.Node) -> Iterator[tuple[str, t.Node]]:
    """Yield (kind, literal) for each value next to that of a literal; nothing for other nodes."""
    match node:
        case t.BooleanLiteral(value):
            yield "literal", t.BooleanLiteral(value=not value)
        case t.NumberLiteral(value):
            yield "number", t.NumberLiteral(value + 1)
            yield "number", t.NumberLiteral(value - 1) if value >= 1 else t.Negate(t.NumberLiteral(1 - value))
        case t.StringLiteral(value):
            yield "text", t.StringLiteral(value + OTHER_TEXT)
        case t.TemporalLiteral(text):
            for other in stepped_text(text):
                yield "date", t.TemporalLiteral(other)


def stepped_text(text: str) -> list[str]:
    """Return a date one day later and earlier, or a duration one of its smallest unit longer and shorter.

    >>> stepped_text("2024-03-01"), stepped_text("P5Y"), stepped_text("P1Y6M")
    (['2024-03-02', '2024-02-29'], ['P6Y', 'P4Y'], ['P1Y7M', 'P1Y5M'])
    """
    if _DAY.fullmatch(text):
        day = date.fromisoformat(text)
        return [(day + timedelta(days=step)).isoformat() for step in (1, -1)]
    found = _LAST_NUMBER.search(text)
    if found is None:
        return []
    number = int(found.group())
    steps = [number + 1, number - 1] if number else [number + 1]
    return [f"{text[: found.start()]}{value}{text[found.end() :]}" for value in steps]


def stepped_number(value: int) -> list[int]:
    """Return the whole numbers next to `value`."""
    return [value + 1, value - 1]
