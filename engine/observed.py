"""What was seen where a rule is broken: the facts it reads, as JSON that a record and a notice can hold."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

MAX_LISTED = 20  # values of one path; a notice stays readable


def json_value(value: Any) -> Any:
    """Return a fact as JSON: dates as ISO text, numbers as integers or decimal text."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else format(value, "f")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [json_value(item) for item in value[:MAX_LISTED]]
    return str(value)


def observed(
    paths: Iterable[tuple[str, ...]],
    scope: Mapping[str, Any],
    loop: tuple[str, ...] | None = None,
    element: Any = None,
) -> dict[str, Any]:
    """Return the values at `paths`, by dotted path, sorted.

    Inside a loop over the list at `loop`, paths through that list are read in `element` alone. Whole records are left
    out: their members are what a rule compares.
    """
    found: dict[str, Any] = {}
    for path in sorted(paths):
        if loop is not None and path[: len(loop) + 1] == (*loop, "*"):
            value = _at(element, path[len(loop) + 1 :])
        else:
            value = _at(scope, path)
        if _plain(value):
            found[".".join(path)] = json_value(value)
    return found


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for index, step in enumerate(path):
        if step == "*":
            if not isinstance(value, list):
                return None
            return [_at(item, path[index + 1 :]) for item in value]
        if not isinstance(value, Mapping):
            return None
        value = value.get(step)
    return value


def _plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(_plain(item) for item in value)
    return not isinstance(value, Mapping)
