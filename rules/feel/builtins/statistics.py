"""Functions of a list of numbers or booleans (DMN 1.5, table 77): each takes one list, or the elements themselves."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, NoReturn

from rules.feel.builtins.registry import BuiltinError, feel
from rules.feel.values import NUMBERS

Numbers = Sequence[Decimal]


def of_numbers(name: str, result: str = "number") -> Callable[[Callable[[Numbers], Any]], Callable[[Numbers], Any]]:
    """Register both forms of a function: of a list, and of any count of arguments."""

    def register(run: Callable[[Numbers], Any]) -> Callable[[Numbers], Any]:
        def of_list(items: Sequence[Decimal | None]) -> Any:
            known = [item for item in items if item is not None]
            if len(known) != len(items):
                raise BuiltinError("an element is null")
            return run(known)

        feel(f"{name}(list: list<number>) -> {result}")(of_list)
        feel(f"{name}(n...: number) -> {result}")(lambda *items: of_list(items))
        return run

    return register


def _some(items: Numbers) -> Numbers:
    if not items:
        raise BuiltinError("the list is empty")
    return items


def _total(items: Numbers) -> Decimal:
    total = Decimal(0)
    for item in items:
        total = NUMBERS.add(total, item)
    return total


@of_numbers("sum")
def sum_(items: Numbers) -> Decimal:
    """Add up."""
    return _total(_some(items))


@of_numbers("mean")
def mean(items: Numbers) -> Decimal:
    """Return the arithmetic mean."""
    return NUMBERS.divide(_total(_some(items)), len(items))


@of_numbers("product")
def product(items: Numbers) -> Decimal:
    """Multiply."""
    total = Decimal(1)
    for item in _some(items):
        total = NUMBERS.multiply(total, item)
    return total


@of_numbers("median")
def median(items: Numbers) -> Decimal | None:
    """Return the middle of the sorted numbers, or the mean of the two in the middle; null for none."""
    if not items:
        return None
    ordered, half = sorted(items), len(items) // 2
    if len(ordered) % 2:
        return ordered[half]
    return NUMBERS.divide(NUMBERS.add(ordered[half - 1], ordered[half]), 2)


@of_numbers("stddev")
def stddev(items: Numbers) -> Decimal:
    """Return the standard deviation of a sample."""
    if len(items) < 2:
        raise BuiltinError("a sample needs two elements")
    average = mean(items)
    squares = [NUMBERS.power(NUMBERS.subtract(item, average), 2) for item in items]
    return NUMBERS.sqrt(NUMBERS.divide(_total(squares), len(items) - 1))


@of_numbers("mode", "list<number>")
def mode(items: Numbers) -> list[Decimal]:
    """Return the most frequent numbers in ascending order."""
    counts: dict[Decimal, int] = {}
    for item in items:
        counts[item] = counts.get(item, 0) + 1
    most = max(counts.values(), default=0)
    return sorted(number for number, count in counts.items() if count == most)


def _three_valued(items: Sequence[Any], decisive: bool) -> bool | None:  # noqa: FBT001 true for any, false for all
    if any(item is decisive for item in items):
        return decisive
    return None if any(item is None for item in items) else not decisive


@feel("all(list: list<boolean>) -> boolean")
def all_(items: Sequence[Any]) -> bool | None:
    """Join by `and`: false when one is false, else null when one is null."""
    return _three_valued(items, decisive=False)


@feel("any(list: list<boolean>) -> boolean")
def any_(items: Sequence[Any]) -> bool | None:
    """Join by `or`: true when one is true, else null when one is null."""
    return _three_valued(items, decisive=True)


@feel("all(b...: boolean?) -> boolean")
def all_of(*items: Any) -> bool | None:
    """Join the arguments by `and`."""
    if not items:
        _needs_one()
    return _three_valued(items, decisive=False)


@feel("any(b...: boolean?) -> boolean")
def any_of(*items: Any) -> bool | None:
    """Join the arguments by `or`."""
    if not items:
        _needs_one()
    return _three_valued(items, decisive=True)


def _needs_one() -> NoReturn:
    raise BuiltinError("needs a list, or at least one argument")


@feel("not(negand: boolean) -> boolean")
def not_(negand: bool) -> bool:  # noqa: FBT001 FEEL's own parameter
    """Negate; `not(null)` is null, as for every function that null does not fit."""
    return not negand
