"""Another value of the same type, one step away: for literals in expressions and for the values of parameters."""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

from rules.feel import tree as t

_LAST_NUMBER = re.compile(r"([0-9]+)(?=[A-Z]$)")
_MOMENT = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})?"
    r"(?:(?(day)T)(?P<clock>[0-9]{2}:[0-9]{2}:[0-9]{2})(?P<rest>(?:[.Z+@-].*)?))?"
)
_TEMPORAL_CALLS: Final = {"date", "time", "date and time", "duration"}
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


def is_temporal_call(node: t.Node | None) -> bool:
    """Tell whether a node makes a date, a time, both or a duration from what it is given."""
    return isinstance(node, t.Call) and isinstance(node.function, t.Name) and node.function.name in _TEMPORAL_CALLS


def changed_temporal_text(node: t.StringLiteral) -> Iterator[tuple[str, t.Node]]:
    """Yield the text of a date, a time, both or a duration one step on and back: a constant as much as `@"…"` is."""
    for other in stepped_text(node.value):
        yield "date", t.StringLiteral(other)


def stepped_text(text: str) -> list[str]:
    """Return a temporal text one step on and one step back: a day, a second, or the smallest unit of a duration.

    >>> stepped_text("2024-03-01"), stepped_text("P5Y"), stepped_text("P1Y6M")
    (['2024-03-02', '2024-02-29'], ['P6Y', 'P4Y'], ['P1Y7M', 'P1Y5M'])
    >>> stepped_text("10:00:00+08:00"), stepped_text("2026-01-01T00:00:00")
    (['10:00:01+08:00', '09:59:59+08:00'], ['2026-01-01T00:00:01', '2025-12-31T23:59:59'])
    """
    moment = _MOMENT.fullmatch(text)
    if moment is not None and (moment["day"] or moment["clock"]):
        return [new for step in (1, -1) if (new := _moved(moment, step)) is not None]
    found = _LAST_NUMBER.search(text)
    if found is None:
        return []
    number = int(found.group())
    steps = [number + 1, number - 1] if number else [number + 1]
    return [f"{text[: found.start()]}{value}{text[found.end() :]}" for value in steps]


def _moved(moment: re.Match[str], step: int) -> str | None:
    """Return a day, a time of day or both one step on or back; null where the calendar ends."""
    day, clock, rest = moment["day"], moment["clock"], moment["rest"] or ""
    try:
        if clock is None:
            return (date.fromisoformat(day) + timedelta(days=step)).isoformat()
        # A time of day goes round at midnight; any day will do for it.
        found = datetime.fromisoformat(f"{day or '2000-01-02'}T{clock}") + timedelta(seconds=step)
    except (ValueError, OverflowError):
        return None
    return f"{found.date().isoformat()}T{found.time().isoformat()}{rest}" if day else found.time().isoformat() + rest


def stepped_number(value: int) -> list[int]:
    """Return the whole numbers next to `value`."""
    return [value + 1, value - 1]
