"""What lowered code calls where its fast paths end: the walker's operators, and the built-in functions.

`BeyondError` leaves everything to the walker: it counts steps, which the lowered code does not.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from rules.feel import tree as t
from rules.feel.builtins import invoke
from rules.feel.interpret_arithmetic import apply
from rules.feel.interpret_operators import relate
from rules.feel.members import NO_MEMBER, member
from rules.feel.values import Function, Range

LONG = 1_000  # characters of a string from which on its steps are counted
SAME_WORD = (str, int, date, Decimal)  # two values of one of these types are compared by Python as FEEL compares them
NOWHERE = t.NullLiteral()  # where problems would be noted
LISTS = (list, tuple)
_CONTAINERS = (list, tuple, dict, Range)


class BeyondError(Exception):
    """A value that the lowered code leaves to the walker."""


def part_of(owner: Any, name: str) -> Any:
    """Return a member of any value, as the walker does: of a list, the member of each element."""
    return [_one_part(item, name) for item in owner] if isinstance(owner, LISTS) else _one_part(owner, name)


def _one_part(owner: Any, name: str) -> Any:
    if owner is None or isinstance(owner, dict):
        return None if owner is None else owner.get(name)
    found = member(owner, name)
    return None if found is NO_MEMBER else found


def related(op: str, left: Any, right: Any) -> bool | None:
    """Compare two values as the walker does; what it would count the steps of is left to it."""
    if isinstance(left, _CONTAINERS) or isinstance(right, _CONTAINERS):
        raise BeyondError
    return relate(op, left, right, NOWHERE)


def called(name: str, *arguments: Any) -> Any:
    """Call a built-in function as the walker does; what takes steps is left to it, but for one list alone."""
    for argument in arguments:
        listed = isinstance(argument, LISTS) and argument is arguments[0]
        if (isinstance(argument, _CONTAINERS) and not listed) or (isinstance(argument, str) and len(argument) >= LONG):
            raise BeyondError
    return invoke(name, list(arguments), NOWHERE)


def answer(function: Any, arguments: list[Any]) -> Any:
    """Call a function that is a value; null where there is none."""
    return function.call(arguments) if isinstance(function, Function) else None


def call_named(function: Any, names: tuple[str, ...], values: list[Any]) -> Any:
    """Call a function that is a value with named arguments; null where it has other parameters."""
    if not isinstance(function, Function) or sorted(names) != sorted(function.parameters):
        return None
    given = dict(zip(names, values, strict=True))
    return function.call([given[name] for name in function.parameters])


def check_hidden(element: Any, names: frozenset[str]) -> None:
    """Leave a filter to the walker when an element has an entry that a name of its condition would find first."""
    if isinstance(element, dict) and not names.isdisjoint(element):
        raise BeyondError


_PYTHON = {"type": type, "len": len, "list": list, "tuple": tuple, "dict": dict, "str": str, "int": int}
NAMESPACE: dict[str, Any] = {
    "Beyond": BeyondError, "date": date, "Decimal": Decimal, "part": part_of, "relate": related, "apply": apply, "call": called,
    "hidden": check_hidden, "answer": answer, "named": call_named, "NOWHERE": NOWHERE, "FAST": frozenset(SAME_WORD),
    "__builtins__": _PYTHON,
}  # fmt: skip
"""All that the text of lowered code may name, beside the constants of its expressions."""
