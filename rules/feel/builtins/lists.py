"""List functions (DMN 1.5, table 77); positions count from 1, negative ones from the end."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from rules.feel.builtins.conversion import whole
from rules.feel.builtins.registry import BuiltinError, feel
from rules.feel.limits import spend
from rules.feel.values import Function, equal, kind, order, rank


def _index(items: Sequence[Any], position: Decimal) -> int:
    place = whole(position, "position")
    if place == 0 or abs(place) > len(items):
        raise BuiltinError(f"position {place} is outside a list of {len(items)}")
    return place - 1 if place > 0 else len(items) + place


@feel("list contains(list: list<T>, element: T?) -> boolean")
def list_contains(items: Sequence[Any], element: Any) -> bool:
    """Tell whether an element equals the given one."""
    if type(element) is str:  # Python agrees with FEEL here, and is much faster
        return element in items
    return any(equal(item, element) is True for item in items)


@feel("count(list: list<T>) -> number")
def count(items: Sequence[Any]) -> int:
    """Count the elements, nulls among them."""
    return len(items)


def _extreme(items: Sequence[Any], wanted: int) -> Any:
    best = items[0] if items else None
    for item in items:
        found = order(item, best)
        if found is None:
            raise BuiltinError("the elements cannot be compared with each other")
        best = item if found == wanted else best
    return best


@feel("min(list: list<T>) -> T")
def min_(items: Sequence[Any]) -> Any:
    """Return the least element; null of an empty list."""
    return _extreme(items, -1)


@feel("max(list: list<T>) -> T")
def max_(items: Sequence[Any]) -> Any:
    """Return the greatest element; null of an empty list."""
    return _extreme(items, 1)


@feel("min(c...: T) -> T")
def min_of(*items: Any) -> Any:
    """Return the least argument."""
    return _extreme(items, -1)


@feel("max(c...: T) -> T")
def max_of(*items: Any) -> Any:
    """Return the greatest argument."""
    return _extreme(items, 1)


@feel("sublist(list: list<T>, start position: number, length?: number?) -> list<T>")
def sublist(items: Sequence[Any], start: Decimal, length: Decimal | None = None) -> list[Any]:
    """Return `length` elements from `start`; all that follow without it."""
    begin = _index(items, start)
    if length is None:
        return list(items[begin:])
    size = whole(length, "length")
    if size < 1 or begin + size > len(items):
        raise BuiltinError(f"length {size} reaches beyond a list of {len(items)}")
    return list(items[begin : begin + size])


@feel("append(list: list<T>, item...: T?) -> list<T>")
def append(items: Sequence[Any], *more: Any) -> list[Any]:
    """Return the list with the items after it."""
    return [*items, *more]


@feel("concatenate(list...: list<T>) -> list<T>")
def concatenate(*lists: Sequence[Any]) -> list[Any]:
    """Return the lists one after the other."""
    return [item for items in lists for item in items]


@feel("insert before(list: list<T>, position: number, newItem: T?) -> list<T>")
def insert_before(items: Sequence[Any], position: Decimal, item: Any) -> list[Any]:
    """Return the list with an item put in at a position."""
    at = _index(items, position)
    return [*items[:at], item, *items[at:]]


@feel("remove(list: list<T>, position: number) -> list<T>")
def remove(items: Sequence[Any], position: Decimal) -> list[Any]:
    """Return the list without the item at a position."""
    at = _index(items, position)
    return [*items[:at], *items[at + 1 :]]


@feel("list replace(list: list<T>, position: number, newItem: T?) -> list<T>")
def list_replace(items: Sequence[Any], position: Decimal, item: Any) -> list[Any]:
    """Return the list with the item at a position replaced."""
    at = _index(items, position)
    return [*items[:at], item, *items[at + 1 :]]


@feel("list replace(list: list<T>, match: function, newItem: T?) -> list<T>")
def list_replace_matching(items: Sequence[Any], match: Function, new: Any) -> list[Any]:
    """Return the list with every item replaced for which `match(item, newItem)` is true."""
    if len(match.parameters) != 2:
        raise BuiltinError("match is a function of two parameters: the item and the new item")
    found = [match.call([item, new]) for item in items]
    if any(type(answer) is not bool for answer in found):
        raise BuiltinError("match must answer true or false")
    return [new if answer else item for item, answer in zip(items, found, strict=True)]


@feel("reverse(list: list<T>) -> list<T>")
def reverse(items: Sequence[Any]) -> list[Any]:
    """Return the list backwards."""
    return list(items)[::-1]


@feel("index of(list: list<T>, match: T?) -> list<number>")
def index_of(items: Sequence[Any], match: Any) -> list[int]:
    """Return the positions of the elements that equal `match`, ascending."""
    return [place for place, item in enumerate(items, 1) if equal(item, match) is True]


@feel("distinct values(list: list<T>) -> list<T>")
def distinct_values(items: Sequence[Any]) -> list[Any]:
    """Return the list with only the first of equal elements."""
    return _distinct(items)


def _distinct(items: Sequence[Any]) -> list[Any]:
    seen: set[Any] = set()
    kept: list[Any] = []
    compared: list[Any] = []
    for item in items:
        name = kind(item)
        if name in {"list", "context", "range", "time", "date and time", "function"}:
            spend(len(compared), "distinct values")
            if any(equal(item, other) is True for other in compared):
                continue
            compared.append(item)
        elif (name, rank(item)) in seen:
            continue
        else:
            seen.add((name, rank(item)))
        kept.append(item)
    return kept


@feel("union(list...: list<T>) -> list<T>")
def union(*lists: Sequence[Any]) -> list[Any]:
    """Concatenate and keep the first of equal elements."""
    return _distinct([item for items in lists for item in items])


@feel("flatten(list: list<T>) -> list<Any>")
def flatten(items: Sequence[Any]) -> list[Any]:
    """Return the elements of all lists inside lists as one list."""
    flat: list[Any] = []
    pending = [iter(items)]
    while pending:
        for item in pending[-1]:
            spend(1, "flatten")
            if isinstance(item, list | tuple):
                pending.append(iter(item))
                break
            flat.append(item)
        else:
            pending.pop()
    return flat
